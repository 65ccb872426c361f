/* malloc and free: whoever has a tree frees it. */
#include <config.h>

#include "measure.h"
#include "trees.h"

#include <stdlib.h>

typedef struct node {
  struct node *left, *right;
} node;

static node *make(void) { return allocate(1, sizeof(node)); }

static void drop(node *tree) {
  if (!tree) return;
  drop(tree->left);
  drop(tree->right);
  free(tree);
}

#define VAR node *
#define MAKE() make()
#define GIVE(holder, field, v) ((holder)->field = (v))
#define SEE(reference) (reference)
#define DROP(variable) drop(variable)
#define ARRAY(count) allocate((count), sizeof(double))
#define DROP_ARRAY(array) free(array)
#define START()
#define FINISH()
#include "trees_program.h"

const trees_way trees_malloc = {.name = "malloc/free", .binary_trees = binary_trees, .gcbench = gcbench};
