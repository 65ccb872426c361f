/* xlgc.hpp in the child of a fork, which has copies of pools, objects and pointers that belong to its parent: it ends
 * quietly whatever way it takes, is refused when it uses them, and may have a pool of its own. */
#include <config.h>

#include "cpp_support.hh"

#include <csignal>
#include <memory>
#include <pthread.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#ifdef TRIAL_FINDS_LEAKS
/* A child leaves what Check has allocated. */
extern "C" const char *__asan_default_options() { return "detect_leaks=0"; }
#endif

using xlgc::make;
using xlgc::root;
using xlgc::weak;

/* Destroyed by exit, the pool first. */
static root<node> global_root;
static weak<node> global_weak;
static std::unique_ptr<xlgc::pool> global_pool;

static void set_globals() {
  global_pool = std::make_unique<xlgc::pool>();
  global_root = make<node>();
  global_root->next = make<node>();
  global_root->next->next = global_root;
  global_weak = global_root;
  global_pool->flush();
}

static void end_globals() {
  global_root = nullptr;
  global_weak = nullptr;
  ck_assert_uint_eq(global_pool->lost_drops(), 0);
  global_pool->flush();
  expect_alive(0);
  global_pool.reset();
}

/* Runs `run` in a child, and ends it with exit if it returns. */
template <class Run> static void expect_quiet(Run run) {
  const pid_t child = fork();
  if (child == 0) {
    run();
    std::exit(0);
  }
  ck_assert_int_gt(child, 0);
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status), "the child ended by signal %d", WTERMSIG(status));
  ck_assert_int_eq(WEXITSTATUS(status), 0);
}

static void exit_on_another_thread() {
  std::thread([] { std::exit(0); }).join();
}
static void execute() {
  execl("/bin/sh", "sh", "-c", "exit 0", static_cast<char *>(nullptr));
  _exit(1);
}
static void let_go_first() {
  global_root = nullptr;
  global_weak = nullptr;
}
static void destroy_the_pool_first() { global_pool.reset(); }
static void destroy_the_pool_last() { global_pool.release(); }
static void end_the_only_thread() {
  xlgc_context *context;
  if (xlgc_context_here(global_pool->native(), &context) != XLGC_E_FORK) _exit(1);
  pthread_exit(nullptr);
}
static void copies_outlive_the_pool() {
  auto *copy = new root<node>(std::move(global_root));
  global_pool.reset();
  delete copy;
  global_weak.lock();
}

static void (*const ways[])() = {
    [] {},
    [] { _exit(0); },
    [] { std::quick_exit(0); },
    execute,
    let_go_first,
    destroy_the_pool_first,
    destroy_the_pool_last,
    copies_outlive_the_pool,
    exit_on_another_thread,
    end_the_only_thread, /* not inside a callback */
};
/* The thread sanitizer's run-time library takes no new thread in the child of a process with several, and never ends
 * one that its first thread leaves. */
constexpr int WAYS = sizeof ways / sizeof *ways - (TRIAL_SANITIZED ? 2 : 0);
constexpr int WAYS_IN_CALLBACKS = WAYS - (TRIAL_SANITIZED ? 0 : 1);

START_TEST(a_child_ends_quietly) {
  set_globals();
  void (*const way)() = ways[_i];
  expect_quiet(way);
  std::thread([way] { expect_quiet(way); }).join();
  end_globals();
}
END_TEST

/* While the worker and other threads are anywhere in the header and in the library. */
START_TEST(a_child_ends_quietly_beside_threads_at_work) {
  set_globals();
  global_pool->start_worker();
  std::atomic<bool> stop{false};
  auto &threads = *new std::vector<std::thread>; /* a child's pthread_exit destroys what is on the stack */
  for (int t = 0; t < 2; t++)
    threads.emplace_back([&] {
      while (!stop) {
        root<node> one = make<node>();
        one->next = one;
        weak<node> first(one), second(global_root);
        one = nullptr;
        first.lock();
      }
    });
  for (unsigned i = 0; i < trial_work(100); i++)
    expect_quiet(ways[_i]);
  stop = true;
  for (std::thread &each : threads)
    each.join();
  delete &threads;
  global_pool->stop_worker();
  end_globals();
}
END_TEST

/* The child is forked by an object's constructor or destructor. */
struct forking : xlgc::object, counted {
  void (*way)();
  explicit forking(void (*run)()) : way(run) { expect_quiet(way); }
  ~forking() { expect_quiet(way); }
};

START_TEST(a_child_ends_quietly_inside_constructors_and_callbacks) {
  set_globals();
  make<forking>(ways[_i]);
  global_pool->flush();
  end_globals();
}
END_TEST

/* Whatever adds, throws; whatever drops, does nothing; a pool of its own is as any. */
static void use_everything() {
  xlgc::pool &parents = *global_pool;
  expect_error(XLGC_E_FORK, root<node>{global_root});
  expect_error(XLGC_E_FORK, global_root->next->next = global_root->next);
  expect_error(XLGC_E_FORK, weak<node>{global_root});
  expect_error(XLGC_E_FORK, make<node>());
  expect_error(XLGC_E_FORK, parents.flush());
  expect_error(XLGC_E_FORK, parents.apply());
  expect_error(XLGC_E_FORK, parents.step(1));
  expect_error(XLGC_E_FORK, parents.statistics());
  expect_error(XLGC_E_FORK, parents.dispatch());
  expect_error(XLGC_E_FORK, parents.start_worker());
  expect_error(XLGC_E_FORK, parents.stop_worker());
  expect_error(XLGC_E_FORK, parents.start_cleaner());
  expect_error(XLGC_E_FORK, xlgc::section{parents});
  expect_error(XLGC_E_FORK, xlgc::context{parents});
  ck_assert(!global_weak.lock());
  ck_assert(global_root->next->next == global_root);
  {
    counting_pool own;
    xlgc::pool::use mine(own);
    const int before = counted::alive;
    root<node> ring = make<node>();
    ring->next = ring;
    weak<node> seen(ring);
    ck_assert(seen.lock() == ring);
    expect_error(XLGC_E_FOREIGN, ring->next = global_root);
    ring = nullptr;
    own.flush();
    ck_assert_int_eq(counted::alive, before);
    ck_assert(!seen.lock());
  }
  global_root->next = nullptr;
  global_root = nullptr;
}

START_TEST(a_child_is_refused) {
  set_globals();
  expect_quiet(use_everything);
  end_globals();
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_forks");
  TCase *forks = trial_case(suite, "forks");
  tcase_add_loop_test(forks, a_child_ends_quietly, 0, WAYS);
  /* The sanitizers' own locks are not free in the child of a process with several threads. */
  if (!TRIAL_SANITIZED) tcase_add_loop_test(forks, a_child_ends_quietly_beside_threads_at_work, 0, WAYS);
  tcase_add_loop_test(forks, a_child_ends_quietly_inside_constructors_and_callbacks, 0, WAYS_IN_CALLBACKS);
  tcase_add_test(forks, a_child_is_refused);
  return trial_run(suite);
}
