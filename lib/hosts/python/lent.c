/* Loans are given back on any thread, also in the middle of another engine's collection. There they are put into a list
 * without a lock; Python takes them out when it next lends, unpins or takes a summary. */
#include <config.h>

#include "hosts/python/lent.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/common/memory.h"

typedef struct loan {
  Py_buffer view;
  struct loan *prev, *next; /* under the interpreter's lock */
  struct loan *next_back;
} loan;

static loan *loans;
static _Atomic(loan *) given_back;

/* ------------------------------------------------------------ which, and what */

/* The types that are memory and little else. What has memory besides, as mmap or numpy's arrays, is an object like
 * others, and memoryview() of it is its memory. */
bool xlgc__python_lent_has_memory(PyObject *object) {
  const PyTypeObject *type = Py_TYPE(object);
  if (!type->tp_as_buffer || !type->tp_as_buffer->bf_getbuffer) return false;
  return PyMemoryView_Check(object) || PyByteArray_Check(object) || strcmp(type->tp_name, "array.array") == 0;
}

/* Formats of one letter, in this machine's order and size. Anything else is bytes. */
static unsigned elements_of(const Py_buffer *view) {
  const char *format = view->format ? view->format : "B";
  if (*format == '@') format++;
  if (!*format || format[1]) return 0;
  switch (*format) {
  case 'b':
  case 'h':
  case 'H':
  case 'i':
  case 'I':
  case 'q':
  case 'Q':
  case 'f':
  case 'd': return (unsigned)*format;
  case 'l': return sizeof(long) == sizeof(int64_t) ? 'q' : 'i';
  case 'L': return sizeof(long) == sizeof(int64_t) ? 'Q' : 'I';
  case 'n': return sizeof(Py_ssize_t) == sizeof(int64_t) ? 'q' : 'i';
  case 'N': return sizeof(size_t) == sizeof(uint64_t) ? 'Q' : 'I';
  default: return 0;
  }
}

static bool is_aligned(const Py_buffer *view) {
  return (uintptr_t)view->buf % xlgc__memory_element_bytes(elements_of(view)) == 0;
}

int xlgc__python_lent_can_be(PyObject *object) {
  Py_buffer view;
  if (!xlgc__python_lent_has_memory(object)) return 0;
  if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO)) return -1;
  bool can = !view.readonly && PyBuffer_IsContiguous(&view, 'C') && is_aligned(&view);
  PyBuffer_Release(&view);
  return can;
}

size_t xlgc__python_lent_bytes(void *engine, void *object) {
  (void)engine;
  Py_buffer view;
  if (!PyObject_CheckBuffer(object)) return 0;
  PyObject *before_type, *before_value, *before_trace;
  PyErr_Fetch(&before_type, &before_value, &before_trace);
  size_t bytes = 0;
  if (!PyObject_GetBuffer(object, &view, PyBUF_FULL_RO)) {
    bytes = (size_t)view.len;
    PyBuffer_Release(&view);
  }
  PyErr_Restore(before_type, before_value, before_trace);
  return bytes;
}

/* -------------------------------------------------------------------- copies */

int xlgc__python_lent_copy(PyObject *object, xlgc_value *out) {
  Py_buffer view;
  if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO)) return -1;
  char *memory = malloc((size_t)view.len + 1);
  int failed = memory ? PyBuffer_ToContiguous(memory, &view, view.len, 'C') : -1;
  if (failed) {
    free(memory);
  } else {
    memory[view.len] = 0;
    out->type = XLGC_BUFFER;
    out->traits = elements_of(&view) << XLGC_SORT_SHIFT;
    out->as.bytes = out->memory = memory;
    out->length = (size_t)view.len;
  }
  PyBuffer_Release(&view);
  if (failed && !PyErr_Occurred()) PyErr_NoMemory();
  return failed;
}

PyObject *xlgc__python_lent_unpack(const xlgc_value *value) {
  const char format[] = {(char)xlgc__memory_elements(value), 0};
  PyObject *bytes = PyBytes_FromStringAndSize(value->length ? value->as.bytes : "", (Py_ssize_t)value->length);
  PyObject *plain = bytes ? PyMemoryView_FromObject(bytes) : NULL;
  PyObject *view = plain ? PyObject_CallMethod(plain, "cast", "s", format) : NULL;
  Py_XDECREF(plain);
  Py_XDECREF(bytes);
  return view;
}

/* --------------------------------------------------------------------- loans */

static void give_back(void *data) {
  loan *loan = data;
  loan->next_back = atomic_load_explicit(&given_back, memory_order_relaxed);
  while (!atomic_compare_exchange_weak_explicit(&given_back, &loan->next_back, loan, memory_order_release,
                                                memory_order_relaxed)) {
  }
}

static void take_out(loan *loan) {
  if (loan->prev)
    loan->prev->next = loan->next;
  else
    loans = loan->next;
  if (loan->next) loan->next->prev = loan->prev;
}

void xlgc__python_lent_take_back(void) {
  if (!atomic_load_explicit(&given_back, memory_order_relaxed)) return;
  loan *loan = atomic_exchange_explicit(&given_back, NULL, memory_order_acquire), *next;
  for (; loan; loan = next) {
    next = loan->next_back;
    take_out(loan);
    PyBuffer_Release(&loan->view);
    free(loan);
  }
}

void xlgc__python_lent_each(void (*see)(void *data, PyObject *object), void *data) {
  for (const loan *loan = loans; loan; loan = loan->next)
    see(data, loan->view.obj);
}

int xlgc__python_lent_lend(PyObject *object, xlgc_memory *out) {
  xlgc__python_lent_take_back();
  int can = xlgc__python_lent_can_be(object);
  if (can <= 0) {
    if (!can) PyErr_SetString(PyExc_BufferError, "this object has no memory that can be shared");
    return -1;
  }
  loan *made = malloc(sizeof *made);
  if (!made) {
    PyErr_NoMemory();
    return -1;
  }
  if (PyObject_GetBuffer(object, &made->view, PyBUF_CONTIG | PyBUF_FORMAT)) {
    free(made);
    return -1;
  }
  made->prev = NULL;
  made->next = loans;
  if (loans) loans->prev = made;
  loans = made;
  *out = (xlgc_memory){made->view.buf, (size_t)made->view.len, elements_of(&made->view), made, give_back};
  return 0;
}
