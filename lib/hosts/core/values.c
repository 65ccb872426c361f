/* Values, as include/xlgc/bridge.h has them. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <xlgc/bridge.h>

#include "hosts/core/memory.h"
#include "hosts/core/values.h"

bool xlgc__host_values_have_bytes(xlgc_type type) {
  return type == XLGC_STRING || type == XLGC_BUFFER || type == XLGC_BIG;
}

void xlgc_value_clear(xlgc_value *value) {
  if (value->type == XLGC_SEVERAL && value->memory) {
    xlgc_value *values = value->memory;
    for (size_t i = 0; i < value->length; i++)
      xlgc_value_clear(&values[i]);
  }
  free(value->memory);
  memset(value, 0, sizeof *value);
}

int xlgc_value_copy(xlgc_value *value, xlgc_type type, const char *bytes, size_t length) {
  memset(value, 0, sizeof *value);
  char *memory = length < SIZE_MAX ? xlgc__host_memory_allocate(length + 1) : NULL;
  if (!memory) return XLGC_E_NOMEM;
  if (length) memcpy(memory, bytes, length);
  memory[length] = 0;
  value->type = type;
  value->as.bytes = memory;
  value->length = length;
  value->memory = memory;
  return 0;
}

int xlgc_value_several(xlgc_value *value, size_t count, xlgc_value **out) {
  memset(value, 0, sizeof *value);
  *out = count < SIZE_MAX / sizeof **out ? xlgc__host_memory_zeroed((count + 1) * sizeof **out) : NULL;
  if (!*out) return XLGC_E_NOMEM;
  value->type = XLGC_SEVERAL;
  value->as.values = *out;
  value->length = count;
  value->memory = *out;
  return 0;
}

void xlgc_memory_give_back(xlgc_memory *memory) {
  void (*give_back)(void *) = memory->give_back;
  void *loan = memory->loan;
  memset(memory, 0, sizeof *memory);
  if (give_back) give_back(loan);
}
