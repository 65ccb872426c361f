/* A trace streams through one pool with one context. Orphans may fall only at a flush, so what is logged in between
 * is applied by xlgc_apply each time a fixed number of events waits; by then all misuse among them is reported, with
 * its position, and a ring of as many line numbers tells which line that was. Memory follows the names in use. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xlgc.h>

#include "check.h"
#include "names.h"
#include "replay.h"
#include "trace.h"

/* How many events may wait, how many lines pass between two looks at the clock, and how long progress stands. */
enum { WAITING_EVENTS = 4096, PROGRESS_LINES = 4096, PROGRESS_MS = 200 };

enum { STATUS_ERRORS = 1, STATUS_TROUBLE = 2 };

struct replay {
  xlgc_kind kind;
  xlgc_pool *pool;
  xlgc_context *context;
  struct name *names;
  struct check *check;            /* NULL without --check */
  uint64_t applied;               /* the position up to which events are applied for sure */
  uint64_t lines[WAITING_EVENTS]; /* of the events from there on, by position */
  uint64_t errors;
  int status;     /* other than 0: stop, with this exit status */
  int is_closing; /* the trace is over: what falls now is not its doing */
  xlgc_id *holders;
  size_t holder_capacity;
  int is_terminal; /* standard output is one */
  int with_progress, progress_stands;
  uint64_t progress_ms; /* when it was last written */
  struct trace trace;
};

/* ---------------------------------------------------------------- output */

static uint64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void show_progress(struct replay *replay) {
  if (!replay->with_progress || replay->trace.line % PROGRESS_LINES) return;
  uint64_t now = now_ms();
  if (now - replay->progress_ms < PROGRESS_MS) return;
  replay->progress_ms = now;
  replay->progress_stands = 1;
  fprintf(stderr, "\r%" PRIu64 " lines, %u names in use\033[K", replay->trace.line, HASH_COUNT(replay->names));
}

static void clear_progress(struct replay *replay) {
  if (!replay->progress_stands) return;
  fputs("\r\033[K", stderr);
  replay->progress_stands = 0;
}

static FILE *output(struct replay *replay) {
  if (replay->is_terminal) clear_progress(replay);
  return stdout;
}

/* What the library cannot do ends the replay. */
static void trouble(struct replay *replay, int code) {
  if (replay->status) return;
  replay->status = STATUS_TROUBLE;
  clear_progress(replay);
  fprintf(stderr, "xlgc: line %" PRIu64 ": %s\n", replay->trace.line, xlgc_strerror(code));
}

__attribute__((format(printf, 3, 4))) static void report(struct replay *replay, uint64_t line, const char *format,
                                                         ...) {
  replay->errors++;
  clear_progress(replay);
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "error %" PRIu64 ": ", line);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
}

/* ------------------------------------------------------------- callbacks */

static int on_orphaned(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id;
  struct replay *replay = data;
  struct name *entry = object;
  int answer = entry->keep ? XLGC_KEEP : XLGC_LET_GO;
  entry->keep = 0;
  if (replay->check && !replay->is_closing) check_asked(replay->check, entry->text, answer);
  return answer;
}

static void on_release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id;
  struct replay *replay = data;
  struct name *entry = object;
  if (!replay->is_closing) {
    fprintf(output(replay), "orphan %s\n", entry->text);
    if (replay->check) check_told(replay->check, entry->text);
  }
  names_remove(&replay->names, entry);
}

static void on_forgotten(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id;
  struct replay *replay = data;
  struct name *entry = object;
  if (replay->check && !replay->is_closing) check_forgotten(replay->check, entry->text);
  names_remove(&replay->names, entry);
}

static void on_error(void *data, const xlgc_error *error) {
  struct replay *replay = data;
  uint64_t line = replay->lines[error->position % WAITING_EVENTS];
  report(replay, line, "%s: %s", error->what, xlgc_strerror(error->code));
  if (replay->check) check_misuse(replay->check, line);
}

/* ------------------------------------------------------------ operations */

/* After this all misuse so far has been reported. */
static void apply(struct replay *replay) {
  uint64_t position = xlgc_context_position(replay->context);
  int code = xlgc_apply(replay->pool);
  if (code) trouble(replay, code);
  replay->applied = position;
}

/* The object of that name, a new one if it is not in use, or NULL after trouble. */
static struct name *find_or_register(struct replay *replay, const char *text) {
  struct name *entry = names_find(replay->names, text);
  if (entry) return entry;
  entry = names_add(&replay->names, text);
  int code = entry ? xlgc_register(replay->context, entry, &replay->kind, &entry->id) : XLGC_E_NOMEM;
  if (!code) return entry;
  if (entry) names_remove(&replay->names, entry);
  trouble(replay, code);
  return NULL;
}

/* The object of that name, or NULL after an error. */
static struct name *find_known(struct replay *replay, const trace_operation *operation, const char *text) {
  struct name *entry = names_find(replay->names, text);
  if (entry) return entry;
  apply(replay);
  report(replay, operation->line, "%s: no object is named %s", trace_word(operation->verb), text);
  if (replay->check) check_misuse(replay->check, operation->line);
  return NULL;
}

static void log_event(struct replay *replay, const trace_operation *operation, const struct name *first,
                      const struct name *second) {
  uint64_t position = xlgc_context_position(replay->context);
  if (position - replay->applied >= WAITING_EVENTS) apply(replay);
  replay->lines[position % WAITING_EVENTS] = operation->line;
  int code = 0;
  switch (operation->verb) {
  case TRACE_PIN: code = xlgc_pin(replay->context, first->id); break;
  case TRACE_UNPIN: code = xlgc_unpin(replay->context, first->id); break;
  case TRACE_LINK: code = xlgc_link(replay->context, first->id, second->id); break;
  default: code = xlgc_unlink(replay->context, first->id, second->id); break;
  }
  if (code) trouble(replay, code);
}

static void flush(struct replay *replay) {
  if (replay->check) check_flush_begins(replay->check);
  int code = xlgc_flush(replay->pool);
  if (code) {
    trouble(replay, code);
  } else if (replay->check) {
    check_flush_ends(replay->check, replay->pool, replay->names);
  }
}

static void print_distance(struct replay *replay, const char *text) {
  const struct name *entry = names_find(replay->names, text);
  uint64_t distance = XLGC_UNREACHABLE;
  int code = entry ? xlgc_distance(replay->pool, entry->id, &distance) : 0;
  if (code) {
    trouble(replay, code);
    return;
  }
  if (distance == XLGC_UNREACHABLE) {
    fprintf(output(replay), "distance %s -\n", text);
  } else {
    fprintf(output(replay), "distance %s %" PRIu64 "\n", text, distance);
  }
  if (replay->check) check_distance(replay->check, text, distance);
}

/* The path into replay->holders, which grows as it must. Returns 0 or an XLGC_E* code. */
static int find_path(struct replay *replay, xlgc_id id, size_t *length) {
  for (;;) {
    int code = xlgc_path(replay->pool, id, replay->holders, replay->holder_capacity, length);
    if (code || *length <= replay->holder_capacity) return code;
    xlgc_id *grown = realloc(replay->holders, *length * sizeof *grown);
    if (!grown) return XLGC_E_NOMEM;
    replay->holders = grown;
    replay->holder_capacity = *length;
  }
}

static void print_path(struct replay *replay, const char *text) {
  const struct name *entry = names_find(replay->names, text);
  size_t length = 0;
  int code = entry ? find_path(replay, entry->id, &length) : XLGC_E_UNKNOWN;
  if (code == XLGC_E_UNKNOWN) {
    fprintf(output(replay), "path %s -\n", text);
    if (replay->check) check_distance(replay->check, text, XLGC_UNREACHABLE);
    return;
  }
  if (!code) fprintf(output(replay), "path %s", text);
  for (size_t i = 0; i < length && !code; i++) {
    xlgc_object_info info;
    code = xlgc_info(replay->pool, replay->holders[i], &info);
    if (!code) printf(" %s", ((const struct name *)info.object)->text);
  }
  if (code) {
    trouble(replay, code);
    return;
  }
  putchar('\n');
  if (replay->check) check_path(replay->check, replay->pool, text, replay->holders, length);
}

static void operate(struct replay *replay, const trace_operation *operation) {
  const char *const *texts = operation->names;
  struct name *first = NULL, *second = NULL;
  if (replay->check) check_operation(replay->check, operation);
  switch (operation->verb) {
  case TRACE_PIN:
    first = find_or_register(replay, texts[0]);
    if (first) log_event(replay, operation, first, NULL);
    break;
  case TRACE_UNPIN:
    first = find_known(replay, operation, texts[0]);
    if (first) log_event(replay, operation, first, NULL);
    break;
  case TRACE_LINK:
    first = find_or_register(replay, texts[0]);
    if (first) second = find_or_register(replay, texts[1]);
    if (second) log_event(replay, operation, first, second);
    break;
  case TRACE_UNLINK:
    first = find_known(replay, operation, texts[0]);
    if (first) second = find_known(replay, operation, texts[1]);
    if (second) log_event(replay, operation, first, second);
    break;
  case TRACE_KEEP:
    first = find_or_register(replay, texts[0]);
    if (first) first->keep = 1;
    break;
  case TRACE_FLUSH: flush(replay); break;
  case TRACE_DISTANCE: print_distance(replay, texts[0]); break;
  case TRACE_PATH: print_path(replay, texts[0]); break;
  }
}

/* ------------------------------------------------------------------- run */

static void run(struct replay *replay, const char *file_name) {
  for (;;) {
    trace_operation operation;
    switch (trace_next(&replay->trace, &operation)) {
    case TRACE_OPERATION: operate(replay, &operation); break;
    case TRACE_WRONG:
      apply(replay);
      report(replay, replay->trace.line, "%s", replay->trace.why);
      break;
    case TRACE_END: flush(replay); return;
    case TRACE_FAILED:
      clear_progress(replay);
      fprintf(stderr, "xlgc: cannot read %s: %s\n", file_name, strerror(errno));
      replay->status = STATUS_TROUBLE;
      break;
    }
    if (replay->status || (replay->check && replay->check->status)) return;
    show_progress(replay);
  }
}

static const struct {
  const char *name;
  size_t offset;
} figures[] = {
#define FIGURE(name) \
  { #name, offsetof(xlgc_statistics, name) }
    FIGURE(objects),
    FIGURE(links),
    FIGURE(events),
    FIGURE(errors),
    FIGURE(late_drops),
    FIGURE(orphans),
    FIGURE(kept),
    FIGURE(forgotten),
    FIGURE(touched),
    FIGURE(table_operations),
    FIGURE(repairs),
    FIGURE(searches),
    FIGURE(rank_renumberings),
    FIGURE(rounds),
    FIGURE(rounds_held),
    FIGURE(cancelled),
    FIGURE(contexts),
    FIGURE(weak_saved),
    FIGURE(mailed),
    FIGURE(queued),
    FIGURE(bytes),
    FIGURE(bytes_peak),
    FIGURE(link_bytes),
    FIGURE(object_bytes),
    FIGURE(index_bytes),
    FIGURE(queue_bytes),
    FIGURE(backlog),
#undef FIGURE
};
_Static_assert(sizeof figures / sizeof *figures == offsetof(xlgc_statistics, held_by) / sizeof(uint64_t) + 1,
               "every number of xlgc_statistics is printed");

static void print_summary(struct replay *replay, int with_stats) {
  xlgc_statistics is;
  int code = xlgc_stats(replay->pool, &is);
  if (code) {
    trouble(replay, code);
    return;
  }
  for (size_t i = 0; with_stats && i < sizeof figures / sizeof *figures; i++) {
    uint64_t value;
    memcpy(&value, (const char *)&is + figures[i].offset, sizeof value);
    printf("stat %s=%" PRIu64 "\n", figures[i].name, value);
  }
  printf("summary objects=%" PRIu64 " links=%" PRIu64 " orphans=%" PRIu64 " events=%" PRIu64 " touched=%" PRIu64
         " errors=%" PRIu64 "\n",
         is.objects, is.links, is.orphans, is.events, is.touched, replay->errors);
}

static int start(struct replay *replay, const replay_options *options) {
  replay->kind = (xlgc_kind){
      .name = "name",
      .flags = XLGC_KIND_TRANSIENT | XLGC_KIND_UNINDEXED,
      .release = on_release,
      .orphaned = on_orphaned,
      .forgotten = on_forgotten,
      .data = replay,
  };
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = options->setting;
  config.on_error = on_error;
  config.data = replay;
  int code = xlgc_pool_create(&config, &replay->pool);
  return code ? code : xlgc_context_create(replay->pool, "trace", &replay->context);
}

int replay_run(const replay_options *options, int file, const char *file_name) {
  struct replay *replay = calloc(1, sizeof *replay);
  if (!replay) {
    fprintf(stderr, "xlgc: %s\n", xlgc_strerror(XLGC_E_NOMEM));
    return STATUS_TROUBLE;
  }
  struct check check = {0};
  if (options->with_check) replay->check = &check;
  replay->is_terminal = isatty(STDOUT_FILENO);
  replay->with_progress = isatty(STDERR_FILENO);
  replay->progress_ms = now_ms();
  trace_open(&replay->trace, file);
  int code = start(replay, options);
  if (code) trouble(replay, code);
  if (!replay->status) run(replay, file_name);
  clear_progress(replay);
  if (!replay->status && check.status) {
    replay->status = check.status;
    fprintf(stderr, "%s %" PRIu64 ": %s\n", check.status == CHECK_DIFFERENCE ? "difference" : "xlgc: line",
            replay->trace.line, check.why);
  }
  if (!replay->status) print_summary(replay, options->with_stats);
  int status = replay->status ? replay->status : replay->errors ? STATUS_ERRORS : 0;
  replay->is_closing = 1;
  xlgc_pool_destroy(replay->pool);
  names_clear(&replay->names);
  check_clear(&check);
  free(replay->holders);
  free(replay);
  return status;
}
