/* The ledger: in a pool that checks, each add that was reported and not dropped, with what reported it. It is written
 * as events are logged, on the threads that log them, so that what differs is known where it happens.
 *
 * Entries are found by pair (source and target), by the place of a pointer, and by source. The lock of the pool is
 * taken in all functions. Without memory for an entry the ledger has a gap: from then on it says nothing that follows
 * from an entry which it lacks. */
#ifndef XLGC_LEDGER_H
#define XLGC_LEDGER_H

#include "base/memory.h"

/* One add. */
typedef struct xlgc__entry {
  xlgc_id source, target; /* source XLGC_ID_NONE: a pin */
  const void *place;      /* the pointer, or where it was when it was reported; NULL: it was not said */
  bool is_pointer;        /* the place is that of a plain pointer, which the library may read */
  const char *context;    /* its name, which stays in the ledger */
  uint64_t position;
} xlgc__entry;

typedef struct xlgc__ledger {
  xlgc__memory *memory;
  struct xlgc__pair *pairs;
  struct xlgc__spot *spots;     /* by place, of those that are pointers */
  struct xlgc__holder *holders; /* by source */
  struct xlgc__ending *endings; /* by address, objects that are to be destroyed */
  struct xlgc__name *names;     /* of contexts */
  bool has_gaps;
} xlgc__ledger;

void xlgc__ledger_init(xlgc__ledger *ledger, xlgc__memory *memory);
void xlgc__ledger_destroy(xlgc__ledger *ledger);

/* A copy of a context's name that lasts as long as the ledger; without memory: another one. */
const char *xlgc__ledger_name(xlgc__ledger *ledger, const char *name);

/* Enters an add. At the place of a pointer it replaces the entry there, which is dropped next. Returns whether one that
 * was replaced before has not been dropped: it is copied to `forgotten`. */
bool xlgc__ledger_add(xlgc__ledger *ledger, const xlgc__entry *add, xlgc__entry *forgotten);
/* Takes the entry of an add out: the one at the place, or else any of the pair. Returns whether it is wrong that this
 * place (not NULL) is not the one of the entry taken out; then what the place has, or that entry, is copied to `other`.
 * A pair that the ledger does not have is no concern of its: applying the event shows it. */
bool xlgc__ledger_drop(xlgc__ledger *ledger, xlgc_id source, xlgc_id target, const void *place, xlgc__entry *other);
/* The newest entry of a pair; false: there is none. */
bool xlgc__ledger_find(const xlgc__ledger *ledger, xlgc_id source, xlgc_id target, xlgc__entry *out);
/* The entry of a pointer, and the one that it replaced (source XLGC_ID_NONE: none) if that was not dropped; false:
 * there is none. */
bool xlgc__ledger_at(const xlgc__ledger *ledger, const void *place, xlgc__entry *out, xlgc__entry *replaced);
/* The place will not be read any more. */
void xlgc__ledger_forget_place(xlgc__ledger *ledger, const void *place);
/* All places of pointers, one after the other: gives the one after `place` (NULL: the first). NULL: there is none, or
 * `place` is gone. */
const void *xlgc__ledger_next_place(const xlgc__ledger *ledger, const void *place);
/* The object is gone: takes out what it holds, and its pins. */
void xlgc__ledger_end(xlgc__ledger *ledger, xlgc_id object);

/* An object at this address is to be destroyed: from here on the pointers in it are counted as they end. */
void xlgc__ledger_begin_ending(xlgc__ledger *ledger, const void *address, xlgc_id object);
/* A pointer ends that belonged to the object at this address. */
void xlgc__ledger_pointer_ends(xlgc__ledger *ledger, const void *address, const void *place);
/* The destructor has returned. Takes out the entries of all pointers that have ended. Returns how many of the object's
 * are left: these pointers were moved out of it. out: one of their entries. */
size_t xlgc__ledger_end_ending(xlgc__ledger *ledger, const void *address, xlgc__entry *out);

#endif
