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

enum { FIRST = 16, SILENT = 64, HOLDERS = 64, LABEL_BYTES = 200 };

typedef struct question {
  xlgc_pool *pool;
  xlgc__host_group *group; /* or NULL: there are no hosts */
  size_t budget;
  xlgc__text text;
  xlgc_holder *chain;
  xlgc_standing standing;
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

/* The roots of engines that hold all that they have given out, whatever their code holds. */
static size_t list_silent_roots(const question *question, xlgc_id *roots) {
  size_t count = 0;
  xlgc__host_lock_acquire();
  const xlgc_host *host;
  if (question->group) DL_FOREACH(question->group->hosts, host) {
      bool tells = !(host->adapter->flags & XLGC_HOST_SILENT) && host->adapter->find_way;
      if (!tells && count < SILENT) roots[count++] = host->root;
    }
  xlgc__host_lock_release();
  return count;
}

static bool has(const xlgc_id *ids, size_t count, xlgc_id id) {
  while (count && ids[count - 1] != id)
    count--;
  return count != 0;
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

static int answer(question *question, const xlgc_host *from, xlgc_id id) {
  int failed = find_best_chain(question, from, id);
  if (failed) return failed;
  if (!is_held(question)) return xlgc_why_text(question->pool, id, 0, question->text.at, question->text.room);
  put_chain(question);
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
