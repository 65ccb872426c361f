#include <config.h>

#include "queue/ledger.h"

#include <string.h>
#include <utlist.h>

/* Keys are one or two ids or addresses. */
static unsigned mix(const void *key, size_t size_bytes) {
  uint64_t hash = 0, word = 0;
  for (size_t at = 0; at < size_bytes; at += sizeof word) {
    memcpy(&word, (const char *)key + at, size_bytes - at < sizeof word ? size_bytes - at : sizeof word);
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 32;
  }
  return (unsigned)hash;
}

/* uthash allocates through these; `ledger` is in scope wherever its macros are used. */
#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(key, size_bytes, hash) (hash) = mix(key, size_bytes)
#define uthash_malloc(size_bytes) xlgc__memory_allocate(ledger->memory, size_bytes)
#define uthash_free(block, size_bytes) xlgc__memory_release(ledger->memory, block, size_bytes)
#define uthash_nonfatal_oom(added) ((added)->failed = true)
#include <uthash.h>

typedef struct xlgc__pair pair;
typedef struct xlgc__spot spot;
typedef struct xlgc__holder holder;
typedef struct xlgc__ending ending;

typedef struct note note;

/* An add; `of` is NULL of one that is not in use. */
struct note {
  const void *place;
  const char *context;
  uint64_t position;
  pair *of;
  note *next; /* of the same pair */
  bool is_pointer;
};

/* The adds between two objects, newest first; never empty. Most have one, which is in the pair. */
struct xlgc__pair {
  struct ends {
    xlgc_id source, target;
  } ends;
  note *notes, first;
  holder *of;        /* NULL: the pair is a pin */
  pair *prev, *next; /* with the same source */
  bool failed;
  UT_hash_handle hh;
};

/* A pointer that changes is reported for what it will point to before it is reported for what it pointed to. */
struct xlgc__spot {
  const void *place;
  note *newest;
  note *replaced; /* the one before, which is still to be dropped; or NULL */
  bool failed;
  UT_hash_handle hh;
};

/* A source; has at least one pair. */
struct xlgc__holder {
  xlgc_id id;
  pair *pairs;
  bool failed;
  UT_hash_handle hh;
};

typedef struct ended {
  const void *place;
  bool failed, is_known; /* is_known: an add was reported there */
  UT_hash_handle hh;
} ended;

struct xlgc__ending {
  const void *address;
  xlgc_id object;
  ended *places;
  size_t more; /* pointers that have ended, beside these */
  bool failed;
  UT_hash_handle hh;
};

struct xlgc__name {
  char text[32];
  struct xlgc__name *next;
};

void xlgc__ledger_init(xlgc__ledger *ledger, xlgc__memory *memory) { *ledger = (xlgc__ledger){.memory = memory}; }

/* --------------------------------------------------------------- finding */

static pair *find_pair(const xlgc__ledger *ledger, xlgc_id source, xlgc_id target) {
  struct ends ends = {source, target};
  pair *found;
  HASH_FIND(hh, ledger->pairs, &ends, sizeof ends, found);
  return found;
}

static spot *find_spot(const xlgc__ledger *ledger, const void *place) {
  spot *found;
  HASH_FIND(hh, ledger->spots, &place, sizeof place, found);
  return found;
}

static holder *find_holder(const xlgc__ledger *ledger, xlgc_id source) {
  holder *found;
  HASH_FIND(hh, ledger->holders, &source, sizeof source, found);
  return found;
}

static ending *find_ending(const xlgc__ledger *ledger, const void *address) {
  ending *found;
  HASH_FIND(hh, ledger->endings, &address, sizeof address, found);
  return found;
}

static xlgc__entry entry_of(const note *one) {
  return (xlgc__entry){one->of->ends.source, one->of->ends.target, one->place,
                       one->is_pointer,      one->context,         one->position};
}

bool xlgc__ledger_find(const xlgc__ledger *ledger, xlgc_id source, xlgc_id target, xlgc__entry *out) {
  const pair *found = find_pair(ledger, source, target);
  if (found) *out = entry_of(found->notes);
  return found != NULL;
}

bool xlgc__ledger_at(const xlgc__ledger *ledger, const void *place, xlgc__entry *out, xlgc__entry *replaced) {
  const spot *found = find_spot(ledger, place);
  if (!found) return false;
  *out = entry_of(found->newest);
  *replaced = found->replaced ? entry_of(found->replaced) : (xlgc__entry){.source = XLGC_ID_NONE};
  return true;
}

const void *xlgc__ledger_next_place(const xlgc__ledger *ledger, const void *place) {
  const spot *before = place ? find_spot(ledger, place) : NULL;
  const spot *next = before ? before->hh.next : place ? NULL : ledger->spots;
  return next ? next->place : NULL;
}

/* -------------------------------------------------------------- entering */

static holder *find_or_make_holder(xlgc__ledger *ledger, xlgc_id source) {
  holder *found = find_holder(ledger, source);
  if (found) return found;
  found = xlgc__memory_allocate(ledger->memory, sizeof *found);
  if (!found) return NULL;
  found->id = source;
  HASH_ADD(hh, ledger->holders, id, sizeof found->id, found);
  if (!found->failed) return found;
  xlgc__memory_release(ledger->memory, found, sizeof *found);
  return NULL;
}

static void release_if_empty(xlgc__ledger *ledger, holder *source) {
  if (source->pairs) return;
  HASH_DELETE(hh, ledger->holders, source);
  xlgc__memory_release(ledger->memory, source, sizeof *source);
}

static pair *find_or_make_pair(xlgc__ledger *ledger, xlgc_id source, xlgc_id target) {
  pair *found = find_pair(ledger, source, target);
  if (found) return found;
  holder *of = source ? find_or_make_holder(ledger, source) : NULL;
  found = of || !source ? xlgc__memory_allocate(ledger->memory, sizeof *found) : NULL;
  if (found) {
    found->ends = (struct ends){source, target};
    found->of = of;
    HASH_ADD(hh, ledger->pairs, ends, sizeof found->ends, found);
  }
  if (found && !found->failed) {
    if (of) DL_PREPEND(of->pairs, found);
    return found;
  }
  xlgc__memory_release(ledger->memory, found, sizeof *found);
  if (of) release_if_empty(ledger, of);
  return NULL;
}

static void release_if_unused(xlgc__ledger *ledger, pair *one) {
  if (one->notes) return;
  holder *of = one->of;
  HASH_DELETE(hh, ledger->pairs, one);
  if (of) DL_DELETE(of->pairs, one);
  xlgc__memory_release(ledger->memory, one, sizeof *one);
  if (of) release_if_empty(ledger, of);
}

/* A note of the pair's, which may have its first in it. NULL: no memory. */
static note *make_note(xlgc__ledger *ledger, pair *of) {
  return of->first.of ? xlgc__memory_allocate_untouched(ledger->memory, sizeof(note)) : &of->first;
}

static void remove_spot(xlgc__ledger *ledger, spot *gone) {
  HASH_DELETE(hh, ledger->spots, gone);
  xlgc__memory_release(ledger->memory, gone, sizeof *gone);
}

static void leave_spot(xlgc__ledger *ledger, spot *at, const note *gone) {
  if (at->newest == gone)
    at->newest = at->replaced;
  else if (at->replaced != gone)
    return;
  at->replaced = NULL;
  if (!at->newest) remove_spot(ledger, at);
}

/* Takes a note out; its pair is still there. */
static void remove_note(xlgc__ledger *ledger, note *gone) {
  pair *of = gone->of;
  spot *at = gone->is_pointer ? find_spot(ledger, gone->place) : NULL;
  if (at) leave_spot(ledger, at, gone);
  LL_DELETE(of->notes, gone);
  gone->of = NULL;
  if (gone != &of->first) xlgc__memory_release(ledger->memory, gone, sizeof *gone);
}

/* The place of a pointer is this note's from now on. Returns the one that has still to be dropped, besides the one
 * whose it was; or NULL. */
static const note *take_place(xlgc__ledger *ledger, note *one) {
  spot *at = find_spot(ledger, one->place);
  if (at) {
    const note *forgotten = at->replaced;
    at->replaced = at->newest;
    at->newest = one;
    return forgotten;
  }
  at = xlgc__memory_allocate(ledger->memory, sizeof *at);
  if (at) {
    at->place = one->place;
    at->newest = one;
    HASH_ADD(hh, ledger->spots, place, sizeof at->place, at);
  }
  if (at && !at->failed) return NULL;
  xlgc__memory_release(ledger->memory, at, sizeof *at);
  ledger->has_gaps = true;
  return NULL;
}

bool xlgc__ledger_add(xlgc__ledger *ledger, const xlgc__entry *add, xlgc__entry *forgotten) {
  pair *of = find_or_make_pair(ledger, add->source, add->target);
  note *one = of ? make_note(ledger, of) : NULL;
  if (!one) {
    if (of) release_if_unused(ledger, of);
    ledger->has_gaps = true;
    return false;
  }
  *one = (note){add->place, add->context, add->position, of, NULL, add->is_pointer};
  LL_PREPEND(of->notes, one);
  const note *other = one->is_pointer ? take_place(ledger, one) : NULL;
  if (other) *forgotten = entry_of(other);
  return other != NULL;
}

const char *xlgc__ledger_name(xlgc__ledger *ledger, const char *text) {
  struct xlgc__name *name;
  LL_FOREACH(ledger->names, name) if (strcmp(name->text, text) == 0) return name->text;
  name = xlgc__memory_allocate(ledger->memory, sizeof *name);
  if (!name) return "?";
  memcpy(name->text, text, strlen(text) < sizeof name->text ? strlen(text) : sizeof name->text - 1);
  LL_PREPEND(ledger->names, name);
  return name->text;
}

/* ---------------------------------------------------------- taking out */

/* Which note of a pair does a drop at this place end? The one there; else one that has a place, if it has one; else the
 * newest. */
static note *note_for(const pair *of, const void *place) {
  note *found;
  LL_SEARCH_SCALAR(of->notes, found, place, place);
  if (!found && place) LL_FOREACH(of->notes, found) if (found->place) break;
  return found ? found : of->notes;
}

bool xlgc__ledger_drop(xlgc__ledger *ledger, xlgc_id source, xlgc_id target, const void *place, xlgc__entry *other) {
  pair *of = find_pair(ledger, source, target);
  if (!of) return false;
  note *one = note_for(of, place);
  const spot *at = place ? find_spot(ledger, place) : NULL;
  bool wrong = place && one->place != place && !ledger->has_gaps;
  if (wrong) *other = entry_of(at ? at->newest : one);
  remove_note(ledger, one);
  release_if_unused(ledger, of);
  return wrong;
}

void xlgc__ledger_forget_place(xlgc__ledger *ledger, const void *place) {
  spot *at = find_spot(ledger, place);
  if (at) remove_spot(ledger, at);
}

static void end_pair(xlgc__ledger *ledger, pair *of) {
  while (of->notes)
    remove_note(ledger, of->notes);
  release_if_unused(ledger, of);
}

void xlgc__ledger_end(xlgc__ledger *ledger, xlgc_id object) {
  for (holder *source; (source = find_holder(ledger, object)) != NULL;)
    end_pair(ledger, source->pairs);
  pair *pins = find_pair(ledger, XLGC_ID_NONE, object);
  if (pins) end_pair(ledger, pins);
}

/* ----------------------------------------------------------- destructors */

void xlgc__ledger_begin_ending(xlgc__ledger *ledger, const void *address, xlgc_id object) {
  ending *begun = xlgc__memory_allocate(ledger->memory, sizeof *begun);
  if (begun) {
    *begun = (ending){.address = address, .object = object};
    HASH_ADD(hh, ledger->endings, address, sizeof begun->address, begun);
  }
  if (begun && !begun->failed) return;
  xlgc__memory_release(ledger->memory, begun, sizeof *begun);
  ledger->has_gaps = true;
}

/* Looks for the note of a place among the first pairs of its object, where that of an object with few pointers is. */
static note *find_nearby(const xlgc__ledger *ledger, xlgc_id object, const void *place) {
  enum { NEARBY = 8 };
  const holder *source = find_holder(ledger, object);
  const pair *of = source ? source->pairs : NULL;
  for (unsigned i = 0; of && i < NEARBY; i++, of = of->next)
    if (of->notes->place == place) return of->notes;
  return NULL;
}

/* Removes the notes of a place, if there are any. One may be of a target whose drop is yet to be reported: a round has
 * taken the object's life between the two. */
static bool remove_nearby(xlgc__ledger *ledger, xlgc_id object, const void *place) {
  bool is = false;
  for (note *nearby; (nearby = find_nearby(ledger, object, place)) != NULL; is = true) {
    pair *between = nearby->of;
    remove_note(ledger, nearby);
    release_if_unused(ledger, between);
  }
  return is;
}

void xlgc__ledger_pointer_ends(xlgc__ledger *ledger, const void *address, const void *place) {
  ending *of = find_ending(ledger, address);
  if (!of) return;
  if (remove_nearby(ledger, of->object, place)) return;
  ended *one = xlgc__memory_allocate(ledger->memory, sizeof *one);
  if (one) {
    one->place = place;
    one->is_known = false;
    HASH_ADD(hh, of->places, place, sizeof one->place, one);
  }
  if (one && !one->failed) return;
  xlgc__memory_release(ledger->memory, one, sizeof *one);
  of->more++;
}

/* Takes out the entries of a pair whose places are among those that have ended. */
static void match(xlgc__ledger *ledger, ending *ends, pair *of) {
  for (note *one = of->notes, *next; one; one = next) {
    next = one->next;
    ended *there;
    HASH_FIND(hh, ends->places, &one->place, sizeof one->place, there);
    if (!there) continue;
    there->is_known = true;
    remove_note(ledger, one);
  }
}

/* The pointers that have ended, and of which it is not known when they were reported. */
static size_t release_ending(xlgc__ledger *ledger, ending *gone) {
  size_t count = gone->more;
  ended *one, *next;
  HASH_ITER(hh, gone->places, one, next) {
    count += !one->is_known;
    HASH_DELETE(hh, gone->places, one);
    xlgc__memory_release(ledger->memory, one, sizeof *one);
  }
  HASH_DELETE(hh, ledger->endings, gone);
  xlgc__memory_release(ledger->memory, gone, sizeof *gone);
  return count;
}

static bool is_ref(const note *one) { return one->place && !one->is_pointer; }

size_t xlgc__ledger_end_ending(xlgc__ledger *ledger, const void *address, xlgc__entry *out) {
  ending *ends = find_ending(ledger, address);
  if (!ends) return 0;
  xlgc_id object = ends->object;
  holder *source = find_holder(ledger, object);
  for (pair *of = source ? source->pairs : NULL, *next; of; of = next) {
    next = of->next;
    match(ledger, ends, of);
    release_if_unused(ledger, of);
  }
  size_t left = 0, moved = release_ending(ledger, ends);
  source = find_holder(ledger, object);
  for (const pair *of = source ? source->pairs : NULL; of; of = of->next)
    for (const note *one = of->notes; one; one = one->next)
      if (is_ref(one)) {
        *out = entry_of(one);
        left++;
      }
  return left > moved && !ledger->has_gaps ? left - moved : 0;
}

void xlgc__ledger_destroy(xlgc__ledger *ledger) {
  pair *of, *next;
  HASH_ITER(hh, ledger->pairs, of, next) { end_pair(ledger, of); }
  while (ledger->endings)
    release_ending(ledger, ledger->endings);
  while (ledger->names) {
    struct xlgc__name *gone = ledger->names;
    ledger->names = gone->next;
    xlgc__memory_release(ledger->memory, gone, sizeof *gone);
  }
}
