/* What the compilers spell differently. */
#ifndef XLGC_COMPILER_H
#define XLGC_COMPILER_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define XLGC__LIKELY(condition) __builtin_expect(!!(condition), 1)
#define XLGC__UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#else
#define XLGC__LIKELY(condition) (condition)
#define XLGC__UNLIKELY(condition) (condition)
#endif

#define XLGC__CACHE_LINE 64

#endif
