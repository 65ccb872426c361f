/* xlgc: CPython 3.11 as a host. A program that embeds Python opens the interpreter as a host of a pool; Python code has
 * the module `xlgc`, and uses objects of other engines as if they were its own. See xlgc-python(3) for the language's
 * side, and xlgc/host.h, xlgc/bridge.h for the words used here.
 *
 * There is one host for the process's main interpreter. Subinterpreters have none: `import xlgc` fails there, and
 * xlgc_python_open answers XLGC_E_STATE. In a stock interpreter `import xlgc` opens the host by itself, in the default
 * pool, when it is first needed. At the end of the interpreter a function of `atexit` closes the host.
 *
 * Threads. The caller has the interpreter lock (the GIL), which no function releases; only Python code that runs may.
 * If an engine is used by one thread at a time, one Python thread at a time may use its objects.
 */
#ifndef XLGC_PYTHON_H
#define XLGC_PYTHON_H

#ifndef PY_SSIZE_T_CLEAN
#define PY_SSIZE_T_CLEAN
#endif
#include <Python.h>

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes the running interpreter a host, and `import xlgc` find the module in it. pool: NULL for xlgc_default_pool().
 * out: the host; may be NULL. On error XLGC_E_EXISTS when it is one already, XLGC_E_STATE when no interpreter runs, the
 * caller does not have the lock, it is a subinterpreter, or a Python of another version than the library was built for,
 * XLGC_E_NOMEM, or as xlgc_host_open. Ownership: the library's, until xlgc_python_close or the interpreter's end. */
XLGC_API int xlgc_python_open(xlgc_pool *pool, xlgc_host **out);

/* Ends the host while the interpreter goes on: its objects, and its proxies, answer XLGC_E_STALE from now on. It may be
 * opened again. On error XLGC_E_STATE when there is no host or the lock is not held, XLGC_E_BUSY while Python is being
 * called by another engine or calls one, or as xlgc_host_close. */
XLGC_API int xlgc_python_close(void);

/* The host of the interpreter, or NULL while it is not open. */
XLGC_API xlgc_host *xlgc_python_host(void);

/* A value out of Python; an object is exported, as by xlgc_host_export. out: the caller clears it with
 * xlgc_value_clear. Returns 0 with no exception set. On error XLGC_E_INVAL for NULL and for text with lone surrogates,
 * XLGC_E_STALE for a proxy whose host was closed, XLGC_E_STATE while there is no host, XLGC_E_NOMEM, or as
 * xlgc_host_export; no exception is set then either. Cost: a copy of text and bytes; a hash look-up for an object. */
XLGC_API int xlgc_python_value(PyObject *object, xlgc_value *out);

/* A value into Python. value: stays the caller's; an object that its giver holds. Returns a new reference, or NULL with
 * an exception: ReferenceError when the object is gone or the host was closed, TypeError for NULL or what is no value,
 * MemoryError, xlgc.Error. Of XLGC_SEVERAL, two or more values become a tuple, one becomes itself, none becomes
 * None. */
XLGC_API PyObject *xlgc_python_object(const xlgc_value *value);

/* What the extension module's PyInit_xlgc returns; also for PyImport_AppendInittab("xlgc", xlgc_python_module). NULL
 * with an ImportError in a Python of another version. */
XLGC_API PyObject *xlgc_python_module(void);

/* The language Python, for xlgc_language_start: starts the process's interpreter, or takes the one that runs. */
XLGC_API extern const xlgc_language xlgc_language_python;

#ifdef __cplusplus
}
#endif

#endif
