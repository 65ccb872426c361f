/* What the row `intern` asks of each way to hash-cons strings, xlgc's and its peers', so that one loop drives them all
 * and checks them all. All are given the same keys and the same hash of them. */
#ifndef INTERN_H
#define INTERN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { INTERN_KEY_MIN = 8, INTERN_KEY_MAX = 24 };

typedef struct intern_key {
  uint32_t bytes;
  char data[INTERN_KEY_MAX];
} intern_key;

/* By words of 8, the last of which may overlap the one before. */
static inline uint32_t intern_hash(const intern_key *key) {
  uint64_t hash = key->bytes, word;
  for (uint32_t at = 0; at + sizeof word < key->bytes; at += sizeof word) {
    memcpy(&word, key->data + at, sizeof word);
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 32;
  }
  memcpy(&word, key->data + key->bytes - sizeof word, sizeof word);
  hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
  return (uint32_t)(hash >> 32);
}

/* A table whose objects live as long as somebody holds them. There may be one at a time. */
typedef struct interner {
  const char *name;
  void (*create)(void);
  /* The one object with this key, held for the caller: an id or an address. */
  uint64_t (*intern)(const intern_key *key);
  void (*let_go)(uint64_t object);
  /* Objects in held[0] to held[n - 1] are held as long as they stand there; `release` undoes it. NULL: they are anyway. */
  void (*hold)(uint64_t *held, size_t n);
  void (*release)(uint64_t *held, size_t n);
  /* Finds the garbage. */
  void (*flush)(void);
  /* Has also what may be put off done: from here on only living keys are in the table. NULL: flush has. */
  void (*finish)(void);
  uint64_t (*entries)(void); /* in the table, dead ones included */
  uint64_t slack;            /* how many of them may be dead after `finish` */
  uint64_t (*bytes)(void);   /* memory in use */
  void (*destroy)(void);     /* nothing is held any more */
} interner;

/* What malloc has given out, its own headers included. */
uint64_t intern_malloc_bytes(void);

extern const interner peer_finalizer, peer_disclaim;

#endif
