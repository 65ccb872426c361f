/* Python's own handler of SIGINT notes the signal, and Python looks at that between two of its instructions: never
 * while a script of another language runs. So a handler of ours calls Python's and pokes the engines that run; they
 * ask, and Python's own code of the signal is run then, which raises KeyboardInterrupt or not. The exception is
 * kept until the use of the other engine has ended, and is raised there in place of what that has answered.
 *
 * The program may give the signal another handler at any time, so ours is put there again now and then. */
#include <config.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <xlgc/python.h>

#include "hosts/python/interrupt.h"

#include "hosts/core/chain.h"

enum { USES_BETWEEN_LOOKS = 64 };

static xlgc__chain pythons;
static volatile sig_atomic_t has_come;
static _Thread_local unsigned depth, uses;
static _Thread_local PyObject *kept;

/* The threads that are inside of other engines. A handler may not touch what belongs to a thread before the thread itself
 * has: that can need memory. Changed with the interpreter's lock. With more of them, some cannot be stopped. */
static _Atomic uintptr_t inside[64];

static void replace_inside(uintptr_t old, uintptr_t new) {
  size_t i = 0;
  while (i < sizeof inside / sizeof *inside && inside[i] != old)
    i++;
  if (i < sizeof inside / sizeof *inside) inside[i] = new;
}

static bool is_inside(void) {
  size_t i = 0;
  while (i < sizeof inside / sizeof *inside && inside[i] != (uintptr_t)pthread_self())
    i++;
  return i < sizeof inside / sizeof *inside;
}

static void on_signal(int number, siginfo_t *info, void *context) {
  xlgc__chain_call(&pythons, number, info, context);
  has_come = true;
  if (is_inside()) xlgc_hosts_poke();
}

/* What the program ignores, or leaves to the system, stays so. */
static void listen(void) {
  struct sigaction now;
  if (sigaction(SIGINT, NULL, &now)) return;
  bool is_ours = (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_signal;
  if (is_ours || now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN) return;
  xlgc__chain_add(&pythons, &now);
  now.sa_flags |= SA_SIGINFO;
  now.sa_sigaction = on_signal;
  (void)sigaction(SIGINT, &now, NULL);
}

void xlgc__python_interrupt_begin(void) {
  if (!depth++) {
    replace_inside(0, (uintptr_t)pthread_self());
    if (uses++ % USES_BETWEEN_LOOKS == 0) listen();
  }
  if (!has_come) return;
  has_come = false;
  xlgc_hosts_poke();
}

bool xlgc__python_interrupt_end(void) {
  if (!--depth) replace_inside((uintptr_t)pthread_self(), 0);
  if (!kept) return false;
  PyObject *error = kept;
  kept = NULL;
  PyErr_Restore(Py_NewRef((PyObject *)Py_TYPE(error)), error, PyException_GetTraceback(error));
  return true;
}

void xlgc__python_interrupt_pass(PyObject *error) {
  if (!depth || kept || PyErr_GivenExceptionMatches(error, PyExc_Exception)) return;
  kept = Py_NewRef(error);
  xlgc_hosts_poke();
}

int xlgc__python_interrupt_stops(void *engine) {
  (void)engine;
  if (!depth) return 0;
  PyGILState_STATE state = PyGILState_Ensure();
  PyObject *type, *error, *traceback;
  PyErr_Fetch(&type, &error, &traceback);
  if (!kept && PyErr_CheckSignals()) {
    PyObject *raised, *value, *where;
    PyErr_Fetch(&raised, &value, &where);
    PyErr_NormalizeException(&raised, &value, &where);
    if (value && where) PyException_SetTraceback(value, where);
    kept = value;
    Py_XDECREF(raised);
    Py_XDECREF(where);
  }
  PyErr_Restore(type, error, traceback);
  PyGILState_Release(state);
  return kept != NULL;
}
