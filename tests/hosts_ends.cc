/* How engines end. A table: each sort of engine, one that a language starts and one of the program's own; on the main
 * thread or on another; its thread ends, it is closed, the process exits, forks, or destroys the pool first; while it is
 * idle, in a call, or while another engine holds an object of it. Each cell is a process of its own, which must end as
 * it should and say nothing; what is said to scripts and programs are the words and codes expected below. */
#include <config.h>

extern "C" {
#include <lauxlib.h>
#include <lualib.h>
}
#include <xlgc/duktape.h>
#include <xlgc/lua.h>
#include <xlgc/python.h>
#include <xlgc/script.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "support/kits.h"
#include "support/trial.h"

extern "C" const xlgc_language xlgc_language_mozjs; /* its header wants SpiderMonkey's */

namespace {

/* ------------------------------------------------------------------ the table */

enum { LUA, PYTHON, MOZJS, DUKTAPE, LANGUAGES };
enum place { MAIN, OTHER, PLACES };
enum how { THREAD_ENDS, CLOSED, EXITS, FORKS, POOL_FIRST, ENDS };
enum moment { IDLE, IN_A_CALL, HELD, STATES };

const char *const names[LANGUAGES] = {"lua", "python", "mozjs", "duktape"};
const xlgc_language *const languages[LANGUAGES] = {&xlgc_language_lua, &xlgc_language_python, &xlgc_language_mozjs,
                                                   &xlgc_language_duktape};
const hosts_engine *const kits[LANGUAGES] = {&kit_lua, &kit_python, &kit_mozjs, &kit_duktape};
const char *const places[PLACES] = {"main thread", "other thread"};
const char *const ends[ENDS] = {"thread ends", "closed", "process exits", "process forks", "pool destroyed first"};
const char *const states[STATES] = {"idle", "in a call", "held"};

struct cell {
  unsigned language;
  bool is_own; /* the program's own engine, which it opens and ends by the language's functions */
  place where;
  how end;
  moment state;
  std::string name() const {
    return std::string(names[language]) + (is_own ? " of the program, " : ", ") + places[where] + ", " + ends[end] +
           ", " + states[state];
  }
  /* The main thread ends with the process; a thread that ends is in no call. A sanitizer's allocator may be locked by one of
   * SpiderMonkey's threads at a fork, and the child would wait for it. */
  bool is_there() const {
    if (TRIAL_SANITIZED && end == FORKS && names[language] == std::string("mozjs")) return false;
    return end != THREAD_ENDS || (where == OTHER && state != IN_A_CALL);
  }
};

enum { EXITED = 3, CHILD_EXITED = 4, WRONG = 5 };

[[noreturn]] void give_up(const std::string &what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::fflush(stderr);
  _exit(WRONG);
}
void expect(const std::string &what, const std::string &is, const std::string &expected) {
  if (is != expected) give_up(what + ": '" + is + "' and not '" + expected + "'");
}
void expect(const std::string &what, int is, int expected) {
  expect(what, is < 0 ? xlgc_errname(is) : std::to_string(is),
         expected < 0 ? xlgc_errname(expected) : std::to_string(expected));
}

/* ----------------------------------------------------------------- the engine */

/* What an engine's code calls, which does what the test says. */
class action : public xlgc::scriptable {
public:
  std::function<void()> act;
  bool script_callable() const override { return true; }
  xlgc::value script_call(const xlgc::value &, const std::vector<xlgc::value> &) override {
    if (act) act();
    return {};
  }
};

class subject {
public:
  virtual ~subject() = default;
  virtual void open(const xlgc::pool &pool) = 0;
  /* An object with a field `number`, which is 7. */
  virtual xlgc::value give() = 0;
  /* Its code calls the action. Returns whether that has raised an error. */
  virtual bool call(const xlgc::value &action) = 0;
  /* May the host be closed now? As its thread, or another, would close it. */
  virtual int close() = 0;
  virtual void end() = 0;
  /* Another thread goes on with it. */
  virtual int adopt() { return 0; }
};

class started : public subject {
public:
  explicit started(unsigned which) : which_(which) {}
  void open(const xlgc::pool &pool) override {
    pool_ = pool.native();
    engine_ = std::make_unique<xlgc::language>(pool, *languages[which_]);
  }
  xlgc::value give() override {
    static const char *const objects[LANGUAGES] = {"{number = 7}", "__import__('types').SimpleNamespace(number=7)",
                                                   "({number: 7})", "({number: 7})"};
    kept_ = engine_->eval(objects[which_]);
    return kept_.get();
  }
  bool call(const xlgc::value &action) override {
    static const char *const texts[LANGUAGES] = {"return function(f) f() end", "lambda f: f()", "f => f()",
                                                 "(function (f) { f(); })"};
    try {
      function_ = engine_->eval(texts[which_]);
      function_.call(action);
    } catch (const std::exception &) {
      return true;
    }
    return false;
  }
  int close() override { return 0; }
  void end() override {
    kept_ = function_ = xlgc::held();
    engine_.reset();
  }

private:
  unsigned which_;
  xlgc_pool *pool_ = nullptr;
  xlgc::held kept_, function_;
  std::unique_ptr<xlgc::language> engine_;
};

/* Python's lock is taken for what the kit does, as by any thread of a program that has it in itself. */
class own : public subject {
public:
  explicit own(unsigned which) : which_(which), kit_(*kits[which]) {}
  void open(const xlgc::pool &pool) override {
    engine_ = kit_.open(pool.native());
    host_ = kit_.host(engine_);
    if (which_ == PYTHON) thread_ = PyEval_SaveThread();
  }
  xlgc::value give() override {
    xlgc_value out = {};
    locked([&] {
      kit_.make(engine_, 0, 7);
      ok(kit_.give(engine_, 0, &out.as.id));
    });
    out.type = XLGC_OBJECT;
    return xlgc::value(out);
  }
  bool call(const xlgc::value &action) override {
    bool raised = false;
    locked([&] { raised = kit_.call(engine_, action.id()); });
    return raised;
  }
  int close() override {
    int failed = 0;
    locked([&] { failed = xlgc_host_close(host_); });
    return failed;
  }
  void end() override {
    if (which_ == PYTHON) PyGILState_Ensure();
    kit_.end(engine_);
  }
  int adopt() override { return xlgc_host_adopt(host_); }

private:
  template <class Function> void locked(Function function) {
    if (which_ != PYTHON) return function();
    PyGILState_STATE state = PyGILState_Ensure();
    function();
    PyGILState_Release(state);
  }
  unsigned which_;
  const hosts_engine &kit_;
  void *engine_ = nullptr;
  xlgc_host *host_ = nullptr;
  PyThreadState *thread_ = nullptr;
};

/* -------------------------------------------------------------------- a cell */

const char *const gone = "ReferenceError: the object is gone: nothing held it any more, or its engine was closed";
const char *const elsewhere =
    "this engine belongs to another thread; use its objects on that thread, or pass it the work";
const char *const parents = "this object belongs to the parent process; a child uses engines that it opens itself";
const char *const shut = "ReferenceError: the pool was shut down; it takes no more events and can only be destroyed";

class trial {
public:
  explicit trial(const cell &is) : is_(is) {
    if (is.is_own)
      subject_ = std::make_unique<own>(is.language);
    else
      subject_ = std::make_unique<started>(is.language);
  }
  void run() {
    if (is_.where == MAIN)
      run_here();
    else
      run_elsewhere();
    holder_.reset();
    destroy_pool();
  }

private:
  /* What the other engine is told that holds the object. */
  std::string ask() {
    if (!holder_) return "7";
    static const char text[] = "(function() local good, is = pcall(function() return kept.number end)\n"
                               "return good and string.format('%d', is) or tostring(is) end)()";
    lua_State *L = holder_.get();
    if (luaL_dostring(L, (std::string("return ") + text).c_str())) give_up(lua_tostring(L, -1));
    std::string is = lua_tostring(L, -1);
    lua_settop(L, 0);
    return is;
  }
  void expect_words(const std::string &expected) {
    if (holder_) expect("the one that holds it", ask(), expected);
  }
  bool is_mozjs() const { return is_.language == MOZJS; }
  /* A thread may use an engine that another had: if a language has started it, or Python. */
  bool is_any_threads() const { return !is_mozjs() && (!is_.is_own || is_.language == PYTHON); }
  std::string from_main() const { return is_.where == MAIN || is_any_threads() ? "7" : elsewhere; }

  void open_pool() {
    pool_ = std::make_unique<xlgc::pool>();
    action_ = pool_->make<action>();
  }
  void destroy_pool() {
    pool_.reset();
    action_ = nullptr;
  }
  /* On the main thread: the state that holds the object is the program's own. */
  void open_holder(const xlgc::value &object) {
    if (is_.state != HELD) return;
    holder_.reset(luaL_newstate());
    luaL_openlibs(holder_.get());
    expect("xlgc_lua_open", xlgc_lua_open(holder_.get(), pool_->native(), 0, nullptr), 0);
    expect("xlgc_lua_push", xlgc_lua_push(holder_.get(), object.native()), 0);
    lua_setglobal(holder_.get(), "kept");
  }

  [[noreturn]] void be_child() {
    expect_words(parents);
    if (is_.is_own && is_mozjs()) _exit(CHILD_EXITED); /* as SpiderMonkey's threads are not there to be ended */
    std::exit(CHILD_EXITED);
  }
  void fork_and_wait() {
    const pid_t child = fork();
    if (!child) be_child();
    int status;
    waitpid(child, &status, 0);
    expect("the child's status", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), CHILD_EXITED);
  }

  /* What happens, on the main thread, or in a call that it has made. */
  void act() {
    switch (is_.end) {
    case EXITS: std::exit(EXITED);
    case FORKS: return fork_and_wait();
    case POOL_FIRST: return destroy_pool();
    default: return;
    }
  }
  /* The object that others have, after that. */
  void look() {
    if (is_.end == POOL_FIRST) return expect_words(shut);
    expect_words(from_main());
  }

  void run_here() {
    open_pool();
    subject_->open(*pool_);
    open_holder(subject_->give());
    expect_words("7");
    if (is_.state == IN_A_CALL) {
      action_->act = [&] {
        if (is_.end == CLOSED) end_inside();
        act();
      };
      expect("raised", subject_->call(action_), false);
    } else {
      act();
    }
    look();
    if (subject_) subject_->end();
    subject_.reset();
    expect_words(is_.end == POOL_FIRST ? shut : gone);
  }
  /* As the language is ended by its object, or as a program asks whether it may end its engine. */
  void end_inside() {
    if (is_.is_own)
      expect("to close it", subject_->close(), XLGC_E_BUSY);
    else
      subject_.reset();
  }

  /* The engine's thread. */
  void be_thread() {
    subject_->open(*pool_);
    object_ = std::make_unique<xlgc::held>(*pool_, subject_->give());
    if (is_.state == IN_A_CALL) {
      action_->act = [&] { wait_for_main(); };
      expect("raised", subject_->call(action_), false);
    } else {
      wait_for_main();
    }
    if (is_.end == THREAD_ENDS && !(is_.is_own && is_mozjs())) return; /* whose context cannot outlive it */
    subject_->end();
    subject_.reset();
  }
  /* Code of C++ that Python calls has its lock, and gives it away to wait. */
  void wait_for_main() {
    PyThreadState *python = is_.language == PYTHON && PyGILState_Check() ? PyEval_SaveThread() : nullptr;
    is_opened_ = true;
    await(may_go_on_);
    if (python) PyEval_RestoreThread(python);
  }
  static void await(const std::atomic<bool> &event) {
    while (!event)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  void run_elsewhere() {
    open_pool();
    std::thread thread([this] { be_thread(); });
    await(is_opened_);
    open_holder(object_->get());
    expect_words(from_main());
    if (is_.end == CLOSED && is_.state == IN_A_CALL && is_.is_own)
      expect("to close it", subject_->close(), is_any_threads() ? XLGC_E_BUSY : XLGC_E_OTHER_THREAD);
    act();
    if (is_.end != THREAD_ENDS) look();
    may_go_on_ = true;
    thread.join();
    if (is_.end == THREAD_ENDS) look_after_thread();
    object_.reset();
    expect_words(is_.end == POOL_FIRST ? shut : gone);
  }
  /* Its thread has left it: the main one goes on with it, or it has ended. */
  void look_after_thread() {
    if (is_mozjs()) {
      expect_words(gone);
    } else {
      expect_words(from_main());
      expect("to adopt it", subject_->adopt(), 0);
      expect_words("7");
    }
    if (subject_) subject_->end();
    subject_.reset();
  }

  struct close_state {
    void operator()(lua_State *L) const { lua_close(L); }
  };
  const cell is_;
  std::unique_ptr<xlgc::pool> pool_;
  xlgc::root<action> action_;
  std::unique_ptr<subject> subject_;
  std::unique_ptr<xlgc::held> object_;
  std::unique_ptr<lua_State, close_state> holder_;
  std::atomic<bool> is_opened_{false}, may_go_on_{false};
};

/* --------------------------------------------------------------------- all */

[[noreturn]] void be_cell(const cell &is, FILE *said) {
  if (dup2(fileno(said), STDOUT_FILENO) < 0 || dup2(fileno(said), STDERR_FILENO) < 0) _exit(WRONG);
  alarm(trial_timeout_s());
  /* Leaks are looked for once: now, and not at the exit of a process that has left its engines, or other threads. */
  if (is.end == EXITS || is.end == FORKS) __lsan_do_leak_check();
  try {
    trial(is).run();
  } catch (const std::exception &thrown) {
    give_up(std::string("thrown: ") + thrown.what());
  }
  std::exit(EXIT_SUCCESS);
}

/* Runs one in a process of its own. Returns whether it is as it should be. */
bool is_good(const cell &is) {
  FILE *said = tmpfile();
  MUST(said);
  std::fflush(nullptr);
  const pid_t child = fork();
  MUST(child >= 0);
  if (!child) be_cell(is, said);
  int status;
  waitpid(child, &status, 0);
  const int expected = is.end == EXITS ? EXITED : EXIT_SUCCESS;
  const bool good = WIFEXITED(status) && WEXITSTATUS(status) == expected && lseek(fileno(said), 0, SEEK_END) == 0;
  if (!good) {
    std::printf("%s: %s %d\n", is.name().c_str(), WIFEXITED(status) ? "exit status" : "signal",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    std::rewind(said);
    for (int c; (c = std::getc(said)) != EOF;)
      std::putchar(c);
  }
  std::fclose(said);
  return good;
}

const char *only; /* cells whose names contain this */

START_TEST(all_ends) {
  unsigned count = 0, wrong = 0;
  for (unsigned which = 0; which < PLACES * ENDS * STATES; which++) {
    const cell is = {static_cast<unsigned>(_i) / 2, _i % 2 != 0, static_cast<place>(which / (ENDS * STATES)),
                     static_cast<how>(which / STATES % ENDS), static_cast<moment>(which % STATES)};
    if (!is.is_there() || (only && is.name().find(only) == std::string::npos)) continue;
    count++;
    wrong += !is_good(is);
  }
  std::printf("%s%s: %u cells, %u wrong\n", names[_i / 2], _i % 2 ? " of the program" : "", count, wrong);
  std::fflush(stdout);
  ck_assert_uint_eq(wrong, 0);
}
END_TEST

} // namespace

int main(int count, char **arguments) {
  if (count > 1) only = arguments[1];
  Suite *suite = suite_create("hosts_ends");
  TCase *cases = trial_case(suite, "ends");
  tcase_add_loop_test(cases, all_ends, 0, 2 * LANGUAGES);
  return trial_run(suite);
}
