/* A pool for a test, with its context, and what the pool says: who was told, asked and forgotten, in which order;
 * misuse; survivors. */
#ifndef RECORDER_H
#define RECORDER_H

#include <stdbool.h>
#include <xlgc.h>

#include "trial.h"

enum { RECORDER_ROOM = 64 };

typedef struct recorder recorder;
struct recorder {
  xlgc_pool *pool;
  xlgc_context *context;
  xlgc_kind kind;    /* records releases */
  xlgc_kind asking;  /* also asks */
  xlgc_kind passing; /* transient, records being forgotten */
  int answer;        /* of `orphaned` */
  void (*on_release)(recorder *, xlgc_context *context, xlgc_id id, void *object); /* what releasers do besides */
  void (*on_other)(recorder *);                                                    /* and all other callbacks */
  char said[RECORDER_ROOM]; /* every callback's letter: asked, told, forgotten, error, survivor */
  size_t said_count;
  size_t told_count, asked_count, forgotten_count, error_count, survivor_count;
  xlgc_id told[RECORDER_ROOM];
  xlgc_error errors[RECORDER_ROOM];
  char error_context[40]; /* the last one's */
  xlgc_survivor survivors[RECORDER_ROOM];
  size_t address_count;
  char addresses[1 << 12]; /* what objects stand at */
};

/* The defaults with a recorder's callbacks, to be changed and given to recorder_open. */
xlgc_config recorder_config(recorder *recorder);
/* Opens a recorder that is zero with the given setting; `_with` with a configuration. */
void recorder_open(recorder *recorder, int setting);
void recorder_open_with(recorder *recorder, const xlgc_config *config);
void recorder_close(recorder *recorder);

/* A new object at an address of its own; a pinned one; one that `holder` holds. */
xlgc_id recorder_object(recorder *recorder, const xlgc_kind *kind);
xlgc_id recorder_root(recorder *recorder);
xlgc_id recorder_held(recorder *recorder, xlgc_id holder);

/* Exactly these have been told since this was asked last, in this order. */
#define expect_told(recorder, ...) \
  recorder_expect_told(recorder, (xlgc_id[]){__VA_ARGS__}, sizeof(xlgc_id[]){__VA_ARGS__} / sizeof(xlgc_id))
#define expect_none_told(recorder) recorder_expect_told(recorder, NULL, 0)
void recorder_expect_told(recorder *recorder, const xlgc_id *ids, size_t count);
/* Exactly this misuse has been reported since this was asked last, by the recorder's own context. */
void recorder_expect_error(recorder *recorder, int code, const char *what, xlgc_id source, xlgc_id target,
                           uint64_t position);
void recorder_expect_no_error(const recorder *recorder);

xlgc_statistics recorder_statistics(recorder *recorder);
uint64_t recorder_distance(recorder *recorder, xlgc_id id);
bool recorder_knows(recorder *recorder, xlgc_id id);
/* The releaser of a kind that needs no recorder: `data` is the unsigned in which it counts. */
void recorder_count_release(xlgc_context *context, xlgc_id id, void *object, void *data);
/* For iterating where there is no link. */
int recorder_no_link(void *data, const xlgc_link_info *link);
/* How often source holds target. */
unsigned recorder_count(recorder *recorder, xlgc_id source, xlgc_id target);

#endif
