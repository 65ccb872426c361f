/* Duktape has no function for scopes: a function's record has the address of its scope, and records are laid out as the
 * library was configured. So it is found out by an experiment. Three functions are made, two of them in one call, and
 * one in another call of the same code. What the first two have in common, and the third has not, is their scope. A
 * function has it twice, as the scope of its variables and of its declarations. Only within a record, whose size Duktape
 * tells, is anything read; and what was found must have the variable that the code has put there. */
#include <config.h>

#include "hosts/duktape/scopes.h"

#include <string.h>

static const char experiment[] =
    "(function () {"
    "  function make() { var token = {}; return [function () { return token; }, function () { token = 1; }, token]; }"
    "  var once = make(); return [once[0], once[1], make()[0], once[2]];"
    "})()";

enum { ONE, OTHER, ELSEWHERE, TOKEN };

static void *word_at(const void *record, size_t at) {
  void *word;
  memcpy(&word, (const char *)record + at, sizeof word);
  return word;
}

static size_t size_of(duk_context *ctx, duk_idx_t index) {
  duk_inspect_value(ctx, index);
  duk_get_prop_string(ctx, -1, "hbytes");
  size_t size = (size_t)duk_get_uint(ctx, -1);
  duk_pop_2(ctx);
  return size;
}

/* Is the same at one place, and then again. */
static bool has_twice(const void *record, size_t at) {
  return word_at(record, at) && word_at(record, at) == word_at(record, at + sizeof(void *));
}

static size_t compare(void *const *functions, size_t size) {
  size_t found = 0;
  for (size_t at = sizeof(void *); at + 2 * sizeof(void *) <= size; at += sizeof(void *)) {
    if (!has_twice(functions[ONE], at) || !has_twice(functions[ELSEWHERE], at)) continue;
    if (word_at(functions[ONE], at) != word_at(functions[OTHER], at)) continue;
    if (word_at(functions[ONE], at) == word_at(functions[ELSEWHERE], at)) continue;
    if (found) return 0;
    found = at;
  }
  return found;
}

/* Takes the scope from the top. */
static bool has_token(duk_context *ctx, const void *token) {
  duk_push_string(ctx, "token");
  duk_get_prop_desc(ctx, -2, 0);
  bool has = duk_is_object(ctx, -1) && duk_get_prop_string(ctx, -1, "value") && duk_get_heapptr(ctx, -1) == token;
  duk_set_top(ctx, duk_get_top(ctx) - (duk_is_undefined(ctx, -1) ? 2 : 3));
  return has;
}

size_t xlgc__duktape_scopes_learn(duk_context *ctx) {
  void *objects[TOKEN + 1];
  duk_idx_t top = duk_get_top(ctx);
  duk_eval_string(ctx, experiment);
  size_t size = SIZE_MAX;
  for (duk_uarridx_t i = 0; i <= TOKEN; i++) {
    duk_get_prop_index(ctx, top, i);
    objects[i] = duk_get_heapptr(ctx, -1);
    size_t own = i < TOKEN ? size_of(ctx, -1) : size;
    if (own < size) size = own;
  }
  size_t found = size == SIZE_MAX ? 0 : compare(objects, size);
  if (found && xlgc__duktape_scopes_push(ctx, top + 1, found)) found = has_token(ctx, objects[TOKEN]) ? found : 0;
  duk_set_top(ctx, top);
  return found;
}

bool xlgc__duktape_scopes_push(duk_context *ctx, duk_idx_t function, size_t where) {
  void *scope =
      where && duk_is_ecmascript_function(ctx, function) ? word_at(duk_get_heapptr(ctx, function), where) : NULL;
  if (scope) duk_push_heapptr(ctx, scope);
  return scope != NULL;
}
