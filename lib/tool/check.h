/* Compares what the library does with the model, step by step, up to the first difference. */
#ifndef XLGC_TOOL_CHECK_H
#define XLGC_TOOL_CHECK_H

#include "model.h"
#include "names.h"
#include "trace.h"

/* Starts as all zeros. Once `status` is not 0 all functions do nothing, and `why` says what is the matter. */
struct check {
  struct model model;
  int status; /* the exit status: CHECK_DIFFERENCE or CHECK_TROUBLE */
  char why[512];
  uint64_t *misuse; /* lines that the model calls misuse and the library has not yet */
  size_t misuse_first, misuse_end, misuse_capacity;
  uint64_t told; /* by this flush */
  model_object *told_first, *told_last;
};

enum { CHECK_TROUBLE = 2, CHECK_DIFFERENCE = 3 };

void check_clear(struct check *check);

/* Hands an operation to the model; to be called before the library gets it. */
void check_operation(struct check *check, const trace_operation *operation);
/* The library, or the command for it, says that the operation of that line is misuse. */
void check_misuse(struct check *check, uint64_t line);

/* Around xlgc_flush, and for each callback inside of it. names: all that are in use, with their ids. */
void check_flush_begins(struct check *check);
void check_asked(struct check *check, const char *name, int answer);
void check_told(struct check *check, const char *name);
void check_forgotten(struct check *check, const char *name);
void check_flush_ends(struct check *check, xlgc_pool *pool, struct name *names);

/* The library's answer to `distance name`; XLGC_UNREACHABLE also for a name that is not in use. */
void check_distance(struct check *check, const char *name, uint64_t distance);
/* The library's answer to `path name` where there is a way to a root: the holders, nearest first. */
void check_path(struct check *check, xlgc_pool *pool, const char *name, const xlgc_id *holders, size_t length);

#endif
