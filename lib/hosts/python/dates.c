#include <config.h>

#include "hosts/python/dates.h"

#include <string.h>

#include <datetime.h>

enum { SECONDS_A_DAY = 24 * 60 * 60, MICROSECONDS = 1000000 };

bool xlgc__python_dates_is(PyObject *object) {
  const PyTypeObject *type = Py_TYPE(object);
  return !PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HEAPTYPE) && strcmp(type->tp_name, "datetime.datetime") == 0;
}

/* Anew each time: another interpreter may have been started since. */
static bool find_module(void) {
  PyDateTime_IMPORT;
  return PyDateTimeAPI;
}

static PyObject *make_epoch(void) {
  return PyDateTimeAPI->DateTime_FromDateAndTime(1970, 1, 1, 0, 0, 0, 0, PyDateTime_TimeZone_UTC,
                                                 PyDateTimeAPI->DateTimeType);
}

int xlgc__python_dates_pack(PyObject *object, xlgc_value *out) {
  if (!find_module()) return -1;
  PyObject *epoch = make_epoch();
  PyObject *moment = epoch ? PyObject_CallMethod(object, "astimezone", "O", PyDateTime_TimeZone_UTC) : NULL;
  PyObject *since = moment ? PyNumber_Subtract(moment, epoch) : NULL;
  if (since) {
    int64_t seconds = (int64_t)PyDateTime_DELTA_GET_DAYS(since) * SECONDS_A_DAY + PyDateTime_DELTA_GET_SECONDS(since);
    out->type = XLGC_DATE;
    out->as.integer = seconds * MICROSECONDS + PyDateTime_DELTA_GET_MICROSECONDS(since);
  }
  Py_XDECREF(moment);
  Py_XDECREF(epoch);
  if (!since) return -1;
  Py_DECREF(since);
  return 0;
}

PyObject *xlgc__python_dates_unpack(int64_t microseconds) {
  if (!find_module()) return NULL;
  const int64_t day = (int64_t)SECONDS_A_DAY * MICROSECONDS;
  int64_t days = microseconds / day, rest = microseconds % day;
  if (rest < 0) {
    rest += day;
    days--;
  }
  PyObject *epoch = make_epoch();
  PyObject *since = epoch ? PyDateTimeAPI->Delta_FromDelta((int)days, (int)(rest / MICROSECONDS),
                                                           (int)(rest % MICROSECONDS), 1, PyDateTimeAPI->DeltaType)
                          : NULL;
  PyObject *moment = since ? PyNumber_Add(epoch, since) : NULL;
  Py_XDECREF(since);
  Py_XDECREF(epoch);
  return moment;
}
