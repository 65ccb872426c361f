/* For programs of this folder, which do without Check: ends the process where a condition does not hold. */
#ifndef EXPECT_HH
#define EXPECT_HH

#include <cstdio>
#include <cstdlib>

#define EXPECT(condition)                                                 \
  do {                                                                    \
    if (!(condition)) {                                                   \
      std::printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                       \
    }                                                                     \
  } while (0)

#endif
