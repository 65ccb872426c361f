// std::shared_ptr, with the atomics of a program that has threads.
#include "trees.h"

#include <cstdlib>
#include <memory>

namespace {

struct node {
  std::shared_ptr<node> left, right;
};

#define VAR std::shared_ptr<node>
#define MAKE() std::make_shared<node>()
#define GIVE(holder, field, v) ((holder)->field = (v))
#define SEE(reference) ((reference).get())
#define DROP(variable) ((variable).reset())
#define ARRAY(count) static_cast<double *>(std::calloc((count), sizeof(double)))
#define DROP_ARRAY(array) std::free(array)
#define START()
#define FINISH()
#include "trees_program.h"

} // namespace

extern "C" const trees_way trees_shared_ptr = {"shared_ptr", binary_trees, gcbench};
