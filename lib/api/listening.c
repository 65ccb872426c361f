/* Listeners, and what is told to them. */
#include <config.h>

#include <xlgc/listen.h>

#include "base/process.h"
#include "pool/pool.h"

static int refusal(const xlgc_pool *pool) {
  return !pool ? XLGC_E_INVAL : pool->fork_generation != xlgc__process_generation() ? XLGC_E_FORK : 0;
}

int xlgc_listen(xlgc_pool *pool, const xlgc_listener *listener) {
  int refused = listener ? refusal(pool) : XLGC_E_INVAL;
  return refused ? refused : xlgc__listeners_add(&pool->round.listeners, listener);
}

int xlgc_unlisten(xlgc_pool *pool, const xlgc_listener *listener) {
  int refused = listener ? refusal(pool) : XLGC_E_INVAL;
  return refused ? refused : xlgc__listeners_remove(&pool->round.listeners, listener);
}

int xlgc_tell(xlgc_pool *pool, int work, int ends, const char *name, uint64_t count) {
  int refused = xlgc__listeners_work_name(work) ? refusal(pool) : XLGC_E_INVAL;
  if (!refused) xlgc__listeners_tell(&pool->round.listeners, work, ends, name, count);
  return refused;
}

const char *xlgc_work_name(int work) { return xlgc__listeners_work_name(work); }
