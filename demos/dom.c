/* dom [--seed N] [--moves N] PATH...
 *
 * Real pages, kept as trees in three ways, changed in the same way at random, and written by one serializer:
 *   pointers          five pointers a node; what is cut is freed by a walk
 *   pointers + table  the same, and xlgc is told of each link; what is cut is freed by the round that finds it
 *   store             no pointer: the order is kept in the pool alone (xlgc/children.h)
 * A path is a file or a folder, whose pages (.html, .htm, .xhtml) are all read, by gumbo. All three must write the same
 * bytes, and free the same nodes; the walk over pointers is the oracle. Then it is told what a node takes beside its
 * text, and how long everything took. The pages themselves stay as they are.
 *   --seed N   which changes are made; 1 if not given
 *   --moves N  changes for each 100 nodes; 50 if not given */
#define _XOPEN_SOURCE 700 /* nftw */
#include <errno.h>
#include <ftw.h>
#include <gumbo.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <xlgc/children.h>

enum { EXIT_USAGE = 2, BATCH_NODES = 1000000, FLUSH_EVERY = 1000, WAYS = 3 };

/* ------------------------------------------------------------------- tools */

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "dom: ");
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\n");
  va_end(arguments);
  exit(1);
}

static void must(int code, const char *what) {
  if (code < 0) fail("%s: %s", what, xlgc_strerror(code));
}

static void *must_have(void *memory) {
  if (!memory) fail("out of memory");
  return memory;
}

/* Of the processor. */
static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* A line that comes and goes, on a terminal only. */
static void show_progress(const char *what, const char *name) {
  if (isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K%s %.60s", what, name);
}
static void clear_progress(void) {
  if (isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K");
}

static uint64_t random_state;
static size_t draw(size_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (size_t)((random_state >> 11) % below);
}

/* Bytes at the end of which more can be put. */
typedef struct text {
  char *bytes;
  size_t length, room;
} text;

static void put(text *text, const char *bytes, size_t length) {
  if (text->room - text->length < length) {
    text->room = 2 * text->room + length + 256;
    text->bytes = must_have(realloc(text->bytes, text->room));
  }
  if (length) memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
}
static void put_words(text *text, const char *words) { put(text, words, strlen(words)); }

/* ------------------------------------------------------- what a node is about */

/* What stands before the children of a node, and behind them. It is the same for all ways. */
typedef struct content {
  xlgc_id id;      /* the store's */
  uint32_t number; /* in its batch */
  uint32_t before_bytes, behind_bytes;
  bool holds; /* it may have children */
  char bytes[];
} content;

typedef struct batch {
  content **contents;
  int32_t *parents; /* of a page's first node: -1 */
  size_t count, room;
} batch;

static struct {
  const char *const *paths;
  uint64_t seed, moves_percent;
  size_t pages, source_bytes, nodes, changes, cuts, freed, written_bytes;
  batch batch;
} all;

static size_t add_node(int32_t parent, const text *before, const text *behind, bool holds) {
  batch *batch = &all.batch;
  if (batch->count == batch->room) {
    batch->room = 2 * batch->room + 1024;
    batch->contents = must_have(realloc(batch->contents, batch->room * sizeof(content *)));
    batch->parents = must_have(realloc(batch->parents, batch->room * sizeof *batch->parents));
  }
  content *made = must_have(malloc(sizeof *made + before->length + behind->length));
  *made = (content){.number = (uint32_t)batch->count,
                    .before_bytes = (uint32_t)before->length,
                    .behind_bytes = (uint32_t)behind->length,
                    .holds = holds};
  if (before->length) memcpy(made->bytes, before->bytes, before->length);
  if (behind->length) memcpy(made->bytes + before->length, behind->bytes, behind->length);
  batch->contents[batch->count] = made;
  batch->parents[batch->count] = parent;
  return batch->count++;
}

/* ------------------------------------------------------------------ parsing */

static void put_escaped(text *text, const char *words, bool in_attribute) {
  for (; *words; words++) {
    if (*words == '&')
      put_words(text, "&amp;");
    else if (*words == '<' && !in_attribute)
      put_words(text, "&lt;");
    else if (*words == '"' && in_attribute)
      put_words(text, "&quot;");
    else
      put(text, words, 1);
  }
}

static void put_name(text *text, const GumboElement *element) {
  GumboStringPiece piece = element->original_tag;
  if (element->tag != GUMBO_TAG_UNKNOWN) {
    put_words(text, gumbo_normalized_tagname(element->tag));
    return;
  }
  gumbo_tag_from_original_text(&piece);
  put(text, piece.data, piece.length);
}

static void describe(const GumboNode *node, text *before, text *behind) {
  const GumboElement *element = &node->v.element;
  switch (node->type) {
  case GUMBO_NODE_DOCUMENT:
    if (!node->v.document.has_doctype) return;
    put_words(before, "<!DOCTYPE ");
    put_words(before, node->v.document.name);
    put_words(before, ">\n");
    return;
  case GUMBO_NODE_ELEMENT:
  case GUMBO_NODE_TEMPLATE:
    put_words(before, "<");
    put_name(before, element);
    for (unsigned i = 0; i < element->attributes.length; i++) {
      const GumboAttribute *attribute = element->attributes.data[i];
      put_words(before, " ");
      put_words(before, attribute->name);
      put_words(before, "=\"");
      put_escaped(before, attribute->value, true);
      put_words(before, "\"");
    }
    put_words(before, ">");
    put_words(behind, "</");
    put_name(behind, element);
    put_words(behind, ">");
    return;
  case GUMBO_NODE_COMMENT:
    put_words(before, "<!--");
    put_words(before, node->v.text.text);
    put_words(before, "-->");
    return;
  default: put_escaped(before, node->v.text.text, false);
  }
}

static const GumboVector *children_of(const GumboNode *node) {
  if (node->type == GUMBO_NODE_DOCUMENT) return &node->v.document.children;
  return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE ? &node->v.element.children : NULL;
}

/* Adds a page's nodes to the batch, in the order of the page. */
static void add_page(const GumboNode *page) {
  text before = {0}, behind = {0};
  const GumboNode *node = page;
  int32_t parent = -1;
  while (node) {
    before.length = behind.length = 0;
    describe(node, &before, &behind);
    const GumboVector *children = children_of(node);
    size_t number = add_node(parent, &before, &behind, children != NULL);
    if (children && children->length) {
      parent = (int32_t)number;
      node = children->data[0];
      continue;
    }
    /* The next one: behind this, or behind what it is in. */
    for (;;) {
      const GumboNode *above = node == page ? NULL : node->parent;
      if (!above) {
        node = NULL;
        break;
      }
      const GumboVector *siblings = children_of(above);
      size_t next = node->index_within_parent + 1;
      node = next < siblings->length ? siblings->data[next] : above;
      if (next < siblings->length) break;
      parent = all.batch.parents[parent];
    }
  }
  free(before.bytes);
  free(behind.bytes);
}

static void read_whole(const char *path, text *into) {
  FILE *file = fopen(path, "rb");
  if (!file) fail("cannot read %s: %s", path, strerror(errno));
  char part[1 << 16];
  for (size_t length; (length = fread(part, 1, sizeof part, file)) != 0;)
    put(into, part, length);
  if (ferror(file)) fail("cannot read %s: %s", path, strerror(errno));
  fclose(file);
}

/* ------------------------------------------------------------------ pointers */

typedef struct node {
  struct node *parent, *first, *last, *previous, *next;
  content *content;
} node;
/* With what the table wants. */
typedef struct told_node {
  node node;
  xlgc_id id;
} told_node;

static void unhook(node *child) {
  node *parent = child->parent;
  if (!parent) return;
  *(child->previous ? &child->previous->next : &parent->first) = child->next;
  *(child->next ? &child->next->previous : &parent->last) = child->previous;
  child->parent = child->previous = child->next = NULL;
}

/* before: NULL for the end. */
static void hook(node *parent, node *before, node *child) {
  child->parent = parent;
  child->next = before;
  child->previous = before ? before->previous : parent->last;
  *(child->previous ? &child->previous->next : &parent->first) = child;
  *(before ? &before->previous : &parent->last) = child;
}

/* --------------------------------------------------------- the three ways */

typedef struct way way;

/* Where a serializer is. */
typedef struct cursor {
  node *node;
  xlgc_child child;
} cursor;

typedef struct verbs {
  const char *name;
  void (*make)(way *way, content *content);
  /* Out from under its parent, and before another node or behind all children of one (NULL). */
  void (*move)(way *way, size_t parent, const size_t *before, size_t child);
  void (*cut)(way *way, size_t child);
  void (*settle)(way *way);
  void (*start)(way *way, size_t top, cursor *cursor);
  bool (*first)(way *way, cursor *cursor), (*next)(way *way, cursor *cursor);
  void (*up)(way *way, cursor *cursor);
} verbs;

struct way {
  const verbs *verbs;
  node **nodes; /* by number; those with pointers */
  bool *freed;  /* by number */
  size_t freed_count;
  xlgc_pool *pool;
  xlgc_context *context;
  text written;
  /* Of all batches. */
  double build_s, change_s, write_s;
  uint64_t bytes;
};

static xlgc_id id_of(const way *way, size_t number) { return ((told_node *)(void *)way->nodes[number])->id; }
static const content *content_of(const cursor *cursor) {
  return cursor->node ? cursor->node->content : cursor->child.object;
}

static void note_freed(way *way, const content *content) {
  if (way->freed[content->number]) fail("%s: node %" PRIu32 " was freed twice", way->verbs->name, content->number);
  way->freed[content->number] = true;
  way->freed_count++;
}

/* Pointers alone. */
static void make_node(way *way, content *content) {
  node *made = must_have(calloc(1, sizeof *made));
  made->content = content;
  way->nodes[content->number] = made;
  way->bytes += malloc_usable_size(made) + sizeof(size_t);
}
static void move_node(way *way, size_t parent, const size_t *before, size_t child) {
  unhook(way->nodes[child]);
  hook(way->nodes[parent], before ? way->nodes[*before] : NULL, way->nodes[child]);
}
static void cut_node(way *way, size_t child) {
  node *top = way->nodes[child], *at = top;
  unhook(top);
  /* Leaves first. */
  while (at) {
    while (at->first)
      at = at->first;
    node *above = at == top ? NULL : at->parent;
    unhook(at);
    note_freed(way, at->content);
    free(at);
    at = above;
  }
}
static void settle_nodes(way *way) { (void)way; }
static void start_node(way *way, size_t top, cursor *cursor) { cursor->node = way->nodes[top]; }
static bool go(cursor *cursor, node *node) {
  if (node) cursor->node = node;
  return node != NULL;
}
static bool first_node(way *way, cursor *cursor) {
  (void)way;
  return go(cursor, cursor->node->first);
}
static bool next_node(way *way, cursor *cursor) {
  (void)way;
  return go(cursor, cursor->node->next);
}
static void node_up(way *way, cursor *cursor) {
  (void)way;
  cursor->node = cursor->node->parent;
}

/* Pointers and the table. */
static void release_node(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id;
  way *way = *(struct way **)data;
  node *dead = object;
  /* Sources come before their targets: what it holds goes too. */
  note_freed(way, dead->content);
  free(dead);
}
static way *told_way;
static const xlgc_kind told_kind = {
    .name = "node", .flags = XLGC_KIND_UNINDEXED, .release = release_node, .data = &told_way};

static void make_told(way *way, content *content) {
  told_node *made = must_have(calloc(1, sizeof *made));
  made->node.content = content;
  way->nodes[content->number] = &made->node;
  way->bytes += malloc_usable_size(made) + sizeof(size_t);
  must(xlgc_register(way->context, &made->node, &told_kind, &made->id), "register");
}
static void move_told(way *way, size_t parent, const size_t *before, size_t child) {
  const node *old = way->nodes[child]->parent;
  if (old != way->nodes[parent]) {
    must(xlgc_link(way->context, id_of(way, parent), id_of(way, child)), "link");
    if (old) must(xlgc_unlink(way->context, id_of(way, old->content->number), id_of(way, child)), "unlink");
  }
  move_node(way, parent, before, child);
}
static void cut_told(way *way, size_t child) {
  const node *old = way->nodes[child]->parent;
  must(old ? xlgc_unlink(way->context, id_of(way, old->content->number), id_of(way, child))
           : xlgc_unpin(way->context, id_of(way, child)),
       "drop");
  unhook(way->nodes[child]);
}
static void settle_pool(way *way) { must(xlgc_flush(way->pool), "flush"); }

/* The store. */
static void release_content(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id;
  note_freed(*(way **)data, object);
}
static way *store_way;
static const xlgc_kind store_kind = {
    .name = "content", .flags = XLGC_KIND_UNINDEXED, .release = release_content, .data = &store_way};

static xlgc_id stored(size_t number) { return all.batch.contents[number]->id; }
static void make_stored(way *way, content *content) {
  must(xlgc_register(way->context, content, &store_kind, &content->id), "register");
  way->bytes += sizeof content->id;
}
static void move_stored(way *way, size_t parent, const size_t *before, size_t child) {
  must(before ? xlgc_child_insert(way->context, stored(*before), stored(child), 0)
              : xlgc_child_append(way->context, stored(parent), stored(child), 0),
       "put a child in");
}
static void cut_stored(way *way, size_t child) {
  int failed = xlgc_child_remove(way->context, stored(child));
  must(failed == XLGC_E_UNKNOWN ? xlgc_unpin(way->context, stored(child)) : failed, "take a child out");
}
static void start_stored(way *way, size_t top, cursor *cursor) {
  (void)way;
  cursor->child = (xlgc_child){.id = stored(top), .object = all.batch.contents[top]};
}
static bool go_to(cursor *cursor, const xlgc_child *child, int failed) {
  must(failed, "read a tree");
  if (child->id != XLGC_ID_NONE) cursor->child = *child;
  return child->id != XLGC_ID_NONE;
}
static bool first_stored(way *way, cursor *cursor) {
  xlgc_child child;
  int failed = xlgc_child_first(way->pool, cursor->child.id, &child);
  return go_to(cursor, &child, failed);
}
static bool next_stored(way *way, cursor *cursor) {
  xlgc_child child;
  int failed = xlgc_child_next(way->pool, cursor->child.id, &child);
  return go_to(cursor, &child, failed);
}
static void stored_up(way *way, cursor *cursor) {
  xlgc_child child;
  int failed = xlgc_child_parent(way->pool, cursor->child.id, &child);
  (void)go_to(cursor, &child, failed);
}

static const verbs all_verbs[WAYS] = {
    {"pointers", make_node, move_node, cut_node, settle_nodes, start_node, first_node, next_node, node_up},
    {"pointers + table", make_told, move_told, cut_told, settle_pool, start_node, first_node, next_node, node_up},
    {"store", make_stored, move_stored, cut_stored, settle_pool, start_stored, first_stored, next_stored, stored_up}};

/* -------------------------------------------------------------- the changes */

/* One of them, as the oracle has found that it can be made. */
typedef struct change {
  uint32_t child, parent, before;
  enum { APPEND, INSERT, CUT } what;
} change;

static bool is_at_or_below(const node *node, const struct node *above) {
  while (node && node != above)
    node = node->parent;
  return node != NULL;
}

/* Draws one for the oracle's tree; false: this one cannot be made. */
static bool draw_change(const way *oracle, change *out) {
  const batch *batch = &all.batch;
  size_t child = draw(batch->count), parent = draw(batch->count);
  if (oracle->freed[child] || batch->parents[child] < 0) return false;
  *out = (change){.child = (uint32_t)child, .what = CUT};
  if (draw(300) == 0) return true;
  if (oracle->freed[parent] || !batch->contents[parent]->holds) return false;
  if (is_at_or_below(oracle->nodes[parent], oracle->nodes[child])) return false;
  out->parent = (uint32_t)parent;
  out->what = APPEND;
  const node *before = oracle->nodes[parent]->first;
  for (size_t steps = draw(4); before && steps; steps--)
    before = before->next;
  if (!before || before->content->number == child || draw(2)) return true;
  out->before = before->content->number;
  out->what = INSERT;
  return true;
}

static void make_change(way *way, const change *change) {
  size_t before = change->before;
  if (change->what == CUT)
    way->verbs->cut(way, change->child);
  else
    way->verbs->move(way, change->parent, change->what == INSERT ? &before : NULL, change->child);
}

/* As many as there are to be, made on the oracle's tree. */
static change *draw_changes(way *oracle, size_t *count) {
  size_t wanted = (size_t)(all.batch.count * all.moves_percent / 100), made = 0;
  change *changes = must_have(malloc((wanted + 1) * sizeof *changes));
  for (size_t tries = 0; made < wanted && tries < 20 * wanted; tries++) {
    if (!draw_change(oracle, &changes[made])) continue;
    make_change(oracle, &changes[made]);
    all.cuts += changes[made++].what == CUT;
  }
  *count = made;
  return changes;
}

/* ------------------------------------------------------------------ running */

static void write_page(way *way, size_t top) {
  const verbs *verbs = way->verbs;
  cursor cursor = {0};
  verbs->start(way, top, &cursor);
  for (size_t depth = 0;;) {
    const content *content = content_of(&cursor);
    put(&way->written, content->bytes, content->before_bytes);
    if (verbs->first(way, &cursor)) {
      depth++;
      continue;
    }
    for (;;) {
      content = content_of(&cursor);
      put(&way->written, content->bytes + content->before_bytes, content->behind_bytes);
      if (!depth) return;
      if (verbs->next(way, &cursor)) break;
      verbs->up(way, &cursor);
      depth--;
    }
  }
}

static void write_all(way *way) {
  double start_s = seconds();
  way->written.length = 0;
  for (size_t i = 0; i < all.batch.count; i++)
    if (all.batch.parents[i] < 0) write_page(way, i);
  way->write_s += seconds() - start_s;
}

static void build(way *way) {
  double start_s = seconds();
  for (size_t i = 0; i < all.batch.count; i++) {
    way->verbs->make(way, all.batch.contents[i]);
    if (all.batch.parents[i] >= 0) {
      way->verbs->move(way, (size_t)all.batch.parents[i], NULL, i);
    } else if (way->pool) {
      xlgc_id id = way->nodes ? id_of(way, i) : stored(i);
      must(xlgc_pin(way->context, id), "pin");
    }
  }
  way->verbs->settle(way);
  way->build_s += seconds() - start_s;
  if (!way->pool) return;
  xlgc_statistics statistics;
  must(xlgc_stats(way->pool, &statistics), "read statistics");
  /* Of the pool: objects, links, and the order; not the queue, which does not grow with them. */
  way->bytes += statistics.bytes - statistics.queue_bytes;
}

static void make_changes(way *way, const change *changes, size_t count) {
  double start_s = seconds();
  for (size_t i = 0; i < count; i++) {
    make_change(way, &changes[i]);
    if (i % FLUSH_EVERY == FLUSH_EVERY - 1) way->verbs->settle(way);
  }
  way->verbs->settle(way);
  way->change_s += seconds() - start_s;
}

static void open_way(way *way, const verbs *verbs, bool has_nodes, bool has_pool) {
  way->verbs = verbs;
  way->freed_count = 0;
  way->freed = must_have(calloc(all.batch.count, sizeof *way->freed));
  way->nodes = has_nodes ? must_have(calloc(all.batch.count, sizeof *way->nodes)) : NULL;
  way->pool = NULL;
  if (!has_pool) return;
  must(xlgc_pool_create(NULL, &way->pool), "create a pool");
  must(xlgc_context_create(way->pool, "dom", &way->context), "create a context");
}

/* All pages go. */
static void close_way(way *way) {
  for (size_t i = 0; i < all.batch.count; i++)
    if (all.batch.parents[i] < 0) way->verbs->cut(way, i);
  way->verbs->settle(way);
  if (way->freed_count != all.batch.count)
    fail("%s: %zu of %zu nodes were freed in the end", way->verbs->name, way->freed_count, all.batch.count);
  if (way->pool) {
    xlgc_statistics statistics;
    must(xlgc_stats(way->pool, &statistics), "read statistics");
    if (statistics.errors || statistics.objects) fail("%s: the pool is not empty", way->verbs->name);
    must(xlgc_pool_destroy(way->pool), "destroy the pool");
  }
  free(way->nodes);
  free(way->freed);
}

static void compare(const way *oracle, const way *way) {
  if (memcmp(oracle->freed, way->freed, all.batch.count * sizeof *way->freed) != 0)
    fail("%s: other nodes were freed than by the walk over pointers: %zu, %zu", way->verbs->name, way->freed_count,
         oracle->freed_count);
  if (oracle->written.length != way->written.length ||
      memcmp(oracle->written.bytes, way->written.bytes, oracle->written.length) != 0)
    fail("%s: other bytes were written than from pointers", way->verbs->name);
}

static way ways[WAYS];

static void run_batch(void) {
  way oracle = {0};
  size_t count;
  if (!all.batch.count) return;
  open_way(&oracle, &all_verbs[0], true, false);
  build(&oracle);
  change *changes = draw_changes(&oracle, &count);
  write_all(&oracle);
  for (unsigned i = 0; i < WAYS; i++) {
    way *way = &ways[i];
    show_progress("changes", all_verbs[i].name);
    open_way(way, &all_verbs[i], i<2, i> 0);
    told_way = store_way = way;
    build(way);
    make_changes(way, changes, count);
    write_all(way);
    compare(&oracle, way);
    if (i == WAYS - 1) all.written_bytes += way->written.length;
    close_way(way);
  }
  all.freed += oracle.freed_count;
  close_way(&oracle);
  free(oracle.written.bytes);
  free(changes);
  all.changes += count;
  all.nodes += all.batch.count;
  for (size_t i = 0; i < all.batch.count; i++)
    free(all.batch.contents[i]);
  all.batch.count = 0;
}

/* ------------------------------------------------------------------- pages */

static void read_page(const char *path) {
  text source = {0};
  show_progress("reads", path);
  read_whole(path, &source);
  GumboOutput *page = gumbo_parse_with_options(&kGumboDefaultOptions, source.length ? source.bytes : "", source.length);
  if (!page) fail("cannot parse %s", path);
  add_page(page->document);
  gumbo_destroy_output(&kGumboDefaultOptions, page);
  all.pages++;
  all.source_bytes += source.length;
  free(source.bytes);
  if (all.batch.count >= BATCH_NODES) run_batch();
}

static bool is_page(const char *path) {
  const char *end = strrchr(path, '.');
  return end && (!strcasecmp(end, ".html") || !strcasecmp(end, ".htm") || !strcasecmp(end, ".xhtml"));
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *where) {
  (void)status;
  if (type == FTW_DNR) fail("cannot read the folder %s", path);
  if (type == FTW_F && (where->level == 0 || is_page(path))) read_page(path);
  return 0;
}

static void tell(const char *what, const way *way, const char *unit, double divisor) {
  printf("%-18s %8.1f %s", what, (double)way->bytes / (double)all.nodes, unit);
  printf(" %9.0f %9.0f %9.0f\n", 1e9 * way->build_s / (double)all.nodes, 1e9 * way->change_s / divisor,
         1e9 * way->write_s / (double)(all.nodes - all.freed));
}

static void tell_all(void) {
  printf("%zu pages, %.1f MB, %zu nodes; %zu changes, of which %zu cut something off\n", all.pages,
         (double)all.source_bytes / 1e6, all.nodes, all.changes, all.cuts);
  printf("the same %zu bytes were written from all three\n", all.written_bytes);
  printf("the same %zu nodes were freed in all three, and in the end all %zu\n\n", all.freed, all.nodes);
  printf("%-18s %10s %9s %9s %9s\n", "", "a node", "build", "change", "write");
  for (unsigned i = 0; i < WAYS; i++)
    tell(all_verbs[i].name, &ways[i], "B", all.changes ? (double)all.changes : 1);
  printf("%29s %9s %9s %9s\n\n", "", "ns/node", "ns/change", "ns/node");
  printf("memory of the store: %.2f times pointers + table, %.2f times pointers\n",
         (double)ways[2].bytes / (double)ways[1].bytes, (double)ways[2].bytes / (double)ways[0].bytes);
}

__attribute__((noreturn)) static void usage(void) {
  fprintf(stderr,
          "Usage: dom [--seed N] [--moves N] PATH...\n"
          "Keeps pages in three ways, changes them at random, and compares. PATH: a page, or a folder of pages.\n");
  exit(EXIT_USAGE);
}

static uint64_t number_of(const char *text) {
  char *end;
  if (!text || *text < '0' || *text > '9') usage();
  uint64_t number = strtoull(text, &end, 10);
  if (*end) usage();
  return number;
}

int main(int argc, char **argv) {
  int at = 1;
  all.seed = 1;
  all.moves_percent = 50;
  for (; at < argc && argv[at][0] == '-'; at += 2) {
    if (!strcmp(argv[at], "--seed") && at + 1 < argc)
      all.seed = number_of(argv[at + 1]);
    else if (!strcmp(argv[at], "--moves") && at + 1 < argc)
      all.moves_percent = number_of(argv[at + 1]);
    else
      usage();
  }
  if (at == argc || all.moves_percent > 10000) usage();
  random_state = all.seed * UINT64_C(0x9E3779B97F4A7C15) + UINT64_C(0xD1B54A32D192ED03);
  for (; at < argc; at++)
    if (nftw(argv[at], visit, 32, FTW_PHYS)) fail("cannot read %s: %s", argv[at], strerror(errno));
  if (!all.pages) fail("there is no page there: no file whose name ends in .html, .htm or .xhtml");
  run_batch();
  clear_progress();
  tell_all();
  for (unsigned i = 0; i < WAYS; i++)
    free(ways[i].written.bytes);
  free(all.batch.contents);
  free(all.batch.parents);
  return 0;
}
