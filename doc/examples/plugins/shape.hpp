// What the program and its plug-ins both know.
#pragma once
#include <xlgc.hpp>

struct shape : xlgc::object {
  xlgc::ref<shape> next{this};
  virtual int corners() const = 0;
};
