/* frames: a game's loop, 60 times a second. Entities are C++ objects, each in a ring with a brain in Lua; one in ten
 * has a part in Python or JavaScript in the ring as well. In each frame 50 die and come, and 1000 brains think.
 *
 * What frees the rings, and what a frame then costs, in a process of its own each:
 *   pins       nothing: links between languages only pin, and the dead leak
 *   by hand    the program lets go of each brain itself, and Lua's incremental collector does the rest; memory as pins
 *   collect()  a collection of all languages at once, every 120 frames
 *   xlgc       collections by themselves, in what is left of three milliseconds a frame
 */
#include <xlgc/lua.h>
#include <xlgc/python.h>
#include <xlgc/script.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <getopt.h>
#include <random>
#include <sstream>
#include <unistd.h>

#include "resident.h"

extern "C" const xlgc_language xlgc_language_mozjs; /* its header wants SpiderMonkey's */

namespace {

constexpr std::size_t died_a_frame = 50, thoughts_a_frame = 1000;
constexpr int frames_a_second = 60, frames_between_collects = 120;
constexpr std::uint64_t frame_budget_ns = 3000000;

enum mode { pins, by_hand, collects, by_itself };
constexpr std::array<const char *, 4> mode_names{"pins", "by-hand", "collect()", "xlgc"};

/* ------------------------------------------------------------------ the game */

class entity : public xlgc::scripted<entity> {
public:
  double x, y;
  xlgc::slot brain{this};
  static inline long alive;

  entity(double at_x, double at_y) : x(at_x), y(at_y) { alive++; }
  ~entity() override { alive--; }
  static void script(xlgc::members<entity> &of) {
    of.field("x", &entity::x).field("y", &entity::y).field("brain", &entity::brain);
  }
};

class world : public xlgc::object {
public:
  xlgc::ref_vector<entity> entities{this};
};

constexpr const char *brains = R"(
local Brain = {}
Brain.__index = Brain
function Brain:think(seconds)
  self.me.x = self.me.x + seconds * self.speed
  self.trail[1 + self.count % 4] = self.me.x
  self.count = self.count + 1
end
function make(me, part)
  return setmetatable({me = me, part = part, speed = math.random(), count = 0, trail = {0, 0, 0, 0}}, Brain)
end
function think(brain, seconds) brain:think(seconds) end
)";
constexpr const char *python_parts = "class Part:\n"
                                     "    def __init__(self, me): self.me, self.seen = me, []\n"
                                     "import builtins; builtins.make_part = Part\n";
constexpr const char *javascript_parts = "globalThis.make_part = (me) => ({me: me, seen: [], look() { return me.x }})";

class game {
public:
  game(xlgc::pool &pool, std::size_t count)
      : pool_(pool), lua_(pool, xlgc_language_lua), python_(pool, xlgc_language_python),
        javascript_(pool, xlgc_language_mozjs), world_(xlgc::make<world>()) {
    lua_.eval(brains);
    python_.eval(python_parts);
    javascript_.eval(javascript_parts);
    make_ = lua_.eval("return make");
    think_ = lua_.eval("return think");
    make_python_part_ = python_.eval("make_part");
    make_javascript_part_ = javascript_.eval("make_part");
    while (world_->entities.size() < count)
      world_->entities.push_back(spawn());
  }

  void frame(bool lets_go) {
    for (std::size_t i = 0; i < died_a_frame; i++) {
      xlgc::ref<entity> &place = world_->entities[random_() % world_->entities.size()];
      if (lets_go) place->brain = xlgc::value();
      place = spawn();
    }
    for (std::size_t i = 0; i < thoughts_a_frame; i++, next_++) {
      const entity &one = *world_->entities[next_ % world_->entities.size()];
      xlgc::visit(pool_, think_).call({one.brain, 1.0 / frames_a_second});
    }
  }

private:
  xlgc::root<entity> spawn() {
    xlgc::root<entity> one = xlgc::make<entity>(double(random_() % 1000), double(random_() % 1000));
    xlgc::held part;
    const std::size_t number = spawned_++;
    if (number % 20 == 0) part = xlgc::visit(pool_, make_python_part_).call({one});
    if (number % 20 == 10) part = xlgc::visit(pool_, make_javascript_part_).call({one});
    one->brain = xlgc::visit(pool_, make_).call({one, part});
    return one;
  }

  xlgc::pool &pool_;
  xlgc::language lua_, python_, javascript_;
  xlgc::root<world> world_;
  xlgc::held make_, think_, make_python_part_, make_javascript_part_;
  std::minstd_rand random_{1};
  std::size_t next_ = 0, spawned_ = 0;
};

/* ----------------------------------------------------------------- measuring */

double now_ms(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return 1e3 * double(now.tv_sec) + 1e-6 * double(now.tv_nsec);
}

double quantile(std::vector<double> sorted, double part) {
  std::sort(sorted.begin(), sorted.end());
  return sorted[std::min(sorted.size() - 1, std::size_t(part * double(sorted.size())))];
}

void wait_until(double ms) {
  const double left = ms - now_ms(CLOCK_MONOTONIC);
  if (left <= 0) return;
  timespec rest{time_t(left / 1e3), long(1e6 * (left - 1e3 * double(time_t(left / 1e3))))};
  nanosleep(&rest, nullptr);
}

struct times {
  std::vector<double> cpu, wall;
};

void choose_collector(const xlgc::pool &pool, mode how) {
  if (how == pins || how == by_hand) xlgc::detail::check(xlgc_hosts_plain(pool.native(), 1), "do without summaries");
  if (how == by_itself) return;
  xlgc_hosts_config config;
  xlgc::detail::check(xlgc_hosts_configuration(pool.native(), &config), "read the settings");
  config.pause = 0;
  xlgc::detail::check(xlgc_hosts_configure(pool.native(), &config), "change the settings");
}

void end_frame(const xlgc::pool &pool, mode how, std::size_t number) {
  if (how == by_itself)
    xlgc::detail::check(xlgc_hosts_frame(pool.native(), frame_budget_ns), "end a frame");
  else
    xlgc::detail::check(xlgc_step_for(pool.native(), frame_budget_ns), "step");
  if (how == collects && number % frames_between_collects == frames_between_collects - 1) xlgc::collect(pool);
}

void print_head() {
  std::printf("%8s %-10s | %8s %8s %8s %8s | %8s %8s | %8s %9s %9s\n", "entities", "freed by", "cpu p50", "p99",
              "p99.9", "longest", "wall p50", "longest", "alive", "MiB early", "MiB late");
}

void print_row(std::size_t count, mode how, const times &of, double early_mib) {
  std::printf("%8zu %-10s | %8.2f %8.2f %8.2f %8.2f | %8.2f %8.2f | %8ld %9.1f %9.1f\n", count, mode_names[how],
              quantile(of.cpu, 0.5), quantile(of.cpu, 0.99), quantile(of.cpu, 0.999), quantile(of.cpu, 1),
              quantile(of.wall, 0.5), quantile(of.wall, 1), entity::alive, early_mib, resident_mib());
}

/* One way, in this process. data: where the time of each frame goes, or nothing. */
void run(std::size_t count, mode how, double seconds, const std::string &data) {
  xlgc::pool pool;
  game game(pool, count);
  choose_collector(pool, how);
  xlgc::collect(pool);
  times all;
  double early_mib = 0;
  const std::size_t frames = std::size_t(seconds * frames_a_second);
  const double start = now_ms(CLOCK_MONOTONIC);
  for (std::size_t i = 0; i < frames; i++) {
    const double wall = now_ms(CLOCK_MONOTONIC), cpu = now_ms(CLOCK_THREAD_CPUTIME_ID);
    game.frame(how == by_hand);
    end_frame(pool, how, i);
    all.cpu.push_back(now_ms(CLOCK_THREAD_CPUTIME_ID) - cpu);
    all.wall.push_back(now_ms(CLOCK_MONOTONIC) - wall);
    if (i == frames / 3) early_mib = resident_mib();
    wait_until(start + 1e3 * double(i + 1) / frames_a_second);
  }
  print_row(count, how, all, early_mib);
  if (data.empty()) return;
  std::ofstream out(data);
  for (const double one : all.cpu)
    out << one << '\n';
}

/* ------------------------------------------------------------------ all ways */

struct options {
  double seconds = 30;
  std::vector<std::size_t> counts;
  std::string picture = "frames.svg", data;
  int only = -1;
};

const char *const usage = "usage: frames [--seconds N] [--entities N]... [--svg FILE]\n"
                          "  --seconds N    how long each way runs; 30\n"
                          "  --entities N   10000 and 100000, if not given\n"
                          "  --svg FILE     where the picture goes, which gnuplot draws; frames.svg\n";

bool read_number(const char *text, double &out) {
  char *end = nullptr;
  out = std::strtod(text, &end);
  return end != text && !*end && out > 0;
}

bool read_options(int count, char **arguments, options &out) {
  static const option known[] = {
      {"seconds", required_argument, nullptr, 's'}, {"entities", required_argument, nullptr, 'e'},
      {"svg", required_argument, nullptr, 'v'},     {"data", required_argument, nullptr, 'd'},
      {"only", required_argument, nullptr, 'o'},    {nullptr, 0, nullptr, 0}};
  double number = 0;
  for (int which; (which = getopt_long(count, arguments, "", known, nullptr)) != -1;) {
    if (which == '?' || (std::strchr("seo", which) && !read_number(optarg, number))) return false;
    switch (which) {
    case 's': out.seconds = number; break;
    case 'e': out.counts.push_back(std::size_t(number)); break;
    case 'o': out.only = int(number) - 1; break;
    case 'v': out.picture = optarg; break;
    default: out.data = optarg;
    }
  }
  if (out.counts.empty()) out.counts = {10000, 100000};
  return optind == count;
}

/* The way by itself, in a process that begins anew. Returns where its times are. */
std::string run_apart(const char *program, const options &all, std::size_t count, int how) {
  const std::string data = all.picture + "." + std::to_string(count) + "." + std::to_string(how);
  std::ostringstream command;
  command << "'" << program << "' --only " << how + 1 << " --entities " << count << " --seconds " << all.seconds
          << " --data '" << data << "'";
  std::fflush(stdout);
  if (std::system(command.str().c_str())) throw std::runtime_error("this did not end well: " + command.str());
  return data;
}

void draw(const options &all, std::size_t count, const std::vector<std::string> &data) {
  const std::string picture = std::to_string(count) + "-" + all.picture;
  std::ofstream script(all.picture + ".plot");
  script << "set terminal svg size 1000,500\nset output '" << picture << "'\nset logscale y\nset key top left\n"
         << "set title '" << count << " entities: CPU time of each frame'\nset xlabel 'frame'\nset ylabel 'ms'\nplot ";
  for (std::size_t how = 0; how < data.size(); how++)
    script << (how ? ", " : "") << "'" << data[how] << "' with points pt 7 ps 0.25 title '" << mode_names[how] << "'";
  script << '\n';
  script.close();
  if (std::system(("gnuplot '" + all.picture + ".plot'").c_str()))
    std::printf("no picture: gnuplot cannot draw it\n");
  else
    std::printf("%s\n", picture.c_str());
  std::remove((all.picture + ".plot").c_str());
}

void run_all(const char *program, const options &all) {
  print_head();
  for (const std::size_t count : all.counts) {
    std::vector<std::string> data;
    for (int how = 0; how < int(mode_names.size()); how++) {
      if (isatty(STDERR_FILENO)) std::fprintf(stderr, "\r%zu entities, %s\033[K\r", count, mode_names[how]);
      data.push_back(run_apart(program, all, count, how));
    }
    draw(all, count, data);
    for (const std::string &one : data)
      std::remove(one.c_str());
  }
}

} // namespace

int main(int count, char **arguments) {
  options options;
  if (!read_options(count, arguments, options)) {
    std::fputs(usage, stderr);
    return 2;
  }
  try {
    if (options.only >= 0 && options.only < int(mode_names.size()))
      run(options.counts[0], mode(options.only), options.seconds, options.data);
    else
      run_all(arguments[0], options);
    return 0;
  } catch (const std::exception &thrown) {
    std::fprintf(stderr, "frames: %s\n", thrown.what());
    return 1;
  }
}
