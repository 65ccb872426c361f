/* What the functions of xlgc.h may answer, as their comments document it; for tests that call them at random. */
#ifndef ANSWERS_H
#define ANSWERS_H

/* How many numbers codes have, 0 among them. */
enum { ANSWERS_CODES = 27 };

enum function {
  REGISTER,
  LOOKUP,
  ADDRESS,
  LINK,
  UNLINK,
  RELINK,
  PIN,
  UNPIN,
  LINK_AT,
  UNLINK_AT,
  WEAK_CREATE,
  WEAK_LOAD,
  WEAK_DESTROY,
  INTERN,
  KINDS_RETIRE,
  UNREGISTER,
  STEP,
  STEP_FOR,
  FLUSH,
  APPLY,
  DISTANCE,
  PATH,
  EACH_TARGET,
  EACH_SOURCE,
  FIND_ROOT,
  INFO,
  STATS,
  VERIFY,
  ENTER,
  LEAVE,
  SAFEPOINT,
  DISPATCH,
  CONTEXT_FD,
  CONTEXT_CREATE,
  CONTEXT_DESTROY,
  CONTEXT_ADOPT,
  WORKER_START,
  WORKER_STOP,
  CLEANER_START,
  CLEANER_STOP,
  CREATE,
  SHUTDOWN,
  DESTROY,
  FUNCTIONS
};

const char *answers_name(enum function function);
/* Ends the program with a word on standard error when the function may not answer that. Returns the code as an index:
 * 0 for 0 and what is positive. */
int answers_index(enum function function, int code);

#endif
