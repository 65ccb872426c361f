/* The index of the worktree, read once more: libgit2 keeps to itself the trees that the index has cached, which
 * git fsck counts too. */
#define _GNU_SOURCE 1

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "git_demo.h"

struct cursor {
  const unsigned char *at, *end;
};

/* The next bytes, which the cursor moves behind; NULL when there are not so many. */
static const unsigned char *take(struct cursor *cursor, size_t size_bytes) {
  const unsigned char *at = cursor->at;
  if ((size_t)(cursor->end - at) < size_bytes) return NULL;
  cursor->at += size_bytes;
  return at;
}

static const unsigned char *take_string(struct cursor *cursor, char end) {
  const unsigned char *found = memchr(cursor->at, end, (size_t)(cursor->end - cursor->at));
  return found ? take(cursor, (size_t)(found - cursor->at) + 1) : NULL;
}

static uint32_t big_endian(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool take_oid(struct demo *demo, struct cursor *cursor) {
  const unsigned char *raw = take(cursor, GIT_OID_RAWSZ);
  git_oid oid;
  if (!raw) return false;
  git_oid_fromraw(&oid, raw);
  hold_fixed(demo, &oid, "the index");
  return true;
}

static bool hold_index_entry(struct demo *demo, struct cursor *cursor, uint32_t version) {
  enum { MODE = 24, OID = 40, FLAGS = 60, FIXED = 62, EXTENDED = 0x40, ALIGNMENT = 8 };
  const unsigned char *entry = take(cursor, FIXED);
  if (!entry) return false;
  struct cursor oid = {entry + OID, entry + FLAGS};
  if ((big_endian(entry + MODE) & S_IFMT) != GIT_FILEMODE_COMMIT) take_oid(demo, &oid);
  if (entry[FLAGS] & EXTENDED && !take(cursor, 2)) return false;
  if (version == 4) { /* how much of the last name to take off, then what to put on */
    const unsigned char *byte;
    do {
      if (!(byte = take(cursor, 1))) return false;
    } while (*byte & 0x80);
    return take_string(cursor, 0) != NULL;
  }
  if (!take_string(cursor, 0)) return false;
  size_t over = (size_t)(cursor->at - entry) % ALIGNMENT;
  return !over || take(cursor, ALIGNMENT - over) != NULL;
}

/* TREE: for each directory its name, "ENTRIES SUBTREES", and the tree's id, unless it is out of date. */
static bool hold_cached_trees(struct demo *demo, struct cursor cursor) {
  while (cursor.at < cursor.end) {
    const unsigned char *counts = take_string(&cursor, 0) ? cursor.at : NULL;
    if (!counts || !take_string(&cursor, '\n') || (*counts != '-' && !take_oid(demo, &cursor))) return false;
  }
  return true;
}

/* REUC: for each conflict that was resolved its name, three modes, and the id of each that is not 0. */
static bool hold_resolved(struct demo *demo, struct cursor cursor) {
  while (cursor.at < cursor.end) {
    int ids = 0;
    bool whole = take_string(&cursor, 0) != NULL;
    for (int stage = 0; whole && stage < 3; stage++) {
      const char *mode = (const char *)cursor.at;
      whole = take_string(&cursor, 0) != NULL;
      ids += whole && strtoul(mode, NULL, 8) != 0;
    }
    while (whole && ids-- > 0)
      whole = take_oid(demo, &cursor);
    if (!whole) return false;
  }
  return true;
}

static bool hold_index(struct demo *demo, struct cursor cursor) {
  enum { VERSION = 4, ENTRIES = 8, HEADER = 12, SIZE = 4, EXTENSION = 8 };
  const unsigned char *header = take(&cursor, HEADER);
  if (!header || memcmp(header, "DIRC", 4) || cursor.end - cursor.at < GIT_OID_RAWSZ) return false;
  uint32_t version = big_endian(header + VERSION);
  if (version < 2 || version > 4) fail(EXIT_FAILURE, "the index has version %" PRIu32 "; known are 2 to 4", version);
  cursor.end -= GIT_OID_RAWSZ; /* the checksum */
  for (uint32_t i = big_endian(header + ENTRIES); i; i--)
    if (!hold_index_entry(demo, &cursor, version)) return false;
  while (cursor.at < cursor.end) {
    const unsigned char *extension = take(&cursor, EXTENSION);
    const unsigned char *content = extension ? take(&cursor, big_endian(extension + SIZE)) : NULL;
    if (!content) return false;
    struct cursor inside = {content, cursor.at};
    if (!memcmp(extension, "link", 4))
      fail(EXIT_FAILURE, "the index is split in two files; join them: git update-index --no-split-index");
    if ((!memcmp(extension, "TREE", 4) && !hold_cached_trees(demo, inside)) ||
        (!memcmp(extension, "REUC", 4) && !hold_resolved(demo, inside)))
      return false;
  }
  return true;
}

void load_index(struct demo *demo) {
  git_buf path = {0};
  size_t size_bytes;
  must_git(git_repository_item_path(&path, demo->repository, GIT_REPOSITORY_ITEM_INDEX), "find", "the index");
  char *bytes = read_file(path.ptr, &size_bytes);
  const unsigned char *start = (const unsigned char *)bytes;
  if (bytes && !hold_index(demo, (struct cursor){start, start + size_bytes}))
    fail(EXIT_FAILURE, "%s is damaged; run git fsck", path.ptr);
  free(bytes);
  git_buf_dispose(&path);
}
