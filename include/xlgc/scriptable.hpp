/* Objects of C++ that scripts use, visits to objects of any language, and engines. Part of xlgc/script.hpp, which
 * includes it. */
#ifndef XLGC_SCRIPTABLE_HPP
#define XLGC_SCRIPTABLE_HPP

#include <xlgc/values.hpp>

#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <typeinfo>

#ifdef __GNUC__
#include <cxxabi.h>
#endif

namespace xlgc {

/* ------------------------------------------------------------- scriptables */

/* The base of objects that scripts use. Made by make(), as all objects; give one to an engine as a value. The functions
 * may throw. The calling script holds the objects among their arguments until they return: to keep one, use a slot. A
 * class derives from scripted to have its members listed, and overrides what is to be different. */
class scriptable : public object {
public:
  virtual ~scriptable() {
    if (id_ != XLGC_ID_NONE) xlgc_native_retire(pool_, id_);
  }

  /* Returns false when there is no such field. An object in `out` must be held by something. */
  virtual bool script_get(const value &, value &) { return false; }
  virtual void script_set(const value &name, const value &) {
    throw script_error(name.is_text() ? "this object has no field '" + name.text() + "' to set"
                                      : "this object has no such field to set");
  }
  virtual bool script_remove(const value &) { return false; }
  /* self: the object that it was called on as a method, or nothing. */
  virtual value script_call(const value & /* self */, const std::vector<value> & /* arguments */) {
    throw script_error("this object cannot be called");
  }
  virtual bool script_callable() const { return false; }
  /* Appends the names of its fields, in their order. Returns false when it has none but elements. */
  virtual inline bool script_names(std::vector<value> &);
  /* The element at a position from 0; false after the last. For iterating over what has no names. */
  virtual inline bool script_element(std::size_t, value &);
  virtual inline std::size_t script_length();
  virtual inline std::string script_text();
  /* Whether it is equal to a value, or less than it. */
  virtual inline bool script_compare(const value &, xlgc_order);

  /* The same where what is made for the result is to be held until it has arrived: with.keep(make<T>(...)). By default
   * they look among the class's members, and then call the functions above. */
  virtual inline bool script_find(const value &name, value &out, exchange &with);
  virtual inline void script_store(const value &name, const value &to, exchange &with);
  virtual inline value script_apply(const value &self, const arguments &given, exchange &with);
  /* XLGC_CALLABLE and the like. What can be called is called on what it was read from. */
  virtual inline unsigned script_traits() const;
  /* Of a class that derives from scripted: its members. */
  virtual const detail::class_table *script_members() const { return nullptr; }

protected:
  inline scriptable();
  scriptable(const scriptable &) : scriptable() {}
  scriptable &operator=(const scriptable &) = default;

private:
  xlgc_pool *pool_ = nullptr;
  xlgc_id id_ = XLGC_ID_NONE;
};

inline value::value(const scriptable *object) noexcept : value() {
  if (!object || id_of(object) == XLGC_ID_NONE) return;
  native_.type = XLGC_OBJECT;
  native_.as.id = id_of(object);
  native_.traits = object->script_traits();
}

namespace detail {

/* Goes once through the elements, or through the names that there were. */
class cursor final : public scriptable {
public:
  cursor(scriptable *of, bool has_names, std::vector<value> names)
      : of_(this, of), has_names_(has_names), names_(std::move(names)) {}
  bool has_names() const noexcept { return has_names_; }
  bool next(value &key, value &out, exchange &with) {
    if (!has_names_) {
      if (!of_->script_element(position_, out)) return false;
      key = value(position_++);
      return true;
    }
    while (position_ < names_.size()) {
      key = names_[position_++];
      if (of_->script_find(key, out, with)) return true;
    }
    return false;
  }

private:
  ref<scriptable> of_;
  const bool has_names_;
  const std::vector<value> names_;
  std::size_t position_ = 0;
};

/* An exception of C++ on its way through scripts, out of which it is thrown again as it was. */
class caught final : public scriptable {
public:
  caught(std::exception_ptr what, std::string words) : what_(std::move(what)), words_(std::move(words)) {}
  std::string script_text() override { return words_; }
  [[noreturn]] void throw_again() const { std::rethrow_exception(what_); }

private:
  const std::exception_ptr what_;
  const std::string words_;
};

inline xlgc_text text_of(std::string_view text) noexcept { return {text.data(), text.size()}; }

/* The name of the type of the exception that is being handled, without its namespaces. */
inline std::string name_of_exception() {
#ifdef __GNUC__
  const std::type_info *type = abi::__cxa_current_exception_type();
  if (!type) return "";
  const std::unique_ptr<char, void (*)(void *)> words(abi::__cxa_demangle(type->name(), nullptr, nullptr, nullptr),
                                                      std::free);
  const std::string all = words ? words.get() : type->name();
  const std::size_t colons = all.rfind("::", all.find('<'));
  return colons == std::string::npos ? all : all.substr(colons + 2);
#else
  return "";
#endif
}

/* Those whose names say nothing. */
inline bool is_general_exception(const std::string &name) {
  return name.empty() || name == "exception" || name == "runtime_error" || name == "logic_error" ||
         name == "script_error" || name == "error";
}

/* The exception that is being handled becomes the visit's error, with what it holds. */
inline int raise_caught(xlgc_visit *visit, std::string_view words) {
  const std::string type = name_of_exception();
  exchange with(access::head(static_cast<scriptable *>(visit->handle))->home);
  xlgc_thrown thrown = {};
  thrown.value =
      *with.keep(access::adopt(make<caught>(with.home(), std::current_exception(), std::string(words)))).native();
  thrown.language = text_of("c++");
  thrown.type = text_of(type);
  thrown.words = text_of(words);
  thrown.flags = XLGC_THROWN_VALUE | (is_general_exception(type) ? unsigned(XLGC_THROWN_GENERAL) : 0u);
  const int failed = xlgc_visit_section(visit);
  return failed ? failed : xlgc_visit_throw(visit, &thrown);
}

/* Without what it takes for that, the words. */
inline int raise_words(xlgc_visit *visit, std::string_view words) noexcept {
  try {
    return raise_caught(visit, words);
  } catch (...) {
    return xlgc_visit_raise(visit, words.data(), words.size());
  }
}

/* What another language has thrown goes on as what it was. */
inline int raise_thrown(xlgc_visit *visit, const thrown &of) noexcept {
  xlgc_thrown thrown = {};
  thrown.value = *of.original->native();
  thrown.language = text_of(of.language);
  thrown.type = text_of(of.type);
  thrown.words = text_of(of.words);
  thrown.stack = text_of(of.stack);
  thrown.flags = of.flags;
  const int failed = xlgc_visit_section(visit);
  return failed ? failed : xlgc_visit_throw(visit, &thrown);
}

/* Calls a function for a script; what it throws is raised there. What it made for its result stays until the visit
 * ends, as the section keeps it. */
template <class Function> int guard(xlgc_visit *visit, Function function) noexcept {
  try {
    scriptable &self = *static_cast<scriptable *>(visit->handle);
    exchange with(access::head(self)->home);
    const int answer = function(self, with);
    const int failed = with.is_empty() ? 0 : xlgc_visit_section(visit);
    return failed ? failed : answer;
  } catch (const std::bad_alloc &) {
    return XLGC_E_NOMEM;
  } catch (const script_error &raised) {
    return raised.thrown() ? raise_thrown(visit, *raised.thrown()) : raise_words(visit, raised.what());
  } catch (const std::exception &raised) {
    return raise_words(visit, raised.what());
  } catch (...) {
    return raise_words(visit, "an exception of C++");
  }
}

inline int script_get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) {
  return guard(visit, [&](scriptable &self, exchange &with) {
    value found;
    if (!self.script_find(value(*key), found, with)) return int(XLGC_ABSENT);
    *out = found.release();
    return 0;
  });
}
inline int script_set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *to) {
  return guard(visit, [&](scriptable &self, exchange &with) {
    self.script_store(value(*key), value(*to), with);
    return 0;
  });
}
inline int script_remove(xlgc_visit *visit, const xlgc_value *key) {
  return guard(visit,
               [&](scriptable &self, exchange &) { return self.script_remove(value(*key)) ? 0 : int(XLGC_ABSENT); });
}
inline int script_call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *given, std::size_t count,
                       xlgc_value *out) {
  return guard(visit, [&](scriptable &called, exchange &with) {
    std::vector<value> all;
    all.reserve(count);
    for (std::size_t i = 0; i < count; i++)
      all.emplace_back(given[i]);
    *out = called.script_apply(self ? value(*self) : value(), all, with).release();
    return 0;
  });
}
inline int script_length(xlgc_visit *visit, std::size_t *out) {
  return guard(visit, [&](scriptable &self, exchange &) {
    *out = self.script_length();
    return 0;
  });
}
/* Names come first. What has none is asked for its first element, as it may have none of these either. */
inline int script_iterate(xlgc_visit *visit, xlgc_value *out) {
  return guard(visit, [&](scriptable &self, exchange &with) {
    std::vector<value> names;
    value first;
    const bool has_names = self.script_names(names);
    if (!has_names) self.script_element(0, first);
    *out = with.keep(access::adopt(make<cursor>(with.home(), &self, has_names, std::move(names)))).release();
    return int(has_names ? XLGC_ITERATES_PAIRS : XLGC_ITERATES_VALUES);
  });
}
inline int script_next(xlgc_visit *visit, xlgc_value *key, xlgc_value *out) {
  return guard(visit, [&](scriptable &self, exchange &with) {
    cursor *one = dynamic_cast<cursor *>(&self);
    if (!one) throw script_error("this object is no cursor");
    value position, element;
    if (!one->next(position, element, with)) return int(XLGC_ABSENT);
    *key = position.release();
    *out = element.release();
    return 0;
  });
}
inline int script_close(xlgc_visit *visit) {
  return guard(visit,
               [](scriptable &self, exchange &) { return dynamic_cast<cursor *>(&self) ? 0 : int(XLGC_ABSENT); });
}
inline int script_compare(xlgc_visit *visit, const xlgc_value *other, xlgc_order order, bool *out) {
  return guard(visit, [&](scriptable &self, exchange &) {
    *out = self.script_compare(value(*other), order);
    return 0;
  });
}
inline int script_describe(xlgc_visit *visit, xlgc_value *out) {
  return guard(visit, [&](scriptable &self, exchange &) {
    *out = value(self.script_text()).release();
    return 0;
  });
}

inline constexpr xlgc_behaviour script_behaviour = {script_get,      script_set,     script_remove, script_call,
                                                    script_length,   script_iterate, script_next,   script_compare,
                                                    script_describe, nullptr,        script_close};
/* By which an object of another module is known to be a scriptable. */
#ifdef __GNUC__
__attribute__((visibility("hidden")))
#endif
inline const bool has_natives = this_module.uses(&script_behaviour);

/* The object that a value is, or NULL when it is not one of C++. The caller holds it. */
inline scriptable *object_of(const xlgc_value &given, heap *home) noexcept {
  const xlgc_behaviour *behaviour;
  void *self;
  if (given.type != XLGC_OBJECT || xlgc_native_find(home->native(), given.as.id, &behaviour, &self)) return nullptr;
  const bool is_ours = behaviour == &script_behaviour || xlgc_cpp_has(behaviour);
  return is_ours ? static_cast<scriptable *>(self) : nullptr;
}
inline scriptable *object_of(const value &given, heap *home) noexcept { return object_of(*given.native(), home); }

} // namespace detail

/* Beyond the pool only objects of C++ are there, and their pins are counted. */
inline void held::pin(const xlgc_value &one) {
  if (!home_) throw error(XLGC_E_INVAL, "hold a value of an object that make() did not make");
  if (!home_->closed() || detail::object_of(one, home_)) home_->pin(one.as.id);
}
inline void held::let_go(std::size_t end) noexcept {
  for (std::size_t i = 0; i < end; i++)
    if (is_object(i) && (!home_->closed() || detail::object_of(at(i), home_))) home_->unpin(at(i).as.id);
  if (home_) home_->release();
}

inline scriptable::scriptable() {
  const detail::header *head = access::head(*this);
  if (!head) return; /* not made by make(): scripts cannot have it */
  detail::check(xlgc_native_publish(head->home->native(), head->id, &detail::script_behaviour, this),
                "let scripts use an object");
  pool_ = head->home->native();
  id_ = head->id;
}

/* ----------------------------------------------------------------- visits */

/* Uses an object of any language, which the caller holds: in a slot, as held, or as an argument. Results are held. Must
 * be destroyed on its thread, in the reverse order of visits. Throws script_error and error. Threads: the engine's. */
class visit {
public:
  visit(const pool &in, const value &object) : visit(access::home(in), object) {}
  visit(const exchange &in, const value &object) : visit(in.home(), object) {}
  /* In the pool of the object near, as a rule `this`. */
  template <class H> visit(const H *near, const value &object) : visit(access::head(near)->home, object) {}
  visit(const visit &) = delete;
  visit &operator=(const visit &) = delete;
  ~visit() { xlgc_visit_end(&native_); }

  /* Nothing when there is no such field. */
  held get(const value &key) {
    value out;
    check(xlgc_visit_get(&native_, key.native(), out.out()));
    return held(home_, std::move(out));
  }
  void set(const value &key, const value &to) { check(xlgc_visit_set(&native_, key.native(), to.native())); }
  /* Returns false when there is no such field. */
  bool remove(const value &key) {
    const int answer = xlgc_visit_remove(&native_, key.native());
    check(answer);
    return answer != XLGC_ABSENT;
  }
  held call(std::initializer_list<value> arguments = {}) { return call(std::vector<value>(arguments), nullptr); }
  /* self: the object that it is called on as a method, or NULL. */
  held call(const std::vector<value> &arguments, const value *self) {
    std::vector<xlgc_value> all;
    for (const value &one : arguments)
      all.push_back(*one.native());
    value out;
    check(xlgc_visit_call(&native_, self ? self->native() : nullptr, all.data(), all.size(), out.out()));
    return held(home_, std::move(out));
  }
  std::size_t length() {
    std::size_t count;
    check(xlgc_visit_length(&native_, &count));
    return count;
  }
  std::string text() {
    value out;
    check(xlgc_visit_describe(&native_, out.out()));
    return out.text();
  }
  /* A copy of the memory of an object that has the trait XLGC_MEMORY. */
  std::string bytes() {
    xlgc_memory memory;
    check(xlgc_visit_memory(&native_, &memory));
    std::unique_ptr<xlgc_memory, decltype(&xlgc_memory_give_back)> borrowed(&memory, xlgc_memory_give_back);
    return std::string(static_cast<const char *>(memory.bytes), memory.length);
  }
  bool compare(const value &other, xlgc_order order) {
    bool out;
    check(xlgc_visit_compare(&native_, other.native(), order, &out));
    return out;
  }
  /* Calls function(key, value), both held, for each element: for each field with its name, or each element of a list
   * with its position. Where the function answers a bool, false ends the loop. What is left early, so or by an exception,
   * is closed (xlgc_visit_close). Returns whether they were fields. */
  template <class Function> bool each(Function function) {
    value made;
    const int way = xlgc_visit_iterate(&native_, made.out());
    check(way);
    const held cursor(home_, std::move(made));
    bool more = true;
    try {
      while (more && step(cursor, more, function)) {
      }
    } catch (...) {
      close(cursor);
      throw;
    }
    if (more) visit(home_, cursor).check_closed();
    return way == XLGC_ITERATES_PAIRS;
  }

private:
  /* One element of a cursor. more: whether it had one. Returns whether the loop goes on. */
  template <class Function> bool step(const held &cursor, bool &more, Function &function) {
    value key, element;
    visit at(home_, cursor);
    const int answer = xlgc_visit_next(&at.native_, key.out(), element.out());
    at.check(answer);
    more = answer != XLGC_ABSENT;
    if (!more) return false;
    const held name(home_, std::move(key)), found(home_, std::move(element));
    if constexpr (std::is_same_v<decltype(function(name, found)), bool>)
      return function(name, found);
    else
      return function(name, found), true;
  }
  void check_closed() { check(xlgc_visit_close(&native_)); }
  /* Amid an exception, which is the one to be thrown. */
  void close(const held &cursor) noexcept {
    try {
      visit at(home_, cursor);
      (void)xlgc_visit_close(&at.native_);
    } catch (...) {
    }
  }
  friend class language;
  friend class held;
  visit(detail::heap *home, const value &object) : home_(home) {
    if (home->closed()) throw error(XLGC_E_SHUTDOWN, "use an object");
    const int failed = xlgc_visit_begin_held(&native_, home->native(), object.id());
    if (failed) fail(failed);
  }
  void check(int result) {
    if (result < 0) fail(result);
  }
  [[noreturn]] void fail(int result) {
    if (result != XLGC_E_RAISED) throw error(result, "use an object");
    const xlgc_thrown *raised = xlgc_visit_thrown(&native_);
    if (!raised) throw script_error(xlgc_visit_message(&native_, result));
    const auto *mine = dynamic_cast<detail::caught *>(detail::object_of(raised->value, home_));
    if (mine) mine->throw_again();
    throw script_error(text_of(*raised), keep(*raised));
  }
  static std::string text_of(const xlgc_text &text) {
    return text.length ? std::string(text.bytes, text.length) : std::string();
  }
  /* "ValueError: words", whole. */
  static std::string text_of(const xlgc_thrown &raised) {
    const std::string type = text_of(raised.type), words = text_of(raised.words);
    if (type.empty() || (raised.flags & XLGC_THROWN_GENERAL && !words.empty())) return words;
    return words.empty() ? type : type + ": " + words;
  }
  std::shared_ptr<const detail::thrown> keep(const xlgc_thrown &raised) {
    auto kept = std::make_shared<detail::thrown>();
    kept->original = held(home_, value(raised.value));
    kept->language = text_of(raised.language);
    kept->type = text_of(raised.type);
    kept->words = text_of(raised.words);
    kept->stack = text_of(raised.stack);
    kept->flags = raised.flags;
    return kept;
  }
  detail::heap *home_;
  xlgc_visit native_;
};

/* A collection of all engines of a pool, see xlgc_hosts_collect. Returns how many exports were unpinned. Throws
 * error. */
inline std::size_t collect(const pool &in) {
  return static_cast<std::size_t>(detail::check(xlgc_hosts_collect(in.native()), "collect"));
}

/* A language's engine in a pool, which ends with this object; if that is destroyed by the engine's own code, when the
 * call that this is in is over. May outlive the pool; what it evaluates then throws error. To be destroyed on its
 * thread. Throws error: as the language's `start`. */
class language {
public:
  language(const pool &in, const xlgc_language &of) : home_(access::home(in)), of_(of) {
    value out;
    detail::check(of_.start(in.native(), &engine_, out.out()), of_.name);
    detail::rollback started([this] { of_.end(engine_); });
    detail::check(xlgc_language_started(in.native(), &of_, engine_, out.id()), of_.name);
    started.all_went_well();
    home_->retain();
    self_ = held(home_, std::move(out));
  }
  language(const language &) = delete;
  language &operator=(const language &) = delete;
  ~language() {
    self_ = held();
    (void)xlgc_language_end(home_->native(), &of_, engine_);
    home_->release();
  }
  /* Runs a text and returns its result. name: what errors call the text, with its lines. given: `...` in Lua, the global
   * `args` of others while the text runs. Throws script_error. */
  held eval(const std::string &text) { return visit(home_, field("eval")).call({text}); }
  template <class... Arguments> held eval(const std::string &text, const std::string &name, Arguments &&...given) {
    return field("eval").template call<held>(text, name, std::forward<Arguments>(given)...);
  }
  /* The object that holds its global names. */
  held globals() { return field("globals"); }
  const char *name() const noexcept { return of_.name; }

private:
  held field(const char *name) { return visit(home_, self_).get(name); }
  detail::heap *home_;
  const xlgc_language &of_;
  void *engine_ = nullptr;
  held self_;
};

} // namespace xlgc

#endif
