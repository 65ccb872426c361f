// See peer_die.h.
#include "peer_die.h"

extern "C" {
#include "measure.h"
}

#include <memory>
#include <vector>

namespace {

uint64_t destroyed;

struct node {
  std::shared_ptr<node> held[OUT_MOST];
  long payload = 0;
  ~node() { destroyed++; }
};

// The first node holds all.
std::shared_ptr<node> new_list(uint64_t n) {
  auto first = std::make_shared<node>();
  auto *last = first.get();
  for (uint64_t i = 1; i < n; i++) {
    last->held[0] = std::make_shared<node>();
    last = last->held[0].get();
  }
  return first;
}

std::shared_ptr<node> new_tree(uint64_t n) {
  std::vector<node *> all;
  all.reserve(n);
  auto first = std::make_shared<node>();
  all.push_back(first.get());
  for (uint64_t i = 1; i < n; i++) {
    auto &place = all[(i - 1) / 2]->held[(i - 1) % 2];
    place = std::make_shared<node>();
    all.push_back(place.get());
  }
  return first;
}

} // namespace

double peer_shared_ptr_die(shape shape, uint64_t n, uint64_t *died) {
  auto first = shape == LIST ? new_list(n) : new_tree(n);
  destroyed = 0;
  double start_ns = cpu_ns();
  if (shape == LIST) {
    while (first) {
      auto next = std::move(first->held[0]);
      first = std::move(next);
    }
  } else {
    first.reset();
  }
  double ns = cpu_ns() - start_ns;
  *died = destroyed;
  return ns;
}
