/* All small graphs, and all that one or two operations make of them, against an oracle with nothing incremental: counts
 * of links, and a search from the roots.
 *
 * The engine runs without a pool: graph, rank and reap, in the order of a round. A state that many operations start from
 * is saved and restored as bytes. Under a sanitizer only some of the graphs are taken; SEED says which. */
#include <config.h>

#include "rounds/finalize.h"
#include "ranks/verify.h"
#include "support/trial.h"

#include <stdlib.h>
#include <string.h>

enum { VERIFY_PERIOD = 509, OBJECTS_MAX = 4, PARTS_MAX = OBJECTS_MAX * (OBJECTS_MAX + 1), STEPS_MAX = 2 };

/* Ways to run the same thing. */
enum {
  BACKWARDS = 1, /* the graph is built pins first, then links, last to first */
  EXACT = 2,
  TOGETHER = 4, /* the operations of a sequence are repaired as one batch */
  BY_UNITS = 8, /* repairs are stepped in budgets of one unit; left open, half the graphs are, others each direction */
  WAYS = 16
};

/* How objects answer. */
enum { NOT_ASKED, LETS_GO, KEEPS, ANSWERS };

typedef unsigned set; /* of objects, a bit each */

typedef enum verb { LINK, UNLINK, PIN, UNPIN } verb;
typedef struct operation {
  verb verb;
  unsigned source, target; /* of pins: only the target */
} operation;

typedef struct oracle {
  unsigned char count[OBJECTS_MAX][OBJECTS_MAX], pins[OBJECTS_MAX];
  set fresh, kept, dead;
} oracle;

static struct {
  unsigned way, objects;
  bool by_units;
  xlgc__memory mem;
  xlgc__graph graph;
  xlgc__repair rank;
  xlgc__queue queue;
  xlgc__weaks weaks;
  xlgc__delivery mail;
  xlgc__finalize reap;
  oracle oracle;
  xlgc_kind kinds[ANSWERS];
  int answers[ANSWERS];
  set answering[ANSWERS];
  set held[OBJECTS_MAX];
  /* What was said in this round. */
  set asked, asked_twice;
  unsigned told[OBJECTS_MAX], told_count;
  /* What a graph can consist of, and which of these it does. */
  operation parts[PARTS_MAX];
  unsigned part_count, start;
  operation steps[STEPS_MAX];
  unsigned step_count;
  unsigned long rounds, deaths, reprieves;
} t;

static uint64_t seed;
static unsigned stride = 1;
static bool is_long;

static uint32_t slot(unsigned i) { return i + 1; }
static xlgc__object *object(unsigned i) { return xlgc__graph_object(&t.graph, slot(i)); }
static bool is_in(set s, unsigned i) { return s >> i & 1; }

/* -------------------------------------------------------------- failures */

static void print_operation(operation o) {
  static const char *const words[] = {"link", "unlink", "pin", "unpin"};
  printf("%s", words[o.verb]);
  if (o.verb == LINK || o.verb == UNLINK) printf(" o%u", o.source);
  printf(" o%u\n", o.target);
}

static operation part(unsigned i) { return t.parts[t.way & BACKWARDS ? t.part_count - 1 - i : i]; }
static bool is_part(unsigned i) { return is_in(t.start, t.way & BACKWARDS ? t.part_count - 1 - i : i); }

/* Prints what led here as a trace; objects that it does not name were there too, and new. */
static void give_up(const char *why) {
  printf("# %s; %s, repaired %s\n", why, t.way & EXACT ? "exact" : "certified",
         t.by_units ? "unit by unit" : "in one go");
  for (unsigned i = 0; i < t.part_count; i++)
    if (is_part(i)) print_operation(part(i));
  for (unsigned i = 0; i < t.objects; i++)
    if (is_in(t.answering[KEEPS], i)) printf("keep o%u\n", i);
  puts("flush");
  for (unsigned i = 0; i < t.step_count; i++) {
    print_operation(t.steps[i]);
    if (!(t.way & TOGETHER)) puts("flush");
  }
  fflush(stdout);
  ck_abort_msg("%s", why);
}

static void expect(bool condition, const char *otherwise) {
  if (!condition) give_up(otherwise);
}

/* ---------------------------------------------------------------- oracle */

static set all(void) { return (1u << t.objects) - 1; }

/* The links as sets, from the counts; before anything is searched. */
static void look_at_links(void) {
  for (unsigned i = 0; i < t.objects; i++) {
    t.held[i] = 0;
    for (unsigned j = 0; j < t.objects; j++)
      t.held[i] |= (set)(t.oracle.count[i][j] != 0) << j;
  }
}

static set targets_of(set sources) {
  set targets = 0;
  for (unsigned i = 0; i < t.objects; i++)
    if (is_in(sources, i)) targets |= t.held[i];
  return targets;
}

static set reached_from(set from) {
  for (set more; (more = targets_of(from) & ~from) != 0;)
    from |= more;
  return from;
}

static set roots(void) {
  set pinned = 0;
  for (unsigned i = 0; i < t.objects; i++)
    pinned |= (set)(t.oracle.pins[i] != 0) << i;
  return pinned | t.oracle.fresh | t.oracle.kept;
}

/* Does an operation, and says what it is to return. */
static int oracle_apply(operation o) {
  unsigned char *count = &t.oracle.count[o.source][o.target], *pins = &t.oracle.pins[o.target];
  bool source_dead = is_in(t.oracle.dead, o.source), target_dead = is_in(t.oracle.dead, o.target);
  switch (o.verb) {
  case LINK:
    if (source_dead || target_dead) return XLGC_E_RELEASED;
    ++*count;
    break;
  case UNLINK:
    if (source_dead) return XLGC__LATE;
    if (!*count) return XLGC_E_NOLINK;
    --*count;
    return 0;
  case PIN:
    if (target_dead) return XLGC_E_RELEASED;
    ++*pins;
    break;
  case UNPIN:
    if (target_dead || !*pins) return XLGC_E_NOPIN;
    --*pins;
    return 0;
  }
  t.oracle.fresh &= ~(1u << o.target);
  return 0;
}

static void oracle_bury(set dead) {
  t.oracle.dead |= dead;
  t.oracle.fresh &= ~dead;
  for (unsigned i = 0; i < t.objects; i++)
    for (unsigned j = 0; j < t.objects; j++)
      if (is_in(dead, i) || is_in(dead, j)) t.oracle.count[i][j] = 0;
  look_at_links();
}

/* ---------------------------------------------------------------- checks */

static void check_told(set dying) {
  set told = 0;
  for (unsigned i = 0; i < t.told_count; i++) {
    unsigned late = t.told[i];
    expect(!is_in(told, late), "an object is told twice");
    expect(is_in(dying, late), "an object is told that is no orphan, or was kept");
    for (unsigned early = 0; early < t.objects; early++) {
      if (!is_in(told, early) || !is_in(reached_from(1u << late), early)) continue;
      expect(is_in(reached_from(1u << early), late), "an object is told before its holder");
      expect(early < late, "a cycle is not told in the order of slots");
    }
    told |= 1u << late;
  }
  expect(told == dying, "an orphan is not told");
}

/* After a verdict: all that is left is reached, and each object says how. */
static void check_certificates(void) {
  set left = all() & ~t.oracle.dead, reached = roots();
  uint64_t distance[OBJECTS_MAX] = {0};
  for (set more; (more = targets_of(reached) & ~reached) != 0; reached |= more)
    for (unsigned i = 0; i < t.objects; i++)
      distance[i] += !is_in(reached, i);
  unsigned links = 0;
  for (unsigned i = 0; i < t.objects; i++) {
    for (set held = t.held[i]; held; held &= held - 1)
      links++;
    const xlgc__object *it = object(i);
    expect(is_in(left, i) == !(it->flags & XLGC__DEAD), "the living differ");
    if (!is_in(left, i)) continue;
    expect(is_in(roots(), i) == xlgc__object_is_root(it), "the roots differ");
    expect(!(it->flags & ~(XLGC__LIVE | XLGC__NEW | XLGC__KEPT | XLGC__SUPPORTS)), "C4: a mark is left");
    expect(it->supporter || is_in(roots(), i), "C2: it is no root and has no supporter");
    if (it->supporter) {
      unsigned supporter = it->supporter - 1;
      expect(t.oracle.count[supporter][i] != 0, "C1: the supporter does not hold it");
      expect(object(supporter)->rank < it->rank, "C1: the supporter ranks no lower");
    }
    if (t.way & EXACT) expect(it->rank == distance[i], "C3: the rank is not the distance");
  }
  expect(links == t.graph.links.records.used, "the number of links differs");
  expect(!t.graph.broken && !t.graph.lowered, "a queue is not empty");
}

/* ---------------------------------------------------------------- engine */

static int ask(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)context;
  (void)address;
  set asked = 1u << ((uint32_t)id - 1);
  t.asked_twice |= t.asked & asked;
  t.asked |= asked;
  return *(const int *)data;
}

static void tell(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)context;
  (void)address;
  (void)data;
  expect(t.told_count < t.objects, "more are told than there are");
  t.told[t.told_count++] = (uint32_t)id - 1;
}

static void repair(void) {
  int64_t budget;
  do
    budget = t.by_units ? 1 : INT64_MAX;
  while (!xlgc__repair_step(&t.rank, &budget));
}

static void begin_round(void) {
  t.reap.expiring = t.reap.kept;
  t.reap.kept = (xlgc__list){0, 0};
  while (!xlgc__finalize_expire(&t.reap))
    ;
  t.oracle.kept = 0;
}

static void apply(operation o) {
  uint32_t source = slot(o.source), target = slot(o.target);
  int result = 0;
  switch (o.verb) {
  case LINK: result = xlgc__graph_link(&t.graph, source, target, 0, NULL); break;
  case UNLINK: result = xlgc__graph_unlink(&t.graph, source, target, NULL); break;
  case PIN: result = xlgc__graph_pin(&t.graph, target, 1); break;
  case UNPIN: result = xlgc__graph_unpin(&t.graph, target); break;
  }
  expect(result == oracle_apply(o), "an operation returns another value");
}

static void end_round(void) {
  look_at_links();
  t.asked = t.asked_twice = 0;
  t.told_count = 0;
  set orphans = all() & ~t.oracle.dead & ~reached_from(roots());
  t.oracle.kept = orphans & t.answering[KEEPS];
  set dying = orphans & ~reached_from(roots());
  repair();
  if (t.rank.reclaim.pending.first) {
    while (!xlgc__finalize_ask(&t.reap, &t.rank.reclaim.pending))
      ;
    xlgc__repair_propagate(&t.rank, t.reap.kept.first);
    repair();
    bool spares;
    while (!xlgc__finalize_rescue(&t.reap, &spares))
      ;
    xlgc__repair_commit(&t.rank);
    repair();
  }
  int64_t unlimited = INT64_MAX;
  while (!xlgc__finalize_notify(&t.reap, &t.rank.reclaim.dead, &unlimited))
    ;
  t.reap.notified = (xlgc__list){0, 0};
  expect(t.asked == (orphans & ~t.answering[NOT_ASKED]), "others are asked than the orphans that want it");
  expect(!t.asked_twice, "an object is asked twice");
  check_told(dying);
  if (dying) oracle_bury(dying);
  check_certificates();
  /* The library's own oracle looks at all slots of a segment, so it is called now and then. */
  if (t.rounds++ % VERIFY_PERIOD == 0) expect(xlgc__verify(&t.graph, NULL, 0) == 0, "xlgc__verify does not agree");
  t.deaths += dying != 0;
  t.reprieves += t.oracle.kept != 0;
}

/* ---------------------------------------------------------------- states */

/* All that operations on a few objects can change: the graph but for its directories, the list of kept objects, and the
 * first records of both tables. */
typedef struct state {
  oracle oracle;
  unsigned char bytes[2048];
} state;

static void copy(state *s, bool restores) {
  enum { HEAD = offsetof(xlgc__segments, directory), SEGMENT = offsetof(xlgc__segment, records) };
  unsigned char *graph = (unsigned char *)&t.graph, *bytes = s->bytes;
  xlgc__segments *links = &t.graph.links.records, *objects = &t.graph.objects.records;
  const struct {
    void *at;
    size_t size_bytes;
  } parts[] = {
      {links, HEAD},
      {objects, HEAD},
      {&t.graph.links.version, sizeof t.graph.links.version},
      {graph + offsetof(xlgc__graph, objects.live), sizeof t.graph - offsetof(xlgc__graph, objects.live)},
      {&t.reap.kept, sizeof t.reap.kept},
      {xlgc__segments_of(links, 0), SEGMENT + (t.objects * t.objects + 1) * sizeof(xlgc__link)},
      {xlgc__segments_of(objects, 0), SEGMENT + (t.objects + 1) * sizeof(xlgc__object)},
  };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    expect((size_t)(bytes - s->bytes) + parts[i].size_bytes <= sizeof s->bytes, "a state takes more room");
    memcpy(restores ? parts[i].at : bytes, restores ? bytes : parts[i].at, parts[i].size_bytes);
    bytes += parts[i].size_bytes;
  }
}

static void save(state *s) {
  s->oracle = t.oracle;
  copy(s, false);
}

static void restore(state *s) {
  t.oracle = s->oracle;
  copy(s, true);
}

/* ----------------------------------------------------------- enumeration */

static void adopt(xlgc__segments *segments) {
  ok(xlgc__segments_prepare(segments));
  xlgc__segments_adopt(segments);
}

/* New objects; `answers`: how they answer, a digit to the base of ANSWERS each. */
static void open_engine(unsigned objects, bool selves, unsigned answers, unsigned way) {
  memset(&t, 0, sizeof t);
  t.way = way;
  t.objects = objects;
  xlgc__memory_init(&t.mem, &(xlgc_allocator){0});
  ok(xlgc__graph_init(&t.graph, &t.mem, 1, way & EXACT));
  xlgc__repair_init(&t.rank, &t.graph);
  ok(xlgc__mutex_init(&t.queue.lock));
  xlgc__weaks_init(&t.weaks, &t.mem);
  t.mail.graph = &t.graph;
  t.mail.queue = &t.queue;
  t.reap = (xlgc__finalize){.graph = &t.graph, .repair = &t.rank, .delivery = &t.mail, .weaks = &t.weaks};
  adopt(&t.graph.links.records);
  t.answers[KEEPS] = XLGC_KEEP;
  for (unsigned i = 0; i < ANSWERS; i++)
    t.kinds[i] = (xlgc_kind){.release = tell, .orphaned = i == NOT_ASKED ? NULL : ask, .data = &t.answers[i]};
  for (unsigned i = 0; i < objects; i++, answers /= ANSWERS) {
    uint32_t index, answer = answers % ANSWERS;
    uint64_t rank = xlgc__graph_birth_rank(&t.graph);
    ok(xlgc__object_create(&t.graph.objects, NULL, &t.kinds[answer], NULL, rank, &index));
    ck_assert_uint_eq(index, slot(i));
    t.answering[answer] |= 1u << i;
  }
  t.oracle.fresh = all();
  for (unsigned i = 0; i < objects; i++)
    for (unsigned j = 0; j < objects; j++)
      if (i != j || selves) t.parts[t.part_count++] = (operation){LINK, i, j};
  for (unsigned i = 0; i < objects; i++)
    t.parts[t.part_count++] = (operation){PIN, 0, i};
}

static void close_engine(void) {
  xlgc__graph_destroy(&t.graph);
  xlgc__mutex_destroy(&t.queue.lock);
  ck_assert_uint_eq(t.mem.bytes, 0);
}

static void explore(unsigned depth);

static void step(operation o, unsigned depth) {
  bool together = t.way & TOGETHER;
  if (!together || t.step_count == 0) begin_round();
  t.steps[t.step_count++] = o;
  apply(o);
  if (!together || depth == 1) end_round();
  if (depth > 1) explore(depth - 1);
  t.step_count--;
}

/* All sequences of so many operations from the present state. */
static void explore(unsigned depth) {
  state before;
  save(&before);
  for (unsigned target = 0; target < t.objects; target++) {
    for (unsigned source = 0; source < t.objects; source++) {
      for (verb verb = LINK; verb <= (source == 0 ? UNPIN : UNLINK); verb++) {
        restore(&before);
        step((operation){verb, source, target}, depth);
      }
    }
  }
}

static void explore_all(unsigned objects, bool selves, unsigned answers, unsigned way, unsigned depth) {
  open_engine(objects, selves, answers, way);
  state empty;
  save(&empty);
  for (t.start = (unsigned)(seed % stride); t.start < 1u << t.part_count; t.start += stride) {
    t.by_units = is_long ? way & BY_UNITS : (t.start ^ way) & BACKWARDS;
    restore(&empty);
    begin_round();
    for (unsigned i = 0; i < t.part_count; i++)
      if (is_part(i)) apply(part(i));
    end_round();
    explore(depth);
  }
  close_engine();
}

START_TEST(three_objects_and_two_operations) {
  unsigned long deaths = 0;
  for (unsigned objects = 1; objects <= 3; objects++) {
    explore_all(objects, true, 0, (unsigned)_i, 2);
    deaths += t.deaths;
  }
  ck_assert_uint_gt(deaths, 0);
}
END_TEST

START_TEST(three_objects_that_may_be_kept) {
  unsigned long reprieves = 0;
  for (unsigned answers = 0; answers < ANSWERS * ANSWERS * ANSWERS; answers++) {
    if (answers < ANSWERS * ANSWERS) explore_all(2, true, answers, (unsigned)_i, 2);
    explore_all(3, true, answers, (unsigned)_i, 1);
    reprieves += t.reprieves;
  }
  ck_assert_uint_gt(reprieves, 0);
}
END_TEST

START_TEST(four_objects) {
  explore_all(4, false, 0, (unsigned)_i, is_long ? 2 : 1);
  ck_assert_uint_gt(t.deaths, 0);
}
END_TEST

int main(void) {
  seed = trial_seed();
  unsigned work = trial_work(100);
  is_long = work > 100;
  stride = work < 100 ? 20 : 1;
  Suite *suite = suite_create("model_exhaustive");
  TCase *cases = trial_case(suite, "all graphs");
  tcase_add_loop_test(cases, three_objects_and_two_operations, 0, is_long ? WAYS : BY_UNITS);
  tcase_add_loop_test(cases, three_objects_that_may_be_kept, 0, is_long ? WAYS : TOGETHER);
  tcase_add_loop_test(cases, four_objects, 0, is_long ? WAYS : TOGETHER);
  return trial_run(suite);
}
