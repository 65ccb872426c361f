/* Slots in arrays of a heap, and the pins of its exports; see pins.h. */
#include <config.h>

#include "hosts/duktape/pins.h"

/* ------------------------------------------------------------------ slots */

bool xlgc__duktape_pins_take_slot(xlgc__duktape_slots *slots, duk_uarridx_t *out) {
  if (!slots->free_count && slots->count >= slots->room) {
    size_t room = slots->room ? 2 * slots->room : 64;
    duk_uarridx_t *memory = realloc(slots->free, room * sizeof *memory);
    if (!memory) return false;
    slots->free = memory;
    slots->room = room;
  }
  *out = slots->free_count ? slots->free[--slots->free_count] : slots->count++;
  return true;
}

void xlgc__duktape_pins_give_slot(xlgc__duktape_slots *slots, duk_uarridx_t slot) {
  slots->free[slots->free_count++] = slot;
}

void xlgc__duktape_pins_put(duk_context *ctx, const xlgc__duktape_slots *slots, duk_uarridx_t slot, void *object) {
  duk_push_heapptr(ctx, slots->array);
  duk_push_heapptr(ctx, object);
  duk_put_prop_index(ctx, -2, slot);
  duk_pop(ctx);
}

typedef struct filling {
  const xlgc__duktape_slots *slots;
  duk_uarridx_t slot;
  void *object;
} filling;

static duk_ret_t put(duk_context *ctx, void *data) {
  const filling *filling = data;
  xlgc__duktape_pins_put(ctx, filling->slots, filling->slot, filling->object);
  return 0;
}

/* Returns false without memory or stack. */
static bool fill(duk_context *ctx, const xlgc__duktape_slots *slots, duk_uarridx_t slot, void *object) {
  filling filling = {slots, slot, object};
  return duk_check_stack(ctx, 8) && duk_safe_call(ctx, put, &filling, 0, 0) == 0;
}

/* ------------------------------------------------------------------- pins */

static void free_pin(xlgc__duktape_pins *pins, xlgc__duktape_pin *pin) {
  xlgc__duktape_pins_give_slot(&pins->slots, pin->slot);
  free(pin);
}

xlgc__duktape_pin *xlgc__duktape_pins_find(const xlgc__duktape_pins *pins, void *object) {
  return xlgc__tree_record(xlgc__tree_find(&pins->by_object, (uintptr_t)object),
                           offsetof(xlgc__duktape_pin, by_object));
}

int xlgc__duktape_pins_add(xlgc__duktape_pins *pins, duk_context *ctx, void *object) {
  xlgc__duktape_pin *made = calloc(1, sizeof *made);
  if (!made || !xlgc__duktape_pins_take_slot(&pins->slots, &made->slot)) {
    free(made);
    return XLGC_E_NOMEM;
  }
  made->object = object;
  if (!fill(ctx, &pins->slots, made->slot, object)) {
    free_pin(pins, made);
    return XLGC_E_NOMEM;
  }
  DL_APPEND(pins->all, made);
  xlgc__tree_add(&pins->by_object, (uintptr_t)object, &made->by_object);
  return 0;
}

/* Returns whether the slot could be emptied. The pin is in no list meanwhile, as finalizers may call anything here. */
static bool empty(xlgc__duktape_pins *pins, duk_context *ctx, xlgc__duktape_pin *pin) {
  if (!ctx || fill(ctx, &pins->slots, pin->slot, NULL)) {
    free_pin(pins, pin);
    return true;
  }
  pin->next_late = pins->late;
  pins->late = pin;
  return false;
}

/* The pin leaves the table first: finalizers may export the object anew. */
void xlgc__duktape_pins_remove(xlgc__duktape_pins *pins, duk_context *ctx, void *object) {
  xlgc__duktape_pin *pin = xlgc__duktape_pins_find(pins, object);
  if (!pin) return;
  DL_DELETE(pins->all, pin);
  xlgc__tree_remove(&pins->by_object, &pin->by_object);
  (void)empty(pins, ctx, pin);
}

void xlgc__duktape_pins_retry(xlgc__duktape_pins *pins, duk_context *ctx) {
  for (xlgc__duktape_pin *pin; (pin = pins->late) != NULL;) {
    pins->late = pin->next_late;
    if (!empty(pins, ctx, pin)) return;
  }
}

void xlgc__duktape_pins_free(xlgc__duktape_pins *pins) {
  xlgc__duktape_pin *pin, *next;
  DL_FOREACH_SAFE(pins->all, pin, next) { free(pin); }
  while ((pin = pins->late) != NULL) {
    pins->late = pin->next_late;
    free(pin);
  }
  free(pins->slots.free);
}
