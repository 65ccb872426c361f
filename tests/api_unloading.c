/* The library is opened, used and closed again and again, as by plug-ins that come and go; alone, and inside of a
 * plug-in that has the archive in it. It stays in memory: threads that end later, and forks, call it. This program is
 * not linked with it. */
#include <config.h>

#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xlgc.h>

#include "support/trial.h"

enum { EARLY, LATE, THREADS };

/* What of the library is used; found anew each time. */
static struct {
  void *handle;
  int (*create)(const xlgc_config *config, xlgc_pool **out);
  int (*destroy)(xlgc_pool *pool);
  int (*here)(xlgc_pool *pool, xlgc_context **out);
  int (*flush)(xlgc_pool *pool);
} library;

static void load(const char *path) {
  library.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  ck_assert_msg(library.handle != NULL, "%s", dlerror());
  *(void **)&library.create = dlsym(library.handle, "xlgc_pool_create");
  *(void **)&library.destroy = dlsym(library.handle, "xlgc_pool_destroy");
  *(void **)&library.here = dlsym(library.handle, "xlgc_context_here");
  *(void **)&library.flush = dlsym(library.handle, "xlgc_flush");
  MUST(library.create && library.destroy && library.here && library.flush);
}

/* A thread that has a context of its own of the pool, and ends when it is told to. */
struct user {
  xlgc_pool *pool;
  pthread_t thread;
  sem_t has_used, may_end;
  int failed;
};

static void *use(void *data) {
  struct user *user = data;
  xlgc_context *context;
  user->failed = library.here(user->pool, &context);
  sem_post(&user->has_used);
  sem_wait(&user->may_end);
  return NULL;
}

static void begin(struct user *user, xlgc_pool *pool) {
  user->pool = pool;
  ok(sem_init(&user->has_used, 0, 0) | sem_init(&user->may_end, 0, 0));
  ok(pthread_create(&user->thread, NULL, use, user));
  sem_wait(&user->has_used);
}

static void end(struct user *user) {
  sem_post(&user->may_end);
  ok(pthread_join(user->thread, NULL));
  ok(user->failed);
  ok(sem_destroy(&user->has_used) | sem_destroy(&user->may_end));
}

static void use_once(const char *path) {
  xlgc_pool *pool;
  struct user users[THREADS];
  load(path);
  ok(library.create(NULL, &pool));
  for (unsigned i = 0; i < THREADS; i++)
    begin(&users[i], pool);
  end(&users[EARLY]);
  ok(library.flush(pool));
  ok(library.destroy(pool));
  ok(dlclose(library.handle));
  end(&users[LATE]);
}

static char path[4096];
static void find(const char *name) {
  const char *build = getenv("top_builddir");
  snprintf(path, sizeof path, "%s/%s", build ? build : ".", name);
}

static const char *const names[] = {".libs/libxlgc.so", "tests/.libs/plugin.so"};

START_TEST(reloaded_again_and_again) {
  find(names[_i]);
  unsigned times = trial_work(10000);
  for (unsigned i = 0; i < times; i++)
    use_once(path);
  void *still_there = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  ck_assert_ptr_nonnull(still_there);
  ok(dlclose(still_there));
}
END_TEST

START_TEST(a_process_forks_after_it_was_closed) {
  find(names[_i]);
  use_once(path);
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    use_once(path);
    _exit(0);
  }
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
}
END_TEST

int main(void) {
  for (unsigned i = 0; i < 2; i++) {
    find(names[i]);
    if (access(path, R_OK) == 0) continue;
    printf("skipped: there is no %s, as only static libraries are built here\n", path);
    return 77;
  }
  Suite *suite = suite_create("api_unloading");
  TCase *all = trial_case(suite, "unloading");
  tcase_add_loop_test(all, reloaded_again_and_again, 0, 2);
  tcase_add_loop_test(all, a_process_forks_after_it_was_closed, 0, 2);
  return trial_run(suite);
}
