/* What the compilers spell differently. */
#ifndef XLGC_COMPILER_H
#define XLGC_COMPILER_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define XLGC__LIKELY(condition) __builtin_expect(!!(condition), 1)
#define XLGC__UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define XLGC__COLD __attribute__((cold, noinline))
/* Asks for memory that will be written soon. */
#define XLGC__PREFETCH(address) __builtin_prefetch(address, 1)
/* Where the function that this stands in returns to. */
#define XLGC__CALLER() __builtin_return_address(0)
#else
#define XLGC__CALLER() NULL
#define XLGC__LIKELY(condition) (condition)
#define XLGC__UNLIKELY(condition) (condition)
#define XLGC__COLD
#define XLGC__PREFETCH(address) ((void)(address))
#endif

/* Of a variable: it is in the same library, so its address need not be looked up. */
#if defined(__GNUC__) && !defined(_WIN32)
#define XLGC__HIDDEN __attribute__((visibility("hidden")))
#else
#define XLGC__HIDDEN
#endif

/* Of a function with a format as of printf. */
#if defined(__MINGW32__)
#define XLGC__PRINTF(format_number, first_number) __attribute__((format(gnu_printf, format_number, first_number)))
#elif defined(__GNUC__)
#define XLGC__PRINTF(format_number, first_number) __attribute__((format(printf, format_number, first_number)))
#else
#define XLGC__PRINTF(format_number, first_number)
#endif

#define XLGC__CACHE_LINE 64

/* Precedes each access to memory that threads share without a lock. In the build in which tests enumerate schedules,
 * another thread may go on there. In all other builds it is nothing. */
#ifdef XLGC_SCHEDULES
void xlgc__yield(void);
#define XLGC__YIELD() xlgc__yield()
#else
#define XLGC__YIELD() ((void)0)
#endif

#endif
