/* SpiderMonkey: the conformance kit, what a script sees of others' objects and others of its, what holds an object and
 * what lets it go, and how it all ends. A thread can have one context, so the other engines are toys, natives and
 * managed objects, and the visits of others come from this program. */
#include <config.h>

#include "support/kit_mozjs.h" /* before check.h, whose macros it cannot stand */

#include <cmath>
#include <cstdio>
#include <cstring>
#include <pthread.h>
#include <string>
#include <time.h>

#include <js/Array.h>
#include <js/CallAndConstruct.h>
#include <js/CompilationAndEvaluation.h>
#include <js/Conversions.h>
#include <js/Exception.h>
#include <js/GlobalObject.h>
#include <js/Initialization.h>
#include <js/Interrupt.h>
#include <js/MapAndSet.h>
#include <js/SourceText.h>
#include <js/Stack.h>

#include "support/toy.h"
#include "support/trial.h"

namespace {

/* A text that must be true, whatever it throws. */
void check(script *is, const char *text) {
  JS::RootedValue value(is->cx);
  evaluate(is, text, &value);
  ck_assert_msg(value.isTrue(), "not true: %s", text);
}
void run(script *is, const char *text) {
  JS::RootedValue value(is->cx);
  evaluate(is, text, &value);
}

/* --------------------------------------------------- the pool, and objects of C++ */

xlgc_pool *pool;
xlgc_context *context;
script *js;

void open_pool() {
  ok(xlgc_pool_create(nullptr, &pool));
  ok(xlgc_context_create(pool, "program", &context));
}
void open_all() {
  open_pool();
  js = open_script(pool);
}
void close_pool() {
  ok(xlgc_context_destroy(context));
  ok(xlgc_flush(pool));
  char why[200] = "";
  ck_assert_msg(xlgc_verify(pool, why, sizeof why) == 0, "%s", why);
  ok(xlgc_pool_destroy(pool));
}
void close_all() {
  close_script(js);
  close_pool();
}
void collect_all() { ck_assert_int_ge(xlgc_hosts_collect(pool), 0); }
uint64_t alive() { return kit_mozjs.objects(js); }
void expect_left(uint64_t count) {
  for (unsigned i = 0; i < 2 || (i < 4 && alive() != count); i++)
    collect_all();
  ck_assert_uint_eq(alive(), count);
}

int copy_of(const xlgc_value *from, xlgc_value *out) {
  if (from->type == XLGC_STRING || from->type == XLGC_BUFFER)
    return xlgc_value_copy(out, from->type, from->as.bytes, from->length);
  *out = *from;
  out->memory = nullptr;
  return 0;
}

const xlgc_kind native_kind = {"native", XLGC_KIND_UNINDEXED, nullptr, nullptr, nullptr, nullptr, 0};

/* An object of the program's, pinned by it, as a global of the script. */
xlgc_id publish(const char *name, const xlgc_behaviour *behaviour, unsigned traits) {
  xlgc_id id;
  ok(xlgc_register(context, nullptr, &native_kind, &id));
  ok(xlgc_pin(context, id));
  ok(xlgc_native_publish(pool, id, behaviour, nullptr));
  xlgc_value value = {};
  value.type = XLGC_OBJECT;
  value.traits = traits;
  value.as.id = id;
  JS::RootedValue proxy(js->cx);
  JS::RootedObject global(js->cx, js->global);
  ok(xlgc_mozjs_push(js->cx, &value, &proxy));
  MUST(JS_SetProperty(js->cx, global, name, proxy));
  return id;
}
void retire(xlgc_id id) {
  ok(xlgc_native_retire(pool, id));
  ok(xlgc_unpin(context, id));
}

/* Answers its arguments; without any, what it was called on. */
int echo_call(xlgc_visit *, const xlgc_value *self, const xlgc_value *arguments, size_t count, xlgc_value *out) {
  if (count == 1) return copy_of(arguments, out);
  if (!count && self) return copy_of(self, out);
  xlgc_value *values;
  int failed = xlgc_value_several(out, count, &values);
  for (size_t i = 0; i < count && !failed; i++)
    failed = copy_of(&arguments[i], &values[i]);
  return failed;
}
const xlgc_behaviour echo = {nullptr, nullptr, nullptr, echo_call, nullptr, nullptr,
                             nullptr, nullptr, nullptr, nullptr,   nullptr};

int fail_call(xlgc_visit *visit, const xlgc_value *, const xlgc_value *arguments, size_t count, xlgc_value *) {
  if (count && arguments[0].type == XLGC_INTEGER) return static_cast<int>(arguments[0].as.integer);
  return xlgc_visit_raise(visit, "trouble in ü\xff", 14);
}
int fail_get(xlgc_visit *visit, const xlgc_value *, xlgc_value *) { return xlgc_visit_raise(visit, "no get", 6); }
const xlgc_behaviour failing = {fail_get, nullptr, nullptr, fail_call, nullptr, nullptr,
                                nullptr,  nullptr, nullptr, nullptr,   nullptr};

/* A list of 10, 20, 30, and the cursor over it; the text key "-7" is -7, "007" is text. */
unsigned list_position;
int list_get(xlgc_visit *, const xlgc_value *key, xlgc_value *out) {
  bool is = key->type == XLGC_INTEGER && key->as.integer >= -7 && key->as.integer < 3;
  if (key->type == XLGC_STRING) return key->length == 3 && !memcmp(key->as.bytes, "007", 3) ? 0 : XLGC_ABSENT;
  out->type = is ? XLGC_INTEGER : XLGC_NIL;
  out->as.integer = (key->as.integer + 1) * 10;
  return is ? 0 : XLGC_ABSENT;
}
int list_length(xlgc_visit *, size_t *out) {
  *out = 3;
  return 0;
}
xlgc_id list_id;
int list_iterate(xlgc_visit *, xlgc_value *cursor) {
  list_position = 0;
  cursor->type = XLGC_OBJECT;
  cursor->as.id = list_id;
  return XLGC_ITERATES_VALUES;
}
int list_next(xlgc_visit *, xlgc_value *key, xlgc_value *out) {
  if (list_position == 3) return XLGC_ABSENT;
  key->type = out->type = XLGC_INTEGER;
  key->as.integer = list_position++;
  out->as.integer = 10 * list_position;
  return 0;
}
const xlgc_behaviour list = {list_get,  nullptr, nullptr, nullptr, list_length, list_iterate,
                             list_next, nullptr, nullptr, nullptr, nullptr};

/* Memory that the program lends. */
int16_t lent[3];
unsigned lent_out;
void take_back(void *) { lent_out--; }
int lend(xlgc_visit *, xlgc_memory *out) {
  *out = {lent, sizeof lent, 'h', nullptr, take_back};
  lent_out++;
  return 0;
}
int lend_nothing(xlgc_visit *visit, xlgc_memory *) { return xlgc_visit_raise(visit, "not now", 7); }
const xlgc_behaviour lending = {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                                nullptr, nullptr, nullptr, lend,    nullptr};
const xlgc_behaviour not_lending = {nullptr, nullptr, nullptr, nullptr,      nullptr, nullptr,
                                    nullptr, nullptr, nullptr, lend_nothing, nullptr};

/* --------------------------------------------------------------- values and proxies */

START_TEST(values_go_and_come) {
  open_all();
  xlgc_id id = publish("echo", &echo, XLGC_CALLABLE | XLGC_SELF_APART);
  static const char *const texts[] = {
      "[1, 0, -1, 2 ** 53, -(2 ** 53), 1.5, 1e300, -1e-300, Infinity, -Infinity].every(x => echo(x) === x)",
      "Object.is(echo(-0), -0)",
      "Number.isNaN(echo(NaN))",
      "echo(undefined) === null && echo(null) === null && echo() === null",
      "echo(true) === true && echo(false) === false",
      "['', 'a', 'a\\0b', '\\u00fc\\u20ac\\u{1f600}', 'x'.repeat(100000)].every(x => echo(x) === x)",
      "echo('a\\ud800b') === 'a\\ud800b' && echo('\\udc00') === '\\udc00'",
      "echo(5n) === 5 && echo(2n ** 53n + 1n) === 2n ** 53n + 1n",
      "echo(2n ** 63n - 1n) === 2n ** 63n - 1n && echo(-(2n ** 63n)) === -(2n ** 63n)",
      "echo(2n ** 63n) === 2n ** 63n && echo(-(2n ** 163n) - 1n) === -(2n ** 163n) - 1n",
      "try { echo(Symbol()); false } catch (e) { e instanceof TypeError && /symbol/.test(e.message) }",
      "{ const b = echo(new Uint8Array([1, 0, 255])); b instanceof Uint8Array && b.join() === '1,0,255' }",
      "echo(new ArrayBuffer(0)).length === 0 && echo(new Float64Array(2)).length === 16",
      "echo(new DataView(new Uint8Array([9, 8, 7]).buffer, 1)).join() === '8,7'",
      "{ const o = {}; echo(o) === o }",
      "{ const f = () => 1; echo(f) === f }",
      "{ const p = new Proxy({}, {}); echo(p) === p }",
      "echo(globalThis) === globalThis && echo(echo) === echo",
      "{ const a = echo(1, 'b', [3]); Array.isArray(a) && a.length === 3 && a[2][0] === 3 }",
      "echo(...Array(1000).keys()).reduce((a, b) => a + b) === 499500",
  };
  for (const char *text : texts)
    check(js, text);
  check(js, "xlgc.leftOut() === ''");
  retire(id);
  close_all();
}
END_TEST

/* A typed array has the memory until it is collected, or the host is closed; the script goes on then. */
START_TEST(memory_is_borrowed) {
  for (const bool is_closed : {false, true}) {
    open_all();
    lent[1] = -5;
    xlgc_id id = publish("lent", &lending, XLGC_MEMORY);
    check(js, "lent instanceof Int16Array && lent.length === 3 && lent[1] === -5 && (lent[2] = 7, true)");
    check(js, "globalThis.rest = new Uint8Array(lent.buffer, 4); lent = null; rest[0] === 7");
    MUST(lent[2] == 7 && lent_out == 1);
    collect_all();
    MUST(lent_out == 1);
    check(js, "(rest[1] = 1, true)");
    MUST(lent[2] == 0x107);
    retire(id);
    if (is_closed) {
      JSContext *cx = js->cx;
      JS::RootedObject global(cx, js->global);
      ok(xlgc_mozjs_close(cx));
      MUST(lent_out == 0);
      JSAutoRealm realm(cx, global);
      JS::RootedValue rest(cx), length(cx);
      MUST(JS_GetProperty(cx, global, "rest", &rest));
      JS::RootedObject array(cx, &rest.toObject());
      MUST(JS_GetProperty(cx, array, "length", &length) && length.toInt32() == 0);
      ok(xlgc_mozjs_open(cx, global, pool, &js->host));
    } else {
      check(js, "rest = null, true");
      collect_all();
      collect_all();
      MUST(lent_out == 0);
    }
    close_all();
  }
  open_all();
  xlgc_id id;
  ok(xlgc_register(context, nullptr, &native_kind, &id));
  ok(xlgc_pin(context, id));
  ok(xlgc_native_publish(pool, id, &not_lending, nullptr));
  xlgc_value value = {};
  value.type = XLGC_OBJECT;
  value.traits = XLGC_MEMORY;
  value.as.id = id;
  { /* what is rooted ends before the context */
    JS::RootedValue out(js->cx);
    ck_assert_int_eq(xlgc_mozjs_push(js->cx, &value, &out), XLGC_E_RAISED);
  }
  retire(id);
  close_all();
}
END_TEST

START_TEST(proxies_of_managed_objects) {
  open_all();
  static const char *const texts[] = {
      "globalThis.p = xlgc.new({a: 1, b: 'two'}); p.a === 1 && p.b === 'two' && p.c === undefined",
      "p.c = 3; p.c === 3 && 'c' in p && !('d' in p) && delete p.c && p.c === undefined && !('c' in p) && delete p.c",
      "p[5] = 'five'; p['5'] === 'five' && p[-5] === undefined && (p[-5] = 1, p['-5'] === 1) && p['-05'] === undefined",
      "delete p[5] && delete p[-5] && (p[1.5] = 2, p[1.5] === 2) && delete p[1.5]",
      "Object.keys(p).sort().join() === 'a,b'",
      "{ const k = []; for (const x in p) k.push(x); k.sort().join() === 'a,b' }",
      "{ const k = []; for (const [x, y] of p) k.push(x + y); k.sort().join() === 'a1,btwo' }",
      "Object.entries(p).length === 2 && ({...p}).b === 'two' && JSON.parse(JSON.stringify({p})).p.a === 1",
      "Reflect.ownKeys(p).length === 2 && Object.getOwnPropertyDescriptor(p, 'a').value === 1",
      "Object.getOwnPropertyDescriptor(p, 'z') === undefined && Object.hasOwn(p, 'a') && !Object.hasOwn(p, 'z')",
      "Object.defineProperty(p, 'd', {value: 4}) === p && p.d === 4 && delete p.d",
      "try { Object.defineProperty(p, 'd', {get() {}}); false } catch (e) { e instanceof TypeError }",
      "try { Object.freeze(p); false } catch (e) { e instanceof TypeError }",
      "typeof p === 'object' && String(p) === 'managed object, 2 fields' && `${p}` === p + ''",
      "p.toString() === String(p)",
      "Object.prototype.toString.call(p) === '[object xlgc proxy]' && Number.isNaN(+p)",
      "xlgc.length(p) === 2 && p.length === undefined && xlgc.length([1, 2]) === 2 && xlgc.length('abc') === 3",
      "p === p && p == p && p !== xlgc.new() && !(p instanceof Map) && !Array.isArray(p) && new Set([p, p]).size === 1",
      "p.self = p; p.self === p && p.self.self.a === 1 && delete p.self",
      "p[Symbol.species] === undefined && !(Symbol('x') in p)",
      "try { p[Symbol.species] = 1; false } catch (e) { e instanceof TypeError }",
      "{ const q = Object.create(p); q.a = 7; q.a === 7 && p.a === 1 && q.b === 'two' }",
      "Reflect.set(p, 'a', 2) && Reflect.get(p, 'a') === 2 && Reflect.has(p, 'a') && Reflect.deleteProperty(p, 'a')",
      "try { p(); false } catch (e) { e instanceof TypeError }",
      "try { p.nothing.more; false } catch (e) { e instanceof TypeError }",
      "try { new WeakMap([[p, 1]]).get(p) === 1 } catch (e) { false }",
      "structuredCloneIsNotHere = true; Object.isExtensible(p) && Object.getPrototypeOf(p) !== null",
      "p.f = (a, b) => a + b; p.f(2, 3) === 5 && (p.o = {deep: [1]}, p.o.deep[0] === 1)",
      "xlgc.shared === xlgc.shared && (xlgc.shared.n = 1, xlgc.shared.n === 1)",
      "xlgc.alive(p) && xlgc.alive({}) && typeof xlgc.collect() === 'number' && xlgc.version.split('.').length === 3",
      "{ const s = xlgc.stats(); s.host_exports && s.host_proxies && Object.values(s).every(Number.isFinite) }",
      "try { xlgc.open('klingon'); false } catch (e) { /klingon|language/.test(e.message) }",
      "try { xlgc.open('mozjs'); false } catch (e) { e instanceof Error }",
      "try { xlgc.length(null); false } catch (e) { e instanceof TypeError }",
      "try { Object.getPrototypeOf(p).toString.call({}); false } catch (e) { e instanceof TypeError }",
      "try { Object.getPrototypeOf(p).toString(); false } catch (e) { e instanceof TypeError }",
  };
  for (const char *text : texts)
    check(js, text);
  close_all();
}
END_TEST

START_TEST(proxies_of_lists_and_functions) {
  open_all();
  xlgc_id ids[] = {publish("list", &list, 0), publish("echo", &echo, XLGC_CALLABLE | XLGC_SELF_APART),
                   publish("plain", &echo, XLGC_CALLABLE), publish("failing", &failing, XLGC_CALLABLE)};
  list_id = ids[0];
  static const char *const texts[] = {
      "[...list].join() === '10,20,30' && Array.from(list).length === 3 && list.length === 3 && list[1] === 20",
      "{ const [a, , c] = list; a === 10 && c === 30 } ",
      "{ let sum = 0; for (const x of list) { if (x === 30) break; sum += x } sum === 30 }",
      "list[-7] === -60 && list['-7'] === -60 && list['007'] === null && list[7] === undefined",
      "Object.keys(list).join() === '0,1,2' && JSON.stringify(list) === '[10,20,30]'",
      "Array.prototype.map.call(list, x => x / 10).join() === '1,2,3'",
      "String(list) === 'an object of xlgc'",
      "typeof echo === 'function' && echo.call(undefined, 4) === 4 && echo.apply(null, [5]) === 5",
      "echo.bind(null, 6)() === 6",
      "{ const o = {echo, plain}; o.echo() === o && o.plain() === null }",
      "echo() === null && (0, list).length === 3",
      "{ const o = {}; new echo(o) === o && Reflect.construct(echo, [o]) === o }",
      "try { new echo(1); false } catch (e) { e instanceof TypeError }",
      "class X extends echo {} try { new X; false } catch (e) { e instanceof TypeError && /inherit/.test(e.message) }",
      "try { ({}) instanceof echo; false } catch (e) { e instanceof TypeError }",
      "[3, 1].map(echo) && typeof Function.prototype.toString.call(echo) === 'string'",
      "try { failing(); false } catch (e) { e instanceof Error && e.message === 'trouble in \\u00fc\\ufffd' }",
      "try { failing.x; false } catch (e) { e.constructor === Error && e.message === 'no get' }",
      "try { failing.x = 1; false } catch (e) { /no fields to set/.test(e.message) }",
      "try { for (const x of echo); false } catch (e) { /iterated/.test(e.message) }",
      "Object.keys(echo).length === 0 && JSON.stringify({echo}) === '{}'",
  };
  for (const char *text : texts)
    check(js, text);
  char text[100];
  for (int code : {XLGC_E_STALE, XLGC_E_NOMEM, XLGC_E_BUSY}) {
    snprintf(text, sizeof text, "try { failing(%d); false } catch (e) { %s }", code,
             code == XLGC_E_STALE   ? "e instanceof ReferenceError"
             : code == XLGC_E_NOMEM ? "/memory/.test(String(e))"
                                    : "e instanceof Error");
    check(js, text);
  }
  for (xlgc_id id : ids)
    retire(id);
  close_all();
}
END_TEST

/* ---------------------------------------------------------- visits from elsewhere */

/* A script's object, held by this program. */
xlgc_id export_of(const char *text) {
  JS::RootedValue value(js->cx);
  xlgc_value out;
  evaluate(js, text, &value);
  ok(xlgc_mozjs_value(js->cx, value, &out));
  ck_assert_int_eq(out.type, XLGC_OBJECT);
  ok(xlgc_pin(context, out.as.id));
  return out.as.id;
}
xlgc_value text_value(const char *text) {
  xlgc_value value = {};
  value.type = XLGC_STRING;
  value.as.bytes = text;
  value.length = strlen(text);
  return value;
}
xlgc_value integer_value(int64_t number) {
  xlgc_value value = {};
  value.type = XLGC_INTEGER;
  value.as.integer = number;
  return value;
}
xlgc_value object_value(xlgc_id id) {
  xlgc_value value = {};
  value.type = XLGC_OBJECT;
  value.as.id = id;
  return value;
}
void expect_text(const xlgc_value *value, const char *text) {
  ck_assert_int_eq(value->type, XLGC_STRING);
  ck_assert_msg(value->length == strlen(text) && !memcmp(value->as.bytes, text, value->length), "%.*s, not %s",
                static_cast<int>(value->length), value->as.bytes, text);
}

/* Calls the function that a text makes, with an integer, and expects this error's words. */
void expect_raised(const char *function, const char *words) {
  xlgc_id id = export_of(function);
  xlgc_visit visit;
  xlgc_value out, argument = integer_value(1);
  ok(xlgc_visit_begin_held(&visit, pool, id));
  int answer = xlgc_visit_call(&visit, nullptr, &argument, 1, &out);
  ck_assert_int_eq(answer, XLGC_E_RAISED);
  ck_assert_msg(strncmp(xlgc_visit_message(&visit, answer), words, strlen(words)) == 0, "%s: %s", function,
                xlgc_visit_message(&visit, answer));
  ck_assert(!JS_IsExceptionPending(js->cx));
  xlgc_visit_end(&visit);
  ok(xlgc_unpin(context, id));
}

/* What a call of the function with the integer 5 answers, as a text. */
void expect_called(const char *function, const char *text) {
  xlgc_id id = export_of(function);
  xlgc_visit visit;
  xlgc_value out, argument = integer_value(5);
  ok(xlgc_visit_begin_held(&visit, pool, id));
  int answer = xlgc_visit_call(&visit, nullptr, &argument, 1, &out);
  ck_assert_msg(answer == 0, "%s", xlgc_visit_message(&visit, answer));
  if (out.type == XLGC_OBJECT) {
    xlgc_visit inner;
    ok(xlgc_visit_begin_held(&inner, pool, out.as.id));
    ok(xlgc_visit_describe(&inner, &out));
    xlgc_visit_end(&inner);
  }
  expect_text(&out, text);
  xlgc_value_clear(&out);
  xlgc_visit_end(&visit);
  ok(xlgc_unpin(context, id));
}

START_TEST(visits_of_objects) {
  open_all();
  xlgc_id id = export_of("globalThis.o = {a: 1, get b() { return 'b' }, n: null, u: undefined, 7: 'seven'}; o");
  xlgc_visit visit;
  xlgc_value out, key, value;
  size_t length;
  bool is;
  ok(xlgc_visit_begin_held(&visit, pool, id));
  ok(xlgc_visit_get(&visit, &(key = text_value("a")), &out));
  ck_assert_int_eq(out.as.integer, 1);
  ok(xlgc_visit_get(&visit, &(key = text_value("b")), &out));
  expect_text(&out, "b");
  xlgc_value_clear(&out);
  ok(xlgc_visit_get(&visit, &(key = text_value("u")), &out));
  ck_assert_int_eq(out.type, XLGC_NIL);
  ck_assert_int_eq(xlgc_visit_get(&visit, &(key = text_value("z")), &out), XLGC_ABSENT);
  ok(xlgc_visit_get(&visit, &(key = integer_value(7)), &out));
  xlgc_value_clear(&out);
  key = object_value(id);
  ck_assert_int_eq(xlgc_visit_get(&visit, &key, &out), XLGC_E_RAISED);
  ok(xlgc_visit_set(&visit, &(key = text_value("a")), &(value = integer_value(INT64_MAX))));
  ok(xlgc_visit_remove(&visit, &(key = text_value("u"))));
  ck_assert_int_eq(xlgc_visit_remove(&visit, &(key = text_value("u"))), XLGC_ABSENT);
  ok(xlgc_visit_length(&visit, &length));
  ck_assert_uint_eq(length, 4);
  ok(xlgc_visit_describe(&visit, &out));
  expect_text(&out, "[object Object]");
  xlgc_value_clear(&out);
  ok(xlgc_visit_compare(&visit, &(value = object_value(id)), XLGC_EQUAL, &is));
  ck_assert(is);
  ok(xlgc_visit_compare(&visit, &(value = integer_value(1)), XLGC_EQUAL, &is));
  ck_assert(!is);
  ok(xlgc_visit_compare(&visit, &(value = integer_value(1)), XLGC_LESS, &is));
  ck_assert(!is);
  ck_assert_int_eq(xlgc_visit_call(&visit, nullptr, nullptr, 0, &out), XLGC_E_RAISED);
  ck_assert_int_eq(xlgc_visit_next(&visit, nullptr, nullptr), XLGC_E_RAISED);
  xlgc_visit_end(&visit);
  check(js, "o.a === 2n ** 63n - 1n && !('u' in o)");
  run(js, "Object.freeze(o)");
  ok(xlgc_visit_begin_held(&visit, pool, id));
  ck_assert_int_eq(xlgc_visit_set(&visit, &(key = text_value("a")), &value), XLGC_E_RAISED);
  ck_assert_int_eq(xlgc_visit_remove(&visit, &(key = text_value("a"))), XLGC_E_RAISED);
  xlgc_visit_end(&visit);
  ok(xlgc_unpin(context, id));
  id = export_of("({valueOf() { return 5 }, toString() { throw new TypeError('no text') }})");
  ok(xlgc_visit_begin_held(&visit, pool, id));
  ok(xlgc_visit_compare(&visit, &(value = integer_value(6)), XLGC_LESS, &is));
  ck_assert(is);
  ok(xlgc_visit_compare(&visit, &(value = integer_value(5)), XLGC_LESS_OR_EQUAL, &is));
  ck_assert(is);
  ok(xlgc_visit_compare(&visit, &(value = integer_value(5)), XLGC_EQUAL, &is));
  ck_assert(!is); /* an object is equal to itself only */
  ck_assert_int_eq(xlgc_visit_describe(&visit, &out), XLGC_E_RAISED);
  ck_assert_str_eq(xlgc_visit_message(&visit, XLGC_E_RAISED), "TypeError: no text");
  xlgc_visit_end(&visit);
  ok(xlgc_unpin(context, id));
  id = export_of("({[Symbol.toPrimitive]() { throw 1 }})");
  ok(xlgc_visit_begin_held(&visit, pool, id));
  ok(xlgc_visit_compare(&visit, &(value = integer_value(6)), XLGC_EQUAL, &is));
  ck_assert(!is);
  ck_assert_int_eq(xlgc_visit_compare(&visit, &value, XLGC_LESS, &is), XLGC_E_RAISED);
  xlgc_visit_end(&visit);
  ok(xlgc_unpin(context, id));
  close_all();
}
END_TEST

START_TEST(visits_of_functions) {
  open_all();
  expect_called("x => String(x + 1)", "6");
  expect_called("(class A { constructor(x) { this.x = x } toString() { return 'A' + this.x } })", "A5");
  expect_called("(function F(x) { return 'called ' + x })", "called 5");
  expect_called("Map.prototype.constructor === Map && (x => typeof x)", "number");
  expect_called("Array", ",,,,");
  expect_called("String", "5");
  expect_called("(function (x) { return [x, x] })", "5,5");
  expect_called("(function () { 'use strict'; return String(this) })", "undefined");
  expect_called("(function () { return 'x' }).bind(1)", "x");
  expect_called("x => xlgc.new({x})", "managed object, 1 field");
  expect_raised("x => { throw new TypeError('wrong') }", "TypeError: wrong");
  expect_raised("x => { throw 'text' }", "text");
  expect_raised("x => { throw undefined }", "undefined");
  expect_raised("x => { throw Symbol('s') }", "Symbol(\"s\")");
  expect_raised("x => { throw {toString() { throw 1 }} }", "an error that cannot be put into words");
  expect_raised("x => { class E extends Error { get name() { return 'E' } } throw new E('mine') }", "E: mine");
  expect_raised("function deep(x) { return deep(x) + 1 } deep", "InternalError: too much recursion");
  expect_raised("x => Symbol()", "TypeError: a symbol cannot be passed");
  expect_raised("Promise", "TypeError");
  expect_raised("x => { const e = new Error('m'); e.toString = null; e.valueOf = null; e[Symbol.toPrimitive] = () => { "
                "throw 2 }; throw e }",
                "m");
  close_all();
}
END_TEST

bool stop(JSContext *) { return false; }
bool interrupt(JSContext *cx, unsigned, JS::Value *) {
  JS_RequestInterruptCallback(cx);
  return true;
}
void try_stopped_scripts_are_errors() {
  MUST(JS_AddInterruptCallback(js->cx, stop));
  JS::RootedObject global(js->cx, js->global);
  MUST(JS_DefineFunction(js->cx, global, "interrupt", interrupt, 0, 0));
  expect_raised("x => { interrupt(); for (;;); }", "InternalError: the script was stopped");
}
START_TEST(stopped_scripts_are_errors) {
  open_all();
  try_stopped_scripts_are_errors(); /* what it has rooted ends before the context */
  close_all();
}
END_TEST

/* Elements as a text: key=value. */
void expect_elements(const char *made, int kind, const char *text) {
  xlgc_id id = export_of(made);
  xlgc_visit visit;
  xlgc_value cursor, key, value;
  std::string found;
  ok(xlgc_visit_begin_held(&visit, pool, id));
  ck_assert_int_eq(xlgc_visit_iterate(&visit, &cursor), kind);
  ok(xlgc_pin(context, cursor.as.id));
  xlgc_visit_end(&visit);
  ok(xlgc_visit_begin_held(&visit, pool, cursor.as.id));
  while (xlgc_visit_next(&visit, &key, &value) == 0) {
    found += key.type == XLGC_INTEGER ? std::to_string(key.as.integer) : std::string(key.as.bytes, key.length);
    found += "=" + std::to_string(value.as.integer) + " ";
    xlgc_value_clear(&key);
    xlgc_value_clear(&value);
    if (found.size() > 40) break;
  }
  xlgc_visit_end(&visit);
  ck_assert_str_eq(found.c_str(), text);
  ok(xlgc_unpin(context, cursor.as.id));
  ok(xlgc_unpin(context, id));
}

START_TEST(iterations_from_elsewhere) {
  open_all();
  expect_elements("({a: 1, b: 2})", XLGC_ITERATES_PAIRS, "a=1 b=2 ");
  expect_elements("globalThis.g = {a: 1, b: 2, get c() { delete this.d; return 3 }, d: 4}; g", XLGC_ITERATES_PAIRS,
                  "a=1 b=2 c=3 ");
  expect_elements("[5, 6]", XLGC_ITERATES_VALUES, "0=5 1=6 ");
  expect_elements("new Map([['x', 1], [7, 2]])", XLGC_ITERATES_PAIRS, "x=1 7=2 ");
  expect_elements("new Set([3, 4])", XLGC_ITERATES_VALUES, "0=3 1=4 ");
  expect_elements("(function* () { yield 8; yield 9 })()", XLGC_ITERATES_VALUES, "0=8 1=9 ");
  expect_elements("({})", XLGC_ITERATES_PAIRS, "");
  xlgc_visit visit;
  xlgc_value cursor;
  for (const char *text : {"() => 1", "({[Symbol.iterator]: 5})", "({[Symbol.iterator]() { throw Error('x') }})"}) {
    xlgc_id id = export_of(text);
    ok(xlgc_visit_begin_held(&visit, pool, id));
    ck_assert_int_eq(xlgc_visit_iterate(&visit, &cursor), XLGC_E_RAISED);
    xlgc_visit_end(&visit);
    ok(xlgc_unpin(context, id));
  }
  collect_all();
  close_all();
}
END_TEST

/* A script calls this program, which calls the script, and so on. */
xlgc_id recursed;
int recurse(xlgc_visit *visit, const xlgc_value *, const xlgc_value *, size_t, xlgc_value *out) {
  xlgc_visit inner;
  int answer = xlgc_visit_begin_held(&inner, pool, recursed);
  if (!answer) {
    answer = xlgc_visit_call(&inner, nullptr, nullptr, 0, out);
    if (answer)
      answer = xlgc_visit_raise(visit, xlgc_visit_message(&inner, answer), strlen(xlgc_visit_message(&inner, answer)));
    xlgc_visit_end(&inner);
    return answer;
  }
  const char *words = xlgc_visit_message(&inner, answer);
  return xlgc_visit_raise(visit, words, strlen(words));
}
const xlgc_behaviour recursing = {nullptr, nullptr, nullptr, recurse, nullptr, nullptr,
                                  nullptr, nullptr, nullptr, nullptr, nullptr};

START_TEST(deep_recursion_is_an_error) {
  open_all();
  xlgc_id id = publish("out", &recursing, XLGC_CALLABLE);
  recursed = export_of("globalThis.calls = 0; globalThis.back = () => { calls++; return out() }; back");
  check(js, "try { back(); false } catch (e) { /overflow|recursion/.test(e.message) && calls > 20 }");
  retire(id);
  ok(xlgc_unpin(context, recursed));
  close_all();
}
END_TEST

/* ---------------------------------------------------------------------- held */

/* What holds x, or does not. */
const struct holder {
  const char *made;
  bool holds;
} holders[] = {
    {"({x})", true},
    {"[[[x]]]", true},
    {"() => x", true},
    {"(function () { x; return () => eval('1') })()", true},
    {"(function () { return arguments })(x)", true},
    {"(y => function () { return y }.bind(null, 1))(x)", true},
    {"(function () {}).bind(x)", true},
    {"new Proxy({}, {x})", true},
    {"new Proxy({x}, {})", true},
    {"({[Symbol('s')]: x})", true},
    {"({get y() { return x }})", true},
    {"Object.defineProperty({}, 'y', {set(v) { x }})", true},
    {"Object.create(x)", true},
    {"Object.create({x})", true},
    {"new (class { #x = x })", true},
    {"(class { static y = x })", true},
    {"new Map([[1, x]])", true},
    {"new Map([[x, 1]])", true},
    {"new Set([x])", true},
    {"[x][Symbol.iterator]()", true},
    {"{ const g = (function* (x) { yield 1; return x })(x); g.next(); g }", true},
    {"(function* (x) { yield 1; return x })(x)", true},
    {"{ let wake; const never = new Promise(r => { wake = r }); (async x => { await never; return x })(x); never }",
     true},
    {"{ let wake; const never = new Promise(r => { wake = r }); (async x => { await never; return x })(x); ({wake}) }",
     true},
    {"Promise.resolve(x)", true},
    {"new Promise(() => {}).then(() => x)", false},
    {"{ const p = new Promise(() => {}); p.then(() => x); p }", true},
    {"{ const r = new FinalizationRegistry(() => {}), t = {}; r.register(t, x); [r, t] }", true},
    {"{ const k = {}, w = new WeakMap([[k, x]]); ({k, w}) }", true},
    {"{ const k = {}; new WeakMap([[k, x]]); ({k}) }", false},
    {"new WeakMap([[{}, x]])", false},
    {"new WeakMap([[x, 1]])", false},
    {"new WeakSet([x])", false},
    {"{ const a = {}, b = {}, w = new WeakMap([[a, b], [b, x]]); ({a, w}) }", true},
    {"{ const a = {}, b = {}, w = new WeakMap([[a, b], [b, x]]); ({b, w}) }", true},
    {"{ const a = {}, v = new WeakMap, w = new WeakMap([[a, v]]); v.set(a, x); ({a, w}) }", true},
    {"{ const a = {}, v = new WeakMap, w = new WeakMap([[v, x]]); ({a, w}) }", false},
    {"new WeakRef(x)", false},
    {"new Error('e', {cause: x})", true},
    {"{ const e = new Error('e'); e.x = x; e }", true},
    {"{ const f = function () {}; f.prototype = x; f }", true},
    {"new (class extends Array {})(x)", true},
    {"/./[Symbol.matchAll]('x').constructor && ({x: {x: {x}}})", true},
    {"{ let l = x; for (let i = 0; i < 100000; i++) l = {l}; l }", true},
    {"{ const w = new WeakMap; let k = {}; const first = k; for (let i = 0; i < 50000; i++) { const n = {}; w.set(k, "
     "n); k = n } w.set(k, x); ({first, w}) }",
     true},
};
const int holder_count = sizeof holders / sizeof *holders;

/* A text as a global of the script. */
void define_source(const char *text) {
  JS::RootedString source(js->cx, JS_NewStringCopyZ(js->cx, text));
  JS::RootedObject global(js->cx, js->global);
  MUST(JS_DefineProperty(js->cx, global, "source", source, 0));
}

/* A ring through a script's thing and a managed object, of which a holder has one. */
void make_ring(const holder *by, const char *what) {
  define_source(by->made);
  std::string text =
      std::string("globalThis.h = (function (x) { return eval(source) })((function () { const t = thing(), m = "
                  "xlgc.new({t}); t.m = m; return ") +
      what + " })())";
  run(js, text.c_str());
  js::RunJobs(js->cx);
  JS::ClearKeptObjects(js->cx);
}

/* The holder is a global's. */
START_TEST(held_by_the_engine) {
  open_all();
  const holder *by = &holders[_i % holder_count];
  make_ring(by, _i < holder_count ? "t" : "m");
  expect_left(by->holds ? 1 : 0);
  run(js, "h = undefined");
  expect_left(0);
  close_all();
}
END_TEST

/* The holder is an export that somebody else holds: only the walk from it finds x. */
START_TEST(held_by_an_export) {
  open_all();
  const holder *by = &holders[_i % holder_count];
  make_ring(by, _i < holder_count ? "t" : "m");
  xlgc_id id = export_of("h");
  run(js, "h = undefined");
  expect_left(by->holds ? 1 : 0);
  ok(xlgc_unpin(context, id));
  expect_left(0);
  close_all();
}
END_TEST

/* One export reaches the map, another the key. */
START_TEST(ephemerons_through_two_exports) {
  open_all();
  run(js,
      "globalThis.w = new WeakMap; globalThis.k = {}; globalThis.e = {k}; { const t = thing(); t.m = xlgc.new({t}); "
      "w.set(k, t) }");
  /* outer -> map, outer -> another export -> key */
  xlgc_id inner = export_of("e"), outer = export_of("({w, e})");
  run(js, "w = k = e = undefined");
  ok(xlgc_unpin(context, inner));
  expect_left(1);
  ok(xlgc_unpin(context, outer));
  expect_left(0);
  /* The map alone, and the key alone, hold nothing. */
  run(js, "globalThis.w = new WeakMap; globalThis.k = {}; { const t = thing(); t.m = xlgc.new({t}); w.set(k, t) }");
  xlgc_id map = export_of("w"), key = export_of("k");
  run(js, "w = k = undefined");
  expect_left(1);
  ok(xlgc_unpin(context, map));
  expect_left(0);
  ok(xlgc_unpin(context, key));
  close_all();
}
END_TEST

/* Between the collection that a quick summary has marks of and the summary, as another engine is not ready yet: code
 * takes a map out of what only an export reached, and the value whose key was black before is touched by nobody. */
START_TEST(marks_of_ephemerons_that_are_old) {
  open_all();
  auto *a = static_cast<toy *>(toy_open(pool, 0)), *b = static_cast<toy *>(toy_open(pool, 0));
  toy_make_in(b, a, 8, 7);
  run(js, "globalThis.k = {}; globalThis.e = {wm: new WeakMap, get stash() { globalThis.kept = this.wm; return 1 }}; "
          "e.wm.set(k, {y: xlgc.new({number: 5})})");
  xlgc_id id = export_of("e");
  run(js, "e = undefined");
  collect_all();
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(pool, &config));
  config.step_size = 1;
  config.share = 0;
  config.max_age_ns = 1;
  ok(xlgc_hosts_configure(pool, &config));
  auto visit_often = [a](unsigned count) {
    for (xlgc_visit visit; count; count--) {
      ok(xlgc_visit_begin(&visit, a->host, toy_at(a, 8)->id));
      xlgc_visit_end(&visit);
    }
  };
  auto collections = [] {
    xlgc_host_statistics statistics;
    ok(xlgc_host_stats(js->host, &statistics));
    return statistics.collections;
  };
  a->unready = UINT32_MAX;
  visit_often(500);
  ck_assert_uint_eq(collections(), 0);
  xlgc_visit visit;
  xlgc_value key, out;
  ok(xlgc_visit_begin_held(&visit, pool, id));
  ok(xlgc_visit_get(&visit, &(key = text_value("stash")), &out));
  xlgc_visit_end(&visit);
  a->unready = 1;
  while (!collections())
    visit_often(1);
  ok(xlgc_unpin(context, id));
  ok(xlgc_flush(pool));
  check(js, "kept.get(k).y.number === 5");
  /* And it goes by itself when it is dropped. */
  run(js, "kept = undefined");
  auto proxies = [] {
    xlgc_host_statistics statistics;
    ok(xlgc_host_stats(js->host, &statistics));
    return statistics.proxies;
  };
  for (unsigned tries = 0; tries < 1000 && proxies(); tries++) {
    visit_often(10);
    JS_GC(js->cx);
  }
  ck_assert_uint_eq(proxies(), 0);
  toy_drop(a, 8);
  toy_close(a), toy_close(b);
  close_all();
}
END_TEST

/* An export, as a global of the script. */
void bring_home(const char *name, xlgc_id id) {
  JS::RootedValue value(js->cx);
  JS::RootedObject global(js->cx, js->global);
  xlgc_value from = object_value(id);
  ok(xlgc_mozjs_push(js->cx, &from, &value));
  MUST(JS_SetProperty(js->cx, global, name, value));
}

/* The map, or the key, or both are reached only through other exports, which have walks of their own: still, what holds
 * this export holds the value, and what that holds. */
START_TEST(ephemerons_behind_exports) {
  static const char *const outers[] = {"[w, e]", "[d, k]", "[d, e]"};
  open_all();
  run(js, "globalThis.w = new WeakMap; globalThis.k = {}; globalThis.d = {w}; globalThis.e = {k}; { const t = thing(); "
          "t.m = "
          "xlgc.new({t}); w.set(k, t) }");
  xlgc_id of_map = export_of("d"), of_key = export_of("e"), outer = _i < 3 ? export_of(outers[_i]) : of_map;
  if (_i == 3) ok(xlgc_pin(context, outer));
  run(js, "w = k = d = e = undefined");
  expect_left(1);
  bring_home("d", of_map);
  bring_home("e", of_key);
  check(js, "globalThis.v = d.w.get(e.k); v.m.t === v");
  run(js, "d = e = v = undefined");
  ok(xlgc_unpin(context, outer));
  ok(xlgc_unpin(context, of_map));
  expect_left(0);
  ok(xlgc_unpin(context, of_key));
  close_all();
}
END_TEST

/* The key of an entry is a wrapper of an object in another compartment, which an export or a global of that compartment
 * holds: a script that has the object finds the wrapper, and by it the value. */
void try_wrappers_as_keys(bool is_global) {
  JS::RootedObject other(js->cx, make_global(js->cx, true)), global(js->cx, js->global), wrapped(js->cx, other);
  MUST(JS_WrapObject(js->cx, &wrapped));
  MUST(JS_DefineProperty(js->cx, global, "other", wrapped, 0));
  run(js, "other.eval('globalThis.k = {}'); globalThis.w = new WeakMap; { const t = thing(); t.m = xlgc.new({t}); "
          "w.set(other.k, t) }");
  xlgc_id map = export_of("w"), key = export_of("other.k");
  run(js, is_global ? "w = undefined" : "w = undefined; other.eval('k = undefined')");
  expect_left(1);
  bring_home("w", map);
  bring_home("k", key);
  check(js, "w.get(k).m.t === w.get(k)");
  run(js, "w = k = undefined");
  expect_left(1);
  ok(xlgc_unpin(context, map));
  expect_left(0);
  ok(xlgc_unpin(context, key));
}
START_TEST(wrappers_as_keys) {
  open_all();
  try_wrappers_as_keys(_i); /* what it has rooted ends before the context */
  close_all();
}
END_TEST

/* ---------------------------------------------------------------- sharing */

/* Exports made of a list `s` of 20,000 objects and 10 proxies, all of which each reaches. */
const struct sharing {
  const char *made;
  uint64_t things; /* that the collector knows, besides those of s: objects, and a few shapes */
  uint64_t told;   /* edges */
} sharings[] = {
    {"Array.from({length: 400}, (x, i) => ({i, s}))", 400, 4000},
    {"Array.from({length: 400}, (x, i) => [s, i, [s]])", 800, 4000},
    /* Exports that reach one another are a ring, and one of them reaches the proxies for all. */
    {"{ const a = Array.from({length: 400}, (x, i) => ({i, s})); s.push(...a); a }", 400, 410},
    /* The first reaches the others, and these the proxies. */
    {"{ const a = Array.from({length: 400}, (x, i) => ({i, s})); [...a, [a]] }", 402, 4400},
    /* The list is a value of as many weak maps. */
    {"Array.from({length: 400}, () => { const k = {}; return {k, w: new WeakMap([[k, s]])} })", 1200, 4000},
    /* Each object of the list is the key of the next in one weak map, and exports have keys all along the list. */
    {"{ const w = new WeakMap, proxies = s.splice(20000); s.forEach((k, i) => w.set(k, s[i + 1] || proxies)); "
     "Array.from({length: 400}, (x, i) => ({w, k: s[50 * i]})) }",
     402, 4000},
};

START_TEST(exports_that_share) {
  open_all();
  const sharing *by = &sharings[_i];
  define_source(by->made);
  run(js, "globalThis.m = xlgc.new(); (function () { const s = []; for (let i = 0; i < 20000; i++) s.push({i}); "
          "for (let i = 0; i < 10; i++) s.push(xlgc.new({i})); eval(source).forEach((x, i) => { m[i] = x }) })()");
  collect_all();
  const xlgc__condense_counts *counts = &inside(js)->counts;
  ck_assert_uint_ge(counts->nodes, 20010 + by->things);
  ck_assert_uint_le(counts->nodes, 20010 + by->things + 100);
  ck_assert_uint_le(counts->visited, 2 * (counts->nodes + counts->edges));
  ck_assert_uint_eq(counts->told, by->told);
  ck_assert_uint_le(counts->steps, counts->told + counts->nodes);
  run(js, "m = undefined");
  collect_all();
  collect_all();
  ck_assert_uint_eq(inside(js)->pins, 0);
  close_all();
}
END_TEST

/* Objects with a thing each, which a ring through the pool holds; every fourth is a weak map. Some are exports, of
 * which then half are let go. `first` and `second`: how many objects there are before and after that. The engine's
 * collector keeps what the pins reach, an entry's value where they reach its map and its key; of an entry that it
 * keeps, a summary says that the key leads to the value; and exports that those still held do not lead to are unpinned,
 * until no more are. */
const char at_random[] =
    "globalThis.build = seed => {"
    "  const random = n => { seed = Math.imul(seed, 1103515245) + 12345 >>> 0; return (seed >>> 16) % n };"
    "  const objects = [], fields = [], entries = new Map, exports = new Set;"
    "  for (let i = 0; i < 40; i++) {"
    "    const t = thing(); t.m = xlgc.new({t}); objects.push(Object.assign(i % 4 ? {} : new WeakMap, {t}));"
    "  }"
    "  for (let i = 0; i < 30; i++) {"
    "    const a = random(40), b = random(40); objects[a]['f' + i] = objects[b]; fields.push([a, b]);"
    "  }"
    "  for (let i = 0; i < 60; i++) {"
    "    const map = 4 * random(10), key = random(40), value = random(40);"
    "    objects[map].set(objects[key], objects[value]); entries.set(map + ' ' + key, [map, key, value]);"
    "  }"
    "  while (exports.size < 8) exports.add(random(40));"
    "  const reach = (from, leads) => {"
    "    const seen = new Set(from);"
    "    for (let before = 0; before < seen.size;) {"
    "      before = seen.size;"
    "      for (const [a, b] of fields) if (seen.has(a)) seen.add(b);"
    "      for (const [map, key, value] of entries.values()) if (leads(seen, map, key)) seen.add(value);"
    "    }"
    "    return seen;"
    "  };"
    "  const left = held => {"
    "    for (let pinned = new Set(exports);;) {"
    "      const kept = reach(pinned, (seen, map, key) => seen.has(map) && seen.has(key));"
    "      const told = reach(held, (seen, map, key) => kept.has(map) && seen.has(key));"
    "      const more = [...pinned].filter(x => told.has(x));"
    "      if (more.length === pinned.size) return kept.size;"
    "      pinned = new Set(more);"
    "    }"
    "  };"
    "  globalThis.m = xlgc.new(); [...exports].forEach((x, i) => { m[i] = objects[x] });"
    "  globalThis.first = left(exports); globalThis.second = left([...exports].slice(4));"
    "}";

uint64_t number_of(const char *text) {
  JS::RootedValue value(js->cx);
  evaluate(js, text, &value);
  return static_cast<uint64_t>(value.toNumber());
}

START_TEST(exports_that_share_at_random) {
  open_all();
  uint64_t random = trial_seed();
  run(js, at_random);
  for (unsigned i = 0, graphs = trial_work(60); i < graphs; i++) {
    char text[60];
    snprintf(text, sizeof text, "build(%u)", trial_random(&random, 1000000));
    run(js, text);
    expect_left(number_of("first"));
    run(js, "for (let i = 0; i < 4; i++) delete m[i]");
    expect_left(number_of("second"));
    run(js, "m = undefined");
    expect_left(0);
  }
  close_all();
}
END_TEST

START_TEST(held_by_jobs_and_frames) {
  open_all();
  run(js, "{ const t = thing(); t.m = xlgc.new({t}); globalThis.got = 0; Promise.resolve().then(() => { got = t.m.t "
          "=== t }) }");
  expect_left(1);
  js::RunJobs(js->cx);
  check(js, "got");
  expect_left(0);
  /* A local of a call in progress, and an argument. */
  check(js, "(function (t) { t.m = xlgc.new({t}); xlgc.collect(); return t.m.t === t })(thing())");
  check(js, "(function (m) { const t = m.t; t.m = m; xlgc.collect(); xlgc.collect(); return m.t === t })(xlgc.new({t: "
            "thing()}))");
  expect_left(0);
  /* Rooted in C++. */
  {
    JS::RootedValue kept(js->cx);
    evaluate(js, "(function () { const t = thing(); t.m = xlgc.new({t}); return t.m })()", &kept);
    expect_left(1);
  }
  expect_left(0);
  close_all();
}
END_TEST

/* Where code of a script can be: each text calls attempt() there, while something holds a thing in a ring. */
const char *const places[] = {
    "{ const p = ring(); const o = {get x() { attempt(); return p }, set x(v) { attempt(); use(v) }};"
    " use(o.x); o.x = ring(); use(p) }",
    "{ const p = ring(); JSON.stringify({a: [{toJSON() { attempt(); return p.t ? 1 : 2 }}]}); use(p) }",
    "{ const p = ring(); JSON.stringify({a: 1, b: [2]}, (k, v) => { attempt(); return v });"
    " JSON.parse('{\"a\":[1,{\"b\":2}]}', (k, v) => { attempt(); return v }); use(p) }",
    "{ const l = []; for (let i = 0; i < 20; i++) l.push({i: i * 7 % 20, p: ring()});"
    " l.sort((a, b) => { if (tries < 5) attempt(); use(a.p); return a.i - b.i }); l.forEach(e => use(e.p)) }",
    "{ const l = new Float64Array([3, 1, 2]), p = ring(); l.sort((a, b) => { attempt(); return a - b }); use(p) }",
    "{ const p = ring(), l = [1, 2]; for (const f of ['map', 'forEach', 'filter', 'some', 'flatMap', 'reduce'])"
    " l[f](attempt); Array.from({length: 2}, attempt); use(p) }",
    "{ const p = ring(); 'abc'.replace(/./g, c => { attempt(); return c }); `${{toString() { attempt(); return 'x' "
    "}}}`;"
    " 1 * {valueOf() { attempt(); return 1 }}; +{[Symbol.toPrimitive]() { attempt(); return 1 }}; use(p) }",
    "{ const p = ring(), q = new Proxy({}, {get() { attempt(); return p }, set() { attempt(); return true },"
    " has() { attempt(); return true }, ownKeys() { attempt(); return [] }, deleteProperty() { attempt(); return true "
    "},"
    " getPrototypeOf() { attempt(); return null }, apply: attempt, construct() { attempt(); return {} }});"
    " use(q.x); q.x = 1; 'x' in q; Object.keys(q); delete q.x; Object.getPrototypeOf(q); use(p) }",
    "{ function* g() { try { for (;;) { attempt(); yield ring() } } finally { attempt() } }"
    " for (const p of g()) { use(p); break } const [p, q] = g(); use(p); use(q); use([...g().next().value ? [p] : "
    "[]][0]) }",
    "{ const p = ring(); try { throw p } catch (q) { attempt(); use(q) } finally { attempt() } use(p) }",
    "{ const p = ring(); class A { #x = (attempt(), p); static y = attempt(); get x() { attempt(); return this.#x }"
    " constructor() { attempt() } } class B extends A { constructor() { super(); attempt() } } use(new B().x); use(p) "
    "}",
    "{ const p = ring(); eval('attempt()'); (0, eval)('attempt()'); new Function('attempt()')(); Reflect.construct("
    "  function () { attempt() }, []); attempt.call(p); use(p) }",
    "{ const p = ring(); const deep = n => { const q = n % 100 ? null : ring(); n ? deep(n - 1) : attempt(); q && "
    "use(q) };"
    " deep(1000); use(p) }",
    "{ const p = ring(); Promise.resolve(p).then(q => { attempt(); use(q) }); (async () => { await 1; attempt(); "
    "use(p) "
    "})(); drain() }",
    "{ const m = new WeakMap, p = ring(); m.set(p, ring()); attempt(); use(m.get(p)); for (const [k, v] of new "
    "Map([[p, p]]"
    ")) { attempt(); use(k) } new Set([p]).forEach(q => { attempt(); use(q) }) }",
    "{ const p = ring(); p.f = () => { attempt(); use(p) }; p.t.m.f(); use(p); const e = Error('x');"
    " Object.defineProperty(e, 'message', {get() { attempt(); return 'm' }}); String(e); use(p) }",
    "{ const p = ring(); for (let i = 0; i < 3000; i++) { if (i % 1000 === 999) attempt(); const q = {p}; use(q.p) } }",
};

void try_collections_from_anywhere(const char *text) {
  run(js, "globalThis.tries = 0; globalThis.attempt = () => { tries++; xlgc.collect(); return 1 };"
          "globalThis.ring = () => { const t = thing(); t.m = xlgc.new({t}); return t.m };"
          "globalThis.use = m => { if (m.t.m !== m) throw Error('lost') }");
  run(js, text);
  check(js, "tries > 0");
  expect_left(0);
}
START_TEST(collections_from_anywhere) {
  open_all();
  try_collections_from_anywhere(places[_i]);
  close_all();
}
END_TEST

START_TEST(thousands_of_rings) {
  open_all();
  ok(hosts_by_hand(pool));
  run(js, "for (let i = 0; i < 2000; i++) { const t = thing(); t.m = xlgc.new({t, list: [1, {i}]}) }");
  ck_assert_int_ge(xlgc_hosts_collect(pool), 2000);
  expect_left(0);
  close_all();
}
END_TEST

/* --------------------------------------------------------------- the collector */

void shrink() {
  JS::PrepareForFullGC(js->cx);
  JS::NonIncrementalGC(js->cx, JS::GCOptions::Shrink, JS::GCReason::API);
}

/* Objects out of the nursery, and moved by compaction, are the same objects. */
START_TEST(objects_that_move) {
  open_all();
  run(js,
      "globalThis.a = []; globalThis.junk = []; for (let i = 0; i < 20000; i++) { junk.push({i}); if (i % 20 == 0) { "
      "const t = {i}; t.m = xlgc.new({t, i}); a.push(t) } } junk = junk.filter((x, i) => i % 50 == 0)");
  for (unsigned i = 0; i < 5; i++) {
    check(js, "a.every((t, i) => t.m.t === t && t.m.i === t.i && (t.m.t = t, t.m.t === t))");
    ck_assert_uint_eq(inside(js)->pins, 1000);
    if (i % 2)
      shrink();
    else
      JS_GC(js->cx);
    if (i == 3) collect_all();
  }
  run(js, "a = undefined");
  collect_all();
  ck_assert_uint_eq(inside(js)->pins, 0);
  close_all();
}
END_TEST

/* An incremental collection is in progress, in any of its phases, while proxies and exports are used, made and dropped,
 * and while all is collected. */
START_TEST(incremental_collections) {
  open_all();
  JS_SetGCParameter(js->cx, JSGC_INCREMENTAL_GC_ENABLED, 1);
  uint64_t random = trial_seed();
  run(js, "globalThis.keep = []; for (let i = 0; i < 30000; i++) keep.push({i}); globalThis.live = xlgc.new(); "
          "globalThis.w = null; "
          "globalThis.turn = i => { let p = xlgc.new({i}); live.p = p; live['t' + i % 7] = {i, p}; p = undefined; "
          "if (i % 3 == 0) w = new WeakRef(live.p); const t = live['t' + i % 5]; return !t || t.p.i === t.i }");
  unsigned turns = trial_work(3000);
  for (unsigned i = 0; i < turns; i++) {
    if (!JS::IsIncrementalGCInProgress(js->cx)) {
      JS::PrepareForFullGC(js->cx);
      js::SliceBudget budget = js::SliceBudget(js::WorkBudget(1 + trial_random(&random, 20000)));
      JS::StartIncrementalGC(js->cx, JS::GCOptions::Normal, JS::GCReason::API, budget);
    } else {
      JS::PrepareForIncrementalGC(js->cx);
      js::SliceBudget budget = js::SliceBudget(js::WorkBudget(1 + trial_random(&random, 3000)));
      JS::IncrementalGCSlice(js->cx, JS::GCReason::API, budget);
    }
    char text[100];
    snprintf(text, sizeof text, "turn(%u) && live.p.i === %u", i, i);
    check(js, text);
    if (i % 97 == 0) collect_all();
  }
  if (JS::IsIncrementalGCInProgress(js->cx)) JS::FinishIncrementalGC(js->cx, JS::GCReason::API);
  run(js, "keep = live = w = undefined");
  collect_all();
  collect_all();
  ck_assert_uint_eq(inside(js)->pins, 0);
  close_all();
}
END_TEST

/* Begins an incremental collection, of all zones or of an object's, or goes on with one. */
void take_slice(int64_t work, JSObject *of) {
  js::SliceBudget budget = js::SliceBudget(js::WorkBudget(work));
  if (JS::IsIncrementalGCInProgress(js->cx)) {
    JS::PrepareForIncrementalGC(js->cx);
    JS::IncrementalGCSlice(js->cx, JS::GCReason::API, budget);
  } else {
    if (of)
      JS::PrepareZoneForGC(js->cx, JS::GetObjectZone(of));
    else
      JS::PrepareForFullGC(js->cx);
    JS::StartIncrementalGC(js->cx, JS::GCOptions::Normal, JS::GCReason::API, budget);
  }
}

/* Proxies move, and their objects are received. */
START_TEST(proxies_that_move) {
  open_all();
  run(js, "globalThis.all = xlgc.new(); globalThis.a = []; let junk = []; for (let i = 0; i < 20000; i++) { const m = "
          "xlgc.new({i}); if (i % 20 == 0) { all[a.length] = m; a.push(m) } else junk.push(m) } junk = undefined");
  for (unsigned i = 0; i < 4; i++) {
    if (i % 2)
      JS_GC(js->cx);
    else
      shrink();
    check(js, "a.every((m, i) => all[i] === m && m.i === 20 * i)");
  }
  close_all();
}
END_TEST

/* Proxies are condemned by a collection that has not finalized them yet, and their objects are received. */
START_TEST(proxies_that_die) {
  open_all();
  JS_SetGCParameter(js->cx, JSGC_INCREMENTAL_GC_ENABLED, 1);
  JS_SetGCParameter(js->cx, JSGC_MALLOC_THRESHOLD_BASE, 1000); /* none begins by itself */
  run(js, TRIAL_SANITIZED ? "globalThis.count = 5000" : "globalThis.count = 50000");
  run(js, "globalThis.all = xlgc.new(); for (let i = 0; i < count; i++) all[i] = xlgc.new({i}); globalThis.got = [];"
          "globalThis.receive = () => { const i = count - 1 - got.length; got.push(all[i]); return all[i].i === i }");
  JS_GC(js->cx);
  run(js, "for (let i = 0; i < count; i++) all[i]");
  unsigned slices = 0;
  do {
    take_slice(500, nullptr);
    check(js, "receive()");
    slices++;
  } while (JS::IsIncrementalGCInProgress(js->cx) && slices < 5000);
  ck_assert_uint_gt(slices, 1); /* how many depends on the helper threads that sweep */
  JS_GC(js->cx);
  check(js, "got.every((m, i) => all[count - 1 - i] === m && m.i === count - 1 - i)");
  close_all();
}
END_TEST

/* A collection is in progress, of all zones or of another one, in any of its phases, and a summary must not take its
 * marks for new ones: what has become garbage since it began goes, and what has come to be held stays. */
void try_summaries_amid_a_collection(bool of_all) {
  JS::RootedObject other(js->cx, make_global(js->cx, true));
  JS_SetGCParameter(js->cx, JSGC_INCREMENTAL_GC_ENABLED, 1);
  run(js, "globalThis.keep = []; for (let i = 0; i < 3000; i++) keep.push({i}); "
          "globalThis.ring = () => { const t = thing(); t.m = xlgc.new({t}); return t }");
  unsigned phases = 0;
  for (bool goes_on = true; goes_on && phases < 500; phases++) {
    run(js, "globalThis.old = ring()");
    xlgc_id id = export_of("globalThis.h = [ring()]; h");
    run(js, "h = undefined");
    for (unsigned i = 0; i <= phases; i++)
      take_slice(100, of_all ? nullptr : other.get());
    goes_on = JS::IsIncrementalGCInProgress(js->cx);
    run(js, "old = undefined; globalThis.fresh = ring()");
    collect_all();
    ck_assert_uint_eq(alive(), 2);
    check(js, "fresh.m.t === fresh");
    ok(xlgc_unpin(context, id));
    run(js, "fresh = undefined");
    collect_all();
    collect_all();
    ck_assert_uint_eq(alive(), 0);
    ck_assert(!JS::IsIncrementalGCInProgress(js->cx));
  }
  ck_assert_uint_gt(phases, 5);
}
START_TEST(summaries_amid_a_collection) {
  open_all();
  try_summaries_amid_a_collection(_i); /* what it has rooted ends before the context */
  close_all();
}
END_TEST

bool is_gray(JSContext *, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  arguments.rval().setBoolean(JS::GCThingIsMarkedGray(JS::GCCellPtr(arguments[0])));
  return true;
}

/* What only exports hold is gray, and black as soon as a script has it: else the collector of cycles of a browser, or
 * our summary, would take it for garbage. */
void try_what_scripts_get_is_black() {
  JS::RootedObject global(js->cx, js->global);
  MUST(JS_DefineFunction(js->cx, global, "gray", is_gray, 1, 0));
  xlgc_id own = export_of("({})"), found = publish("found", &echo, XLGC_CALLABLE);
  xlgc_id holder = export_of("({found})"), function = export_of("{ const f = () => gray(f); f }");
  run(js, "delete globalThis.found");
  JS::RootedValue value(js->cx);
  xlgc_value argument, out;
  for (xlgc_id id : {own, found}) {
    JS_GC(js->cx);
    argument = object_value(id);
    ok(xlgc_mozjs_push(js->cx, &argument, &value));
    ck_assert(!JS::GCThingIsMarkedGray(JS::GCCellPtr(value)));
    value.setUndefined();
  }
  JS_GC(js->cx);
  xlgc_visit visit;
  ok(xlgc_visit_begin_held(&visit, pool, function));
  ok(xlgc_visit_call(&visit, nullptr, nullptr, 0, &out));
  ck_assert(out.type == XLGC_BOOLEAN && !out.as.boolean);
  xlgc_visit_end(&visit);
  for (xlgc_id id : {own, holder, function})
    ok(xlgc_unpin(context, id));
  retire(found);
}
START_TEST(what_scripts_get_is_black) {
  open_all();
  try_what_scripts_get_is_black(); /* what it has rooted ends before the context */
  close_all();
}
END_TEST

/* ----------------------------------------------------------------- realms */

void try_objects_of_several_realms() {
  xlgc_id id = publish("echo", &echo, XLGC_CALLABLE | XLGC_SELF_APART);
  JS::RootedObject other(js->cx, make_global(js->cx, true)), global(js->cx, js->global);
  JS::RootedObject wrapped(js->cx, other);
  MUST(JS_WrapObject(js->cx, &wrapped));
  JS::RootedValue value(js->cx, JS::ObjectValue(*wrapped));
  MUST(JS_SetProperty(js->cx, global, "other", value));
  JS::RootedObject module(js->cx);
  MUST(JS_GetProperty(js->cx, global, "xlgc", &value));
  {
    JSAutoRealm realm(js->cx, other);
    MUST(JS_WrapValue(js->cx, &value));
    MUST(JS_SetProperty(js->cx, other, "xlgc", value));
    value.setObject(*global);
    MUST(JS_WrapValue(js->cx, &value));
    MUST(JS_SetProperty(js->cx, other, "first", value));
    run(js,
        "globalThis.t = {name: 'other'}; globalThis.m = xlgc.new({t}); t.m = m; globalThis.f = x => [x, x.m === m]; "
        "globalThis.keys = p => Object.keys(p).join() + [...p].length; globalThis.raise = () => { throw new "
        "TypeError('far') }");
    check(js, "m.t === t && m.t.m === m && first.echo(t) === t && xlgc.length(m) === 1 && String(m) === 'managed "
              "object, 1 field'");
  }
  check(js, "other.m.t === other.t && echo(other.t) === other.t && echo(other.m) === other.m");
  check(js, "{ const p = xlgc.new({t: other.t, a: 1}); p.t === other.t && other.keys(p) === 't,a2' }");
  check(js, "{ const p = xlgc.new(); p.m = other.m; p.m === other.m && p.m.t.name === 'other' }");
  check(js, "echo(other.f)(other.t)[1] === true");
  check(js, "other.eval('xlgc.new({a: 2})').a === 2");
  xlgc_id f = export_of("other.f");
  xlgc_visit visit;
  xlgc_value out, argument = {};
  ok(xlgc_visit_begin_held(&visit, pool, f));
  evaluate(js, "other.t", &value);
  ok(xlgc_mozjs_value(js->cx, value, &argument));
  ok(xlgc_visit_call(&visit, nullptr, &argument, 1, &out));
  ck_assert_int_eq(out.type, XLGC_OBJECT);
  xlgc_visit_end(&visit);
  ok(xlgc_unpin(context, f));
  expect_raised("other.raise", "TypeError: far");
  /* A ring through both. */
  run(js, "{ const t = thing(); t.o = other.eval('({})'); t.o.m = xlgc.new({t}) } globalThis.far = "
          "other.eval('globalThis.far = {}'); "
          "{ const t = thing(); t.m = xlgc.new({t}); far.t = t }");
  expect_left(1);
  run(js, "other.far = far = undefined");
  expect_left(0);
  run(js, "other = undefined");
  collect_all();
  retire(id);
}
START_TEST(objects_of_several_realms) {
  open_all();
  try_objects_of_several_realms(); /* what it has rooted ends before the context */
  close_all();
}
END_TEST

/* The id of what a text is in the current realm; the object comes home as it is there. */
xlgc_id id_here(const char *text) {
  JS::RootedValue value(js->cx), home(js->cx);
  xlgc_value out;
  evaluate(js, text, &value);
  ok(xlgc_mozjs_value(js->cx, value, &out));
  ck_assert_int_eq(out.type, XLGC_OBJECT);
  ok(xlgc_mozjs_push(js->cx, &out, &home));
  MUST(value == home);
  return out.as.id;
}

/* An object and its wrappers in other compartments are the same object. */
void try_objects_by_way_of_several_realms() {
  JS::RootedObject other(js->cx, make_global(js->cx, true)), global(js->cx, js->global), wrapped(js->cx, other);
  MUST(JS_WrapObject(js->cx, &wrapped));
  MUST(JS_DefineProperty(js->cx, global, "other", wrapped, 0));
  run(js, "globalThis.m = other.m = xlgc.new(); globalThis.o = other.o = {}; other.eval('globalThis.t = {}')");
  xlgc_id m = id_here("m"), o = id_here("o"), t = id_here("other.t");
  uint64_t pins = inside(js)->pins;
  JSAutoRealm realm(js->cx, other);
  ck_assert(id_here("m") == m && id_here("o") == o && id_here("t") == t);
  ck_assert_uint_eq(inside(js)->pins, pins);
}
START_TEST(objects_by_way_of_several_realms) {
  open_all();
  try_objects_by_way_of_several_realms(); /* what it has rooted ends before the context */
  close_all();
}
END_TEST

/* ----------------------------------------------------------------- ends */

START_TEST(opened_and_closed_again) {
  open_all();
  xlgc_host *host;
  ck_assert_int_eq(xlgc_mozjs_open(js->cx, js->global, pool, &host), XLGC_E_EXISTS);
  run(js, "globalThis.old = xlgc.new({a: 1}); globalThis.oldXlgc = xlgc; old.f = () => 1");
  xlgc_id id = export_of("({a: 1})");
  for (unsigned i = 0; i < 3; i++) {
    ok(xlgc_mozjs_close(js->cx));
    ck_assert_int_eq(xlgc_mozjs_close(js->cx), XLGC_E_STATE);
    xlgc_visit visit;
    ck_assert_int_lt(xlgc_visit_begin_held(&visit, pool, id), 0);
    check(js, "try { old.a; false } catch (e) { e instanceof ReferenceError }");
    check(js, "try { oldXlgc.new(); false } catch (e) { /closed/.test(e.message) }");
    check(
        js,
        "String(Object.prototype.toString.call({})) === '[object Object]' && !oldXlgc.alive(old) && oldXlgc.alive({})");
    check(js, "try { Object.keys(old); false } catch (e) { e instanceof ReferenceError }");
    xlgc_value out;
    JS::RootedValue value(js->cx, JS::Int32Value(1));
    ck_assert_int_eq(xlgc_mozjs_value(js->cx, value, &out), XLGC_E_STATE);
    ck_assert_int_eq(xlgc_mozjs_push(js->cx, &out, &value), XLGC_E_STATE);
    JS_GC(js->cx);
    run(js, "delete globalThis.xlgc");
    ok(xlgc_mozjs_open(js->cx, js->global, pool, &js->host));
    check(js, "xlgc.new({a: 2}).a === 2");
    check(js, "try { xlgc.new({old}); false } catch (e) { e instanceof ReferenceError }");
    JS_GC(js->cx);
  }
  ok(xlgc_unpin(context, id));
  close_all();
}
END_TEST

/* The wrong order: the context ends, the host was not closed. */
START_TEST(context_that_ends_first) {
  open_all();
  run(js, "globalThis.a = []; for (let i = 0; i < 100; i++) { const t = {i}; t.m = xlgc.new({t}); a.push(t) }");
  xlgc_id id = export_of("a");
  if (_i == 1) collect_all();
  if (_i == 2) ok(xlgc_pool_shutdown(pool));
  end_context(js);
  if (_i != 2) {
    xlgc_visit visit;
    ck_assert_int_lt(xlgc_visit_begin_held(&visit, pool, id), 0);
    ck_assert_int_eq(xlgc_host_is_alive(pool, id), 0);
    ok(xlgc_unpin(context, id));
    js = open_script(pool);
    check(js, "xlgc.new({a: 2}).a === 2");
    close_script(js);
    close_pool();
  } else {
    ok(xlgc_context_destroy(context));
    ok(xlgc_pool_destroy(pool));
  }
}
END_TEST

/* A call of another's is in progress. */
int close_call(xlgc_visit *, const xlgc_value *, const xlgc_value *, size_t, xlgc_value *out) {
  out->type = XLGC_INTEGER;
  out->as.integer = xlgc_mozjs_close(js->cx);
  return 0;
}
const xlgc_behaviour closing = {nullptr, nullptr, nullptr, close_call, nullptr, nullptr,
                                nullptr, nullptr, nullptr, nullptr,    nullptr};
START_TEST(not_closed_while_it_calls) {
  open_all();
  xlgc_id id = publish("closing", &closing, XLGC_CALLABLE);
  char text[60];
  snprintf(text, sizeof text, "closing() === %d", XLGC_E_BUSY);
  check(js, text);
  retire(id);
  close_all();
}
END_TEST

void *on_another_thread(void *) {
  JS::Value unused;
  xlgc_visit visit;
  xlgc_value value = integer_value(1);
  ck_assert_int_eq(xlgc_mozjs_close(js->cx), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_mozjs_value(js->cx, JS::NullHandleValue, &value), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_mozjs_push(js->cx, &value, JS::MutableHandleValue::fromMarkedLocation(&unused)), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_visit_begin_held(&visit, pool, recursed), XLGC_E_OTHER_THREAD);
  ck_assert_int_eq(xlgc_host_summarise(js->host), XLGC_E_OTHER_THREAD);
  ck_assert_int_eq(xlgc_host_adopt(js->host), XLGC_E_OTHER_THREAD);
  ck_assert_int_eq(xlgc_host_close(js->host), XLGC_E_OTHER_THREAD);
  /* It is left out, and asked. */
  char names[16];
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_int_eq(xlgc_hosts_left_out(pool, names, sizeof names), 5);
  ck_assert_str_eq(names, "mozjs");
  return nullptr;
}
START_TEST(other_threads_are_refused) {
  open_all();
  recursed = export_of("({})");
  pthread_t thread;
  ok(pthread_create(&thread, nullptr, on_another_thread, nullptr));
  ok(pthread_join(thread, nullptr));
  ok(xlgc_unpin(context, recursed));
  collect_all();
  close_all();
}
END_TEST

void try_misuse_is_answered() {
  JS::RootedObject none(js->cx), plain(js->cx, JS_NewPlainObject(js->cx));
  JS::RootedValue value(js->cx);
  ck_assert_int_eq(xlgc_mozjs_open(nullptr, none, pool, nullptr), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_mozjs_open(js->cx, none, pool, nullptr), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_mozjs_open(js->cx, plain, pool, nullptr), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_mozjs_value(js->cx, value, nullptr), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_mozjs_push(js->cx, nullptr, &value), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_mozjs_close(nullptr), XLGC_E_STATE);
  xlgc_value out;
  value.setSymbol(JS::NewSymbol(js->cx, nullptr));
  ck_assert_int_eq(xlgc_mozjs_value(js->cx, value, &out), XLGC_E_INVAL);
  ck_assert(!JS_IsExceptionPending(js->cx));
  xlgc_value stale = object_value(XLGC_ID_NONE);
  ck_assert_int_lt(xlgc_mozjs_push(js->cx, &stale, &value), 0);
  ck_assert(!JS_IsExceptionPending(js->cx));
}
START_TEST(misuse_is_answered) {
  open_all();
  try_misuse_is_answered(); /* what it has rooted ends before the context */
  close_all();
}
END_TEST

/* ---------------------------------------------------------- a language started */

void *language;
xlgc_id face;

void start_language() {
  open_pool();
  xlgc_value out;
  ok(xlgc_language_mozjs.start(pool, &language, &out));
  ck_assert_int_eq(out.type, XLGC_OBJECT);
  face = out.as.id;
  ok(xlgc_pin(context, face));
}

/* What `eval` of the text answers; an object is pinned. */
int eval_in_it(const char *text, xlgc_value *out, std::string *words) {
  xlgc_visit visit;
  xlgc_value key = text_value("eval"), function, argument = text_value(text);
  ok(xlgc_visit_begin_held(&visit, pool, face));
  ok(xlgc_visit_get(&visit, &key, &function));
  ok(xlgc_pin(context, function.as.id));
  xlgc_visit_end(&visit);
  ok(xlgc_visit_begin_held(&visit, pool, function.as.id));
  int answer = xlgc_visit_call(&visit, nullptr, &argument, 1, out);
  if (answer) *words = xlgc_visit_message(&visit, answer);
  if (!answer && out->type == XLGC_OBJECT) ok(xlgc_pin(context, out->as.id));
  xlgc_visit_end(&visit);
  ok(xlgc_unpin(context, function.as.id));
  return answer;
}
void expect_eval(const char *text, int64_t number) {
  xlgc_value out;
  std::string words;
  int answer = eval_in_it(text, &out, &words);
  ck_assert_msg(answer == 0, "%s: %s", text, words.c_str());
  ck_assert_int_eq(out.type, XLGC_INTEGER);
  ck_assert_int_eq(out.as.integer, number);
}

START_TEST(language_that_is_started) {
  for (unsigned i = 0; i < 2; i++) {
    start_language();
    xlgc_value out;
    std::string words;
    expect_eval("1 + 1", 2);
    expect_eval("var x = 5; let y = 6; x", 5);
    expect_eval("x + y", 11);
    expect_eval("Promise.resolve().then(() => { x = 7 }); x", 5);
    expect_eval("x", 7);
    expect_eval("(async () => { await null; throw Error('unhandled') })(); 1", 1);
    expect_eval("globalThis.r = new FinalizationRegistry(() => { x = 8 }); r.register({}, 1); xlgc.shared.n = 3", 3);
    collect_all();
    expect_eval("0", 0);
    expect_eval("x", 8);
    expect_eval(
        "r = new FinalizationRegistry(held => { xlgc.collect(); x = held.y }); r.register({}, xlgc.new({y: 9})); 0", 0);
    collect_all();
    expect_eval("0", 0);
    expect_eval("x", 9);
    ck_assert_int_eq(eval_in_it("throw new TypeError('oh')", &out, &words), XLGC_E_RAISED);
    ck_assert_str_eq(words.c_str(), "TypeError: oh");
    ck_assert_int_eq(eval_in_it("(", &out, &words), XLGC_E_RAISED);
    ck_assert_int_eq(strncmp(words.c_str(), "SyntaxError", 11), 0);
    ck_assert_int_eq(eval_in_it("(function f() { return f() + 1 })()", &out, &words), XLGC_E_RAISED);
    ck_assert_str_eq(words.c_str(), "InternalError: too much recursion");
    ok(eval_in_it("{ const b = new Uint8Array([1]); Promise.resolve().then(() => { b[0] = 2 }); b }", &out, &words));
    ck_assert(out.type == XLGC_BUFFER && out.length == 1 && out.as.bytes[0] == 2);
    xlgc_value_clear(&out);
    ok(eval_in_it("Promise.resolve().then(() => { xlgc.collect(); xlgc.collect() }); ({})", &out, &words));
    ok(xlgc_unpin(context, out.as.id));
    ok(eval_in_it("({})", &out, &words));
    ok(xlgc_unpin(context, out.as.id));
    collect_all();
    expect_eval("x", 9);
    ok(xlgc_language_mozjs.end(language));
    xlgc_visit visit;
    ck_assert_int_lt(xlgc_visit_begin_held(&visit, pool, face), 0);
    ok(xlgc_unpin(context, face));
    close_pool();
  }
}
END_TEST

/* All engines of a thread are realms of its context: each has its own global names, pins and jobs. They end in any
 * order, also inside a call of another. */
START_TEST(languages_on_one_thread) {
  enum { ENGINES = 3 };
  open_pool();
  void *engines[ENGINES];
  xlgc_id faces[ENGINES];
  for (unsigned i = 0; i < ENGINES; i++) {
    xlgc_value out;
    ok(xlgc_language_mozjs.start(pool, &engines[i], &out));
    faces[i] = out.as.id;
    ok(xlgc_pin(context, out.as.id));
  }
  auto enter = [&](unsigned which) { face = faces[which]; };
  for (unsigned i = 0; i < ENGINES; i++) {
    enter(i);
    expect_eval(("globalThis.mine = " + std::to_string(i) + "; xlgc.shared.call" + std::to_string(i) +
                 " = f => f ? f() : mine; mine")
                    .c_str(),
                i);
  }
  enter(0);
  expect_eval("xlgc.shared.call1() * 10 + xlgc.shared.call2()", 12);
  /* Jobs of all of them run when the outermost call is over, and not before. */
  expect_eval(
      "xlgc.shared.call1(() => { Promise.resolve().then(() => { mine = 7 }); return xlgc.shared.call2() }) + mine", 2);
  expect_eval("mine", 7);
  /* A ring through two realms of one context goes, and one that a realm holds stays. */
  for (unsigned i = 0; i < 2; i++)
    expect_eval("{ const a = {}; xlgc.shared.call1(() => { a.b = xlgc.new({a}) }); globalThis.kept = [a]; 1 }", 1);
  collect_all();
  expect_eval("xlgc.alive(kept[0].b) ? 1 : 0", 1);
  xlgc_statistics before, after;
  ok(xlgc_stats(pool, &before));
  for (unsigned i = 0; i < 10; i++)
    expect_eval("{ const a = {}; xlgc.shared.call1(() => { a.b = xlgc.new({a}) }); 1 }", 1);
  collect_all();
  ok(xlgc_stats(pool, &after));
  ck_assert_uint_le(after.objects, before.objects);
  for (unsigned i = 0; i < ENGINES; i++) {
    const unsigned ends = (static_cast<unsigned>(_i) + i) % ENGINES;
    ok(xlgc_language_mozjs.end(engines[ends]));
    ok(xlgc_unpin(context, faces[ends]));
    const unsigned stays = (ends + 1) % ENGINES;
    enter(stays);
    if (i + 1 < ENGINES) expect_eval("xlgc.collect(); globalThis.mine < 8 ? 1 : 0", 1);
  }
  close_pool();
}
END_TEST

/* The process exits while it runs. */
START_TEST(language_that_is_left) {
  start_language();
  expect_eval("globalThis.m = xlgc.new(); m.f = () => 1; 1", 1);
}
END_TEST

START_TEST(language_beside_a_context) {
  open_all();
  void *engine;
  xlgc_value out;
  ck_assert_int_eq(xlgc_language_mozjs.start(pool, &engine, &out), XLGC_E_EXISTS);
  close_all();
}
END_TEST

/* ----------------------------------------------------------------------- cost */

double now_ms() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

START_TEST(cost_of_a_summary) {
  open_all();
  run(js, "globalThis.big = []; for (let i = 0; i < 100000; i++) big.push({i}); globalThis.m = xlgc.new(); "
          "for (let i = 0; i < 10000; i++) m[i] = {own: [{i}], m}");
  collect_all();
  double start = now_ms();
  JS_GC(js->cx);
  double collected = now_ms();
  ok(xlgc_host_summarise(js->host));
  double summarised = now_ms();
  printf("100000 objects, 10000 exports: a full collection %.1f ms, a summary with one %.1f ms\n", collected - start,
         summarised - collected);
  check(js, "m[9999].own[0].i === 9999");
  ck_assert_uint_le(inside(js)->counts.nodes, 30000 + 100); /* not what the engine's own roots reach */
  run(js, "big = m = undefined");
  collect_all();
  collect_all();
  ck_assert_uint_eq(inside(js)->pins, 0);
  close_all();
}
END_TEST
} // namespace

static Suite *make_suite() {
  Suite *suite = suite_create("hosts_mozjs");
  static const hosts_engine engines[] = {kit_mozjs, toy_plain, toy_plain};
  hosts_conformance(suite, engines, 3);
  TCase *cases = trial_case(suite, "syntax");
  tcase_add_test(cases, values_go_and_come);
  tcase_add_test(cases, memory_is_borrowed);
  tcase_add_test(cases, proxies_of_managed_objects);
  tcase_add_test(cases, proxies_of_lists_and_functions);
  tcase_add_test(cases, marks_of_ephemerons_that_are_old);
  tcase_add_test(cases, visits_of_objects);
  tcase_add_test(cases, visits_of_functions);
  tcase_add_test(cases, stopped_scripts_are_errors);
  tcase_add_test(cases, iterations_from_elsewhere);
  tcase_add_test(cases, deep_recursion_is_an_error);
  cases = trial_case(suite, "held");
  tcase_add_loop_test(cases, held_by_the_engine, 0, 2 * holder_count);
  tcase_add_loop_test(cases, held_by_an_export, 0, 2 * holder_count);
  tcase_add_test(cases, ephemerons_through_two_exports);
  tcase_add_loop_test(cases, ephemerons_behind_exports, 0, 4);
  tcase_add_loop_test(cases, wrappers_as_keys, 0, 2);
  tcase_add_loop_test(cases, exports_that_share, 0, sizeof sharings / sizeof *sharings);
  tcase_add_test(cases, exports_that_share_at_random);
  tcase_add_test(cases, held_by_jobs_and_frames);
  tcase_add_loop_test(cases, collections_from_anywhere, 0, static_cast<int>(sizeof places / sizeof *places));
  tcase_add_test(cases, thousands_of_rings);
  tcase_add_test(cases, objects_that_move);
  tcase_add_test(cases, incremental_collections);
  tcase_add_test(cases, proxies_that_move);
  tcase_add_test(cases, proxies_that_die);
  tcase_add_loop_test(cases, summaries_amid_a_collection, 0, 2);
  tcase_add_test(cases, what_scripts_get_is_black);
  tcase_add_test(cases, objects_of_several_realms);
  tcase_add_test(cases, objects_by_way_of_several_realms);
  tcase_add_test(cases, cost_of_a_summary);
  cases = trial_case(suite, "ends");
  tcase_add_test(cases, opened_and_closed_again);
  tcase_add_loop_test(cases, context_that_ends_first, 0, 3);
  tcase_add_test(cases, not_closed_while_it_calls);
  tcase_add_test(cases, other_threads_are_refused);
  tcase_add_test(cases, misuse_is_answered);
  tcase_add_test(cases, language_that_is_started);
  tcase_add_loop_test(cases, languages_on_one_thread, 0, 3);
  tcase_add_test(cases, language_that_is_left);
  tcase_add_test(cases, language_beside_a_context);
  return suite;
}

int main() { return trial_run(make_suite()); }
