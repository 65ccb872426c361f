/* A class that each part of the program of tests/plugins.sh has by itself, and one that stands in a library. */
#ifndef NODE_HPP
#define NODE_HPP

#include <xlgc/script.hpp>

#define PART __attribute__((visibility("default")))

struct node : xlgc::object {
  xlgc::ref<xlgc::object> next{this};
  int *alive;
  explicit node(int *count) : alive(count) { ++*alive; }
  virtual ~node() { --*alive; }
};

/* Its constructor and destructor are in the library. */
struct PART part : xlgc::object {
  xlgc::ref<xlgc::object> next{this};
  int *alive;
  explicit part(int *count);
  virtual ~part();
};

/* A class for scripts. */
struct shown : xlgc::scripted<shown> {
  int number = 1;
  static void script(xlgc::members<shown> &of) {
    of.constructor<>().field("number", &shown::number).method("add", [](shown &self, const shown &other) {
      return self.number += other.number;
    });
  }
};

/* What a plug-in has. */
struct plugin {
  xlgc::root<xlgc::object> (*make)(int *alive);
  xlgc::root<xlgc::object> (*make_in)(xlgc::pool &pool, int *alive);
  void (*join)(xlgc::object *from, xlgc::object *to);
  void (*keep)(xlgc::object *one);   /* in a variable */
  void (*forget)(xlgc::object *one); /* in memory that it never frees */
  xlgc::held (*show)(xlgc::pool &pool);
};

#endif
