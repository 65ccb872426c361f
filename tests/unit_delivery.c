/* Delivery by itself: what asking and notifying call, which mailbox a message goes to, what comes back when it has been
 * delivered, what holds questions, and what an heir takes over; then all of it in any order against lists. */
#include <config.h>

#include "rounds/delivery.h"
#include "support/one_queue.h"

#include <poll.h>
#include <unistd.h>
#ifdef HAVE_SYS_EVENTFD_H
#include <sys/eventfd.h>
#endif

/* What was called last. */
static struct {
  char what; /* asked, told, forgotten */
  unsigned calls;
  xlgc_context *context;
  xlgc_id id;
  void *object, *data;
} said;

static xlgc__delivery delivery;
static int answer;
static void (*inside)(uint32_t index); /* what a callback does besides */

static void note(char what, xlgc_context *context, xlgc_id id, void *object, void *data) {
  said.calls++;
  said.what = what;
  said.context = context;
  said.id = id;
  said.object = object;
  said.data = data;
  if (inside) inside((uint32_t)id);
}

static int orphaned(xlgc_context *context, xlgc_id id, void *object, void *data) {
  note('a', context, id, object, data);
  return answer;
}
static void release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  note('t', context, id, object, data);
}
static void forgotten(xlgc_context *context, xlgc_id id, void *object, void *data) {
  note('f', context, id, object, data);
}

static char some_data;
#define KIND(where)                                                                                                 \
  {                                                                                                                 \
    .name = "kind", .orphaned = orphaned, .release = release, .forgotten = forgotten, .flags = XLGC_KIND_TRANSIENT, \
    .delivery = where, .data = &some_data                                                                           \
  }
static const xlgc_kind kinds[] = {
    [XLGC_DELIVER_INLINE] = KIND(XLGC_DELIVER_INLINE),
    [XLGC_DELIVER_WORKER] = KIND(XLGC_DELIVER_WORKER),
    [XLGC_DELIVER_CLEANER] = KIND(XLGC_DELIVER_CLEANER),
    [XLGC_DELIVER_OWNER] = KIND(XLGC_DELIVER_OWNER),
};

static void start(void) {
  open_queue(false);
  delivery = (xlgc__delivery){
      .graph = &g.graph, .queue = &q.queue, .worker = {.descriptor = -1}, .cleaner = {.descriptor = -1}};
}

static uint32_t object_of(const xlgc_kind *kind, void *address, xlgc_context *owner) {
  uint32_t index;
  ok(xlgc__object_create(&g.graph.objects, address, kind, owner, 0, &index));
  return index;
}

/* A message to tell it something has this flag. */
static uint32_t dead(uint32_t index) {
  at(index)->flags |= XLGC__DEAD;
  return index;
}

/* In all mailboxes. */
static uint64_t mailed(void) {
  uint64_t count = delivery.worker.count + delivery.cleaner.count + q.queue.stray.count;
  for (const xlgc_context *context = q.queue.contexts; context; context = context->next)
    count += context->mailbox.count;
  return count;
}

/* ------------------------------------------------------------------- calls */

static void expect_call(char what, uint32_t index, void *address) {
  ck_assert_int_eq(said.what, what);
  ck_assert_ptr_eq(said.context, q.callbacks);
  ck_assert_uint_eq(said.id, xlgc__object_id(&g.graph.objects, index));
  ck_assert_ptr_eq(said.object, address);
  ck_assert_ptr_eq(said.data, &some_data);
}

START_TEST(an_object_is_asked_through_its_kind) {
  static char address;
  start();
  uint32_t asked = object_of(&kinds[0], &address, NULL), plain = object_of(&plain_kind, NULL, NULL);
  answer = XLGC_LET_GO;
  ck_assert(!xlgc__delivery_ask(&delivery, q.callbacks, asked));
  expect_call('a', asked, &address);
  answer = XLGC_KEEP;
  ck_assert(xlgc__delivery_ask(&delivery, q.callbacks, asked));
  ck_assert(!xlgc__delivery_ask(&delivery, q.callbacks, plain));
  ck_assert_uint_eq(said.calls, 2);
  close_queue();
}
END_TEST

/* Its address may be put to new use from then on, so it is not found there any more. */
static void look_up(uint32_t index) {
  const xlgc__addresses *addresses = &g.graph.objects.addresses;
  ck_assert_uint_eq(xlgc__addresses_find(addresses, said.object), 0);
  ck_assert_uint_eq(xlgc__addresses_find_notified(addresses, said.object), index);
}

START_TEST(an_object_is_told_through_its_kind) {
  static char addresses[3];
  start();
  uint32_t told = dead(object_of(&kinds[0], &addresses[0], NULL));
  uint32_t passed = dead(object_of(&kinds[0], &addresses[1], NULL));
  uint32_t plain = dead(object_of(&plain_kind, &addresses[2], NULL));
  at(passed)->flags |= XLGC__FORGOTTEN;
  ck_assert_uint_eq(xlgc__addresses_find(&g.graph.objects.addresses, &addresses[0]), told);
  inside = look_up;
  xlgc__delivery_notify(&delivery, q.callbacks, told);
  expect_call('t', told, &addresses[0]);
  xlgc__delivery_notify(&delivery, q.callbacks, passed);
  expect_call('f', passed, &addresses[1]);
  xlgc__delivery_notify(&delivery, q.callbacks, plain);
  ck_assert_uint_eq(said.calls, 2);
  ck_assert_uint_eq(xlgc__addresses_find(&g.graph.objects.addresses, &addresses[2]), 0);
  close_queue();
}
END_TEST

/* ----------------------------------------------------------------- sending */

static xlgc__mailbox *mailbox_of(int where, xlgc_context *owner) {
  return where == XLGC_DELIVER_WORKER    ? &delivery.worker
         : where == XLGC_DELIVER_CLEANER ? &delivery.cleaner
                                         : &owner->mailbox;
}

/* _i: where the kind delivers to; and whether it is a question. */
START_TEST(a_message_goes_to_the_mailbox_of_the_kind) {
  int where = XLGC_DELIVER_WORKER + _i / 2;
  bool question = _i % 2;
  start();
  xlgc_context *owner = new_context("owner");
  const xlgc__mailbox *mailbox = mailbox_of(where, owner);
  for (unsigned i = 1; i <= 3; i++) {
    uint32_t index = object_of(&kinds[where], NULL, owner);
    ck_assert(xlgc__delivery_send(&delivery, question ? index : dead(index)));
    ck_assert_uint_eq(mailbox->count, i);
    ck_assert_uint_eq(mailbox->questions, question ? i : 0);
    ck_assert_uint_eq(mailed(), i);
    ck_assert_uint_eq(q.queue.questions, question ? i : 0);
    ck_assert_uint_eq(mailbox->list.last, index);
  }
  ck_assert_uint_eq(delivery.worker.count + delivery.cleaner.count + owner->mailbox.count, 3);
  ck_assert_uint_eq(said.calls, 0);
  close_queue();
}
END_TEST

START_TEST(what_nobody_else_is_to_do_is_done_here) {
  xlgc_kind silent = kinds[XLGC_DELIVER_WORKER];
  silent.orphaned = NULL;
  silent.release = NULL;
  start();
  ck_assert(!xlgc__delivery_send(&delivery, object_of(&kinds[XLGC_DELIVER_INLINE], NULL, NULL)));
  /* There is nothing to call. */
  ck_assert(!xlgc__delivery_send(&delivery, object_of(&silent, NULL, NULL)));
  uint32_t passed = dead(object_of(&silent, NULL, NULL));
  ck_assert(!xlgc__delivery_send(&delivery, passed));
  at(passed)->flags |= XLGC__FORGOTTEN;
  ck_assert(xlgc__delivery_send(&delivery, passed));
  /* Its owner has ended. */
  ck_assert(!xlgc__delivery_send(&delivery, object_of(&kinds[XLGC_DELIVER_OWNER], NULL, NULL)));
  /* The pool ends. */
  delivery.all_inline = true;
  ck_assert(!xlgc__delivery_send(&delivery, object_of(&kinds[XLGC_DELIVER_CLEANER], NULL, NULL)));
  ck_assert_uint_eq(mailed(), 1);
  close_queue();
}
END_TEST

/* --------------------------------------------------------------- delivering */

START_TEST(messages_are_delivered_in_order_and_at_most_so_many) {
  enum { COUNT = 5 };
  uint32_t sent[COUNT];
  start();
  for (unsigned i = 0; i < COUNT; i++) {
    sent[i] = dead(object_of(&kinds[XLGC_DELIVER_WORKER], NULL, NULL));
    ck_assert(xlgc__delivery_send(&delivery, sent[i]));
  }
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &delivery.worker, q.callbacks, 0), 0);
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &delivery.worker, q.callbacks, 2), 2);
  expect_call('t', sent[1], NULL);
  ck_assert_uint_eq(delivery.worker.count, COUNT - 2);
  ck_assert_uint_eq(mailed(), COUNT - 2);
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &delivery.worker, q.callbacks, 100), COUNT - 2);
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &delivery.worker, q.callbacks, 100), 0);
  ck_assert_uint_eq(said.calls, COUNT);
  for (unsigned i = 0; i < COUNT; i++)
    ck_assert_uint_eq(xlgc__list_take(&g.graph.objects, &q.queue.returned), sent[i]);
  ck_assert_uint_eq(q.queue.returned.first | q.queue.answered.first, 0);
  close_queue();
}
END_TEST

/* Several notices are taken out at a time, and counted down as each is called. */
static uint64_t left_in_box, called_of_box;
static void expect_count(uint32_t index) {
  ck_assert_uint_eq(delivery.worker.count, --left_in_box);
  ck_assert_int_eq(said.what, is(index, XLGC__DEAD) ? 't' : 'a');
  called_of_box++;
}

START_TEST(each_message_is_counted_until_it_is_called) {
  enum { COUNT = 500 };
  start();
  for (unsigned i = 0; i < COUNT; i++) {
    uint32_t index = object_of(&kinds[XLGC_DELIVER_WORKER], NULL, NULL);
    ck_assert(xlgc__delivery_send(&delivery, i % 150 == 149 ? index : dead(index)));
  }
  left_in_box = COUNT;
  inside = expect_count;
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &delivery.worker, q.callbacks, COUNT - 1), COUNT - 1);
  ck_assert_uint_eq(q.queue.delivering, 0);
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &delivery.worker, q.callbacks, COUNT), 1);
  ck_assert_uint_eq(called_of_box, COUNT);
  ck_assert_uint_eq(delivery.worker.questions + q.queue.questions, 0);
  close_queue();
}
END_TEST

/* ----------------------------------------------------------------- backlog */

START_TEST(the_dead_wait_in_a_backlog_for_a_thread_that_may_call) {
  uint32_t sent[3];
  start();
  xlgc_context *owner = new_context("owner");
  delivery.silent = true;
  for (unsigned i = 0; i < 3; i++) {
    /* Also one whose owner has ended. */
    sent[i] = dead(object_of(&kinds[i == 1 ? XLGC_DELIVER_OWNER : XLGC_DELIVER_INLINE], NULL, NULL));
    ck_assert_int_eq(xlgc__delivery_send(&delivery, sent[i]), XLGC__DELIVERY_SENT);
  }
  ck_assert_uint_eq(xlgc__delivery_backlog(&delivery), 3);
  ck_assert_int_eq(xlgc__delivery_send(&delivery, object_of(&kinds[0], NULL, NULL)), XLGC__DELIVERY_NOT_YET);
  ck_assert_int_eq(xlgc__delivery_send(&delivery, object_of(&kinds[XLGC_DELIVER_OWNER], NULL, owner)),
                   XLGC__DELIVERY_SENT);
  ck_assert_int_eq(xlgc__delivery_send(&delivery, dead(object_of(&plain_kind, NULL, NULL))), XLGC__DELIVERY_HERE);
  ck_assert_uint_eq(owner->mailbox.count, 1);
  delivery.silent = false;
  for (unsigned i = 0; i < 3; i++)
    ck_assert_uint_eq(xlgc__delivery_take_backlog(&delivery), sent[i]);
  ck_assert_uint_eq(xlgc__delivery_take_backlog(&delivery), 0);
  ck_assert_uint_eq(xlgc__delivery_backlog(&delivery), 0);
  ck_assert_uint_eq(said.calls, 0);
  close_queue();
}
END_TEST

START_TEST(the_backlog_goes_to_a_mailbox) {
  start();
  xlgc__delivery_mail_backlog(&delivery, &delivery.cleaner);
  ck_assert_uint_eq(mailed(), 0);
  delivery.silent = true;
  uint32_t first = dead(object_of(&kinds[0], NULL, NULL)), last = dead(object_of(&kinds[0], NULL, NULL));
  ck_assert(xlgc__delivery_send(&delivery, dead(object_of(&kinds[XLGC_DELIVER_CLEANER], NULL, NULL))));
  ck_assert(xlgc__delivery_send(&delivery, first));
  ck_assert(xlgc__delivery_send(&delivery, last));
  xlgc__delivery_mail_backlog(&delivery, &delivery.cleaner);
  ck_assert_uint_eq(xlgc__delivery_backlog(&delivery) + delivery.backlog.first, 0);
  ck_assert_uint_eq(delivery.cleaner.count, 3);
  ck_assert_uint_eq(delivery.cleaner.list.last, last);
  /* With a reader to begin with, questions go there too. */
  delivery.later = &delivery.cleaner;
  ck_assert_int_eq(xlgc__delivery_send(&delivery, object_of(&kinds[0], NULL, NULL)), XLGC__DELIVERY_SENT);
  ck_assert_uint_eq(delivery.cleaner.questions, 1);
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &delivery.cleaner, q.callbacks, 10), 4);
  close_queue();
}
END_TEST

static const char *blocker(const xlgc_context **owner) { return xlgc__delivery_blocker(&delivery, owner); }

static xlgc_context *expected_owner;
static void expect_blocked(uint32_t index) {
  const xlgc_context *owner;
  (void)index;
  ck_assert_str_eq(blocker(&owner), expected_owner ? "owner" : "worker");
  ck_assert_ptr_eq(owner, expected_owner);
}

/* Until the answer is there, also while it is being given. _i: by the worker or an owner. */
START_TEST(a_question_blocks_until_it_is_answered) {
  const xlgc_context *owner;
  bool keep = false;
  start();
  xlgc_context *context = new_context("owner");
  expected_owner = _i ? context : NULL;
  int where = _i ? XLGC_DELIVER_OWNER : XLGC_DELIVER_WORKER;
  ck_assert_ptr_null(blocker(&owner));
  for (unsigned i = 0; i < 2; i++)
    ck_assert(xlgc__delivery_send(&delivery, object_of(&kinds[where], NULL, context)));
  inside = expect_blocked;
  for (unsigned i = 0; i < 2; i++) {
    expect_blocked(0);
    answer = i ? XLGC_LET_GO : XLGC_KEEP;
    ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, mailbox_of(where, context), q.callbacks, 1), 1);
    ck_assert_uint_eq(xlgc__delivery_take_answer(&delivery, &keep), (uint32_t)said.id);
    ck_assert_int_eq(keep, !i);
    ck_assert_uint_eq(xlgc__delivery_take_answer(&delivery, &keep), 0);
    ck_assert_uint_eq(q.queue.questions, 1 - i);
  }
  ck_assert_ptr_null(blocker(&owner));
  ck_assert_ptr_null(owner);
  close_queue();
}
END_TEST

START_TEST(the_clean_up_thread_is_named_as_well) {
  const xlgc_context *owner;
  start();
  ck_assert(xlgc__delivery_send(&delivery, dead(object_of(&kinds[XLGC_DELIVER_CLEANER], NULL, NULL))));
  ck_assert_ptr_null(blocker(&owner)); /* what is told is not waited for */
  ck_assert(xlgc__delivery_send(&delivery, object_of(&kinds[XLGC_DELIVER_CLEANER], NULL, NULL)));
  ck_assert_str_eq(blocker(&owner), "clean-up thread");
  ck_assert_ptr_null(owner);
  close_queue();
}
END_TEST

/* ------------------------------------------------------------------ moving */

static xlgc_context *moved_from, *moved_to;
static void move_while_answering(uint32_t index) {
  (void)index;
  inside = NULL;
  xlgc__delivery_move(&delivery, &moved_from->mailbox, &moved_to->mailbox);
}

/* What is taken out with the notice that is being called stays with its deliverer. */
START_TEST(an_heir_takes_over_from_the_next_question_on) {
  start();
  moved_from = new_context("from");
  moved_to = new_context("to");
  for (unsigned i = 0; i < 4; i++) {
    uint32_t index = object_of(&kinds[XLGC_DELIVER_OWNER], NULL, moved_from);
    ck_assert(xlgc__delivery_send(&delivery, i == 2 ? index : dead(index)));
  }
  inside = move_while_answering;
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &moved_from->mailbox, q.callbacks, 10), 2);
  ck_assert_uint_eq(moved_from->mailbox.count + moved_from->mailbox.questions, 0);
  ck_assert_uint_eq(moved_to->mailbox.count, 2);
  ck_assert_uint_eq(moved_to->mailbox.questions, 1);
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &moved_to->mailbox, q.callbacks, 10), 2);
  close_queue();
}
END_TEST

START_TEST(an_heir_takes_over_what_is_not_being_answered) {
  const xlgc_context *owner;
  start();
  moved_from = new_context("from");
  moved_to = new_context("to");
  xlgc__delivery_move(&delivery, &moved_from->mailbox, &moved_to->mailbox);
  ck_assert_uint_eq(moved_to->mailbox.count, 0);
  uint32_t questions[2], told;
  for (unsigned i = 0; i < 2; i++) {
    questions[i] = object_of(&kinds[XLGC_DELIVER_OWNER], NULL, moved_from);
    ck_assert(xlgc__delivery_send(&delivery, questions[i]));
  }
  told = dead(object_of(&kinds[XLGC_DELIVER_OWNER], NULL, moved_from));
  ck_assert(xlgc__delivery_send(&delivery, told));
  inside = move_while_answering;
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &moved_from->mailbox, q.callbacks, 10), 1);
  ck_assert_uint_eq((uint32_t)said.id, questions[0]);
  ck_assert_uint_eq(moved_from->mailbox.count + moved_from->mailbox.questions, 0);
  ck_assert_uint_eq(moved_to->mailbox.count, 2);
  ck_assert_uint_eq(moved_to->mailbox.questions, 1);
  ck_assert_str_eq(blocker(&owner), "to");
  ck_assert_uint_eq(mailed(), 2);
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &moved_to->mailbox, q.callbacks, 10), 2);
  ck_assert_uint_eq((uint32_t)said.id, told);
  ck_assert_uint_eq(mailed() + q.queue.questions, 0);
  close_queue();
}
END_TEST

#ifdef HAVE_SYS_EVENTFD_H
static bool readable(const xlgc_context *context) {
  struct pollfd poll_for = {.fd = context->mailbox.descriptor, .events = POLLIN};
  ck_assert_int_ge(poll(&poll_for, 1, 0), 0);
  return poll_for.revents & POLLIN;
}

/* The queue closes them. */
static xlgc_context *with_descriptor(const char *name) {
  xlgc_context *context = new_context(name);
  context->mailbox.descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  ck_assert_int_ge(context->mailbox.descriptor, 0);
  return context;
}

START_TEST(a_descriptor_is_readable_while_there_is_mail) {
  start();
  xlgc_context *first = with_descriptor("first"), *second = with_descriptor("second");
  ck_assert(!readable(first));
  for (unsigned i = 0; i < 2; i++)
    ck_assert(xlgc__delivery_send(&delivery, dead(object_of(&kinds[XLGC_DELIVER_OWNER], NULL, first))));
  ck_assert(readable(first) && !readable(second));
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &first->mailbox, q.callbacks, 1), 1);
  ck_assert(readable(first));
  xlgc__delivery_move(&delivery, &first->mailbox, &second->mailbox);
  ck_assert(!readable(first) && readable(second));
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, &second->mailbox, q.callbacks, 1), 1);
  ck_assert(!readable(second));
  close_queue();
}
END_TEST
#endif

/* ----------------------------------------------------- any order, against lists */

enum { BOXES = 4, MESSAGES = 200 };

static uint64_t seed;

typedef struct box {
  uint32_t sent[MESSAGES]; /* and not delivered yet */
  unsigned count, questions;
} box;

static struct {
  xlgc_context *owners[2];
  box boxes[BOXES]; /* the worker's, the cleaner's, the owners' */
  unsigned answered, returned;
} model;

static xlgc__mailbox *box_at(unsigned i) {
  return i == 0 ? &delivery.worker : i == 1 ? &delivery.cleaner : &model.owners[i - 2]->mailbox;
}

static void send_one(unsigned i, bool question) {
  static const int where[] = {XLGC_DELIVER_WORKER, XLGC_DELIVER_CLEANER, XLGC_DELIVER_OWNER, XLGC_DELIVER_OWNER};
  box *box = &model.boxes[i];
  uint32_t index = object_of(&kinds[where[i]], NULL, i > 1 ? model.owners[i - 2] : NULL);
  ck_assert(xlgc__delivery_send(&delivery, question ? index : dead(index)));
  box->sent[box->count++] = index;
  box->questions += question;
}

static uint32_t take_first(box *box) {
  uint32_t first = box->sent[0];
  memmove(box->sent, box->sent + 1, --box->count * sizeof *box->sent);
  return first;
}

static void deliver_some(unsigned i, unsigned most) {
  box *box = &model.boxes[i];
  unsigned expected = box->count < most ? box->count : most;
  ck_assert_uint_eq(xlgc__delivery_deliver(&delivery, box_at(i), q.callbacks, most), expected);
  for (; expected; expected--) {
    uint32_t index = take_first(box);
    bool question = !is(index, XLGC__DEAD), keep;
    box->questions -= question;
    if (question)
      ck_assert_uint_eq(xlgc__delivery_take_answer(&delivery, &keep), index);
    else
      ck_assert_uint_eq(xlgc__list_take(&g.graph.objects, &q.queue.returned), index);
  }
}

static void move_owners(unsigned from, unsigned to) {
  box *source = &model.boxes[from], *target = &model.boxes[to];
  xlgc__delivery_move(&delivery, box_at(from), box_at(to));
  while (source->count)
    target->sent[target->count++] = take_first(source);
  target->questions += source->questions;
  source->questions = 0;
}

START_TEST(any_order_of_messages_agrees_with_lists) {
  uint64_t random = seed;
  start();
  model.owners[0] = new_context("first");
  model.owners[1] = new_context("second");
  for (unsigned sent = 0; sent < MESSAGES;) {
    unsigned i = trial_random(&random, BOXES);
    switch (trial_random(&random, 6)) {
    case 0: deliver_some(i, trial_random(&random, 5)); break;
    case 1: move_owners(2 + i % 2, 3 - i % 2); break;
    default: send_one(i, trial_random(&random, 2)), sent++;
    }
    uint64_t questions = 0;
    for (unsigned k = 0; k < BOXES; k++) {
      ck_assert_uint_eq(box_at(k)->count, model.boxes[k].count);
      ck_assert_uint_eq(box_at(k)->questions, model.boxes[k].questions);
      questions += box_at(k)->questions;
    }
    ck_assert_uint_eq(q.queue.questions, questions);
  }
  close_queue();
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_delivery");
  TCase *calls = trial_case(suite, "calls");
  tcase_add_test(calls, an_object_is_asked_through_its_kind);
  tcase_add_test(calls, an_object_is_told_through_its_kind);
  TCase *sending = trial_case(suite, "sending");
  tcase_add_loop_test(sending, a_message_goes_to_the_mailbox_of_the_kind, 0, 6);
  tcase_add_test(sending, what_nobody_else_is_to_do_is_done_here);
  TCase *delivering = trial_case(suite, "delivering");
  tcase_add_test(delivering, messages_are_delivered_in_order_and_at_most_so_many);
  tcase_add_loop_test(delivering, a_question_blocks_until_it_is_answered, 0, 2);
  tcase_add_test(delivering, the_clean_up_thread_is_named_as_well);
  tcase_add_test(delivering, each_message_is_counted_until_it_is_called);
  tcase_add_test(delivering, the_dead_wait_in_a_backlog_for_a_thread_that_may_call);
  tcase_add_test(delivering, the_backlog_goes_to_a_mailbox);
  TCase *moving = trial_case(suite, "moving");
  tcase_add_test(moving, an_heir_takes_over_what_is_not_being_answered);
  tcase_add_test(moving, an_heir_takes_over_from_the_next_question_on);
#ifdef HAVE_SYS_EVENTFD_H
  tcase_add_test(moving, a_descriptor_is_readable_while_there_is_mail);
#endif
  TCase *random = trial_case(suite, "any order");
  tcase_add_test(random, any_order_of_messages_agrees_with_lists);
  return trial_run(suite);
}
