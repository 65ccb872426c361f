/* From the logs into the graph, without a pool: what each event does and what is said of wrong ones (apply), links that
 * meet their unlink before they are entered (cancel), and which events of which log are applied in which order (cut). */
#include <config.h>

#include "rounds/cut.h"
#include "support/one_queue.h"

static struct {
  xlgc__weaks weaks;
  xlgc__apply apply;
  xlgc__cut cut;
  xlgc_context *context;
  xlgc_error error; /* the last one */
  char error_context[32];
} t;

static const xlgc_kind by_address = {.name = "by address", .flags = XLGC_KIND_TRANSIENT};

static void on_error(void *data, const xlgc_error *error) {
  (void)data;
  t.error = *error;
  strncpy(t.error_context, error->context, sizeof t.error_context - 1);
}

static void start_in(bool exact) {
  memset(&t, 0, sizeof t);
  open_queue(exact);
  xlgc__weaks_init(&t.weaks, &g.memory);
  t.apply = (xlgc__apply){.graph = &g.graph,
                          .queue = &q.queue,
                          .weaks = &t.weaks,
                          .misuse = {.on_error = on_error, .objects = &g.graph.objects, .queue = &q.queue},
                          .cancel = {.graph = &g.graph, .queue = &q.queue, .misuse = &t.apply.misuse}};
  t.cut = (xlgc__cut){.apply = &t.apply, .queue = &q.queue, .callbacks = q.callbacks};
  t.context = new_context("program");
}
static void start(void) { start_in(false); }

static void finish(void) {
  xlgc__weaks_destroy(&t.weaks);
  close_queue();
}

/* Slots keep their objects, so an event names them by these. */
static void log_event(xlgc_context *context, xlgc__op op, uint32_t one, uint32_t other) {
  xlgc__record event = xlgc__event(op, bare(one), other ? bare(other) : 0);
  ok(xlgc__writer_log(context, &event, 1, op == XLGC__OP_LINK, context->of_pool));
}

static void log_place(xlgc_context *context, xlgc__op op, uint32_t source, uint32_t target, void **place) {
  xlgc__record event[2] = {xlgc__event(op, bare(source), bare(target)), {{(uintptr_t)place, 0}}};
  event[0].word[1] |= (uint64_t)XLGC__NO_TAG << 56;
  ok(xlgc__writer_log(context, event, 2, op == XLGC__OP_LINK_AT, context->of_pool));
}

/* Applies the next event of a log. */
static int apply_next(xlgc_context *context, bool may_wait) {
  context->cut = xlgc__log_cut(&context->log);
  ck_assert_ptr_nonnull(xlgc__reader_peek(context));
  return xlgc__apply_event(&t.apply, context, &context->read, may_wait);
}

static int apply(xlgc__op op, uint32_t one, uint32_t other) {
  log_event(t.context, op, one, other);
  return apply_next(t.context, false);
}

static void enter_all(void) {
  while (xlgc__cancel_enter_oldest(&t.apply.cancel)) {
  }
}

static void expect_error(int code, const char *what, uint64_t position) {
  ck_assert_str_eq(xlgc_errname(t.error.code), xlgc_errname(code));
  ck_assert_str_eq(t.error.what, what);
  ck_assert_uint_eq(t.error.position, position);
  ck_assert_str_eq(t.error_context, "program");
}

/* ----------------------------------------------------------------- apply */

START_TEST(events_change_the_graph) {
  start();
  uint32_t top = new_root(), held = new_object(&plain_kind);
  ok(apply(XLGC__OP_LINK, top, held));
  ok(apply(XLGC__OP_LINK, top, held));
  enter_all();
  ck_assert_uint_eq(count_of(top, held), 2);
  ok(apply(XLGC__OP_UNLINK, top, held));
  ck_assert_uint_eq(count_of(top, held), 1);
  ok(apply(XLGC__OP_PIN, held, 0));
  ck_assert_uint_eq(at(held)->pins, 1);
  ok(apply(XLGC__OP_UNPIN, held, 0));
  ck_assert_uint_eq(at(held)->pins, 0);
  ok(apply(XLGC__OP_WEAK, held, 0));
  ck_assert(is(held, XLGC__WEAK));
  uint32_t passing = new_object(&by_address);
  ok(apply(XLGC__OP_BORN, passing, 0));
  ck_assert(is(passing, XLGC__IDLE));
  ck_assert_uint_eq(t.apply.events, 5); /* the last two are not the program's */
  ck_assert_uint_eq(t.apply.misuse.errors, 0);
  check_graph(3);
  finish();
}
END_TEST

START_TEST(events_with_a_place_are_entered_at_once) {
  static void *places[2];
  start();
  uint32_t top = new_root(), held = new_object(&plain_kind);
  ok(apply(XLGC__OP_LINK, top, held));
  ck_assert_uint_eq(count_of(top, held), 0);
  for (unsigned i = 0; i < 2; i++) {
    log_place(t.context, XLGC__OP_LINK_AT, top, held, &places[i]);
    ok(apply_next(t.context, false));
  }
  ck_assert_uint_eq(count_of(top, held), 3); /* what waited for the target goes before it */
  ck_assert_uint_eq(g.graph.links.places.used, 2);
  log_place(t.context, XLGC__OP_UNLINK_AT, top, held, &places[0]);
  ok(apply_next(t.context, false));
  ck_assert_uint_eq(count_of(top, held), 2);
  ck_assert_uint_eq(g.graph.links.places.used, 1);
  finish();
}
END_TEST

/* Pins and unpins are applied to a target after the link that waits for it, so the unpin finds it held. */
START_TEST(events_of_one_target_keep_their_order) {
  start();
  uint32_t top = new_root(), held = new_object(&plain_kind), other = new_root();
  ok(apply(XLGC__OP_LINK, top, held));
  ok(apply(XLGC__OP_PIN, held, 0));
  ck_assert_uint_eq(count_of(top, held), 1);
  ok(apply(XLGC__OP_LINK, top, other));
  ok(apply(XLGC__OP_UNPIN, other, 0));
  ck_assert_uint_eq(count_of(top, other), 1);
  ck_assert_uint_eq(at(other)->supporter, top);
  ck_assert_uint_eq(g.graph.broken, 0);
  finish();
}
END_TEST

START_TEST(what_is_stale_is_reported_with_its_position) {
  start();
  uint32_t top = new_root(), gone = new_object(&plain_kind);
  xlgc_id id = xlgc__object_id(&g.graph.objects, gone), top_id = xlgc__object_id(&g.graph.objects, top);
  log_event(t.context, XLGC__OP_LINK, top, gone);
  log_event(t.context, XLGC__OP_PIN, gone, 0);
  log_event(t.context, XLGC__OP_UNLINK, gone, top);
  xlgc__object_discard(&g.graph.objects, gone);
  ok(apply_next(t.context, true));
  expect_error(XLGC_E_STALE, "link", 0);
  ck_assert(t.error.source == top_id && t.error.target == id);
  ok(apply_next(t.context, true));
  expect_error(XLGC_E_STALE, "pin", 1);
  ck_assert(t.error.source == XLGC_ID_NONE && t.error.target == id);
  ok(apply_next(t.context, true));
  expect_error(XLGC_E_STALE, "unlink", 2);
  ck_assert(t.error.source == id && t.error.target == top_id);
  ck_assert_uint_eq(t.apply.misuse.errors, 3);
  ck_assert_uint_eq(t.apply.events, 3); /* they count as applied */
  finish();
}
END_TEST

/* _i: an unlink or an unpin. */
START_TEST(a_drop_without_its_add_may_wait_for_it) {
  start();
  uint32_t top = new_root(), held = new_object(&plain_kind);
  int lacks = _i ? XLGC_E_NOPIN : XLGC_E_NOLINK;
  xlgc_context *other = new_context("other");
  if (_i)
    log_event(t.context, XLGC__OP_UNPIN, held, 0);
  else
    log_event(t.context, XLGC__OP_UNLINK, top, held);
  for (unsigned i = 0; i < 2; i++)
    ck_assert_int_eq(apply_next(t.context, true), lacks);
  ck_assert_uint_eq(t.apply.misuse.errors + t.apply.events, 0);
  if (_i)
    log_event(other, XLGC__OP_PIN, held, 0);
  else
    log_event(other, XLGC__OP_LINK, top, held);
  ok(apply_next(other, true));
  ok(apply_next(t.context, true));
  ck_assert_uint_eq(t.apply.misuse.errors, 0);
  /* And where it cannot come any more, it is wrong. */
  if (_i)
    ok(apply(XLGC__OP_UNPIN, held, 0));
  else
    ok(apply(XLGC__OP_UNLINK, top, held));
  expect_error(lacks, _i ? "unpin" : "unlink", 1);
  finish();
}
END_TEST

START_TEST(dropping_what_the_dead_held_is_late_and_not_wrong) {
  start();
  uint32_t source = new_object(&plain_kind), target = new_object(&plain_kind), gone = new_object(&plain_kind);
  log_event(t.context, XLGC__OP_UNLINK, source, target);
  log_event(t.context, XLGC__OP_UNLINK, source, gone);
  log_event(t.context, XLGC__OP_LINK, source, target);
  at(source)->flags |= XLGC__DEAD;
  xlgc__object_discard(&g.graph.objects, gone);
  for (unsigned i = 1; i <= 2; i++) {
    ok(apply_next(t.context, true));
    ck_assert_uint_eq(t.apply.late_drops, i);
  }
  ck_assert_uint_eq(t.apply.misuse.errors, 0);
  ok(apply_next(t.context, true));
  expect_error(XLGC_E_RELEASED, "link", 2);
  finish();
}
END_TEST

START_TEST(an_event_without_memory_stays_and_is_reported_once) {
  static void *place;
  start();
  uint32_t top = new_root(), held = new_object(&plain_kind);
  log_place(t.context, XLGC__OP_LINK_AT, top, held, &place);
  g.allocator.sticky = true;
  g.allocator.fail_at = g.allocator.asked;
  for (unsigned i = 0; i < 3; i++)
    ck_assert_int_eq(apply_next(t.context, false), XLGC_E_NOMEM);
  ck_assert_uint_eq(t.apply.misuse.errors, 1);
  ck_assert_uint_eq(t.apply.events, 0);
  expect_error(XLGC_E_NOMEM, "link", 0);
  g.allocator.fail_at = ALLOC_NEVER;
  ok(apply_next(t.context, false));
  ck_assert_uint_eq(count_of(top, held), 1);
  ck_assert_uint_eq(t.apply.events, 1);
  finish();
}
END_TEST

/* The pin of a look-up is handed over when the graph is asked for it, one way or the other. */
START_TEST(pins_of_weak_loads_are_handed_over) {
  xlgc_weak *weak;
  start();
  uint32_t held = new_object(&plain_kind);
  ok(xlgc__weak_create(&t.weaks, bare(held), NULL, NULL, &weak));
  ck_assert(!xlgc__apply_loads(&t.apply));
  for (unsigned i = 0; i < 3; i++)
    ck_assert_uint_eq(xlgc__weak_load(&t.weaks, weak), bare(held));
  ok(apply(XLGC__OP_UNPIN, held, 0));
  ck_assert_uint_eq(at(held)->pins, 2);
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, weak), bare(held));
  ck_assert(xlgc__apply_loads(&t.apply));
  ck_assert_uint_eq(at(held)->pins, 3);
  ck_assert(!xlgc__apply_loads(&t.apply));
  ck_assert_uint_eq(t.apply.misuse.errors, 0);
  xlgc__weak_destroy(&t.weaks, weak);
  finish();
}
END_TEST

static void count(void *data, xlgc_weak *weak) {
  (void)weak;
  ++*(unsigned *)data;
}

/* A thread that did not hold the object made a reference to it; meanwhile the object died (0) and left its slot to
 * another one (1), which has nothing to do with that reference. */
START_TEST(a_reference_that_came_too_late_is_cleared) {
  xlgc_weak *weak, *cleared;
  void (*call)(void *data, xlgc_weak *weak);
  void *data;
  unsigned calls = 0;
  start();
  uint32_t held = new_object(&plain_kind);
  uint64_t id = bare(held);
  ok(xlgc__weak_create(&t.weaks, id, count, &calls, &weak));
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, weak), id);
  log_event(t.context, XLGC__OP_WEAK, held, 0);
  xlgc__object_end(at(held));
  if (_i) {
    xlgc__object_discard(&g.graph.objects, held);
    ck_assert_uint_eq(new_object(&plain_kind), held);
    ck_assert_uint_eq(xlgc__weaks_take_loads_of(&t.weaks, bare(held)), 0);
    ck_assert(xlgc__apply_loads(&t.apply));
    ck_assert_uint_eq(at(held)->pins, 0);
  }
  ok(apply_next(t.context, false));
  ck_assert_uint_eq(t.apply.misuse.errors, 1);
  ck_assert_int_eq(t.error.code, _i ? XLGC_E_STALE : XLGC_E_RELEASED);
  ck_assert_str_eq(t.error.what, "weak_create");
  ck_assert_uint_eq(XLGC__BARE(t.error.target), id);
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, weak), 0);
  ck_assert(!xlgc__apply_loads(&t.apply));
  ck_assert(xlgc__weaks_clear(&t.weaks, &cleared, &call, &data));
  ck_assert_ptr_eq(cleared, weak);
  call(data, cleared);
  ck_assert_uint_eq(calls, 1);
  ck_assert(!xlgc__weaks_clear(&t.weaks, &cleared, &call, &data));
  xlgc__weak_destroy(&t.weaks, weak);
  finish();
}
END_TEST

/* Another thread found the object by its address, and let it go. */
START_TEST(a_birth_that_is_reported_late_is_no_misuse) {
  start();
  uint32_t passing = new_object(&by_address);
  log_event(t.context, XLGC__OP_BORN, passing, 0);
  xlgc__object_discard(&g.graph.objects, passing);
  ok(apply_next(t.context, false));
  ck_assert_uint_eq(t.apply.misuse.errors, 0);
  finish();
}
END_TEST

/* -------------------------------------------------------------- by address */

static void releaser(void *param) { (void)param; }

/* As lib/api/by_address.c has it. */
static uint64_t known(void *address, bool made) {
  xlgc__objects *objects = &g.graph.objects;
  uint32_t index = xlgc__addresses_find(&objects->addresses, address);
  if (!index && made)
    ok(xlgc__object_create(objects, address, &by_address, NULL, xlgc__graph_birth_rank(&g.graph), &index));
  return index ? bare(index) : 0;
}

static int add_link(void *parent, void *child) {
  xlgc__record event[3] = {xlgc__event(XLGC__OP_ADD_LINK, known(parent, true), known(child, true)),
                           {{(uintptr_t)parent, (uintptr_t)child}}};
  ok(xlgc__writer_log(t.context, event, 3, 1, false));
  return apply_next(t.context, false);
}

static int drop_link(void *parent, void *child, void *param) {
  xlgc__record event[3] = {xlgc__event(XLGC__OP_DROP_LINK, known(parent, false), known(child, false)),
                           {{(uintptr_t)parent, (uintptr_t)child}},
                           {{(uintptr_t)releaser, (uintptr_t)param}}};
  ok(xlgc__writer_log(t.context, event, 3, 0, false));
  return apply_next(t.context, false);
}

START_TEST(objects_are_known_from_their_first_link_by_address) {
  static char parent, child, stranger, param;
  xlgc__addresses *addresses = &g.graph.objects.addresses;
  start();
  ok(add_link(&parent, &child));
  ok(add_link(&parent, &child));
  uint32_t source = xlgc__addresses_find(addresses, &parent), target = xlgc__addresses_find(addresses, &child);
  ck_assert(source && target);
  ck_assert_uint_eq(count_of(source, target), 2);
  ck_assert(xlgc__object_is_root(at(source)) && !xlgc__object_is_root(at(target)));
  ok(drop_link(&parent, &child, &param));
  ck_assert_uint_eq(count_of(source, target), 1);
  ck_assert_ptr_eq(xlgc__addresses_releaser(addresses, &child, target)->param, &param);
  ok(drop_link(&parent, &child, NULL)); /* then it gets the object */
  ck_assert_ptr_eq(xlgc__addresses_releaser(addresses, &child, target)->param, &child);
  ck_assert(is(target, XLGC__BROKEN) && is(source, XLGC__IDLE));
  ok(drop_link(&parent, &child, NULL));
  expect_error(XLGC_E_NOLINK, "drop_link", 4);
  ck_assert(t.error.parent == &parent && t.error.child == &child);
  ok(drop_link(&stranger, &child, NULL));
  expect_error(XLGC_E_NOLINK, "drop_link", 5);
  ck_assert_uint_eq(xlgc__addresses_find(addresses, &stranger), 0);
  finish();
}
END_TEST

START_TEST(the_dead_are_not_linked_by_address) {
  static char parent, child, other, stranger;
  xlgc__addresses *addresses = &g.graph.objects.addresses;
  start();
  ok(add_link(&parent, &child));
  at(xlgc__addresses_find(addresses, &child))->flags |= XLGC__DEAD;
  ok(add_link(&other, &child));
  expect_error(XLGC_E_RELEASED, "add_link", 1);
  ck_assert(is(xlgc__addresses_find(addresses, &other), XLGC__IDLE)); /* to be forgotten again */
  at(xlgc__addresses_find(addresses, &parent))->flags |= XLGC__DEAD;
  ok(drop_link(&parent, &child, NULL));
  ok(drop_link(&parent, &stranger, NULL)); /* what it held may be forgotten by now */
  ck_assert_uint_eq(t.apply.late_drops, 2);
  ok(add_link(&parent, &stranger));
  expect_error(XLGC_E_RELEASED, "add_link", 4);
  ck_assert(is(xlgc__addresses_find(addresses, &stranger), XLGC__IDLE));
  finish();
}
END_TEST

/* ---------------------------------------------------------------- cancel */

static int wait_for_unlink(uint32_t source, uint32_t target) {
  make_room(&g.graph.links.records); /* as logging has it */
  xlgc__waiting like = {.source = source, .target = target, .position = 7, .context = t.context};
  return xlgc__cancel_link(&t.apply.cancel, &like);
}

static bool cancels(uint32_t source, uint32_t target) { return xlgc__cancel_unlink(&t.apply.cancel, source, target); }

START_TEST(a_link_that_is_dropped_at_once_never_enters_the_table) {
  start();
  uint32_t top = new_root(), held = new_object(&plain_kind);
  for (unsigned i = 0; i < 3; i++)
    ok(wait_for_unlink(top, held));
  for (unsigned i = 0; i < 3; i++)
    ck_assert(cancels(top, held));
  ck_assert(!cancels(top, held));
  ck_assert(!xlgc__cancel_enter_oldest(&t.apply.cancel));
  ck_assert_uint_eq(g.graph.links.operations, 0);
  ck_assert_uint_eq(t.apply.cancel.cancelled, 3);
  ck_assert(is(held, XLGC__BROKEN)); /* it was held, and is not any more */
  finish();
}
END_TEST

START_TEST(what_waits_is_entered_with_its_count) {
  start();
  uint32_t top = new_root(), held = new_object(&plain_kind);
  for (unsigned i = 0; i < 3; i++)
    ok(wait_for_unlink(top, held));
  ck_assert(cancels(top, held));
  xlgc__cancel_enter(&t.apply.cancel, top);
  ck_assert_uint_eq(count_of(top, held), 0); /* nothing waits for that one */
  xlgc__cancel_enter(&t.apply.cancel, held);
  ck_assert_uint_eq(count_of(top, held), 2);
  ck_assert_uint_eq(g.graph.links.operations, 1);
  ck_assert(!cancels(top, held));
  finish();
}
END_TEST

/* _i: another source, or another target with the same slot; a link or an unlink. */
START_TEST(another_link_at_the_slot_enters_the_one_that_waits) {
  bool same_target = _i % 2, unlinks = _i / 2;
  start();
  uint32_t top = new_root(), other = new_root(), held = new_object(&plain_kind), collides = held;
  while (!same_target && (collides == held || (collides - held) % XLGC__CANCEL_TARGETS))
    collides = new_object(&plain_kind);
  ok(wait_for_unlink(top, held));
  if (unlinks)
    ck_assert(!cancels(other, collides));
  else
    ok(wait_for_unlink(other, collides));
  ck_assert_uint_eq(count_of(top, held), 1);
  ck_assert_uint_eq(count_of(other, collides), 0);
  enter_all();
  ck_assert_uint_eq(count_of(other, collides), !unlinks);
  finish();
}
END_TEST

START_TEST(a_full_ring_enters_its_oldest) {
  enum { COUNT = XLGC__CANCEL_LINKS + 3 };
  uint32_t held[COUNT];
  start();
  uint32_t top = new_root();
  for (unsigned i = 0; i < COUNT; i++) {
    held[i] = new_object(&plain_kind);
    ok(wait_for_unlink(top, held[i]));
    if (i == 1) ck_assert(cancels(top, held[1])); /* its place is given up when it comes to that */
  }
  ck_assert_uint_eq(count_of(top, held[0]), 1);
  ck_assert_uint_eq(g.graph.links.records.used, 2);
  for (unsigned i = 2; i < COUNT; i++)
    ck_assert_uint_eq(count_of(top, held[i]), i == 2);
  for (unsigned i = 3; i < COUNT; i++) {
    ck_assert(xlgc__cancel_enter_oldest(&t.apply.cancel));
    ck_assert_uint_eq(count_of(top, held[i]), 1);
  }
  ck_assert(!xlgc__cancel_enter_oldest(&t.apply.cancel));
  finish();
}
END_TEST

/* So each is held when it becomes a source, and none is broken. */
START_TEST(a_chain_is_entered_from_its_top) {
  enum { LENGTH = 5 };
  uint32_t chain[LENGTH];
  start_in(true);
  uint32_t top = new_root();
  for (unsigned i = 0; i < LENGTH; i++)
    chain[i] = new_object(&plain_kind);
  for (unsigned i = LENGTH; i-- > 0;)
    ok(wait_for_unlink(i ? chain[i - 1] : top, chain[i]));
  ck_assert(xlgc__cancel_enter_oldest(&t.apply.cancel));
  ck_assert(!xlgc__cancel_enter_oldest(&t.apply.cancel));
  for (unsigned i = 0; i < LENGTH; i++)
    ck_assert_uint_eq(at(chain[i])->rank, i + 1);
  ck_assert_uint_eq(g.graph.broken, 0);
  check_graph(LENGTH + 1);
  finish();
}
END_TEST

START_TEST(what_fails_late_is_reported_where_it_was_logged) {
  start();
  uint32_t top = new_root(), held = new_target(top), dead = new_object(&plain_kind);
  at(dead)->flags |= XLGC__DEAD;
  ck_assert_int_eq(wait_for_unlink(top, dead), XLGC_E_RELEASED);
  xlgc__link_at(&g.graph.links, link_between(top, held))->count = XLGC__COUNT_MAX;
  ok(wait_for_unlink(top, held));
  ck_assert_uint_eq(t.apply.misuse.errors, 0);
  enter_all();
  expect_error(XLGC_E_FULL, "link", 7);
  ck_assert_uint_eq(t.error.target, xlgc__object_id(&g.graph.objects, held));
  finish();
}
END_TEST

enum { OBJECTS = 12 };
static uint64_t seed;

/* What waits and what is entered is together what was linked and not unlinked. */
START_TEST(any_links_and_unlinks_leave_what_they_say) {
  uint64_t random = seed;
  static uint32_t count[OBJECTS + 1][OBJECTS + 1];
  start();
  for (unsigned i = 0; i < OBJECTS; i++)
    new_root();
  unsigned turns = trial_work(20000);
  for (unsigned turn = 0; turn < turns; turn++) {
    uint32_t source = 1 + trial_random(&random, OBJECTS), target = 1 + trial_random(&random, OBJECTS);
    bool drops = count[source][target] && trial_random(&random, 2);
    ok(apply(drops ? XLGC__OP_UNLINK : XLGC__OP_LINK, source, target));
    count[source][target] += drops ? -1u : 1;
    if (trial_random(&random, 50) == 0) xlgc__cancel_enter(&t.apply.cancel, target);
  }
  ck_assert_uint_gt(t.apply.cancel.cancelled, 0);
  enter_all();
  for (uint32_t i = 1; i <= OBJECTS; i++)
    for (uint32_t k = 1; k <= OBJECTS; k++)
      ck_assert_uint_eq(count_of(i, k), count[i][k]);
  ck_assert_uint_eq(t.apply.misuse.errors, 0);
  check_graph(OBJECTS);
  finish();
}
END_TEST

/* ------------------------------------------------------------------- cut */

static int apply_cut(int64_t budget) { return xlgc__cut_apply(&t.cut, &budget); }

START_TEST(what_is_logged_after_the_cut_waits) {
  start();
  uint32_t one = new_object(&plain_kind), other = new_object(&plain_kind);
  log_event(t.context, XLGC__OP_PIN, one, 0);
  xlgc__cut_note(&t.cut);
  log_event(t.context, XLGC__OP_PIN, other, 0);
  ok(apply_cut(100));
  ck_assert(at(one)->pins == 1 && at(other)->pins == 0);
  xlgc__cut_note(&t.cut);
  ok(apply_cut(100));
  ck_assert_uint_eq(at(other)->pins, 1);
  finish();
}
END_TEST

START_TEST(applying_stops_with_the_budget_and_goes_on_there) {
  enum { EVENTS = 1500 };
  start();
  uint32_t object = new_object(&plain_kind);
  for (unsigned i = 0; i < EVENTS; i++)
    log_event(t.context, XLGC__OP_PIN, object, 0);
  xlgc__cut_note(&t.cut);
  for (unsigned i = 0; i < EVENTS; i++) {
    ck_assert_uint_eq(at(object)->pins, i);
    ck_assert_int_eq(apply_cut(1), 1);
  }
  ok(apply_cut(1));
  ck_assert_uint_eq(at(object)->pins, EVENTS);
  finish();
}
END_TEST

/* A drop in one log, its add in another that is read later. */
START_TEST(a_drop_before_its_add_stalls_its_log_and_no_other) {
  start();
  xlgc_context *first = new_context("first"); /* the newest is read first */
  uint32_t object = new_object(&plain_kind), behind = new_object(&plain_kind);
  log_event(first, XLGC__OP_UNPIN, object, 0);
  log_event(first, XLGC__OP_PIN, behind, 0);
  log_event(t.context, XLGC__OP_PIN, object, 0);
  xlgc__cut_note(&t.cut);
  ck_assert(t.cut.plural);
  ok(apply_cut(100));
  ck_assert(!xlgc__cut_has_stalled(&t.cut));
  ck_assert_uint_eq(at(object)->pins, 0);
  ck_assert_uint_eq(at(behind)->pins, 1);
  ck_assert_uint_eq(t.apply.misuse.errors, 0);
  finish();
}
END_TEST

START_TEST(a_drop_whose_add_never_comes_is_reported_at_the_last_call) {
  start();
  xlgc_context *other = new_context("other");
  uint32_t object = new_object(&plain_kind), behind = new_object(&plain_kind);
  log_event(t.context, XLGC__OP_UNPIN, object, 0);
  log_event(t.context, XLGC__OP_PIN, behind, 0);
  log_event(other, XLGC__OP_PIN, behind, 0);
  xlgc__cut_note(&t.cut);
  ok(apply_cut(100));
  ck_assert(xlgc__cut_has_stalled(&t.cut));
  ck_assert_uint_eq(at(behind)->pins, 1);
  ck_assert_uint_eq(t.apply.misuse.errors, 0);
  xlgc__cut_resume(&t.cut, true);
  ck_assert(!xlgc__cut_has_stalled(&t.cut));
  ok(apply_cut(100));
  expect_error(XLGC_E_NOPIN, "unpin", 0);
  ck_assert_uint_eq(at(behind)->pins, 2);
  finish();
}
END_TEST

START_TEST(with_one_context_a_wrong_drop_is_reported_at_once) {
  start();
  uint32_t object = new_object(&plain_kind);
  log_event(t.context, XLGC__OP_UNPIN, object, 0);
  xlgc__cut_note(&t.cut);
  ck_assert(!t.cut.plural);
  ok(apply_cut(100));
  expect_error(XLGC_E_NOPIN, "unpin", 0);
  finish();
}
END_TEST

/* The program's stand between two events of callbacks: in no other order would all of them be right. */
START_TEST(callbacks_come_after_what_the_program_had_logged) {
  start();
  uint32_t object = new_object(&plain_kind);
  log_event(q.callbacks, XLGC__OP_PIN, object, 0);
  log_event(t.context, XLGC__OP_UNPIN, object, 0);
  log_event(t.context, XLGC__OP_PIN, object, 0);
  log_event(q.callbacks, XLGC__OP_UNPIN, object, 0);
  xlgc__cut_note(&t.cut);
  ok(apply_cut(100));
  ck_assert_uint_eq(at(object)->pins, 0);
  ck_assert_uint_eq(t.apply.misuse.errors, 0);
  ck_assert_uint_eq(t.apply.events, 4);
  finish();
}
END_TEST

START_TEST(at_the_end_no_link_waits) {
  start();
  uint32_t top = new_root(), held = new_object(&plain_kind), other = new_object(&plain_kind);
  log_event(t.context, XLGC__OP_LINK, top, held);
  log_event(t.context, XLGC__OP_LINK, top, other);
  log_event(t.context, XLGC__OP_UNLINK, top, other);
  xlgc__cut_note(&t.cut);
  ok(apply_cut(100));
  ck_assert(count_of(top, held) == 1 && count_of(top, other) == 0);
  ck_assert(!xlgc__cancel_enter_oldest(&t.apply.cancel));
  ck_assert_uint_eq(g.graph.links.operations, 1);
  finish();
}
END_TEST

START_TEST(sections_that_were_open_are_waited_for) {
  start();
  xlgc_context *inside = new_context("inside");
  xlgc__section_enter(inside);
  xlgc__cut_note(&t.cut);
  ck_assert(t.cut.graced);
  for (unsigned i = 0; i < 2; i++)
    ck_assert_ptr_eq(xlgc__cut_grace(&t.cut), inside);
  xlgc__section_enter(t.context); /* since the cut: it cannot have found what the round may release */
  ck_assert_ptr_eq(xlgc__cut_grace(&t.cut), inside);
  xlgc__section_leave(inside);
  xlgc__section_enter(inside);
  ck_assert_ptr_null(xlgc__cut_grace(&t.cut));
  xlgc__section_leave(inside);
  xlgc__section_leave(t.context);
  xlgc__cut_note(&t.cut);
  ck_assert(!t.cut.graced);
  ck_assert_ptr_null(xlgc__cut_grace(&t.cut));
  finish();
}
END_TEST

/* R1: adds before `save` are applied ahead, drops are not; none is applied twice. */
START_TEST(adds_are_applied_ahead_and_not_again) {
  start();
  new_context("other");
  uint32_t one = new_object(&plain_kind), other = new_object(&plain_kind);
  log_event(t.context, XLGC__OP_PIN, one, 0);
  xlgc__cut_note(&t.cut);
  ok(apply_cut(100));
  log_event(t.context, XLGC__OP_UNPIN, one, 0);
  log_event(t.context, XLGC__OP_PIN, other, 0);
  xlgc__cut_save(&t.cut);
  log_event(t.context, XLGC__OP_PIN, other, 0); /* too late for it */
  int64_t budget = 100;
  ok(xlgc__cut_ahead(&t.cut, &budget));
  ck_assert(at(one)->pins == 1 && at(other)->pins == 1);
  xlgc__cut_note(&t.cut);
  ok(apply_cut(100));
  ck_assert(at(one)->pins == 0 && at(other)->pins == 2);
  ck_assert_uint_eq(t.apply.misuse.errors, 0);
  finish();
}
END_TEST

START_TEST(with_one_context_and_no_section_nothing_is_applied_ahead) {
  start();
  uint32_t object = new_object(&plain_kind);
  xlgc__cut_note(&t.cut);
  ok(apply_cut(100));
  log_event(t.context, XLGC__OP_PIN, object, 0);
  xlgc__cut_save(&t.cut);
  int64_t budget = 100;
  ok(xlgc__cut_ahead(&t.cut, &budget));
  ck_assert_uint_eq(at(object)->pins, 0);
  finish();
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_apply");
  TCase *events = trial_case(suite, "apply");
  tcase_add_test(events, events_change_the_graph);
  tcase_add_test(events, events_with_a_place_are_entered_at_once);
  tcase_add_test(events, events_of_one_target_keep_their_order);
  tcase_add_test(events, what_is_stale_is_reported_with_its_position);
  tcase_add_loop_test(events, a_drop_without_its_add_may_wait_for_it, 0, 2);
  tcase_add_test(events, dropping_what_the_dead_held_is_late_and_not_wrong);
  tcase_add_test(events, an_event_without_memory_stays_and_is_reported_once);
  tcase_add_test(events, pins_of_weak_loads_are_handed_over);
  tcase_add_loop_test(events, a_reference_that_came_too_late_is_cleared, 0, 2);
  tcase_add_test(events, a_birth_that_is_reported_late_is_no_misuse);
  tcase_add_test(events, objects_are_known_from_their_first_link_by_address);
  tcase_add_test(events, the_dead_are_not_linked_by_address);
  TCase *cancel = trial_case(suite, "cancel");
  tcase_add_test(cancel, a_link_that_is_dropped_at_once_never_enters_the_table);
  tcase_add_test(cancel, what_waits_is_entered_with_its_count);
  tcase_add_loop_test(cancel, another_link_at_the_slot_enters_the_one_that_waits, 0, 4);
  tcase_add_test(cancel, a_full_ring_enters_its_oldest);
  tcase_add_test(cancel, a_chain_is_entered_from_its_top);
  tcase_add_test(cancel, what_fails_late_is_reported_where_it_was_logged);
  tcase_add_test(cancel, any_links_and_unlinks_leave_what_they_say);
  TCase *cut = trial_case(suite, "cut");
  tcase_add_test(cut, what_is_logged_after_the_cut_waits);
  tcase_add_test(cut, applying_stops_with_the_budget_and_goes_on_there);
  tcase_add_test(cut, a_drop_before_its_add_stalls_its_log_and_no_other);
  tcase_add_test(cut, a_drop_whose_add_never_comes_is_reported_at_the_last_call);
  tcase_add_test(cut, with_one_context_a_wrong_drop_is_reported_at_once);
  tcase_add_test(cut, callbacks_come_after_what_the_program_had_logged);
  tcase_add_test(cut, at_the_end_no_link_waits);
  tcase_add_test(cut, sections_that_were_open_are_waited_for);
  tcase_add_test(cut, adds_are_applied_ahead_and_not_again);
  tcase_add_test(cut, with_one_context_and_no_section_nothing_is_applied_ahead);
  return trial_run(suite);
}
