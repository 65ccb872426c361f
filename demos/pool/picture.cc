#include "picture.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>

namespace {

struct language {
  const char *name, *colour;
};

/* An object as people would name it. */
struct look {
  std::string text;
  language of;
};

language language_of(const xlgc_visit &visit) {
  static const std::map<std::string, language> known = {{"lua", {"Lua", "#6c8ebf"}},
                                                        {"python", {"Python", "#e0b000"}},
                                                        {"mozjs", {"JavaScript", "#d2643c"}},
                                                        {"duktape", {"JavaScript", "#d2643c"}}};
  if (!visit.owner) return {"C++", "#5a9367"};
  const auto found = known.find(xlgc_host_name(visit.owner));
  return found == known.end() ? language{xlgc_host_name(visit.owner), "#888888"} : found->second;
}

look look_at(const xlgc::pool &pool, xlgc_id id) {
  xlgc_visit visit;
  if (xlgc_visit_begin_held(&visit, pool.native(), id)) return {"", {"", "#888888"}};
  xlgc_value words;
  look look{"", language_of(visit)};
  if (!xlgc_visit_describe(&visit, &words)) {
    look.text.assign(words.as.bytes, words.length);
    xlgc_value_clear(&words);
  }
  xlgc_visit_end(&visit);
  return look;
}

std::vector<xlgc_id> targets_of(const xlgc::pool &pool, xlgc_id id) {
  std::vector<xlgc_id> targets;
  xlgc_each_target(
      pool.native(), id,
      [](void *data, const xlgc_link_info *link) {
        static_cast<std::vector<xlgc_id> *>(data)->push_back(link->target);
        return 0;
      },
      &targets);
  return targets;
}

/* The shortest way to an object, both ends included; empty when there is none. */
std::vector<xlgc_id> find_way(const xlgc::pool &pool, xlgc_id from, xlgc_id to) {
  std::map<xlgc_id, xlgc_id> before;
  std::deque<xlgc_id> waiting{from};
  while (!waiting.empty() && !before.count(to)) {
    const xlgc_id at = waiting.front();
    waiting.pop_front();
    for (xlgc_id target : targets_of(pool, at))
      if (target != from && before.emplace(target, at).second) waiting.push_back(target);
  }
  std::vector<xlgc_id> way;
  if (!before.count(to)) return way;
  for (xlgc_id at = to; at != from; at = before[at])
    way.push_back(at);
  way.push_back(from);
  std::reverse(way.begin(), way.end());
  return way;
}

/* Text of people for dot: no quotes, not too long. */
std::string label(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == '"' || c == '\\' || c == '\n'; }),
             text.end());
  return text.size() > 42 ? text.substr(0, 40) + ".." : text;
}

} // namespace

std::vector<xlgc_id> find_ring(const xlgc::pool &pool, xlgc_id from) {
  std::vector<xlgc_id> best;
  std::size_t most = 0;
  for (xlgc_id first : targets_of(pool, from)) {
    std::vector<xlgc_id> way = find_way(pool, first, from);
    std::set<std::string> languages;
    for (xlgc_id id : way)
      languages.insert(look_at(pool, id).of.name);
    if (way.empty() || languages.size() < most || (languages.size() == most && way.size() >= best.size())) continue;
    most = languages.size();
    best = way;
  }
  return best;
}

void draw_ring(const xlgc::pool &pool, const std::vector<xlgc_id> &ring, xlgc_id around, const std::string &path) {
  const std::string description = path + ".dot";
  std::ofstream out(description);
  out << "digraph ring {\n  layout=neato; bgcolor=white; pad=0.3; splines=true;\n"
         "  node [fontname=\"DejaVu Sans\", shape=box, style=\"rounded,filled\", fontcolor=white, color=white];\n"
         "  edge [color=\"#444444\", penwidth=1.6];\n";
  const auto show = [&](xlgc_id id, double x, double y) {
    const look look = look_at(pool, id);
    out << "  n" << id << " [pos=\"" << x << ',' << y << "!\", fillcolor=\"" << look.of.colour << "\", label=\""
        << look.of.name << "\\n"
        << label(look.text) << "\"];\n";
  };
  /* On a circle, clockwise from the left; what holds it stands outside, beside the one it holds. */
  const double step = 2 * 3.14159265358979 / static_cast<double>(ring.size());
  std::set<xlgc_id> shown(ring.begin(), ring.end());
  for (std::size_t i = 0; i < ring.size(); i++) {
    const double angle = static_cast<double>(i) * step;
    const std::vector<xlgc_id> held = targets_of(pool, around);
    show(ring[i], -3.2 * std::cos(angle), 2 * std::sin(angle));
    if (std::find(held.begin(), held.end(), ring[i]) != held.end() && shown.insert(around).second)
      show(around, -6.5 * std::cos(angle), 3.6 * std::sin(angle));
  }
  for (xlgc_id id : shown)
    for (xlgc_id target : targets_of(pool, id))
      if (shown.count(target) && target != around)
        out << "  n" << id << " -> n" << target << (id == around ? " [style=dashed]" : "") << ";\n";
  out << "}\n";
  out.close();
  const std::string command = "dot -Tsvg '" + description + "' -o '" + path + "'";
  if (!out || std::system(command.c_str())) throw std::runtime_error("could not draw " + path + ": is graphviz there?");
  std::remove(description.c_str());
}
