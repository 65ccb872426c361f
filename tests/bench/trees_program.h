/* The programs of trees.h. An including file defines, for trees of a type `node` with members `left` and `right`:
 *   VAR                     a local variable that holds a node, or none
 *   MAKE()                  a new node without children, held by whoever gets it
 *   GIVE(holder, field, v)  the node's field takes over from the expression v
 *   SEE(reference)          a plain pointer to what a VAR or a field holds
 *   DROP(variable)          lets go of it
 *   ARRAY(count)            memory for doubles; DROP_ARRAY(array)
 *   START(), FINISH()       around each program */

static uint64_t trees_size_of(int depth) { return (UINT64_C(2) << depth) - 1; }

static VAR bottom_up(int depth) {
  VAR tree = MAKE();
  if (depth > 0) {
    GIVE(tree, left, bottom_up(depth - 1));
    GIVE(tree, right, bottom_up(depth - 1));
  }
  return tree;
}

static void populate(int depth, node *tree) {
  if (depth == 0) return;
  GIVE(tree, left, MAKE());
  GIVE(tree, right, MAKE());
  populate(depth - 1, SEE(tree->left));
  populate(depth - 1, SEE(tree->right));
}

static uint64_t count(const node *tree) { return tree ? 1 + count(SEE(tree->left)) + count(SEE(tree->right)) : 0; }

static uint64_t made_and_dropped(int depth) {
  VAR tree = bottom_up(depth);
  uint64_t nodes = count(SEE(tree));
  DROP(tree);
  return nodes;
}

static uint64_t populated_and_dropped(int depth) {
  VAR tree = MAKE();
  populate(depth, SEE(tree));
  uint64_t nodes = count(SEE(tree));
  DROP(tree);
  return nodes;
}

/* Of the Computer Language Benchmarks Game, after Hans Boehm. */
static uint64_t binary_trees(const trees_size *size) {
  START();
  uint64_t nodes = made_and_dropped(size->stretch);
  VAR lived = bottom_up(size->lived);
  for (int depth = 4; depth <= size->most; depth += 2)
    for (uint64_t left = size->objects / trees_size_of(depth); left; left--)
      nodes += made_and_dropped(depth);
  nodes += count(SEE(lived));
  DROP(lived);
  FINISH();
  return nodes;
}

/* Of John Ellis, Pete Kovac and Hans Boehm. */
static uint64_t gcbench(const trees_size *size) {
  START();
  uint64_t nodes = made_and_dropped(size->stretch);
  VAR lived = MAKE();
  populate(size->lived, SEE(lived));
  double *array = ARRAY(size->array);
  for (uint32_t i = 0; i < size->array / 2; i++)
    array[i] = 1.0 / (i + 1);
  for (int depth = 4; depth <= size->most; depth += 2) {
    uint64_t times = size->objects / 2 / trees_size_of(depth);
    for (uint64_t left = times; left; left--)
      nodes += populated_and_dropped(depth);
    for (uint64_t left = times; left; left--)
      nodes += made_and_dropped(depth);
  }
  nodes += count(SEE(lived)) + (array[1] == 0.5 ? 0 : 1);
  DROP(lived);
  DROP_ARRAY(array);
  FINISH();
  return nodes;
}
