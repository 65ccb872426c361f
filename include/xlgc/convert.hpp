/* How types of C++ become values of scripts, and the other way round. Part of xlgc/script.hpp, which includes it.
 *
 *   bool, numbers, enums           themselves. An integer is refused where its type has no room for it; a number that
 *                                  is whole is an integer as well
 *   std::string, string_view,      text. A string_view is valid as long as its argument
 *     const char *
 *   T *, T &, root<T>, ref<T>      an object of a class that derives from scriptable, checked by type; a null pointer
 *                                  is nothing. What is given as a T & must not be nothing
 *   value, held                    anything
 *   std::optional, std::variant    nothing, or what is in it; the first alternative that takes the value
 *   std::pair, std::tuple          several values
 *   std::vector                    a list, copied; from all that can be iterated over
 *   std::map, std::unordered_map   an object with fields, copied
 *   std::function                  a function; from one of any language. It pins what it calls: in an object, a slot is
 *                                  better, as a pin is a root
 *   lambdas, pointers to functions a function, whose arguments and result are converted
 *
 * A program specialises convert for types of its own, with these three functions. */
#ifndef XLGC_CONVERT_HPP
#define XLGC_CONVERT_HPP

#include <xlgc/scriptable.hpp>

#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <variant>

namespace xlgc {

namespace detail {
template <class> inline constexpr bool never = false;
}

/* is: would `from` take it? from: throws script_error where not. to: the value; what is made for it is kept. */
template <class T, class = void> struct convert {
  static_assert(detail::never<T>, "no way to give this type to scripts: specialise xlgc::convert for it, or derive the "
                                  "class from xlgc::scripted");
};

namespace detail {

template <class T> using bare = std::remove_cv_t<std::remove_reference_t<T>>;
template <class T> inline constexpr bool is_scriptable = std::is_base_of_v<scriptable, bare<T>>;

inline script_error unexpected(const std::string &what, const value &given) {
  return script_error("expected " + what + ", not " + given.type_name());
}

/* The name of a class without its namespaces. */
template <class T> std::string class_name() {
  const std::string all = name<T>.data();
  const std::size_t colons = all.rfind("::");
  return colons == std::string::npos ? all : all.substr(colons + 2);
}

template <class T> T *object_as(const value &given, heap *home) {
  scriptable *found = object_of(given, home);
  T *typed = dynamic_cast<T *>(found);
  if (typed) return typed;
  if (found) throw script_error("expected " + class_name<T>() + ", not " + found->script_text());
  throw unexpected(class_name<T>(), given);
}

} // namespace detail

/* ----------------------------------------------------------- plain values */

template <> struct convert<value> {
  static bool is(const value &, exchange &) { return true; }
  static value from(const value &given, exchange &) { return given; }
  static value to(value given, exchange &) { return given; }
};
template <> struct convert<held> {
  static bool is(const value &, exchange &) { return true; }
  static held from(const value &given, exchange &with) { return held(with.home(), given); }
  static value to(const held &given, exchange &with) { return with.keep(given); }
};
template <> struct convert<slot> {
  static value to(const slot &given, exchange &with) { return with.keep(given.hold()); }
};
template <> struct convert<std::nullptr_t> {
  static bool is(const value &given, exchange &) { return given.is_nil(); }
  static std::nullptr_t from(const value &given, exchange &) {
    if (!given.is_nil()) throw detail::unexpected("nothing", given);
    return nullptr;
  }
  static value to(std::nullptr_t, exchange &) { return value(); }
};
template <> struct convert<std::monostate> {
  static bool is(const value &given, exchange &) { return given.is_nil(); }
  static std::monostate from(const value &given, exchange &with) {
    convert<std::nullptr_t>::from(given, with);
    return {};
  }
  static value to(std::monostate, exchange &) { return value(); }
};
template <> struct convert<bool> {
  static bool is(const value &given, exchange &) { return given.is_boolean(); }
  static bool from(const value &given, exchange &) { return given.boolean(); }
  static value to(bool given, exchange &) { return given; }
};
template <class T> struct convert<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>> {
  static bool is(const value &given, exchange &) {
    return given.is_integer() || given.is_big() || (given.type() == XLGC_NUMBER && whole(given.number()));
  }
  static T from(const value &given, exchange &) {
    if (given.is_big()) return from_digits(given.digits());
    const bool is_whole = given.type() == XLGC_NUMBER && whole(given.number());
    const std::int64_t all = is_whole ? static_cast<std::int64_t>(given.number()) : given.integer();
    const T mine = static_cast<T>(all);
    if (static_cast<std::int64_t>(mine) != all || (mine < T()) != (all < 0))
      throw script_error("the integer " + std::to_string(all) + " is out of range");
    return mine;
  }
  static value to(T given, exchange &) { return given; }

private:
  static T from_digits(const std::string &digits) {
    T all = 0;
    if constexpr (std::is_unsigned_v<T>)
      if (digits[0] != '-' && digits.size() <= 2 * sizeof(T)) {
        for (const char digit : digits)
          all = static_cast<T>(static_cast<std::uint64_t>(all) << 4 |
                               static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10));
        return all;
      }
    throw script_error("the integer of hexadecimal digits " + digits + " is out of range");
  }
  static bool whole(double number) { return number >= -0x1p63 && number < 0x1p63 && std::floor(number) == number; }
};
template <class T> struct convert<T, std::enable_if_t<std::is_enum_v<T>>> {
  using integer = std::underlying_type_t<T>;
  static bool is(const value &given, exchange &with) { return convert<integer>::is(given, with); }
  static T from(const value &given, exchange &with) { return static_cast<T>(convert<integer>::from(given, with)); }
  static value to(T given, exchange &with) { return convert<integer>::to(static_cast<integer>(given), with); }
};
template <class T> struct convert<T, std::enable_if_t<std::is_floating_point_v<T>>> {
  static bool is(const value &given, exchange &) { return given.is_number(); }
  static T from(const value &given, exchange &) { return static_cast<T>(given.number()); }
  static value to(T given, exchange &) { return given; }
};
template <> struct convert<std::string_view> {
  static bool is(const value &given, exchange &) { return given.is_text(); }
  static std::string_view from(const value &given, exchange &) {
    if (!given.is_text()) throw detail::unexpected("text", given);
    return std::string_view(given.native()->as.bytes, given.native()->length);
  }
  static value to(std::string_view given, exchange &) { return given; }
};
/* Bytes that are no text are taken too, and a copy of an object's memory. */
template <> struct convert<std::string> {
  static bool is(const value &given, exchange &) { return given.is_text() || given.is_bytes() || given.is_memory(); }
  static std::string from(const value &given, exchange &with) {
    if (given.is_memory()) return visit(with, given).bytes();
    return given.is_bytes() ? given.bytes() : given.text();
  }
  static value to(const std::string &given, exchange &) { return given; }
};
template <> struct convert<value::time_point> {
  static bool is(const value &given, exchange &) { return given.is_date(); }
  static value::time_point from(const value &given, exchange &) { return given.date(); }
  static value to(value::time_point given, exchange &) { return given; }
};
template <> struct convert<const char *> {
  static value to(const char *given, exchange &) { return given ? value(given) : value(); }
};
template <> struct convert<char *> : convert<const char *> {};

/* ---------------------------------------------------------------- objects */

template <class T> struct convert<T *, std::enable_if_t<detail::is_scriptable<T>>> {
  using plain = std::remove_cv_t<T>;
  static bool is(const value &given, exchange &with) {
    return given.is_nil() || dynamic_cast<plain *>(detail::object_of(given, with.home()));
  }
  static T *from(const value &given, exchange &with) {
    return given.is_nil() ? nullptr : detail::object_as<plain>(given, with.home());
  }
  static value to(T *given, exchange &with) { return given ? with.keep(held(with.home(), value(given))) : value(); }
};
template <class T> struct convert<root<T>> {
  static bool is(const value &given, exchange &with) { return convert<T *>::is(given, with); }
  static root<T> from(const value &given, exchange &with) { return root<T>(convert<T *>::from(given, with)); }
  static value to(const root<T> &given, exchange &with) { return convert<T *>::to(given.get(), with); }
};
template <class T> struct convert<ref<T>> {
  static value to(const ref<T> &given, exchange &with) { return convert<T *>::to(given.get(), with); }
};

/* -------------------------------------------------- one of, several, none */

template <class T> struct convert<std::optional<T>> {
  static bool is(const value &given, exchange &with) { return given.is_nil() || convert<T>::is(given, with); }
  static std::optional<T> from(const value &given, exchange &with) {
    if (given.is_nil()) return std::nullopt;
    return convert<T>::from(given, with);
  }
  static value to(const std::optional<T> &given, exchange &with) {
    return given ? convert<T>::to(*given, with) : value();
  }
};
template <class... T> struct convert<std::variant<T...>> {
  static bool is(const value &given, exchange &with) { return (convert<T>::is(given, with) || ...); }
  static std::variant<T...> from(const value &given, exchange &with) {
    std::optional<std::variant<T...>> out;
    (void)((convert<T>::is(given, with) && (out.emplace(std::in_place_type<T>, convert<T>::from(given, with)), true)) ||
           ...);
    if (!out) throw script_error(std::string("none of the types that are expected is ") + given.type_name());
    return *std::move(out);
  }
  static value to(const std::variant<T...> &given, exchange &with) {
    return std::visit([&](const auto &one) { return convert<detail::bare<decltype(one)>>::to(one, with); }, given);
  }
};

namespace detail {
template <class Tuple, std::size_t... I>
value several_to(const Tuple &given, exchange &with, std::index_sequence<I...>) {
  value out;
  xlgc_value *parts = nullptr;
  if (xlgc_value_several(out.out(), sizeof...(I), &parts)) throw std::bad_alloc();
  ((parts[I] = convert<bare<std::tuple_element_t<I, Tuple>>>::to(std::get<I>(given), with).release()), ...);
  return out;
}
template <class Tuple, std::size_t... I>
Tuple several_from(const value &given, exchange &with, std::index_sequence<I...>) {
  const bool is_several = given.type() == XLGC_SEVERAL;
  const auto part = [&](std::size_t i) {
    if (is_several) return i < given.native()->length ? value(given.native()->as.values[i]) : value();
    return i == 0 ? given : value();
  };
  return Tuple{convert<std::tuple_element_t<I, Tuple>>::from(part(I), with)...};
}
} // namespace detail

/* Values that are missing are nothing, those behind the last are left out. */
template <class... T> struct convert<std::tuple<T...>> {
  static bool is(const value &given, exchange &) { return given.type() == XLGC_SEVERAL; }
  static std::tuple<T...> from(const value &given, exchange &with) {
    return detail::several_from<std::tuple<T...>>(given, with, std::index_sequence_for<T...>());
  }
  static value to(const std::tuple<T...> &given, exchange &with) {
    return detail::several_to(given, with, std::index_sequence_for<T...>());
  }
};
template <class A, class B> struct convert<std::pair<A, B>> {
  static bool is(const value &given, exchange &) { return given.type() == XLGC_SEVERAL; }
  static std::pair<A, B> from(const value &given, exchange &with) {
    return detail::several_from<std::pair<A, B>>(given, with, std::index_sequence_for<A, B>());
  }
  static value to(const std::pair<A, B> &given, exchange &with) {
    return detail::several_to(given, with, std::index_sequence_for<A, B>());
  }
};

/* ------------------------------------------------------------- containers */

namespace detail {

/* A list that C++ gave to scripts: positions from 0, of which one behind the last adds an element. */
class list final : public scriptable {
public:
  unsigned script_traits() const override { return XLGC_SEQUENCE; }
  void add(const value &element) { elements_.emplace_back(this) = element; }
  bool script_get(const value &position, value &out) override {
    const std::size_t at = position_of(position);
    if (at >= elements_.size()) return false;
    out = elements_[at];
    return true;
  }
  void script_set(const value &position, const value &to) override {
    const std::size_t at = position_of(position);
    if (at > elements_.size()) throw script_error("a list has no gaps: this position is behind its end");
    if (at == elements_.size())
      add(to);
    else
      elements_[at] = to;
  }
  bool script_remove(const value &position) override {
    const std::size_t at = position_of(position);
    if (at >= elements_.size()) return false;
    for (std::size_t i = at; i + 1 < elements_.size(); i++)
      elements_[i] = elements_[i + 1];
    elements_.pop_back();
    return true;
  }
  bool script_element(std::size_t position, value &out) override {
    if (position >= elements_.size()) return false;
    out = elements_[position];
    return true;
  }
  std::size_t script_length() override { return elements_.size(); }
  std::string script_text() override { return "a list of " + std::to_string(elements_.size()); }

private:
  /* A place where there is nothing, where it is none. */
  static std::size_t position_of(const value &position) {
    return position.is_integer() && position.integer() >= 0 ? static_cast<std::size_t>(position.integer()) : SIZE_MAX;
  }
  std::deque<slot> elements_;
};

/* An object with fields, which belongs to no module. */
inline held make_fields(heap *home) {
  value out;
  check(xlgc_managed_create(home->native(), home->need_context("make an object"), out.out()), "make an object");
  return held(home, std::move(out));
}

template <class Map> struct convert_map {
  using key = typename Map::key_type;
  using mapped = typename Map::mapped_type;
  static bool is(const value &given, exchange &) { return given.is_object() && !given.is_callable(); }
  static Map from(const value &given, exchange &with) {
    Map out;
    if (!given.is_object()) throw unexpected("an object with fields", given);
    visit(with, given).each([&](const held &name, const held &element) {
      out.emplace(convert<key>::from(name, with), convert<mapped>::from(element, with));
    });
    return out;
  }
  static value to(const Map &given, exchange &with) {
    const value made = with.keep(make_fields(with.home()));
    visit of(with, made);
    for (const auto &[name, element] : given)
      of.set(convert<key>::to(name, with), convert<mapped>::to(element, with));
    return made;
  }
};

} // namespace detail

template <class T, class A> struct convert<std::vector<T, A>> {
  static bool is(const value &given, exchange &) { return given.is_object() && !given.is_callable(); }
  static std::vector<T, A> from(const value &given, exchange &with) {
    std::vector<T, A> out;
    if (!given.is_object()) throw detail::unexpected("a list", given);
    visit(with, given).each([&](const held &, const held &element) { out.push_back(convert<T>::from(element, with)); });
    return out;
  }
  static value to(const std::vector<T, A> &given, exchange &with) {
    const root<detail::list> made = access::adopt(detail::make<detail::list>(with.home()));
    for (const T &one : given)
      made->add(convert<T>::to(one, with));
    return with.keep(made);
  }
};
template <class K, class T, class... More>
struct convert<std::map<K, T, More...>> : detail::convert_map<std::map<K, T, More...>> {};
template <class K, class T, class... More>
struct convert<std::unordered_map<K, T, More...>> : detail::convert_map<std::unordered_map<K, T, More...>> {};

/* -------------------------------------------------------------- functions */

/* The last parameter of a function that takes any number of values. */
class rest : public std::vector<value> {
public:
  using std::vector<value>::vector;
};

namespace detail {

/* R(P...), for anything that can be called; a member function has its class as the first parameter. */
template <class F, class = void> struct shape {};
template <class R, class... P> struct shape<R(P...)> { using type = R(P...); };
template <class R, class... P> struct shape<R (*)(P...)> { using type = R(P...); };
template <class R, class... P> struct shape<R (*)(P...) noexcept> { using type = R(P...); };
#define XLGC_SHAPE(qualifiers) \
  template <class R, class C, class... P> struct shape<R (C::*)(P...) qualifiers> { using type = R(C &, P...); };
XLGC_SHAPE()
XLGC_SHAPE(const)
XLGC_SHAPE(&)
XLGC_SHAPE(const &)
XLGC_SHAPE(noexcept)
XLGC_SHAPE(const noexcept)
XLGC_SHAPE(&noexcept)
XLGC_SHAPE(const &noexcept)
#undef XLGC_SHAPE
template <class> struct without_class {};
template <class R, class C, class... P> struct without_class<R(C, P...)> { using type = R(P...); };
template <class F> struct shape<F, std::void_t<decltype(&F::operator())>> {
  using type = typename without_class<typename shape<decltype(&F::operator())>::type>::type;
};
template <class F> using shape_of = typename shape<std::decay_t<F>>::type;
template <class F, class = void> inline constexpr bool has_shape = false;
template <class F> inline constexpr bool has_shape<F, std::void_t<shape_of<F>>> = true;
template <class F> inline constexpr bool is_std_function = false;
template <class F> inline constexpr bool is_std_function<std::function<F>> = true;

/* An argument between its conversion and the call: a reference to an object waits as a pointer. */
template <class P> using stored = std::conditional_t<is_scriptable<P>, bare<P> *, bare<P>>;

template <class P> stored<P> take(const arguments &given, std::size_t i, exchange &with) {
  static_assert(!is_scriptable<P> || std::is_lvalue_reference_v<P>, "objects are passed by reference or by pointer");
  if constexpr (std::is_same_v<bare<P>, rest>) {
    const arguments all = given.from(i);
    return rest(all.begin(), all.end());
  } else {
    try {
      if constexpr (is_scriptable<P>)
        return object_as<bare<P>>(given[i], with.home());
      else
        return convert<bare<P>>::from(given[i], with);
    } catch (const script_error &wrong) {
      throw script_error("argument " + std::to_string(i + 1) + ": " + wrong.what());
    }
  }
}
template <class P> bool takes(const arguments &given, std::size_t i, exchange &with) {
  if constexpr (std::is_same_v<bare<P>, rest>)
    return true;
  else if constexpr (is_scriptable<P>)
    return dynamic_cast<bare<P> *>(object_of(given[i], with.home())) != nullptr;
  else
    return convert<bare<P>>::is(given[i], with);
}
template <class P> decltype(auto) pass(stored<P> &one) {
  if constexpr (is_scriptable<P>)
    return static_cast<P>(*one);
  else
    return static_cast<P &&>(one);
}
template <class... P> inline constexpr bool ends_in_rest = (false || ... || std::is_same_v<bare<P>, rest>);

template <class R> value result(R &&given, exchange &with) {
  if constexpr (is_scriptable<R>) {
    static_assert(std::is_lvalue_reference_v<R>,
                  "return a root, a reference or a pointer to an object that make() made");
    return convert<bare<R> *>::to(const_cast<bare<R> *>(&given), with);
  } else {
    return convert<std::decay_t<R>>::to(std::forward<R>(given), with);
  }
}

/* Calls function(first..., given...). */
template <class R, class... P, class F, class... First, std::size_t... I>
value call_with(const arguments &given, exchange &with, std::index_sequence<I...>, F &function, First &&...first) {
  std::tuple<stored<P>...> all{take<P>(given, I, with)...};
  (void)all;
  if constexpr (std::is_void_v<R>) {
    std::invoke(function, std::forward<First>(first)..., pass<P>(std::get<I>(all))...);
    return value();
  } else {
    return result<R>(std::invoke(function, std::forward<First>(first)..., pass<P>(std::get<I>(all))...), with);
  }
}
template <class... P, std::size_t... I>
bool accepts(const arguments &given, exchange &with, std::index_sequence<I...>) {
  const bool fits = ends_in_rest<P...> ? given.size() + 1 >= sizeof...(P) : given.size() <= sizeof...(P);
  return fits && (takes<P>(given, I, with) && ...);
}

/* One way to call something: what of several is called for these arguments? self: NULL for a function. */
struct alternative {
  std::function<bool(const arguments &, exchange &)> accepts;
  std::function<value(scriptable *self, const arguments &, exchange &)> call;
};

template <class F, class R, class... P> alternative make_alternative(F function, R (*)(P...)) {
  return {[](const arguments &given, exchange &with) {
            return accepts<P...>(given, with, std::index_sequence_for<P...>());
          },
          [function = std::move(function)](scriptable *, const arguments &given, exchange &with) mutable {
            return call_with<R, P...>(given, with, std::index_sequence_for<P...>(), function);
          }};
}
template <class F> alternative function_alternative(F function) {
  return make_alternative(std::move(function), static_cast<shape_of<F> *>(nullptr));
}

/* The first that takes the arguments; what a single one says is better than that none takes them. */
inline value call_one_of(const std::vector<alternative> &all, scriptable *self, const arguments &given,
                         exchange &with) {
  if (all.size() == 1) return all[0].call(self, given, with);
  for (const alternative &one : all)
    if (one.accepts(given, with)) return one.call(self, given, with);
  std::string types;
  for (const value &one : given)
    types += (types.empty() ? "" : ", ") + std::string(one.type_name());
  throw script_error("no function of this name takes these arguments: (" + types + ")");
}

/* A function of C++ that scripts call. */
class function final : public scriptable {
public:
  explicit function(std::vector<alternative> all) : all_(std::move(all)) {}
  value script_apply(const value &, const arguments &given, exchange &with) override {
    return call_one_of(all_, nullptr, given, with);
  }
  unsigned script_traits() const override { return XLGC_CALLABLE; }
  std::string script_text() override { return "a function of C++"; }

private:
  std::vector<alternative> all_;
};

template <class... F> root<function> make_function(heap *home, F... functions) {
  std::vector<alternative> all;
  (all.push_back(function_alternative(std::move(functions))), ...);
  return access::adopt(make<function>(home, std::move(all)));
}

} // namespace detail

/* Functions of C++ and lambdas. */
template <class F>
struct convert<F, std::enable_if_t<detail::has_shape<F> && !detail::is_std_function<F> && !detail::is_scriptable<F> &&
                                   !std::is_member_function_pointer_v<F>>> {
  static value to(F given, exchange &with) { return with.keep(detail::make_function(with.home(), std::move(given))); }
};

template <class R, class... P> struct convert<std::function<R(P...)>> {
  static bool is(const value &given, exchange &) { return given.is_callable(); }
  static std::function<R(P...)> from(const value &given, exchange &with) {
    if (given.is_nil()) return nullptr;
    if (!given.is_callable()) throw detail::unexpected("a function", given);
    return [called = std::make_shared<held>(with.home(), given)](P... arguments) -> R {
      return called->template call<R>(std::forward<P>(arguments)...);
    };
  }
  static value to(std::function<R(P...)> given, exchange &with) {
    return given ? with.keep(detail::make_function(with.home(), std::move(given))) : value();
  }
};

/* A function of C++ as an object, for scripts; several, of which the first that takes a call's arguments is called. */
template <class... F> root<scriptable> function_in(const pool &in, F... functions) {
  return detail::make_function(access::home(in), std::move(functions)...);
}

/* ------------------------------------------------------------ using a held */

template <class T> T held::as() const {
  exchange with(home_);
  return convert<T>::from(value_, with);
}
template <class T> bool held::is() const {
  exchange with(home_);
  return convert<T>::is(value_, with);
}
template <class R> R held::get(const value &name) const { return visit(home_, value_).get(name).template as<R>(); }
template <class T> void held::set(const value &name, T &&to) const {
  exchange with(home_);
  visit(home_, value_).set(name, convert<std::decay_t<T>>::to(std::forward<T>(to), with));
}
template <class R, class... Arguments> R held::call(Arguments &&...arguments) const {
  exchange with(home_);
  std::vector<value> all{convert<std::decay_t<Arguments>>::to(std::forward<Arguments>(arguments), with)...};
  const held out = visit(home_, value_).call(all, nullptr);
  if constexpr (std::is_same_v<R, held>)
    return out;
  else if constexpr (!std::is_void_v<R>)
    return out.template as<R>();
}

} // namespace xlgc

#endif
