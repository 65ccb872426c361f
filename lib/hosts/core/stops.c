#include <config.h>

#include "hosts/core/stops.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "hosts/core/chain.h"
#include "hosts/core/clock.h"
#include "hosts/core/visits.h"

/* How long after a signal that had no effect the next one is sent: the code that runs may be such as cannot be poked, or
 * have put its own hook in place of ours. */
enum { NS_BETWEEN_SIGNALS = 10000000, NS_IN_SECOND = 1000000000 };

struct xlgc__host_time {
  uint64_t limit_ns;
  const xlgc_visit *visit; /* the outermost one, or NULL */
  bool is_watched;         /* as long as it lasts; under the mutex, as are the following */
  uint64_t next_ns;        /* when the watch has to do something */
  pthread_t thread;        /* that visits */
  bool was_blocked;        /* the signal, in that thread */
  _Atomic bool is_over;    /* relaxed: looked at again and again */
  struct xlgc__host_time *prev, *next;
};
typedef xlgc__host_time host_time;

/* ---------------------------------------------------------------------- asking */

void xlgc_hosts_poke(void) {
  xlgc__host_visits_note_poke();
  for (const xlgc_visit *visit = xlgc__host_visits_innermost(); visit; visit = visit->outer)
    if (visit->owner && visit->owner->adapter->poke) visit->owner->adapter->poke(visit->owner->engine);
}

bool xlgc__host_stops_is_over(const xlgc_host *host) {
  return host->time && atomic_load_explicit(&host->time->is_over, memory_order_relaxed);
}

int xlgc_hosts_stopped(void) {
  for (const xlgc_visit *visit = xlgc__host_visits_innermost(); visit; visit = visit->outer) {
    const xlgc_host *from = visit->from;
    if (from && from->adapter->stops && from->adapter->stops(from->engine)) return 1;
    if (visit->owner && xlgc__host_stops_is_over(visit->owner)) return 1;
  }
  return 0;
}

/* ---------------------------------------------------------------------- signals */

static xlgc__chain programs;

static void on_signal(int number, siginfo_t *info, void *context) {
  int error = errno;
  xlgc__chain_call(&programs, number, info, context);
  xlgc_hosts_poke();
  errno = error;
}

/* The program may have given the signal another handler since. */
static void listen_locked(void) {
  struct sigaction now;
  if (sigaction(SIGURG, NULL, &now)) return;
  if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_signal) return;
  xlgc__chain_add(&programs, &now);
  now.sa_flags |= SA_SIGINFO | SA_RESTART;
  now.sa_sigaction = on_signal;
  (void)sigaction(SIGURG, &now, NULL);
}

/* In this thread. Returns whether it was blocked before. */
static bool change_mask(int how) {
  sigset_t one, before;
  sigemptyset(&one);
  sigaddset(&one, SIGURG);
  pthread_sigmask(how, &one, &before);
  return sigismember(&before, SIGURG);
}

/* ---------------------------------------------------------------------- the watch */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static host_time *watched; /* calls in progress */
static unsigned limits;    /* hosts that have one: without any, the watch ends */
static bool is_watching;

/* Returns when there is something to do next. */
static uint64_t look_locked(uint64_t now_ns) {
  host_time *time;
  uint64_t next_ns = UINT64_MAX;
  DL_FOREACH(watched, time) {
    if (time->next_ns <= now_ns) {
      atomic_store_explicit(&time->is_over, true, memory_order_relaxed);
      pthread_kill(time->thread, SIGURG); /* which is in the call still, as it cannot end that without the mutex */
      time->next_ns = now_ns + NS_BETWEEN_SIGNALS;
    }
    if (time->next_ns < next_ns) next_ns = time->next_ns;
  }
  return next_ns;
}

static void wait_until_locked(uint64_t ns) {
  struct timespec at = {.tv_sec = (time_t)(ns / NS_IN_SECOND), .tv_nsec = (long)(ns % NS_IN_SECOND)};
  if (ns == UINT64_MAX)
    pthread_cond_wait(&changed, &mutex);
  else
    pthread_cond_timedwait(&changed, &mutex, &at);
}

static void *watch(void *unused) {
  pthread_mutex_lock(&mutex);
  while (limits)
    wait_until_locked(look_locked(xlgc__host_clock_ns()));
  is_watching = false;
  pthread_mutex_unlock(&mutex);
  return unused;
}

static void make_condition(void) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&changed, &attributes);
  pthread_condattr_destroy(&attributes);
}

static void enter_fork(void) { pthread_mutex_lock(&mutex); }
static void leave_fork(void) { pthread_mutex_unlock(&mutex); }

/* A child has no watch. Calls in progress have any time there, until one begins. */
static void enter_child(void) {
  for (host_time *time; (time = watched) != NULL;) {
    DL_DELETE(watched, time);
    time->is_watched = false;
  }
  is_watching = false;
  make_condition();
  leave_fork();
}

static void prepare(void) {
  make_condition();
  pthread_atfork(enter_fork, leave_fork, enter_child);
}

/* All signals are the program's threads'. */
static void start_watch_locked(void) {
  sigset_t all, before;
  pthread_attr_t attributes;
  pthread_t thread;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  is_watching = !pthread_create(&thread, &attributes, watch, NULL);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---------------------------------------------------------------------- the limits */

static int make(xlgc_host *host) {
  host_time *made = xlgc__host_memory_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  pthread_once(&once, prepare);
  pthread_mutex_lock(&mutex);
  limits++;
  if (!is_watching) start_watch_locked();
  if (!is_watching) limits--;
  bool failed = !is_watching;
  pthread_mutex_unlock(&mutex);
  if (failed) {
    free(made);
    return XLGC_E_NOMEM;
  }
  host->time = made;
  return 0;
}

/* A call in progress keeps the time that it has. */
int xlgc__host_stops_limit(xlgc_host *host, uint64_t limit_ns) {
  if (!host->adapter->poke) return XLGC_E_UNKNOWN;
  if (!host->time && !limit_ns) return 0;
  int failed = host->time ? 0 : make(host);
  if (!failed) host->time->limit_ns = limit_ns;
  return failed;
}

void xlgc__host_stops_free(xlgc_host *host) {
  if (!host->time) return;
  pthread_mutex_lock(&mutex);
  limits--;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
  free(host->time);
  host->time = NULL;
}

/* ---------------------------------------------------------------------- the calls */

void xlgc__host_stops_begin(const xlgc_visit *visit) {
  host_time *time = visit->owner->time;
  if (!time || time->visit || !time->limit_ns) return;
  uint64_t now_ns = xlgc__host_clock_ns();
  time->visit = visit;
  time->thread = pthread_self();
  time->next_ns = time->limit_ns < UINT64_MAX - now_ns ? now_ns + time->limit_ns : UINT64_MAX;
  pthread_mutex_lock(&mutex);
  listen_locked();
  if (!is_watching) start_watch_locked();
  time->is_watched = true;
  DL_APPEND(watched, time);
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
  time->was_blocked = change_mask(SIG_UNBLOCK);
}

/* A signal that is on its way yet makes an engine ask, which then goes on. */
void xlgc__host_stops_end(const xlgc_visit *visit) {
  host_time *time = visit->owner->time;
  if (!time || time->visit != visit) return;
  pthread_mutex_lock(&mutex);
  if (time->is_watched) DL_DELETE(watched, time);
  time->is_watched = false;
  pthread_mutex_unlock(&mutex);
  time->visit = NULL;
  atomic_store_explicit(&time->is_over, false, memory_order_relaxed);
  if (time->was_blocked) (void)change_mask(SIG_BLOCK);
}
