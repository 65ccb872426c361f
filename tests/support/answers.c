#include <config.h>

#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xlgc.h>

/* What a function may answer besides 0, or (any) besides what is positive. */
#define LOGS "INVAL FOREIGN QUEUE NOMEM SHUTDOWN FORK"
#define READS "STALE FOREIGN BUSY HELD NOMEM FORK"
static const struct {
  const char *name, *codes;
} functions[FUNCTIONS] = {
    [REGISTER] = {"register", "EXISTS NOMEM FULL QUEUE SHUTDOWN FORK"},
    [LOOKUP] = {"lookup", "UNKNOWN FORK"},
    [ADDRESS] = {"address", "STALE FOREIGN"},
    [LINK] = {"link", LOGS},
    [UNLINK] = {"unlink", LOGS},
    [RELINK] = {"relink", LOGS},
    [PIN] = {"pin", LOGS},
    [UNPIN] = {"unpin", LOGS},
    [LINK_AT] = {"link_at", LOGS},
    [UNLINK_AT] = {"unlink_at", LOGS},
    [WEAK_CREATE] = {"weak_create", LOGS " STALE RELEASED"},
    [WEAK_LOAD] = {"weak_load", "FORK"},
    [WEAK_DESTROY] = {"weak_destroy", "FORK"},
    [INTERN] = {"intern", "INVAL NOMEM EXISTS FULL FORK SHUTDOWN"},
    [KINDS_RETIRE] = {"kinds_retire", "INVAL BUSY FORK"},
    [UNREGISTER] = {"unregister", READS " INVAL SHUTDOWN WAS_HELD"},
    [STEP] = {"step", "BUSY NOMEM HELD FORK"},
    [STEP_FOR] = {"step_for", "BUSY NOMEM HELD FORK"},
    [FLUSH] = {"flush", "BUSY NOMEM HELD FORK"},
    [APPLY] = {"apply", "BUSY NOMEM HELD FORK"},
    [DISTANCE] = {"distance", READS},
    [PATH] = {"path", READS " UNKNOWN"},
    [EACH_TARGET] = {"each_target", READS},
    [EACH_SOURCE] = {"each_source", READS},
    [FIND_ROOT] = {"find_root", "INVAL FOREIGN BUSY NOMEM HELD FORK"},
    [INFO] = {"info", READS},
    [STATS] = {"stats", "FORK"},
    [VERIFY] = {"verify", "NOMEM BUSY HELD FORK"},
    [ENTER] = {"enter", "SHUTDOWN FORK"},
    [LEAVE] = {"leave", "SECTION FORK"},
    [SAFEPOINT] = {"safepoint", "SECTION FORK"},
    [DISPATCH] = {"dispatch", "BUSY FORK"},
    [CONTEXT_FD] = {"context_fd", "NOMEM STATE FORK"},
    [CONTEXT_CREATE] = {"context_create", "NOMEM SHUTDOWN FORK"},
    [CONTEXT_DESTROY] = {"context_destroy", "BUSY FORK"},
    [CONTEXT_ADOPT] = {"context_adopt", "INVAL FOREIGN BUSY FORK"},
    [WORKER_START] = {"worker_start", "STATE THREAD FORK SHUTDOWN"},
    [WORKER_STOP] = {"worker_stop", "STATE DEADLOCK FORK"},
    [CLEANER_START] = {"cleaner_start", "STATE THREAD FORK SHUTDOWN"},
    [CLEANER_STOP] = {"cleaner_stop", "STATE DEADLOCK FORK"},
    [CREATE] = {"pool_create", "INVAL NOMEM"},
    [SHUTDOWN] = {"pool_shutdown", "SHUTDOWN DEADLOCK HELD FORK NOMEM"},
    [DESTROY] = {"pool_destroy", "DEADLOCK"},
};

const char *answers_name(enum function function) { return functions[function].name; }

int answers_index(enum function function, int code) {
  if (code >= 0) return 0;
  const char *codes = functions[function].codes, *name = xlgc_errname(code) + strlen("XLGC_E_");
  size_t length = strlen(name);
  const char *at = code > -ANSWERS_CODES ? strstr(codes, name) : NULL;
  if (at && (at[length] == ' ' || !at[length])) return -code;
  fprintf(stderr, "xlgc_%s answers %s\n", functions[function].name, xlgc_errname(code));
  abort();
}
