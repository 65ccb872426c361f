/* What `xlgc doctor` finds out about one thing. */
#ifndef XLGC_TOOL_FINDING_H
#define XLGC_TOOL_FINDING_H

#include <stddef.h>

typedef enum finding_state {
  FINDING_WORKS,
  FINDING_WITHOUT, /* it does not, and xlgc goes on without it */
  FINDING_FAILS,
  FINDING_NOT_BUILT
} finding_state;

/* Of a fixed size, as a child hands it to its parent. Empty texts: nothing to be said. */
typedef struct finding {
  char name[32];
  finding_state state;
  char words[2048];
  char version[64];   /* of an engine */
  char library[1024]; /* the file with the language's library */
  char engine[1024];  /* the file with the engine */
} finding;

/* Sets the state, and the words by a format. */
__attribute__((format(printf, 3, 4))) void finding_set(finding *of, finding_state state, const char *format, ...);
/* Copies a text, cut to the room that there is. */
void finding_copy(char *to, size_t size, const char *text);

#endif
