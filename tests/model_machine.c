/* Random operations on a pool, all through its interface, against a model: counts of links and a search from the roots,
 * with nothing incremental about it.
 *
 * The model learns from the pool only when verdicts fall: everything that is asked says how many events had been
 * applied by then, and the model is brought to that point and must find the same orphans. Where steps make that matter
 * every object wants to be asked; where all verdicts fall in flushes, only some do, and some are transient.
 *
 * Sequences run in processes of their own, some dozens in each, so that a crash or a hang can be shrunk like any other
 * failure: operations are removed as long as the sequence fails alone. What is left is printed as a trace for
 * `xlgc replay`, with what a trace cannot say as comments. */
#include <config.h>

#include "support/trial.h"

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xlgc.h>

enum { SLOTS = 12, CELLS = 2, OBJECTS = 64, PLACES = 8, LENGTH = 600, NOBODY = OBJECTS };
/* Operands beyond the slots: an id of another pool, and none. */
enum { FOREIGN = SLOTS, NONE, OPERANDS };
enum { NO_TAG = XLGC_TAG_MAX + 1 };

#define VERBS(X) \
  X(REGISTER)    \
  X(LINK)        \
  X(UNLINK)      \
  X(RELINK)      \
  X(PIN)         \
  X(UNPIN) X(LINK_AT) X(UNLINK_AT) X(KEEP) X(FLUSH) X(STEP) X(APPLY) X(DISTANCE) X(PATH) X(INFO) X(EACH) X(VERIFY)

#define NAME(name) name,
typedef enum verb { VERBS(NAME) VERB_COUNT } verb;
#undef NAME
#define NAME(name) #name,
static const char *const verb_names[] = {VERBS(NAME)};
#undef NAME

typedef struct operation {
  verb verb;
  unsigned a, b, c;
} operation;

typedef struct sequence {
  int setting;
  bool steps; /* there are steps, and all want to be asked */
  unsigned length;
  operation operations[LENGTH];
} sequence;

typedef uint64_t set; /* of objects, a bit each */

typedef struct event {
  verb verb;
  unsigned source, target, tag, cell; /* cell: CELLS for none */
  int reported;                       /* what on_error said of it */
} event;

typedef struct said {
  enum { ASKED, TOLD, FORGOTTEN } what;
  unsigned object;
  int answer;
  uint64_t rounds, events;
  void *cells[CELLS];
} said;

/* Of one sequence, in its process. */
static struct {
  bool steps, exact;
  unsigned now; /* the operation */
  xlgc_pool *pool;
  xlgc_context *context;
  /* Objects that the pool knows or that a slot still names. */
  xlgc_id ids[OBJECTS];
  unsigned slot_of[OBJECTS], at_slot[SLOTS];
  void *cells[SLOTS][CELLS];
  bool resting; /* no round is under way */
  /* The model, as of `applied` events. */
  set present, fresh, kept, asking, transient, keeping, to_tell;
  unsigned pins[OBJECTS], count[OBJECTS][OBJECTS], tag[OBJECTS][OBJECTS];
  unsigned placed[OBJECTS][OBJECTS]; /* logged at all */
  unsigned place_count[OBJECTS][OBJECTS], places[OBJECTS][OBJECTS][PLACES];
  void *expected_cells[OBJECTS][CELLS];
  set reach[OBJECTS]; /* of the dying, when they died */
  event events[2 * LENGTH];
  uint64_t logged, applied;
  uint64_t errors, told, kept_count, forgotten;
  /* What was said and not yet looked at. */
  said said[4 * LENGTH];
  unsigned said_count;
  /* A verdict: what was asked, and kept, in one round. */
  bool judging;
  uint64_t round;
  set asked, reprieved, told_together;
} m;

/* -------------------------------------------------------------- failures */

__attribute__((format(printf, 1, 2), noreturn)) static void differ(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("# operation %u: ", m.now);
  vprintf(format, arguments);
  va_end(arguments);
  puts("");
  fflush(stdout);
  _exit(1);
}

#define AGREE(condition, ...)              \
  do                                       \
    if (!(condition)) differ(__VA_ARGS__); \
  while (0)

static void must_return(const char *what, int is, int expected) {
  AGREE(is == expected, "%s returns %s, not %s", what, xlgc_errname(is), xlgc_errname(expected));
}

/* ------------------------------------------------------------------ sets */

static set one(unsigned object) { return UINT64_C(1) << object; }
static bool is_in(set s, unsigned object) { return s >> object & 1; }
static unsigned take(set *s) {
  unsigned object = (unsigned)__builtin_ctzll(*s);
  *s &= *s - 1;
  return object;
}

static set targets_of(unsigned source) {
  set targets = 0;
  for (set left = m.present; left;) {
    unsigned target = take(&left);
    if (m.count[source][target]) targets |= one(target);
  }
  return targets;
}

/* What `from` reaches; distance: of each from there, or NULL. */
static set reached_from(set from, uint64_t *distance) {
  uint64_t steps = 0;
  set reached = from;
  for (set ring = from; ring; reached |= ring, steps++) {
    set next = 0;
    while (ring) {
      unsigned object = take(&ring);
      if (distance) distance[object] = steps;
      next |= targets_of(object);
    }
    ring = next & ~reached;
  }
  return reached;
}

static set roots(void) {
  set pinned = 0;
  for (set left = m.present; left;) {
    unsigned object = take(&left);
    if (m.pins[object]) pinned |= one(object);
  }
  return pinned | m.fresh;
}

/* ----------------------------------------------------------------- model */

/* or_stale: the object is dead, and its slot may be free already. */
static void check_report(const event *e, int expected, bool or_stale) {
  m.errors += e->reported != 0;
  AGREE(e->reported == expected || (or_stale && e->reported == XLGC_E_STALE), "event %u, %s, is reported as %s, not %s",
        (unsigned)(e - m.events), verb_names[e->verb], xlgc_errname(e->reported), xlgc_errname(expected));
}

static void drop_place(unsigned source, unsigned target, unsigned cell) {
  unsigned *count = &m.place_count[source][target], *places = m.places[source][target];
  unsigned at = *count;
  for (unsigned i = 0; i < *count; i++)
    if (places[*count - 1 - i] == cell) {
      at = *count - 1 - i;
      break;
    }
  /* Not that one: the most recent, if there is one too many now. */
  if (at == *count && *count <= m.count[source][target]) return;
  if (at == *count) at--;
  --*count;
  for (; at < *count; at++)
    places[at] = places[at + 1];
}

static void apply_link(const event *e) {
  unsigned source = e->source, target = e->target;
  bool dead = !is_in(m.present, source) || !is_in(m.present, target);
  check_report(e, dead ? XLGC_E_RELEASED : 0, dead);
  if (dead) return;
  if (!m.count[source][target]++) m.tag[source][target] = m.place_count[source][target] = 0;
  if (e->tag != NO_TAG) m.tag[source][target] = e->tag;
  if (e->cell < CELLS) m.places[source][target][m.place_count[source][target]++] = e->cell;
  m.fresh &= ~one(target);
}

static void apply_unlink(const event *e) {
  unsigned *count = &m.count[e->source][e->target];
  if (!is_in(m.present, e->source)) {
    check_report(e, 0, true);
    return;
  }
  check_report(e, *count ? 0 : XLGC_E_NOLINK, !is_in(m.present, e->target));
  if (!*count) return;
  --*count;
  drop_place(e->source, e->target, e->cell);
}

static void apply_pin(const event *e) {
  bool dead = !is_in(m.present, e->target);
  check_report(e, dead ? XLGC_E_RELEASED : 0, dead);
  if (dead) return;
  m.pins[e->target]++;
  m.fresh &= ~one(e->target);
}

static void apply_unpin(const event *e) {
  bool dead = !is_in(m.present, e->target);
  check_report(e, dead || !m.pins[e->target] ? XLGC_E_NOPIN : 0, dead);
  if (!dead && m.pins[e->target]) m.pins[e->target]--;
}

static void advance(uint64_t events) {
  for (; m.applied < events; m.applied++) {
    const event *e = &m.events[m.applied];
    switch (e->verb) {
    case LINK: apply_link(e); break;
    case UNLINK: apply_unlink(e); break;
    case PIN: apply_pin(e); break;
    default: apply_unpin(e); break;
    }
  }
}

/* Takes objects that die together out of the model, with the places that are to be cleared. */
static void bury(set dying) {
  for (set left = dying; left;) {
    unsigned object = take(&left);
    m.reach[object] = reached_from(one(object), NULL);
    for (unsigned cell = 0; cell < CELLS; cell++)
      m.expected_cells[object][cell] = m.cells[m.slot_of[object]][cell];
    for (set targets = targets_of(object) & dying; targets;) {
      unsigned target = take(&targets);
      for (unsigned i = 0; i < m.place_count[object][target]; i++) {
        void **cell = &m.expected_cells[object][m.places[object][target][i]];
        if (*cell == m.cells[m.slot_of[target]]) *cell = NULL;
      }
    }
  }
  for (set left = dying; left;) {
    unsigned object = take(&left);
    m.pins[object] = 0;
    for (unsigned other = 0; other < OBJECTS; other++)
      m.count[object][other] = m.count[other][object] = 0;
  }
  m.present &= ~dying;
  m.fresh &= ~dying;
  m.kept &= ~dying;
  m.to_tell |= dying;
  m.told_together = 0;
}

/* The verdict of the round is complete. Of the reprieves given before, those that were asked had none left; the others
 * may have theirs still, unless all are `expired`. */
static void close_verdict(bool expired) {
  if (!m.judging) return;
  m.judging = false;
  m.kept = expired ? 0 : m.kept & ~m.asked;
  set orphans = m.present & ~reached_from(roots() | m.kept, NULL);
  AGREE(m.asked == (orphans & m.asking), "asked are %#llx, orphans %#llx", (unsigned long long)m.asked,
        (unsigned long long)(orphans & m.asking));
  m.kept |= m.reprieved;
  bury(orphans & ~reached_from(roots() | m.kept, NULL));
}

static void open_verdict(uint64_t round, uint64_t events) {
  if (m.judging && m.round == round) return;
  close_verdict(false);
  advance(events);
  m.judging = true;
  m.round = round;
  m.asked = m.reprieved = 0;
}

static void check_told(const said *s) {
  AGREE(is_in(m.to_tell, s->object), "object %u is told, and is alive or was told", s->object);
  m.to_tell &= ~one(s->object);
  for (set early = m.told_together & m.reach[s->object]; early;) {
    unsigned object = take(&early);
    AGREE(is_in(m.reach[object], s->object), "object %u is told after what it holds", s->object);
    AGREE((uint32_t)m.ids[object] < (uint32_t)m.ids[s->object], "a cycle is not told in the order of slots");
  }
  m.told_together |= one(s->object);
  for (unsigned cell = 0; cell < CELLS; cell++)
    AGREE(s->cells[cell] == m.expected_cells[s->object][cell], "place %u of object %u is %s", cell, s->object,
          s->cells[cell] ? "not cleared" : "cleared");
}

static void check_forgotten(unsigned object) {
  bool right = is_in(m.present & m.fresh & m.transient, object) && !targets_of(object);
  AGREE(right, "object %u is forgotten", object);
  bury(one(object));
  m.to_tell &= ~one(object);
}

/* Looks at what was said in a call of the library. */
static void listen(void) {
  for (unsigned i = 0; i < m.said_count; i++) {
    const said *s = &m.said[i];
    if (s->what == ASKED) {
      open_verdict(s->rounds, s->events);
      AGREE(!is_in(m.asked, s->object), "object %u is asked twice", s->object);
      m.asked |= one(s->object);
      if (s->answer == XLGC_KEEP) m.reprieved |= one(s->object);
      m.kept_count += s->answer == XLGC_KEEP;
      continue;
    }
    close_verdict(!m.steps);
    if (s->what == TOLD)
      check_told(s);
    else
      check_forgotten(s->object);
    m.told += s->what == TOLD;
    m.forgotten += s->what == FORGOTTEN;
  }
  m.said_count = 0;
}

/* ------------------------------------------------------------- callbacks */

static void note(int what, xlgc_id id, void *address, int answer) {
  AGREE(m.said_count < sizeof m.said / sizeof *m.said, "too much is said");
  said *s = &m.said[m.said_count++];
  xlgc_statistics statistics;
  must_return("xlgc_stats", xlgc_stats(m.pool, &statistics), 0);
  *s = (said){.what = what, .answer = answer, .rounds = statistics.rounds, .events = statistics.events};
  while (s->object < OBJECTS && m.ids[s->object] != id)
    s->object++;
  AGREE(s->object < OBJECTS, "%#llx is heard of and is nobody's id", (unsigned long long)id);
  AGREE(address == m.cells[m.slot_of[s->object]], "object %u has another address", s->object);
  memcpy(s->cells, address, sizeof s->cells);
}

static void release(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)context;
  (void)data;
  note(TOLD, id, address, 0);
}

static void forget(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)context;
  (void)data;
  note(FORGOTTEN, id, address, 0);
}

static int ask(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)context;
  (void)data;
  note(ASKED, id, address, XLGC_LET_GO);
  said *s = &m.said[m.said_count - 1];
  if (is_in(m.keeping, s->object)) s->answer = XLGC_KEEP;
  m.keeping &= ~one(s->object);
  return s->answer;
}

static void on_error(void *data, const xlgc_error *error) {
  (void)data;
  AGREE(error->position < m.logged, "event %llu is reported, which was not logged",
        (unsigned long long)error->position);
  event *e = &m.events[error->position];
  AGREE(!e->reported, "event %llu is reported twice", (unsigned long long)error->position);
  AGREE(error->target == m.ids[e->target], "event %llu is reported for another object",
        (unsigned long long)error->position);
  e->reported = error->code;
}

static const xlgc_kind asking_kind = {.name = "asking", .release = release, .orphaned = ask};
static const xlgc_kind quiet_kind = {.name = "quiet", .release = release};
static const xlgc_kind transient_kind = {
    .name = "transient", .flags = XLGC_KIND_TRANSIENT, .release = release, .forgotten = forget};

/* ------------------------------------------------------------ operations */

static unsigned object_at(unsigned operand) { return operand < SLOTS ? m.at_slot[operand] : NOBODY; }

static xlgc_id id_at(unsigned operand) {
  if (operand == FOREIGN) return UINT64_C(0xFF00000100000001);
  return object_at(operand) == NOBODY ? XLGC_ID_NONE : m.ids[object_at(operand)];
}

/* What a barrier says to this operand. */
static int check_operand(unsigned operand) {
  if (operand == FOREIGN) return XLGC_E_FOREIGN;
  return object_at(operand) == NOBODY ? XLGC_E_INVAL : 0;
}

static int check_operands(unsigned a, unsigned b) { return check_operand(a) ? check_operand(a) : check_operand(b); }

static void log_event(verb verb, unsigned source, unsigned target, unsigned tag, unsigned cell) {
  m.events[m.logged++] = (event){verb, object_at(source), object_at(target), tag, cell, 0};
}

static void do_register(operation o) {
  unsigned old = m.at_slot[o.a % SLOTS], object = 0;
  while (object < OBJECTS && m.ids[object])
    object++;
  if (object == OBJECTS) return;
  const xlgc_kind *kind = m.steps || o.b % 3 == 0 ? &asking_kind : o.b % 3 == 1 ? &quiet_kind : &transient_kind;
  xlgc_id id = XLGC_ID_NONE;
  int result = xlgc_register(m.context, m.cells[o.a % SLOTS], kind, &id);
  bool alive = old != NOBODY && is_in(m.present, old);
  /* Until its releaser is called, the memory is the dying object's. */
  bool dying = old != NOBODY && is_in(m.to_tell, old);
  if (result == XLGC_E_EXISTS && (alive || dying)) return;
  must_return("xlgc_register", result, alive && !m.judging ? XLGC_E_EXISTS : 0);
  m.ids[object] = id;
  m.slot_of[object] = o.a % SLOTS;
  m.at_slot[o.a % SLOTS] = object;
  m.present |= one(object);
  m.fresh |= one(object);
  if (kind == &asking_kind) m.asking |= one(object);
  if (kind == &transient_kind) m.transient |= one(object);
  memset(m.placed[object], 0, sizeof m.placed[object]);
  for (unsigned other = 0; other < OBJECTS; other++)
    m.placed[other][object] = 0;
}

static void do_link(operation o) {
  int expected = check_operands(o.a, o.b);
  must_return("xlgc_link", xlgc_link(m.context, id_at(o.a), id_at(o.b)), expected);
  if (!expected) log_event(LINK, o.a, o.b, NO_TAG, CELLS);
}

static void do_unlink(operation o) {
  int expected = check_operands(o.a, o.b);
  must_return("xlgc_unlink", xlgc_unlink(m.context, id_at(o.a), id_at(o.b)), expected);
  if (!expected) log_event(UNLINK, o.a, o.b, 0, CELLS);
}

static void do_relink(operation o) {
  bool from = id_at(o.b) != XLGC_ID_NONE, to = id_at(o.c) != XLGC_ID_NONE;
  int expected = from ? check_operands(o.a, o.b) : check_operand(o.a);
  if (!expected && to) expected = check_operand(o.c);
  must_return("xlgc_relink", xlgc_relink(m.context, id_at(o.a), id_at(o.b), id_at(o.c)), expected);
  if (!expected && to) log_event(LINK, o.a, o.c, NO_TAG, CELLS);
  if (!expected && from) log_event(UNLINK, o.a, o.b, 0, CELLS);
}

static void do_pin(operation o) {
  int expected = check_operand(o.a);
  must_return("xlgc_pin", xlgc_pin(m.context, id_at(o.a)), expected);
  if (!expected) log_event(PIN, o.a, o.a, 0, CELLS);
}

static void do_unpin(operation o) {
  int expected = check_operand(o.a);
  must_return("xlgc_unpin", xlgc_unpin(m.context, id_at(o.a)), expected);
  if (!expected) log_event(UNPIN, o.a, o.a, 0, CELLS);
}

/* The program changes its pointers only between rounds: the model does not say what place wins in one. */
static void do_link_at(operation o) {
  unsigned cell = o.c % (CELLS + 1), tag = o.c % (XLGC_TAG_MAX + 2);
  int expected = check_operands(o.a, o.b);
  if (!expected && tag > XLGC_TAG_MAX) expected = XLGC_E_INVAL;
  unsigned source = object_at(o.a), target = object_at(o.b);
  bool can_place = !expected && m.resting && is_in(m.present, source) && is_in(m.present, target);
  if (!can_place || m.placed[source][target] == PLACES) cell = CELLS;
  if (cell < CELLS) {
    m.cells[o.a][cell] = m.cells[o.b];
    m.placed[source][target]++;
  }
  void *place = cell < CELLS ? &m.cells[o.a][cell] : NULL;
  must_return("xlgc_link_at", xlgc_link_at(m.context, id_at(o.a), id_at(o.b), place, tag), expected);
  if (!expected) log_event(LINK, o.a, o.b, tag, cell);
}

static void do_unlink_at(operation o) {
  unsigned cell = o.c % CELLS;
  int expected = check_operands(o.a, o.b);
  void *place = o.a < SLOTS ? &m.cells[o.a][cell] : NULL;
  must_return("xlgc_unlink_at", xlgc_unlink_at(m.context, id_at(o.a), id_at(o.b), place), expected);
  if (!expected) log_event(UNLINK, o.a, o.b, 0, cell);
}

static void do_keep(operation o) {
  if (object_at(o.a) != NOBODY) m.keeping |= one(object_at(o.a));
}

static void check_at_rest(void) {
  set expected = 0;
  for (unsigned slot = 0; slot < SLOTS; slot++) {
    unsigned object = m.at_slot[slot];
    bool is_there = object != NOBODY && is_in(m.present, object);
    xlgc_id id = XLGC_ID_NONE;
    must_return("xlgc_lookup", xlgc_lookup(m.pool, m.cells[slot], &id), is_there ? 0 : XLGC_E_UNKNOWN);
    AGREE(!is_there || id == m.ids[object], "xlgc_lookup finds another object");
    if (object != NOBODY) expected |= one(object);
  }
  uint64_t links = 0;
  for (set left = m.present; left;)
    links += (uint64_t)__builtin_popcountll(targets_of(take(&left)));
  xlgc_statistics is;
  must_return("xlgc_stats", xlgc_stats(m.pool, &is), 0);
  AGREE(is.objects == (uint64_t)__builtin_popcountll(m.present), "the number of objects differs");
  AGREE(is.links == links, "the number of links differs");
  AGREE(is.events == m.logged && is.queued == 0, "the number of events differs");
  AGREE(is.errors == m.errors, "the number of errors differs");
  AGREE(is.orphans == m.told && is.kept == m.kept_count && is.forgotten == m.forgotten,
        "the numbers of the dead differ");
  /* Entries that no slot names are free again. */
  for (unsigned object = 0; object < OBJECTS; object++)
    if (!is_in(expected | m.present, object)) m.ids[object] = XLGC_ID_NONE;
  m.asking &= m.present;
  m.transient &= m.present;
  m.keeping &= m.present;
}

static void do_flush(operation o) {
  (void)o;
  xlgc_statistics before;
  must_return("xlgc_stats", xlgc_stats(m.pool, &before), 0);
  must_return("xlgc_flush", xlgc_flush(m.pool), 0);
  if (!m.steps) open_verdict(before.rounds, m.logged);
  listen();
  close_verdict(!m.steps);
  advance(m.logged);
  /* What was kept by the last verdict still is, unless something else reaches it. */
  m.kept = m.reprieved & m.present & ~reached_from(roots(), NULL);
  AGREE(!m.to_tell, "object %d is not told", __builtin_ctzll(m.to_tell));
  set orphans = m.present & ~reached_from(roots() | m.kept, NULL);
  AGREE(!orphans, "object %d is an orphan and was not asked", __builtin_ctzll(orphans));
  for (set left = m.present & m.fresh & m.transient; left;) {
    unsigned object = take(&left);
    AGREE(targets_of(object), "object %u holds nothing and is not forgotten", object);
  }
  m.resting = true;
  check_at_rest();
}

static void do_step(operation o) {
  int result = xlgc_step(m.pool, 1 + o.c % 40);
  AGREE(result == 0 || result == 1, "xlgc_step returns %s", xlgc_errname(result));
  m.resting = result == 0;
  listen();
}

/* After calls that apply everything, and complete a verdict that is under way. */
static void applied_all(void) {
  listen();
  close_verdict(false);
  advance(m.logged);
}

static void do_apply(operation o) {
  (void)o;
  must_return("xlgc_apply", xlgc_apply(m.pool), 0);
  applied_all();
}

static void do_verify(operation o) {
  (void)o;
  char why[160] = "";
  int result = xlgc_verify(m.pool, why, sizeof why);
  applied_all();
  AGREE(result == 0, "xlgc_verify: %s: %s", xlgc_errname(result), why);
}

/* What reading functions say to an operand; everything has been applied. */
static int check_reading(unsigned operand) {
  if (operand == FOREIGN || object_at(operand) == NOBODY) return XLGC_E_FOREIGN;
  return is_in(m.present, object_at(operand)) ? 0 : XLGC_E_STALE;
}

static uint64_t distance_from(set from, unsigned object) {
  uint64_t distance[OBJECTS];
  return is_in(reached_from(from, distance), object) ? distance[object] : XLGC_UNREACHABLE;
}

/* Some reprieves may be over and others not yet. */
static bool is_distance(unsigned object, uint64_t is) {
  return is >= distance_from(roots() | m.kept, object) && is <= distance_from(roots(), object);
}

static void do_distance(operation o) {
  uint64_t distance = 0;
  int result = xlgc_distance(m.pool, id_at(o.a), &distance);
  applied_all();
  must_return("xlgc_distance", result, check_reading(o.a));
  AGREE(result || is_distance(object_at(o.a), distance), "the distance of %u is %llu", object_at(o.a),
        (unsigned long long)distance);
}

static unsigned object_of(xlgc_id id) {
  unsigned object = 0;
  while (object < OBJECTS && m.ids[object] != id)
    object++;
  AGREE(object < OBJECTS, "%#llx is nobody's id", (unsigned long long)id);
  return object;
}

static void do_path(operation o) {
  xlgc_id holders[OBJECTS];
  size_t length = 0;
  int result = xlgc_path(m.pool, id_at(o.a), holders, OBJECTS, &length);
  applied_all();
  int expected = check_reading(o.a);
  if (!expected && result == XLGC_E_UNKNOWN) {
    AGREE(is_distance(object_at(o.a), XLGC_UNREACHABLE), "the path of %u is not found", object_at(o.a));
    return;
  }
  must_return("xlgc_path", result, expected);
  if (result) return;
  unsigned at = object_at(o.a);
  AGREE(is_distance(at, length), "the path of %u has length %zu", at, length);
  for (size_t i = 0; i < length; i++) {
    unsigned holder = object_of(holders[i]);
    AGREE(m.count[holder][at], "the path of %u is broken at %zu", object_at(o.a), i);
    at = holder;
  }
  AGREE(is_in(roots() | m.kept, at), "the path of %u does not end at a root", object_at(o.a));
}

static void do_info(operation o) {
  xlgc_object_info info;
  int result = xlgc_info(m.pool, id_at(o.a), &info);
  applied_all();
  must_return("xlgc_info", result, check_reading(o.a));
  if (result) return;
  unsigned object = object_at(o.a);
  AGREE(info.object == m.cells[o.a] && info.pins == m.pins[object], "xlgc_info is wrong on address or pins");
  AGREE(info.is_new == is_in(m.fresh, object), "xlgc_info is wrong on what is new");
  AGREE(info.is_root == is_in(roots(), object) || is_in(m.kept, object), "xlgc_info is wrong on roots");
}

static int see_target(void *data, const xlgc_link_info *link) {
  set *seen = data;
  unsigned source = object_of(link->source), target = object_of(link->target);
  AGREE(!is_in(*seen, target), "a link is shown twice");
  AGREE(link->count == m.count[source][target] && link->tag == m.tag[source][target], "a link is shown wrongly");
  *seen |= one(target);
  return 0;
}

static void do_each(operation o) {
  do_apply(o);
  set seen = 0;
  int result = xlgc_each_target(m.pool, id_at(o.a), see_target, &seen);
  must_return("xlgc_each_target", result, check_reading(o.a));
  AGREE(result || seen == targets_of(object_at(o.a)), "not all links are shown");
}

static void (*const actions[VERB_COUNT])(operation o) = {
    [REGISTER] = do_register, [LINK] = do_link,   [UNLINK] = do_unlink,   [RELINK] = do_relink,
    [PIN] = do_pin,           [UNPIN] = do_unpin, [LINK_AT] = do_link_at, [UNLINK_AT] = do_unlink_at,
    [KEEP] = do_keep,         [FLUSH] = do_flush, [STEP] = do_step,       [APPLY] = do_apply,
    [DISTANCE] = do_distance, [PATH] = do_path,   [INFO] = do_info,       [EACH] = do_each,
    [VERIFY] = do_verify};

/* Leaves the process when something differs. */
static void run(const sequence *s) {
  memset(&m, 0, sizeof m);
  m.steps = s->steps;
  for (unsigned slot = 0; slot < SLOTS; slot++)
    m.at_slot[slot] = NOBODY;
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = s->setting;
  config.on_error = on_error;
  must_return("xlgc_pool_create", xlgc_pool_create(&config, &m.pool), 0);
  must_return("xlgc_context_create", xlgc_context_create(m.pool, "machine", &m.context), 0);
  m.resting = true;
  for (m.now = 0; m.now < s->length; m.now++)
    actions[s->operations[m.now].verb](s->operations[m.now]);
  do_flush((operation){0});
  do_verify((operation){0});
  must_return("xlgc_pool_destroy", xlgc_pool_destroy(m.pool), 0);
}

/* ------------------------------------------------- sequences and shrinking */

static void draw(sequence *s, uint64_t seed) {
  uint64_t state = seed;
  unsigned slots = 3 + trial_random(&state, SLOTS - 2), weights[VERB_COUNT], total = 0;
  s->setting = (int)(seed & 1);
  s->steps = seed >> 1 & 1;
  s->length = LENGTH;
  static const unsigned char most[VERB_COUNT] = {
      [REGISTER] = 20, [LINK] = 40,      [UNLINK] = 40, [RELINK] = 20, [PIN] = 10,  [UNPIN] = 16,
      [LINK_AT] = 30,  [UNLINK_AT] = 20, [KEEP] = 6,    [FLUSH] = 8,   [STEP] = 20, [APPLY] = 4,
      [DISTANCE] = 6,  [PATH] = 4,       [INFO] = 4,    [EACH] = 4,    [VERIFY] = 1};
  for (unsigned verb = 0; verb < VERB_COUNT; verb++)
    total += weights[verb] = verb == STEP && !s->steps ? 0 : 1 + trial_random(&state, most[verb]);
  for (unsigned i = 0; i < LENGTH; i++) {
    unsigned verb = 0;
    for (uint32_t at = trial_random(&state, total); at >= weights[verb]; verb++)
      at -= weights[verb];
    unsigned operands[3];
    for (unsigned k = 0; k < 3; k++)
      operands[k] = trial_random(&state, 50) ? trial_random(&state, slots) : SLOTS + trial_random(&state, 2);
    s->operations[i] =
        (operation){verb, operands[0], operands[1], verb == RELINK ? operands[2] : trial_random(&state, 64)};
  }
}

/* Does any of these fail, run in a process of their own? quiet: its output goes nowhere. */
static bool fails(sequence *(*next)(void *data, unsigned i), void *data, unsigned count, bool quiet) {
  fflush(stdout);
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    if (quiet && (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))) _exit(2);
    signal(SIGALRM, SIG_DFL);      /* Check has its own */
    alarm(trial_timeout_s() / 10); /* so that a hang can be shrunk */
    for (unsigned i = 0; i < count; i++)
      run(next(data, i));
    _exit(0);
  }
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  return status != 0;
}

static sequence *itself(void *data, unsigned i) {
  (void)i;
  return data;
}
static bool one_fails(sequence *s, bool quiet) { return fails(itself, s, 1, quiet); }

/* `data`: the seed of the first. */
static sequence *drawn(void *data, unsigned i) {
  static sequence s;
  draw(&s, *(uint64_t *)data + i);
  return &s;
}

/* Takes out all that it fails without. */
static void shrink(sequence *s) {
  for (unsigned chunk = s->length / 2; chunk; chunk /= 2) {
    for (unsigned at = 0; at + chunk <= s->length;) {
      static sequence shorter;
      shorter = *s;
      shorter.length -= chunk;
      memmove(shorter.operations + at, s->operations + at + chunk, (s->length - at - chunk) * sizeof *s->operations);
      if (one_fails(&shorter, true))
        *s = shorter;
      else
        at += chunk;
    }
  }
}

static void print_operation(operation o) {
  bool sayable = o.a < SLOTS && o.b < SLOTS && (o.verb != RELINK || o.c < SLOTS);
  switch (sayable ? o.verb : VERB_COUNT) {
  case LINK: printf("link o%u o%u\n", o.a, o.b); break;
  case LINK_AT:
    printf("link o%u o%u\n# at place %u, tag %u\n", o.a, o.b, o.c % (CELLS + 1), o.c % (XLGC_TAG_MAX + 2));
    break;
  case UNLINK: printf("unlink o%u o%u\n", o.a, o.b); break;
  case UNLINK_AT: printf("unlink o%u o%u\n# at place %u\n", o.a, o.b, o.c % CELLS); break;
  case RELINK: printf("link o%u o%u\nunlink o%u o%u\n", o.a, o.c, o.a, o.b); break;
  case PIN: printf("pin o%u\n", o.a); break;
  case UNPIN: printf("unpin o%u\n", o.a); break;
  case KEEP: printf("keep o%u\n", o.a); break;
  case FLUSH: puts("flush"); break;
  case DISTANCE: printf("distance o%u\n", o.a); break;
  case PATH: printf("path o%u\n", o.a); break;
  default: printf("# %s %u %u %u\n", verb_names[o.verb], o.a, o.b, o.c); break;
  }
}

static void report(sequence *s) {
  shrink(s);
  printf("# %s, %u operations\n", s->setting == XLGC_EXACT ? "exact" : "certified", s->length);
  for (unsigned i = 0; i < s->length; i++)
    print_operation(s->operations[i]);
  one_fails(s, false);
}

static uint64_t seed;

/* Fails with the first of these that fails alone. */
static void find_failing(uint64_t first, unsigned count) {
  static sequence s;
  for (uint64_t at = first; at < first + count; at++) {
    draw(&s, at);
    if (!one_fails(&s, true)) continue;
    printf("fails: SEED=%llu\n", (unsigned long long)at);
    report(&s);
    ck_abort_msg("the sequence of SEED=%llu", (unsigned long long)at);
  }
  ck_abort_msg("the sequences of SEED=%llu and the next %u fail only one after the other, in one process",
               (unsigned long long)first, count - 1);
}

START_TEST(random_operations) {
  enum { AT_ONCE = 50 }; /* as a process costs more than a sequence */
  unsigned sequences = trial_work(6000);
  for (unsigned i = 0; i < sequences; i += AT_ONCE) {
    uint64_t first = seed + i;
    if (fails(drawn, &first, AT_ONCE, true)) find_failing(first, AT_ONCE);
  }
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("model_machine");
  tcase_add_test(trial_case(suite, "model"), random_operations);
  return trial_run(suite);
}
