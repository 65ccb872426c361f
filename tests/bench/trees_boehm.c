/* Boehm's collector: nobody frees anything. */
#define GC_THREADS 1
#define GC_NO_THREAD_REDIRECTS 1
#include <config.h>

#include "measure.h"
#include "trees.h"

#include <gc/gc.h>

typedef struct node {
  struct node *left, *right;
} node;

static node *make(void) {
  node *made = GC_NEW(node);
  must_be(made, "out of memory");
  return made;
}

#define VAR node *
#define MAKE() make()
#define GIVE(holder, field, v) ((holder)->field = (v))
#define SEE(reference) (reference)
#define DROP(variable) ((variable) = NULL)
#define ARRAY(count) GC_MALLOC_ATOMIC((count) * sizeof(double))
#define DROP_ARRAY(array) ((array) = NULL)
#define START() GC_INIT()
#define FINISH()
#include "trees_program.h"

const trees_way trees_boehm = {.name = "bdwgc", .binary_trees = binary_trees, .gcbench = gcbench};
