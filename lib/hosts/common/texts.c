#include <config.h>

#include "hosts/common/texts.h"

#include "hosts/common/grow.h"

enum { USUAL_BYTES = 2000 };

int xlgc__texts_value(int (*write)(void *data, char *text, size_t size_bytes), void *data, xlgc_value *out) {
  size_t room = 0;
  char *text = xlgc__grow_array(NULL, USUAL_BYTES, &room, 1);
  int length = text ? write(data, text, room) : XLGC_E_NOMEM;
  while (length >= 0 && (size_t)length >= room) {
    char *more = xlgc__grow_array(text, (size_t)length + 1, &room, 1);
    if (more) text = more;
    length = more ? write(data, text, room) : XLGC_E_NOMEM;
  }
  int result = length < 0 ? length : xlgc_value_copy(out, XLGC_STRING, text, (size_t)length);
  xlgc__grow_release(text);
  return result;
}
