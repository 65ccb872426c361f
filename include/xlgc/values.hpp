/* Values that cross between C++ and scripts, and what holds them: value, slot and held. Part of xlgc/script.hpp, which
 * includes it. */
#ifndef XLGC_VALUES_HPP
#define XLGC_VALUES_HPP

#include <xlgc.hpp>
#include <xlgc/bridge.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace xlgc {

class scriptable;
class exchange;
class held;
namespace detail {
class class_table;
struct thrown;
} // namespace detail

/* A script raised an error, or a value has another type. Of what a script has thrown it has all that crosses, and holds
 * the value; a script that this error is thrown into gets that. */
class script_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
  script_error(const std::string &message, std::shared_ptr<const detail::thrown> of)
      : std::runtime_error(message), of_(std::move(of)) {}
  /* What was thrown, as long as this error or a copy of it is there; nothing where there is none. */
  inline const held &original() const;
  /* The language that threw it, "" for none; the name of the value's type; its words, whole; and a line for each
   * function that it came through. */
  inline const std::string &language() const noexcept;
  inline const std::string &type() const noexcept;
  inline std::string words() const;
  inline const std::string &stack() const noexcept;
  const detail::thrown *thrown() const noexcept { return of_.get(); }

private:
  std::shared_ptr<const detail::thrown> of_;
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
  /* Throws bad_alloc, for an integer that has no place in 64 bits with a sign. */
  template <class T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int> = 0>
  value(T integer) noexcept(std::is_signed_v<T> || sizeof(T) < sizeof(std::int64_t)) : value() {
    if constexpr (std::is_unsigned_v<T> && sizeof(T) >= sizeof(std::int64_t))
      if (integer > static_cast<T>(INT64_MAX)) {
        become_big(integer);
        return;
      }
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
  using time_point = std::chrono::system_clock::time_point;
  /* A moment: of it the microseconds cross. */
  value(time_point moment) noexcept : value() {
    native_.type = XLGC_DATE;
    native_.as.integer = std::chrono::floor<std::chrono::microseconds>(moment.time_since_epoch()).count();
  }
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
  /* An integer of more than 64 bits. */
  bool is_big() const noexcept { return native_.type == XLGC_BIG; }
  bool is_number() const noexcept { return native_.type == XLGC_INTEGER || native_.type == XLGC_NUMBER; }
  bool is_text() const noexcept { return native_.type == XLGC_STRING; }
  bool is_bytes() const noexcept { return native_.type == XLGC_BUFFER; }
  bool is_object() const noexcept { return native_.type == XLGC_OBJECT; }
  bool is_date() const noexcept { return native_.type == XLGC_DATE; }
  /* An object whose memory can be borrowed: see visit::bytes, and xlgc_visit_memory. */
  bool is_memory() const noexcept { return is_object() && (native_.traits & XLGC_MEMORY); }
  bool is_callable() const noexcept { return is_object() && (native_.traits & XLGC_CALLABLE); }
  bool boolean() const { return expect(XLGC_BOOLEAN, "a boolean").as.boolean; }
  std::int64_t integer() const { return expect(XLGC_INTEGER, "an integer").as.integer; }
  /* The hexadecimal digits of an integer of more than 64 bits, after a '-' when it is below zero. */
  std::string digits() const { return std::string(expect(XLGC_BIG, "a large integer").as.bytes, native_.length); }
  double number() const {
    return native_.type == XLGC_INTEGER ? static_cast<double>(native_.as.integer)
                                        : expect(XLGC_NUMBER, "a number").as.number;
  }
  time_point date() const {
    const auto since = std::chrono::microseconds(expect(XLGC_DATE, "a date").as.integer);
    return time_point(std::chrono::duration_cast<time_point::duration>(since));
  }
  std::string text() const { return std::string(expect(XLGC_STRING, "text").as.bytes, native_.length); }
  std::string bytes() const { return std::string(expect(XLGC_BUFFER, "bytes").as.bytes, native_.length); }
  xlgc_id id() const { return expect(XLGC_OBJECT, "an object").as.id; }
  /* Its type in words, for messages. */
  const char *type_name() const noexcept {
    static const char *const names[] = {"nothing",   "a boolean",      "an integer",
                                        "a number",  "text",           "bytes",
                                        "an object", "several values", "an integer of more than 64 bits",
                                        "a date"};
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
  template <class T> void become_big(T integer) {
    char digits[2 * sizeof integer], *end = digits + sizeof digits, *at = end;
    for (; integer; integer >>= 4)
      *--at = "0123456789abcdef"[integer & 15];
    if (xlgc_value_copy(&native_, XLGC_BIG, at, static_cast<std::size_t>(end - at))) throw std::bad_alloc();
  }
  void copy(const xlgc_value &other) {
    if (other.type == XLGC_SEVERAL) {
      xlgc_value *values;
      if (xlgc_value_several(&native_, other.length, &values)) throw std::bad_alloc();
      for (std::size_t i = 0; i < other.length; i++)
        values[i] = value(other.as.values[i]).release();
    } else if (other.type == XLGC_STRING || other.type == XLGC_BUFFER || other.type == XLGC_BIG) {
      if (xlgc_value_copy(&native_, other.type, other.as.bytes, other.length)) throw std::bad_alloc();
      native_.traits = other.traits;
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

namespace detail {

/* What a language has thrown. */
struct thrown {
  held original;
  std::string language, type, words, stack;
  unsigned flags = 0;
};

} // namespace detail

inline const held &script_error::original() const {
  static const held nothing;
  return of_ ? of_->original : nothing;
}
namespace detail {
inline const std::string no_text;
}
inline const std::string &script_error::language() const noexcept { return of_ ? of_->language : detail::no_text; }
inline const std::string &script_error::type() const noexcept { return of_ ? of_->type : detail::no_text; }
inline const std::string &script_error::stack() const noexcept { return of_ ? of_->stack : detail::no_text; }
inline std::string script_error::words() const { return of_ ? of_->words : what(); }

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

} // namespace xlgc

#endif
