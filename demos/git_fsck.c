/* The comparison: a scratch repository borrows the object store and has all the roots but the dropped references. */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "git_demo.h"

static char *scratch; /* the directory of the scratch repository, or NULL */
static volatile sig_atomic_t interrupted;
static volatile pid_t git_process;

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where) {
  (void)status, (void)kind, (void)where;
  return remove(path);
}

static void remove_scratch(void) {
  if (scratch && nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS))
    fprintf(stderr, "git: cannot remove %s: %s\n", scratch, strerror(errno));
  free(scratch);
  scratch = NULL;
}

static void on_signal(int number) {
  interrupted = number;
  if (git_process > 0) kill(git_process, SIGTERM);
}

/* From here on a signal ends the git that runs, and then this program, in order. */
static void make_scratch(void) {
  static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  const char *where = getenv("TMPDIR");
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    sigaction(signals[i], &action, NULL);
  char *path = written("%s/xlgc-git-XXXXXX", where && *where ? where : "/tmp");
  if (!mkdtemp(path)) fail(EXIT_FAILURE, "cannot make the directory %s: %s", path, strerror(errno));
  scratch = path;
  atexit(remove_scratch);
}

static char *scratch_path(const char *name) { return written("%s/%s", scratch, name); }

/* What git said on its standard error, at most so many lines. */
static void show_complaints(void) {
  char *path = scratch_path("complaints");
  char *text = read_file(path, NULL), *rest = text;
  int shown = 0;
  for (char *line; shown < SHOWN && (line = strsep(&rest, "\n")); shown++)
    if (*line) fprintf(stderr, "  %s\n", line);
  free(text);
  free(path);
}

/* Runs git and hands the lines of its output, without their ends, to `each`. Returns its exit status. */
static int run_git(const char *const *arguments, void (*each)(void *data, char *line), void *data) {
  posix_spawn_file_actions_t actions;
  int ends[2], status;
  pid_t process;
  char *complaints = scratch_path("complaints");
  if (pipe2(ends, O_CLOEXEC) || posix_spawn_file_actions_init(&actions) ||
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) ||
      posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) ||
      posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, complaints, O_WRONLY | O_CREAT | O_TRUNC, 0600))
    fail(EXIT_FAILURE, "cannot prepare to run git: %s", strerror(errno));
  int error = posix_spawnp(&process, arguments[0], &actions, NULL, (char *const *)arguments, environ);
  if (error == ENOENT)
    fail(EXIT_USAGE, "the result is compared with git fsck, but git is not installed; on Debian: apt-get install git");
  if (error) fail(EXIT_FAILURE, "cannot run git: %s", strerror(error));
  git_process = process;
  if (interrupted) kill(process, SIGTERM);
  posix_spawn_file_actions_destroy(&actions);
  free(complaints);
  close(ends[1]);
  FILE *output = fdopen(ends[0], "r");
  char *line = NULL;
  size_t room = 0;
  must_have(output);
  for (ssize_t length; (length = getline(&line, &room, output)) > 0;) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    each(data, line);
  }
  free(line);
  fclose(output);
  while (waitpid(process, &status, 0) < 0 && errno == EINTR)
    ;
  git_process = 0;
  if (interrupted) exit(128 + interrupted);
  if (!WIFEXITED(status) || WEXITSTATUS(status) >= 128) {
    clear_progress();
    show_complaints();
    fail(EXIT_FAILURE, "git %s broke off", arguments[3]);
  }
  return WEXITSTATUS(status);
}

static void copy_file(const char *from, const char *name) {
  size_t size_bytes;
  char *bytes = read_file(from, &size_bytes);
  if (bytes) {
    char *to = scratch_path(name);
    FILE *file = create_file(to);
    fwrite(bytes, 1, size_bytes, file);
    close_file(file, to);
    free(to);
  }
  free(bytes);
}

/* objects/info/alternates: the store's path, quoted as C does. */
static void borrow_store(const struct demo *demo) {
  char *store = repository_path(demo, GIT_REPOSITORY_ITEM_OBJECTS, ""), *path = scratch_path("objects/info/alternates");
  FILE *file = create_file(path);
  fputc('"', file);
  for (const char *at = store; *at; at++) {
    if (*at == '"' || *at == '\\' || *at == '\n') fputc('\\', file);
    fputc(*at == '\n' ? 'n' : *at, file);
  }
  fputs("\"\n", file);
  close_file(file, path);
  free(path);
  free(store);
}

struct packed {
  const struct demo *demo;
  FILE *file;
};

/* One line "NAME ID SYMBOLIC-TARGET" of git for-each-ref. */
static void keep_reference(void *data, char *line) {
  struct packed *packed = data;
  char *name = strsep(&line, " "), *oid = strsep(&line, " ");
  if (!oid || (line && *line)) return;
  for (size_t i = 0; i < packed->demo->reference_count; i++)
    if (packed->demo->references[i].dropped && !strcmp(packed->demo->references[i].name, name)) return;
  fprintf(packed->file, "%s %s\n", oid, name);
}

/* The scratch repository has the references as git itself lists them, and the HEADs as references too. One more
 * reference, to a blob of its own, is there because git fsck says nothing at all where it finds no reference. */
static void keep_roots(const struct demo *demo) {
  char *path = scratch_path("packed-refs");
  struct packed packed = {demo, create_file(path)};
  git_repository *borrower;
  git_oid anchor;
  must_git(git_repository_open(&borrower, scratch), "open", scratch);
  must_git(git_blob_create_from_buffer(&anchor, borrower, scratch, strlen(scratch)), "write to", scratch);
  git_repository_free(borrower);
  const char *list[] = {"git",
                        "--git-dir",
                        git_repository_path(demo->repository),
                        "for-each-ref",
                        "--format=%(refname) %(objectname) %(symref)",
                        NULL};
  if (run_git(list, keep_reference, &packed)) {
    show_complaints();
    fail(EXIT_FAILURE, "git for-each-ref failed");
  }
  fprintf(packed.file, "%s refs/xlgc/anchor\n", hex(&anchor).s);
  for (size_t i = 0; i < demo->head_count; i++)
    fprintf(packed.file, "%s refs/xlgc/head-%zu\n", hex(&demo->heads[i]).s, i);
  close_file(packed.file, path);
  free(path);
}

static void make_scratch_repository(const struct demo *demo) {
  static const char *const shared[] = {"shallow", "info/grafts"};
  git_repository *made;
  git_buf index = {0};
  make_scratch();
  must_git(git_repository_init(&made, scratch, 1), "make a repository in", scratch);
  git_repository_free(made);
  char *info = scratch_path("info");
  if (mkdir(info, 0700) && errno != EEXIST)
    fail(EXIT_FAILURE, "cannot make the directory %s: %s", info, strerror(errno));
  free(info);
  keep_roots(demo);
  borrow_store(demo);
  for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
    char *path = repository_path(demo, GIT_REPOSITORY_ITEM_COMMONDIR, shared[i]);
    copy_file(path, shared[i]);
    free(path);
  }
  must_git(git_repository_item_path(&index, demo->repository, GIT_REPOSITORY_ITEM_INDEX), "find", "the index");
  copy_file(index.ptr, "index");
  git_buf_dispose(&index);
}

/* One line of git fsck; those that count are "unreachable TYPE ID". */
static void read_verdict(void *data, char *line) {
  struct demo *demo = data;
  git_oid oid;
  const char *word = strsep(&line, " ");
  if (strcmp(word, "unreachable") || !strsep(&line, " ") || !line || git_oid_fromstr(&oid, line) < 0) return;
  struct entry *entry = find_entry(demo, &oid);
  demo->listed++;
  if (entry)
    entry->listed = true;
  else if (demo->strangers++ < SHOWN)
    fprintf(stderr, "  only git fsck: %s, which libgit2 does not list\n", hex(&oid).s);
}

static uint64_t show_differences(const struct demo *demo, bool listed, const char *side) {
  uint64_t count = 0;
  for (const struct entry *entry = demo->entries; entry; entry = entry->hh.next)
    if (entry->listed == listed && (entry->fate == ALIVE) == listed && count++ < SHOWN)
      fprintf(stderr, "  only %s: %s %s\n", side, git_object_type2string((git_object_t)entry->type),
              hex(&entry->oid).s);
  return count;
}

uint64_t compare_with_fsck(struct demo *demo) {
  make_scratch_repository(demo);
  const char *check[] = {"git", "--git-dir", scratch, "fsck", "--unreachable", "--no-reflogs", "--no-progress", NULL};
  show_progress("git fsck checks", HASH_COUNT(demo->entries));
  int status = run_git(check, read_verdict, demo);
  clear_progress();
  uint64_t told = demo->tally[UNREACHABLE_BEFORE].count + demo->tally[GARBAGE].count;
  uint64_t differences =
      demo->strangers + show_differences(demo, true, "git fsck") + show_differences(demo, false, "xlgc");
  if (differences) {
    show_complaints();
    fail(EXIT_FAILURE, "differs from git fsck in %s objects: %s here, %s there", grouped(differences).s,
         grouped(told).s, grouped(demo->listed).s);
  }
  if (status)
    printf("faults      git fsck finds some in the repository (its exit status is %d), and the same objects\n", status);
  remove_scratch();
  return told;
}
