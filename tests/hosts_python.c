/* The conformance kit on CPython beside toy engines, for a process has one interpreter. */
#include <config.h>

#include "support/kits.h"
#include "support/toy.h"
#include "support/trial.h"

int main(void) {
  Suite *suite = suite_create("hosts_python");
  const hosts_engine engines[] = {kit_python, toy_plain, toy_plain};
  hosts_conformance(suite, engines, 3);
  return trial_run(suite);
}
