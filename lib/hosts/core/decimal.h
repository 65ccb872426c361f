/* Numbers as text, with a point whatever the program's locale has. */
#ifndef XLGC_HOSTS_CORE_DECIMAL_H
#define XLGC_HOSTS_CORE_DECIMAL_H

#include <stddef.h>

/* As strtod. */
double xlgc__host_decimal_read(const char *text, char **end);
/* As snprintf with %.*e, or with %g where `places` is below 0. */
void xlgc__host_decimal_write(double number, int places, char *text, size_t size_bytes);

#endif
