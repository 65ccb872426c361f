/* Codes and errors in words, and the version. */
#include <config.h>

#include "base/codes.h"
#include "rounds/misuse.h"

const char *xlgc_strerror(int code) { return xlgc__codes_text(code); }
const char *xlgc_errname(int code) { return xlgc__codes_name(code); }

size_t xlgc_error_text(const xlgc_error *error, char *text, size_t size_bytes) {
  return xlgc__misuse_text(error, text, size_bytes);
}

const char *xlgc_version(void) { return XLGC_VERSION; }
