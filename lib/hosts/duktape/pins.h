/* What holds objects in a heap for the engine: arrays of the heap's own, whose slots hold one object each. The exports
 * are pinned in one of them, the targets of proxies in another. */
#ifndef XLGC_DUKTAPE_PINS_H
#define XLGC_DUKTAPE_PINS_H

#include <stdbool.h>
#include <stdlib.h>

#include <xlgc/duktape.h>

#include <utlist.h>

#include "table/tree.h"

/* An array of the heap's, and which of its slots are free. */
typedef struct xlgc__duktape_slots {
  void *array;
  duk_uarridx_t count, *free;
  size_t free_count, room;
} xlgc__duktape_slots;

typedef struct xlgc__duktape_pin {
  void *object; /* the host's handle */
  xlgc_id id;   /* while a summary is taken */
  duk_uarridx_t slot;
  struct xlgc__duktape_pin *prev, *next, *next_late;
  xlgc__tree_node by_object;
} xlgc__duktape_pin;

/* The exports. */
typedef struct xlgc__duktape_pins {
  xlgc__duktape_slots slots;
  xlgc__duktape_pin *all; /* first to last */
  xlgc__tree by_object;
  xlgc__duktape_pin *late; /* of no export any more, but their slots could not be emptied yet */
} xlgc__duktape_pins;

/* Taking a slot makes sure that it can be given back. Returns false without memory. */
bool xlgc__duktape_pins_take_slot(xlgc__duktape_slots *slots, duk_uarridx_t *out);
void xlgc__duktape_pins_give_slot(xlgc__duktape_slots *slots, duk_uarridx_t slot);
/* Puts an object into a slot, or nothing for NULL. Nothing is allocated, and no error raised, when the slot was filled
 * before. */
void xlgc__duktape_pins_put(duk_context *ctx, const xlgc__duktape_slots *slots, duk_uarridx_t slot, void *object);

xlgc__duktape_pin *xlgc__duktape_pins_find(const xlgc__duktape_pins *pins, void *object);
/* Pins an object that is not pinned. Returns 0 or XLGC_E_NOMEM. */
int xlgc__duktape_pins_add(xlgc__duktape_pins *pins, duk_context *ctx, void *object);
/* The object may be freed, and finalizers run that call anything. ctx: NULL when the heap must not be touched. */
void xlgc__duktape_pins_remove(xlgc__duktape_pins *pins, duk_context *ctx, void *object);
/* Empties the slots that could not be emptied for lack of memory or stack. */
void xlgc__duktape_pins_retry(xlgc__duktape_pins *pins, duk_context *ctx);
/* Frees the records; the heap is not touched. */
void xlgc__duktape_pins_free(xlgc__duktape_pins *pins);

#endif
