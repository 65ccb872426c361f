#include <config.h>

#include "table/children.h"

#include <string.h>

enum { FIRST_BLOCKS = 8 };

static xlgc__child_block *block_of(const xlgc__children *children, uint32_t index) {
  uint32_t number = index >> XLGC__CHILD_BLOCK_BITS;
  return number < children->capacity ? children->blocks[number] : NULL;
}

/* NULL: the object is no child, and has none. */
static const xlgc__child *find(const xlgc__children *children, uint32_t index) {
  return block_of(children, index) ? xlgc__children_at(children, index) : NULL;
}

/* The parent in whose treap the object is, also one that has ended; 0: there is none. */
static uint32_t named_parent(const xlgc__children *children, const xlgc__objects *objects, uint32_t child) {
  const xlgc__child *record = find(children, child);
  if (!record || !record->parent) return 0;
  return xlgc__object_find(objects, (uint64_t)record->generation << 32 | record->parent);
}

static bool is_used(const xlgc__child *record) { return record->parent || record->top; }

/* ------------------------------------------------------------------ blocks */

static int ensure_directory(xlgc__children *children, uint32_t number) {
  uint32_t capacity = children->capacity ? children->capacity : FIRST_BLOCKS;
  while (capacity <= number)
    capacity *= 2;
  if (capacity == children->capacity) return 0;
  xlgc__child_block **blocks = xlgc__memory_allocate(children->memory, capacity * sizeof *blocks);
  if (!blocks) return XLGC_E_NOMEM;
  if (children->capacity) memcpy(blocks, children->blocks, children->capacity * sizeof *blocks);
  xlgc__memory_release(children->memory, children->blocks, children->capacity * sizeof *blocks);
  children->blocks = blocks;
  children->capacity = capacity;
  return 0;
}

static int prepare(xlgc__children *children, uint32_t index) {
  uint32_t number = index >> XLGC__CHILD_BLOCK_BITS;
  int failed = ensure_directory(children, number);
  if (failed || children->blocks[number]) return failed;
  xlgc__child_block *block = children->spare;
  if (!block) block = xlgc__memory_allocate(children->memory, sizeof *block);
  if (!block) return XLGC_E_NOMEM;
  children->spare = NULL;
  children->blocks[number] = block;
  return 0;
}

/* Gives a block back that is not used. */
static void unprepare(xlgc__children *children, uint32_t index) {
  xlgc__child_block *block = block_of(children, index);
  if (!block || block->used) return;
  children->blocks[index >> XLGC__CHILD_BLOCK_BITS] = NULL;
  if (children->spare)
    xlgc__memory_release(children->memory, block, sizeof *block);
  else
    children->spare = block;
}

int xlgc__children_prepare(xlgc__children *children, uint32_t parent, uint32_t child) {
  int failed = prepare(children, parent);
  if (!failed) failed = prepare(children, child);
  if (failed) xlgc__children_unprepare(children, parent, child);
  return failed;
}

void xlgc__children_unprepare(xlgc__children *children, uint32_t parent, uint32_t child) {
  unprepare(children, parent);
  unprepare(children, child);
}

void xlgc__children_destroy(xlgc__children *children) {
  for (uint32_t number = 0; number < children->capacity; number++)
    if (children->blocks[number])
      xlgc__memory_release(children->memory, children->blocks[number], sizeof(xlgc__child_block));
  if (children->spare) xlgc__memory_release(children->memory, children->spare, sizeof(xlgc__child_block));
  if (children->blocks)
    xlgc__memory_release(children->memory, children->blocks, children->capacity * sizeof *children->blocks);
}

/* A record begins to be used, or is not any more. */
static void note_use(xlgc__children *children, uint32_t index, bool was_used) {
  bool used = is_used(xlgc__children_at(children, index));
  xlgc__child_block *block = block_of(children, index);
  block->used += (uint32_t)used - (uint32_t)was_used;
  unprepare(children, index);
}

/* ------------------------------------------------------------------- treap */

/* The finalizer of MurmurHash3: bijective, so no two priorities are equal. Slots in sequence get some that are not in
 * any. */
static uint32_t priority(uint32_t index) {
  index ^= index >> 16;
  index *= UINT32_C(0x85EBCA6B);
  index ^= index >> 13;
  index *= UINT32_C(0xC2B2AE35);
  return index ^ index >> 16;
}

static uint32_t count_at(const xlgc__children *children, uint32_t node) {
  return node ? xlgc__children_at(children, node)->count : 0;
}

/* What names the node: its parent's top, or a child of the node above. */
static uint32_t *name_of(const xlgc__children *children, uint32_t node) {
  const xlgc__child *record = xlgc__children_at(children, node);
  if (!record->up) return &xlgc__children_at(children, record->parent)->top;
  xlgc__child *above = xlgc__children_at(children, record->up);
  return above->left == node ? &above->left : &above->right;
}

/* A node changes places with the one above it, which becomes its left or right one. */
static void rotate_up(xlgc__children *children, uint32_t node) {
  xlgc__child *record = xlgc__children_at(children, node);
  uint32_t above = record->up;
  xlgc__child *lowered = xlgc__children_at(children, above);
  bool is_left = lowered->left == node;
  uint32_t between = is_left ? record->right : record->left;
  *name_of(children, above) = node;
  record->up = lowered->up;
  record->count = lowered->count;
  lowered->up = node;
  *(is_left ? &lowered->left : &lowered->right) = between;
  *(is_left ? &record->right : &record->left) = above;
  if (between) xlgc__children_at(children, between)->up = above;
  lowered->count = 1 + count_at(children, lowered->left) + count_at(children, lowered->right);
}

/* The first node at or below one, or the last. */
static uint32_t outermost(const xlgc__children *children, uint32_t node, bool last) {
  for (uint32_t next;
       (next = last ? xlgc__children_at(children, node)->right : xlgc__children_at(children, node)->left) != 0;)
    node = next;
  return node;
}

static void count_up(xlgc__children *children, uint32_t node, uint32_t more) {
  for (; node; node = xlgc__children_at(children, node)->up)
    xlgc__children_at(children, node)->count += more;
}

static uint32_t higher(uint32_t one, uint32_t other) {
  if (!one || !other) return one ? one : other;
  return priority(one) > priority(other) ? one : other;
}

/* Out of the treap of a parent that is there. */
static void take_out(xlgc__children *children, uint32_t child) {
  xlgc__child *record = xlgc__children_at(children, child);
  for (uint32_t next; (next = higher(record->left, record->right)) != 0;)
    rotate_up(children, next);
  count_up(children, record->up, UINT32_MAX);
  *name_of(children, child) = 0;
}

/* Takes a child that has one out from under its parent, which is returned; 0: that is gone. */
static uint32_t detach(xlgc__children *children, const xlgc__objects *objects, uint32_t child) {
  uint32_t parent = named_parent(children, objects, child);
  if (parent) take_out(children, child);
  xlgc__child *record = xlgc__children_at(children, child);
  *record = (xlgc__child){.top = record->top};
  return parent;
}

static void put_in(xlgc__children *children, uint32_t parent, uint32_t before, uint32_t child) {
  xlgc__child *record = xlgc__children_at(children, child), *over = xlgc__children_at(children, parent);
  record->parent = parent;
  if (!over->top) {
    over->top = child;
  } else if (before && !xlgc__children_at(children, before)->left) {
    record->up = before;
    xlgc__children_at(children, before)->left = child;
  } else {
    record->up = outermost(children, before ? xlgc__children_at(children, before)->left : over->top, true);
    xlgc__children_at(children, record->up)->right = child;
  }
  count_up(children, child, 1);
  while (record->up && priority(record->up) < priority(child))
    rotate_up(children, child);
}

void xlgc__children_insert(xlgc__children *children, const xlgc__objects *objects, uint32_t parent, uint32_t before,
                           uint32_t child) {
  bool child_was = is_used(xlgc__children_at(children, child)),
       parent_was = is_used(xlgc__children_at(children, parent));
  uint32_t old = detach(children, objects, child);
  put_in(children, parent, before, child);
  xlgc__children_at(children, child)->generation =
      xlgc__object_generation(xlgc__object_at(objects, parent)) & XLGC__GENERATION_MAX;
  note_use(children, child, child_was);
  note_use(children, parent, parent_was);
  if (old && old != parent) note_use(children, old, true);
}

void xlgc__children_remove(xlgc__children *children, const xlgc__objects *objects, uint32_t child) {
  const xlgc__child *found = find(children, child);
  if (!found || !found->parent) return;
  uint32_t parent = detach(children, objects, child);
  note_use(children, child, true);
  if (parent) note_use(children, parent, true);
}

void xlgc__children_set_tag(xlgc__children *children, uint32_t child, unsigned tag) {
  xlgc__children_at(children, child)->tag = tag & XLGC_TAG_MAX;
}

void xlgc__children_forget(xlgc__children *children, const xlgc__objects *objects, uint32_t index) {
  const xlgc__child *found = find(children, index);
  if (!found || !is_used(found)) return;
  xlgc__children_remove(children, objects, index);
  found = find(children, index);
  if (!found || !found->top) return;
  xlgc__children_at(children, index)->top = 0;
  note_use(children, index, true);
}

/* ----------------------------------------------------------------- reading */

uint32_t xlgc__children_parent(const xlgc__children *children, const xlgc__objects *objects, uint32_t child) {
  uint32_t parent = named_parent(children, objects, child);
  return parent && !xlgc__object_has_ended(xlgc__object_at(objects, parent)) ? parent : 0;
}

unsigned xlgc__children_tag(const xlgc__children *children, uint32_t child) {
  const xlgc__child *record = find(children, child);
  return record ? record->tag : 0;
}

uint32_t xlgc__children_count(const xlgc__children *children, uint32_t parent) {
  const xlgc__child *record = find(children, parent);
  return record ? count_at(children, record->top) : 0;
}

uint32_t xlgc__children_nth(const xlgc__children *children, uint32_t parent, uint32_t position) {
  if (position >= xlgc__children_count(children, parent)) return 0;
  for (uint32_t node = xlgc__children_at(children, parent)->top;;) {
    const xlgc__child *record = xlgc__children_at(children, node);
    uint32_t before = count_at(children, record->left);
    if (position == before) return node;
    node = position < before ? record->left : record->right;
    if (position > before) position -= before + 1;
  }
}

uint32_t xlgc__children_neighbour(const xlgc__children *children, uint32_t child, bool behind) {
  const xlgc__child *record = xlgc__children_at(children, child);
  uint32_t below = behind ? record->right : record->left;
  if (below) return outermost(children, below, !behind);
  for (uint32_t above; (above = record->up) != 0; child = above) {
    record = xlgc__children_at(children, above);
    if ((behind ? record->left : record->right) == child) return above;
  }
  return 0;
}

uint32_t xlgc__children_position(const xlgc__children *children, uint32_t child) {
  const xlgc__child *record = xlgc__children_at(children, child);
  uint32_t position = count_at(children, record->left);
  for (uint32_t above; (above = record->up) != 0; child = above) {
    record = xlgc__children_at(children, above);
    if (record->right == child) position += 1 + count_at(children, record->left);
  }
  return position;
}

/* ---------------------------------------------------------------- checking */

static bool is_below(const xlgc__children *children, uint32_t node, uint32_t below) {
  if (!below) return true;
  const xlgc__child *record = find(children, below), *above = xlgc__children_at(children, node);
  return record && record->up == node && record->parent == above->parent && record->generation == above->generation;
}

static const char *check_node(const xlgc__children *children, uint32_t node) {
  const xlgc__child *record = xlgc__children_at(children, node);
  if (!is_below(children, node, record->left) || !is_below(children, node, record->right)) return "O1";
  if (!find(children, record->parent) || (record->up && !find(children, record->up)) ||
      *name_of(children, node) != node)
    return "O1";
  if (record->up && priority(record->up) < priority(node)) return "O2";
  return record->count == 1 + count_at(children, record->left) + count_at(children, record->right) ? NULL : "O3";
}

static const char *check_record(const xlgc__children *children, const xlgc__objects *objects, uint32_t index) {
  const xlgc__object *object = xlgc__segments_find(&objects->records, index);
  const xlgc__child *record = xlgc__children_at(children, index),
                    *first = record->top ? find(children, record->top) : NULL;
  if (!object || !(object->flags & XLGC__LIVE)) return "O4";
  if (record->top && (!first || first->up || named_parent(children, objects, record->top) != index)) return "O1";
  return named_parent(children, objects, index) ? check_node(children, index) : NULL;
}

uint32_t xlgc__children_verify(const xlgc__children *children, const xlgc__objects *objects, const char **tag) {
  static const xlgc__child zero;
  for (uint32_t number = 0; number < children->capacity; number++) {
    uint32_t used = 0, first = number << XLGC__CHILD_BLOCK_BITS;
    if (!children->blocks[number]) continue;
    for (uint32_t index = first; index < first + XLGC__CHILD_BLOCK_RECORDS; index++) {
      const xlgc__child *record = xlgc__children_at(children, index);
      *tag = is_used(record)                      ? check_record(children, objects, index)
             : memcmp(record, &zero, sizeof zero) ? "O4"
                                                  : NULL;
      if (*tag) return index;
      used += is_used(record);
    }
    *tag = "O4";
    if (!used || used != children->blocks[number]->used) return first ? first : 1;
  }
  return 0;
}
