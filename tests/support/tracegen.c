/* tracegen SHAPE N [SEED]: prints a trace of about N operations for `xlgc replay`, too large to keep as a file. The
 * same arguments give the same trace. A bad argument prints the shapes, with exit status 2. */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t number;

static number random_state;

/* splitmix64: any seed is good. */
static number random_below(number bound) {
  number z = random_state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (z ^ (z >> 31)) % bound;
}

static void link_o(number source, number target) { printf("link o%" PRIu64 " o%" PRIu64 "\n", source, target); }
static void unlink_o(number source, number target) { printf("unlink o%" PRIu64 " o%" PRIu64 "\n", source, target); }
static void one(const char *verb, number object) { printf("%s o%" PRIu64 "\n", verb, object); }
static void flush(void) { puts("flush"); }

/* A list is cut in the middle, then dropped. */
static void chain(number n) {
  one("pin", 0);
  for (number i = 1; i < n; i++)
    link_o(i - 1, i);
  flush();
  one("distance", n - 1);
  if (n > 2) unlink_o(n / 2 - 1, n / 2);
  flush();
  one("distance", n / 2 - 1);
  one("unpin", 0);
}

/* A ring with jumps across it, some of which are the only way after a cut. */
static void ring(number n) {
  one("pin", 0);
  for (number i = 0; i < n; i++)
    link_o(i, (i + 1) % n);
  for (number i = 0; i < n / 16; i++) {
    number from = random_below(n), to = random_below(n), cut = random_below(n);
    link_o(from, to);
    unlink_o(cut, (cut + 1) % n);
    link_o(cut, (cut + 1) % n);
    one("distance", cut);
    unlink_o(from, to);
    if (i % 8 == 0) flush();
  }
  one("unpin", 0);
}

/* One object holds all others and is held by them. */
static void hub(number n) {
  one("pin", 0);
  for (number i = 1; i < n / 2; i++) {
    link_o(0, i);
    link_o(i, 0);
  }
  flush();
  one("unpin", 0);
  one("pin", 0);
  one("distance", n / 4 + 1);
  flush();
  one("unpin", 0);
}

/* A heap-shaped binary tree with links to the parents; subtrees are cut off. */
static void tree(number n) {
  one("pin", 0);
  for (number i = 1; i < n / 2; i++) {
    link_o((i - 1) / 2, i);
    link_o(i, (i - 1) / 2);
  }
  for (number i = n / 8 + 2; i < n / 4; i += 7) {
    unlink_o((i - 1) / 2, i);
    if (i % 3 == 0) flush();
  }
  one("unpin", 0);
}

/* A queue that moves on for ever: the memory it takes is that of its window. */
static void fifo(number n) {
  const number window = 64;
  one("pin", 0);
  for (number i = 1; i < n / 4; i++) {
    link_o(i - 1, i);
    if (i < window) continue;
    one("pin", i - window + 1);
    one("unpin", i - window);
    if (i % 16 == 0) flush();
  }
}

/* The same, doubly linked: what is popped is in a cycle until its link back is cut. */
static void dll(number n) {
  const number window = 64;
  puts("pin head");
  puts("link head o0");
  for (number i = 1; i < n / 6; i++) {
    link_o(i - 1, i);
    link_o(i, i - 1);
    if (i < window) continue;
    number first = i - window;
    printf("link head o%" PRIu64 "\nunlink head o%" PRIu64 "\n", first + 1, first);
    unlink_o(first + 1, first);
    if (i % 16 == 0) flush();
  }
}

/* Rings of three that are built and dropped. */
static void cycles3(number n) {
  for (number i = 0; i + 2 < n / 2; i += 3) {
    one("pin", i);
    link_o(i, i + 1);
    link_o(i + 1, i + 2);
    link_o(i + 2, i);
    one("unpin", i);
    if (i % 4 == 0) flush();
  }
}

/* A document: nodes hold their parent, subtrees move to places outside of themselves. */
static void dom(number n) {
  number nodes = n / 8 + 2, *parents = malloc(nodes * sizeof *parents);
  if (!parents) {
    fputs("tracegen: out of memory\n", stderr);
    exit(2);
  }
  one("pin", 0);
  parents[0] = 0;
  for (number i = 1; i < nodes; i++) {
    parents[i] = random_below(i);
    link_o(parents[i], i);
    link_o(i, parents[i]);
  }
  for (number i = 0; i < n / 8; i++) {
    number node = 1 + random_below(nodes - 1), parent = random_below(nodes), above = parent;
    while (above && above != node)
      above = parents[above];
    if (above == node) continue;
    link_o(parent, node);
    unlink_o(parents[node], node);
    unlink_o(node, parents[node]);
    link_o(node, parent);
    parents[node] = parent;
    if (i % 16 == 0) flush();
    if (i % 64 == 0) one("path", node);
  }
  one("unpin", 0);
  free(parents);
}

/* Links come and go between few names. The last ones made are remembered, so that most unlinks find one. */
static void random_mix(number n, int with_keep_and_misuse) {
  enum { RECENT = 256 };
  number recent[RECENT][2];
  number names = 8 + random_below(60), known = 0;
  for (number i = 0; i < n; i++) {
    number a = random_below(names), b = random_below(names), choice = random_below(100);
    if (choice < 40) {
      link_o(a, b);
      recent[known % RECENT][0] = a;
      recent[known % RECENT][1] = b;
      known++;
    } else if (choice < 78) {
      if (known == 0) continue;
      number which = random_below(known < RECENT ? known : RECENT);
      unlink_o(recent[which][0], recent[which][1]);
      known--;
      recent[which][0] = recent[known % RECENT][0];
      recent[which][1] = recent[known % RECENT][1];
    } else if (choice < 82) {
      one("pin", a);
    } else if (choice < 87) {
      one("unpin", a);
    } else if (choice < 90) {
      one("distance", a);
    } else if (choice < 91) {
      one("path", a);
    } else if (choice < 96 || !with_keep_and_misuse) {
      flush();
    } else if (choice < 98) {
      one("keep", a);
    } else if (choice < 99) {
      unlink_o(a, b);
    } else {
      puts(b % 2 ? "link o1" : "hold o1 o2");
    }
  }
}

static void random_plain(number n) { random_mix(n, 0); }
static void keep_random(number n) { random_mix(n, 1); }

static const struct {
  const char *name;
  void (*print)(number n);
} shapes[] = {
    {"chain", chain}, {"ring", ring},       {"hub", hub}, {"tree", tree},           {"fifo", fifo},
    {"dll", dll},     {"cycles3", cycles3}, {"dom", dom}, {"random", random_plain}, {"keep-random", keep_random},
};

static int parse_number(const char *text, number *out) {
  char *end;
  errno = 0;
  *out = strtoull(text, &end, 10);
  return errno == 0 && end != text && *end == '\0' && *text != '-';
}

int main(int argc, char **argv) {
  number n;
  random_state = 1;
  if ((argc == 3 || (argc == 4 && parse_number(argv[3], &random_state))) && parse_number(argv[2], &n) && n > 0) {
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
      if (strcmp(argv[1], shapes[i].name) != 0) continue;
      shapes[i].print(n);
      return fflush(stdout) || ferror(stdout) ? 2 : 0;
    }
  }
  fputs("usage: tracegen SHAPE N [SEED]; shapes:", stderr);
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    fprintf(stderr, " %s", shapes[i].name);
  fputc('\n', stderr);
  return 2;
}
