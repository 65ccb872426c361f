/* What is thrown in one language and caught in another, in all combinations: which language throws (Lua, Python, both
 * JavaScripts, C++), through what it comes, which language catches it, what is thrown, and in which use of an object. Each
 * is a cell, with what must come out: at home the thrown value itself; elsewhere an error that has it, its language, its
 * type's name, its words, and the functions that it came through. */
#include <config.h>

#include <cstdio>

#include "hosts_languages.hh"

namespace {

/* In which use of an object it is thrown. */
enum { BY_CALL, BY_GET, BY_SET, BY_LENGTH, WAYS };

/* ------------------------------------------------------------------------- what is thrown */

struct kind {
  const char *code; /* an expression of the language; what C++ throws is in throw_one */
  std::string type, words;
  bool is_general, is_beginning; /* words: only how they begin */
};
using namespace std::string_literals;

const std::vector<kind> kinds[LANGUAGES] = {
    {{"'words\\0more'", "string", "words\0more"s, true, false},
     {"'n\xc3\xa9 \xf0\x9f\x98\x80'", "string", "n\xc3\xa9 \xf0\x9f\x98\x80", true, false},
     {"'\\xff'", "string", "?", true, false},
     {"{1}", "table", "table: ", true, true},
     {"setmetatable({}, {__name = 'mine', __tostring = function() return 'told' end})", "mine", "told", true, false},
     {"setmetatable({}, {__tostring = function() error('no') end})", "table", "an error that cannot be put into words",
      true, false},
     {"5", "number", "5", true, false},
     {"2.5", "number", "2.5", true, false},
     {"false", "boolean", "false", true, false},
     {"nil", "nil", "nil", true, false},
     {"''", "string", "", true, false},
     {"print", "function", "function: ", true, true}},
    {{"ValueError('words\\0more')", "ValueError", "words\0more"s, false, false},
     {"Mine('n\xc3\xa9 \xf0\x9f\x98\x80')", "Mine", "n\xc3\xa9 \xf0\x9f\x98\x80", false, false},
     {"ValueError()", "ValueError", "", false, false},
     {"KeyError('k')", "KeyError", "'k'", false, false},
     {"OSError(2, 'gone')", "FileNotFoundError", "[Errno 2] gone", false, false},
     {"StopIteration(1)", "StopIteration", "1", false, false},
     {"ValueError('Error: twice')", "ValueError", "Error: twice", false, false},
     {"xlgc.Error('plain')", "Error", "plain", true, false},
     {"ReferenceError('own')", "ReferenceError", "own", false, false},
     {"MemoryError('words')", "MemoryError", "words", false, false},
     {"KeyboardInterrupt('stop')", "KeyboardInterrupt", "stop", false, false},
     {"SystemExit(3)", "SystemExit", "3", false, false},
     {"GeneratorExit()", "GeneratorExit", "", false, false}},
    {{"new RangeError('words\\0more')", "RangeError", "words\0more"s, false, false},
     {"new Mine('n\xc3\xa9 \\u{1F600}')", "Mine", "n\xc3\xa9 \xf0\x9f\x98\x80", false, false},
     {"new Error('Error: twice')", "Error", "Error: twice", true, false},
     {"new Error('')", "Error", "", true, false},
     {"Object.assign(new Error('w'), {name: 'Named', code: 7})", "Named", "w", false, false},
     {"'text'", "", "text", true, false},
     {"5", "", "5", true, false},
     {"null", "", "null", true, false},
     {"false", "", "false", true, false},
     {"({x: 1})", "", "[object Object]", true, false},
     {"({toString() { throw 1 }})", "", "an error that cannot be put into words", true, false}},
    {{"new RangeError('words\\0more')", "RangeError", "words\0more"s, false, false},
     {"new Mine('n\xc3\xa9 \\ud83d\\ude00')", "Mine", "n\xc3\xa9 \xf0\x9f\x98\x80", false, false},
     {"new Error('Error: twice')", "Error", "Error: twice", true, false},
     {"new Error('')", "Error", "", true, false},
     {"'text'", "", "text", true, false},
     {"5", "", "5", true, false},
     {"null", "", "null", true, false},
     {"false", "", "false", true, false},
     {"({x: 1})", "", "[object Object]", true, false}},
    {{"", "out_of_range", "words", false, false},
     {"", "own", "an own one", false, false},
     {"", "int", "an exception of C++", false, false},
     {"", "runtime_error", "general", true, false},
     {"", "script_error", "own words", true, false}},
};

/* --------------------------------------------------------------------------- the scripts */

/* In each language: bad_L(i, way) makes an object that throws the i-th kind in this use, and notes in `last` what that is;
 * use_L(o, way) uses an object; again_L(o, way) does, catches what that throws and
 * throws it again; catch_L(use, o, way) calls `use` and reports what that throws: "home" for what `last` is,
 * else the class of the error, its text, type, message and language, whether its language knows the original, and the
 * error too where that is an object, and the functions, a zero-one byte between them; is_last_L(x) tells whether x is `last`. */
const char *const preludes[ENGINES] = {
    "shared, sep = xlgc.shared, '\\1'\n"
    "local unset = {}\n"
    "last = unset\n"
    "function shared.bad_lua(i)\n"
    "  local function raise() last = kinds[i]() error(last, 0) end\n"
    "  return setmetatable({}, {__call = raise, __index = raise, __newindex = raise, __len = raise})\n"
    "end\n"
    "function shared.use_lua(o, way)\n"
    "  local r\n"
    "  if way == 0 then r = o() elseif way == 1 then r = o.x elseif way == 2 then o.x = 1 else r = #o end\n"
    "  return r\n"
    "end\n"
    "function shared.again_lua(o, way)\n"
    "  local good, e = pcall(shared.use_lua, o, way)\n"
    "  error(e, 0)\n"
    "end\n"
    "function shared.catch_lua(use, o, way)\n"
    "  last = unset\n"
    "  local good, e = pcall(use, o, way)\n"
    "  if good then return 'nothing' end\n"
    "  if rawequal(e, last) then return 'home' end\n"
    "  if type(e) ~= 'userdata' then return type(e) .. ' ' .. tostring(e) end\n"
    "  local is_last = shared['is_last_' .. e.language]\n"
    "  local knows = is_last(e.original) and (type(e.original) ~= 'userdata' or is_last(e))\n"
    "  return table.concat({getmetatable(e).__name, tostring(e), e.type, e.message, e.language, tostring(knows), "
    "e.stack}, sep)\n"
    "end\n"
    "function shared.is_last_lua(x) return rawequal(x, last) end\n",
    "import xlgc\n"
    "shared, sep, last = xlgc.shared, '\\1', None\n"
    "class Mine(Exception): pass\n"
    "class Bad:\n"
    "  def __init__(self, i, way): object.__setattr__(self, 'i', i)\n"
    "  def throw(self, *unused):\n"
    "    global last\n"
    "    last = kinds[object.__getattribute__(self, 'i')]()\n"
    "    raise last\n"
    "  __call__ = __getattr__ = __setattr__ = __len__ = throw\n"
    "def use(o, way):\n"
    "  if way == 0: return o()\n"
    "  if way == 1: return o.x\n"
    "  if way == 2: o.x = 1\n"
    "  return len(o)\n"
    "def again(o, way):\n"
    "  try: use(o, way)\n"
    "  except BaseException as e: raise e\n"
    "def catch(use, o, way):\n"
    "  global last\n"
    "  last = None\n"
    "  try: use(o, way)\n"
    "  except BaseException as e:\n"
    "    if e is last:\n"
    "      tb = e.__traceback__\n"
    "      while tb.tb_next: tb = tb.tb_next\n"
    "      return 'home' if tb.tb_frame.f_code.co_name == 'throw' and not e.__cause__ else 'no traceback'\n"
    "    if not isinstance(e, xlgc.Error): return repr(e)\n"
    "    if not isinstance(e.__cause__, xlgc.Origin) or e.__cause__.original is not e.original: return 'cause'\n"
    "    is_last = shared['is_last_' + e.language]\n"
    "    knows = is_last(e.original) and (not isinstance(e.original, xlgc.Proxy) or is_last(e))\n"
    "    return sep.join([xlgc.Error.__name__, str(e), e.type, e.message, e.language, str(knows).lower(), e.stack])\n"
    "  return 'nothing'\n"
    "shared.bad_python, shared.use_python, shared.again_python, shared.catch_python = Bad, use, again, catch\n"
    "shared.is_last_python = lambda x: x is last\n",
    "var shared = xlgc.shared, sep = '\\x01', unset = {}, last = unset;\n"
    "class Mine extends TypeError {}\n"
    "shared.bad_mozjs = (i, way) => {\n"
    "  const raise = function thrower() { last = kinds[i](); throw last };\n"
    "  return Object.defineProperties(way === 3 ? {} : raise, {x: {get: raise, set: raise}, length: {get: raise}});\n"
    "};\n"
    "shared.use_mozjs = function use(o, way) {\n"
    "  if (way === 0) return o();\n"
    "  if (way === 1) return o.x;\n"
    "  if (way === 2) o.x = 1;\n"
    "  return xlgc.length(o);\n"
    "};\n"
    "shared.again_mozjs = function again(o, way) { try { shared.use_mozjs(o, way) } catch (e) { throw e } };\n"
    "shared.catch_mozjs = (use, o, way) => {\n"
    "  last = unset;\n"
    "  try { use(o, way) } catch (e) {\n"
    "    if (e === last) return 'home';\n"
    "    if (!(e instanceof Error) || !('cause' in e)) return String(e);\n"
    "    var is_last = shared['is_last_' + e.language], knows = is_last(e.cause);\n"
    "    if (/object|function/.test(typeof e.cause) && e.cause && !(e.cause instanceof Uint8Array)) knows = knows && "
    "is_last(e);\n"
    "    return [e.constructor.name, String(e), e.type, e.message, e.language, knows, e.stack].join(sep);\n"
    "  }\n"
    "  return 'nothing';\n"
    "};\n"
    "shared.is_last_mozjs = x => x === last;\n",
    "var shared = xlgc.shared, sep = '\\x01', unset = {}, last = unset;\n"
    "function Mine(message) { this.message = message; }\n"
    "Mine.prototype = Object.create(TypeError.prototype, {constructor: {value: Mine}});\n"
    "var bad;\n"
    "shared.bad_duktape = function (i, way) {\n"
    "  var raise = function thrower() { last = kinds[i](); throw last; };\n"
    "  bad = Object.defineProperties(way === 3 ? {} : raise, {x: {get: raise, set: raise}, length: {get: raise}});\n"
    "  return bad;\n"
    "};\n"
    "shared.use_duktape = function use(o, way) {\n"
    "  var r;\n"
    "  if (way === 0) r = o(); else if (way === 1) r = o.x; else if (way === 2) o.x = 1;\n"
    "  else r = o === bad ? o.length : xlgc.length(o);\n"
    "  return r;\n"
    "};\n"
    "shared.again_duktape = function again(o, way) { try { shared.use_duktape(o, way); } catch (e) { throw e; } };\n"
    "shared.catch_duktape = function (use, o, way) {\n"
    "  last = unset;\n"
    "  try { use(o, way); } catch (e) {\n"
    "    if (e === last) return 'home';\n"
    "    if (!(e instanceof Error) || !('cause' in e)) return String(e);\n"
    "    var is_last = shared['is_last_' + e.language], knows = is_last(e.cause);\n"
    "    if (/object|function/.test(typeof e.cause) && e.cause && !(e.cause instanceof Uint8Array)) knows = knows && "
    "is_last(e);\n"
    "    return [e.constructor.name, String(e), e.type, e.message, e.language, knows, e.stack].join(sep);\n"
    "  }\n"
    "  return 'nothing';\n"
    "};\n"
    "shared.is_last_duktape = function (x) { return x === last; };\n",
};

std::string make_kinds(unsigned language) {
  std::vector<std::string> expressions;
  for (const kind &one : kinds[language])
    expressions.push_back(one.code);
  return list_of(language, "kinds", expressions);
}

/* ------------------------------------------------------------------------------- C++ */

struct own : std::runtime_error {
  using std::runtime_error::runtime_error;
};

const void *last; /* the exception of C++ that was thrown last */

template <class T> [[noreturn]] void throw_noted(T thrown) {
  try {
    throw thrown;
  } catch (const T &caught) {
    last = &caught;
    throw;
  }
}

[[noreturn]] void throw_one(int which) {
  switch (which) {
  case 0: throw_noted(std::out_of_range("words"));
  case 1: throw_noted(own("an own one"));
  case 2: throw_noted(5);
  case 3: throw_noted(std::runtime_error("general"));
  default: throw_noted(xlgc::script_error("own words"));
  }
}

/* Throws in every use. */
class bad final : public xlgc::scriptable {
public:
  explicit bad(int which) : which_(which) {}
  bool script_callable() const override { return true; }
  xlgc::value script_call(const xlgc::value &, const std::vector<xlgc::value> &) override { throw_one(which_); }
  bool script_get(const xlgc::value &, xlgc::value &) override { throw_one(which_); }
  void script_set(const xlgc::value &, const xlgc::value &) override { throw_one(which_); }
  std::size_t script_length() override { throw_one(which_); }

private:
  const int which_;
};

void use(const xlgc::pool &pool, const xlgc::value &object, int64_t way) {
  xlgc::visit visit(pool, object);
  if (way == BY_CALL) visit.call();
  if (way == BY_GET) visit.get("x");
  if (way == BY_SET) visit.set("x", 1);
  if (way == BY_LENGTH) visit.length();
}

const char *word_of(bool is) { return is ? "true" : "false"; }

/* ------------------------------------------------------------------------------ all of them */

struct engines : all_languages {
  engines() : all_languages([](unsigned i) { return std::vector<std::string>{preludes[i], make_kinds(i)}; }) {
    put("bad_c++", [](int which, int) { return xlgc::make<bad>(which); });
    put("use_c++", [this](const xlgc::held &object, int way) { use(pool, object, way); });
    put("again_c++", [this](const xlgc::held &object, int way) {
      try {
        use(pool, object, way);
      } catch (...) {
        std::rethrow_exception(std::current_exception());
      }
    });
    put("is_last_c++", [](const xlgc::held &) { return true; });
    for (unsigned i = 0; i < ENGINES; i++)
      is_last[i] = get(std::string("is_last_") + names[i]);
  }

  /* What C++ catches, in the words of the other languages' catch. */
  std::string catch_in_cpp(const xlgc::held &user, const xlgc::held &object, int way) {
    last = nullptr;
    try {
      user.call<void>(object, way);
    } catch (const xlgc::script_error &e) {
      if (last == &e) return "home";
      unsigned from = 0;
      while (from < ENGINES && e.language() != names[from])
        from++;
      if (from == ENGINES) return std::string("no language: ") + e.what();
      const bool knows = is_last[from].call<bool>(e.original());
      const std::string sep(1, '\1'), what = text(e, general(from, e));
      return "script_error" + sep + what + sep + e.type() + sep + e.words() + sep + e.language() + sep +
             word_of(knows) + sep + e.stack();
    } catch (const std::exception &e) {
      return last == &e ? "home" : e.what();
    } catch (const int &e) {
      return last == &e ? "home" : "another int";
    }
    return "nothing";
  }
  static bool general(unsigned from, const xlgc::script_error &e) {
    for (const kind &one : kinds[from])
      if (one.type == e.type()) return one.is_general;
    return false;
  }
  /* what() ends at a zero byte. */
  static std::string text(const xlgc::script_error &e, bool is_general) {
    std::string whole = e.words();
    if (whole.empty())
      whole = e.type();
    else if (!is_general)
      whole = e.type() + ": " + whole;
    ck_assert_str_eq(e.what(), whole.c_str());
    return whole;
  }

  std::string caught(unsigned catcher, const xlgc::held &user, const xlgc::held &object, int way) {
    if (catcher == CPP) return catch_in_cpp(user, object, way);
    return get(std::string("catch_") + names[catcher]).call<std::string>(user, object, way);
  }
  xlgc::held is_last[ENGINES];
};

/* ----------------------------------------------------------------------------------- cells */

struct cell {
  unsigned thrower, through, catcher; /* through: LANGUAGES for nothing in between */
  int which, way;
  bool again; /* it is caught in between, and thrown again */
};

std::string said(const cell &of, const std::string &report) {
  std::string shown = report;
  for (char &byte : shown)
    if (byte == '\1' || byte == 0) byte = byte ? '|' : '0';
  return std::string(names[of.thrower]) + " throws " + std::to_string(of.which) + " through " +
         (of.through == LANGUAGES ? "nothing" : names[of.through]) + " to " + names[of.catcher] + " in use " +
         std::to_string(of.way) + (of.again ? ", again: " : ": ") + shown;
}

std::vector<std::string> split(const std::string &report) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (std::size_t end; (end = report.find('\1', at)) != std::string::npos; at = end + 1)
    parts.push_back(report.substr(at, end - at));
  parts.push_back(report.substr(at));
  return parts;
}

/* The text of the error in the catcher: JavaScript writes the name of every error. */
std::string text_in(unsigned catcher, const kind &one) {
  const bool is_script = catcher == MOZJS || catcher == DUKTAPE;
  const std::string type = !one.is_general ? one.type : is_script ? "Error" : "";
  if (type.empty()) return one.words.empty() ? one.type : one.words;
  return one.words.empty() ? type : type + ": " + one.words;
}

bool is(const kind &of, const std::string &text, const std::string &expected) {
  return of.is_beginning ? text.compare(0, expected.size(), expected) == 0 : text == expected;
}

bool has_line(const std::string &stack, unsigned language) {
  return language >= CPP || stack.find(std::string(names[language]) + ": ") != std::string::npos;
}

void expect_elsewhere(const cell &of, const std::string &report) {
  static const char *const classes[LANGUAGES] = {"xlgc error", "Error", "Error", "Error", "script_error"};
  const kind &one = kinds[of.thrower][static_cast<std::size_t>(of.which)];
  const std::vector<std::string> parts = split(report);
  const std::string why = said(of, report);
  ck_assert_msg(parts.size() == 7, "%s", why.c_str());
  ck_assert_msg(parts[0] == classes[of.catcher], "class: %s", why.c_str());
  ck_assert_msg(is(one, parts[1], text_in(of.catcher, one)), "text: %s", why.c_str());
  ck_assert_msg(parts[2] == one.type, "type: %s", why.c_str());
  ck_assert_msg(is(one, parts[3], one.words), "words: %s", why.c_str());
  ck_assert_msg(parts[4] == names[of.thrower], "language: %s", why.c_str());
  ck_assert_msg(parts[5] == "true", "original: %s", why.c_str());
  /* JavaScript tells of errors only where they were made. */
  const bool has_functions = (of.thrower != DUKTAPE && of.thrower != MOZJS) || !one.type.empty();
  ck_assert_msg(!has_functions || has_line(parts[6], of.thrower), "functions of the thrower: %s", why.c_str());
  const bool comes_through = of.through != LANGUAGES && of.through != of.catcher && of.through != of.thrower;
  ck_assert_msg(!comes_through || has_line(parts[6], of.through), "functions in between: %s", why.c_str());
}

void expect(const cell &of, const std::string &report, unsigned counts[2]) {
  const bool is_home = of.thrower == of.catcher;
  counts[is_home]++;
  if (is_home)
    ck_assert_msg(report == "home", "not the same: %s", said(of, report).c_str());
  else
    expect_elsewhere(of, report);
}

void try_cell(engines &all, const cell &of, unsigned counts[2]) {
  const xlgc::held object = all.get(std::string("bad_") + names[of.thrower]).call(of.which, of.way);
  const unsigned user = of.through == LANGUAGES ? of.catcher : of.through;
  expect(of, all.caught(of.catcher, all.get((of.again ? "again_" : "use_") + std::string(names[user])), object, of.way),
         counts);
}

START_TEST(every_pair_and_triple) {
  const unsigned thrower = static_cast<unsigned>(_i);
  unsigned counts[2] = {0, 0};
  try {
    engines all;
    for (unsigned through = 0; through <= LANGUAGES; through++)
      for (unsigned catcher = 0; catcher < LANGUAGES; catcher++)
        for (std::size_t which = 0; which < kinds[thrower].size(); which++)
          for (int way = 0; way < 2 * WAYS; way++)
            try_cell(all, {thrower, through, catcher, static_cast<int>(which), way % WAYS, way >= WAYS}, counts);
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
  std::printf("%s throws: %u cells, %u at home\n", names[thrower], counts[0] + counts[1], counts[1]);
}
END_TEST

/* ------------------------------------------------------------------ what stops a program */

/* What is no Exception of Python's is not for another language to catch: the Python code outside of it gets it. */
START_TEST(stops_are_not_swallowed) {
  static const char *const swallows[] = {
      "function shared.swallow_lua(f) for i = 1, 3 do pcall(f) end return 'swallowed' end",
      "shared.swallow_mozjs = f => { for (let i = 0; i < 3; i++) try { f() } catch (e) {} return 'swallowed' }; 0",
      "shared.swallow_duktape = function (f) { try { f(); } catch (e) {} return 'swallowed'; }; 0"};
  static const unsigned through[] = {LUA, MOZJS, DUKTAPE};
  unsigned count = 0;
  try {
    engines all;
    all.put("swallow_c++", [&all](const xlgc::held &function) {
      try {
        use(all.pool, function, BY_CALL);
      } catch (...) {
      }
      return std::string("swallowed");
    });
    for (unsigned i = 0; i < 3; i++)
      all.all[through[i]]->eval(swallows[i]);
    all.all[PYTHON]->eval("def stop(kind, name):\n"
                          "  made = kind(7)\n"
                          "  def f(*unused): raise made\n"
                          "  try: said = shared['swallow_' + name](f)\n"
                          "  except BaseException as e:\n"
                          "    return 'same' if e is made and e.__traceback__ else repr(e)\n"
                          "  return said\n"
                          "class Cancelled(BaseException): pass");
    for (const char *name : {"lua", "mozjs", "duktape", "c++"})
      for (const char *type : {"KeyboardInterrupt", "SystemExit", "GeneratorExit", "Cancelled", "ValueError"}) {
        const std::string said =
            all.all[PYTHON]->eval(std::string("stop(") + type + ", '" + name + "')").as<std::string>();
        ck_assert_msg(said == (type == std::string("ValueError") ? "swallowed" : "same"), "%s in %s: %s", type, name,
                      said.c_str());
        count++;
      }
    /* Nothing is left of it. */
    ck_assert(all.all[PYTHON]->eval("shared.swallow_lua(len)").as<std::string>() == "swallowed");
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
  std::printf("what stops a program: %u cells\n", count);
}
END_TEST

/* ---------------------------------------------------------------------- texts with a name */

bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

/* In each language: a text whose second line throws what it was given; a text that is wrong in its second line; one that
 * answers what it was given, as text; and what is true when nothing is left of that. */
const char *const texts[ENGINES][4] = {
    {"local a, b = ...\nerror('given ' .. a .. b, 0)", "x = 1\n)", "local a, b = ... return a .. b", "args == nil"},
    {"a, b = args\nraise ValueError('given %s%s' % (a, b))", "x = 1\n)", "'%s%s' % args", "'args' not in globals()"},
    {"var [a, b] = args;\nthrow new TypeError('given ' + a + b)", "var x = 1\n)", "args.join('')",
     "typeof args === 'undefined'"},
    {"var a = args[0], b = args[1];\nthrow new TypeError('given ' + a + b)", "var x = 1\n)", "args.join('')",
     "typeof args === 'undefined'"}};

void expect_place(unsigned language, const xlgc::script_error &e, const std::string &name, const std::string &words) {
  const std::string all = e.words() + "\n" + e.stack();
  ck_assert_msg(has(e.words(), words) && (has(all, name + ":2") || has(all, "line 2")) && has(all, name), "%s: %s",
                names[language], all.c_str());
}

START_TEST(texts_have_names_and_arguments) {
  try {
    engines all;
    for (unsigned i = 0; i < ENGINES; i++) {
      xlgc::language &of = *all.all[i];
      for (int j = 0; j < 2; j++) {
        try {
          of.eval(texts[i][j], "named.x", 7, "seven");
          ck_abort_msg("%s: nothing was thrown", names[i]);
        } catch (const xlgc::script_error &e) {
          expect_place(i, e, "named.x", j ? "" : "given 7seven");
          ck_assert_msg(j || has(e.stack(), std::string(names[i]) + ": named.x:2"), "%s", e.stack().c_str());
        }
        ck_assert(of.eval(texts[i][3]).as<bool>());
      }
      ck_assert(of.eval(texts[i][2], "x", 7, "seven").as<std::string>() == "7seven");
      ck_assert(of.eval(texts[i][3]).as<bool>());
      ck_assert_int_eq(of.eval(i == LUA ? "return 5" : "5", "x").as<int>(), 5);
    }
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

/* By the languages themselves: each starts a Lua and a Duktape. */
START_TEST(texts_are_named_by_scripts) {
  static const char *const tries[ENGINES] = {
      "function try(which, text)\n"
      "  local one = xlgc.open(which)\n"
      "  local good, e = pcall(one.eval, text, 'named.x', 7, 'seven')\n"
      "  local bad = select(2, pcall(one.eval, text, 5))\n"
      "  one.close()\n"
      "  return tostring(e) .. '|' .. (type(e) == 'userdata' and e.stack or '') .. '|' .. tostring(bad)\n"
      "end",
      "def try_(which, text):\n"
      "  one = xlgc.open(which)\n"
      "  try: one.eval(text, 'named.x', 7, 'seven')\n"
      "  except xlgc.Error as e: good = e\n"
      "  try: one.eval(text, 5)\n"
      "  except xlgc.Error as e: bad = e\n"
      "  one.close()\n"
      "  return '%s|%s|%s' % (good, good.stack, bad)",
      "function try_(which, text) {\n"
      "  const one = xlgc.open(which); let good, bad;\n"
      "  try { one.eval(text, 'named.x', 7, 'seven') } catch (e) { good = e }\n"
      "  try { one.eval(text, 5) } catch (e) { bad = e }\n"
      "  one.close();\n"
      "  return [good, good.stack, bad].join('|');\n"
      "} 0",
      "function try_(which, text) {\n"
      "  var one = xlgc.open(which), good, bad;\n"
      "  try { one.eval(text, 'named.x', 7, 'seven'); } catch (e) { good = e; }\n"
      "  try { one.eval(text, 5); } catch (e) { bad = e; }\n"
      "  one.close();\n"
      "  return [good, good.stack, bad].join('|');\n"
      "} 0"};
  try {
    engines all;
    for (unsigned i = 0; i < ENGINES; i++) {
      all.all[i]->eval(tries[i]);
      const xlgc::held function = all.all[i]->globals().get<xlgc::held>(i == LUA ? "try" : "try_");
      for (unsigned which : {LUA, DUKTAPE}) {
        const std::string said = function.call<std::string>(names[which], texts[which][0]);
        ck_assert_msg(has(said, "given 7seven") && has(said, "eval wants a text as the name"), "%s by %s: %s",
                      names[which], names[i], said.c_str());
        /* A string of Lua's that comes home to Lua is that. */
        ck_assert_msg(has(said, "named.x:2") || (i == LUA && which == LUA), "%s by %s: %s", names[which], names[i],
                      said.c_str());
      }
    }
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

/* ------------------------------------------------------------------------------ rejections */

START_TEST(rejections_are_heard) {
  try {
    engines all;
    xlgc::language &js = *all.all[MOZJS], &python = *all.all[PYTHON];
    js.eval("var heard = []; xlgc.onrejection = (reason, p) => heard.push(reason.message + (p instanceof Promise))");
    js.eval("heard.take = () => { const h = heard.join(); heard.length = 0; return h }; 0");
    const auto taken = [&] { return js.eval("heard.take()").as<std::string>(); };
    js.eval("Promise.reject(new Error('one')); (async () => { null.x })(); 0");
    const std::string two = taken();
    ck_assert_msg(has(two, "onetrue") && has(two, "null has no propertiestrue"), "%s", two.c_str());
    /* What is handled in time is not heard. */
    js.eval("{ const p = Promise.reject(new Error('two')); Promise.resolve().then(() => p.catch(() => {})) } 0");
    ck_assert(taken().empty());
    /* One that Python gets has until the end of the next call. */
    python.eval("p = shared.make = None");
    js.eval("shared.make = () => Promise.reject(new Error('three')); 0");
    python.eval("p = shared.make()\ngot = []\np['catch'](lambda e: got.append(str(e)))");
    python.eval("q = shared.make()");
    js.eval("0");
    ck_assert(taken() == "threetrue");
    ck_assert(python.eval("'three' in got[0]").as<bool>());
    /* The function may be another language's, and may fail. */
    python.eval("def fails(reason, p): raise ValueError(reason.message)");
    all.shared.set("fails", python.globals().get<xlgc::held>("fails"));
    js.eval("xlgc.onrejection = shared.fails; Promise.reject(new Error('four')); 0");
    js.eval("xlgc.onrejection = undefined; Promise.reject(5); 0");
    ck_assert_int_eq(js.eval("5").as<int>(), 5);
    js.eval("Promise.reject(Symbol('last')); 0");
    python.eval("r = shared.make()");
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

} // namespace

static Suite *make_suite() {
  Suite *suite = suite_create("hosts_errors");
  TCase *cases = trial_case(suite, "errors");
  tcase_add_loop_test(cases, every_pair_and_triple, 0, LANGUAGES);
  tcase_add_test(cases, stops_are_not_swallowed);
  tcase_add_test(cases, texts_have_names_and_arguments);
  tcase_add_test(cases, texts_are_named_by_scripts);
  tcase_add_test(cases, rejections_are_heard);
  return suite;
}

int main() { return trial_run(make_suite()); }
