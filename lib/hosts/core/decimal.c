#include <config.h>

#include "hosts/core/decimal.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

/* The C library has that locale at hand. */
typedef struct plain {
  locale_t own, before;
} plain;

static plain begin(void) {
  plain plain = {newlocale(LC_NUMERIC_MASK, "C", (locale_t)0), (locale_t)0};
  if (plain.own) plain.before = uselocale(plain.own);
  return plain;
}

static void end(plain plain) {
  if (!plain.own) return;
  uselocale(plain.before);
  freelocale(plain.own);
}

double xlgc__host_decimal_read(const char *text, char **end_of_number) {
  plain plain = begin();
  double number = strtod(text, end_of_number);
  end(plain);
  return number;
}

void xlgc__host_decimal_write(double number, int places, char *text, size_t size_bytes) {
  plain plain = begin();
  if (places < 0)
    snprintf(text, size_bytes, "%g", number);
  else
    snprintf(text, size_bytes, "%.*e", places, number);
  end(plain);
}
