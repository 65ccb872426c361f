/* The interpreter as a host. A process has one that can be a host, so what belongs to it is in one place, guarded by
 * the interpreter's lock. */
#ifndef XLGC_HOSTS_PYTHON_ENGINE_H
#define XLGC_HOSTS_PYTHON_ENGINE_H

#include <xlgc/python.h>

#include "hosts/common/condense.h"

/* What a module has. The host uses that of the module with which it was opened. */
enum {
  XLGC__PYTHON_PROXY,
  XLGC__PYTHON_CALLABLE,
  XLGC__PYTHON_SEQUENCE,
  XLGC__PYTHON_AWAITABLE,
  XLGC__PYTHON_PROXIES,
  XLGC__PYTHON_METHOD = XLGC__PYTHON_PROXIES,
  XLGC__PYTHON_ITERATOR,
  XLGC__PYTHON_CURSOR,
  XLGC__PYTHON_ENGINE,
  XLGC__PYTHON_SEVERAL,
  XLGC__PYTHON_ERROR,
  XLGC__PYTHON_LENGTH_ERROR,
  XLGC__PYTHON_ORIGIN,
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

/* A function that was read from an object: a view of it, which other languages are given for it; unless it is a native's,
 * which needs its object. */
typedef struct xlgc__python_method {
  xlgc__python_proxy proxy;  /* as the function's, which has the id for the host */
  PyObject *function, *self; /* proxies; self may be a method itself. NULL when Python's collector has cleared it */
} xlgc__python_method;

/* What the engine needs of the files below it. */
typedef struct xlgc__python_parts {
  const xlgc_host_adapter *adapter;
  destructor proxy_dealloc, method_dealloc;
  /* The proxy of an id, or the object that has come home: a new reference, or NULL with an exception. */
  PyObject *(*proxy_make)(xlgc_id id, unsigned traits);
  void (*bound_forget)(void);
  void (*filter_forget)(void);
  void (*summary_forget)(void);
} xlgc__python_parts;

typedef struct xlgc__python_state {
  const xlgc__python_parts *parts; /* set by what stands below, before anything else happens */
  xlgc_host *host;                 /* NULL while it is not open */
  xlgc_pool *pool;
  uint64_t life;                         /* of this host: others were before */
  xlgc_host *parents_host;               /* in a child: to be let go, or NULL */
  uint64_t parents_life;                 /* and the life of that; 0 for none */
  unsigned visits;                       /* that Python code is in the middle of */
  PyObject *module;                      /* while there is a host, as what follows */
  const xlgc__python_types *types;       /* the module's */
  PyObject *get_objects;                 /* gc.get_objects */
  PyObject *spare[XLGC__PYTHON_PROXIES]; /* proxies to come, of each type */
  PyObject *classes;                     /* of sorts of objects: a dict of numbers and weak references, or NULL */
  xlgc__condense_counts counts;          /* of the last summary */
  bool was_closed, is_closing, ends_with_python;
} xlgc__python_state;

extern xlgc__python_state xlgc__python_engine;

/* Is this the interpreter that can be a host? */
bool xlgc__python_engine_is_main(void);
/* module: kept while the host is open. Returns 0 or XLGC_E_*; an exception may be set then. */
int xlgc__python_engine_open(xlgc_pool *pool, PyObject *module);
/* Returns 0 or XLGC_E_*: XLGC_E_STATE when it is not open. */
int xlgc__python_engine_close(void);
/* The host, or NULL while it is not open. */
xlgc_host *xlgc__python_engine_find(void);

/* One of the host's types, while it is open. */
PyTypeObject *xlgc__python_engine_type(unsigned which);
/* Is it a proxy, of whichever host, or a method, which stands for its function? */
bool xlgc__python_engine_is_proxy(PyObject *object);
/* Is it a proxy of a class of Python code's? */
bool xlgc__python_engine_has_class(PyObject *object);
/* A function that was read from an object: it holds the function's proxy, and begins as one. */
bool xlgc__python_engine_is_method(PyObject *object);
/* Is a proxy one of the host that is open, and of none before? */
bool xlgc__python_engine_is_current(PyObject *proxy);
xlgc_id xlgc__python_engine_id_of(PyObject *proxy);

/* The adapter's functions. */
int xlgc__python_engine_enter(void *engine);
void xlgc__python_engine_leave(void *engine);
void *xlgc__python_engine_give_way(void *engine);
void xlgc__python_engine_come_back(void *engine, void *token);
int xlgc__python_engine_collect(void *engine);

#endif
