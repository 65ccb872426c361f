#include <config.h>

#include "base/codes.h"

#include <xlgc.h>

const char *xlgc__codes_text(int code) {
  switch (code) {
  case 0: return "no error";
#define XLGC_X(name, value, text) \
  case value: return text;
    XLGC_ERRORS(XLGC_X)
#undef XLGC_X
  default: return "not an error code of xlgc";
  }
}

const char *xlgc__codes_name(int code) {
  switch (code) {
  case 0: return "XLGC_OK";
#define XLGC_X(name, value, text) \
  case value: return "XLGC_E_" #name;
    XLGC_ERRORS(XLGC_X)
#undef XLGC_X
  default: return "XLGC_E_?";
  }
}
