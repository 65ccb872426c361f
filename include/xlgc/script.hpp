/* xlgc/script.hpp: C++ objects that scripts use, and scripts' objects that C++ uses. Header only, C++17; uses xlgc.hpp
 * and xlgc/bridge.h.
 *
 *     class lamp : public xlgc::scripted<lamp> {
 *     public:
 *       double watts = 60;
 *       xlgc::slot onclick{this}; // lua: lamp.onclick = function(times) ... end
 *       void click(int times) { onclick.hold().call(times); }
 *       static void script(xlgc::members<lamp> &of) {
 *         of.constructor<>().field("watts", &lamp::watts).field("onclick", &lamp::onclick).method("click", &lamp::click);
 *       }
 *     };
 *     xlgc::language lua(pool, xlgc_language_lua);
 *     lua.globals().set("lamp", xlgc::class_in<lamp>(pool));
 *     lua.eval("mine = lamp.new() mine.watts = 40 mine:click(2)");
 *     xlgc::root<lamp> mine = lua.globals().get<xlgc::root<lamp>>("mine");
 *
 *   value        what crosses between languages; holds nothing
 *   slot         a member of an object that has a value: a link, if that is an object
 *   held         a value on a stack: pins it, if it is an object
 *   scripted     the base of a class that scripts use, which lists its members (xlgc/members.hpp)
 *   scriptable   the base below it; a class overrides a function for each thing that scripts can do with it
 *   convert      how a type crosses, as the values of members, arguments and results (xlgc/convert.hpp)
 *   visit        using an object of any language
 *
 * Errors. What an overridden function throws becomes an error of the visiting language, with what() as its text. What
 * the visited language raises is thrown here as script_error. Other failures throw error, with xlgc.h's code.
 *
 * Threads: a scriptable object is used by one thread at a time. Its functions run on the visiting engine's.
 */
#ifndef XLGC_SCRIPT_HPP
#define XLGC_SCRIPT_HPP

#include <xlgc.hpp>
#include <xlgc/bridge.h>

#include <cstdio>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace xlgc {

class scriptable;
class exchange;
class held;
namespace detail {
class class_table;
}

/* A script raised an error, or a value has another type. */
class script_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/* ----------------------------------------------------------------- values */

/* A value that crosses: nothing, a boolean, a number, text, bytes or an object. Owns its bytes; holds no object. The
 * functions that read it throw script_error when it has another type. */
class value {
public:
  value() noexcept : native_() {}
  value(std::nullptr_t) noexcept : value() {}
  template <class T, std::enable_if_t<std::is_same_v<T, bool>, int> = 0> value(T boolean) noexcept : value() {
    native_.type = XLGC_BOOLEAN;
    native_.as.boolean = boolean;
  }
  template <class T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int> = 0>
  value(T integer) noexcept : value() {
    native_.type = XLGC_INTEGER;
    native_.as.integer = static_cast<std::int64_t>(integer);
  }
  template <class T, std::enable_if_t<std::is_floating_point_v<T>, int> = 0> value(T number) noexcept : value() {
    native_.type = XLGC_NUMBER;
    native_.as.number = static_cast<double>(number);
  }
  /* Text is UTF-8. */
  value(std::string_view text) : value(XLGC_STRING, text) {}
  value(const std::string &text) : value(std::string_view(text)) {}
  value(const char *text) : value(std::string_view(text)) {}
  inline value(const scriptable *object) noexcept;
  template <class T, std::enable_if_t<std::is_base_of_v<scriptable, T>, int> = 0>
  value(const ref<T> &object) noexcept : value(static_cast<const scriptable *>(object.get())) {}
  template <class T, std::enable_if_t<std::is_base_of_v<scriptable, T>, int> = 0>
  value(const root<T> &object) noexcept : value(static_cast<const scriptable *>(object.get())) {}
  static value bytes(std::string_view bytes) { return value(XLGC_BUFFER, bytes); }
  explicit value(const xlgc_value &other) : value() { copy(other); }

  value(const value &other) : value() { copy(other.native_); }
  value(value &&other) noexcept : native_(other.native_) { other.native_ = xlgc_value(); }
  value &operator=(value other) noexcept {
    std::swap(native_, other.native_);
    return *this;
  }
  ~value() { xlgc_value_clear(&native_); }

  xlgc_type type() const noexcept { return native_.type; }
  bool is_nil() const noexcept { return native_.type == XLGC_NIL; }
  bool is_boolean() const noexcept { return native_.type == XLGC_BOOLEAN; }
  bool is_integer() const noexcept { return native_.type == XLGC_INTEGER; }
  bool is_number() const noexcept { return native_.type == XLGC_INTEGER || native_.type == XLGC_NUMBER; }
  bool is_text() const noexcept { return native_.type == XLGC_STRING; }
  bool is_bytes() const noexcept { return native_.type == XLGC_BUFFER; }
  bool is_object() const noexcept { return native_.type == XLGC_OBJECT; }
  bool is_callable() const noexcept { return is_object() && (native_.traits & XLGC_CALLABLE); }
  bool boolean() const { return expect(XLGC_BOOLEAN, "a boolean").as.boolean; }
  std::int64_t integer() const { return expect(XLGC_INTEGER, "an integer").as.integer; }
  double number() const {
    return native_.type == XLGC_INTEGER ? static_cast<double>(native_.as.integer)
                                        : expect(XLGC_NUMBER, "a number").as.number;
  }
  std::string text() const { return std::string(expect(XLGC_STRING, "text").as.bytes, native_.length); }
  std::string bytes() const { return std::string(expect(XLGC_BUFFER, "bytes").as.bytes, native_.length); }
  xlgc_id id() const { return expect(XLGC_OBJECT, "an object").as.id; }
  /* Its type in words, for messages. */
  const char *type_name() const noexcept {
    static const char *const names[] = {"nothing", "a boolean", "an integer", "a number",
                                        "text",    "bytes",     "an object",  "several values"};
    return names[native_.type];
  }

  const xlgc_value *native() const noexcept { return &native_; }
  /* To be filled in by a function of bridge.h. */
  xlgc_value *out() noexcept {
    xlgc_value_clear(&native_);
    return &native_;
  }
  /* Gives up what it owns; the caller will clear it. */
  xlgc_value release() noexcept {
    xlgc_value mine = native_;
    native_ = xlgc_value();
    return mine;
  }

private:
  value(xlgc_type type, std::string_view bytes) : value() {
    if (xlgc_value_copy(&native_, type, bytes.data(), bytes.size())) throw std::bad_alloc();
  }
  void copy(const xlgc_value &other) {
    if (other.type == XLGC_SEVERAL) {
      xlgc_value *values;
      if (xlgc_value_several(&native_, other.length, &values)) throw std::bad_alloc();
      for (std::size_t i = 0; i < other.length; i++)
        values[i] = value(other.as.values[i]).release();
    } else if (other.type == XLGC_STRING || other.type == XLGC_BUFFER) {
      if (xlgc_value_copy(&native_, other.type, other.as.bytes, other.length)) throw std::bad_alloc();
    } else {
      native_ = other;
      native_.memory = nullptr;
    }
  }
  const xlgc_value &expect(xlgc_type type, const char *what) const {
    if (native_.type != type) throw script_error(std::string("expected ") + what + ", not " + type_name());
    return native_;
  }

  xlgc_value native_;
};

/* A member of an object, or of a container in one, that has a value. holder: `this` of an object that make() makes;
 * otherwise the slot holds nothing. Assigning logs a link for an object that comes, an unlink for one that goes. Errors
 * and threads: as of a ref. */
class slot {
public:
  template <class H> explicit slot(const H *holder) noexcept : holder_(access::head(holder)) {}
  slot(const slot &) = delete;
  ~slot() {
    if (!detail::is_told(holder_)) drop(value_);
  }
  slot &operator=(const slot &other) { return *this = other.value_; }
  slot &operator=(value now) {
    if (detail::is_told(holder_)) return *this;
    if (now.is_object() && holder_)
      detail::check(xlgc_link(holder_->home->need_context("link"), holder_->id, now.id()), "link");
    std::swap(value_, now);
    drop(now);
    return *this;
  }
  const value &get() const noexcept { return value_; }
  operator const value &() const noexcept { return value_; }
  /* The value, held: for using it. Throws error. */
  inline held hold() const;

private:
  void drop(const value &was) noexcept {
    if (!was.is_object() || !holder_ || holder_->home->closed()) return;
    const xlgc_id id = was.native()->as.id;
    holder_->home->drop([&](xlgc_context *context) { return xlgc_unlink(context, holder_->id, id); });
  }
  detail::header *holder_;
  value value_;
};

/* A value on a stack, or in anything that is no object: pins it, if it is an object, or those among several. Throws
 * error. May outlive the pool. */
class held {
public:
  held() = default;
  held(detail::heap *home, value of) : home_(home), value_(std::move(of)) {
    std::size_t pinned = 0;
    if (home_) home_->retain();
    try {
      for (; pinned < count(); pinned++)
        if (is_object(pinned)) pin(at(pinned));
    } catch (...) {
      let_go(pinned);
      throw;
    }
  }
  held(const pool &in, value of) : held(access::home(in), std::move(of)) {}
  /* In the pool of the object near. */
  template <class H, class = std::enable_if_t<std::is_base_of_v<object, H>>>
  held(const H *near, value of) : held(access::head(near)->home, std::move(of)) {}
  held(const held &other) : held(other.home_, other.value_) {}
  held(held &&other) noexcept : home_(std::exchange(other.home_, nullptr)), value_(std::move(other.value_)) {}
  held &operator=(held other) noexcept {
    std::swap(home_, other.home_);
    std::swap(value_, other.value_);
    return *this;
  }
  ~held() { let_go(count()); }
  const value &get() const noexcept { return value_; }
  operator const value &() const noexcept { return value_; }
  const value *operator->() const noexcept { return &value_; }

  /* The value as a type of C++: see convert. Throws script_error where it is none. */
  template <class T> T as() const;
  template <class T> bool is() const;
  /* What a visit does, for one use. Results are of any type that has a convert, or void. */
  template <class R> R get(const value &name) const;
  template <class T> void set(const value &name, T &&to) const;
  template <class R = held, class... Arguments> R call(Arguments &&...arguments) const;

private:
  std::size_t count() const noexcept { return value_.type() == XLGC_SEVERAL ? value_.native()->length : 1; }
  const xlgc_value &at(std::size_t i) const noexcept {
    return value_.type() == XLGC_SEVERAL ? value_.native()->as.values[i] : *value_.native();
  }
  bool is_object(std::size_t i) const noexcept { return at(i).type == XLGC_OBJECT; }
  inline void pin(const xlgc_value &one);
  inline void let_go(std::size_t end) noexcept;
  detail::heap *home_ = nullptr;
  value value_;
};

inline held slot::hold() const { return held(holder_ ? holder_->home : nullptr, value_); }

/* The values of a call. A position behind the last has nothing. */
class arguments {
public:
  arguments(const value *first, std::size_t count) noexcept : first_(first), count_(count) {}
  arguments(const std::vector<value> &all) noexcept : arguments(all.data(), all.size()) {}
  std::size_t size() const noexcept { return count_; }
  const value &operator[](std::size_t i) const noexcept {
    static const value nothing;
    return i < count_ ? first_[i] : nothing;
  }
  arguments from(std::size_t i) const noexcept {
    return i < count_ ? arguments(first_ + i, count_ - i) : arguments(nullptr, 0);
  }
  const value *begin() const noexcept { return first_; }
  const value *end() const noexcept { return first_ + count_; }

private:
  const value *first_;
  std::size_t count_;
};

/* Where values are converted: a pool; and what is made for them, which is held until they have arrived. */
class exchange {
public:
  explicit exchange(detail::heap *home) noexcept : home_(home) {}
  explicit exchange(const pool &in) noexcept : home_(access::home(in)) {}
  exchange(const exchange &) = delete;
  exchange &operator=(const exchange &) = delete;
  value keep(held one) {
    made_.push_back(std::move(one));
    return made_.back();
  }
  template <class T> value keep(const root<T> &one) { return keep(held(home_, value(one))); }
  bool is_empty() const noexcept { return made_.empty(); }
  detail::heap *home() const noexcept { return home_; }

private:
  detail::heap *home_;
  std::vector<held> made_;
};

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
  } catch (const std::exception &thrown) {
    return xlgc_visit_raise(visit, thrown.what(), std::string_view(thrown.what()).size());
  } catch (...) {
    return xlgc_visit_raise(visit, "an exception of C++", 19);
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

inline constexpr xlgc_behaviour script_behaviour = {script_get,  script_set,     script_remove,
                                                    script_call, script_length,  script_iterate,
                                                    script_next, script_compare, script_describe};
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
  bool compare(const value &other, xlgc_order order) {
    bool out;
    check(xlgc_visit_compare(&native_, other.native(), order, &out));
    return out;
  }
  /* Calls function(key, value), both held, for each element: for each field with its name, or each element of a list
   * with its position. Returns whether they were fields. */
  template <class Function> bool each(Function function) {
    value made;
    const int way = xlgc_visit_iterate(&native_, made.out());
    check(way);
    const held cursor(home_, std::move(made));
    for (;;) {
      value key, element;
      visit step(home_, cursor);
      const int answer = xlgc_visit_next(&step.native_, key.out(), element.out());
      step.check(answer);
      if (answer == XLGC_ABSENT) return way == XLGC_ITERATES_PAIRS;
      const held name(home_, std::move(key)), found(home_, std::move(element));
      function(name, found);
    }
  }

private:
  friend class language;
  friend class held;
  visit(detail::heap *home, const value &object) : home_(home) {
    const int failed = xlgc_visit_begin_held(&native_, home->native(), object.id());
    if (failed) fail(failed);
  }
  void check(int result) {
    if (result < 0) fail(result);
  }
  [[noreturn]] void fail(int result) {
    if (result == XLGC_E_RAISED) throw script_error(xlgc_visit_message(&native_, result));
    throw error(result, "use an object");
  }
  detail::heap *home_;
  xlgc_visit native_;
};

/* A collection of all engines of a pool, see xlgc_hosts_collect. Returns how many exports were unpinned. Throws
 * error. */
inline std::size_t collect(const pool &in) {
  return static_cast<std::size_t>(detail::check(xlgc_hosts_collect(in.native()), "collect"));
}

/* A language's engine in a pool, which ends with this object. Must be destroyed before the pool, on its thread, while
 * none of its code runs. Throws error: as the language's `start`. */
class language {
public:
  language(const pool &in, const xlgc_language &of) : home_(access::home(in)), of_(of) {
    value out;
    detail::check(of_.start(in.native(), &engine_, out.out()), of_.name);
    self_ = held(home_, std::move(out));
  }
  language(const language &) = delete;
  language &operator=(const language &) = delete;
  ~language() {
    self_ = held();
    of_.end(engine_);
  }
  /* Runs a text and returns its result. Throws script_error. */
  held eval(const std::string &text) { return visit(home_, field("eval")).call({text}); }
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

#include <xlgc/convert.hpp>
#include <xlgc/members.hpp>

#endif
