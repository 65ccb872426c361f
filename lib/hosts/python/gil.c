/* A second lock beside the interpreter's (the GIL): at most one thread of Python's is inside other engines. The
 * interpreter's lock does not see to that. While one thread's call of another engine has come back into Python, that
 * releases its lock now and then, and a second thread would find the engine in the middle of the first one's call. It
 * waits here, without the interpreter's lock. Managed objects need no such lock. What is below is guarded by the
 * interpreter's lock. */
#include <config.h>

#include "hosts/python/gil.h"

#include <xlgc/python.h>

static struct {
  PyThread_type_lock lock; /* locked while depth is not 0, for other threads to wait at */
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
