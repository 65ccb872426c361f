/* pool: a live document in four languages.
 *
 * HTML is parsed into elements of C++; Python reads stories from a database and fills the elements in; Lua decides how a
 * story looks; JavaScript hangs handlers on elements. Each card of the page is a ring through all four:
 *
 *     element (C++) -> onclick (JavaScript) -> style (Lua) -> story (Python) -> element
 *
 * Cards are replaced all the time. No engine's own collector can free one; with xlgc memory stays flat.
 */
#include <xlgc/lua.h>
#include <xlgc/python.h>
#include <xlgc/script.hpp>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include "document.h"
#include "picture.h"

#include "../resident.h"

extern "C" const xlgc_language xlgc_language_mozjs; /* its header wants SpiderMonkey's */

namespace {

constexpr std::size_t cards = 100;
constexpr int replaced_between_looks = 1000;

struct options {
  double seconds = 10;
  bool with_xlgc = true, leaks = false;
  const char *picture = "pool-ring.svg";
};

const char *const usage = "usage: pool [--seconds N] [--without-xlgc] [--leak] [--svg FILE]\n"
                          "  --seconds N      how long cards are replaced; 10\n"
                          "  --without-xlgc   each engine's own full collections only, as with bridges that pin\n"
                          "  --leak           a rule of Lua's keeps what it has made; in the end Python asks what does\n"
                          "  --svg FILE       where the picture of a ring goes; pool-ring.svg\n";

bool read_options(int count, char **arguments, options &out) {
  for (int i = 1; i < count; i++) {
    const std::string argument = arguments[i];
    const char *next = i + 1 < count ? arguments[i + 1] : nullptr;
    char *end = nullptr;
    if (argument == "--without-xlgc") {
      out.with_xlgc = false;
    } else if (argument == "--leak") {
      out.leaks = true;
    } else if (argument == "--seconds" && next) {
      out.seconds = std::strtod(next, &end);
      if (end == next || *end || !(out.seconds > 0)) return false;
      i++;
    } else if (argument == "--svg" && next) {
      out.picture = next;
      i++;
    } else {
      return false;
    }
  }
  return true;
}

std::string read_file(const std::string &name) {
  std::ifstream in(std::string(POOL_FILES "/") + name);
  if (!in) throw std::runtime_error("cannot read " POOL_FILES "/" + name);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

/* The page, and what the languages have put into the shared object. */
class application {
public:
  application(xlgc::pool &pool, bool leaks)
      : pool_(pool), lua_(pool, xlgc_language_lua), python_(pool, xlgc_language_python),
        javascript_(pool, xlgc_language_mozjs) {
    python_.eval(read_file("data.py"));
    lua_.eval(read_file("rules.lua"));
    if (leaks) lua_.eval(read_file("leak.lua"));
    javascript_.eval(read_file("handlers.js"));
    shared_ = javascript_.eval("xlgc.shared");
    next_story_ = shared("next_story");
    style_ = shared("style");
    attach_ = shared("attach");
    xlgc::visit(pool_, shared("load")).call({POOL_FILES "/stories.csv"});
    card_ = read_file("card.html");
    page_ = parse(read_file("page.html"));
    for (std::size_t i = 0; i < cards; i++)
      feed()->add(new_card().get());
  }

  void replace_one() {
    feed()->replace(replaced_ % cards, new_card().get());
    feed()->children[replaced_ * 7 % cards]->click();
    replaced_++;
  }

  /* Of a card that was replaced long ago: two lines of Python. */
  void ask_why() { python_.eval(read_file("why.py")); }

  std::string votes() { return xlgc::visit(pool_, shared("votes")).call()->text(); }
  std::size_t replaced() const { return replaced_; }
  node *feed() { return page_->find("feed"); }
  node *a_card() { return feed()->children[0].get(); }

private:
  xlgc::held shared(const char *name) { return xlgc::visit(pool_, shared_).get(name); }

  xlgc::root<node> new_card() {
    xlgc::root<node> card = parse(card_);
    const xlgc::held story = xlgc::visit(pool_, next_story_).call();
    xlgc::visit(pool_, xlgc::visit(pool_, story).get("show")).call({card});
    const xlgc::held style = xlgc::visit(pool_, style_).call({story});
    xlgc::visit(pool_, attach_).call({card, style});
    return card;
  }

  xlgc::pool &pool_;
  xlgc::language lua_, python_, javascript_;
  xlgc::held shared_, next_story_, style_, attach_;
  std::string card_;
  xlgc::root<node> page_;
  std::size_t replaced_ = 0;
};

void print_head() {
  std::printf("%8s %10s %10s %10s %10s %10s %12s\n", "seconds", "replaced", "objects", "links", "orphans", "elements",
              "resident MiB");
}

void print_line(const xlgc::pool &pool, double seconds, const application &app) {
  const xlgc_statistics now = pool.statistics();
  std::printf("%8.0f %10zu %10llu %10llu %10llu %10ld %12.1f\n", seconds, app.replaced(),
              static_cast<unsigned long long>(now.objects), static_cast<unsigned long long>(now.links),
              static_cast<unsigned long long>(now.orphans), node::alive, resident_mib());
  std::fflush(stdout);
}

void draw(xlgc::pool &pool, application &app, const char *path) {
  xlgc::collect(pool); /* the pool knows what engines hold since their last summaries */
  const std::vector<xlgc_id> ring = find_ring(pool, xlgc::id_of(app.a_card()));
  if (ring.empty()) throw std::runtime_error("no ring was found");
  try {
    draw_ring(pool, ring, xlgc::id_of(app.feed()), path);
    std::printf("a ring of %zu objects: %s\n", ring.size(), path);
  } catch (const std::exception &thrown) {
    std::printf("no picture: %s\n", thrown.what());
  }
}

void run(const options &options) {
  xlgc::pool pool;
  application app(pool, options.leaks);
  if (options.with_xlgc) draw(pool, app, options.picture);
  const int failed = options.with_xlgc ? 0 : xlgc_hosts_plain(pool.native(), 1);
  if (failed) throw xlgc::error(failed, "do without summaries");
  print_head();

  using clock = std::chrono::steady_clock;
  const clock::time_point start = clock::now();
  double seconds = 0, settled = 0, settled_mib = 0;
  for (double shown = 0; seconds < options.seconds;) {
    for (int i = 0; i < replaced_between_looks; i++)
      app.replace_one();
    if (!options.with_xlgc) xlgc::collect(pool); /* with it, collections come by themselves */
    seconds = std::chrono::duration<double>(clock::now() - start).count();
    if (seconds < shown + 1) continue;
    shown = seconds;
    print_line(pool, seconds, app);
    if (settled_mib == 0 && seconds >= 10) settled = seconds, settled_mib = resident_mib();
  }
  std::printf("votes: %s\n", app.votes().c_str());
  std::fflush(stdout);
  if (options.leaks) app.ask_why();
  if (seconds > settled && settled_mib > 0)
    std::printf("resident memory since second %.0f: %+.1f %%\n", settled,
                (resident_mib() - settled_mib) / settled_mib * 100);
}

} // namespace

int main(int count, char **arguments) {
  options options;
  if (!read_options(count, arguments, options)) {
    std::fputs(usage, stderr);
    return 2;
  }
  try {
    run(options);
    return 0;
  } catch (const std::exception &thrown) {
    std::fprintf(stderr, "pool: %s\n", thrown.what());
    return 1;
  }
}
