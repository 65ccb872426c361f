#include <config.h>

#include "hosts/common/arguments.h"

#include <stdint.h>

#include "hosts/common/grow.h"

int xlgc__arguments_begin(xlgc__arguments *arguments, size_t room) {
  arguments->count = 0;
  arguments->all = arguments->few;
  if (room <= XLGC__ARGUMENTS_FEW) return 0;
  arguments->all = xlgc__grow_zeroed(room, sizeof *arguments->all);
  if (arguments->all) return 0;
  arguments->all = arguments->few;
  return XLGC_E_NOMEM;
}

void xlgc__arguments_clear(xlgc__arguments *arguments) {
  for (size_t i = 0; i < arguments->count; i++)
    xlgc_value_clear(&arguments->all[i]);
  if (arguments->all != arguments->few) xlgc__grow_release(arguments->all);
  arguments->all = arguments->few;
  arguments->count = 0;
}
