/* xlgc/script.hpp: C++ objects that scripts use, and scripts' objects that C++ uses. Header only, C++17; uses xlgc.hpp
 * and xlgc/bridge.h.
 *
 *     class lamp : public xlgc::scriptable {
 *       std::map<std::string, xlgc::slot> handlers;
 *       bool script_get(const xlgc::value &name, xlgc::value &out) override;
 *       void script_set(const xlgc::value &name, const xlgc::value &to) override {
 *         handlers.try_emplace(name.text(), this).first->second = to; // lua: lamp.onclick = function() ... end
 *       }
 *     public:
 *       void click() { xlgc::visit(this, handlers.at("onclick")).call({"click"}); }
 *     };
 *
 *   value        what crosses between languages; holds nothing
 *   slot         a member of an object that has a value: a link, if that is an object
 *   held         a value on a stack: pins it, if it is an object
 *   scriptable   the base of what scripts can use; a class overrides a function for each thing that they can do with it
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

#include <initializer_list>
#include <string>
#include <string_view>

namespace xlgc {

class scriptable;

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
  bool is_text() const noexcept { return native_.type == XLGC_STRING; }
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
    static const char *const names[] = {"nothing", "a boolean", "an integer", "a number",
                                        "text",    "bytes",     "an object",  "several values"};
    if (native_.type != type) throw script_error(std::string("expected ") + what + ", not " + names[native_.type]);
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

private:
  void drop(const value &was) noexcept {
    if (!was.is_object() || !holder_ || holder_->home->closed()) return;
    const xlgc_id id = was.native()->as.id;
    holder_->home->drop([&](xlgc_context *context) { return xlgc_unlink(context, holder_->id, id); });
  }
  detail::header *holder_;
  value value_;
};

/* A value on a stack, or in anything that is no object: if it is an object, pins it. Throws error. */
class held {
public:
  held() = default;
  held(detail::heap *home, value of) : home_(home), value_(std::move(of)) {
    if (value_.is_object()) home_->pin(value_.id());
  }
  held(held &&other) noexcept : home_(other.home_), value_(std::move(other.value_)) {}
  held &operator=(held other) noexcept {
    std::swap(home_, other.home_);
    std::swap(value_, other.value_);
    return *this;
  }
  ~held() {
    if (value_.is_object()) home_->unpin(value_.native()->as.id);
  }
  const value &get() const noexcept { return value_; }
  operator const value &() const noexcept { return value_; }
  const value *operator->() const noexcept { return &value_; }

private:
  detail::heap *home_ = nullptr;
  value value_;
};

/* ------------------------------------------------------------- scriptables */

/* The base of objects that scripts use. Made by make(), as all objects; give one to an engine as a value. The functions
 * may throw. The calling script holds the objects among their arguments until they return: to keep one, use a slot. */
class scriptable : public object {
public:
  virtual ~scriptable() {
    if (id_ != XLGC_ID_NONE) xlgc_native_retire(pool_, id_);
  }

  /* Returns false when there is no such field. */
  virtual bool script_get(const value &, value &) { return false; }
  virtual void script_set(const value &, const value &) { throw script_error("this object has no fields to set"); }
  virtual bool script_remove(const value &) { return false; }
  /* self: the object that it was called on as a method, or nothing. */
  virtual value script_call(const value & /* self */, const std::vector<value> & /* arguments */) {
    throw script_error("this object cannot be called");
  }
  virtual bool script_callable() const { return false; }
  /* The element at a position from 0; false after the last. For length and iterating. */
  virtual bool script_element(std::size_t, value &) { return false; }
  virtual std::size_t script_length() { throw script_error("this object has no length"); }
  virtual std::string script_text() { return "an object of C++"; }

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
  if (object->script_callable()) native_.traits = XLGC_CALLABLE;
}

namespace detail {

/* Goes once through the elements. */
class cursor final : public scriptable {
public:
  explicit cursor(scriptable *of) : of_(this, of) {}
  bool next(value &key, value &out) {
    if (!of_->script_element(position_, out)) return false;
    key = value(position_++);
    return true;
  }

private:
  ref<scriptable> of_;
  std::size_t position_ = 0;
};

/* Calls a function for a script; what it throws is raised there. */
template <class Function> int guard(xlgc_visit *visit, Function function) noexcept {
  try {
    return function(*static_cast<scriptable *>(visit->handle));
  } catch (const std::bad_alloc &) {
    return XLGC_E_NOMEM;
  } catch (const std::exception &thrown) {
    return xlgc_visit_raise(visit, thrown.what(), std::string_view(thrown.what()).size());
  } catch (...) {
    return xlgc_visit_raise(visit, "an exception of C++", 19);
  }
}

inline int script_get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) {
  return guard(visit, [&](scriptable &self) {
    value found;
    if (!self.script_get(value(*key), found)) return int(XLGC_ABSENT);
    *out = found.release();
    return 0;
  });
}
inline int script_set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *to) {
  return guard(visit, [&](scriptable &self) {
    self.script_set(value(*key), value(*to));
    return 0;
  });
}
inline int script_remove(xlgc_visit *visit, const xlgc_value *key) {
  return guard(visit, [&](scriptable &self) { return self.script_remove(value(*key)) ? 0 : int(XLGC_ABSENT); });
}
inline int script_call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, std::size_t count,
                       xlgc_value *out) {
  return guard(visit, [&](scriptable &called) {
    std::vector<value> all;
    for (std::size_t i = 0; i < count; i++)
      all.emplace_back(arguments[i]);
    *out = called.script_call(self ? value(*self) : value(), all).release();
    return 0;
  });
}
inline int script_length(xlgc_visit *visit, std::size_t *out) {
  return guard(visit, [&](scriptable &self) {
    *out = self.script_length();
    return 0;
  });
}
inline int script_iterate(xlgc_visit *visit, xlgc_value *out);
inline int script_next(xlgc_visit *visit, xlgc_value *key, xlgc_value *out) {
  return guard(visit, [&](scriptable &self) {
    cursor *one = dynamic_cast<cursor *>(&self);
    if (!one) throw script_error("this object is no cursor");
    value position, element;
    if (!one->next(position, element)) return int(XLGC_ABSENT);
    *key = position.release();
    *out = element.release();
    return 0;
  });
}
inline int script_describe(xlgc_visit *visit, xlgc_value *out) {
  return guard(visit, [&](scriptable &self) {
    *out = value(self.script_text()).release();
    return 0;
  });
}

inline constexpr xlgc_behaviour script_behaviour = {script_get,  script_set,    script_remove,
                                                    script_call, script_length, script_iterate,
                                                    script_next, nullptr,       script_describe};

/* The cursor is new: its root goes with this, and the section keeps it until it is received, before the visit ends. */
inline int script_iterate(xlgc_visit *visit, xlgc_value *out) {
  const int failed = xlgc_visit_section(visit);
  if (failed) return failed;
  return guard(visit, [&](scriptable &self) {
    const root<cursor> made = access::adopt(make<cursor>(access::head(self)->home, &self));
    *out = value(made).release();
    return int(XLGC_ITERATES_VALUES);
  });
}

} // namespace detail

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

private:
  friend class language;
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

#endif
