/* Why an object is alive, with what is inside of engines. */
#include <config.h>

#include <inttypes.h>
#include <string.h>
#include <xlgc/why.h>

#include "base/text.h"
#include "hosts/core/engine.h"
#include "hosts/core/groups.h"
#include "hosts/core/handover.h"
#include "hosts/core/nodes.h"
#include "hosts/core/objects.h"

enum { FIRST = 16, OTHERS = 64, LABEL_BYTES = 200 };

typedef struct question {
  xlgc_pool *pool;
  xlgc__host_group *group; /* or NULL: there are no hosts */
  xlgc_id poor[2];         /* roots whose hold says little: the asking engine's, and one's that holds all its own */
  size_t budget;
  xlgc__text text;
  xlgc_holder *chain;
  xlgc_standing standing;
} question;

/* ---------------------------------------------------------------- the chain */

/* The chain of an object, behind `kept` that are there already. */
static int find_chain(question *question, xlgc_id id, size_t kept) {
  size_t room = kept + FIRST;
  for (;;) {
    xlgc_holder *chain = xlgc__host_memory_allocate(room * sizeof *chain);
    if (!chain) return XLGC_E_NOMEM;
    if (kept) memcpy(chain, question->chain, kept * sizeof *chain);
    free(question->chain);
    question->chain = chain;
    xlgc_standing found;
    int failed = xlgc_why(question->pool, id, 0, chain + kept, room - kept, &found);
    if (failed) return failed;
    if (found.length <= room - kept) {
      found.length += kept;
      question->standing = found;
      return 0;
    }
    room = kept + found.length;
  }
}

static bool is_poor(const question *question, xlgc_id root) {
  return root == question->poor[0] || root == question->poor[1];
}

static bool answers(const question *question) {
  const xlgc_standing *standing = &question->standing;
  return standing->stands == XLGC_STANDS_HELD && !is_poor(question, question->chain[standing->length - 1].id);
}

/* Such a root has the object, of course: what else has it? 1: the question has the answer. */
static int find_other_chain(question *question, xlgc_id id) {
  xlgc_holder holders[OTHERS];
  size_t count;
  int result = xlgc_holders(question->pool, id, holders, OTHERS, &count);
  for (size_t i = 0; i < count && result >= 0; i++) {
    if (is_poor(question, holders[i].id)) continue;
    result = find_chain(question, holders[i].id, 1);
    if (result == XLGC_E_STALE) result = 0;
    if (result || !answers(question)) continue;
    question->chain[1] = holders[i];
    return 1;
  }
  return result < 0 ? result : 0;
}

/* Rather the engine that asks than the object's own. */
static int find_best_chain(question *question, xlgc_id id) {
  xlgc_holder object = question->chain[0];
  int found = find_other_chain(question, id);
  question->poor[0] = XLGC_ID_NONE;
  if (!found) found = find_other_chain(question, id);
  if (found < 0) return found;
  if (!found) return find_chain(question, id, 0);
  question->chain[0] = object;
  return 0;
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
  if (host && (host->is_closing || xlgc__host_engine_take_locked(host))) host = NULL;
  if (host) atomic_fetch_add_explicit(&host->depth, 1, memory_order_relaxed);
  xlgc__host_lock_release();
  if (!host || !xlgc__host_engine_enter_taken(host)) return host;
  atomic_fetch_sub_explicit(&host->depth, 1, memory_order_release);
  return NULL;
}

static void leave(xlgc_host *host) {
  xlgc__host_engine_leave(host);
  atomic_fetch_sub_explicit(&host->depth, 1, memory_order_release);
}

static void put_object(question *question, const xlgc_holder *holder) {
  void *handle;
  const char *name;
  char label[LABEL_BYTES] = "";
  xlgc_host *host = enter(question, holder->id, &handle, &name);
  if (host) {
    if (handle && host->adapter->describe) host->adapter->describe(host->engine, handle, label, sizeof label);
    leave(host);
  }
  if (!name)
    xlgc__text_put(&question->text, "%s %#" PRIx64, holder->kind->name ? holder->kind->name : "object", holder->id);
  else if (!handle)
    xlgc__text_put(&question->text, "%s, by itself", name);
  else
    xlgc__text_put(&question->text, "%s: %s", name, *label ? label : "an object");
}

static void put_step(void *data, const char *text) {
  question *question = data;
  xlgc__text_put(&question->text, "%s%s", strchr(".[", *text) ? "" : " ", text);
}

static void put_way(question *question, xlgc_host *host, void *from, void *to) {
  const xlgc_host_adapter *adapter = host->adapter;
  if (!question->budget || !adapter->find_way || !to) return;
  size_t before = question->text.length;
  int found = adapter->find_way(host->engine, from, to, question->budget, put_step, question);
  if (found > 0 && question->text.length > before) xlgc__text_put(&question->text, " ");
  if (found <= 0) xlgc__text_put(&question->text, "(as of its last summary; no way was found now) ");
}

static void put_link(question *question, const xlgc_holder *holder, xlgc_id target) {
  xlgc__text *text = &question->text;
  void *handle;
  const char *name;
  xlgc__text_put(text, "\n ");
  xlgc_host *host = enter(question, holder->id, &handle, &name);
  if (host) {
    const xlgc__host_node *node = xlgc__host_nodes_find(host, target);
    put_way(question, host, handle, node ? node->handle : NULL);
    leave(host);
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

/* ---------------------------------------------------------------- the answer */

/* An engine that is silent holds all its exports, and one that cannot be looked into does not say how. */
static xlgc_id poor_owner(const question *question, xlgc_id id) {
  void *handle;
  xlgc__host_lock_acquire();
  const xlgc_host *owner = find_host_locked(question, id, &handle);
  bool is_poor = owner && handle && (owner->adapter->flags & XLGC_HOST_SILENT || !owner->adapter->find_way);
  xlgc_id root = is_poor ? owner->root : XLGC_ID_NONE;
  xlgc__host_lock_release();
  return root;
}

static int answer(question *question, xlgc_id id) {
  question->poor[1] = poor_owner(question, id);
  int failed = find_chain(question, id, 0);
  bool is_held = !failed && question->standing.stands == XLGC_STANDS_HELD;
  if (is_held && question->standing.length == 2 && !answers(question)) failed = find_best_chain(question, id);
  if (failed) return failed;
  if (question->standing.stands != XLGC_STANDS_HELD)
    return xlgc_why_text(question->pool, id, 0, question->text.at, question->text.room);
  put_chain(question);
  return (int)question->text.length;
}

static int why(xlgc_pool *pool, const xlgc_host *from, xlgc_id id, size_t budget, char *text, size_t size_bytes) {
  question question = {.pool = pool, .budget = budget, .text = {text, size_bytes, 0}};
  if (from) question.poor[0] = from->root;
  question.group = xlgc__host_groups_use(pool);
  int result = answer(&question, id);
  if (question.group) xlgc__host_groups_leave(question.group);
  free(question.chain);
  return result;
}

int xlgc_hosts_explain(xlgc_pool *pool, const xlgc_host *from, xlgc_id id, size_t budget, char *text,
                       size_t size_bytes) {
  if (!pool || (size_bytes && !text)) return XLGC_E_INVAL;
  return why(pool, from, id, budget, text, size_bytes);
}

int xlgc_host_explain(xlgc_host *from, void *handle, size_t budget, char *text, size_t size_bytes) {
  int failed = xlgc__host_handover_admit(from);
  if (failed) return failed;
  if (!handle || (size_bytes && !text)) return XLGC_E_INVAL;
  const xlgc__host_node *node = xlgc__host_nodes_find_export(from, handle);
  if (node && !node->released) return why(from->group->pool, from, node->object->id, budget, text, size_bytes);
  question question = {.budget = budget, .text = {text, size_bytes, 0}};
  xlgc__text_put(&question.text, "%s, by itself\n ", from->adapter->name);
  put_way(&question, from, NULL, handle);
  xlgc__text_put(&question.text, "-> this object, which no other language knows");
  return (int)question.text.length;
}
