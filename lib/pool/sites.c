#include <config.h>

#include "pool/sites.h"

#include <string.h>

enum { FRAMES = 4 };

typedef struct site {
  xlgc_id object;
  void *frames[FRAMES]; /* return addresses, the last call first; up to a NULL */
  char *words;          /* or NULL */
  size_t words_bytes;
  xlgc__tree_node by_slot;
} site;

static uint64_t slot_of(xlgc_id object) { return (uint32_t)object; }

void xlgc__sites_init(xlgc__sites *sites, unsigned every, xlgc__memory *memory, xlgc__mutex *lock) {
  *sites = (xlgc__sites){.memory = memory, .lock = lock, .every = every, .random = UINT64_C(0x853C49E6748FEA9B)};
}

static void forget_words(xlgc__sites *sites, site *site) {
  xlgc__memory_release(sites->memory, site->words, site->words_bytes);
  site->words = NULL;
  site->words_bytes = 0;
}

void xlgc__sites_destroy(xlgc__sites *sites) {
  while (sites->by_slot.top) {
    site *site = xlgc__tree_record(sites->by_slot.top, offsetof(struct site, by_slot));
    xlgc__tree_remove(&sites->by_slot, &site->by_slot);
    forget_words(sites, site);
    xlgc__memory_release(sites->memory, site, sizeof *site);
  }
}

/* xorshift64*, Vigna 2016: its upper half. */
static uint32_t draw_number(xlgc__sites *sites) {
  uint64_t x = sites->random;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  sites->random = x;
  return (uint32_t)((x * UINT64_C(0x2545F4914F6CDD1D)) >> 32);
}

bool xlgc__sites_draw(xlgc__sites *sites) {
  unsigned every = atomic_load_explicit(&sites->every, memory_order_relaxed);
  return every && draw_number(sites) % every == 0;
}

/* ------------------------------------------------------------------ notes */

static site *find(const xlgc__sites *sites, xlgc_id object) {
  return xlgc__tree_record(xlgc__tree_find(&sites->by_slot, slot_of(object)), offsetof(site, by_slot));
}

/* The site of an object, in the place of one that had its slot before; NULL: no memory. Lock taken. */
static site *renew(xlgc__sites *sites, xlgc_id object) {
  site *site = find(sites, object);
  if (!site) {
    site = xlgc__memory_allocate(sites->memory, sizeof *site);
    if (!site) return NULL;
    xlgc__tree_add(&sites->by_slot, slot_of(object), &site->by_slot);
    atomic_fetch_add_explicit(&sites->known, 1, memory_order_relaxed);
  }
  forget_words(sites, site);
  memset(site->frames, 0, sizeof site->frames);
  site->object = object;
  return site;
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

void xlgc__sites_note(xlgc__sites *sites, xlgc_id object, void *caller) {
  void *frames[FRAMES] = {NULL};
  list_callers(caller, frames);
  xlgc__mutex_lock(sites->lock);
  site *site = renew(sites, object);
  if (site) memcpy(site->frames, frames, sizeof frames);
  xlgc__mutex_unlock(sites->lock);
}

int xlgc__sites_say(xlgc__sites *sites, xlgc_id object, const char *words) {
  size_t size_bytes = strlen(words) + 1;
  char *copy = xlgc__memory_allocate_untouched(sites->memory, size_bytes);
  if (!copy) return XLGC_E_NOMEM;
  for (size_t i = 0; i < size_bytes; i++)
    copy[i] = words[i] && ((unsigned char)words[i] < ' ' || words[i] == 0x7f) ? '?' : words[i];
  xlgc__mutex_lock(sites->lock);
  site *site = renew(sites, object);
  if (site) {
    site->words = copy;
    site->words_bytes = size_bytes;
  }
  xlgc__mutex_unlock(sites->lock);
  if (site) return 0;
  xlgc__memory_release(sites->memory, copy, size_bytes);
  return XLGC_E_NOMEM;
}

/* ------------------------------------------------------------------- text */

static void put_frames(void *const *frames, xlgc__text *text) {
  for (unsigned i = 0; i < FRAMES && frames[i]; i++) {
    char place[160];
    xlgc__platform_place(frames[i], place, sizeof place);
    xlgc__text_put(text, "%s%s", i ? " < " : "made by ", place);
  }
}

void xlgc__sites_put(xlgc__sites *sites, xlgc_id object, const char *before, xlgc__text *text) {
  if (!atomic_load_explicit(&sites->known, memory_order_relaxed)) return;
  xlgc__mutex_lock(sites->lock);
  const site *found = find(sites, object);
  const site copy = found && found->object == object ? *found : (site){0};
  if (copy.words) xlgc__text_put(text, "%s%s", before, copy.words);
  xlgc__mutex_unlock(sites->lock);
  if (!copy.frames[0]) return;
  xlgc__text_put(text, "%s", before);
  put_frames(copy.frames, text);
}
