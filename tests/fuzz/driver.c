/* Runs a harness without libFuzzer: on its seeds as they are, then on seeded random changes to them; or on the files
 * that are its arguments. SEED repeats a run. The input that ends the process is left in PROGRAM.input. */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "support/trial.h"

enum { CHANGES = 2000, CHANGED_MAX = 8192, EDITS_MAX = 6 };

typedef struct seed {
  char name[300];
  uint8_t *bytes;
  size_t size;
} seed;

static seed *seeds;
static size_t seed_count;
static uint64_t random_state;

/* What is being run, for when it fails. */
static struct {
  const uint8_t *bytes;
  size_t size;
  char file[4096];
} now;

static uint32_t pick(size_t limit) { return limit ? trial_random(&random_state, (uint32_t)limit) : 0; }

/* ------------------------------------------------------------------ running */

static void leave_input(int number) {
  int file = open(now.file, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  bool left = file >= 0 && write(file, now.bytes, now.size) == (ssize_t)now.size;
  static const char hangs[] = "takes too long; ", in[] = "the input is in ";
  if (number == SIGALRM && write(STDERR_FILENO, hangs, sizeof hangs - 1) < 0) left = false;
  if (left && write(STDERR_FILENO, in, sizeof in - 1) > 0 && write(STDERR_FILENO, now.file, strlen(now.file)) > 0 &&
      write(STDERR_FILENO, "\n", 1) > 0)
    close(file);
  signal(number, SIG_DFL);
  raise(number);
}

static void run(const uint8_t *bytes, size_t size) {
  now.bytes = bytes;
  now.size = size;
  alarm(trial_timeout_s());
  LLVMFuzzerTestOneInput(bytes, size);
}

/* -------------------------------------------------------------------- seeds */

static void read_seed(const char *name) {
  FILE *file = fopen(name, "rb");
  FUZZ_MUST(file && fseek(file, 0, SEEK_END) == 0);
  long size = ftell(file);
  FUZZ_MUST(size >= 0 && fseek(file, 0, SEEK_SET) == 0);
  seeds = realloc(seeds, (seed_count + 1) * sizeof *seeds);
  FUZZ_MUST(seeds);
  seed *one = &seeds[seed_count++];
  *one = (seed){.bytes = malloc((size_t)size + 1), .size = (size_t)size};
  snprintf(one->name, sizeof one->name, "%s", name);
  FUZZ_MUST(one->bytes && fread(one->bytes, 1, one->size, file) == one->size);
  fclose(file);
}

/* All files but what traces of the corpus print. */
static void read_folder(const char *top, const char *folder) {
  char path[4096], name[4400];
  snprintf(path, sizeof path, "%s/%s", top, folder);
  DIR *open = opendir(path);
  if (!open) fprintf(stderr, "there is no folder %s\n", path);
  FUZZ_MUST(open);
  for (struct dirent *entry; (entry = readdir(open)) != NULL;) {
    if (entry->d_name[0] == '.' || strstr(entry->d_name, ".expected")) continue;
    snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    read_seed(name);
  }
  closedir(open);
}

/* The order of folders is the file system's, and must not matter to what a seed repeats. */
static int by_name(const void *one, const void *other) {
  return strcmp(((const seed *)one)->name, ((const seed *)other)->name);
}

/* ------------------------------------------------------------------ changes */

static size_t insert(uint8_t *bytes, size_t size, size_t at, const uint8_t *from, size_t count) {
  if (count > CHANGED_MAX - size) count = CHANGED_MAX - size;
  memmove(bytes + at + count, bytes + at, size - at);
  memcpy(bytes + at, from, count);
  return size + count;
}

static size_t edit(uint8_t *bytes, size_t size) {
  static const char special[] = "\0\1\2\3\4\n\n #\r\xff\x7f\x80";
  uint8_t some[64];
  size_t at = pick(size), count = 1 + pick(size - at < sizeof some ? size - at : sizeof some);
  if (count > size - at) count = size - at;
  const seed *other = &seeds[pick(seed_count)];
  switch (pick(7)) {
  case 0:
    if (size) bytes[at] ^= (uint8_t)(1u << pick(8));
    return size;
  case 1:
    if (size) bytes[at] = (uint8_t)special[pick(sizeof special)];
    return size;
  case 2:
    if (size) bytes[at] = (uint8_t)pick(256);
    return size;
  case 3: memmove(bytes + at, bytes + at + count, size - at - count); return size - count;
  case 4: memcpy(some, bytes + at, count); return insert(bytes, size, pick(size + 1), some, count);
  case 5:
    for (size_t i = 0; i < 4; i++)
      some[i] = (uint8_t)pick(256);
    return insert(bytes, size, at, some, 1 + pick(4));
  default: {
    size_t from = pick(other->size);
    return insert(bytes, size, at, other->bytes + from, pick(other->size - from + 1));
  }
  }
}

static void run_changed(void) {
  uint8_t changed[CHANGED_MAX];
  const seed *from = &seeds[pick(seed_count)];
  size_t size = from->size < CHANGED_MAX ? from->size : CHANGED_MAX;
  memcpy(changed, from->bytes, size);
  for (unsigned i = 1 + pick(EDITS_MAX); i; i--)
    size = edit(changed, size);
  /* A block of its own, so that a look behind its end is seen. */
  uint8_t *bytes = malloc(size + !size);
  FUZZ_MUST(bytes);
  memcpy(bytes, changed, size);
  run(bytes, size);
  free(bytes);
}

int main(int argc, char **argv) {
  const char *top = getenv("top_srcdir");
  snprintf(now.file, sizeof now.file, "%s.input", argv[0]);
  signal(SIGABRT, leave_input);
  signal(SIGSEGV, leave_input);
  signal(SIGALRM, leave_input);
  for (int i = 1; i < argc; i++)
    read_seed(argv[i]);
  for (size_t i = 0; argc == 1 && fuzz_seeds[i]; i++)
    read_folder(top ? top : ".", fuzz_seeds[i]);
  qsort(seeds, seed_count, sizeof *seeds, by_name);
  unsigned changes = argc == 1 ? trial_work(CHANGES) : 0;
  if (changes) random_state = trial_seed();
  FUZZ_MUST(seed_count);
  for (size_t i = 0; i < seed_count; i++)
    run(seeds[i].bytes, seeds[i].size);
  for (unsigned i = 0; i < changes; i++)
    run_changed();
  printf("%zu seeds and %u changed ones\n", seed_count, changes);
  for (size_t i = 0; i < seed_count; i++)
    free(seeds[i].bytes);
  free(seeds);
  return 0;
}
