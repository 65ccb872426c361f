/* What the parts of the Python bridge know of one another. There is one interpreter that counts in a process, so what
 * belongs to its host is in one place, guarded by the interpreter's lock. */
#ifndef XLGC_HOSTS_PYTHON_ENGINE_H
#define XLGC_HOSTS_PYTHON_ENGINE_H

#include <xlgc/python.h>

/* Of a module; the host uses those of the module that was there when it was opened. */
typedef struct xlgc__python_types {
  PyTypeObject *proxy, *callable, *method, *iterator, *cursor;
  PyObject *error, *length_error;
} xlgc__python_types;

typedef struct xlgc__python_proxy {
  PyObject_HEAD xlgc_id id;
  uint64_t life; /* of the host it belongs to */
  unsigned traits;
  PyObject *weak_references;
} xlgc__python_proxy;

typedef struct xlgc__python_state {
  xlgc_host *host; /* NULL while it is not open */
  xlgc_pool *pool;
  uint64_t life;                   /* of this host: others were before */
  unsigned visits;                 /* that Python code is in the middle of */
  PyObject *module;                /* while there is a host, as what follows */
  const xlgc__python_types *types; /* the module's */
  PyObject *get_objects;           /* gc.get_objects */
  PyObject *spare[2];              /* proxies to come: plain, callable */
  bool was_closed, is_closing, ends_with_python;
} xlgc__python_state;

extern xlgc__python_state xlgc__python;

/* ---- engine.c */

/* The host, opened in the default pool if it never was; or NULL with an exception. */
xlgc_host *xlgc__python_engine_find(void);
/* Whether this is the interpreter that can be a host. */
bool xlgc__python_engine_is_main(void);
void xlgc__python_engine_collect(void);

/* ---- summary.c, behaviour.c */

int xlgc__python_summary_take(void *engine, xlgc_summary *summary);
extern const xlgc_behaviour xlgc__python_behaviour;
extern PyType_Spec xlgc__python_cursor_spec;

/* ---- values.c. Those that answer an int: 0, or -1 with an exception. */

/* is_argument: text and bytes are the object's own, which outlives the value. */
int xlgc__python_values_pack(PyObject *object, bool is_argument, xlgc_value *out);
/* The exception of what a function of the library answered. */
void xlgc__python_engine_raise(int code);
void xlgc__python_engine_raise_words(int code, const char *words);
void xlgc__python_engine_raise_as(PyObject *type, const char *words);
/* The exception that is set, as the visit's error; XLGC_E_RAISED. */
int xlgc__python_values_pack_error(xlgc_visit *visit);

/* ---- proxy.c, method.c */

extern PyType_Spec xlgc__python_proxy_spec, xlgc__python_callable_spec;
extern PyType_Spec xlgc__python_method_spec, xlgc__python_iterator_spec;

bool xlgc__python_proxy_is(PyObject *object);
bool xlgc__python_proxy_is_current(PyObject *proxy);
/* The proxy of an id, or the object that has come home. */
PyObject *xlgc__python_proxy_make(xlgc_id id, unsigned traits);
void xlgc__python_proxy_drop_spares(void);

int xlgc__python_visit_begin(PyObject *proxy, xlgc_visit *visit);
void xlgc__python_visit_end(xlgc_visit *visit);
/* The exception of a visit that failed. */
void xlgc__python_visit_failed(const xlgc_visit *visit, int code);
/* self: NULL or a proxy. */
PyObject *xlgc__python_method_call(PyObject *proxy, PyObject *self, PyObject *arguments, PyObject *keywords);
int xlgc__python_proxy_set(PyObject *proxy, PyObject *key, PyObject *value);

PyObject *xlgc__python_method_bind(PyObject *function, PyObject *self);
enum { XLGC__PYTHON_NATURAL, XLGC__PYTHON_KEYS, XLGC__PYTHON_VALUES, XLGC__PYTHON_ITEMS };
PyObject *xlgc__python_method_iterate(PyObject *proxy, int what);

/* ---- gil.c: of one thread at a time to be inside other engines. With the interpreter's lock. */

int xlgc__python_gil_prepare(void);
bool xlgc__python_gil_may_acquire(void);
/* Lets go of the interpreter's lock meanwhile. */
void xlgc__python_gil_await(void);
/* They nest. */
void xlgc__python_gil_acquire(void);
void xlgc__python_gil_release(void);

/* ---- module.c */

/* The module in sys.modules, made if there is none: a new reference. */
PyObject *xlgc__python_module_find(void);

#endif
