/* Three ways to write the same log, to price a decision: a log has one writer, which publishes each record by a plain
 * release store. With a lock taken for every event the reader could hold all logs at one cut instead.
 *
 * The logs are as the library's: records of 16 bytes in chunks, one store to publish each; a chunk that is full is
 * followed by the next, which lies ready. Nobody else wants the locks here: what is measured is their least price. */
#ifndef LOGS_H
#define LOGS_H

#include <stdint.h>

typedef struct logs logs;

/* With room for so many records in all. */
logs *logs_create(uint64_t records);
void logs_destroy(logs *log);
/* The log is empty again. */
void logs_rewind(logs *log);
void logs_append_store(logs *log, uint64_t source, uint64_t target);
void logs_append_spin_lock(logs *log, uint64_t source, uint64_t target);
void logs_append_mutex(logs *log, uint64_t source, uint64_t target);

#endif
