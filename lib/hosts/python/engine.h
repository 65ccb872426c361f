/* What the files of the Python bridge know of one another, in their order: each calls only those above it. A process has
 * one interpreter that can be a host, so what belongs to its host is in one place, guarded by the interpreter's lock. */
#ifndef XLGC_HOSTS_PYTHON_ENGINE_H
#define XLGC_HOSTS_PYTHON_ENGINE_H

#include <xlgc/python.h>

/* What a module has. The host uses that of the module with which it was opened. */
enum {
  XLGC__PYTHON_PROXY,
  XLGC__PYTHON_CALLABLE,
  XLGC__PYTHON_METHOD,
  XLGC__PYTHON_ITERATOR,
  XLGC__PYTHON_CURSOR,
  XLGC__PYTHON_ERROR,
  XLGC__PYTHON_LENGTH_ERROR,
  XLGC__PYTHON_TYPES
};
typedef struct xlgc__python_types {
  PyObject *at[XLGC__PYTHON_TYPES];
} xlgc__python_types;

typedef struct xlgc__python_proxy {
  PyObject_HEAD xlgc_id id;
  uint64_t life; /* of the host it belongs to */
  unsigned traits;
  PyObject *weak_references;
} xlgc__python_proxy;

/* What the engine needs of the files below it. */
typedef struct xlgc__python_parts {
  const xlgc_host_adapter *adapter;
  destructor proxy_dealloc;
  /* The proxy of an id, or the object that has come home: a new reference, or NULL with an exception. */
  PyObject *(*proxy_make)(xlgc_id id, unsigned traits);
} xlgc__python_parts;

typedef struct xlgc__python_state {
  xlgc_host *host; /* NULL while it is not open */
  xlgc_pool *pool;
  uint64_t life;                   /* of this host: others were before */
  unsigned visits;                 /* that Python code is in the middle of */
  const xlgc__python_parts *parts; /* since the host was first opened */
  PyObject *module;                /* while there is a host, as what follows */
  const xlgc__python_types *types; /* the module's */
  PyObject *get_objects;           /* gc.get_objects */
  PyObject *spare[2];              /* proxies to come: plain, callable */
  bool was_closed, is_closing, ends_with_python;
} xlgc__python_state;

extern xlgc__python_state xlgc__python;

static inline bool xlgc__python_proxy_is(PyObject *object) {
  return xlgc__python.parts && Py_TYPE(object)->tp_dealloc == xlgc__python.parts->proxy_dealloc;
}
static inline xlgc_id xlgc__python_proxy_id(PyObject *proxy) { return ((xlgc__python_proxy *)proxy)->id; }
/* Is it a proxy of the host that is open, and of none before? */
static inline bool xlgc__python_proxy_is_current(PyObject *proxy) {
  return xlgc__python.host && ((xlgc__python_proxy *)proxy)->life == xlgc__python.life;
}

/* ---- gil.c: at most one thread of Python's is inside other engines */

int xlgc__python_gil_prepare(void);
bool xlgc__python_gil_may_acquire(void);
/* Releases the interpreter's lock meanwhile. */
void xlgc__python_gil_await(void);
/* These nest. */
void xlgc__python_gil_acquire(void);
void xlgc__python_gil_release(void);

/* ---- engine.c */

/* Is this the interpreter that can be a host? */
bool xlgc__python_engine_is_main(void);
/* module: kept while the host is open. Returns 0 or XLGC_E_*; there may be an exception then. */
int xlgc__python_engine_open(xlgc_pool *pool, const xlgc__python_parts *parts, PyObject *module);
/* 0 when it is not open. */
int xlgc__python_engine_close(void);
/* The host that is open, or NULL with an exception. */
xlgc_host *xlgc__python_engine_find(void);
PyTypeObject *xlgc__python_engine_type(unsigned which);

/* For the adapter. */
int xlgc__python_engine_enter(void *engine);
void xlgc__python_engine_leave(void *engine);
void xlgc__python_engine_unpin(void *engine, void *handle);
int xlgc__python_engine_collect(void *engine);

/* The exception for what a function of the library answered; the second, for words that say more. */
void xlgc__python_engine_raise(int code);
void xlgc__python_engine_raise_words(int code, const char *words);
void xlgc__python_engine_raise_as(PyObject *type, const char *words);

/* ---- values.c */

/* is_argument: text and bytes are the object's own, which outlives the value. Returns 0, or -1 with an exception. */
int xlgc__python_values_pack(PyObject *object, bool is_argument, xlgc_value *out);
/* Packs the exception that is set as the visit's error. Returns XLGC_E_RAISED. */
int xlgc__python_values_pack_error(xlgc_visit *visit);
/* A new reference, or NULL with an exception. */
PyObject *xlgc__python_values_unpack(const xlgc_value *value);

/* ---- visit.c. Those that answer an int: 0, or -1 with an exception. */

int xlgc__python_visit_begin(PyObject *proxy, xlgc_visit *visit);
void xlgc__python_visit_end(xlgc_visit *visit);
/* The exception of a visit that failed. */
void xlgc__python_visit_raise(const xlgc_visit *visit, int code);
/* Calls what a proxy stands for. self: NULL or a proxy. Returns a new reference, or NULL with an exception. */
PyObject *xlgc__python_visit_call(PyObject *proxy, PyObject *self, PyObject *arguments, PyObject *keywords);

/* ---- method.c */

extern PyType_Spec xlgc__python_method_spec, xlgc__python_iterator_spec;

PyObject *xlgc__python_method_bind(PyObject *function, PyObject *self);
enum { XLGC__PYTHON_NATURAL, XLGC__PYTHON_KEYS, XLGC__PYTHON_VALUES, XLGC__PYTHON_ITEMS };
PyObject *xlgc__python_method_iterate(PyObject *proxy, int what);

/* ---- proxy.c */

extern PyType_Spec xlgc__python_proxy_spec, xlgc__python_callable_spec;

void xlgc__python_proxy_dealloc(PyObject *self);
PyObject *xlgc__python_proxy_make(xlgc_id id, unsigned traits);
/* An element or attribute of the object: 0, or -1 with an exception. */
int xlgc__python_proxy_set(PyObject *proxy, PyObject *key, PyObject *value);

/* ---- behaviour.c */

extern const xlgc_behaviour xlgc__python_behaviour;
extern PyType_Spec xlgc__python_cursor_spec;

/* ---- summary.c */

int xlgc__python_summary_take(void *engine, xlgc_summary *summary);

#endif
