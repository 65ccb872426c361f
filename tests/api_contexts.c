/* Contexts as such: counted, created by the thousand, ended, inherited, put in each other's place as coroutines would. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "support/one_pool.h"
#include "support/threads.h"

static xlgc_context *another(const char *name) {
  xlgc_context *context;
  ok(xlgc_context_create(r.pool, name, &context));
  return context;
}

static xlgc_id owned_by(xlgc_context *context, xlgc_id holder) {
  xlgc_id id;
  ok(xlgc_register(context, NULL, &r.kind, &id));
  ok(xlgc_link(context, holder, id));
  return id;
}

START_TEST(contexts_are_counted) {
  start(_i);
  uint64_t before = recorder_statistics(&r).contexts;
  ck_assert_uint_eq(before, 1);
  xlgc_context *second = another("second"), *third = another(NULL), *here;
  ck_assert_uint_eq(recorder_statistics(&r).contexts, before + 2);
  ok(xlgc_context_here(r.pool, &here));
  ck_assert_uint_eq(recorder_statistics(&r).contexts, before + 3);
  ok(xlgc_context_destroy(second));
  ck_assert_uint_eq(recorder_statistics(&r).contexts, before + 2);
  ok(xlgc_context_adopt(r.context, third));
  ck_assert_uint_eq(recorder_statistics(&r).contexts, before + 1);
  flush();
  ck_assert_uint_eq(recorder_statistics(&r).contexts, before + 1);
  finish();
}
END_TEST

/* The pool's own are not counted. */
START_TEST(contexts_of_the_pools_threads_are_not_counted) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_CLEANER;
  xlgc_id top = root(), held = held_by(top);
  ok(xlgc_cleaner_start(r.pool));
  drop(top, held);
  flush();
  while (recorder_statistics(&r).mailed)
    nap_ms(1);
  ok(xlgc_cleaner_stop(r.pool));
  expect_told(&r, held);
  ck_assert_uint_eq(recorder_statistics(&r).contexts, 1);
  finish();
}
END_TEST

START_TEST(events_of_an_ended_context_are_applied_under_its_name) {
  start(_i);
  xlgc_context *ended = another("a name that is longer than what is kept of it");
  xlgc_id top = root(), held = held_by(top);
  ok(xlgc_pin(ended, top));
  ok(xlgc_unlink(ended, held, top));
  ok(xlgc_unlink(ended, top, held));
  ok(xlgc_context_destroy(ended));
  ok(xlgc_context_destroy(NULL));
  flush();
  expect_told(&r, held);
  ck_assert_uint_eq(r.error_count, 1);
  ck_assert_uint_eq(r.errors[0].position, 1);
  ck_assert_str_eq(r.error_context, "a name that is longer than what");
  r.error_count = 0;
  /* The pin stays, and is anybody's. */
  ok(xlgc_unpin(r.context, top));
  flush();
  expect_none_told(&r);
  ok(xlgc_unpin(r.context, top));
  flush();
  expect_told(&r, top);
  finish();
}
END_TEST

START_TEST(each_thread_has_its_own_context_of_each_pool) {
  start(_i);
  xlgc_context *here, *again, *there;
  ok(xlgc_context_here(r.pool, &here));
  ok(xlgc_context_here(r.pool, &again));
  ck_assert_ptr_eq(here, again);
  ck_assert_ptr_ne(here, r.context);
  xlgc_pool *other;
  ok(xlgc_pool_create(NULL, &other));
  ok(xlgc_context_here(other, &there));
  ck_assert_ptr_ne(here, there);
  ok(xlgc_pool_destroy(other));
  ok(xlgc_pool_create(NULL, &other)); /* most likely where the last one was */
  ok(xlgc_context_here(other, &there));
  xlgc_id id;
  ok(xlgc_register(there, NULL, NULL, &id));
  ok(xlgc_pin(there, id));
  ck_assert_int_eq(xlgc_pin(here, id), XLGC_E_FOREIGN);
  ok(xlgc_pool_destroy(other));
  ok(xlgc_context_here(r.pool, &again));
  ck_assert_ptr_eq(here, again);
  ck_assert_int_eq(xlgc_context_here(NULL, &here), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_context_here(r.pool, NULL), XLGC_E_INVAL);
  finish();
}
END_TEST

START_TEST(thousands_of_contexts) {
  enum { CONTEXTS = 5000, EVENTS = 5, CHUNK_BYTES = 4096 + 64 };
  static xlgc_context *contexts[CONTEXTS];
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  flush();
  uint64_t bytes = recorder_statistics(&r).bytes;
  for (unsigned i = 0; i < CONTEXTS; i++)
    contexts[i] = another("coroutine");
  ck_assert_uint_lt((recorder_statistics(&r).bytes - bytes) / CONTEXTS, 1024);
  for (unsigned i = 0; i < CONTEXTS; i++)
    for (unsigned j = 0; j < EVENTS; j++)
      ok(xlgc_link(contexts[i], top, held));
  ck_assert_uint_lt((recorder_statistics(&r).bytes - bytes) / CONTEXTS, 1024 + CHUNK_BYTES);
  ck_assert_uint_eq(recorder_count(&r, top, held), CONTEXTS * EVENTS + 1);
  for (unsigned i = 0; i < CONTEXTS; i += 2)
    ok(xlgc_context_destroy(contexts[i]));
  uint64_t with_all = recorder_statistics(&r).bytes;
  flush();
  ck_assert_uint_lt(recorder_statistics(&r).bytes, with_all - CONTEXTS / 2 * 256);
  ck_assert_uint_eq(recorder_statistics(&r).contexts, CONTEXTS / 2 + 1);
  for (unsigned i = 1; i < CONTEXTS; i += 2)
    for (unsigned j = 0; j < 2 * EVENTS; j++)
      ok(xlgc_unlink(contexts[i], top, held));
  flush();
  ck_assert_uint_eq(recorder_count(&r, top, held), 1);
  ok(xlgc_unlink(contexts[1], top, held));
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

/* Objects outlive the coroutine that made them, and end when nobody holds them. */
START_TEST(a_context_in_the_place_of_another_whose_objects_are_held) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  xlgc_id top = root(), chain[2] = {top, top};
  for (unsigned i = 0; i < 300; i++) {
    xlgc_context *coroutine = another("coroutine");
    xlgc_id made = owned_by(coroutine, top), below = owned_by(coroutine, made);
    ok(xlgc_link(coroutine, below, made));
    ok(xlgc_pin(coroutine, below));
    if (i) ok(xlgc_unlink(coroutine, top, chain[0]));
    if (i) ok(xlgc_unpin(coroutine, chain[1]));
    chain[0] = made;
    chain[1] = below;
    ok(xlgc_context_destroy(coroutine));
    flush();
    ck_assert_uint_eq(r.told_count, 2 * i); /* inline, as their owner has ended */
  }
  drop(top, chain[0]);
  ok(xlgc_unpin(r.context, chain[1]));
  flush();
  ck_assert_uint_eq(r.told_count, 600);
  ck_assert_uint_eq(recorder_statistics(&r).objects, 1);
  ck_assert_uint_eq(recorder_statistics(&r).contexts, 1);
  finish();
}
END_TEST

/* ------------------------------------------------------------------- heirs */

START_TEST(heir_gets_the_mail_that_is_there_and_that_is_to_come) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  xlgc_context *ended = another("ended"), *heir = another("heir");
  xlgc_id top = root(), now = owned_by(ended, top), later = owned_by(ended, top), own = owned_by(heir, top);
  drop(top, now);
  flush();
  ok(xlgc_context_adopt(heir, ended));
  expect_none_told(&r);
  ck_assert_int_eq(xlgc_context_dispatch(heir, 10), 1);
  expect_told(&r, now);
  drop(top, later);
  drop(top, own);
  flush();
  expect_none_told(&r);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 0);
  ck_assert_int_eq(xlgc_context_dispatch(heir, 10), 2);
  ck_assert_uint_eq(r.told_count, 2);
  r.told_count = 0;
  finish();
}
END_TEST

START_TEST(heir_of_an_heir_and_none) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  xlgc_context *first = another("first"), *second = another("second"), *third = another("third");
  xlgc_id top = root(), x = owned_by(first, top), y = owned_by(first, top), z = owned_by(first, top);
  ok(xlgc_context_adopt(second, first));
  ok(xlgc_context_adopt(third, second));
  drop(top, x);
  flush();
  ck_assert_int_eq(xlgc_context_dispatch(third, 10), 1);
  expect_told(&r, x);
  drop(top, y);
  flush();
  expect_none_told(&r);
  ok(xlgc_context_destroy(third));
  flush();
  expect_told(&r, y);
  drop(top, z);
  flush();
  expect_told(&r, z);
  finish();
}
END_TEST

/* Two owners of one kind, one of them the other's heir: which of them is meant is known object by object. */
START_TEST(ownership_of_one_kind_by_many_that_come_and_go) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  xlgc_id top = root(), held[8];
  xlgc_context *owners[8];
  for (unsigned i = 0; i < 8; i++) {
    owners[i] = another("owner");
    held[i] = owned_by(owners[i], top);
  }
  for (unsigned i = 0; i < 4; i++)
    ok(xlgc_context_adopt(owners[i + 4], owners[i]));
  flush(); /* the ended ones are freed, and their memory used again */
  xlgc_context *fresh[4];
  for (unsigned i = 0; i < 4; i++) {
    fresh[i] = another("fresh");
    owned_by(fresh[i], top);
  }
  for (unsigned i = 0; i < 8; i++)
    drop(top, held[i]);
  flush();
  expect_none_told(&r);
  for (unsigned i = 0; i < 4; i++) {
    ck_assert_int_eq(xlgc_context_dispatch(fresh[i], 10), 0);
    ck_assert_int_eq(xlgc_context_dispatch(owners[i + 4], 10), 2);
  }
  ck_assert_uint_eq(r.told_count, 8);
  r.told_count = 0;
  finish();
}
END_TEST

static xlgc_context *an_heir;
static int answers[3];
static void end_itself(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)id;
  (void)object;
  answers[0] = xlgc_context_destroy(context);
  answers[1] = xlgc_context_adopt(an_heir, context);
  answers[2] = xlgc_context_dispatch(context, 1);
}

START_TEST(contexts_that_cannot_be_ended) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  r.on_release = end_itself;
  an_heir = another("heir");
  ck_assert_int_eq(xlgc_context_adopt(r.context, r.context), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_context_adopt(NULL, r.context), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_context_adopt(r.context, NULL), XLGC_E_INVAL);
  xlgc_id top = root(), held = held_by(top);
  drop(top, held);
  flush();
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  for (unsigned i = 0; i < 3; i++)
    ck_assert_int_eq(answers[i], XLGC_E_BUSY);
  expect_told(&r, held);
  finish();
}
END_TEST

/* A section does not outlive its context, nor pass to the heir. */
START_TEST(section_ends_with_its_context) {
  start(_i);
  xlgc_context *ended = another("ended");
  xlgc_id top = root(), held = held_by(top);
  flush();
  ok(xlgc_enter(ended));
  drop(top, held);
  ok(xlgc_context_adopt(r.context, ended));
  ck_assert_int_eq(xlgc_leave(r.context), XLGC_E_SECTION);
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_contexts");
  TCase *life = trial_case(suite, "life");
  tcase_add_loop_test(life, contexts_are_counted, 0, 2);
  tcase_add_loop_test(life, contexts_of_the_pools_threads_are_not_counted, 0, 2);
  tcase_add_loop_test(life, events_of_an_ended_context_are_applied_under_its_name, 0, 2);
  tcase_add_loop_test(life, each_thread_has_its_own_context_of_each_pool, 0, 2);
  tcase_add_loop_test(life, thousands_of_contexts, 0, 2);
  tcase_add_loop_test(life, a_context_in_the_place_of_another_whose_objects_are_held, 0, 2);
  TCase *heirs = trial_case(suite, "heirs");
  tcase_add_loop_test(heirs, heir_gets_the_mail_that_is_there_and_that_is_to_come, 0, 2);
  tcase_add_loop_test(heirs, heir_of_an_heir_and_none, 0, 2);
  tcase_add_loop_test(heirs, ownership_of_one_kind_by_many_that_come_and_go, 0, 2);
  tcase_add_loop_test(heirs, contexts_that_cannot_be_ended, 0, 2);
  tcase_add_loop_test(heirs, section_ends_with_its_context, 0, 2);
  return trial_run(suite);
}
