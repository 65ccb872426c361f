#include <config.h>

#include "engines.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xlgc/bridge.h>

enum { TAKEN_TO_HANG_S = 120 };

/* probe: a name of the engine's own library. computes: a script. code: another one, for the version, or NULL where no
 * script can ask for that and `probe` is a function that tells. */
typedef struct language {
  const char *name, *probe, *computes, *code;
} language;
static const language languages[ENGINE_FINDINGS] = {
    {"lua", "lua_newstate", "return 6 * 7", "return (_VERSION:gsub('^Lua ', ''))"},
    {"python", "Py_GetVersion", "6 * 7", "__import__('platform').python_version()"},
    {"mozjs", "_Z27JS_GetImplementationVersionv", "6 * 7", NULL},
    {"duktape", "duk_create_heap", "6 * 7",
     "(function(v) { return [v / 10000 | 0, v / 100 % 100 | 0, v % 100].join('.') })(Duktape.version)"},
};

static int is_built(const char *name) {
  static const char built[] = " " XLGC_BUILT_LANGUAGES " ";
  char word[32];
  snprintf(word, sizeof word, " %s ", name);
  return strstr(built, word) != NULL;
}

/* ------------------------------------------------------- the doctor's host */

/* It holds what it has received, and has no objects of its own. */
typedef struct doctor {
  xlgc_pool *pool;
  xlgc_host *host;
  xlgc_id held[2];
  int count;
} doctor;

static int summarise(void *engine, xlgc_summary *summary) {
  const doctor *doctor = engine;
  for (int i = 0; i < doctor->count; i++)
    (void)xlgc_summary_root(summary, doctor->held[i]);
  return 0;
}

static void unpin(void *engine, void *handle) { (void)engine, (void)handle; }

static const xlgc_host_adapter adapter = {.name = "doctor", .summarise = summarise, .unpin = unpin};

static int hold(doctor *doctor, const xlgc_value *value) {
  void *handle;
  if (value->type != XLGC_OBJECT) return XLGC_E_RAISED;
  int answer = xlgc_host_receive(doctor->host, value->as.id, &handle);
  if (answer < 0) return answer;
  if (answer == XLGC_HOST_NEW) answer = xlgc_host_proxy_made(doctor->host, value->as.id, &doctor->held[doctor->count]);
  if (answer >= 0) doctor->held[doctor->count++] = value->as.id;
  return answer < 0 ? answer : 0;
}

/* What the language answers, in its words. Returns the code. */
static int complain(finding *of, xlgc_visit *visit, int failed) {
  finding_set(of, FINDING_FAILS, "%s", xlgc_visit_message(visit, failed));
  return failed;
}

static int get_eval(doctor *doctor, finding *of) {
  static const xlgc_value name = {.type = XLGC_STRING, .as.bytes = "eval", .length = 4};
  xlgc_visit visit;
  xlgc_value eval;
  int failed = xlgc_visit_begin(&visit, doctor->host, doctor->held[0]);
  if (failed) return complain(of, &visit, failed);
  failed = xlgc_visit_get(&visit, &name, &eval);
  if (failed == XLGC_ABSENT) failed = XLGC_E_UNKNOWN;
  if (!failed) failed = hold(doctor, &eval);
  if (failed) (void)complain(of, &visit, failed);
  xlgc_visit_end(&visit);
  return failed;
}

/* The result is cleared by the caller. */
static int evaluate(doctor *doctor, finding *of, const char *code, xlgc_value *result) {
  const xlgc_value text = {.type = XLGC_STRING, .as.bytes = code, .length = strlen(code)};
  xlgc_visit visit;
  memset(result, 0, sizeof *result);
  int failed = xlgc_visit_begin(&visit, doctor->host, doctor->held[1]);
  if (failed) return complain(of, &visit, failed);
  failed = xlgc_visit_call(&visit, NULL, &text, 1, result);
  if (failed) (void)complain(of, &visit, failed);
  xlgc_visit_end(&visit);
  return failed;
}

/* -------------------------------------------------------------- an engine */

static void name_file(char *out, size_t size, const void *address) {
  Dl_info info;
  if (!address || !dladdr(address, &info) || !info.dli_fname) return;
  char *path = realpath(info.dli_fname, NULL);
  finding_copy(out, size, path ? path : info.dli_fname);
  free(path);
}

/* The files are in the process by now. Where the library is not linked with its engine, the engine is shown to all. */
static void find_files(const language *language, finding *of) {
  char text[64];
  snprintf(text, sizeof text, "libxlgc-%s.so.%s", language->name, XLGC_SONAME_NUMBER);
  void *handle = dlopen(text, RTLD_LAZY | RTLD_NOLOAD);
  if (!handle) return;
  snprintf(text, sizeof text, "xlgc_language_%s", language->name);
  name_file(of->library, sizeof of->library, dlsym(handle, text));
  void *probe = dlsym(handle, language->probe);
  if (!probe) probe = dlsym(RTLD_DEFAULT, language->probe);
  name_file(of->engine, sizeof of->engine, probe);
  if (language->code || !probe) return;
  const char *(*version)(void);
  memcpy(&version, &probe, sizeof version);
  const char *said = version();
  finding_copy(of->version, sizeof of->version, said + strcspn(said, "0123456789"));
}

static int is_answer(const xlgc_value *value) {
  return (value->type == XLGC_INTEGER && value->as.integer == 42) ||
         (value->type == XLGC_NUMBER && value->as.number >= 42 && value->as.number <= 42);
}

/* Scripts run, and what the engine holds is found out. */
static int try_engine(doctor *doctor, const language *language, finding *of) {
  xlgc_value result;
  int failed = get_eval(doctor, of);
  if (!failed) failed = evaluate(doctor, of, language->computes, &result);
  if (failed) return failed;
  int is_right = is_answer(&result);
  xlgc_value_clear(&result);
  if (!is_right) {
    finding_set(of, FINDING_FAILS, "a script that computes 6 * 7 does not answer 42");
    return XLGC_E_RAISED;
  }
  if (language->code) {
    failed = evaluate(doctor, of, language->code, &result);
    if (!failed && result.type == XLGC_STRING)
      snprintf(of->version, sizeof of->version, "%.*s", (int)result.length, result.as.bytes);
    xlgc_value_clear(&result);
    if (failed) return failed;
  }
  failed = xlgc_hosts_collect(doctor->pool);
  if (failed < 0) finding_set(of, FINDING_FAILS, "a collection failed: %s", xlgc_strerror(failed));
  return failed < 0 ? failed : 0;
}

static void start_and_try(doctor *doctor, const language *language, finding *of) {
  xlgc_value engine;
  int failed = xlgc_language_start(doctor->host, language->name, &engine);
  if (failed) {
    int has_words = engine.type == XLGC_STRING;
    finding_set(of, FINDING_FAILS, "%.*s", has_words ? (int)engine.length : 200,
                has_words ? engine.as.bytes : xlgc_strerror(failed));
    return;
  }
  find_files(language, of);
  failed = hold(doctor, &engine);
  if (failed) finding_set(of, FINDING_FAILS, "%s", xlgc_strerror(failed));
  if (failed || try_engine(doctor, language, of)) return;
  finding_set(of, FINDING_WORKS, "a script ran, and a collection saw what it holds");
}

static void examine(const language *language, finding *of) {
  doctor doctor = {.count = 0};
  int failed = xlgc_pool_create(NULL, &doctor.pool);
  if (!failed) failed = xlgc_host_open(doctor.pool, &adapter, &doctor, &doctor.host);
  if (failed) {
    finding_set(of, FINDING_FAILS, "%s", xlgc_strerror(failed));
    return;
  }
  start_and_try(&doctor, language, of);
  failed = xlgc_host_close(doctor.host);
  if (!failed) failed = xlgc_pool_destroy(doctor.pool);
  if (failed && of->state == FINDING_WORKS)
    finding_set(of, FINDING_FAILS, "it does not end: %s", xlgc_strerror(failed));
}

/* ---------------------------------------------------------------- a child */

static void wait_for(pid_t child, finding *of) {
  int status;
  pid_t ended;
  do {
    ended = waitpid(child, &status, 0);
  } while (ended < 0 && errno == EINTR);
  if (ended < 0)
    finding_set(of, FINDING_FAILS, "its process was lost: %s", strerror(errno));
  else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
    finding_set(of, FINDING_FAILS, "its process did not end within %d seconds", TAKEN_TO_HANG_S);
  else if (WIFSIGNALED(status))
    finding_set(of, FINDING_FAILS, "its process was ended by signal %d: %s", WTERMSIG(status),
                strsignal(WTERMSIG(status)));
  else if (WEXITSTATUS(status))
    finding_set(of, FINDING_FAILS, "its process ended with status %d", WEXITSTATUS(status));
}

static void examine_in_child(const language *language, finding *shared) {
  fflush(NULL);
  pid_t child = fork();
  if (child < 0) {
    finding_set(shared, FINDING_FAILS, "no process for it: %s", strerror(errno));
  } else if (child == 0) {
    alarm(TAKEN_TO_HANG_S);
    examine(language, shared);
    exit(0);
  } else {
    wait_for(child, shared);
  }
}

void engines_examine(finding *findings) {
  size_t bytes = sizeof *findings * ENGINE_FINDINGS;
  finding *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < ENGINE_FINDINGS; i++) {
    finding *of = shared == MAP_FAILED ? &findings[i] : &shared[i];
    *of = (finding){.state = FINDING_FAILS};
    finding_copy(of->name, sizeof of->name, languages[i].name);
    if (!is_built(languages[i].name))
      finding_set(of, FINDING_NOT_BUILT, "configure did not find it, or was told to leave it out");
    else if (!XLGC_IS_SHARED)
      finding_set(of, FINDING_NOT_BUILT, "only as a static library, for programs that are linked with it");
    else if (shared == MAP_FAILED)
      finding_set(of, FINDING_FAILS, "no memory for it: %s", strerror(errno));
    else
      examine_in_child(&languages[i], of);
    findings[i] = *of;
  }
  if (shared != MAP_FAILED) munmap(shared, bytes);
}
