// A plug-in: a class of its own, which the program knows as a shape.
#include "shape.hpp"

struct square : shape {
  int corners() const override { return 4; }
};

// Two that hold each other.
extern "C" __attribute__((visibility("default"))) void make(xlgc::root<shape> *out) {
  xlgc::root<square> one = xlgc::make<square>(), other = xlgc::make<square>();
  one->next = other;
  other->next = one;
  *out = one;
}
