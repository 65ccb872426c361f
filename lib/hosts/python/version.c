/* Python's records, such as that of a module, are others in each minor version, and a library that was built for
 * another one ends the process. So what is called first asks for the version, by functions that all versions have
 * alike. */
#include <config.h>

#include "hosts/python/version.h"

#include <stdio.h>
#include <string.h>

#include <xlgc/python.h>

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
static const char version[] = TEXT(PY_MAJOR_VERSION) "." TEXT(PY_MINOR_VERSION);

bool xlgc__python_version_is_right(void) {
  const char *is = Py_GetVersion();
  return strncmp(is, version, sizeof version - 1) == 0 && is[sizeof version - 1] == '.';
}

const char *xlgc__python_version_words(void) {
  static _Thread_local char words[200];
  const char *is = Py_GetVersion();
  snprintf(words, sizeof words, "this xlgc is built for Python %s, and does not work in Python %.*s", version,
           (int)strcspn(is, " "), is);
  return words;
}

void xlgc__python_version_refuse(void) { PyErr_SetString(PyExc_ImportError, xlgc__python_version_words()); }
