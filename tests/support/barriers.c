/* Calls that the header makes inline code of. Compiled as C for tests/api_barrier, as C++ for tests/cpp_barrier. */
#include <config.h>

#include "barriers.h"

static int link_two(xlgc_context *context, xlgc_id source, xlgc_id target) {
  return xlgc_link(context, source, target);
}
static int unlink_two(xlgc_context *context, xlgc_id source, xlgc_id target) {
  return xlgc_unlink(context, source, target);
}
static int relink_three(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now) {
  return xlgc_relink(context, source, old, now);
}
static int pin_one(xlgc_context *context, xlgc_id object) { return xlgc_pin(context, object); }
static int unpin_one(xlgc_context *context, xlgc_id object) { return xlgc_unpin(context, object); }

const barriers barriers_inline = {link_two, unlink_two, relink_three, pin_one, unpin_one};
