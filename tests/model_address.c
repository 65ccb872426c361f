/* The face by address beside a model, with a few addresses that live again and again: each release drops what the object
 * held and then gives the address up, for any thread to use it anew at once. No object is released while the model
 * reaches it, and after a flush none is left that it does not reach. */
#include <config.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xlgc.h>

#include "support/trial.h"

enum { ADDRESSES = 5, ROOTS = 2, ALL = ROOTS + ADDRESSES, LINKS_MOST = 3, FLUSH_EVERY = 20000, GROWS_FOR = 40 };

/* The model. The first addresses are roots: names that nothing ever holds, which live while they hold something. */
static struct {
  pthread_mutex_t lock; /* recursive: a call that logs may work, and so release */
  unsigned char count[ALL][ALL];
  bool lives[ALL]; /* also while it waits to be released */
  bool reached[ALL];
  uint64_t lives_begun, drops_late;
} m;
static char memory[ALL];

static void reach(unsigned at) {
  if (m.reached[at]) return;
  m.reached[at] = true;
  for (unsigned i = ROOTS; i < ALL; i++)
    if (m.count[at][i]) reach(i);
}

static void reach_all(void) {
  memset(m.reached, 0, sizeof m.reached);
  for (unsigned i = 0; i < ROOTS; i++)
    reach(i);
}

static void lock(void) { MUST(!pthread_mutex_lock(&m.lock)); }
static void unlock(void) { MUST(!pthread_mutex_unlock(&m.lock)); }

static void release(void *param);
static void drop(unsigned source, unsigned target) {
  m.count[source][target]--;
  MUST(!xlgc_drop_link(&memory[source], &memory[target], release, NULL));
}

static void release(void *param) {
  unsigned at = (unsigned)((char *)param - memory);
  lock();
  MUST(m.lives[at]);
  reach_all();
  MUST(!m.reached[at]);
  for (unsigned i = ROOTS; i < ALL; i++)
    for (; m.count[at][i]; m.drops_late++)
      drop(at, i);
  m.lives[at] = false;
  unlock();
}

/* One that holds, and can be taken, or an address that is free. */
static unsigned any(uint64_t *random, unsigned from) { return from + trial_random(random, ALL - from); }

static void add(uint64_t *random) {
  unsigned source = any(random, 0), target = any(random, ROOTS);
  reach_all();
  bool takes = m.reached[source] && (m.reached[target] || !m.lives[target]);
  if (!takes || m.count[source][target] >= LINKS_MOST) return;
  bool begins = !m.lives[target];
  m.lives_begun += begins;
  m.lives[target] = true;
  m.count[source][target]++;
  MUST(!xlgc_add_link(&memory[source], &memory[target], NULL));
  if (!begins) return;
  /* Its releaser is said from the start: it may die with what holds it, without a drop. */
  m.count[source][target]++;
  MUST(!xlgc_add_link(&memory[source], &memory[target], NULL));
  drop(source, target);
}

static void drop_any(uint64_t *random) {
  unsigned source = any(random, 0);
  reach_all();
  if (!m.reached[source]) return;
  for (unsigned i = 0, target = any(random, ROOTS); i < ADDRESSES; i++, target++) {
    if (target == ALL) target = ROOTS;
    if (!m.count[source][target]) continue;
    drop(source, target);
    return;
  }
}

/* Nothing that is not reached is left. One of the threads stops all others by the lock. */
static void settle(void) {
  reach_all();
  for (unsigned i = ROOTS; i < ALL; i++)
    MUST(!m.lives[i] || m.reached[i]);
  xlgc_statistics statistics;
  MUST(!xlgc_stats(xlgc_default_pool(), &statistics));
  MUST(statistics.errors == 0);
}

struct job {
  uint64_t random;
  uint64_t operations;
  bool alone;
};

static void *work(void *data) {
  struct job *job = data;
  for (uint64_t i = 0; i < job->operations; i++) {
    lock();
    /* Times of growth, and times in which much is let go. */
    if (trial_random(&job->random, 8) < (i % GROWS_FOR < GROWS_FOR / 2 ? 5 : 2))
      add(&job->random);
    else
      drop_any(&job->random);
    unlock();
    if (trial_random(&job->random, 32) == 0) xlgc_step(xlgc_default_pool(), trial_random(&job->random, 40));
    if (!job->alone || i % FLUSH_EVERY) continue;
    ok(xlgc_flush(xlgc_default_pool()));
    settle();
  }
  return NULL;
}

static uint64_t operations(void) { return getenv("XLGC_LONG") ? UINT64_C(100000000) : trial_work(4000000); }

static void begin(void) {
  pthread_mutexattr_t recursive;
  ok(pthread_mutexattr_init(&recursive));
  ok(pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE));
  ok(pthread_mutex_init(&m.lock, &recursive));
}

static void let_all_go(void) {
  for (unsigned source = 0; source < ROOTS; source++)
    for (unsigned target = ROOTS; target < ALL; target++)
      while (m.count[source][target])
        drop(source, target);
  ok(xlgc_flush(xlgc_default_pool()));
  settle();
  for (unsigned i = ROOTS; i < ALL; i++)
    ck_assert(!m.lives[i]);
  xlgc_statistics statistics;
  ok(xlgc_stats(xlgc_default_pool(), &statistics));
  ck_assert_uint_eq(statistics.objects, 0);
  ck_assert_uint_eq(statistics.late_drops, m.drops_late);
  ck_assert_uint_eq(statistics.orphans, m.lives_begun);
  ok(xlgc_verify(xlgc_default_pool(), NULL, 0));
  printf("%llu lives of %d addresses, %llu late drops\n", (unsigned long long)m.lives_begun, ADDRESSES,
         (unsigned long long)m.drops_late);
  fflush(stdout);
}

START_TEST(one_thread_that_steps) {
  struct job job = {trial_seed(), operations() / 2, true};
  begin();
  work(&job);
  let_all_go();
}
END_TEST

/* Each has a context of its own, and so has the worker. */
START_TEST(several_threads_beside_the_worker) {
  enum { THREADS = 3 };
  struct job jobs[THREADS];
  pthread_t threads[THREADS];
  uint64_t random = trial_seed();
  begin();
  ok(xlgc_worker_start(xlgc_default_pool()));
  for (unsigned i = 0; i < THREADS; i++) {
    jobs[i] = (struct job){random + i, operations() / 2 / THREADS, false};
    ok(pthread_create(&threads[i], NULL, work, &jobs[i]));
  }
  for (unsigned i = 0; i < THREADS; i++)
    ok(pthread_join(threads[i], NULL));
  ok(xlgc_worker_stop(xlgc_default_pool()));
  let_all_go();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("model_address");
  TCase *all = trial_case(suite, "lives");
  tcase_add_test(all, one_thread_that_steps);
  tcase_add_test(all, several_threads_beside_the_worker);
  return trial_run(suite);
}
