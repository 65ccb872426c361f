/* What xlgc.hpp has once a process and once a thread: a list of modules, a list of pools, and what a thread makes. The
 * lists are under the lock of the process; what is read without it is stored besides. And how it makes room. */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <xlgc/cpp.h>

#include "base/process.h"
#include "pool/lifetime.h"
#include "pool/policy.h"

static _Thread_local xlgc_cpp_thread here;
static xlgc_cpp_module *modules;
static xlgc_cpp_pool *pools;
static _Atomic bool modules_differ;
static xlgc_cpp_pool *_Atomic common;
/* How the pools that are there are laid out: as the modules were, which agreed, when the first of them was opened.
 * Those may have been unloaded since. */
static struct {
  char layout[64];
  size_t bytes;
} opened;

xlgc_cpp_thread *xlgc_cpp_here(void) { return &here; }

/* ----------------------------------------------------------------- modules */

static bool is_as_opened(const xlgc_cpp_module *module) {
  bool same = strncmp(module->layout, opened.layout, sizeof opened.layout - 1) == 0 && module->bytes == opened.bytes;
  return !pools || !opened.bytes || same;
}

/* Do modules differ, or pools that are left of others? Lock taken. */
static bool differ_locked(void) {
  for (const xlgc_cpp_module *module = modules; module; module = module->next) {
    bool same = strcmp(module->layout, modules->layout) == 0 && module->bytes == modules->bytes;
    if (!same || !is_as_opened(module)) return true;
  }
  return false;
}

/* Lock taken. */
static bool note_difference(void) {
  bool differ = differ_locked();
  atomic_store_explicit(&modules_differ, differ, memory_order_relaxed);
  return differ;
}

int xlgc_cpp_join(xlgc_cpp_module *module) {
  xlgc__process_lock();
  module->next = modules;
  module->at = &modules;
  if (modules) modules->at = &module->next;
  modules = module;
  bool differ = note_difference();
  xlgc__process_unlock();
  return differ ? XLGC_E_LAYOUT : 0;
}

void xlgc_cpp_leave(xlgc_cpp_module *module) {
  xlgc__process_lock();
  *module->at = module->next;
  if (module->next) module->next->at = module->at;
  note_difference();
  xlgc__process_unlock();
}

int xlgc_cpp_agree(void) { return atomic_load_explicit(&modules_differ, memory_order_relaxed) ? XLGC_E_LAYOUT : 0; }

int xlgc_cpp_has(const void *address) {
  if (!address) return 0;
  xlgc__process_lock();
  const xlgc_cpp_module *module = modules;
  while (module && module != address && module->natives != address)
    module = module->next;
  xlgc__process_unlock();
  return module != NULL;
}

/* ------------------------------------------------------------------- pools */

/* The first pool is opened: it is laid out as the module that has been there for longest. One that differs may have
 * come since its own module found that all agree. Lock taken. */
static void note_layout(void) {
  const xlgc_cpp_module *oldest = modules;
  while (oldest && oldest->next)
    oldest = oldest->next;
  opened.bytes = oldest ? oldest->bytes : 0;
  snprintf(opened.layout, sizeof opened.layout, "%s", oldest ? oldest->layout : "");
}

void xlgc_cpp_pool_opens(xlgc_cpp_pool *pool) {
  xlgc_cpp_pool *none = NULL;
  xlgc__process_lock();
  if (!pools) note_layout();
  pool->next = pools;
  pool->at = &pools;
  if (pools) pools->at = &pool->next;
  pools = pool;
  xlgc__process_unlock();
  /* Release: a thread that finds it finds what was written to it before. */
  atomic_compare_exchange_strong_explicit(&common, &none, pool, memory_order_release, memory_order_relaxed);
}

void xlgc_cpp_pool_closes(xlgc_cpp_pool *pool) {
  atomic_compare_exchange_strong_explicit(&common, &pool, NULL, memory_order_relaxed, memory_order_relaxed);
}

void xlgc_cpp_pool_ends(xlgc_cpp_pool *pool) {
  xlgc__process_lock();
  *pool->at = pool->next;
  if (pool->next) pool->next->at = pool->at;
  note_difference();
  xlgc__process_unlock();
}

int xlgc_cpp_pool_destroy(xlgc_pool *pool, void (*each)(void *data, void *object), void *data) {
  return pool ? xlgc__lifetime_destroy(pool, each, data) : 0;
}

xlgc_cpp_pool *xlgc_cpp_common(void) { return atomic_load_explicit(&common, memory_order_acquire); }

int xlgc_cpp_make_room(xlgc_pool *pool, size_t units) {
  const uint64_t most = INT64_MAX, wanted = units;
  if (!pool) return XLGC_E_INVAL;
  return xlgc__policy_help(pool, pool->round.finalize.context, (int64_t)(wanted < most ? wanted : most));
}

void xlgc_cpp_each_pool(void (*each)(void *data, xlgc_cpp_pool *pool), void *data) {
  xlgc__process_lock();
  for (xlgc_cpp_pool *pool = pools; pool; pool = pool->next)
    each(data, pool);
  xlgc__process_unlock();
}
