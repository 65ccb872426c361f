/* The repository becomes a pool: its objects, its links, its roots. */
#define _GNU_SOURCE 1

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "git_demo.h"

enum { CHUNK = 1024 };

/* Entries stay where they are. */
struct chunk {
  struct chunk *next;
  size_t used;
  struct entry entries[CHUNK];
};

char *repository_path(const struct demo *demo, git_repository_item_t item, const char *below) {
  git_buf buffer = {0};
  must_git(git_repository_item_path(&buffer, demo->repository, item), "find the parts of", "the repository");
  size_t length = strlen(buffer.ptr);
  char *path = written("%s%s%s", buffer.ptr, length && buffer.ptr[length - 1] == '/' ? "" : "/", below);
  git_buf_dispose(&buffer);
  return path;
}

/* --------------------------------------------------------------- the pool */

static void on_release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  struct demo *demo = data;
  struct entry *entry = object;
  struct tally *tally = &demo->tally[demo->phase];
  (void)context, (void)id;
  entry->fate = (uint8_t)demo->phase;
  tally->of_type[entry->type]++;
  tally->count++;
  tally->size_bytes += entry->size_bytes;
}

static void on_late_error(void *data, const xlgc_error *error) {
  struct demo *demo = data;
  demo->late_errors++;
  fprintf(stderr, "git: %s, event %" PRIu64 ": %s\n", error->what, error->position, xlgc_strerror(error->code));
}

void settle(struct demo *demo, enum fate phase) {
  demo->phase = phase;
  must(xlgc_flush(demo->pool), "flush the pool");
  if (demo->late_errors) fail(EXIT_FAILURE, "the links were reported wrongly");
}

/* ---------------------------------------------------------------- loading */

struct entry *find_entry(struct demo *demo, const git_oid *oid) {
  struct entry *entry;
  HASH_FIND(hh, demo->entries, oid, sizeof *oid, entry);
  return entry;
}

static int add_object(const git_oid *oid, void *data) {
  struct demo *demo = data;
  if (find_entry(demo, oid)) /* in several packs */
    return 0;
  if (!demo->chunks || demo->chunks->used == CHUNK) {
    struct chunk *chunk = must_have(calloc(1, sizeof *chunk));
    chunk->next = demo->chunks;
    demo->chunks = chunk;
  }
  struct entry *entry = &demo->chunks->entries[demo->chunks->used++];
  entry->oid = *oid;
  entry->owner = NOBODY;
  HASH_ADD(hh, demo->entries, oid, sizeof entry->oid, entry);
  must(xlgc_register(demo->context, entry, &demo->kind, &entry->id), "register an object");
  return 0;
}

static void note_missing(struct demo *demo, const struct entry *holder, const char *root, const git_oid *oid) {
  demo->missing = one_more(demo->missing, demo->missing_count, &demo->missing_room, sizeof *demo->missing);
  demo->missing[demo->missing_count++] = (struct missing){holder, root, *oid};
}

static void add_link(struct demo *demo, struct entry *holder, const git_oid *oid) {
  struct entry *target = find_entry(demo, oid);
  if (!target) {
    note_missing(demo, holder, NULL, oid);
    return;
  }
  must(xlgc_link(demo->context, holder->id, target->id), "link two objects");
  target->held = true;
}

/* The object id in a line "WORD ID" at *at, which is then moved behind it. */
static bool take_line(const char **at, const char *end, const char *word, git_oid *oid) {
  size_t length = strlen(word), whole = length + 1 + GIT_OID_HEXSZ + 1;
  const char *line = *at;
  if ((size_t)(end - line) < whole || memcmp(line, word, length) || line[length] != ' ' || line[whole - 1] != '\n' ||
      git_oid_fromstrn(oid, line + length + 1, GIT_OID_HEXSZ) < 0)
    return false;
  *at += whole;
  return true;
}

static bool link_commit(struct demo *demo, struct entry *commit, const char *at, const char *end) {
  git_oid oid;
  if (!take_line(&at, end, "tree", &oid)) return false;
  add_link(demo, commit, &oid);
  while (take_line(&at, end, "parent", &oid))
    if (!commit->cut) add_link(demo, commit, &oid);
  return true;
}

/* A tree is a row of "MODE NAME", a 0, and the id's bytes. A submodule's commit is in another repository. */
static bool link_tree(struct demo *demo, struct entry *tree, const char *at, const char *end) {
  while (at < end) {
    const char *zero = memchr(at, 0, (size_t)(end - at));
    git_oid oid;
    if (!zero || end - zero <= GIT_OID_RAWSZ) return false;
    git_oid_fromraw(&oid, (const unsigned char *)zero + 1);
    if ((strtoul(at, NULL, 8) & S_IFMT) != GIT_FILEMODE_COMMIT) add_link(demo, tree, &oid);
    at = zero + 1 + GIT_OID_RAWSZ;
  }
  return true;
}

static bool link_tag(struct demo *demo, struct entry *tag, const char *at, const char *end) {
  git_oid oid;
  if (!take_line(&at, end, "object", &oid)) return false;
  add_link(demo, tag, &oid);
  return true;
}

/* libgit2 1.5 turns in circles over a loose object that was cut short. No object takes it this long of the processor's time otherwise. */
enum { PATIENCE_S = 10 };
static char stuck_message[128];

static void on_stuck(int number) {
  (void)number;
  (void)!write(STDERR_FILENO, stuck_message, strlen(stuck_message));
  _exit(EXIT_FAILURE);
}

/* Bounds the processor's time from here on; 0: no longer. */
static void be_patient(int patience_s) {
  struct itimerval bound = {.it_value.tv_sec = patience_s};
  setitimer(ITIMER_VIRTUAL, &bound, NULL);
}

/* Its content, or NULL for a blob, of which only the size counts. */
static git_odb_object *read_object(struct demo *demo, struct entry *entry) {
  git_odb_object *object = NULL;
  git_object_t type;
  snprintf(stuck_message, sizeof stuck_message, "\ngit: cannot read object %s: it has no end; run git fsck\n",
           hex(&entry->oid).s);
  be_patient(PATIENCE_S);
  if (git_odb_read_header(&entry->size_bytes, &type, demo->store, &entry->oid) < 0 || !git_object_typeisloose(type) ||
      (type != GIT_OBJECT_BLOB && git_odb_read(&object, demo->store, &entry->oid) < 0))
    fail(EXIT_FAILURE, "cannot read object %s: %s; run git fsck", hex(&entry->oid).s, git_complaint());
  be_patient(0);
  entry->type = (uint8_t)type;
  return object;
}

static void load_object(struct demo *demo, struct entry *entry) {
  static bool (*const link[])(struct demo *, struct entry *, const char *, const char *) = {
      [GIT_OBJECT_COMMIT] = link_commit, [GIT_OBJECT_TREE] = link_tree, [GIT_OBJECT_TAG] = link_tag};
  git_odb_object *object = read_object(demo, entry);
  if (!object) return;
  const char *bytes = git_odb_object_data(object);
  if (!link[entry->type](demo, entry, bytes, bytes + git_odb_object_size(object)))
    fail(EXIT_FAILURE, "object %s is malformed; run git fsck", hex(&entry->oid).s);
  git_odb_object_free(object);
}

/* Lines "COMMIT [PARENT]...": the commit's parents are these, whatever it says itself. `shallow` has the same form. */
static void load_grafts(struct demo *demo, const char *name) {
  char *path = repository_path(demo, GIT_REPOSITORY_ITEM_COMMONDIR, name);
  char *text = read_file(path, NULL), *rest = text;
  for (char *line; (line = strsep(&rest, "\n"));) {
    struct entry *commit = NULL;
    git_oid oid;
    for (char *word; (word = strsep(&line, " \r")) && git_oid_fromstr(&oid, word) == 0;) {
      if (commit)
        add_link(demo, commit, &oid);
      else if (!(commit = find_entry(demo, &oid)) || commit->cut)
        break;
      commit->cut = true;
    }
  }
  free(text);
  free(path);
}

static void load_objects(struct demo *demo) {
  uint64_t done = 0;
  signal(SIGVTALRM, on_stuck);
  must_git(git_odb_foreach(demo->store, add_object, demo), "list", "the objects");
  load_grafts(demo, "info/grafts");
  load_grafts(demo, "shallow");
  for (struct entry *entry = demo->entries; entry; entry = entry->hh.next) {
    load_object(demo, entry);
    if (done++ % 4096 == 0) show_progress("reading", HASH_COUNT(demo->entries) - done + 1);
  }
  clear_progress();
}

/* ------------------------------------------------------------------ roots */

/* Pins what a root names; NULL when it is missing. */
static struct entry *hold(struct demo *demo, const git_oid *oid, const char *root) {
  struct entry *entry = find_entry(demo, oid);
  if (entry)
    must(xlgc_pin(demo->context, entry->id), "pin an object");
  else
    note_missing(demo, NULL, root, oid);
  return entry;
}

void hold_fixed(struct demo *demo, const git_oid *oid, const char *root) {
  struct entry *entry = hold(demo, oid, root);
  if (entry) entry->fixed = true;
}

static void load_references(struct demo *demo) {
  git_reference_iterator *iterator;
  git_reference *found;
  int code;
  must_git(git_reference_iterator_new(&iterator, demo->repository), "list", "the references");
  while ((code = git_reference_next(&found, iterator)) == 0) {
    const git_oid *oid = git_reference_target(found);
    if (oid) {
      demo->references =
          one_more(demo->references, demo->reference_count, &demo->reference_room, sizeof *demo->references);
      struct reference *reference = &demo->references[demo->reference_count++];
      reference->name = must_have(strdup(git_reference_name(found)));
      reference->target = hold(demo, oid, reference->name);
      reference->headed = reference->dropped = false;
    }
    git_reference_free(found);
  }
  if (code != GIT_ITEROVER) must_git(code, "read", "the references");
  git_reference_iterator_free(iterator);
}

struct reference *find_reference(struct demo *demo, const char *name) {
  for (size_t i = 0; i < demo->reference_count; i++)
    if (!strcmp(demo->references[i].name, name)) return &demo->references[i];
  return NULL;
}

/* The object that a file such as HEAD leads to; GIT_ENOTFOUND for none, as on a branch without a commit so far. */
static int read_head(struct demo *demo, const char *path, git_oid *oid) {
  char *text = read_file(path, NULL);
  int code = GIT_ENOTFOUND;
  if (text) text[strcspn(text, "\r\n")] = 0;
  if (text && !strncmp(text, "ref:", 4)) {
    git_reference *named, *direct;
    if ((code = git_reference_lookup(&named, demo->repository, text + 4 + strspn(text + 4, " \t"))) == 0) {
      if ((code = git_reference_resolve(&direct, named)) == 0) {
        struct reference *reference = find_reference(demo, git_reference_name(direct));
        if (reference) reference->headed = true;
        *oid = *git_reference_target(direct);
        git_reference_free(direct);
      }
      git_reference_free(named);
    }
  } else if (text) {
    code = git_oid_fromstr(oid, text);
  }
  free(text);
  return code;
}

static void hold_head(struct demo *demo, const char *path) {
  git_oid oid;
  int code = read_head(demo, path, &oid);
  if (code == GIT_ENOTFOUND) return;
  must_git(code, "make sense of", path);
  demo->heads = one_more(demo->heads, demo->head_count, &demo->head_room, sizeof *demo->heads);
  demo->heads[demo->head_count++] = oid;
  hold_fixed(demo, &oid, "HEAD");
}

/* The HEAD of every worktree. */
static void load_heads(struct demo *demo) {
  git_strarray worktrees;
  char *main_head = repository_path(demo, GIT_REPOSITORY_ITEM_COMMONDIR, "HEAD");
  hold_head(demo, main_head);
  must_git(git_worktree_list(&worktrees, demo->repository), "list", "the worktrees");
  for (size_t i = 0; i < worktrees.count; i++) {
    char *path = repository_path(demo, GIT_REPOSITORY_ITEM_WORKTREES, worktrees.strings[i]);
    char *head = written("%s/HEAD", path);
    hold_head(demo, head);
    free(head);
    free(path);
  }
  git_strarray_dispose(&worktrees);
  free(main_head);
}

/* A worktree beside the main one has references of its own, which libgit2 does not list. */
static void load_own_references(struct demo *demo) {
  static const char *const directories[] = {"refs/bisect", "refs/rewritten", "refs/worktree"};
  for (size_t i = 0; git_repository_is_worktree(demo->repository) && i < sizeof directories / sizeof *directories;
       i++) {
    char *directory = repository_path(demo, GIT_REPOSITORY_ITEM_GITDIR, directories[i]);
    DIR *stream = opendir(directory);
    for (struct dirent *file; stream && (file = readdir(stream));) {
      if (file->d_name[0] == '.') continue;
      char *path = written("%s/%s", directory, file->d_name);
      hold_head(demo, path);
      free(path);
    }
    if (stream) closedir(stream);
    free(directory);
  }
}

/* Objects are roots while nothing has held them. What still is one now, by that alone, is taken back. */
static void take_back_unheld(struct demo *demo) {
  for (struct entry *entry = demo->entries; entry; entry = entry->hh.next)
    if (!entry->held) {
      must(xlgc_pin(demo->context, entry->id), "pin an object");
      must(xlgc_unpin(demo->context, entry->id), "unpin an object");
    }
}

/* -------------------------------------------------------------- the whole */

void open_repository(struct demo *demo, const char *path) {
  /* What these change is not in the way of a reader. */
  static const char *extensions[] = {"partialclone", "preciousobjects", "worktreeconfig"};
  if (git_libgit2_init() < 0 || git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0) < 0 ||
      git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0) < 0 ||
      git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, sizeof extensions / sizeof *extensions) < 0)
    fail(EXIT_FAILURE, "cannot set up libgit2: %s", git_complaint());
  must_git(git_repository_open_ext(&demo->repository, path, GIT_REPOSITORY_OPEN_CROSS_FS, NULL), "open", path);
  must_git(git_repository_odb(&demo->store, demo->repository), "open the objects of", path);
}

void load_repository(struct demo *demo, int setting) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = setting;
  config.on_error = on_late_error;
  config.data = demo;
  demo->kind = (xlgc_kind){.name = "git object", .flags = XLGC_KIND_UNINDEXED, .release = on_release, .data = demo};
  must(xlgc_pool_create(&config, &demo->pool), "create a pool");
  must(xlgc_context_create(demo->pool, "git", &demo->context), "create a context");
  load_objects(demo);
  load_references(demo);
  load_heads(demo);
  load_own_references(demo);
  load_index(demo);
  take_back_unheld(demo);
  settle(demo, UNREACHABLE_BEFORE);
}

void forget_repository(struct demo *demo) {
  must(xlgc_pool_destroy(demo->pool), "destroy the pool");
  HASH_CLEAR(hh, demo->entries);
  while (demo->chunks) {
    struct chunk *chunk = demo->chunks;
    demo->chunks = chunk->next;
    free(chunk);
  }
  for (size_t i = 0; i < demo->reference_count; i++)
    free(demo->references[i].name);
  free(demo->references);
  free(demo->heads);
  free(demo->missing);
  git_odb_free(demo->store);
  git_repository_free(demo->repository);
  git_libgit2_shutdown();
}
