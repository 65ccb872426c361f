/* What a link and an object cost in memory, and that whole structures die without recursion.
 *
 *   bytes [--lines] [--setting certified|exact] [N]          N: links, 10^7 if not given
 *   bytes --peak [N]                                         N: objects, 10^7 if not given
 *
 * Builds a chain of N links, then a ring of N links, of objects by id, each in a pool and a process of its own. Then it
 * drops what holds them and flushes: all must die, on a stack of 128 KiB. Bytes are all in, that is, records, slack of
 * segments and directory, divided by the links and objects there are; the pool's own word for its memory is compared
 * with what it has asked its allocator for. Leaves with 1 if a link or an object takes more than 64 bytes, if not all
 * died, or if the pool's word is wrong.
 *
 * --lines prints lines for another program to read instead: shape, links, bytes a link, an object, and of all memory of
 * the pool a link, while the structure is there and at the most; separated by tabs.
 *
 * --peak: pairs of objects, of which a random one in a hundred stays while the others die; then each of these is replaced
 * ten times, in a random order, by a new one. Prints a line for another program for each of the three times: its name,
 * the objects that are there, memory of the tables and resident memory an object, separated by tabs. Here the pool has no
 * allocator of the program's. */
#include <config.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xlgc.h>

enum { BYTES_MAX = 64, STACK_BYTES = 128 * 1024 };

static bool lines;
static uint64_t asked_bytes; /* of the allocator, and not given back */

static void *allocate(void *data, size_t size_bytes) {
  (void)data;
  void *memory = malloc(size_bytes);
  if (memory) asked_bytes += size_bytes;
  return memory;
}

static void release(void *data, void *memory, size_t size_bytes) {
  (void)data;
  asked_bytes -= size_bytes;
  free(memory);
}

static void must(int code, const char *what) {
  if (code >= 0) return;
  fprintf(stderr, "bytes: %s: %s\n", what, xlgc_strerror(code));
  exit(2);
}

static double now_s(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The memory of this process that is resident; 0 where the system does not tell. */
static uint64_t resident_bytes(void) {
  uint64_t pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return 0;
  if (fscanf(file, "%*u %" SCNu64, &pages) != 1) pages = 0;
  fclose(file);
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static xlgc_id new_object(xlgc_context *context) {
  static const xlgc_kind unindexed = {.name = "item", .flags = XLGC_KIND_UNINDEXED};
  xlgc_id id;
  must(xlgc_register(context, NULL, &unindexed, &id), "register");
  return id;
}

/* Links `first` to a new object, that to the next, and so on, n times; in a ring the last one holds `first`. */
static void build(xlgc_context *context, xlgc_id first, uint64_t n, bool ring) {
  xlgc_id last = first;
  for (uint64_t i = 0; i < n; i++) {
    xlgc_id next = ring && i == n - 1 ? first : new_object(context);
    must(xlgc_link(context, last, next), "link");
    last = next;
  }
}

/* Returns whether the bounds were kept and all died. */
static bool measure(uint64_t n, int setting, bool ring) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = setting;
  config.allocator = (xlgc_allocator){allocate, release, NULL};
  xlgc_pool *pool;
  xlgc_context *context;
  must(xlgc_pool_create(&config, &pool), "create a pool");
  must(xlgc_context_create(pool, "bytes", &context), "create a context");
  uint64_t resident_before = resident_bytes();
  double start_s = now_s();
  xlgc_id first = new_object(context);
  must(xlgc_pin(context, first), "pin");
  build(context, first, n, ring);
  must(xlgc_flush(pool), "flush");
  double built_s = now_s();
  uint64_t resident = resident_bytes();
  xlgc_statistics whole, dead;
  must(xlgc_stats(pool, &whole), "stats");
  bool true_word = whole.bytes == asked_bytes;
  must(xlgc_unpin(context, first), "unpin");
  double dropped_s = now_s();
  must(xlgc_flush(pool), "flush");
  double died_s = now_s();
  must(xlgc_stats(pool, &dead), "stats");

  double per_link = (double)whole.link_bytes / (double)whole.links;
  double per_object = (double)whole.object_bytes / (double)whole.objects, links = (double)n;
  if (lines)
    printf("%s\t%" PRIu64 "\t%.6g\t%.6g\t%.6g\t%.6g\n", ring ? "ring" : "chain", n, per_link, per_object,
           (double)whole.bytes / links, (double)dead.bytes_peak / links);
  else
    printf("%-5s %9s %9" PRIu64 " %6.2f %6.2f %7.2f %9.2f %8.2f %9.0f %9.0f %9.2f\n", ring ? "ring" : "chain",
           setting == XLGC_CERTIFIED ? "certified" : "exact", n, per_link, per_object, (double)dead.bytes_peak / links,
           resident > resident_before ? (double)(resident - resident_before) / links : 0, built_s - start_s,
           1e9 * (built_s - start_s) / links, 1e9 * (died_s - dropped_s) / (double)whole.objects,
           (double)(dead.touched - whole.touched) / (double)whole.objects);
  bool all_died = whole.links == n && dead.links == 0 && dead.objects == 0 && dead.orphans == whole.objects;
  if (!all_died)
    fprintf(stderr, "bytes: not all died: %" PRIu64 " objects, %" PRIu64 " links are left\n", dead.objects, dead.links);
  if (!true_word) fprintf(stderr, "bytes: the pool says %" PRIu64 " bytes and has other\n", whole.bytes);
  must(xlgc_pool_destroy(pool), "destroy the pool");
  return all_died && true_word && asked_bytes == 0 && per_link <= BYTES_MAX && per_object <= BYTES_MAX;
}

/* The same in a process of its own, whose memory no earlier pool has shaped. */
static bool measure_apart(uint64_t n, int setting, bool ring) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) exit(measure(n, setting, ring) ? 0 : 1);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    perror("bytes: fork");
    exit(2);
  }
  if (WIFSIGNALED(status)) printf("ended by signal %d\n", WTERMSIG(status));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ------------------------------------------------------------------- --peak */

enum { ONE_STAYS_OF = 100, REPLACEMENTS = 10 };

static uint32_t draw(uint64_t *random, uint64_t below) {
  *random = *random * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((*random >> 32) * below >> 32);
}

static xlgc_id new_pair(xlgc_context *context) {
  xlgc_id holder = new_object(context);
  must(xlgc_pin(context, holder), "pin");
  must(xlgc_link(context, holder, new_object(context)), "link");
  return holder;
}

static void report_peak(xlgc_pool *pool, const char *when, uint64_t pairs, uint64_t resident_before) {
  xlgc_statistics stats;
  must(xlgc_flush(pool), "flush");
  must(xlgc_stats(pool, &stats), "stats");
  if (stats.objects != 2 * pairs || stats.links != pairs) {
    fprintf(stderr, "bytes: %s: not those died that had to\n", when);
    exit(1);
  }
  double objects = (double)stats.objects;
  printf("%s\t%" PRIu64 "\t%.6g\t%.6g\n", when, stats.objects,
         (double)(stats.object_bytes + stats.link_bytes) / objects,
         (double)(resident_bytes() - resident_before) / objects);
}

static void measure_peak(uint64_t objects) {
  enum { PORTION = 64 };
  xlgc_pool *pool;
  xlgc_context *context;
  uint64_t random = 88172645463325252, pairs = objects / 2, left = pairs, staying = pairs / ONE_STAYS_OF;
  xlgc_id *holders = calloc(pairs, sizeof *holders);
  if (!holders) must(XLGC_E_NOMEM, "ids");
  must(xlgc_pool_create(NULL, &pool), "create a pool");
  must(xlgc_context_create(pool, "bytes", &context), "create a context");
  memset(holders, 1, pairs * sizeof *holders);
  uint64_t resident_before = resident_bytes();
  for (uint64_t i = 0; i < pairs; i++)
    holders[i] = new_pair(context);
  report_peak(pool, "at the peak", pairs, resident_before);
  for (; left > staying; left--) {
    uint32_t at = draw(&random, left);
    must(xlgc_unpin(context, holders[at]), "unpin");
    holders[at] = holders[left - 1];
  }
  report_peak(pool, "1 % left", staying, resident_before);
  for (uint64_t i = 0; i < REPLACEMENTS * staying; i++) {
    uint32_t at = draw(&random, staying);
    must(xlgc_unpin(context, holders[at]), "unpin");
    holders[at] = new_pair(context);
    if (i % PORTION == 0) must(xlgc_flush(pool), "flush");
  }
  report_peak(pool, "replaced", staying, resident_before);
  must(xlgc_pool_destroy(pool), "destroy the pool");
  free(holders);
}

static int usage(void) {
  fprintf(stderr, "usage: bytes [--lines] [--setting certified|exact] [N]\n       bytes --peak [N]\n");
  return 2;
}

int main(int argc, char **argv) {
  uint64_t n = 10000000;
  int setting = XLGC_CERTIFIED, i = 1;
  bool peak = i < argc && !strcmp(argv[i], "--peak");
  i += peak;
  if (!peak && i < argc && !strcmp(argv[i], "--lines")) {
    lines = true;
    i++;
  }
  if (!peak && i + 1 < argc && !strcmp(argv[i], "--setting")) {
    if (strcmp(argv[i + 1], "exact") && strcmp(argv[i + 1], "certified")) return usage();
    if (!strcmp(argv[i + 1], "exact")) setting = XLGC_EXACT;
    i += 2;
  }
  if (i < argc) n = strtoull(argv[i++], NULL, 10);
  if (i < argc || n < 100000 || n > 1000000000) return usage();
  if (peak) {
    measure_peak(n);
    return 0;
  }

  struct rlimit stack;
  if (getrlimit(RLIMIT_STACK, &stack) == 0) {
    stack.rlim_cur = STACK_BYTES;
    if (setrlimit(RLIMIT_STACK, &stack)) perror("bytes: setrlimit");
  }
  if (!lines)
    printf("%-5s %9s %9s %6s %6s %7s %9s %8s %9s %9s %9s\n", "shape", "setting", "links", "B/link", "B/obj", "all B",
           "resident", "build s", "ns/link", "drop ns", "touched");
  bool kept = measure_apart(n, setting, false);
  kept &= measure_apart(n, setting, true);
  if (!lines)
    printf(kept ? "at most %d bytes a link and %d an object, and all died on a stack of %d KiB\n"
                : "MISSED: at most %d bytes a link and %d an object, all die on a stack of %d KiB\n",
           BYTES_MAX, BYTES_MAX, STACK_BYTES / 1024);
  return kept ? 0 : 1;
}
