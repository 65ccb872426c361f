/* Threads of tests: they record and never assert, and they meet at numbered stages. */
#ifndef THREADS_H
#define THREADS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <xlgc.h>

#include "trial.h"

static inline void nap_ms(unsigned ms) {
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}, NULL);
}

/* How far two threads have come. */
typedef struct stage {
  _Atomic int at;
} stage;

static inline void reach(stage *stage, int at) { atomic_store(&stage->at, at); }
/* Waits until the other one is there; if it never comes, the test's timeout ends the test. */
static inline void await(stage *stage, int at) {
  while (atomic_load(&stage->at) < at)
    nap_ms(1);
}

/* Waits until a round has found that it has to wait. */
static inline void await_stalled_round(xlgc_pool *pool) {
  xlgc_statistics statistics = {0};
  while (!xlgc_stats(pool, &statistics) && !statistics.rounds_held)
    nap_ms(1);
}

typedef struct job {
  pthread_t thread;
  void (*run)(void *data);
  void *data;
} job;

static inline void *run_job(void *data) {
  job *job = data;
  job->run(job->data);
  return NULL;
}

static inline void begin(job *job, void (*run)(void *data), void *data) {
  job->run = run;
  job->data = data;
  ok(pthread_create(&job->thread, NULL, run_job, job));
}
static inline void end(job *job) { ok(pthread_join(job->thread, NULL)); }

/* A thread with a stack of that many bytes that does one thing and ends. */
static inline void run_on_a_stack_of(size_t bytes, void (*run)(void *data), void *data) {
  job job = {.run = run, .data = data};
  pthread_attr_t attributes;
  ok(pthread_attr_init(&attributes));
  ok(pthread_attr_setstacksize(&attributes, bytes));
  ok(pthread_create(&job.thread, &attributes, run_job, &job));
  ok(pthread_attr_destroy(&attributes));
  end(&job);
}

/* A thread that does one thing and ends. */
static inline void run_elsewhere(void (*run)(void *data), void *data) {
  job job;
  begin(&job, run, data);
  end(&job);
}

#endif
