/* Why an object is alive, with what is inside of engines. */
#include <config.h>

#include "hosts/core/why.h"

#include <inttypes.h>
#include <string.h>
#include <xlgc/why.h>

#include "base/text.h"
#include "hosts/core/engine.h"
#include "hosts/core/groups.h"
#include "hosts/core/handover.h"
#include "hosts/core/nodes.h"
#include "hosts/core/objects.h"

enum {
  FIRST = 16,
  SILENT = 64,
  HOLDERS = 64,
  LOST = 8,
  LABEL_BYTES = 200,
  SITE_BYTES = 500,
  WAY_BYTES = 2000,
  TRIES = 8
};

typedef struct question {
  xlgc_pool *pool;
  xlgc__host_group *group; /* or NULL: there are no hosts */
  size_t budget;
  xlgc__text text;
  xlgc_holder *chain;
  xlgc_standing standing;
  bool is_passing;    /* what was said holds by a call in progress only, or it was not found how */
  bool is_lost;       /* it was not found how */
  xlgc_id lost[LOST]; /* roots of engines of which that was so */
  size_t lost_count;
} question;

/* ---------------------------------------------------------------- the chain */

/* The chain of an object, behind `kept` that are there already. but: what it is not to lead through. */
static int find_chain(question *question, xlgc_id id, size_t kept, const xlgc_id *but, size_t but_count) {
  size_t room = kept + FIRST;
  for (;;) {
    xlgc_holder *chain = xlgc__host_memory_allocate(room * sizeof *chain);
    if (!chain) return XLGC_E_NOMEM;
    if (kept) memcpy(chain, question->chain, kept * sizeof *chain);
    free(question->chain);
    question->chain = chain;
    xlgc_standing *found = &question->standing;
    int failed = but_count ? xlgc_why_but(question->pool, id, but, but_count, chain + kept, room - kept, found)
                           : xlgc_why(question->pool, id, 0, chain + kept, room - kept, found);
    if (failed) return failed;
    found->length += kept;
    if (found->length <= room) return 0;
    room = found->length;
  }
}

static bool is_held(const question *question) { return question->standing.stands == XLGC_STANDS_HELD; }

static bool has(const xlgc_id *ids, size_t count, xlgc_id id) {
  while (count && ids[count - 1] != id)
    count--;
  return count != 0;
}

/* The roots of engines that hold all that they have given out, whatever their code holds. */
static size_t list_silent_roots(const question *question, xlgc_id *roots) {
  size_t count = question->lost_count;
  memcpy(roots, question->lost, sizeof question->lost);
  xlgc__host_lock_acquire();
  const xlgc_host *host;
  if (question->group) DL_FOREACH(question->group->hosts, host) {
      bool tells = !(host->adapter->flags & XLGC_HOST_SILENT) && host->adapter->find_way;
      if (!tells && count < SILENT && !has(roots, count, host->root)) roots[count++] = host->root;
    }
  xlgc__host_lock_release();
  return count;
}

/* By way of one that holds it and is none of `but`, of which the last one is the object itself from here on. */
static int find_chain_of_holder(question *question, xlgc_id id, xlgc_id *but, size_t but_count) {
  xlgc_holder holders[HOLDERS];
  size_t count;
  int result = xlgc_holders(question->pool, id, holders, HOLDERS, &count);
  xlgc_id asks = but[but_count - 1];
  but[but_count - 1] = id;
  question->standing.stands = XLGC_STANDS_GARBAGE;
  for (size_t i = 0; i < count && result >= 0 && !is_held(question); i++) {
    if (holders[i].id == asks || has(but, but_count, holders[i].id)) continue;
    result = find_chain(question, holders[i].id, 1, but, but_count);
    if (result == XLGC_E_STALE) {
      question->standing.stands = XLGC_STANDS_DEAD;
      result = 0;
    } else if (!result && is_held(question)) {
      question->chain[1] = holders[i];
    }
  }
  return result < 0 ? result : 0;
}

/* Rather what the code of an engine holds than what an engine holds without a reason; and rather another engine, or
 * another object, than the engine that asks, which has the object, of course. from: NULL, or that. */
static int find_best_chain(question *question, const xlgc_host *from, xlgc_id id) {
  xlgc_id but[SILENT + 1];
  size_t silent = list_silent_roots(question, but), count = silent;
  if (from) but[count++] = from->root;
  int failed = find_chain(question, id, 0, but, count);
  if (!failed && !is_held(question) && from) failed = find_chain_of_holder(question, id, but, count);
  if (!failed && !is_held(question) && from) failed = find_chain(question, id, 0, but, silent);
  if (!failed && !is_held(question) && silent) failed = find_chain(question, id, 0, NULL, 0);
  return failed;
}

/* ---------------------------------------------------------------- into engines */

static xlgc_host *find_host_locked(const question *question, xlgc_id id, void **handle) {
  *handle = NULL;
  if (!question->group) return NULL;
  xlgc_host *host;
  DL_SEARCH_SCALAR(question->group->hosts, host, root, id);
  if (host) return host;
  const xlgc__host_object *object = xlgc__host_objects_find_locked(question->group, id);
  if (!object || !object->own) return NULL;
  *handle = object->own->handle;
  return object->own->host;
}

/* The engine of a root or an export is entered, if that is possible at once. name: the adapter's, or NULL if the object
 * is neither. */
static xlgc_host *enter(const question *question, xlgc_id id, void **handle, const char **name) {
  xlgc__host_lock_acquire();
  xlgc_host *host = find_host_locked(question, id, handle);
  *name = host ? host->adapter->name : NULL;
  if (host) return xlgc__host_engine_look_locked(host) ? host : NULL;
  xlgc__host_lock_release();
  return NULL;
}

static void put_site(question *question, xlgc_id id) {
  char site[SITE_BYTES];
  if (xlgc_object_site(question->pool, id, site, sizeof site) > 0) xlgc__text_put(&question->text, ", %s", site);
}

static void put_object(question *question, const xlgc_holder *holder) {
  void *handle;
  const char *name;
  char label[LABEL_BYTES] = "";
  xlgc_host *host = enter(question, holder->id, &handle, &name);
  if (host) {
    if (handle && host->adapter->describe) host->adapter->describe(host->engine, handle, label, sizeof label);
    xlgc__host_engine_look_away(host);
  }
  if (!name && xlgc_object_text(question->pool, holder->id, label, sizeof label) <= 0)
    xlgc__text_put(&question->text, "object %#" PRIx64, holder->id);
  else if (!name)
    xlgc__text_put(&question->text, "%s", label);
  else if (!handle)
    xlgc__text_put(&question->text, "%s, by itself", name);
  else
    xlgc__text_put(&question->text, "%s: %s", name, *label ? label : "an object");
  if (name && handle) put_site(question, holder->id);
}

static void put_step(void *data, const char *step) {
  xlgc__text_put(data, "%s%s", strchr(".[", *step) ? "" : " ", step);
}

/* from: an export, or NULL for the engine's own roots. */
static void put_way(question *question, xlgc_host *host, void *from, void *to, bool is_named) {
  const xlgc_host_adapter *adapter = host->adapter;
  if (!question->budget || !adapter->find_way || !to) return;
  size_t before = question->text.length;
  int found = adapter->find_way(host->engine, &from, from != NULL, to, question->budget, put_step, &question->text);
  if (!from) question->is_passing = found != XLGC_WAY_ROOT;
  if (!from) question->is_lost = found <= 0;
  if (found > 0 && question->text.length > before) xlgc__text_put(&question->text, " ");
  if (found > 0) return;
  xlgc__text_put(&question->text, is_named ? "(passed in a call that is still open) "
                                           : "(as of its last summary; no way was found now) ");
}

static void put_link(question *question, const xlgc_holder *holder, xlgc_id target) {
  xlgc__text *text = &question->text;
  void *handle;
  const char *name;
  xlgc__text_put(text, "\n ");
  xlgc_host *host = enter(question, holder->id, &handle, &name);
  if (host) {
    const xlgc__host_node *node = xlgc__host_nodes_find(host, target);
    bool is_named = node && atomic_load_explicit(&node->object->named, memory_order_relaxed);
    put_way(question, host, handle, node ? node->handle : NULL, is_named);
    xlgc__host_engine_look_away(host);
  } else if (name) {
    xlgc__text_put(text, "(this thread may not look into it) ");
  } else if (holder->link) {
    xlgc__text_put(text, " .%s ", holder->link);
  }
  xlgc__text_put(text, "-> ");
}

static void put_chain(question *question) {
  size_t i = question->standing.length - 1;
  put_object(question, &question->chain[i]);
  for (; i; i--) {
    put_link(question, &question->chain[i], question->chain[i - 1].id);
    put_object(question, &question->chain[i - 1]);
  }
}

static void say_chain(question *question) {
  question->text.length = 0;
  question->is_passing = question->is_lost = false;
  put_chain(question);
}

/* Finds a chain, and says it. Where it is not found how the engine at its beginning holds the rest, another is looked
 * for: an engine's root has a link to what has gone out until its next summary. */
static int say_best_chain(question *question, const xlgc_host *from, xlgc_id id) {
  for (;;) {
    int failed = find_best_chain(question, from, id);
    if (failed || !is_held(question)) return failed;
    say_chain(question);
    xlgc_id root = question->chain[question->standing.length - 1].id;
    if (!question->is_lost || question->lost_count == LOST || has(question->lost, question->lost_count, root)) return 0;
    question->lost[question->lost_count++] = root;
  }
}

/* ---------------------------------------------------------------- by another export of the same engine */

typedef struct exports {
  void **handles;
  xlgc_id *ids;
  size_t count;
} exports;

static void free_exports(exports *exports) {
  free(exports->handles);
  free(exports->ids);
}

/* All but one. */
static bool list_exports(const xlgc_host *host, const void *but, exports *exports) {
  size_t count = host->exports.count;
  exports->handles = xlgc__host_memory_allocate((count + 1) * sizeof *exports->handles);
  exports->ids = xlgc__host_memory_allocate((count + 1) * sizeof *exports->ids);
  const xlgc__host_node *node;
  if (exports->handles && exports->ids) DL_FOREACH(host->nodes, node) {
      if (!node->is_own || node->released || node->handle == but || exports->count == count) continue;
      exports->handles[exports->count] = node->handle;
      exports->ids[exports->count++] = node->object->id;
    }
  return exports->handles && exports->ids;
}

static void leave_out(exports *exports, size_t index) {
  exports->count--;
  exports->handles[index] = exports->handles[exports->count];
  exports->ids[index] = exports->ids[exports->count];
}

/* Says the chain of an export, if that is held for longer than a call, and the way from it. */
static bool say_by_export(question *question, const xlgc_host *from, xlgc_id id, const xlgc__text *way) {
  if (say_best_chain(question, from, id) || !is_held(question) || question->is_passing) return false;
  xlgc__text_put(&question->text, "\n %s%s-> ", way->at, way->length ? " " : "");
  return true;
}

/* Says how another export of its own engine holds an object, up to the object itself. handle: the object's. */
static bool say_by_own_engine(question *question, const xlgc_host *from, xlgc_host *host, void *handle) {
  exports exports = {0};
  bool is_said = false;
  bool can = question->budget && host->adapter->find_way && list_exports(host, handle, &exports);
  for (unsigned tries = 0; can && !is_said && exports.count && tries < TRIES; tries++) {
    char room[WAY_BYTES] = "";
    xlgc__text way = {room, sizeof room, 0};
    int found =
        host->adapter->find_way(host->engine, exports.handles, exports.count, handle, question->budget, put_step, &way);
    if (found <= 0) break;
    is_said = say_by_export(question, from, exports.ids[found - 1], &way);
    leave_out(&exports, (size_t)found - 1);
  }
  free_exports(&exports);
  return is_said;
}

/* ---------------------------------------------------------------- the answer */

/* An object of another engine that is held by a call in progress only, as far as the chain says. */
static bool say_better(question *question, const xlgc_host *from, xlgc_id id) {
  void *handle;
  const char *name;
  xlgc_host *host = enter(question, id, &handle, &name);
  bool is_said = host && handle && say_by_own_engine(question, from, host, handle);
  if (host) xlgc__host_engine_look_away(host);
  if (is_said) put_object(question, &(xlgc_holder){.id = id});
  return is_said;
}

static int answer(question *question, const xlgc_host *from, xlgc_id id) {
  int failed = say_best_chain(question, from, id);
  if (!failed && is_held(question) && question->is_passing && !say_better(question, from, id))
    failed = say_best_chain(question, from, id);
  if (failed) return failed;
  if (!is_held(question)) return xlgc_why_text(question->pool, id, 0, question->text.at, question->text.room);
  return (int)question->text.length;
}

static int why(xlgc_pool *pool, const xlgc_host *from, xlgc_id id, size_t budget, char *text, size_t size_bytes) {
  question question = {.pool = pool, .budget = budget, .text = {text, size_bytes, 0}};
  question.group = xlgc__host_groups_use(pool);
  int result = answer(&question, from, id);
  if (question.group) xlgc__host_groups_leave(question.group);
  free(question.chain);
  return result;
}

int xlgc_hosts_explain(xlgc_pool *pool, const xlgc_host *from, xlgc_id id, size_t budget, char *text,
                       size_t size_bytes) {
  if (!pool || (size_bytes && !text)) return XLGC_E_INVAL;
  return why(pool, from, id, budget, text, size_bytes);
}

static void say_way_to_own(question *question, xlgc_host *host, void *handle) {
  question->text.length = 0;
  xlgc__text_put(&question->text, "%s, by itself\n ", host->adapter->name);
  put_way(question, host, NULL, handle, false);
  xlgc__text_put(&question->text, "-> ");
}

int xlgc__host_why_own(const xlgc_host *from, xlgc_host *host, void *handle, size_t budget, char *text,
                       size_t size_bytes) {
  const xlgc__host_node *node = xlgc__host_nodes_find_export(host, handle);
  if (node && !node->released) return why(host->group->pool, from, node->object->id, budget, text, size_bytes);
  question question = {.pool = host->group->pool, .budget = budget, .text = {text, size_bytes, 0}};
  question.group = xlgc__host_groups_use(question.pool);
  say_way_to_own(&question, host, handle);
  if (question.is_passing && !say_by_own_engine(&question, from, host, handle)) say_way_to_own(&question, host, handle);
  xlgc__text_put(&question.text, "this object, which no other language knows");
  if (question.group) xlgc__host_groups_leave(question.group);
  free(question.chain);
  return (int)question.text.length;
}

int xlgc_host_explain(xlgc_host *from, void *handle, size_t budget, char *text, size_t size_bytes) {
  int failed = xlgc__host_handover_admit(from);
  if (failed) return failed;
  if (!handle || (size_bytes && !text)) return XLGC_E_INVAL;
  return xlgc__host_why_own(from, from, handle, budget, text, size_bytes);
}
