/* Mailboxes: on which thread objects are asked and told, in what order, and what becomes of mail whose reader ends. */
#include <config.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "support/one_pool.h"
#include "support/threads.h"

static xlgc_context *another(const char *name) {
  xlgc_context *context;
  ok(xlgc_context_create(r.pool, name, &context));
  return context;
}

static xlgc_id owned_by(xlgc_context *context, const xlgc_kind *kind, xlgc_id holder) {
  xlgc_id id;
  ok(xlgc_register(context, NULL, kind, &id));
  ok(xlgc_link(context, holder, id));
  return id;
}

static int step_all(void) {
  int result;
  while ((result = xlgc_step(r.pool, 1000)) == 1) {
  }
  return result;
}

static bool readable(int descriptor) {
  struct pollfd poll_for = {.fd = descriptor, .events = POLLIN};
  ck_assert_int_ge(poll(&poll_for, 1, 0), 0);
  return poll_for.revents & POLLIN;
}

static pthread_t told_on;
static void note_thread(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)context;
  (void)id;
  (void)object;
  told_on = pthread_self();
}

static void await_mail_read(void) {
  while (recorder_statistics(&r).mailed)
    nap_ms(1);
}

/* --------------------------------------------------------------- delivery */

START_TEST(delivery_inline) {
  start(_i);
  r.on_release = note_thread;
  xlgc_id top = root(), held = held_by(top);
  drop(top, held);
  flush();
  expect_told(&r, held);
  ck_assert(pthread_equal(told_on, pthread_self()));
  finish();
}
END_TEST

/* It waits until there is one, though the flush returns. */
/* What is delivered to a thread of the pool waits until there is one. */
static void delivery_to_a_thread(int setting, unsigned delivery, int (*begins)(xlgc_pool *), int (*ends)(xlgc_pool *)) {
  start(setting);
  r.kind.delivery = r.asking.delivery = delivery;
  r.on_release = note_thread;
  xlgc_id top = root(), held = held_by(top);
  drop(top, held);
  flush();
  expect_none_told(&r);
  ck_assert_uint_eq(recorder_statistics(&r).mailed, 1);
  ck_assert_uint_eq(recorder_statistics(&r).orphans, 1);
  ok(begins(r.pool));
  await_mail_read();
  xlgc_id asked = recorder_object(&r, &r.asking);
  hold(top, asked);
  drop(top, asked);
  flush();
  await_mail_read();
  ok(ends(r.pool));
  expect_told(&r, held, asked);
  ck_assert_uint_eq(r.asked_count, 1);
  ck_assert(!pthread_equal(told_on, pthread_self()));
  finish();
}

START_TEST(delivery_to_the_worker) {
  delivery_to_a_thread(_i, XLGC_DELIVER_WORKER, xlgc_worker_start, xlgc_worker_stop);
}
END_TEST

START_TEST(delivery_to_the_cleaner) {
  delivery_to_a_thread(_i, XLGC_DELIVER_CLEANER, xlgc_cleaner_start, xlgc_cleaner_stop);
}
END_TEST

START_TEST(cleaner_is_started_and_stopped_once) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_CLEANER;
  ck_assert_int_eq(xlgc_cleaner_stop(r.pool), XLGC_E_STATE);
  ok(xlgc_cleaner_start(r.pool));
  ck_assert_int_eq(xlgc_cleaner_start(r.pool), XLGC_E_STATE);
  ok(xlgc_cleaner_stop(r.pool));
  ck_assert_int_eq(xlgc_cleaner_stop(r.pool), XLGC_E_STATE);
  xlgc_id top = root(), held = held_by(top);
  drop(top, held);
  flush();
  expect_none_told(&r);
  ok(xlgc_cleaner_start(r.pool));
  await_mail_read();
  recorder_close(&r); /* stops it */
  expect_told(&r, held);
}
END_TEST

START_TEST(delivery_to_the_owner) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  xlgc_context *first = another("first"), *second = another("second");
  xlgc_id top = root(), x = owned_by(first, &r.kind, top), y = owned_by(second, &r.kind, top);
  drop(top, x);
  drop(top, y);
  flush();
  expect_none_told(&r);
  ck_assert_uint_eq(recorder_statistics(&r).mailed, 2);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 0);
  ck_assert_int_eq(xlgc_context_dispatch(second, 10), 1);
  expect_told(&r, y);
  ck_assert_int_eq(xlgc_context_dispatch(first, 10), 1);
  expect_told(&r, x);
  ck_assert_int_eq(xlgc_context_dispatch(first, 10), 0);
  ck_assert_int_eq(xlgc_context_dispatch(NULL, 10), XLGC_E_INVAL);
  finish();
}
END_TEST

START_TEST(transient_objects_are_forgotten_by_mail) {
  start(_i);
  r.passing.delivery = XLGC_DELIVER_OWNER;
  recorder_object(&r, &r.passing);
  flush();
  ck_assert_uint_eq(r.forgotten_count, 0);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  ck_assert_str_eq(r.said, "f");
  finish();
}
END_TEST

START_TEST(dispatch_of_at_most_so_many) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  xlgc_id top = root(), held[5];
  for (unsigned i = 0; i < 5; i++)
    held[i] = held_by(top);
  for (unsigned i = 0; i < 5; i++)
    drop(top, held[i]);
  flush();
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 0), 0);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 2), 2);
  ck_assert_uint_eq(r.told_count, 2);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, SIZE_MAX), 3);
  ck_assert_uint_eq(r.told_count, 5);
  r.told_count = 0;
  finish();
}
END_TEST

START_TEST(mail_comes_holders_before_held) {
  enum { LENGTH = 20 };
  start(_i);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  xlgc_id top = root(), chain[LENGTH];
  for (unsigned i = LENGTH; i-- > 0;)
    chain[i] = object(); /* not in the order of slots */
  hold(top, chain[0]);
  for (unsigned i = 1; i < LENGTH; i++)
    hold(chain[i - 1], chain[i]);
  hold(chain[0], chain[LENGTH - 1]);
  drop(top, chain[0]);
  flush();
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 7), 7);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, LENGTH), LENGTH - 7);
  recorder_expect_told(&r, chain, LENGTH);
  finish();
}
END_TEST

START_TEST(descriptor_is_readable_while_there_is_mail) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  xlgc_id top = root(), x = held_by(top), y = held_by(top), z = held_by(top);
  drop(top, z);
  flush();
  int descriptor = xlgc_context_fd(r.context); /* made when there is some already */
  ck_assert_int_ge(descriptor, 0);
  ck_assert_int_eq(xlgc_context_fd(r.context), descriptor);
  ck_assert(readable(descriptor));
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 1), 1);
  ck_assert(!readable(descriptor));
  drop(top, x);
  drop(top, y);
  ck_assert(!readable(descriptor));
  flush();
  ck_assert(readable(descriptor));
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 1), 1);
  ck_assert(readable(descriptor));
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 5), 1);
  ck_assert(!readable(descriptor));
  ck_assert_uint_eq(r.told_count, 3);
  r.told_count = 0;
  finish();
}
END_TEST

START_TEST(descriptor_of_the_heir) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  xlgc_context *ended = another("ended");
  int descriptor = xlgc_context_fd(r.context);
  xlgc_id top = root(), x = owned_by(ended, &r.kind, top), y = owned_by(ended, &r.kind, top);
  drop(top, x);
  flush();
  ck_assert(!readable(descriptor));
  ok(xlgc_context_adopt(r.context, ended));
  ck_assert(readable(descriptor));
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 5), 1);
  ck_assert(!readable(descriptor));
  drop(top, y);
  flush();
  ck_assert(readable(descriptor));
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 5), 1);
  ck_assert(!readable(descriptor));
  expect_told(&r, x, y);
  finish();
}
END_TEST

START_TEST(owner_destroyed_with_mail_and_questions) {
  start(_i);
  r.kind.delivery = r.asking.delivery = XLGC_DELIVER_OWNER;
  xlgc_context *owner = another("owner");
  xlgc_id top = root(), told = owned_by(owner, &r.kind, top), asked = owned_by(owner, &r.asking, top);
  drop(top, told);
  flush();
  drop(top, asked);
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  ck_assert_str_eq(recorder_statistics(&r).held_by, "owner");
  ck_assert_uint_eq(recorder_statistics(&r).mailed, 2);
  ok(xlgc_context_destroy(owner));
  expect_none_told(&r);
  flush();
  ck_assert_uint_eq(r.asked_count, 1);
  expect_told(&r, told, asked);
  ck_assert_uint_eq(recorder_statistics(&r).mailed, 0);
  finish();
}
END_TEST

/* -------------------------------------------------------------- questions */

/* The round waits for an answer; the context that would have to give it is told so. */
START_TEST(question_to_the_own_thread) {
  start(_i);
  r.asking.delivery = XLGC_DELIVER_OWNER;
  xlgc_id top = root(), asked = recorder_object(&r, &r.asking);
  hold(top, asked);
  drop(top, asked);
  ck_assert_int_eq(xlgc_flush(r.pool), XLGC_E_HELD);
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  ck_assert_str_eq(recorder_statistics(&r).held_by, "recorder");
  ck_assert_uint_eq(recorder_statistics(&r).rounds_held, 1);
  r.answer = XLGC_KEEP;
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  ok(step_all());
  expect_none_told(&r);
  r.answer = XLGC_LET_GO;
  ck_assert_int_eq(xlgc_flush(r.pool), XLGC_E_HELD);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  flush();
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  expect_told(&r, asked);
  ck_assert_str_eq(r.said, "aat");
  finish();
}
END_TEST

/* A question to a thread of the pool that does not run: no answer would come, whichever other thread does. */
START_TEST(question_to_a_thread_that_is_not_there) {
  start(_i % 2);
  r.asking.delivery = _i / 2 ? XLGC_DELIVER_WORKER : XLGC_DELIVER_CLEANER;
  xlgc_id top = root(), asked = recorder_object(&r, &r.asking);
  hold(top, asked);
  flush();
  drop(top, asked);
  ck_assert_int_eq(xlgc_flush(r.pool), XLGC_E_HELD);
  ok(_i / 2 ? xlgc_cleaner_start(r.pool) : xlgc_worker_start(r.pool));
  ck_assert_int_eq(xlgc_flush(r.pool), XLGC_E_HELD);
  ok(_i / 2 ? xlgc_worker_start(r.pool) : xlgc_cleaner_start(r.pool));
  flush();
  await_mail_read();
  ok(xlgc_worker_stop(r.pool));
  ok(xlgc_cleaner_stop(r.pool));
  expect_told(&r, asked);
  finish();
}
END_TEST

/* Owners on two threads, whose objects hold each other. */
static struct {
  stage stage;
  _Atomic int failed;
  _Atomic unsigned sequence;
  struct owner {
    xlgc_context *context;
    xlgc_id id;
    _Atomic int answer;
    _Atomic unsigned asked, told; /* when, in the sequence; 0: not */
    pthread_t thread;
    bool wrong_thread;
  } owners[2];
  _Atomic bool stop;
} two;

static int ask_owner(xlgc_context *context, xlgc_id id, void *object, void *data) {
  struct owner *owner = object;
  (void)data;
  owner->wrong_thread |= context != owner->context || id != owner->id || !pthread_equal(owner->thread, pthread_self());
  nap_ms(5);
  atomic_store(&owner->asked, atomic_fetch_add(&two.sequence, 1) + 1);
  return owner->answer;
}

static void tell_owner(xlgc_context *context, xlgc_id id, void *object, void *data) {
  struct owner *owner = object;
  (void)data;
  owner->wrong_thread |= context != owner->context || id != owner->id || !pthread_equal(owner->thread, pthread_self());
  atomic_store(&owner->told, atomic_fetch_add(&two.sequence, 1) + 1);
}

static const xlgc_kind owner_kind = {
    .name = "owned", .orphaned = ask_owner, .release = tell_owner, .delivery = XLGC_DELIVER_OWNER};

static void own_and_dispatch(void *data) {
  struct owner *owner = data;
  owner->thread = pthread_self();
  two.failed |= xlgc_context_create(r.pool, "owner", &owner->context);
  two.failed |= xlgc_register(owner->context, owner, &owner_kind, &owner->id);
  two.failed |= xlgc_pin(owner->context, owner->id);
  atomic_fetch_add(&two.stage.at, 1);
  while (!atomic_load(&two.stop)) {
    two.failed |= xlgc_context_dispatch(owner->context, 10) < 0;
    nap_ms(1);
  }
}

static unsigned count_told(void) { return !!atomic_load(&two.owners[0].told) + !!atomic_load(&two.owners[1].told); }

/* _i: setting; and which say keep: none, the first, or both. */
START_TEST(all_of_a_set_with_two_owners_is_asked_before_any_is_released) {
  start(_i % 2);
  job jobs[2];
  two.owners[0].answer = _i / 2 >= 1;
  two.owners[1].answer = _i / 2 >= 2;
  for (unsigned i = 0; i < 2; i++)
    begin(&jobs[i], own_and_dispatch, &two.owners[i]);
  await(&two.stage, 2);
  hold(two.owners[0].id, two.owners[1].id);
  hold(two.owners[1].id, two.owners[0].id);
  flush();
  for (unsigned i = 0; i < 2; i++)
    ok(xlgc_unpin(r.context, two.owners[i].id));
  flush();
  await_mail_read();
  /* A message is read before its callback is over. */
  while (!(_i / 2) && count_told() < 2)
    nap_ms(1);
  ck_assert_uint_eq(count_told(), _i / 2 ? 0 : 2);
  two.owners[0].answer = two.owners[1].answer = XLGC_LET_GO;
  flush();
  await_mail_read();
  atomic_store(&two.stop, true);
  for (unsigned i = 0; i < 2; i++)
    end(&jobs[i]);
  ok(two.failed);
  for (unsigned i = 0; i < 2; i++) {
    ck_assert(!two.owners[i].wrong_thread);
    ck_assert_uint_gt(two.owners[i].told, two.owners[0].asked);
    ck_assert_uint_gt(two.owners[i].told, two.owners[1].asked);
  }
  finish();
}
END_TEST

START_TEST(of_two_owners_the_one_that_has_not_answered_is_named) {
  start(_i);
  xlgc_kind kind = r.asking;
  kind.delivery = XLGC_DELIVER_OWNER;
  r.answer = XLGC_LET_GO;
  xlgc_context *owners[2];
  xlgc_id ids[2];
  static const char *const names[2] = {"one", "other"};
  for (unsigned i = 0; i < 2; i++) {
    ok(xlgc_context_create(r.pool, names[i], &owners[i]));
    ok(xlgc_register(owners[i], &r.addresses[60 + i], &kind, &ids[i]));
    ok(xlgc_pin(owners[i], ids[i]));
    ok(xlgc_unpin(owners[i], ids[i]));
  }
  for (unsigned i = 2; i-- > 0;) {
    ck_assert_int_eq(xlgc_step(r.pool, 1000), XLGC_E_HELD);
    ck_assert_str_eq(recorder_statistics(&r).held_by, names[i]);
    ck_assert_int_eq(xlgc_context_dispatch(owners[i], 10), 1);
  }
  flush();
  ck_assert_str_eq(recorder_statistics(&r).held_by, "");
  for (unsigned i = 0; i < 2; i++)
    ck_assert_int_eq(xlgc_context_dispatch(owners[i], 10), 1);
  ck_assert_uint_eq(r.asked_count, 2);
  ck_assert_uint_eq(r.told_count, 2);
  finish();
}
END_TEST

/* -------------------------------------------------- what callbacks may do */

static struct {
  xlgc_id top, held, made;
  int answers[6];
} did;

static void drop_add_pin_register(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)object;
  did.answers[0] = xlgc_unlink(context, id, did.held); /* late, ignored */
  did.answers[1] = xlgc_link(context, did.top, did.held);
  did.answers[2] = xlgc_register(context, NULL, &recorder->kind, &did.made);
  did.answers[3] = xlgc_pin(context, did.made);
  did.answers[4] = xlgc_unpin(context, did.top);
  recorder->on_release = NULL;
}

static void start_delivering(int setting, unsigned delivery) {
  start(setting);
  r.kind.delivery = r.asking.delivery = delivery;
  if (delivery == XLGC_DELIVER_WORKER) ok(xlgc_worker_start(r.pool));
  if (delivery == XLGC_DELIVER_CLEANER) ok(xlgc_cleaner_start(r.pool));
}

static void deliver(void) {
  if (r.kind.delivery == XLGC_DELIVER_OWNER) ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  await_mail_read();
  if (r.kind.delivery == XLGC_DELIVER_WORKER) ok(xlgc_worker_stop(r.pool));
  if (r.kind.delivery == XLGC_DELIVER_CLEANER) ok(xlgc_cleaner_stop(r.pool));
}

enum { DELIVERIES = XLGC_DELIVER_OWNER };

/* _i: setting, and where it is delivered to. */
START_TEST(releaser_drops_adds_pins_registers) {
  start_delivering(_i % 2, XLGC_DELIVER_WORKER + (unsigned)_i / 2);
  did.top = root();
  did.held = held_by(did.top);
  ok(xlgc_pin(r.context, did.top));
  xlgc_id doomed = held_by(did.top);
  hold(doomed, did.held);
  r.on_release = drop_add_pin_register;
  drop(did.top, doomed);
  flush();
  deliver();
  flush();
  expect_told(&r, doomed);
  for (unsigned i = 0; i < 5; i++)
    ok(did.answers[i]);
  ck_assert_uint_eq(recorder_count(&r, did.top, did.held), 2);
  xlgc_object_info info;
  ok(xlgc_info(r.pool, did.made, &info));
  ck_assert_uint_eq(info.pins, 1);
  ok(xlgc_info(r.pool, did.top, &info));
  ck_assert_uint_eq(info.pins, 1);
  finish();
}
END_TEST

static void step_flush_end(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)context;
  (void)id;
  (void)object;
  did.answers[0] = xlgc_step(recorder->pool, 10);
  did.answers[1] = xlgc_flush(recorder->pool);
  did.answers[2] = xlgc_pool_shutdown(recorder->pool);
  did.answers[3] = xlgc_pool_destroy(recorder->pool);
  did.answers[4] =
      recorder->kind.delivery == XLGC_DELIVER_CLEANER ? xlgc_cleaner_stop(recorder->pool) : XLGC_E_DEADLOCK;
  did.answers[5] = recorder->kind.delivery == XLGC_DELIVER_WORKER ? xlgc_worker_stop(recorder->pool) : XLGC_E_DEADLOCK;
}

/* A step or a flush is possible, as this is not the thread that works; the pool's end is not. */
START_TEST(releaser_that_steps_flushes_shuts_down_and_destroys_the_pool) {
  start_delivering(_i % 2, XLGC_DELIVER_WORKER + (unsigned)_i / 2);
  xlgc_id top = root(), doomed = held_by(top);
  r.on_release = step_flush_end;
  drop(top, doomed);
  flush();
  deliver();
  expect_told(&r, doomed);
  /* Busy when this thread works at the moment that another one delivers. */
  bool alone = r.kind.delivery == XLGC_DELIVER_OWNER;
  ck_assert(did.answers[0] >= 0 || (!alone && did.answers[0] == XLGC_E_BUSY));
  ok(did.answers[1]);
  for (unsigned i = 2; i < 6; i++)
    ck_assert_str_eq(xlgc_errname(did.answers[i]), "XLGC_E_DEADLOCK");
  finish();
}
END_TEST

static void flush_and_read(recorder *recorder) {
  uint64_t distance;
  xlgc_statistics statistics;
  recorder->on_other = NULL;
  did.answers[0] = xlgc_flush(recorder->pool);
  did.answers[1] = xlgc_step(recorder->pool, 10);
  did.answers[2] = xlgc_stats(recorder->pool, &statistics);
  did.answers[3] = xlgc_distance(recorder->pool, did.top, &distance);
}

/* The round waits for this very answer. */
START_TEST(question_whose_answerer_flushes) {
  start(_i);
  r.asking.delivery = XLGC_DELIVER_OWNER;
  did.top = root();
  xlgc_id asked = recorder_object(&r, &r.asking);
  hold(did.top, asked);
  drop(did.top, asked);
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  r.on_other = flush_and_read;
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  ck_assert_int_eq(did.answers[0], XLGC_E_HELD);
  ck_assert_int_eq(did.answers[1], XLGC_E_HELD);
  ok(did.answers[2]);
  ck_assert_int_eq(did.answers[3], XLGC_E_HELD); /* whether it is reached depends on this answer */
  flush();
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  expect_told(&r, asked);
  finish();
}
END_TEST

static xlgc_id chain_top;
static void make_another(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  xlgc_id next;
  (void)id;
  (void)object;
  if (recorder->told_count >= 50) return;
  ok(xlgc_register(context, NULL, &recorder->kind, &next));
  ok(xlgc_link(context, chain_top, next));
  ok(xlgc_unlink(context, chain_top, next));
}

/* Objects made in a delivery to an owner are that owner's. */
START_TEST(mail_that_makes_mail) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  r.on_release = make_another;
  chain_top = root();
  drop(chain_top, held_by(chain_top));
  for (unsigned i = 0; i < 50; i++) {
    flush();
    ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  }
  flush();
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 0);
  ck_assert_uint_eq(r.told_count, 50);
  r.told_count = 0;
  finish();
}
END_TEST

/* At the queue's bound the threads that clean up go on. _i: where it is delivered to. */
static void log_much(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)id;
  (void)object;
  for (unsigned i = 0; i < 3000; i++)
    did.answers[0] |= xlgc_link(context, did.top, did.held);
}

START_TEST(releasers_by_mail_do_not_wait_at_the_bound) {
  xlgc_config config = recorder_config(&r);
  config.when_full = XLGC_FULL_FAIL;
  config.queue_events = 1;
  recorder_open_with(&r, &config);
  r.kind.delivery = XLGC_DELIVER_WORKER + (unsigned)_i;
  did.top = root();
  did.held = held_by(did.top);
  xlgc_id doomed = held_by(did.top);
  drop(did.top, doomed);
  flush();
  r.on_release = log_much;
  unsigned logged = 0;
  while (!xlgc_link(r.context, did.top, did.held))
    logged++;
  if (_i == 0) ok(xlgc_worker_start(r.pool));
  if (_i == 1) ok(xlgc_cleaner_start(r.pool));
  deliver();
  ok(did.answers[0]);
  expect_told(&r, doomed);
  flush();
  ck_assert_uint_eq(recorder_count(&r, did.top, did.held), logged + 3000 + 1);
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_mailboxes");
  TCase *delivery = trial_case(suite, "delivery");
  tcase_add_loop_test(delivery, delivery_inline, 0, 2);
  tcase_add_loop_test(delivery, delivery_to_the_worker, 0, 2);
  tcase_add_loop_test(delivery, delivery_to_the_cleaner, 0, 2);
  tcase_add_loop_test(delivery, cleaner_is_started_and_stopped_once, 0, 2);
  tcase_add_loop_test(delivery, delivery_to_the_owner, 0, 2);
  tcase_add_loop_test(delivery, transient_objects_are_forgotten_by_mail, 0, 2);
  tcase_add_loop_test(delivery, dispatch_of_at_most_so_many, 0, 2);
  tcase_add_loop_test(delivery, mail_comes_holders_before_held, 0, 2);
  tcase_add_loop_test(delivery, descriptor_is_readable_while_there_is_mail, 0, 2);
  tcase_add_loop_test(delivery, descriptor_of_the_heir, 0, 2);
  tcase_add_loop_test(delivery, owner_destroyed_with_mail_and_questions, 0, 2);
  TCase *questions = trial_case(suite, "questions");
  tcase_add_loop_test(questions, question_to_the_own_thread, 0, 2);
  tcase_add_loop_test(questions, question_to_a_thread_that_is_not_there, 0, 4);
  tcase_add_loop_test(questions, all_of_a_set_with_two_owners_is_asked_before_any_is_released, 0, 6);
  tcase_add_loop_test(questions, of_two_owners_the_one_that_has_not_answered_is_named, 0, 2);
  TCase *callbacks = trial_case(suite, "callbacks");
  tcase_add_loop_test(callbacks, releaser_drops_adds_pins_registers, 0, 2 * DELIVERIES);
  tcase_add_loop_test(callbacks, releaser_that_steps_flushes_shuts_down_and_destroys_the_pool, 0, 2 * DELIVERIES);
  tcase_add_loop_test(callbacks, question_whose_answerer_flushes, 0, 2);
  tcase_add_loop_test(callbacks, mail_that_makes_mail, 0, 2);
  tcase_add_loop_test(callbacks, releasers_by_mail_do_not_wait_at_the_bound, 0, DELIVERIES);
  return trial_run(suite);
}
