/* Values between scripts and xlgc_value. After an error its exception is pending, and its code is returned. */
#ifndef XLGC_MOZJS_VALUES_H
#define XLGC_MOZJS_VALUES_H

#include "hosts/mozjs/engine.h"

/* A value that is cleared at the end of its scope. */
struct xlgc__mozjs_scoped_value {
  xlgc_value value = {};

  xlgc__mozjs_scoped_value() = default;
  xlgc__mozjs_scoped_value(const xlgc__mozjs_scoped_value &) = delete;
  ~xlgc__mozjs_scoped_value() { xlgc_value_clear(&value); }
};

/* Objects of this class have arguments by name. */
extern const JSClass xlgc__mozjs_values_named;

int xlgc__mozjs_values_pack(xlgc__mozjs_engine *engine, JS::HandleValue from, xlgc_value *out);
/* A property's name as a key of an object with these traits. A symbol is no name for other languages: returns 0 with
 * XLGC_NIL. */
int xlgc__mozjs_values_pack_key(JSContext *cx, JS::HandleId id, unsigned traits, xlgc_value *out);
/* The result is the current realm's. */
int xlgc__mozjs_values_unpack(xlgc__mozjs_engine *engine, const xlgc_value *from, JS::MutableHandleValue out);

#endif
