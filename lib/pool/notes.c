#include <config.h>

#include "pool/notes.h"

#include <string.h>

enum { FRAMES = 4 };

typedef struct note {
  xlgc_id object;
  void *frames[FRAMES]; /* return addresses, the last call first; up to a NULL */
  char *words;          /* or NULL */
  size_t words_bytes;
  size_t bytes; /* that are said to go with the object */
  xlgc__tree_node by_slot;
} note;

static uint64_t slot_of(xlgc_id object) { return (uint32_t)object; }

void xlgc__notes_init(xlgc__notes *notes, unsigned every, xlgc__memory *memory, xlgc__mutex *lock) {
  *notes = (xlgc__notes){.memory = memory, .lock = lock, .every = every, .random = UINT64_C(0x853C49E6748FEA9B)};
}

void xlgc__notes_destroy(xlgc__notes *notes) {
  while (notes->by_slot.top) {
    note *note = xlgc__tree_record(notes->by_slot.top, offsetof(struct note, by_slot));
    xlgc__tree_remove(&notes->by_slot, &note->by_slot);
    xlgc__memory_release(notes->memory, note->words, note->words_bytes);
    xlgc__memory_release(notes->memory, note, sizeof *note);
  }
}

/* xorshift64*, Vigna 2016: its upper half. */
static uint32_t draw_number(xlgc__notes *notes) {
  uint64_t x = notes->random;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  notes->random = x;
  return (uint32_t)((x * UINT64_C(0x2545F4914F6CDD1D)) >> 32);
}

bool xlgc__notes_draw(xlgc__notes *notes) {
  unsigned every = atomic_load_explicit(&notes->every, memory_order_relaxed);
  return every && draw_number(notes) % every == 0;
}

/* ------------------------------------------------------------------ notes */

static note *find(const xlgc__notes *notes, xlgc_id object) {
  return xlgc__tree_record(xlgc__tree_find(&notes->by_slot, slot_of(object)), offsetof(note, by_slot));
}

static void forget_site(xlgc__notes *notes, note *note) {
  xlgc__memory_release(notes->memory, note->words, note->words_bytes);
  note->words = NULL;
  note->words_bytes = 0;
  memset(note->frames, 0, sizeof note->frames);
}

/* The note of an object, in the place of one that had its slot before; NULL: no memory. Lock taken. */
static note *find_or_make(xlgc__notes *notes, xlgc_id object) {
  note *note = find(notes, object);
  if (!note) {
    note = xlgc__memory_allocate(notes->memory, sizeof *note);
    if (!note) return NULL;
    xlgc__tree_add(&notes->by_slot, slot_of(object), &note->by_slot);
    atomic_fetch_add_explicit(&notes->known, 1, memory_order_relaxed);
  }
  if (note->object != object) {
    forget_site(notes, note);
    note->bytes = 0;
  }
  note->object = object;
  return note;
}

/* The calls from `caller` on, without those inside of this library. */
static void list_callers(void *caller, void **frames) {
  enum { INSIDE = 8 };
  void *all[FRAMES + INSIDE];
  unsigned count = xlgc__platform_calls(all, FRAMES + INSIDE), first = 0, listed = 0;
  while (first < count && all[first] != caller)
    first++;
  if (first == count) frames[listed++] = caller;
  while (first < count && listed < FRAMES)
    frames[listed++] = all[first++];
}

void xlgc__notes_site(xlgc__notes *notes, xlgc_id object, void *caller) {
  void *frames[FRAMES] = {NULL};
  list_callers(caller, frames);
  xlgc__mutex_lock(notes->lock);
  note *note = find_or_make(notes, object);
  if (note) forget_site(notes, note);
  if (note) memcpy(note->frames, frames, sizeof frames);
  xlgc__mutex_unlock(notes->lock);
}

int xlgc__notes_say(xlgc__notes *notes, xlgc_id object, const char *words) {
  size_t size_bytes = strlen(words) + 1;
  char *copy = xlgc__memory_allocate_untouched(notes->memory, size_bytes);
  if (!copy) return XLGC_E_NOMEM;
  for (size_t i = 0; i < size_bytes; i++)
    copy[i] = words[i] && ((unsigned char)words[i] < ' ' || words[i] == 0x7f) ? '?' : words[i];
  xlgc__mutex_lock(notes->lock);
  note *note = find_or_make(notes, object);
  if (note) {
    forget_site(notes, note);
    note->words = copy;
    note->words_bytes = size_bytes;
  }
  xlgc__mutex_unlock(notes->lock);
  if (note) return 0;
  xlgc__memory_release(notes->memory, copy, size_bytes);
  return XLGC_E_NOMEM;
}

int xlgc__notes_weigh(xlgc__notes *notes, xlgc_id object, size_t bytes) {
  xlgc__mutex_lock(notes->lock);
  note *note = find_or_make(notes, object);
  if (note) note->bytes = bytes;
  xlgc__mutex_unlock(notes->lock);
  return note ? 0 : XLGC_E_NOMEM;
}

size_t xlgc__notes_bytes(const xlgc__notes *notes, xlgc_id object) {
  if (!atomic_load_explicit(&notes->known, memory_order_relaxed)) return 0;
  const note *found = find(notes, object);
  return found && found->object == object ? found->bytes : 0;
}

/* ------------------------------------------------------------------- text */

static void put_frames(void *const *frames, xlgc__text *text) {
  for (unsigned i = 0; i < FRAMES && frames[i]; i++) {
    char place[160];
    xlgc__platform_place(frames[i], place, sizeof place);
    xlgc__text_put(text, "%s%s", i ? " < " : "made by ", place);
  }
}

void xlgc__notes_put(xlgc__notes *notes, xlgc_id object, const char *before, xlgc__text *text) {
  if (!atomic_load_explicit(&notes->known, memory_order_relaxed)) return;
  xlgc__mutex_lock(notes->lock);
  const note *found = find(notes, object);
  const note copy = found && found->object == object ? *found : (note){0};
  if (copy.words) xlgc__text_put(text, "%s%s", before, copy.words);
  xlgc__mutex_unlock(notes->lock);
  if (!copy.frames[0]) return;
  xlgc__text_put(text, "%s", before);
  put_frames(copy.frames, text);
}
