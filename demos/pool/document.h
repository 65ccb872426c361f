/* A document of nodes, parsed from HTML, which scripts read, change and hang handlers on. */
#ifndef POOL_DOCUMENT_H
#define POOL_DOCUMENT_H

#include <xlgc/script.hpp>

#include <map>
#include <string>
#include <vector>

/* An element. Its parent and its children are refs: cycles are nobody's worry. */
class node : public xlgc::scriptable {
public:
  std::string tag, text;
  std::map<std::string, std::string> attributes;
  std::map<std::string, xlgc::slot> properties; /* what scripts hang on it */
  xlgc::ref<node> parent{this};
  xlgc::ref_vector<node> children{this};

  static inline long alive;
  explicit node(const std::string &name) : tag(name) { alive++; }
  ~node() override { alive--; }

  void add(node *child);
  void replace(std::size_t position, node *child);
  /* The first element below it, or itself, that has this class; NULL when there is none. */
  node *find(const std::string &with_class);
  /* Calls the property `onclick`, if it has one. */
  void click();

  bool script_get(const xlgc::value &name, xlgc::value &out) override;
  void script_set(const xlgc::value &name, const xlgc::value &to) override;
  bool script_remove(const xlgc::value &name) override;
  std::size_t script_length() override { return children.size(); }
  bool script_element(std::size_t position, xlgc::value &out) override;
  std::string script_text() override;
};

/* The first element of a piece of HTML, with all in it. */
xlgc::root<node> parse(const std::string &html);

#endif
