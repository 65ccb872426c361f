/* All languages in one process. */
#include <config.h>

#include <xlgc/script.hpp>

#include "support/kits.h"
#include "support/trial.h"

/* A process has one Python, a thread one SpiderMonkey: three in a row, as the kit takes them, never have two of those, and
 * all pairs and triples of languages are among them. */
static const hosts_engine orders[] = {kit_lua,   kit_python, kit_mozjs,           kit_duktape, kit_lua_generational,
                                      kit_mozjs, kit_python, kit_duktape_closures};

int main() {
  Suite *suite = suite_create("hosts_all");
  hosts_conformance(suite, orders, 8);
  return trial_run(suite);
}
