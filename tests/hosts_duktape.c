/* The conformance kit on heaps of Duktape, and what such heaps can trip over. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <time.h>
#include <xlgc/duktape.h>

#include "support/kits.h"
#include "support/trial.h"

/* ---------------------------------------------------------------- scripts */

static void run(duk_context *ctx, const char *text) {
  if (duk_peval_string(ctx, text)) ck_abort_msg("%s: %s", text, duk_safe_to_string(ctx, -1));
  duk_pop(ctx);
}

static struct {
  xlgc_pool *pool;
  duk_context *a, *b;
} two;

static void on_error(void *data, const xlgc_error *error) {
  (void)data;
  ck_abort_msg("%s at %s", xlgc_errname(error->code), error->what);
}

static void open_two(void) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.on_error = on_error;
  ok(xlgc_pool_create(&config, &two.pool));
  two.a = duk_create_heap_default();
  two.b = duk_create_heap_default();
  ok(xlgc_duktape_open(two.a, two.pool, NULL));
  ok(xlgc_duktape_open(two.b, two.pool, NULL));
}

static void close_two(void) {
  char why[200] = "";
  xlgc_statistics statistics;
  duk_destroy_heap(two.a);
  duk_destroy_heap(two.b);
  ok(xlgc_flush(two.pool));
  ok(xlgc_stats(two.pool, &statistics));
  ck_assert_uint_eq(statistics.objects, 0);
  ck_assert_msg(xlgc_verify(two.pool, why, sizeof why) == 0, "%s", why);
  ok(xlgc_pool_destroy(two.pool));
}

/* The global `name` of one is what the text is in the other. */
static void pass(duk_context *from, const char *text, duk_context *to, const char *name) {
  xlgc_value value;
  if (duk_peval_string(from, text)) ck_abort_msg("%s: %s", text, duk_safe_to_string(from, -1));
  ok(xlgc_duktape_value(from, -1, &value));
  ok(xlgc_duktape_push(to, &value));
  duk_put_global_string(to, name);
  xlgc_value_clear(&value);
  duk_pop(from);
}

static void expect(duk_context *ctx, const char *text, const char *is) {
  (void)duk_peval_string(ctx, text);
  const char *answer = duk_safe_to_string(ctx, -1);
  ck_assert_msg(strcmp(answer, is) == 0, "%s: %s, not %s", text, answer, is);
  duk_pop(ctx);
}

static int collect_all(void) {
  int count = xlgc_hosts_collect(two.pool);
  ck_assert_int_ge(count, 0);
  return count;
}

/* Memory that the program lends. */
static int16_t lent[3];
static unsigned lent_out;
static void take_back(void *loan) {
  (void)loan;
  lent_out--;
}
static int lend(xlgc_visit *visit, xlgc_memory *out) {
  (void)visit;
  *out = (xlgc_memory){lent, sizeof lent, 'h', NULL, take_back};
  lent_out++;
  return 0;
}

/* A typed array has the memory until it is collected, or the host is closed; the script goes on then. */
START_TEST(memory_is_borrowed) {
  static const xlgc_behaviour lending = {.memory = lend};
  static const xlgc_kind kind = {.name = "native", .flags = XLGC_KIND_UNINDEXED};
  xlgc_context *context;
  open_two();
  ok(xlgc_context_here(two.pool, &context));
  xlgc_value value = {.type = XLGC_OBJECT, .traits = XLGC_MEMORY};
  ok(xlgc_register(context, NULL, &kind, &value.as.id));
  ok(xlgc_pin(context, value.as.id));
  ok(xlgc_native_publish(two.pool, value.as.id, &lending, NULL));
  lent[1] = -5;
  for (unsigned way = 0; way < 3; way++) {
    ok(xlgc_duktape_push(two.a, &value));
    duk_put_global_string(two.a, "lent");
    expect(two.a, "lent instanceof Int16Array && lent[1] === -5 ? (lent[2] = 7, lent.length) : 0", "3");
    run(two.a, "rest = new Uint8Array(lent.buffer, 4); plain = Uint8Array.plainOf(lent); lent = null");
    collect_all();
    ck_assert_uint_eq(lent_out, 1);
    expect(two.a, "rest[1] = 1; rest[0] + plain.length", "13");
    ck_assert_int_eq(lent[2], 0x107);
    if (way == 0) {
      run(two.a, "rest = null");
      collect_all();
      expect(two.a, "plain.length", "0");
    } else if (way == 1) {
      ok(xlgc_duktape_close(two.a));
      expect(two.a, "rest.length + plain.length + (rest[0] === undefined ? 0 : rest[0])", "2");
      ok(xlgc_duktape_open(two.a, two.pool, NULL));
    } else {
      duk_destroy_heap(two.a);
      two.a = duk_create_heap_default();
    }
    ck_assert_uint_eq(lent_out, 0);
  }
  ok(xlgc_native_retire(two.pool, value.as.id));
  ok(xlgc_unpin(context, value.as.id));
  close_two();
}
END_TEST

START_TEST(syntax) {
  static const char *const lines[][2] = {
      {"o.x", "1"},
      {"o.missing", "undefined"},
      {"o.none", "null"},
      {"o.x = 5; o.x", "5"},
      {"'x' in o", "true"},
      {"'y' in o", "false"},
      {"delete o.x", "true"},
      {"'x' in o", "false"},
      {"delete o.x", "true"},
      {"o.list[1]", "20"},
      {"o.list[1.5]", "undefined"},
      {"o.list['01']", "undefined"},
      {"o.list[3] = 40; xlgc.length(o.list)", "4"},
      {"o.list.length", "4"},
      {"o.list.join('-')", "10-20-30-40"},
      {"o.add(2, 3)", "5"},
      {"o.method(2)", "102"},
      {"o.same(o)", "true"},
      {"o.list === o.list", "true"},
      {"typeof o + typeof o.add", "objectfunction"},
      {"o.add.call(null, 1, 2)", "3"},
      {"o.add.apply(null, [1, 2])", "3"},
      {"o.add.bind(null, 1)(5)", "6"},
      {"new o.Point(7).x", "7"},
      {"Object.keys(o.pair).join()", "k,l"},
      {"var s = ''; for (var k in o.pair) s += k + o.pair[k]; s", "k1l2"},
      {"Object.keys(o.list).join()", "0,1,2,3"},
      {"JSON.stringify(o.pair)", "{\"k\":1,\"l\":2}"},
      {"s = ''; xlgc.each(o.pair, function (v, k) { s += k + '=' + v + ';'; }); s", "k=1;l=2;"},
      {"s = ''; xlgc.each(o.list, function (v, k) { s += k + '=' + v + ';'; return k < 1; }); s", "0=10;1=20;"},
      {"xlgc.keys(o.pair).join()", "k,l"},
      {"xlgc.values(o.list).join()", "10,20,30,40"},
      {"xlgc.values(o.iterator()).join()", "1,2,3"},
      {"xlgc.length(o.pair)", "2"},
      {"String(o.named) + o.named", "I am nameI am name"},
      {"xlgc.equals(o.list, o.list) && !xlgc.equals(o.list, o.pair) && !xlgc.equals(o.list, 1)", "true"},
      {"xlgc.less(o.one, o.two) && !xlgc.less(o.two, o.one) && xlgc.lessOrEqual(o.one, o.one)", "true"},
      {"xlgc.alive(o) && xlgc.alive({})", "true"},
      {"o[Symbol.iterator]", "undefined"},
      {"Symbol.iterator in o", "false"},
      {"o[Symbol('x')] = 1", "TypeError: a symbol cannot be passed to another language"},
      {"o.x = Symbol('x')", "TypeError: this value cannot be passed to another language"},
      {"o.fails()", "RangeError: too far"},
      {"o.throws()", "just text"},
      {"o.missing()", "TypeError: undefined not callable (property 'missing' of [object Object])"},
      {"o.pair()", "TypeError: [object Object] not callable (property 'pair' of [object Object])"},
      {"xlgc.keys({})", "TypeError: this is no object of another language"},
      {"xlgc.each(o.list, function () { throw new Error('stop'); })", "Error: stop"},
      {"o.frozen.x = 1", "TypeError: not extensible"},
      {"var e = o.back({z: 3}); e.z", "3"},
      {"var own = {}; o.back(own) === own", "true"},
  };
  open_two();
  run(two.a, "Point = function (x) { return {x: x}; };"
             "o = {x: 1, none: null, list: [10, 20, 30], add: function (a, b) { return a + b; }, base: 100,"
             "method: function (a) { return this.base + a; }, same: function (a) { return a === this; }, Point: Point,"
             "pair: {k: 1, l: 2}, named: {toString: function () { return 'I am name'; }},"
             "one: {valueOf: function () { return 1; }}, two: {valueOf: function () { return 2; }},"
             "fails: function () { throw new RangeError('too far'); }, throws: function () { throw 'just text'; },"
             "frozen: Object.freeze({}), back: function (v) { return v; },"
             "iterator: function () { var i = 0; return {next: function () {"
             "  return {done: ++i > 3, value: i}; }}; }}");
  pass(two.a, "o", two.b, "o");
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    expect(two.b, lines[i][0], lines[i][1]);
  expect(two.b, "xlgc.collect() >= 0", "true");
  expect(two.b, "o.list[0]", "10");
  close_two();
}
END_TEST

START_TEST(values) {
  static const char *const texts[] = {"1",
                                      "-1",
                                      "9007199254740992",
                                      "9007199254740994",
                                      "1.5",
                                      "1e300",
                                      "NaN",
                                      "-Infinity",
                                      "true",
                                      "false",
                                      "null",
                                      "''",
                                      "'a\\u0000b'",
                                      "'\\u00e9\\u20ac'",
                                      "'\\ud83d\\ude00 and \\ud83d\\ude01'"};
  open_two();
  run(two.a, "function same(v) { return v; }");
  pass(two.a, "same", two.b, "same");
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char text[200];
    snprintf(text, sizeof text, "var v = %s, w = same(v); v === w || (v !== v && w !== w)", texts[i]);
    expect(two.b, text, "true");
  }
  expect(two.b, "1 / same(-0)", "-Infinity");
  expect(two.b, "same(undefined)", "null");
  expect(two.b, "same('x\\ud800y\\udc00') === 'x\\ud800y\\udc00'", "true");
  expect(two.b,
         "var u = same(new Uint8Array([1, 0, 255])); [u.length, u[0], u[1], u[2], u instanceof Uint8Array].join()",
         "3,1,0,255,true");
  expect(two.b, "u = same(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)); [u[0], u[1]].join()", "2,3");
  expect(two.b, "same(new ArrayBuffer(0)).length", "0");
  xlgc_value value;
  duk_push_string(two.a, "\xed\xa0\xbd\xed\xb8\x80");
  ok(xlgc_duktape_value(two.a, -1, &value));
  ck_assert_int_eq(value.type, XLGC_STRING);
  ck_assert_mem_eq(value.as.bytes, "\xf0\x9f\x98\x80", 4);
  ck_assert_uint_eq(value.length, 4);
  xlgc_value_clear(&value);
  /* No text at all, which only C code can push. */
  duk_push_lstring(two.a, "a\xc3(\xe0\x80\x80\xf5", 7);
  ok(xlgc_duktape_value(two.a, -1, &value));
  ck_assert_mem_eq(value.as.bytes, "a\xef\xbf\xbd(", 5);
  xlgc_value_clear(&value);
  duk_push_pointer(two.a, &value);
  ck_assert_int_eq(xlgc_duktape_value(two.a, -1, &value), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_duktape_value(two.a, 77, &value), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_duktape_value(NULL, 0, &value), XLGC_E_INVAL);
  duk_set_top(two.a, 0);
  xlgc_value several[2] = {{.type = XLGC_INTEGER, .as.integer = 3}, {.type = XLGC_STRING}};
  value = (xlgc_value){.type = XLGC_SEVERAL, .as.values = several, .length = 2};
  ok(xlgc_duktape_push(two.a, &value));
  duk_put_global_string(two.a, "several");
  expect(two.a, "several.length + several[1] + several[0]", "23");
  value.length = 0;
  ok(xlgc_duktape_push(two.a, &value));
  ck_assert(duk_is_undefined(two.a, -1));
  duk_pop(two.a);
  ck_assert_uint_eq(duk_get_top(two.a), 0);
  close_two();
}
END_TEST

/* Each way in which a heap can hold a proxy, and lets it go; most of them nobody sees from outside. */
START_TEST(held_in_every_way) {
  static const char *const ways[][2] = {
      {"g = p", "g = null"},
      {"g = {a: [{b: p}]}", "g = null"},
      {"g = (function (x) { return function () { return x; }; })(p)", "g = null"},
      {"g = (function (x) { return x; }).bind(null, p)", "g = null"},
      {"g = (function () { return this; }).bind(p)", "g = null"},
      {"g = Object.create({up: p})", "g = null"},
      {"g = {}; (function (x) { Object.defineProperty(g, 'x', {get: function () { return x; }}); })(p)", "g = null"},
      {"g = new Proxy({}, {get: (function (x) { return function () { return x; }; })(p)})", "g = null"},
      {"g = Object.create(p)", "g = null"},
      {"g = new Duktape.Thread(function (x) { Duktape.Thread.yield(1); return x; }); Duktape.Thread.resume(g, p)",
       "g = null"},
      {"g = new Duktape.Thread(function () { var f = arguments; Duktape.Thread.yield(1); return f; });"
       "Duktape.Thread.resume(g, p)",
       "g = null"},
      {"g = new Uint8Array(4); g.p = p", "g = null"},
      {"g = {}; g[Symbol('s')] = p", "g = null"},
      {"g = function () {}; g.prototype.p = p", "g = null"},
      {"Object.prototype.p2 = p", "delete Object.prototype.p2"},
      {"g = (function () { return arguments; })(p)", "g = null"},
  };
  open_two();
  run(two.a, "dead = 0; function make() { var o = {}; o.o = o; Duktape.fin(o, function () { dead++; }); return o; }");
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    for (unsigned by_export = 0; by_export < 2; by_export++) {
      run(two.a, "dead = 0");
      pass(two.a, "make()", two.b, "p");
      run(two.b, ways[i][0]);
      run(two.b, "p = null");
      if (by_export && ways[i][0][0] == 'g' &&
          !strstr(ways[i][0], "Uint8Array")) { /* only an export of b's has it now */
        pass(two.b, "g", two.a, "h");
        run(two.b, "g = null");
      }
      for (unsigned j = 0; j < 2; j++)
        collect_all();
      char what[300];
      snprintf(what, sizeof what, "dead /* %s */", ways[i][0]);
      expect(two.a, what, "0");
      run(two.a, "h = null");
      run(two.b, ways[i][1]);
      for (unsigned j = 0; j < 3; j++)
        collect_all();
      expect(two.a, what, "1");
    }
  }
  close_two();
}
END_TEST

/* Finalizers of the program's objects, which only an export reaches, are not run by a summary; and run when it is over
 * with them. */
START_TEST(summaries_run_no_finalizer) {
  open_two();
  run(two.a, "runs = 0; broken = 0;"
             "function Thing(n) { this.n = n; } Duktape.fin(Thing.prototype, function (o) {"
             "  if (o === Thing.prototype) return; runs++; if (o.n === undefined) broken++; });"
             "function many(p) { var all = []; for (var i = 0; i < 20000; i++) all.push(new Thing(i));"
             "  return function () { return [all, p]; }; }");
  pass(two.b, "({})", two.a, "p");
  pass(two.a, "many(p)", two.b, "f");
  pass(two.a, "({alone: 1})", two.b, "g");
  run(two.a, "p = null");
  for (unsigned i = 0; i < 5; i++) {
    collect_all();
    if (i % 2) duk_gc(two.a, 0);
    expect(two.a, "runs", "0");
  }
  expect(two.b, "f()[0].length", "20000");
  run(two.b, "f = null");
  for (unsigned i = 0; i < 3; i++)
    collect_all();
  expect(two.a, "runs + ' ' + broken", "20000 0");
  close_two();
}
END_TEST

/* What one export holds is not said to be held by its neighbours, also when many share a proxy. */
START_TEST(exports_are_told_apart) {
  enum { MANY = 600 };
  open_two();
  run(two.b,
      "dead = 0; function make(i) { var o = {i: i}; o.o = o; Duktape.fin(o, function () { dead++; }); return o; }");
  run(two.a, "hub = {}; all = []; function holder(p) { var h = hub; return function () { return [h, p]; }; }");
  run(two.b, "shared = {}; kept = []");
  pass(two.b, "shared", two.a, "p");
  run(two.a, "hub.p = p; p = null");
  pass(two.a, "holder", two.b, "holder");
  run(two.b, "for (var i = 0; i < 600; i++) kept.push(holder(make(i))); holder = null");
  run(two.a, "hub = null; holder = null");
  collect_all();
  expect(two.b, "dead", "0");
  run(two.b, "for (i = 0; i < 600; i++) if (i % 3) kept[i] = null");
  for (unsigned i = 0; i < 2; i++)
    collect_all();
  expect(two.b, "dead", "400");
  expect(two.b, "kept[3]()[0].p === shared && kept[3]()[1].i", "3");
  run(two.b, "kept = null; shared = null");
  for (unsigned i = 0; i < 3; i++)
    collect_all();
  expect(two.b, "dead", "600");
  xlgc_statistics statistics;
  ok(xlgc_flush(two.pool));
  ok(xlgc_stats(two.pool, &statistics));
  ck_assert_uint_eq(statistics.links, 0);
  close_two();
}
END_TEST

static double number(duk_context *ctx, const char *text) {
  if (duk_peval_string(ctx, text)) ck_abort_msg("%s: %s", text, duk_safe_to_string(ctx, -1));
  double is = duk_get_number(ctx, -1);
  duk_pop(ctx);
  return is;
}

/* That many exports, each with a proxy of its own, share that many objects; and one of these has a proxy too, if asked
 * for. Summarises. */
static void share(unsigned exports, unsigned objects, bool shares_proxy) {
  char text[400];
  snprintf(text, sizeof text,
           "hub = []; for (var i = 0; i < %u; i++) hub.push({to: hub}); hub[0].proxy = %s;"
           "function hold(p) { var h = hub; return function () { return [h, p]; }; }",
           objects, shares_proxy ? "p" : "null");
  run(two.b, "kept = []; shared = {}; function make(i) { return {i: i}; }");
  pass(two.b, "shared", two.a, "p");
  run(two.a, text);
  pass(two.a, "hold", two.b, "hold");
  snprintf(text, sizeof text, "for (var i = 0; i < %u; i++) kept.push(hold(make(i))); hold = null", exports);
  run(two.b, text);
  run(two.a, "hub = hold = p = null");
  collect_all();
  collect_all();
}

static unsigned log2_of(unsigned number) {
  unsigned log2 = 0;
  while (1u << log2 < number)
    log2++;
  return log2;
}

/* Not a walk from each export: a trial is a mark-and-sweep of the whole heap, so trials are what is counted, beside the
 * exports and proxies that are looked at one by one, and the edges that are told. */
START_TEST(what_exports_share_is_not_tried_for_each) {
  enum { EXPORTS = 1000, OBJECTS = 2000 };
  bool shares_proxy = _i;
  unsigned levels = log2_of(EXPORTS), proxies = EXPORTS + shares_proxy;
  open_two();
  share(EXPORTS, OBJECTS, shares_proxy);
  double trials = number(two.a, "xlgc.stats().summary_steps"), told = number(two.a, "xlgc.stats().summary_told");
  double nodes = number(two.a, "xlgc.stats().summary_nodes"), looks = number(two.a, "xlgc.stats().summary_visited");
  ck_assert_msg(nodes == EXPORTS + proxies, "%g", nodes);
  ck_assert_msg(told == (shares_proxy ? 2 * EXPORTS : EXPORTS), "%g", told);
  /* One with all exports, one with none, two a level; and what may be spent on proxies that several exports share. */
  unsigned shared = shares_proxy ? 64 + (1 << 19) / (EXPORTS + proxies) : 0, most = 2 + 2 * levels + shared;
  ck_assert_msg(trials <= most, "%g of %u", trials, most);
  ck_assert_uint_lt(most, EXPORTS / 2);
  /* Each export pinned and unpinned on each level, each proxy looked for in both halves. */
  if (!shares_proxy) ck_assert_msg(looks <= 2.0 * (levels + 3) * (EXPORTS + proxies), "%g", looks);
  close_two();
}
END_TEST

/* ------------------------------------------------------------ at odd moments */

START_TEST(collects_from_scripts) {
  open_two();
  run(two.a, "o = {call: function (f) { return f(); }}");
  pass(two.a, "o", two.b, "o");
  run(two.a, "o = null");
  expect(two.b, "xlgc.collect() >= 0 && o.call(function () { return xlgc.collect() >= 0; })", "true");
  /* On a coroutine, and what another heap calls there. */
  run(two.b, "t = new Duktape.Thread(function (x) {"
             "  var local = o.call(function () { return {x: x}; }), busy = 0;"
             "  try { xlgc.collect(); } catch (e) { busy = 1; }"
             "  Duktape.Thread.yield(local.x); return o.call(function () { return local.x + busy; }); })");
  expect(two.b, "Duktape.Thread.resume(t, 5)", "5");
  collect_all();
  expect(two.b, "Duktape.Thread.resume(t)", "6");
  /* In a finalizer nothing can be tried: it is said, and nothing is lost. */
  run(two.b, "said = ''; x = {}; Duktape.fin(x, function () { try { xlgc.collect(); } catch (e) { said = '' + e; } });"
             "x = null");
  expect(two.b, "said !== ''", "true");
  expect(two.b, "o.call(function () { return 1; })", "1");
  /* Finalizers use proxies, and what collects them may come at any time. */
  run(two.b, "got = 0; for (var i = 0; i < 100; i++) { x = {}; x.p = o; if (i % 2) x.x = x;"
             "Duktape.fin(x, function (x) { got += x.p.call(function () { return 1; }); }); } x = null");
  duk_gc(two.b, 0);
  duk_gc(two.b, 0);
  expect(two.b, "got", "100");
  close_two();
}
END_TEST

/* Where code of a heap can be: each text calls attempt() there, while something holds an object of the other heap.
 * refused: a part of the words, or NULL where a collection is possible. */
static const struct {
  const char *text, *refused;
} places[] = {
    {"var x = {p: make()}; Duktape.fin(x, function (x) { attempt(); use(x.p); }); x = null", "finalizer"},
    {"var x = {p: make()}; x.x = x; Duktape.fin(x, function (x) { attempt(); use(x.p); }); x = null; Duktape.gc()",
     "finalizer"},
    {"var x = {p: make()}; Duktape.fin(x, function (x) { gather(); use(x.p); }); x = null", "finalizer"},
    {"(function () { var p = make(), x = {}; Duktape.fin(x, function () {}); x.x = x; x = null; attempt(); use(p); "
     "})()",
     NULL},
    {"var t = new Duktape.Thread(function () { var p = make(); attempt(); use(p); }); Duktape.Thread.resume(t)",
     "coroutine"},
    {"(function () { var p = make(); var t = new Duktape.Thread(function () { var q = make();"
     " Duktape.Thread.yield(1); use(q); }); Duktape.Thread.resume(t); attempt(); Duktape.Thread.resume(t); use(p); "
     "})()",
     NULL},
    {"(function () { var p = make(); JSON.stringify({a: [{toJSON: function () { attempt(); return 1; }}]}); use(p); "
     "})()",
     NULL},
    {"(function () { var p = make(); JSON.stringify({a: 1, b: [2]}, function (k, v) { attempt(); return v; });"
     " JSON.parse('{\"a\":[1,{\"b\":2}]}', function (k, v) { attempt(); return v; }); use(p); })()",
     NULL},
    {"(function () { var p = make(); JSON.stringify({get a() { attempt(); return 1; }}); use(p); })()", NULL},
    {"(function () { var l = []; for (var i = 0; i < 20; i++) l.push({i: i * 7 % 20, p: make()});"
     " l.sort(function (a, b) { if (tries < 5) attempt(); use(a.p); return a.i - b.i; });"
     " l.forEach(function (e) { use(e.p); }); })()",
     NULL},
    {"(function () { var p = make(), l = [1, 2]; l.map(attempt); l.forEach(attempt); l.reduce(attempt); "
     "l.filter(attempt);"
     " l.some(attempt); use(p); })()",
     NULL},
    {"(function () { var p = make(); 'abc'.replace(/./g, function (c) { attempt(); return c; });"
     " '' + {toString: function () { attempt(); return 'x'; }}; 1 * {valueOf: function () { attempt(); return 1; }};"
     " use(p); })()",
     NULL},
    {"(function () { var p = make(), o = {get x() { attempt(); return p; }, set x(v) { attempt(); use(v); }};"
     " use(o.x); o.x = make(); })()",
     NULL},
    {"(function () { var p = make(), q = new Proxy({}, {get: function () { attempt(); return p; },"
     " set: function () { attempt(); return true; }, has: function () { attempt(); return true; },"
     " ownKeys: function () { attempt(); return []; }, deleteProperty: function () { attempt(); return true; }});"
     " use(q.x); q.x = 1; 'x' in q; Object.keys(q); delete q.x; use(p); })()",
     NULL},
    {"(function () { var p = make(); Duktape.errCreate = function (e) { if (tries < 3) attempt(); use(p); return e; };"
     " Duktape.errThrow = Duktape.errCreate; try { null.x; } catch (e) {} try { throw new Error('x'); } catch (e) {}"
     " delete Duktape.errCreate; delete Duktape.errThrow; use(p); })()",
     NULL},
    {"(function () { var p = make(); (0, eval)('attempt()'); eval('attempt()'); new Function('attempt()')();"
     " attempt.call(p); attempt.apply(p, []); attempt.bind(p)(); new attempt(); use(p); })()",
     NULL},
    {"(function () { var p = make(); with ({attempt: attempt}) { attempt(); } for (var k in {a: 1}) attempt();"
     " try { throw p; } catch (q) { attempt(); use(q); } finally { attempt(); } use(p); })()",
     NULL},
    {"(function () { var p = make(); xlgc.each(list(), function (q) { attempt(); use(q); }); use(p); })()", NULL},
    {"(function () { var p = make(); call(function () { attempt(); gather(); }); use(p); })()", NULL},
    {"(function () { var p = make(); (function deep(n) { var q = n % 50 ? null : make(); if (n) deep(n - 1);"
     " else attempt(); if (q) use(q); })(500); use(p); })()",
     NULL},
};

START_TEST(collections_from_anywhere) {
  open_two();
  run(two.a, "function make() { return {x: 1}; } function list() { return [make(), make()]; }"
             "function call(f) { return f(); } function gather() { return xlgc.collect(); }");
  pass(two.a, "make", two.b, "make");
  pass(two.a, "list", two.b, "list");
  pass(two.a, "call", two.b, "call");
  pass(two.a, "gather", two.b, "gather_");
  run(two.b, "var tries = 0, refused = 0, why = '', lost = '';"
             "function noting(f) { tries++; try { f(); } catch (e) { refused++; why = '' + e; } }"
             "function attempt() { noting(xlgc.collect); return 1; } function gather() { noting(gather_); }"
             "function use(p) { if (p.x !== 1) lost = 'lost'; }");
  run(two.b, places[_i].text);
  expect(two.b, "tries > 0 && !lost", "true");
  if (places[_i].refused) {
    char line[100];
    snprintf(line, sizeof line, "refused > 0 && why.indexOf('%s') > 0 || why", places[_i].refused);
    expect(two.b, line, "true");
  } else {
    expect(two.b, "refused + why", "0");
  }
  run(two.b, "x = t = null");
  collect_all();
  collect_all();
  expect(two.b, "xlgc.stats().host_proxies", "4");
  expect(two.b, "xlgc.leftOut() === ''", "true");
  close_two();
}
END_TEST

/* Duktape calls no finalizer for what it finds unreachable in a coroutine: proxies must not vanish unseen. */
START_TEST(proxies_in_coroutines) {
  open_two();
  run(two.a, "kept = []; function make(i) { return kept[i] = kept[i] || {i: i}; }");
  pass(two.a, "make", two.b, "make");
  run(two.b, "t = new Duktape.Thread(function () { for (var i = 0; i < 300; i++) make(i % 100).i;"
             "  Duktape.gc(); Duktape.gc(); var sum = 0; for (i = 0; i < 100; i++) sum += make(i).i; return sum; })");
  expect(two.b, "Duktape.Thread.resume(t)", "4950");
  run(two.b, "t = null");
  expect(two.b, "var sum = 0; for (var i = 0; i < 100; i++) sum += make(i).i; sum", "4950");
  collect_all();
  collect_all();
  expect(two.b, "xlgc.stats().host_proxies", "1");
  close_two();
}
END_TEST

START_TEST(dropped_proxies_do_not_pile_up) {
  open_two();
  run(two.a, "function make() { return {}; }");
  pass(two.a, "make", two.b, "make");
  expect(two.b,
         "var most = 0; for (var i = 0; i < 10000; i++) { make();"
         "  if (i % 100 === 0) most = Math.max(most, xlgc.stats().host_proxies); } most < 2500",
         "true");
  close_two();
}
END_TEST

/* A finalizer in dead garbage finds a proxy ended, or working; never another's. */
START_TEST(finalizers_find_proxies) {
  open_two();
  run(two.a, "function make() { return {x: 1}; }");
  pass(two.a, "make", two.b, "make");
  run(two.b, "kept = []; for (var i = 0; i < 200; i++) { var x = {p: make()}; x.x = x;"
             "Duktape.fin(x, function (x) { kept.push(x.p); }); } x = null");
  duk_gc(two.b, 0);
  duk_gc(two.b, 0);
  collect_all();
  expect(two.b,
         "var right = 0; kept.forEach(function (p) {"
         "  try { right += p.x === 1; } catch (e) { right += e instanceof ReferenceError; } }); right",
         "200");
  expect(two.b,
         "right = 0; kept.forEach(function (p) {"
         "  try { make(p); right++; } catch (e) { right += e instanceof ReferenceError; }"
         "  right += !xlgc.alive(p) || p.x === 1; }); right",
         "400");
  close_two();
}
END_TEST

START_TEST(recursion_between_heaps) {
  open_two();
  run(two.a, "function down(f, n) { return f(down, n + 1); }");
  run(two.b, "function up(f, n) { return f(up, n + 1); }");
  pass(two.a, "down", two.b, "down");
  expect(two.b, "try { up(down, 0); } catch (e) { /too many calls|stack depth limit/.test(e.message); }", "true");
  expect(two.b, "down(function (f, n) { return n; }, 1)", "2");
  /* A heap at its own limit. */
  run(two.b, "function deep(n) { try { return [1].map(function () { return deep(n + 1); })[0]; } catch (e) {"
             "  try { return down(function () { return 7; }, n); } catch (e2) { throw e2; } } }");
  expect(two.b, "try { deep(0); } catch (e) {} down(function (f, n) { return n; }, 1)", "2");
  collect_all();
  close_two();
}
END_TEST

/* ------------------------------------------------------------- their ends */

START_TEST(closed_while_others_hold) {
  open_two();
  run(two.a, "o = {x: 1, f: function () { return 2; }}");
  pass(two.a, "o", two.b, "o");
  pass(two.b, "({y: 1})", two.a, "p");
  expect(two.b, "f = o.f; o.x", "1");
  ok(xlgc_duktape_close(two.a));
  ck_assert_int_eq(xlgc_duktape_close(two.a), XLGC_E_STATE);
  expect(two.b, "try { o.x; } catch (e) { e instanceof ReferenceError; }", "true");
  expect(two.b, "try { f(); } catch (e) { e instanceof ReferenceError; }", "true");
  expect(two.b, "xlgc.alive(o)", "false");
  /* It lives on, without the others. */
  expect(two.a, "o.f()", "2");
  expect(two.a, "try { p.y; } catch (e) { e instanceof ReferenceError; }", "true");
  expect(two.a, "try { xlgc.collect(); } catch (e) { e instanceof ReferenceError; }", "true");
  collect_all();
  /* And is opened again. */
  for (unsigned i = 0; i < 20; i++) {
    ok(xlgc_duktape_open(two.a, two.pool, NULL));
    ck_assert_int_eq(xlgc_duktape_open(two.a, two.pool, NULL), XLGC_E_EXISTS);
    pass(two.a, "o", two.b, "o");
    expect(two.b, "o.f()", "2");
    expect(two.a, "try { p.y; } catch (e) { e instanceof ReferenceError; }", "true");
    if (i % 2) collect_all();
    if (i < 19) ok(xlgc_duktape_close(two.a));
  }
  close_two();
}
END_TEST

static xlgc_host *imaged[2];

/* Heaps of the library's, whose summaries are images. */
static void open_imaged(void) {
  xlgc_hosts_config config;
  ok(xlgc_pool_create(NULL, &two.pool));
  two.a = xlgc_duktape_create();
  two.b = xlgc_duktape_create();
  ok(xlgc_duktape_open(two.a, two.pool, &imaged[0]));
  ok(xlgc_duktape_open(two.b, two.pool, &imaged[1]));
  ok(xlgc_hosts_configuration(two.pool, &config));
  config.step_size = 1;
  config.share = 0;
  config.max_age_ns = 1;
  config.image = 1;
  ok(xlgc_hosts_configure(two.pool, &config));
  run(two.b, "function f() {}");
  pass(two.b, "f", two.a, "f");
}

/* No value is on its way. Visits, until so many collections more are over. */
static void collect_by_themselves(unsigned count) {
  for (unsigned i = 0; i < 2; i++)
    ck_assert_int_ge(xlgc_host_dispatch(imaged[i], 1000), 0);
  duk_eval_string(two.a, "xlgc.stats().host_collections");
  double wanted = duk_get_number(two.a, -1) + count, now = 0;
  duk_pop(two.a);
  while (now < wanted) {
    usleep(100);
    duk_eval_string(two.a, "f(), xlgc.stats().host_collections");
    now = duk_get_number(two.a, -1);
    duk_pop(two.a);
  }
}

/* A ring through both, garbage whose finalizer is yet to run, and proxies that nothing reaches. */
START_TEST(images) {
  open_imaged();
  run(two.a, "dead = 0; function count() { dead++; } var x = {}; x.itself = x; Duktape.fin(x, count)");
  run(two.b, "dead = 0; function count() { dead++; } var y = {}; y.itself = y; Duktape.fin(y, count); q = {n: 5}");
  pass(two.a, "x", two.b, "x");
  pass(two.b, "y", two.a, "y");
  pass(two.b, "q", two.a, "q");
  run(two.a, "x.y = y; var r = {q: q, self: 0}; r.self = r; Duktape.fin(r, function (it) { saved = it.q; })");
  run(two.b, "y.x = x; x = y = null; q = null");
  run(two.a, "x = y = r = q = null");
  collect_by_themselves(5);
  for (unsigned i = 0; i < 2; i++) {
    duk_gc(two.a, 0);
    duk_gc(two.b, 0);
  }
  expect(two.a, "xlgc.stats().host_images > 0 && xlgc.stats().host_images_failed", "0");
  expect(two.a, "saved.n", "5");
  expect(two.a, "dead", "1");
  expect(two.b, "dead", "1");
  for (unsigned i = 0; i < 100; i++) {
    run(two.b, "o = {}");
    pass(two.b, "o", two.a, "o");
  }
  run(two.a, "before = xlgc.stats().host_proxies; o = null");
  run(two.b, "o = null");
  collect_by_themselves(3);
  expect(two.a, "before - xlgc.stats().host_proxies >= 100", "true");
  close_two();
}
END_TEST

static duk_ret_t close_here(duk_context *ctx) {
  duk_push_int(ctx, xlgc_duktape_close(ctx));
  return 1;
}

START_TEST(misuse) {
  xlgc_value value = {.type = XLGC_NIL};
  duk_context *bare = duk_create_heap_default();
  ck_assert_int_eq(xlgc_duktape_open(NULL, NULL, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_duktape_close(NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_duktape_close(bare), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_duktape_gc(bare), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_duktape_push(bare, &value), XLGC_E_STATE);
  duk_push_object(bare);
  ck_assert_int_eq(xlgc_duktape_value(bare, -1, &value), XLGC_E_STATE);
  duk_destroy_heap(bare);
  open_two();
  duk_push_c_function(two.b, close_here, 0);
  duk_put_global_string(two.b, "close");
  run(two.a, "function call(f) { return f(); }");
  pass(two.a, "call", two.b, "call");
  char busy[20];
  snprintf(busy, sizeof busy, "%d", XLGC_E_BUSY);
  expect(two.b, "call(close)", busy);
  expect(two.b, "call(function () { return 1; })", "1");
  expect(two.b, "delete xlgc.shared; xlgc = 5; call(function () { return 1; })", "1");
  run(two.a, "Array.prototype.push = Object.keys = undefined; Object.defineProperty(Array.prototype, 0, {set: 1 && "
             "function () { throw 1; }})");
  pass(two.a, "call", two.b, "call");
  collect_all();
  expect(two.b, "call(function () { return 1; })", "1");
  close_two();
}
END_TEST

/* ------------------------------------------------- managed objects, languages */

START_TEST(managed_objects) {
  open_two();
  run(two.a, "m = xlgc.new({x: 1, name: 'n'}); xlgc.shared.m = m; m.self = m; m[3] = 'three';");
  expect(two.b, "m = xlgc.shared.m; [m.x, m.name, m[3], m.self === m, xlgc.length(m)].join()", "1,n,three,true,4");
  expect(two.b, "Object.keys(m).sort().join()", "3,name,self,x");
  run(two.b, "m.f = function (a) { return a * 2; }; delete m.name");
  expect(two.a, "m.f(4)", "8");
  expect(two.a, "m.name", "undefined");
  run(two.a, "xlgc.shared.m = null; m = null");
  run(two.b, "m = null");
  for (unsigned i = 0; i < 3; i++)
    collect_all();
  expect(two.a, "xlgc.stats().host_proxies <= 1 && xlgc.stats().host_exports === 0", "true");
  expect(two.a, "typeof xlgc.version + typeof xlgc.stats().trials", "stringnumber");
  close_two();
}
END_TEST

START_TEST(languages) {
  open_two();
  run(two.a, "d = xlgc.open('duktape')");
  expect(two.a, "d.eval('1 + 1')", "2");
  expect(two.a, "d.eval('x = {y: 5}; x').y", "5");
  expect(two.a, "d.globals.x.y = 6; d.eval('x.y')", "6");
  expect(two.a, "d.globals.back = function (a) { return a + 1; }; d.eval('back(3)')", "4");
  expect(two.a, "d.eval('throw new TypeError(\"no\")')", "TypeError: no");
  expect(two.a, "d.eval('(')", "SyntaxError: parse error (line 1, end of input)");
  expect(two.a, "try { xlgc.open('klingon'); } catch (e) { 'none'; }", "none");
  collect_all();
  expect(two.a, "d.eval('x.y')", "6");
  close_two();
}
END_TEST

/* ---------------------------------------------------------------- memory */

static struct { uint64_t asked, fail_at; } memory;

static bool lacks(void) { return memory.asked++ == memory.fail_at; }
static void *scarce(void *data, duk_size_t size_bytes) {
  (void)data;
  return lacks() ? NULL : malloc(size_bytes);
}
static void *scarce_again(void *data, void *memory_, duk_size_t size_bytes) {
  (void)data;
  if (!size_bytes) {
    free(memory_);
    return NULL;
  }
  return lacks() ? NULL : realloc(memory_, size_bytes);
}
static void give_back(void *data, void *memory_) {
  (void)data;
  free(memory_);
}

/* Everything once, in a heap of which an allocation fails. Duktape collects and tries again when one does, so several
 * in a row are refused. What fails says so, and goes well when it is done anew. */
static uint64_t scarcity(uint64_t fail_at) {
  open_two();
  duk_destroy_heap(two.b);
  memory.fail_at = UINT64_MAX;
  two.b = duk_create_heap(scarce, scarce_again, give_back, NULL, NULL);
  run(two.a, "o = {x: 'text', f: function (a) { return a; }, list: [1, 2]}");
  memory.asked = 0;
  memory.fail_at = fail_at;
  if (xlgc_duktape_open(two.b, two.pool, NULL)) {
    memory.fail_at = UINT64_MAX;
    ok(xlgc_duktape_open(two.b, two.pool, NULL));
  }
  xlgc_value value;
  duk_eval_string_noresult(two.a, "0");
  duk_get_global_string(two.a, "o");
  ok(xlgc_duktape_value(two.a, -1, &value));
  duk_pop(two.a);
  if (xlgc_duktape_push(two.b, &value)) {
    memory.fail_at = UINT64_MAX;
    ok(xlgc_duktape_push(two.b, &value));
  }
  bool lost = duk_peval_string(two.b, "(function (o) { var g = [o]; o.f(function () { return g; }); o.list[1] = {g: g};"
                                      "xlgc.collect(); Object.keys(o); xlgc.each(o.list, function () {});"
                                      "o.mine = function () { return o; }; xlgc.collect(); return o.x; })") != 0;
  if (!lost) {
    duk_dup(two.b, 0);
    lost = duk_pcall(two.b, 1) != 0;
  }
  memory.fail_at = UINT64_MAX;
  duk_pop(two.b);
  duk_put_global_string(two.b, "o");
  expect(two.b, "o.x", "text");
  collect_all();
  expect(two.b, "o.x", "text");
  uint64_t asked = memory.asked;
  close_two();
  return asked;
}

START_TEST(memory_runs_out) {
  uint64_t asked = scarcity(UINT64_MAX);
  ck_assert_uint_gt(asked, 100);
  unsigned stride = trial_work(10) < 10 ? 7 : 1;
  for (uint64_t at = 0; at < asked; at += stride)
    scarcity(at);
}
END_TEST

int main(void) {
  const hosts_engine heaps[] = {kit_duktape, kit_duktape_closures};
  Suite *suite = suite_create("hosts_duktape");
  hosts_conformance(suite, heaps, 2);
  TCase *cases = trial_case(suite, "Duktape");
  tcase_add_test(cases, syntax);
  tcase_add_test(cases, memory_is_borrowed);
  tcase_add_test(cases, values);
  tcase_add_test(cases, held_in_every_way);
  tcase_add_test(cases, summaries_run_no_finalizer);
  tcase_add_test(cases, exports_are_told_apart);
  tcase_add_loop_test(cases, what_exports_share_is_not_tried_for_each, 0, 2);
  tcase_add_test(cases, collects_from_scripts);
  tcase_add_loop_test(cases, collections_from_anywhere, 0, (int)(sizeof places / sizeof *places));
  tcase_add_test(cases, proxies_in_coroutines);
  tcase_add_test(cases, dropped_proxies_do_not_pile_up);
  tcase_add_test(cases, finalizers_find_proxies);
  tcase_add_test(cases, recursion_between_heaps);
  tcase_add_test(cases, closed_while_others_hold);
  tcase_add_test(cases, images);
  tcase_add_test(cases, misuse);
  tcase_add_test(cases, managed_objects);
  tcase_add_test(cases, languages);
  tcase_add_test(cases, memory_runs_out);
  return trial_run(suite);
}
