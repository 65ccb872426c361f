/* Why objects are alive: chains, standings, holders, what would go, and all that is there (xlgc/why.h). */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xlgc/why.h>

#include "support/one_pool.h"
#include "support/threads.h"

/* ------------------------------------------------------------------ a kind that says what it is */

typedef struct page page;
struct page {
  const char *title;
  page *next, *first_note;
  xlgc_id id;
};

static const xlgc_field page_fields[] = {XLGC_FIELD(page, next), XLGC_FIELD(page, first_note)};
static const char *const page_links[] = {NULL, "footnote"};

static void label_page(const void *object, const void *data, char *text, size_t size_bytes) {
  (void)data;
  const page *one = object;
  if (one->title) snprintf(text, size_bytes, "%s", one->title);
}

static size_t page_bytes(const void *object, const void *data) {
  (void)data;
  return 100 + strlen(((const page *)object)->title);
}

static xlgc_labelled_kind pages = {
    .described = {.kind = {.name = "page", .flags = XLGC_KIND_DESCRIBED | XLGC_KIND_LABELLED},
                  .size_bytes = sizeof(page),
                  .fields = page_fields,
                  .field_count = 2},
    .label = label_page,
    .bytes = page_bytes,
    .links = page_links,
    .link_count = 2};

static page *enter(page *one, const char *title) {
  one->title = title;
  ok(xlgc_register(r.context, one, &pages.described.kind, &one->id));
  return one;
}
static void set(page *from, page **place, page *to) {
  *place = to;
  ok(xlgc_link_at(r.context, from->id, to->id, place, 0));
}

static char text[4096];
static const char *why(xlgc_id id) {
  int length = xlgc_why_text(r.pool, id, 0, text, sizeof text);
  ck_assert_int_eq(length, (int)strlen(text));
  return text;
}

static xlgc_standing standing(xlgc_id id, xlgc_holder *chain, size_t capacity) {
  xlgc_standing found;
  ok(xlgc_why(r.pool, id, 0, chain, capacity, &found));
  return found;
}

/* ------------------------------------------------------------------ chains */

START_TEST(chain_in_words) {
  start(_i);
  page cover = {0}, body = {0}, note = {0}, plain = {0};
  enter(&cover, "cover");
  enter(&body, "line\nbreak");
  enter(&note, "note");
  enter(&plain, "");
  ok(xlgc_pin(r.context, cover.id));
  ok(xlgc_pin(r.context, cover.id));
  set(&cover, &cover.next, &body);
  ok(xlgc_link_at(r.context, body.id, note.id, NULL, 1));
  ok(xlgc_link_at(r.context, note.id, plain.id, NULL, 7));
  ok(xlgc_link_at(r.context, note.id, plain.id, NULL, 7));
  xlgc_id last;
  ok(xlgc_register(r.context, NULL, NULL, &last));
  hold(plain.id, last);
  char expected[512];
  snprintf(expected, sizeof expected,
           "page \"cover\": pinned 2 times\n"
           "  .next -> page \"line?break\"\n"
           "  .footnote -> page \"note\"\n"
           "  [7] 2 times -> page %#llx\n"
           "  -> object %#llx",
           (unsigned long long)plain.id, (unsigned long long)last);
  ck_assert_str_eq(why(last), expected);
  ck_assert_int_eq(xlgc_why_text(r.pool, last, 0, NULL, 0), (int)strlen(expected));
  char little[12];
  ck_assert_int_eq(xlgc_why_text(r.pool, last, 0, little, sizeof little), (int)strlen(expected));
  ck_assert_str_eq(little, "page \"cover");
  xlgc_holder chain[5], part[2] = {{0}};
  xlgc_standing found = standing(last, chain, 5);
  ck_assert_int_eq(found.stands, XLGC_STANDS_HELD);
  ck_assert_uint_eq(found.length, 5);
  ck_assert_uint_eq(chain[0].id, last);
  ck_assert_uint_eq(chain[0].count, 0);
  ck_assert_uint_eq(chain[4].id, cover.id);
  ck_assert_uint_eq(chain[4].roots, XLGC_ROOT_PINNED);
  ck_assert_uint_eq(chain[4].pins, 2);
  ck_assert_str_eq(chain[4].link, "next");
  ck_assert_str_eq(chain[3].link, "footnote");
  ck_assert_ptr_null(chain[2].link);
  ck_assert_uint_eq(chain[2].tag, 7);
  ck_assert_uint_eq(chain[2].count, 2);
  ck_assert_ptr_eq(chain[2].object, &note);
  ck_assert_ptr_eq(chain[2].kind, &pages.described.kind);
  found = standing(last, part, 2);
  ck_assert_uint_eq(found.length, 5);
  ck_assert_uint_eq(part[1].id, plain.id);
  ok(xlgc_unpin(r.context, cover.id));
  ok(xlgc_unpin(r.context, cover.id));
  flush();
  finish();
}
END_TEST

START_TEST(roots_of_each_sort) {
  start(_i);
  r.answer = XLGC_KEEP;
  xlgc_id fresh = recorder_object(&r, &r.kind), kept = recorder_object(&r, &r.asking);
  ok(xlgc_pin(r.context, kept));
  ok(xlgc_unpin(r.context, kept));
  ok(xlgc_step(r.pool, 1000));
  xlgc_holder root;
  ck_assert_int_eq(standing(kept, &root, 1).stands, XLGC_STANDS_HELD);
  ck_assert_uint_eq(root.roots, XLGC_ROOT_KEPT);
  ck_assert_ptr_nonnull(strstr(why(kept), ": kept, as it has asked for"));
  ck_assert_int_eq(standing(fresh, &root, 1).stands, XLGC_STANDS_HELD);
  ck_assert_uint_eq(root.roots, XLGC_ROOT_NEW);
  ck_assert_ptr_nonnull(strstr(why(fresh), ": new: nothing has held it yet"));
  r.answer = XLGC_LET_GO;
  finish();
}
END_TEST

START_TEST(shortest_chain) {
  start(_i);
  xlgc_id top = root(), at = top, last = 0;
  for (unsigned i = 0; i < 8; i++)
    at = last = held_by(at);
  xlgc_id other = held_by(top);
  flush();
  hold(other, last);
  xlgc_standing found;
  xlgc_holder chain[9];
  ok(xlgc_why(r.pool, last, XLGC_WHY_SHORTEST, chain, 9, &found));
  ck_assert_uint_eq(found.length, 3);
  ck_assert_uint_eq(chain[1].id, other);
  ck_assert_uint_eq(chain[2].id, top);
  ck_assert_uint_eq(standing(last, chain, 9).length, _i == XLGC_EXACT ? 3 : 9);
  finish();
}
END_TEST

START_TEST(chain_but_for_some) {
  start(_i);
  xlgc_id top = root(), other = root(), middle = held_by(top), last = held_by(middle);
  hold(other, held_by(other));
  hold(other, last);
  xlgc_standing found;
  xlgc_holder chain[4];
  ok(xlgc_why_but(r.pool, last, &other, 1, chain, 4, &found));
  ck_assert_int_eq(found.stands, XLGC_STANDS_HELD);
  ck_assert_uint_eq(found.length, 3);
  ck_assert_uint_eq(chain[1].id, middle);
  ck_assert_uint_eq(chain[2].id, top);
  ok(xlgc_why_but(r.pool, last, &middle, 1, chain, 4, &found));
  ck_assert_uint_eq(found.length, 2);
  ck_assert_uint_eq(chain[1].id, other);
  xlgc_id both[] = {other, middle};
  ok(xlgc_why_but(r.pool, last, both, 2, chain, 4, &found));
  ck_assert_int_eq(found.stands, XLGC_STANDS_GARBAGE);
  ok(xlgc_why_but(r.pool, last, NULL, 0, chain, 4, &found));
  ck_assert_int_eq(found.stands, XLGC_STANDS_HELD);
  xlgc_id foreign = top ^ UINT64_C(1) << 56;
  ck_assert_int_eq(xlgc_why_but(r.pool, last, &foreign, 1, chain, 4, &found), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_why_but(r.pool, last, NULL, 1, chain, 4, &found), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_why_but(NULL, last, &other, 1, chain, 4, &found), XLGC_E_INVAL);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ those that are not held */

START_TEST(garbage_that_no_round_has_found) {
  start(_i);
  xlgc_id top = root(), one = held_by(top), two = held_by(one);
  hold(two, one);
  flush();
  drop(top, one);
  ck_assert_int_eq(standing(two, NULL, 0).stands, XLGC_STANDS_GARBAGE);
  ck_assert_ptr_nonnull(strstr(why(two), ": no root reaches it; the next round will find that"));
  hold(top, two);
  ck_assert_int_eq(standing(one, NULL, 0).stands, XLGC_STANDS_HELD);
  flush();
  expect_none_told(&r);
  finish();
}
END_TEST

START_TEST(garbage_that_waits_for_a_section) {
  start(_i);
  xlgc_id top = root(), one = held_by(top);
  flush();
  xlgc_context *reader;
  ok(xlgc_context_create(r.pool, "reader", &reader));
  ok(xlgc_enter(reader));
  drop(top, one);
  ck_assert_int_eq(xlgc_step(r.pool, 1000), XLGC_E_HELD);
  xlgc_standing found = standing(one, NULL, 0);
  ck_assert_int_eq(found.stands, XLGC_STANDS_GARBAGE);
  ck_assert_str_eq(found.waits_for, "reader");
  ck_assert_ptr_nonnull(strstr(why(one), "; that waits for 'reader', for "));
  ok(xlgc_leave(reader));
  flush();
  expect_told(&r, one);
  ok(xlgc_context_destroy(reader));
  finish();
}
END_TEST

START_TEST(dead_whose_release_waits) {
  start(_i);
  xlgc_kind mailed = r.kind;
  mailed.delivery = XLGC_DELIVER_OWNER;
  xlgc_id one = recorder_object(&r, &mailed);
  ok(xlgc_pin(r.context, one));
  ok(xlgc_unpin(r.context, one));
  flush();
  xlgc_standing found = standing(one, NULL, 0);
  ck_assert_int_eq(found.stands, XLGC_STANDS_DEAD);
  ck_assert_str_eq(found.waits_for, "recorder");
  ck_assert_ptr_nonnull(strstr(why(one), ": dead, its release is decided; that waits for 'recorder'"));
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  flush();
  ck_assert_int_eq(xlgc_why(r.pool, one, 0, NULL, 0, &found), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_why_text(r.pool, one, 0, text, sizeof text), XLGC_E_STALE);
  expect_told(&r, one);
  finish();
}
END_TEST

START_TEST(asked_and_not_answered) {
  start(_i);
  xlgc_kind mailed = r.asking;
  mailed.delivery = XLGC_DELIVER_OWNER;
  xlgc_id top = root(), asked = recorder_object(&r, &mailed), other = held_by(top);
  hold(top, asked);
  flush();
  drop(top, asked);
  ck_assert_int_eq(xlgc_flush(r.pool), XLGC_E_HELD);
  ck_assert_int_eq(standing(asked, NULL, 0).stands, XLGC_STANDS_ASKED);
  ck_assert_ptr_nonnull(strstr(why(asked), "it was asked whether it is to be kept; that waits for 'recorder'"));
  ck_assert_int_eq(standing(other, NULL, 0).stands, XLGC_STANDS_HELD);
  ck_assert_int_ge(xlgc_context_dispatch(r.context, 10), 1);
  flush();
  xlgc_context_dispatch(r.context, 10);
  flush();
  expect_told(&r, asked);
  finish();
}
END_TEST

/* What only an object holds that was asked is not known: that may be kept. */
START_TEST(not_known_until_the_answer) {
  start(_i);
  xlgc_kind mailed = r.asking;
  mailed.delivery = XLGC_DELIVER_OWNER;
  xlgc_id top = root(), asked = recorder_object(&r, &mailed);
  hold(top, asked);
  xlgc_id behind = held_by(asked);
  flush();
  drop(top, asked);
  ck_assert_int_eq(xlgc_flush(r.pool), XLGC_E_HELD);
  xlgc_standing found;
  ck_assert_int_eq(xlgc_why(r.pool, behind, 0, NULL, 0, &found), XLGC_E_HELD);
  ck_assert_int_eq(xlgc_why_text(r.pool, behind, 0, text, sizeof text), XLGC_E_HELD);
  ck_assert_int_ge(xlgc_context_dispatch(r.context, 10), 1);
  flush();
  xlgc_context_dispatch(r.context, 10);
  flush();
  ck_assert_int_eq(xlgc_why(r.pool, behind, 0, NULL, 0, &found), XLGC_E_STALE);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ at random */

enum { NODES = 24 };

static struct {
  xlgc_id ids[NODES];
  unsigned links[NODES][NODES], pins[NODES];
} graph;

static unsigned index_of(xlgc_id id) {
  unsigned i = 0;
  while (graph.ids[i] != id)
    i++;
  return i;
}

/* What roots reach but by way of `without`, as bits; NODES: by all ways. */
static uint32_t reached(unsigned without) {
  uint32_t seen = 0, before;
  for (unsigned i = 0; i < NODES; i++)
    if (graph.pins[i] && i != without) seen |= 1u << i;
  do {
    before = seen;
    for (unsigned from = 0; from < NODES; from++)
      for (unsigned to = 0; seen >> from & 1 && to < NODES; to++)
        if (graph.links[from][to] && to != without) seen |= 1u << to;
  } while (seen != before);
  return seen;
}

static void check_chain(unsigned node, unsigned flags) {
  xlgc_holder chain[NODES];
  xlgc_standing found;
  ok(xlgc_why(r.pool, graph.ids[node], flags, chain, NODES, &found));
  bool is_held = reached(NODES) >> node & 1;
  MUST(found.stands == (is_held ? XLGC_STANDS_HELD : XLGC_STANDS_GARBAGE));
  if (!is_held) return;
  MUST(chain[0].id == graph.ids[node]);
  for (size_t i = 1; i < found.length; i++) {
    MUST(!chain[i - 1].roots);
    MUST(graph.links[index_of(chain[i].id)][index_of(chain[i - 1].id)] == chain[i].count);
  }
  unsigned root = index_of(chain[found.length - 1].id);
  MUST(graph.pins[root] && chain[found.length - 1].pins == graph.pins[root]);
  uint64_t distance;
  ok(xlgc_distance(r.pool, graph.ids[node], &distance));
  MUST(flags != XLGC_WHY_SHORTEST || distance + 1 == found.length);
}

static unsigned count_bits(uint32_t bits) {
  unsigned count = 0;
  for (; bits; bits &= bits - 1)
    count++;
  return count;
}

static void check_retained(unsigned node, uint64_t *seed) {
  xlgc_retained_size all, part;
  ok(xlgc_retained(r.pool, graph.ids[node], 1000000, &all));
  /* From what the object reaches, what roots reach without it. */
  uint32_t with = 1u << node, before;
  do {
    before = with;
    for (unsigned from = 0; from < NODES; from++)
      for (unsigned to = 0; with >> from & 1 && to < NODES; to++)
        if (graph.links[from][to]) with |= 1u << to;
  } while (with != before);
  uint32_t others = reached(node);
  /* What no root reaches and another one holds that no root reaches either is not its own. */
  uint32_t garbage = ~(reached(NODES) | with);
  for (unsigned i = 0; i < NODES; i++)
    for (unsigned from = 0; from < NODES; from++)
      for (unsigned to = 0; (garbage | others) >> from & 1 && to < NODES; to++)
        if (graph.links[from][to] && to != node) others |= 1u << to;
  MUST(all.objects == count_bits(with & ~others));
  uint64_t budget = trial_random(seed, 40);
  int is_partial = xlgc_retained(r.pool, graph.ids[node], budget, &part);
  MUST(part.looked <= 3 * budget + 2 * NODES);
  MUST(is_partial ? part.objects <= all.objects && part.objects >= 1 : part.objects == all.objects);
}

static void change_graph(uint64_t *seed) {
  unsigned from = trial_random(seed, NODES), to = trial_random(seed, NODES);
  switch (trial_random(seed, 6)) {
  case 0:
    graph.pins[from]++;
    ok(xlgc_pin(r.context, graph.ids[from]));
    break;
  case 1:
    if (!graph.pins[from]) break;
    graph.pins[from]--;
    ok(xlgc_unpin(r.context, graph.ids[from]));
    break;
  case 2:
  case 3:
    if (!graph.links[from][to]) break;
    graph.links[from][to]--;
    drop(graph.ids[from], graph.ids[to]);
    break;
  default: graph.links[from][to]++; hold(graph.ids[from], graph.ids[to]);
  }
}

START_TEST(chains_at_random) {
  uint64_t seed = trial_seed();
  for (unsigned round = 0; round < trial_work(40); round++) {
    memset(&graph, 0, sizeof graph);
    memset(&r, 0, sizeof r);
    start(_i);
    for (unsigned i = 0; i < NODES; i++) {
      graph.ids[i] = object();
      graph.pins[i] = 1;
      ok(xlgc_pin(r.context, graph.ids[i]));
    }
    for (unsigned step = 0; step < 200; step++) {
      change_graph(&seed);
      unsigned node = trial_random(&seed, NODES);
      check_chain(node, 0);
      check_chain(node, XLGC_WHY_SHORTEST);
      check_retained(node, &seed);
    }
    ok(xlgc_verify(r.pool, NULL, 0));
    for (unsigned i = 0; i < NODES; i++)
      while (graph.pins[i]--)
        ok(xlgc_unpin(r.context, graph.ids[i]));
    flush();
    finish();
  }
}
END_TEST

/* ------------------------------------------------------------------ cost */

START_TEST(cost_follows_the_chain) {
  start(XLGC_CERTIFIED);
  enum { OBJECTS = 100000, DEPTH = 10 };
  xlgc_id top = root(), at = top;
  xlgc_kind silent = {.name = "silent"};
  for (unsigned i = 0; i < OBJECTS; i++) {
    xlgc_id id;
    ok(xlgc_register(r.context, NULL, &silent, &id));
    hold(top, id);
    if (i % (OBJECTS / DEPTH)) continue;
    hold(at, id);
    drop(top, id);
    at = id;
  }
  flush();
  xlgc_standing found = standing(at, NULL, 0);
  ck_assert_uint_eq(found.length, DEPTH + 1);
  ck_assert_uint_le(found.looked, DEPTH + 2);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ holders, sizes, all objects */

START_TEST(holders_of_an_object) {
  start(_i);
  xlgc_id top = root(), one = held_by(top), two = held_by(top), held = held_by(one);
  hold(two, held);
  hold(two, held);
  xlgc_holder holders[4];
  size_t count;
  ck_assert_int_eq(xlgc_holders(r.pool, held, holders, 4, &count), 0);
  ck_assert_uint_eq(count, 2);
  unsigned second = holders[1].id == two;
  ck_assert_uint_eq(holders[second].id, two);
  ck_assert_uint_eq(holders[second].count, 2);
  ck_assert_uint_eq(holders[!second].id, one);
  ck_assert_uint_eq(holders[!second].count, 1);
  ck_assert_int_eq(xlgc_holders(r.pool, held, holders, 1, &count), 1);
  ck_assert_uint_eq(count, 1);
  ck_assert_int_eq(xlgc_holders(r.pool, held, NULL, 0, &count), 1);
  ck_assert_int_eq(xlgc_holders(r.pool, top, holders, 4, &count), 0);
  ck_assert_uint_eq(count, 0);
  finish();
}
END_TEST

START_TEST(size_of_what_would_go) {
  start(_i);
  page book = {0}, first = {0}, second = {0}, shared = {0}, reader = {0};
  enter(&book, "b");
  enter(&first, "f");
  enter(&second, "s");
  enter(&shared, "shared");
  enter(&reader, "r");
  ok(xlgc_pin(r.context, book.id));
  ok(xlgc_pin(r.context, reader.id));
  set(&book, &book.next, &first);
  set(&first, &first.next, &second);
  set(&second, &second.next, &first);
  set(&second, &second.first_note, &shared);
  set(&reader, &reader.next, &shared);
  xlgc_retained_size size;
  ok(xlgc_retained(r.pool, book.id, 100, &size));
  ck_assert_uint_eq(size.objects, 3);
  ck_assert_uint_eq(size.bytes, 303);
  ok(xlgc_retained(r.pool, first.id, 100, &size));
  ck_assert_uint_eq(size.objects, 2);
  ck_assert_int_eq(xlgc_retained(r.pool, book.id, 1, &size), 1);
  ck_assert_uint_eq(size.objects, 1);
  ck_assert_int_eq(xlgc_retained(r.pool, book.id, 0, &size), 1);
  ck_assert_uint_eq(size.objects, 1);
  ok(xlgc_unpin(r.context, book.id));
  ok(xlgc_unpin(r.context, reader.id));
  flush();
  finish();
}
END_TEST

struct shown {
  unsigned count, stops_at;
  xlgc_id last;
  xlgc_id drops; /* what the first call lets go */
};

static int count_shown(void *data, const xlgc_holder *object) {
  struct shown *shown = data;
  ck_assert_uint_eq(object->count, 0);
  shown->last = object->id;
  if (shown->drops) {
    ok(xlgc_unpin(r.context, shown->drops));
    flush();
    shown->drops = 0;
  }
  return ++shown->count == shown->stops_at ? 42 : 0;
}

/* What was not gathered is not walked through either: a budget bounds the cost. */
START_TEST(a_budget_is_kept) {
  enum { MANY = 500, BUDGET = 20 };
  start(_i);
  static char addresses[2 * MANY];
  xlgc_id top = root(), book = held_by(top), near = held_by(book), shared = held_by(book);
  hold(top, shared);
  for (unsigned i = 0; i < 2 * MANY; i++) {
    xlgc_id one;
    ok(xlgc_register(r.context, &addresses[i], &r.kind, &one));
    hold(i % 2 ? near : shared, one);
  }
  xlgc_retained_size size;
  ck_assert_int_eq(xlgc_retained(r.pool, book, BUDGET, &size), 1);
  ck_assert_uint_le(size.looked, 3 * BUDGET + 3);
  ok(xlgc_retained(r.pool, book, 4 * MANY, &size));
  ck_assert_uint_eq(size.objects, MANY + 2);
  recorder_close(&r);
}
END_TEST

START_TEST(each_object) {
  start(_i);
  xlgc_id top = root(), held = held_by(top), last = root();
  xlgc_kind other = {.name = "other"};
  xlgc_id one;
  ok(xlgc_register(r.context, NULL, &other, &one));
  hold(held, one);
  struct shown shown = {0};
  ok(xlgc_each_object(r.pool, NULL, 0, count_shown, &shown));
  ck_assert_uint_eq(shown.count, 4);
  shown = (struct shown){0};
  ok(xlgc_each_object(r.pool, &other, 0, count_shown, &shown));
  ck_assert_uint_eq(shown.count, 1);
  ck_assert_uint_eq(shown.last, one);
  shown = (struct shown){0};
  ok(xlgc_each_object(r.pool, NULL, XLGC_EACH_ROOTS, count_shown, &shown));
  ck_assert_uint_eq(shown.count, 2);
  shown = (struct shown){.stops_at = 2};
  ck_assert_int_eq(xlgc_each_object(r.pool, NULL, 0, count_shown, &shown), 42);
  ck_assert_uint_eq(shown.count, 2);
  shown = (struct shown){.drops = last};
  ok(xlgc_each_object(r.pool, NULL, 0, count_shown, &shown));
  ck_assert_uint_eq(shown.count, 3);
  expect_told(&r, last);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ leak tests */

START_TEST(those_that_should_be_gone) {
  start(_i);
  page cache = {0}, leaked = {0}, fine = {0};
  enter(&cache, "cache");
  enter(&leaked, "leaked");
  enter(&fine, "fine");
  ok(xlgc_pin(r.context, cache.id));
  set(&cache, &cache.next, &leaked);
  set(&cache, &cache.first_note, &fine);
  ok(xlgc_unlink_at(r.context, cache.id, fine.id, &cache.first_note));
  xlgc_id wanted[] = {fine.id, leaked.id, cache.id};
  ck_assert_int_eq(xlgc_expect_gone(r.pool, wanted, 3, text, sizeof text), 2);
  ck_assert_str_eq(text, "page \"cache\": pinned 1 time\n  .next -> page \"leaked\"\npage \"cache\": pinned 1 time");
  ck_assert_int_eq(xlgc_expect_gone(r.pool, wanted, 3, NULL, 0), 2);
  ok(xlgc_unpin(r.context, cache.id));
  ck_assert_int_eq(xlgc_expect_gone(r.pool, wanted, 3, text, sizeof text), 0);
  ck_assert_str_eq(text, "");
  finish();
}
END_TEST

/* The most numerous first, each with one chain. */
START_TEST(what_there_is_by_kind) {
  start(_i);
  ck_assert_int_eq(xlgc_kinds_text(r.pool, text, sizeof text), 0);
  ck_assert_str_eq(text, "");
  page book, chapter, note;
  enter(&book, "book"), enter(&chapter, "chapter"), enter(&note, "note");
  ok(xlgc_pin(r.context, book.id));
  set(&book, &book.next, &chapter);
  set(&chapter, &chapter.first_note, &note);
  xlgc_id thing = root();
  char expected[512];
  snprintf(expected, sizeof expected,
           "3 page, 315 bytes; one of them:\npage \"book\": pinned 1 time\n1 %s; one of them:\n%s %#" PRIx64
           ": pinned 1 time",
           r.kind.name, r.kind.name, thing);
  ck_assert_int_eq(xlgc_kinds_text(r.pool, text, sizeof text), (int)strlen(expected));
  ck_assert_str_eq(text, expected);
  char little[20];
  ck_assert_int_eq(xlgc_kinds_text(r.pool, little, sizeof little), (int)strlen(expected));
  ck_assert_int_eq(strncmp(little, expected, sizeof little - 1), 0);
  ck_assert_uint_eq(strlen(little), sizeof little - 1);
  ck_assert_int_eq(xlgc_kinds_text(NULL, text, sizeof text), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_kinds_text(r.pool, NULL, 1), XLGC_E_INVAL);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ what is no question */

static int no_object(void *data, const xlgc_holder *object) {
  (void)data;
  (void)object;
  return 1;
}

static void ask_inside(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)context;
  (void)object;
  xlgc_standing found;
  ck_assert_int_eq(xlgc_why(recorder->pool, id, 0, NULL, 0, &found), XLGC_E_BUSY);
  ck_assert_int_eq(xlgc_each_object(recorder->pool, NULL, 0, no_object, NULL), XLGC_E_BUSY);
}

START_TEST(bad_questions) {
  start(_i);
  xlgc_id top = root(), gone = held_by(top), foreign = top ^ UINT64_C(1) << 56;
  xlgc_standing found;
  xlgc_holder holder;
  xlgc_retained_size size;
  size_t count;
  ck_assert_int_eq(xlgc_why(NULL, top, 0, NULL, 0, &found), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_why(r.pool, top, 0, NULL, 1, &found), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_why(r.pool, top, 0, NULL, 0, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_why(r.pool, top, 2, NULL, 0, &found), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_why(r.pool, foreign, 0, NULL, 0, &found), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_why(r.pool, XLGC_ID_NONE, 0, NULL, 0, &found), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_why_text(r.pool, top, 0, NULL, 1), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_why_text(r.pool, top, 4, text, sizeof text), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_holders(r.pool, top, NULL, 1, &count), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_holders(r.pool, top, &holder, 1, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_holders(r.pool, foreign, &holder, 1, &count), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_retained(r.pool, top, 1, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_retained(r.pool, foreign, 1, &size), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_each_object(r.pool, NULL, 2, no_object, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_each_object(r.pool, NULL, 0, NULL, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_expect_gone(r.pool, NULL, 1, NULL, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_expect_gone(r.pool, &foreign, 1, NULL, 0), XLGC_E_FOREIGN);
  r.on_release = ask_inside;
  drop(top, gone);
  flush();
  ck_assert_int_eq(xlgc_retained(r.pool, gone, 1, &size), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_holders(r.pool, gone, &holder, 1, &count), XLGC_E_STALE);
  expect_told(&r, gone);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ beside others */

static struct {
  xlgc_id top;
  _Atomic bool stops;
} churn;

static void make_and_drop(void *data) {
  (void)data;
  xlgc_context *context;
  if (xlgc_context_here(r.pool, &context)) return;
  while (!atomic_load(&churn.stops)) {
    xlgc_id id;
    nap_ms(1); /* no more than the others can take, with all their checks */
    if (xlgc_register(context, NULL, NULL, &id)) return;
    xlgc_link(context, churn.top, id);
    xlgc_unlink(context, churn.top, id);
  }
}

START_TEST(beside_a_worker_and_a_thread) {
  start(_i);
  churn.top = root();
  xlgc_id held = held_by(held_by(churn.top));
  ok(xlgc_worker_start(r.pool));
  job job;
  begin(&job, make_and_drop, NULL);
  for (unsigned i = 0; i < trial_work(100); i++) {
    ok(xlgc_flush(r.pool)); /* one that only reads would leave the worker no turn */
    MUST(standing(held, NULL, 0).length == 3);
    xlgc_retained_size size;
    int partial = xlgc_retained(r.pool, churn.top, 1000, &size);
    MUST(partial == 0 || partial == 1);
    MUST(size.objects >= (partial ? 1 : 3));
    struct shown shown = {.stops_at = 5};
    int stopped = xlgc_each_object(r.pool, NULL, 0, count_shown, &shown);
    MUST(stopped == 0 || stopped == 42);
  }
  atomic_store(&churn.stops, true);
  end(&job);
  ok(xlgc_worker_stop(r.pool));
  flush();
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_why");
  TCase *chains = trial_case(suite, "chains");
  tcase_add_loop_test(chains, chain_in_words, 0, 2);
  tcase_add_loop_test(chains, roots_of_each_sort, 0, 2);
  tcase_add_loop_test(chains, shortest_chain, 0, 2);
  tcase_add_loop_test(chains, chain_but_for_some, 0, 2);
  tcase_add_loop_test(chains, chains_at_random, 0, 2);
  tcase_add_test(chains, cost_follows_the_chain);
  TCase *standings = trial_case(suite, "standings");
  tcase_add_loop_test(standings, garbage_that_no_round_has_found, 0, 2);
  tcase_add_loop_test(standings, garbage_that_waits_for_a_section, 0, 2);
  tcase_add_loop_test(standings, dead_whose_release_waits, 0, 2);
  tcase_add_loop_test(standings, asked_and_not_answered, 0, 2);
  tcase_add_loop_test(standings, not_known_until_the_answer, 0, 2);
  TCase *others = trial_case(suite, "others");
  tcase_add_loop_test(others, holders_of_an_object, 0, 2);
  tcase_add_loop_test(others, size_of_what_would_go, 0, 2);
  tcase_add_loop_test(others, a_budget_is_kept, 0, 2);
  tcase_add_loop_test(others, each_object, 0, 2);
  tcase_add_loop_test(others, those_that_should_be_gone, 0, 2);
  tcase_add_loop_test(others, what_there_is_by_kind, 0, 2);
  tcase_add_loop_test(others, bad_questions, 0, 2);
  tcase_add_loop_test(others, beside_a_worker_and_a_thread, 0, 2);
  return trial_run(suite);
}
