/* The parts of the demo `git`: what they share. Each function ends the program with a sentence when it cannot go on. */
#ifndef GIT_DEMO_H
#define GIT_DEMO_H

#include <git2.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include <xlgc.h>

#include "git_tools.h"

/* Object ids are hashes already. */
#define HASH_FUNCTION(key, length, hash) memcpy(&(hash), (key), sizeof(hash))
#define uthash_fatal(text) fail(EXIT_FAILURE, "%s", text)
#include <uthash.h>

enum fate { ALIVE, UNREACHABLE_BEFORE, GARBAGE };

/* What reaches an object: the reference of that number, or none seen so far, or several. */
enum { NOBODY = -1, SEVERAL = -2 };

/* One git object. */
struct entry {
  git_oid oid;
  uint8_t type; /* git_object_t */
  uint8_t fate; /* enum fate */
  bool held;    /* something links to it */
  bool fixed;   /* a root other than a reference holds it */
  bool cut;     /* a commit whose parents are not those that it names: grafted, or the end of a shallow history */
  bool waiting; /* in the work list of paint() */
  bool listed;  /* git fsck calls it unreachable */
  int owner;
  size_t size_bytes;
  xlgc_id id;
  struct entry *next; /* in that list */
  UT_hash_handle hh;
};

struct chunk; /* of entries */

/* A reference that names an object itself. A symbolic one is but another name, and holds nothing. */
struct reference {
  char *name;
  struct entry *target; /* NULL when it is missing */
  bool headed;          /* a HEAD names it */
  bool dropped;
};

/* A link to what the store does not have. */
struct missing {
  const struct entry *holder; /* NULL: `root` */
  const char *root;
  git_oid oid;
};

struct tally {
  uint64_t of_type[GIT_OBJECT_TAG + 1];
  uint64_t count, size_bytes;
};

struct demo {
  git_repository *repository;
  git_odb *store;
  xlgc_pool *pool;
  xlgc_context *context;
  xlgc_kind kind;
  struct entry *entries; /* by oid; also a list, in the order of the store */
  struct chunk *chunks;
  struct reference *references;
  size_t reference_count, reference_room;
  git_oid *heads;
  size_t head_count, head_room;
  struct missing *missing;
  size_t missing_count, missing_room;
  enum fate phase; /* what an orphan of now is */
  struct tally tally[GARBAGE + 1];
  uint64_t listed, strangers; /* lines of git fsck, and those that name no entry */
  uint64_t late_errors;
};

/* git_load.c: the repository becomes a pool. */

void open_repository(struct demo *demo, const char *path);
/* Creates the pool: all objects of the store with their links, and the roots. */
void load_repository(struct demo *demo, int setting);
void forget_repository(struct demo *demo);
/* Flushes the pool; the orphans are told to be of this fate. */
void settle(struct demo *demo, enum fate phase);
/* The object of that id, or NULL. */
struct entry *find_entry(struct demo *demo, const git_oid *oid);
/* The reference of that full name, or NULL. */
struct reference *find_reference(struct demo *demo, const char *name);
/* Pins what a root that is no reference names. root: its name, for reports. */
void hold_fixed(struct demo *demo, const git_oid *oid, const char *root);
/* The path of something in the repository, to be freed. below: what to put behind it, may be "". */
char *repository_path(const struct demo *demo, git_repository_item_t item, const char *below);

/* git_index.c: pins what the index names. */

void load_index(struct demo *demo);

/* git_fsck.c: the comparison. */

/* Returns how many unreachable objects the pool and git fsck agree on; ends the program when they differ. */
uint64_t compare_with_fsck(struct demo *demo);

#endif
