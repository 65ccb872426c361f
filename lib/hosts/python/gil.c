/* One thread of Python's at a time is inside other engines. The interpreter's lock does not see to that: while one
 * thread's call of another engine has come back into Python, that lets go of its lock now and then, and a second thread
 * would find the engine in the middle of the first one's call. It waits here, without the lock. Managed objects need no
 * turn. All of this is guarded by the interpreter's lock. */
#include <config.h>

#include "engine.h"

static struct {
  PyThread_type_lock lock; /* held while somebody has the turn, for others to wait at */
  unsigned long thread;
  unsigned depth;
} turn;

int xlgc__python_make_turns(void) {
  if (!turn.lock) turn.lock = PyThread_allocate_lock();
  return turn.lock ? 0 : XLGC_E_NOMEM;
}

bool xlgc__python_may_take_turn(void) { return !turn.depth || turn.thread == PyThread_get_thread_ident(); }

void xlgc__python_await_turn(void) {
  while (!xlgc__python_may_take_turn()) {
    Py_BEGIN_ALLOW_THREADS;
    PyThread_acquire_lock(turn.lock, WAIT_LOCK);
    PyThread_release_lock(turn.lock);
    Py_END_ALLOW_THREADS;
  }
}

void xlgc__python_take_turn(void) {
  if (turn.depth++) return;
  turn.thread = PyThread_get_thread_ident();
  PyThread_acquire_lock(turn.lock, WAIT_LOCK);
}

void xlgc__python_end_turn(void) {
  if (!--turn.depth) PyThread_release_lock(turn.lock);
}
