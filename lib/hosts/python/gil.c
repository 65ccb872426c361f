/* One thread of Python's at a time is inside other engines. The interpreter's lock does not see to that: while one
 * thread's call of another engine has come back into Python, that lets go of its lock now and then, and a second thread
 * would find the engine in the middle of the first one's call. It waits here, without the lock. Managed objects need no
 * gil. All of this is guarded by the interpreter's lock. */
#include <config.h>

#include "engine.h"

static struct {
  PyThread_type_lock lock; /* held while a thread has acquired it, for others to wait at */
  unsigned long thread;
  unsigned depth;
} gil;

int xlgc__python_gil_prepare(void) {
  if (!gil.lock) gil.lock = PyThread_allocate_lock();
  return gil.lock ? 0 : XLGC_E_NOMEM;
}

bool xlgc__python_gil_may_acquire(void) { return !gil.depth || gil.thread == PyThread_get_thread_ident(); }

void xlgc__python_gil_await(void) {
  while (!xlgc__python_gil_may_acquire()) {
    Py_BEGIN_ALLOW_THREADS;
    PyThread_acquire_lock(gil.lock, WAIT_LOCK);
    PyThread_release_lock(gil.lock);
    Py_END_ALLOW_THREADS;
  }
}

void xlgc__python_gil_acquire(void) {
  if (gil.depth++) return;
  gil.thread = PyThread_get_thread_ident();
  PyThread_acquire_lock(gil.lock, WAIT_LOCK);
}

void xlgc__python_gil_release(void) {
  if (!--gil.depth) PyThread_release_lock(gil.lock);
}
