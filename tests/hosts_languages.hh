/* Lua, Python and both JavaScripts in one pool, and C++: what the tables of cells over all of them share. */
#ifndef HOSTS_LANGUAGES_HH
#define HOSTS_LANGUAGES_HH

#include <xlgc/duktape.h>
#include <xlgc/lua.h>
#include <xlgc/python.h>
#include <xlgc/script.hpp>

#include <memory>
#include <string>
#include <vector>

#include "support/whole.h"

extern "C" const xlgc_language xlgc_language_mozjs; /* its header wants SpiderMonkey's */

enum { LUA, PYTHON, MOZJS, DUKTAPE, CPP, LANGUAGES, ENGINES = CPP };
inline const char *const names[LANGUAGES] = {"lua", "python", "mozjs", "duktape", "c++"};
inline const xlgc_language *const languages[ENGINES] = {&xlgc_language_lua, &xlgc_language_python, &xlgc_language_mozjs,
                                                        &xlgc_language_duktape};

/* How a list of functions is written, each of which makes what an expression says; an empty one is nothing. It is the
 * global of this name, counted from 0. */
inline std::string list_of(unsigned language, const std::string &name, const std::vector<std::string> &expressions) {
  static const char *const parts[ENGINES][5] = {{"", " = {[0]=", "function() return ", " end, ", "}"},
                                                {"", " = [", "lambda: ", ", ", "]"},
                                                {"var ", " = [", "() => ", ", ", "]"},
                                                {"var ", " = [", "function () { return ", "; }, ", "]"}};
  static const char *const nothing[ENGINES] = {"nil", "None", "null", "null"};
  const auto &part = parts[language];
  std::string text = part[0] + name + part[1];
  for (const std::string &one : expressions)
    text += part[2] + (one.empty() ? nothing[language] : one) + part[3];
  return text + part[4];
}

/* All of them, with the object that they share. At the end nothing may be wrong with the pool. */
struct all_languages {
  xlgc::pool pool;
  std::unique_ptr<xlgc::language> all[ENGINES];
  xlgc::held shared;

  /* prelude(i): what the i-th runs first. */
  template <class Prelude> explicit all_languages(Prelude prelude) {
    for (unsigned i = 0; i < ENGINES; i++) {
      if (i == PYTHON) __lsan_disable(); /* CPython keeps some of what it makes when it starts, and loads modules */
      all[i] = std::make_unique<xlgc::language>(pool, *languages[i]);
      if (i == PYTHON) all[i]->eval("import array, datetime");
      if (i == PYTHON) __lsan_enable();
      for (const std::string &text : std::vector<std::string>(prelude(i)))
        all[i]->eval(text);
    }
    shared = all[LUA]->eval("return xlgc.shared");
  }
  all_languages(const all_languages &) = delete;
  ~all_languages() {
    shared = xlgc::held();
    for (auto &one : all)
      one.reset();
    (void)whole_pool(pool.native());
  }
  template <class Function> void put(const std::string &name, Function function) {
    shared.set(name, std::move(function));
  }
  xlgc::held get(const std::string &name) { return shared.get<xlgc::held>(name); }
};

#endif
