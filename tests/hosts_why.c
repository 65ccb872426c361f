/* What xlgc_hosts_explain says, of random graphs in toy engines: every step is a link that exists, the first one begins
 * at a root, and without that the object is gone or another root is named. And the labels of C's objects. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xlgc/bridge.h>
#include <xlgc/why.h>

#include "support/toy.h"
#include "support/trial.h"

enum { ENGINES = 3, BUDGET = 100000 };

static xlgc_pool *pool;
static toy *engines[ENGINES];

static void begin(void) {
  ok(xlgc_pool_create(NULL, &pool));
  for (unsigned i = 0; i < ENGINES; i++)
    engines[i] = toy_open(pool, 0);
}

static void end(void) {
  for (unsigned i = 0; i < ENGINES; i++)
    toy_close(engines[i]);
  ok(xlgc_flush(pool));
  ok(xlgc_verify(pool, NULL, 0));
  ok(xlgc_pool_destroy(pool));
}

static void collect(void) { ck_assert_int_ge(xlgc_hosts_collect(pool), 0); }

/* ---------------------------------------------------------------- what an answer says */

/* The object itself, in the engine that has it: what a proxy stands for. */
static const toy_thing *resolve(const toy_thing *thing, const toy **in) {
  if (!thing->is_proxy) return thing;
  for (unsigned i = 0; i < ENGINES; i++)
    for (const toy_thing *one = engines[i]->all; one; one = one->next)
      if (!one->is_proxy && one->id == thing->id) {
        *in = engines[i];
        return one;
      }
  return NULL;
}

/* Follows fields, `.f1.f0`, as far as they go in the text. */
static const toy_thing *follow(const toy_thing *thing, const char **text) {
  unsigned field;
  int length;
  while (thing && sscanf(*text, " .f%u%n", &field, &length) == 1) {
    MUST(field < HOSTS_FIELDS);
    thing = thing->is_proxy ? NULL : thing->fields[field];
    *text += length;
  }
  return thing;
}

/* Where the text goes on behind `-> toy: thing N`; or NULL when the object is not that. */
static const char *arrive(const toy_thing *thing, const char *text) {
  unsigned number;
  int length = 0;
  if (!thing || sscanf(text, " -> toy: thing %u%n", &number, &length) != 1 || !length) return NULL;
  return thing->number == number ? text + length : NULL;
}

/* Is every step of an answer a link that exists, from a global of this engine on? Then the last object is *last. */
static bool is_true_from(const toy *engine, unsigned global, const char *text, const toy_thing **last) {
  const toy *in = engine;
  const toy_thing *at = engine->globals[global];
  while (at) {
    at = follow(at, &text);
    at = at ? resolve(at, &in) : NULL;
    text = arrive(at, text);
    if (!text) return false;
    *last = at;
    if (!*text) return true;
  }
  return false;
}

/* The engine whose global it begins at; several may have such a one. */
static toy *find_beginning(const char *text, unsigned *global, unsigned wanted) {
  int length = 0;
  MUST(sscanf(text, "toy, by itself global %u%n", global, &length) == 1 && length);
  for (unsigned i = 0; i < ENGINES; i++) {
    const toy_thing *last;
    if (is_true_from(engines[i], *global, text + length, &last) && last->number == wanted) return engines[i];
  }
  ck_abort_msg("%s", text);
  return NULL;
}

/* ---------------------------------------------------------------- random graphs */

static uint64_t seed;
static unsigned number;

static void move_at_random(void) {
  toy *at = engines[trial_random(&seed, ENGINES)], *to = engines[trial_random(&seed, ENGINES)];
  unsigned global = trial_random(&seed, HOSTS_SCRATCH), other = trial_random(&seed, HOSTS_SCRATCH);
  switch (trial_random(&seed, 8)) {
  case 0:
  case 1: toy_make(at, global, ++number); break;
  case 2:
  case 3:
    if (toy_at(at, global) && !toy_at(at, global)->is_proxy)
      toy_set(at, global, trial_random(&seed, HOSTS_FIELDS), other);
    break;
  case 4: toy_drop(at, global); break;
  default:
    if (toy_at(at, global) && at != to) toy_pass(at, global, to, other);
  }
}

/* An export at random, or NULL. */
static const toy_thing *choose(void) {
  const toy *at = engines[trial_random(&seed, ENGINES)];
  const toy_thing *chosen = NULL;
  unsigned met = 0;
  for (const toy_thing *one = at->all; one; one = one->next)
    if (!one->is_proxy && one->pinned && !trial_random(&seed, ++met)) chosen = one;
  return chosen;
}

/* Takes one named root after the other away, until the object is gone. */
static unsigned take_away(xlgc_id id, unsigned wanted) {
  char text[4096];
  for (unsigned taken = 0;; taken++) {
    MUST(taken <= ENGINES * HOSTS_GLOBALS);
    int length = xlgc_hosts_explain(pool, NULL, id, BUDGET, text, sizeof text);
    if (length == XLGC_E_STALE) return taken;
    MUST(length > 0 && (size_t)length < sizeof text);
    unsigned global;
    toy *named = find_beginning(text, &global, wanted);
    toy_drop(named, global);
    collect();
  }
}

START_TEST(every_step_is_a_link) {
  unsigned asked = 0, taken = 0;
  for (unsigned graph = 0, graphs = trial_work(100); graph < graphs; graph++) {
    begin();
    for (unsigned i = 0; i < 150; i++)
      move_at_random();
    collect();
    for (unsigned i = 0; i < 6; i++) {
      const toy_thing *chosen = choose();
      if (!chosen) continue;
      asked++;
      taken += take_away(chosen->id, chosen->number);
    }
    end();
  }
  ck_assert_uint_gt(asked, 0);
  ck_assert_uint_gt(taken, asked); /* some are held by several roots */
  printf("%u objects, %u roots named\n", asked, taken);
}
END_TEST

/* ---------------------------------------------------------------- objects of C */

static void label(const void *object, const void *data, char *text, size_t size_bytes) {
  (void)data;
  snprintf(text, size_bytes, "%s", (const char *)object);
}

START_TEST(objects_of_c_have_labels) {
  static xlgc_labelled_kind pages = {.described = {.kind = {.name = "page", .flags = XLGC_KIND_LABELLED}},
                                     .label = label};
  static char title[] = "about us", none[] = "";
  begin();
  xlgc_context *context;
  xlgc_id page, blank;
  ok(xlgc_context_create(pool, "c", &context));
  ok(xlgc_register(context, title, &pages.described.kind, &page));
  ok(xlgc_register(context, none, &pages.described.kind, &blank));
  toy_make(engines[0], 0, 7);
  xlgc_id thing;
  ok(toy_give(engines[0], 0, &thing));
  ok(xlgc_pin(context, page));
  ok(xlgc_link(context, page, thing));
  toy_drop(engines[0], 0);
  collect();
  char text[200];
  ck_assert_int_gt(xlgc_hosts_explain(pool, NULL, thing, BUDGET, text, sizeof text), 0);
  ck_assert_str_eq(text, "page \"about us\"\n -> toy: thing 7");
  int length = xlgc_object_text(pool, page, text, sizeof text);
  ck_assert_str_eq(text, "page \"about us\"");
  ck_assert_int_eq(xlgc_object_text(pool, page, NULL, 0), length);
  ck_assert_int_eq(xlgc_object_text(pool, page, text, 5), length);
  ck_assert_str_eq(text, "page");
  ck_assert_int_gt(xlgc_object_text(pool, blank, text, sizeof text), 0);
  ck_assert_ptr_ne(strstr(text, "page 0x"), NULL);
  ck_assert_int_eq(xlgc_object_text(NULL, page, text, 5), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_object_text(pool, page, NULL, 5), XLGC_E_INVAL);
  ok(xlgc_unpin(context, page));
  collect();
  ck_assert_int_eq(xlgc_object_text(pool, page, text, sizeof text), XLGC_E_STALE);
  xlgc_context_destroy(context);
  end();
}
END_TEST

/* ---------------------------------------------------------------- where objects went out */

typedef struct speaker {
  xlgc_host *host;
  const char *at; /* where its code is */
} speaker;

static int summarise_nothing(void *engine, xlgc_summary *summary) {
  (void)engine, (void)summary;
  return 0;
}
static void unpin_nothing(void *engine, void *handle) { (void)engine, (void)handle; }
static void say_where(void *engine, char *words, size_t size_bytes) {
  snprintf(words, size_bytes, "%s", ((speaker *)engine)->at);
}
static const xlgc_behaviour no_behaviour = {0};
static const xlgc_host_adapter speakers = {.name = "speaker",
                                           .summarise = summarise_nothing,
                                           .unpin = unpin_nothing,
                                           .behaviour = &no_behaviour,
                                           .where = say_where};

static const char *site_of_new(speaker *one) {
  static char handles[16], words[200];
  static unsigned used;
  xlgc_id id;
  ok(xlgc_host_export(one->host, &handles[used++], &id));
  ck_assert_int_ge(xlgc_object_site(pool, id, words, sizeof words), 0);
  return words;
}

/* Where its own engine's code is, and that of the engine that visits it. */
START_TEST(sites_of_exports) {
  speaker one = {.at = "one.c:1"}, other = {.at = "other.c:2"};
  static char face, proxy;
  xlgc_visit visit;
  xlgc_id id;
  void *handle;
  unsigned every;
  ok(xlgc_pool_create(NULL, &pool));
  ok(xlgc_sites(pool, 1)); /* which hosts leave as it is */
  ok(xlgc_host_open(pool, &speakers, &one, &one.host));
  ok(xlgc_host_open(pool, &speakers, &other, &other.host));
  ok(xlgc_sites_every(pool, &every));
  ck_assert_uint_eq(every, 1);
  ck_assert_str_eq(site_of_new(&one), "exported at one.c:1");
  ok(xlgc_host_export(one.host, &face, &id));
  ck_assert_int_eq(xlgc_host_receive(other.host, id, &handle), XLGC_HOST_NEW);
  ok(xlgc_host_proxy_made(other.host, id, &proxy));
  ok(xlgc_visit_begin(&visit, other.host, id));
  ck_assert_str_eq(site_of_new(&one), "exported at one.c:1, visited at other.c:2");
  ck_assert_str_eq(site_of_new(&other), "exported at other.c:2");
  one.at = "";
  ck_assert_str_eq(site_of_new(&one), "asked for at other.c:2");
  other.at = "";
  ck_assert_int_eq(strncmp(site_of_new(&one), "made by ", 8), 0);
  xlgc_visit_end(&visit);
  ok(xlgc_sites(pool, 0));
  one.at = "one.c:1";
  ck_assert_str_eq(site_of_new(&one), "");
  ok(xlgc_host_close(other.host));
  ok(xlgc_host_close(one.host));
  ok(xlgc_pool_destroy(pool));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hosts_why");
  TCase *cases = trial_case(suite, "why, in engines");
  seed = trial_seed();
  tcase_add_test(cases, every_step_is_a_link);
  tcase_add_test(cases, objects_of_c_have_labels);
  tcase_add_test(cases, sites_of_exports);
  return trial_run(suite);
}
