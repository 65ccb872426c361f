/* Finalizers of scripts find what their objects hold: in chains and rings through two engines, from each language to
 * each, and what a finalizer saves lives. Each finalizer runs once. */
#include <config.h>

#include <algorithm>

#include "hosts_languages.hh"

namespace {

/* In each language: make_L(name, next) makes an object with these fields, whose finalizer tells shared.note of its name
 * and of that of the next; plain_L does so without a finalizer. saver_L makes one whose finalizer keeps the next one,
 * which saved_L gives the name of. A FinalizationRegistry is given what it is to look at, and holds that until then. */
const char *const preludes[ENGINES] = {
    "shared = xlgc.shared\n"
    "local function name_of(x)\n"
    "  if x == nil then return 'nothing' end\n"
    "  local good, name = pcall(function() return x.name end)\n"
    "  return good and name or 'gone'\n"
    "end\n"
    "function shared.make_lua(name, next)\n"
    "  return setmetatable({name = name, next = next}, {__gc = function(x) shared.note(x.name, name_of(x.next)) end})\n"
    "end\n"
    "function shared.plain_lua(name, next) return {name = name, next = next} end\n"
    "function shared.saver_lua(next) return setmetatable({next = next}, {__gc = function(x) saved = x.next end}) end\n"
    "function shared.saved_lua() return name_of(saved) end\n"
    "function shared.forget_lua() saved = nil end\n"
    "function shared.keep_lua(x) kept = x end\n",
    "import xlgc\n"
    "shared, saved = xlgc.shared, None\n"
    "def name_of(x):\n"
    "  if x is None: return 'nothing'\n"
    "  try: return x.name\n"
    "  except ReferenceError: return 'gone'\n"
    "class Plain:\n"
    "  def __init__(self, name, next): self.name, self.next = name, next\n"
    "class Made(Plain):\n"
    "  def __del__(self): shared.note(self.name, name_of(self.next))\n"
    "class Saver:\n"
    "  def __init__(self, next): self.next = next\n"
    "  def __del__(self):\n"
    "    global saved\n"
    "    saved = self.next\n"
    "def forget():\n"
    "  global saved\n"
    "  saved = None\n"
    "shared.make_python, shared.plain_python, shared.saver_python, shared.forget_python = Made, Plain, Saver, forget\n"
    "shared.saved_python = lambda: name_of(saved)\n",
    "var shared = xlgc.shared;\n"
    "const name_of = x => x ? x.name : 'nothing';\n"
    "const registry = new FinalizationRegistry(held => shared.note(held.name, name_of(held.next)));\n"
    "shared.plain_mozjs = (name, next) => ({name, next});\n"
    "shared.make_mozjs = (name, next) => {\n"
    "  const x = {name, next};\n"
    "  registry.register(x, {name, next});\n"
    "  return x;\n"
    "};\n",
    "var shared = xlgc.shared, saved;\n"
    "function name_of(x) {\n"
    "  if (x === undefined || x === null) return 'nothing';\n"
    "  try { return x.name; } catch (e) { return 'gone'; }\n"
    "}\n"
    "shared.plain_duktape = function (name, next) { return {name: name, next: next}; };\n"
    "var kept;\n"
    "shared.keep_duktape = function (x) { kept = x; };\n"
    "function tell(x) { shared.note(x.name, name_of(x.next)); }\n"
    "function save(x) { saved = x.next; }\n"
    "function finalized(x, by) { Duktape.fin(x, by); return x; }\n"
    "shared.make_duktape = function (name, next) { return finalized({name: name, next: next}, tell); };\n"
    "shared.saver_duktape = function (next) { return finalized({next: next}, save); };\n"
    "shared.saved_duktape = function () { return name_of(saved); };\n"
    "shared.forget_duktape = function () { saved = null; };\n"};

bool has_finalizers(unsigned language) { return language != MOZJS; }

struct engines : all_languages {
  std::vector<std::string> notes;
  engines() : all_languages([](unsigned) { return std::vector<std::string>{}; }) {
    put("note", [this](const std::string &name, const std::string &next) { notes.push_back(name + ">" + next); });
    for (unsigned i = 0; i < ENGINES; i++)
      all[i]->eval(preludes[i]);
  }
  ~engines() { shared.set("note", nullptr); }
  template <class... Arguments> xlgc::held in(unsigned language, const char *function, Arguments &&...arguments) {
    return get(std::string(function) + "_" + names[language]).call(std::forward<Arguments>(arguments)...);
  }
  /* An object with a finalizer where the language has such. */
  template <class Next> xlgc::held make(unsigned language, const std::string &name, Next &&next) {
    return in(language, has_finalizers(language) ? "make" : "plain", name, std::forward<Next>(next));
  }
  void collect(unsigned rounds) {
    for (unsigned round = 0; round < rounds; round++)
      ck_assert_int_ge(xlgc_hosts_collect(pool.native()), 0);
  }
  std::string told() {
    std::string text;
    for (const std::string &note : notes)
      text += (text.empty() ? "" : " ") + note;
    notes.clear();
    return text;
  }
};

void expect(engines &all, const std::vector<unsigned> &chain, const char *shape, const std::string &expected) {
  std::string where;
  for (unsigned language : chain)
    where += std::string(where.empty() ? "" : " -> ") + names[language];
  const std::string told = all.told();
  ck_assert_msg(told == expected, "%s %s: \"%s\", not \"%s\"", shape, where.c_str(), told.c_str(), expected.c_str());
}

/* A chain a -> b -> c ... of objects of these languages. */
xlgc::held make_chain(engines &all, const std::vector<unsigned> &chain) {
  xlgc::held next;
  for (std::size_t i = chain.size(); i--;)
    next = all.make(chain[i], std::string(1, static_cast<char>('a' + i)), next);
  return next;
}

std::string told_by_chain(const std::vector<unsigned> &chain) {
  std::string text;
  for (std::size_t i = 0; i < chain.size(); i++) {
    if (!has_finalizers(chain[i])) continue;
    text += text.empty() ? "" : " ";
    text += static_cast<char>('a' + i);
    text += ">";
    text += i + 1 < chain.size() ? std::string(1, static_cast<char>('a' + i + 1)) : "nothing";
  }
  return text;
}

template <class Try> void try_all(Try each) {
  try {
    engines all;
    for (unsigned a = 0; a < ENGINES; a++)
      for (unsigned b = 0; b < ENGINES; b++)
        for (unsigned c = 0; c < ENGINES; c++)
          each(all, std::vector<unsigned>{a, b, c});
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}

START_TEST(a_chain_is_finalized_from_its_head_and_each_finds_the_next) {
  try_all([](engines &all, std::vector<unsigned> chain) {
    chain.push_back(chain[0]);
    xlgc::held head = make_chain(all, chain);
    all.collect(1); /* what is held by proxies only is known to be */
    expect(all, chain, "a chain that is held", "");
    head = xlgc::held();
    all.collect(2);
    expect(all, chain, "a chain", told_by_chain(chain));
  });
}
END_TEST

/* One note of a finalizer. */
struct note {
  std::string name, next;
};

std::vector<note> notes_of(engines &all) {
  std::vector<note> taken;
  for (const std::string &text : all.notes)
    taken.push_back({text.substr(0, text.find('>')), text.substr(text.find('>') + 1)});
  all.notes.clear();
  return taken;
}

/* A ring a -> b -> c -> a: each finalizer runs once, and finds the next one, unless that has gone before. */
START_TEST(in_a_ring_each_finds_what_has_not_gone_before) {
  try_all([](engines &all, const std::vector<unsigned> &ring) {
    std::vector<xlgc::held> members;
    for (unsigned i = 0; i < ring.size(); i++)
      members.push_back(
          all.in(ring[i], ring[i] == MOZJS ? "plain" : "make", std::string(1, static_cast<char>('a' + i)), nullptr));
    for (unsigned i = 0; i < ring.size(); i++)
      members[i].set("next", members[(i + 1) % ring.size()]);
    members.clear();
    all.collect(4);
    const std::string where = std::string(names[ring[0]]) + " " + names[ring[1]] + " " + names[ring[2]];
    std::string gone;
    for (const note &note : notes_of(all)) {
      const std::string next(1, note.name == "c" ? 'a' : static_cast<char>(note.name[0] + 1));
      ck_assert_msg(gone.find(note.name) == std::string::npos, "%s: %s twice", where.c_str(), note.name.c_str());
      ck_assert_msg(note.next == next || (note.next == "gone" && gone.find(next) != std::string::npos),
                    "%s: %s found %s, after %s", where.c_str(), note.name.c_str(), note.next.c_str(), gone.c_str());
      gone += note.name;
    }
    for (unsigned i = 0; i < ring.size(); i++)
      ck_assert_msg(ring[i] == MOZJS || gone.find(static_cast<char>('a' + i)) != std::string::npos, "%s: only %s",
                    where.c_str(), gone.c_str());
  });
}
END_TEST

/* What a finalizer saves lives, with what that holds, for as long as it is kept; in a ring too. */
START_TEST(what_a_finalizer_saves_lives) {
  try_all([](engines &all, const std::vector<unsigned> &chain) {
    if (chain[0] == MOZJS || chain[1] == MOZJS || chain[0] == chain[1])
      return; /* within one engine its own rules hold */
    for (unsigned is_ring = 0; is_ring < 2; is_ring++) {
      xlgc::held next = all.in(chain[1], "make", "b", all.in(chain[2], "plain", "c", nullptr));
      xlgc::held saver = all.in(chain[0], "saver", next);
      if (is_ring) next.get<xlgc::held>("next").set("next", saver);
      saver = next = xlgc::held();
      all.collect(5);
      const std::string where =
          std::string(names[chain[0]]) + " saves of " + names[chain[1]] + (is_ring ? ", ring" : "");
      const std::string saved = all.in(chain[0], "saved").as<std::string>();
      const bool went_before = is_ring && !all.notes.empty(); /* which one of a ring goes first is not for the test */
      ck_assert_msg(went_before || all.notes.empty(), "%s: finalized", where.c_str());
      ck_assert_msg(saved == (went_before ? "gone" : "b"), "%s: %s", where.c_str(), saved.c_str());
      all.in(chain[0], "forget");
      all.collect(3);
      const std::string told = all.told();
      /* Any object of Duktape's is taken to have a finalizer, so c may go first. */
      const bool c_may_go = is_ring && chain[2] == DUKTAPE;
      ck_assert_msg(told == "b>c" || (c_may_go && told == "b>gone"), "%s: %s when it is forgotten", where.c_str(),
                    told.c_str());
    }
  });
}
END_TEST

/* An engine that a program ends: what its globals hold of others is there when its last finalizers run. Python, which
 * ends with its process, has ended its host by then. */
START_TEST(at_the_end_of_its_engine) {
  try {
    for (unsigned ends = 0; ends < ENGINES; ends++)
      for (unsigned other = 0; other < ENGINES; other++) {
        if (ends == other || (ends != LUA && ends != DUKTAPE)) continue;
        engines all;
        all.in(ends, "keep", all.make(ends, "a", all.in(other, "plain", "b", nullptr)));
        all.collect(2);
        expect(all, {ends, other}, "kept", "");
        all.all[ends].reset();
        expect(all, {ends, other}, "ended", "a>b");
      }
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

} // namespace

static Suite *make_suite() {
  Suite *suite = suite_create("hosts_finalizers");
  TCase *cases = trial_case(suite, "finalizers");
  tcase_add_test(cases, a_chain_is_finalized_from_its_head_and_each_finds_the_next);
  tcase_add_test(cases, in_a_ring_each_finds_what_has_not_gone_before);
  tcase_add_test(cases, what_a_finalizer_saves_lives);
  tcase_add_test(cases, at_the_end_of_its_engine);
  return suite;
}

int main() { return trial_run(make_suite()); }
