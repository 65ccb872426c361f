/* What the library wants of a system, in the program that has it from one file: threads, waiting by a clock, locks. A
 * worker releases a ring while other threads make more. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include <xlgc.h>

enum { THREADS = 4, RINGS = 500 };

static atomic_int released;
static void release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)object, (void)data;
  atomic_fetch_add(&released, 1);
}
static const xlgc_kind kind = {.name = "node", .flags = XLGC_KIND_UNINDEXED, .release = release};

static void *make_rings(void *pool) {
  xlgc_context *context;
  if (xlgc_context_here(pool, &context)) return NULL;
  for (int i = 0; i < RINGS; i++) {
    xlgc_id one, other;
    if (xlgc_register(context, NULL, &kind, &one) || xlgc_register(context, NULL, &kind, &other)) return NULL;
    if (xlgc_pin(context, one) || xlgc_link(context, one, other) || xlgc_link(context, other, one)) return NULL;
    if (xlgc_unpin(context, one)) return NULL;
  }
  return pool;
}

int main(void) {
  xlgc_pool *pool;
  pthread_t threads[THREADS];
  int made = 0;
  if (xlgc_pool_create(NULL, &pool) || xlgc_worker_start(pool)) return 1;
  for (int i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, make_rings, pool)) return 1;
  for (int i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    made += result == pool;
  }
  /* The worker wakes by its clock for the last of them. */
  while (atomic_load(&released) < 2 * THREADS * RINGS)
    nanosleep(&(struct timespec){0, 1000000}, NULL);
  if (made != THREADS || xlgc_worker_stop(pool) || xlgc_step_for(pool, 1000) < 0) return 1;
  printf("%d were released\n", atomic_load(&released));
  return xlgc_pool_destroy(pool);
}
