#include "document.h"

#include <gumbo.h>

#include <sstream>

void node::add(node *child) {
  child->parent = this;
  children.push_back(child);
}

void node::replace(std::size_t position, node *child) {
  children[position]->parent = nullptr;
  child->parent = this;
  children[position] = child;
}

static bool has_class(const node &element, const std::string &name) {
  const auto found = element.attributes.find("class");
  if (found == element.attributes.end()) return false;
  std::istringstream words(found->second);
  for (std::string word; words >> word;)
    if (word == name) return true;
  return false;
}

node *node::find(const std::string &with_class) {
  if (has_class(*this, with_class)) return this;
  for (const xlgc::ref<node> &child : children)
    if (node *found = child->find(with_class)) return found;
  return nullptr;
}

void node::click() {
  const auto handler = properties.find("onclick");
  if (handler != properties.end()) xlgc::visit(this, handler->second).call();
}

/* ---------------------------------------------------------------- scripts */

bool node::script_get(const xlgc::value &name, xlgc::value &out) {
  const std::string key = name.text();
  if (key == "tag") return out = tag, true;
  if (key == "text") return out = text, true;
  if (key == "parent") return out = parent, true;
  const auto property = properties.find(key);
  if (property != properties.end()) return out = property->second, true;
  const auto attribute = attributes.find(key);
  if (attribute != attributes.end()) return out = attribute->second, true;
  /* element.title is the first element inside that has this class. */
  node *inside = find(key);
  if (!inside) return false;
  return out = inside, true;
}

void node::script_set(const xlgc::value &name, const xlgc::value &to) {
  const std::string key = name.text();
  if (key == "text")
    text = to.text();
  else if (key == "tag" || key == "parent")
    throw xlgc::script_error("an element's " + key + " cannot be set");
  else
    properties.try_emplace(key, this).first->second = to;
}

bool node::script_remove(const xlgc::value &name) { return properties.erase(name.text()) != 0; }

bool node::script_element(std::size_t position, xlgc::value &out) {
  if (position >= children.size()) return false;
  out = children[position];
  return true;
}

std::string node::script_text() {
  const auto found = attributes.find("class");
  return "<" + tag + (found == attributes.end() ? "" : " class=" + found->second) + ">";
}

/* ---------------------------------------------------------------- parsing */

static xlgc::root<node> build(const GumboElement &element) {
  xlgc::root<node> made = xlgc::make<node>(gumbo_normalized_tagname(element.tag));
  for (unsigned i = 0; i < element.attributes.length; i++) {
    const GumboAttribute *attribute = static_cast<const GumboAttribute *>(element.attributes.data[i]);
    made->attributes[attribute->name] = attribute->value;
  }
  for (unsigned i = 0; i < element.children.length; i++) {
    const GumboNode *child = static_cast<const GumboNode *>(element.children.data[i]);
    if (child->type == GUMBO_NODE_TEXT) made->text += child->v.text.text;
    if (child->type == GUMBO_NODE_ELEMENT) made->add(build(child->v.element).get());
  }
  return made;
}

xlgc::root<node> parse(const std::string &html) {
  GumboOutput *output = gumbo_parse_with_options(&kGumboDefaultOptions, html.data(), html.size());
  const GumboElement *body = nullptr;
  for (unsigned i = 0; i < output->root->v.element.children.length; i++) {
    const GumboNode *part = static_cast<const GumboNode *>(output->root->v.element.children.data[i]);
    if (part->type == GUMBO_NODE_ELEMENT && part->v.element.tag == GUMBO_TAG_BODY) body = &part->v.element;
  }
  xlgc::root<node> made;
  for (unsigned i = 0; body && i < body->children.length && !made; i++) {
    const GumboNode *part = static_cast<const GumboNode *>(body->children.data[i]);
    if (part->type == GUMBO_NODE_ELEMENT) made = build(part->v.element);
  }
  gumbo_destroy_output(&kGumboDefaultOptions, output);
  if (!made) throw std::runtime_error("no element in: " + html);
  return made;
}
