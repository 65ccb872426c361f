/* git: what a repository would lose with a branch or a tag.
 *
 * Every commit, tree, blob and tag in the repository's object store becomes an object of a pool, and every id that
 * one of them names a link. What git starts from (references, HEADs, the index) are pins. A reference is dropped by
 * taking its pin away: the pool then tells which objects went with it, having looked only at the links around them.
 *
 * The answer is checked. A scratch repository borrows the object store and has all the roots but the dropped
 * references; `git fsck --unreachable --no-reflogs` must list there exactly what the pool has told. The repository
 * itself is only read.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "git_demo.h"

/* --------------------------------------------------------------- choosing */

struct painter {
  struct demo *demo;
  struct entry *waiting; /* reached, with links still to follow */
  int colour;
};

static void paint(struct painter *painter, struct entry *entry) {
  if (entry->owner == painter->colour || entry->owner == SEVERAL) return;
  entry->owner = entry->owner == NOBODY ? painter->colour : SEVERAL;
  if (entry->waiting) return;
  entry->waiting = true;
  entry->next = painter->waiting;
  painter->waiting = entry;
}

static int paint_target(void *data, const xlgc_link_info *link) {
  struct painter *painter = data;
  xlgc_object_info info;
  must(xlgc_info(painter->demo->pool, link->target, &info), "look at an object");
  paint(painter, info.object);
  return 0;
}

static void paint_from(struct painter *painter, struct entry *root, int colour) {
  painter->colour = colour;
  paint(painter, root);
  while (painter->waiting) {
    struct entry *entry = painter->waiting;
    painter->waiting = entry->next;
    entry->waiting = false;
    painter->colour = entry->owner;
    must(xlgc_each_target(painter->demo->pool, entry->id, paint_target, painter), "follow the links");
  }
}

static bool is_branch_or_tag(const char *name) {
  return !strncmp(name, "refs/heads/", 11) || !strncmp(name, "refs/remotes/", 13) || !strncmp(name, "refs/tags/", 10);
}

/* The branch or tag that most objects hang on alone, or NULL. Each object is painted at most twice, with the one
 * reference that reaches it and as reached by several, so this costs two looks at every link. */
static struct reference *heaviest_reference(struct demo *demo) {
  struct painter painter = {.demo = demo};
  struct reference *best = NULL;
  uint64_t *alone = must_have(calloc(demo->reference_count + 1, sizeof *alone));
  for (struct entry *entry = demo->entries; entry; entry = entry->hh.next)
    if (entry->fixed) paint_from(&painter, entry, SEVERAL);
  for (size_t i = 0; i < demo->reference_count; i++)
    if (demo->references[i].target) paint_from(&painter, demo->references[i].target, (int)i);
  for (struct entry *entry = demo->entries; entry; entry = entry->hh.next)
    if (entry->owner >= 0) alone[entry->owner]++;
  for (size_t i = 0; i < demo->reference_count; i++)
    if (is_branch_or_tag(demo->references[i].name) && (!best || alone[i] > alone[best - demo->references]))
      best = &demo->references[i];
  free(alone);
  return best;
}

/* By full or short name; a symbolic one stands for what it names. */
static struct reference *choose_reference(struct demo *demo, const char *short_name) {
  git_reference *found;
  if (git_reference_dwim(&found, demo->repository, short_name) < 0) {
    fprintf(stderr, "git: there is no reference \"%s\"; there are %zu%s\n", short_name, demo->reference_count,
            demo->reference_count ? ", such as" : "");
    for (size_t i = 0; i < demo->reference_count && i < SHOWN; i++)
      fprintf(stderr, "  %s\n", demo->references[i].name);
    exit(EXIT_USAGE);
  }
  struct reference *reference = find_reference(demo, git_reference_name(found));
  if (!reference) fail(EXIT_USAGE, "%s is no branch, tag or other reference below refs/", git_reference_name(found));
  git_reference_free(found);
  return reference;
}

static void drop(struct demo *demo, struct reference *reference, const char *why) {
  if (reference->dropped) return;
  reference->dropped = true;
  if (reference->target) must(xlgc_unpin(demo->context, reference->target->id), "unpin an object");
  printf("dropped     %s%s%s\n", reference->name, why,
         reference->headed ? " (its HEAD stays on the commit and holds it)" : "");
}

static void print_counts(const struct tally *tally) {
  printf("%s commits, %s trees, %s blobs, %s tags", grouped(tally->of_type[GIT_OBJECT_COMMIT]).s,
         grouped(tally->of_type[GIT_OBJECT_TREE]).s, grouped(tally->of_type[GIT_OBJECT_BLOB]).s,
         grouped(tally->of_type[GIT_OBJECT_TAG]).s);
}

static void print_repository(const struct demo *demo) {
  const char *sorts[] = {git_repository_is_bare(demo->repository) ? ", bare" : "",
                         git_repository_is_worktree(demo->repository) ? ", a worktree" : "",
                         git_repository_is_shallow(demo->repository) ? ", shallow" : ""};
  printf("repository  %s%s%s%s\n", git_repository_path(demo->repository), sorts[0], sorts[1], sorts[2]);
}

static void print_missing(const struct demo *demo) {
  const struct missing *first = NULL;
  uint64_t count = 0;
  for (size_t i = 0; i < demo->missing_count; i++) {
    const struct missing *missing = &demo->missing[i];
    if (missing->holder && missing->holder->fate != ALIVE) continue;
    if (!count++) first = missing;
  }
  if (first)
    printf("missing     %s links lead to objects that are not here, such as %s, held by %s\n", grouped(count).s,
           hex(&first->oid).s, first->holder ? hex(&first->holder->oid).s : first->root);
}

static void load(struct demo *demo, int setting) {
  xlgc_statistics statistics;
  struct tally all = {0};
  double start = seconds();
  load_repository(demo, setting);
  must(xlgc_stats(demo->pool, &statistics), "count");
  for (const struct entry *entry = demo->entries; entry; entry = entry->hh.next)
    all.of_type[entry->type]++;
  print_repository(demo);
  printf("objects     %s: ", grouped(HASH_COUNT(demo->entries)).s);
  print_counts(&all);
  printf("\nreachable   %s, with %s links, from %s references, HEAD and the index\n", grouped(statistics.objects).s,
         grouped(statistics.links).s, grouped(demo->reference_count).s);
  printf("loaded      in %.2f s; %s objects were unreachable before\n", seconds() - start,
         grouped(demo->tally[UNREACHABLE_BEFORE].count).s);
  print_missing(demo);
}

static void drop_and_tell(struct demo *demo, char *const *names, size_t name_count) {
  xlgc_statistics statistics;
  const struct tally *garbage = &demo->tally[GARBAGE];
  must(xlgc_stats(demo->pool, &statistics), "count");
  struct reference **chosen = must_have(calloc(name_count + 2, sizeof *chosen));
  for (size_t i = 0; i < name_count; i++)
    chosen[i] = choose_reference(demo, names[i]);
  if (!name_count) chosen[0] = heaviest_reference(demo);
  uint64_t touched = xlgc_links_touched(demo->pool);
  for (size_t i = 0; chosen[i]; i++)
    drop(demo, chosen[i], name_count ? "" : ", the branch or tag that most objects hang on");
  if (!chosen[0]) puts("dropped     nothing: the repository has no branch or tag");
  free(chosen);
  double start = seconds();
  settle(demo, GARBAGE);
  double taken = seconds() - start;
  touched = xlgc_links_touched(demo->pool) - touched;
  printf("garbage     %s objects (", grouped(garbage->count).s);
  print_counts(garbage);
  printf("), %s bytes\n", grouped(garbage->size_bytes).s);
  printf("found       in %.3f ms, after touching %s of %s links\n", taken * 1e3, grouped(touched).s,
         grouped(statistics.links).s);
}

/* The program and git see the repository alone: nothing of GIT_*, of the user's configuration, or of the language. */
static void clean_environment(void) {
  for (size_t i = 0; environ[i];) {
    size_t length = strcspn(environ[i], "=");
    char *name = strncmp(environ[i], "GIT_", 4) ? NULL : must_have(strndup(environ[i], length));
    if (name)
      unsetenv(name);
    else
      i++;
    free(name);
  }
  if (setenv("GIT_CONFIG_NOSYSTEM", "1", 1) || setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1) || setenv("LC_ALL", "C", 1))
    fail(EXIT_FAILURE, "cannot set the environment: %s", strerror(errno));
}

/* Ends the program. */
static void __attribute__((noreturn)) print_help(int status) {
  fputs(
      "Usage: git [PATH] [--drop REF]...\n"
      "Which commits, trees, blobs and tags of a repository would go with a branch or a tag?\n"
      "The answer is compared with git fsck. The repository is not modified.\n"
      "\n"
      "  PATH                       in the repository; default: the current directory\n"
      "  --drop REF                 the reference to drop, by full or short name; can be repeated;\n"
      "                             default: the branch or tag that most objects hang on alone\n"
      "  --setting exact|certified  how the pool keeps its objects certified; default: certified\n"
      "  --help                     this text\n"
      "\n"
      "What counts as held is what git fsck --no-reflogs counts: all references, refs/stash among them, the HEAD of\n"
      "every worktree, and the index of the one at PATH (its files, cached trees, and resolved conflicts). Older\n"
      "stashes are only in a reflog. Symbolic references hold nothing themselves, but HEAD stays on its commit when\n"
      "its branch is dropped. Grafts and the ends of a shallow history are honoured, replacements are not followed.\n",
      status ? stderr : stdout);
  exit(status);
}

int main(int argc, char **argv) {
  enum { DROP = 1, SETTING, HELP };
  static const struct option options[] = {{"drop", required_argument, NULL, DROP},
                                          {"setting", required_argument, NULL, SETTING},
                                          {"help", no_argument, NULL, HELP},
                                          {NULL, 0, NULL, 0}};
  struct demo demo = {0};
  int setting = XLGC_CERTIFIED;
  char **names = must_have(calloc((size_t)argc, sizeof *names));
  size_t name_count = 0;
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    if (option == DROP) {
      names[name_count++] = optarg;
    } else if (option == SETTING && (!strcmp(optarg, "exact") || !strcmp(optarg, "certified"))) {
      setting = *optarg == 'e' ? XLGC_EXACT : XLGC_CERTIFIED;
    } else {
      print_help(option == HELP ? EXIT_SUCCESS : EXIT_USAGE);
    }
  }
  if (argc - optind > 1) print_help(EXIT_USAGE);

  clean_environment();
  open_repository(&demo, optind < argc ? argv[optind] : ".");
  load(&demo, setting);
  drop_and_tell(&demo, names, name_count);
  uint64_t agreed = compare_with_fsck(&demo);
  forget_repository(&demo);
  free(names);
  printf("matches git fsck: %" PRIu64 " objects\n", agreed);
  return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
