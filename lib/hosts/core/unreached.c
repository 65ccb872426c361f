/* What holds an object of an engine holds the whole engine: by any function code may be called that uses its global
 * names. So an engine is in use as long as a root reaches one of its exports, other than its own root. The pool is asked
 * for such a root, in one look at all that was reported up to then. When that is the root of another engine that may
 * end, both are looked at as one: what they hold of each other keeps neither. And an engine holds the one that has asked
 * for it, as it ends with that.
 *
 * Of what an engine does by itself, in threads of its own, nothing here knows: those that are any thread's are left out.
 * So is one that is in a call, which may store its objects anywhere. No engine runs code between the look and the end.
 * What loads a weak reference in between finds an object whose engine ends. */
#include <config.h>

#include "hosts/core/unreached.h"

#include "hosts/core/started.h"

typedef struct search {
  xlgc__host_unreached *engines;
  unsigned count;
  xlgc_id *objects; /* the exports of those that are in */
  size_t object_count, object_room;
  xlgc_id *roots; /* and their roots */
  size_t root_count;
} search;

static bool is_idle(const xlgc_host *host) {
  return atomic_load_explicit(&host->depth, memory_order_relaxed) == 1 && !host->busy && !host->is_closing &&
         !atomic_load_explicit(&host->visiting, memory_order_relaxed);
}

static bool make_room(search *search) {
  if (search->object_count < search->object_room) return true;
  size_t room = search->object_room ? 2 * search->object_room : 64;
  xlgc_id *objects = realloc(search->objects, room * sizeof *objects);
  if (!objects) return false;
  search->objects = objects;
  search->object_room = room;
  return true;
}

/* It is looked at as one with those that are in. Returns false without memory. */
static bool add(search *search, xlgc__host_unreached *engine) {
  engine->is_in = true;
  search->roots[search->root_count++] = engine->host->root;
  for (const xlgc__host_node *node = engine->host->nodes; node; node = node->next) {
    if (!node->is_own || node->released) continue;
    if (!make_room(search)) return false;
    search->objects[search->object_count++] = node->object->id;
  }
  return true;
}

static xlgc__host_unreached *find(const search *search, const xlgc_host *host) {
  for (unsigned i = 0; i < search->count; i++)
    if (search->engines[i].host == host) return &search->engines[i];
  return NULL;
}

static xlgc__host_unreached *find_by_root(const search *search, xlgc_id root) {
  for (unsigned i = 0; i < search->count; i++)
    if (search->engines[i].host->root == root) return &search->engines[i];
  return NULL;
}

/* What an engine has asked for ends with it. Returns false when one of these must stay, or without memory. */
static bool add_asked_for(search *search, const xlgc_host *host, bool *more) {
  const xlgc_host *asked;
  for (unsigned i = 0; (asked = xlgc__host_started_by(host, i)) != NULL; i++) {
    xlgc__host_unreached *engine = find(search, asked);
    if (!engine || !engine->may_end) return false;
    if (engine->is_in) continue;
    if (!add(search, engine)) return false;
    *more = true;
  }
  return true;
}

static bool add_with_asked_for(search *search, xlgc__host_unreached *engine) {
  bool more = add(search, engine);
  if (!more) return false;
  while (more) {
    more = false;
    for (unsigned i = 0; i < search->count; i++)
      if (search->engines[i].is_in && !add_asked_for(search, search->engines[i].host, &more)) return false;
  }
  return true;
}

/* Does nothing reach the engine, nor those that are looked at with it? */
static bool is_unreached(search *search, xlgc__host_unreached *engine) {
  xlgc_pool *pool = engine->host->group->pool;
  search->object_count = search->root_count = 0;
  for (unsigned i = 0; i < search->count; i++)
    search->engines[i].is_in = false;
  while (engine && engine->may_end && add_with_asked_for(search, engine)) {
    xlgc_id root;
    if (xlgc_find_root(pool, search->objects, search->object_count, search->roots, search->root_count, &root))
      return false;
    if (root == XLGC_ID_NONE) return true;
    engine = find_by_root(search, root);
  }
  return false;
}

static bool look(search *search) {
  bool any = false;
  for (unsigned i = 0; i < search->count; i++) {
    xlgc__host_unreached *engine = &search->engines[i];
    if (!engine->may_end || engine->ends || !is_unreached(search, engine)) continue;
    any = true;
    for (unsigned k = 0; k < search->count; k++)
      if (search->engines[k].is_in) search->engines[k].ends = xlgc__host_started_serial(search->engines[k].host);
  }
  return any;
}

bool xlgc__host_unreached_find(xlgc__host_unreached *engines, unsigned count) {
  search search = {.engines = engines, .count = count};
  bool any = false;
  for (unsigned i = 0; i < count; i++) {
    engines[i].ends = 0;
    engines[i].may_end = is_idle(engines[i].host) && xlgc__host_started_serial(engines[i].host);
    any |= engines[i].may_end;
  }
  search.roots = any ? xlgc__host_memory_zeroed(count * sizeof *search.roots) : NULL;
  any = search.roots && look(&search);
  free(search.roots);
  free(search.objects);
  return any;
}
