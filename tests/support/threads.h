/* Threads of tests: they record and never assert, and they meet at numbered stages. */
#ifndef THREADS_H
#define THREADS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "trial.h"

static inline void nap_ms(unsigned ms) {
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}, NULL);
}

/* How far two threads have come. */
typedef struct stage {
  _Atomic int at;
} stage;

static inline void reach(stage *stage, int at) { atomic_store(&stage->at, at); }
/* Waits until the other one is there; not for ever, so that a test can fail. Returns whether it is. */
static inline bool await(stage *stage, int at) {
  for (unsigned ms = 0; ms < 10000 && atomic_load(&stage->at) < at; ms++)
    nap_ms(1);
  return atomic_load(&stage->at) >= at;
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

/* A thread that does one thing and ends. */
static inline void run_elsewhere(void (*run)(void *data), void *data) {
  job job;
  begin(&job, run, data);
  end(&job);
}

#endif
