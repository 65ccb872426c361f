/* The members that a class shows to scripts. Part of xlgc/script.hpp, which includes it.
 *
 *     class player : public xlgc::scripted<player> {
 *     public:
 *       explicit player(int lives);
 *       int lives() const;
 *       void lives(int count);
 *       bool shoot(int times);
 *       xlgc::ref<player> rival{this};
 *       static int count();
 *
 *       static void script(xlgc::members<player> &of) {
 *         of.constructor<int>()
 *             .property("lives", xlgc::choose<int() const>(&player::lives), xlgc::choose<void(int)>(&player::lives))
 *             .field("rival", &player::rival)
 *             .method("shoot", &player::shoot)
 *             .method("greet", [](player &self, const std::string &text) { return text; })
 *             .function("count", &player::count);
 *       }
 *     };
 *     class boss : public xlgc::scripted<boss, player> { ... }; // has the members of a player, and its own
 *
 * script() runs once, at the first use. A script has `player(3)` or `player.new(3)`, `p.lives = 2`, `p:shoot(1)` or
 * `p.shoot(1)`, as its language writes a method: the object that a method is called on is found by the library, and
 * checked by type. The names of fields and properties are listed in the order in which they were declared, a base's
 * first. What cannot be read, set or called says so, with the name of the class. */
#ifndef XLGC_MEMBERS_HPP
#define XLGC_MEMBERS_HPP

#include <xlgc/convert.hpp>

#include <locale>
#include <sstream>

namespace xlgc {

/* Of several functions with one name, the one of this type: choose<int(long)>(&f), choose<int() const>(&C::f). */
template <class F, class C> constexpr auto choose(F C::*function) noexcept { return function; }
template <class F> constexpr auto choose(F *function) noexcept { return function; }

template <class T> class members;

namespace detail {

/* A name. What is not set cannot be done. */
struct entry {
  std::string name;
  std::function<value(scriptable &, exchange &)> get;
  std::function<void(scriptable &, const value &, exchange &)> set;
  std::vector<alternative> functions;
  bool is_method = false; /* called on an object, as opposed to a function of the class */
  bool is_static = false; /* the class has it as well */
};

class class_table {
public:
  std::string name;
  std::vector<entry> entries;
  std::vector<alternative> constructors, calls;
  std::function<std::size_t(scriptable &)> length;
  std::function<bool(scriptable &, std::size_t, value &, exchange &)> element;
  std::function<std::string(scriptable &)> text;
  std::function<bool(scriptable &, const value &, exchange &)> equal, less;

  const entry *find(const value &key) const {
    if (!key.is_text()) return nullptr;
    const auto found = index_.find(std::string_view(key.native()->as.bytes, key.native()->length));
    return found == index_.end() ? nullptr : &entries[found->second];
  }
  std::size_t position(const entry &one) const { return static_cast<std::size_t>(&one - entries.data()); }
  /* The last with a name counts, at the place of the first. */
  void add(entry one) {
    for (entry &there : entries)
      if (there.name == one.name) {
        there = std::move(one);
        return;
      }
    entries.push_back(std::move(one));
  }
  void finish() {
    index_.clear();
    for (std::size_t i = 0; i < entries.size(); i++)
      index_.emplace(entries[i].name, i);
  }

private:
  std::unordered_map<std::string_view, std::size_t> index_;
};

/* An object as the class whose member is used. Also across virtual bases. */
template <class T> T &self_as(scriptable &self) {
  T *typed = dynamic_cast<T *>(&self);
  if (!typed) throw script_error("a member of " + class_name<T>() + " is not used on " + self.script_text());
  return *typed;
}

/* A class as scripts have it: makes its objects, and has its functions. */
class class_object final : public scriptable {
public:
  explicit class_object(const class_table *of) : of_(of) {}
  inline bool script_find(const value &name, value &out, exchange &with) override;
  void script_store(const value &name, const value &to, exchange &with) override {
    const entry *one = of_->find(name);
    if (!one || !one->is_static || !one->set)
      throw script_error("the class " + of_->name + " has no such field to set");
    one->set(*this, to, with);
  }
  bool script_names(std::vector<value> &out) override {
    for (const entry &one : of_->entries)
      if (one.is_static && one.get) out.emplace_back(one.name);
    return true;
  }
  value script_apply(const value &, const arguments &given, exchange &with) override {
    if (of_->constructors.empty()) throw script_error(of_->name + " has no constructor for scripts");
    return call_one_of(of_->constructors, nullptr, given, with);
  }
  unsigned script_traits() const override { return XLGC_CALLABLE; }
  std::string script_text() override { return "the class " + of_->name; }

private:
  const class_table *of_;
};

/* A method of a class, called on its objects. The first argument is the object where the language passes it so, and
 * where the method was read from the class. */
class method final : public scriptable {
public:
  explicit method(const entry *of) : of_(of) {}
  value script_apply(const value &self, const arguments &given, exchange &with) override {
    scriptable *on = object_of(self, with.home());
    if (dynamic_cast<class_object *>(on)) on = nullptr;
    const bool is_first = !on && (on = object_of(given[0], with.home())) != nullptr;
    if (!on) throw script_error("'" + of_->name + "' is a method: call it on an object");
    return call_one_of(of_->functions, on, given.from(is_first), with);
  }
  unsigned script_traits() const override { return XLGC_CALLABLE | XLGC_SELF_APART | XLGC_METHOD; }
  std::string script_text() override { return "the method '" + of_->name + "'"; }

private:
  const entry *of_;
};

/* What a pool has of a class: an object for itself, and for each of its functions. */
struct class_in_pool final : extra {
  root<class_object> self;
  std::vector<root<scriptable>> functions; /* by position, empty for what is no function */
  class_in_pool(heap *home, const class_table *table) : extra(table, &this_module) {
    self = access::adopt(make<class_object>(home, table));
    for (const entry &one : table->entries) {
      functions.emplace_back();
      if (one.is_method)
        functions.back() = access::adopt(make<method>(home, &one));
      else if (!one.functions.empty())
        functions.back() = access::adopt(make<function>(home, one.functions));
    }
  }
  static class_in_pool &of(heap *home, const class_table *table) {
    extra *there = home->find_extra(table);
    if (!there) {
      std::unique_ptr<extra> made = std::make_unique<class_in_pool>(home, table);
      there = home->add_extra(made);
    }
    return *static_cast<class_in_pool *>(there);
  }
};

inline bool class_object::script_find(const value &name, value &out, exchange &with) {
  const entry *one = of_->find(name);
  if (one && !one->functions.empty()) {
    out = class_in_pool::of(with.home(), of_).functions[of_->position(*one)];
  } else if (one && one->is_static && one->get) {
    out = one->get(*this, with);
  } else if (name.is_text() && name.text() == "new") {
    out = this;
  } else {
    return false;
  }
  return true;
}

template <class T, class = void> inline constexpr bool has_equal = false;
template <class T>
inline constexpr bool has_equal<
    T,
    std::enable_if_t<std::is_convertible_v<decltype(std::declval<const T &>() == std::declval<const T &>()), bool>>> =
    true;
template <class T, class = void> inline constexpr bool has_less = false;
template <class T>
inline constexpr bool has_less<
    T, std::enable_if_t<std::is_convertible_v<decltype(std::declval<const T &>() < std::declval<const T &>()), bool>>> =
    true;
template <class T, class = void> inline constexpr bool has_stream = false;
template <class T>
inline constexpr bool
    has_stream<T, std::void_t<decltype(std::declval<std::ostream &>() << std::declval<const T &>())>> = true;
template <class T, class = void> inline constexpr bool has_table = false;
template <class T> inline constexpr bool has_table<T, std::void_t<decltype(T::script_table())>> = true;
template <class T, class = void> inline constexpr bool has_script = false;
template <class T>
inline constexpr bool has_script<T, std::void_t<decltype(T::script(std::declval<members<T> &>()))>> = true;

} // namespace detail

/* Lists the members of a class. A function or a lambda is called with the object first, as `T &`; a pointer to a member
 * works by itself. Types are those that have a convert. Each returns the list itself. */
template <class T> class members {
public:
  /* How scripts call the class in messages; by default its name without namespaces. */
  members &name(const char *text) {
    table_.name = text;
    return *this;
  }
  /* Read and set; a const member is only read. */
  template <class M, class C> members &field(const char *name, M C::*member) {
    if constexpr (std::is_const_v<M>)
      return readonly(name, member);
    else
      return add(name, read(member), write(member));
  }
  template <class M, class C> members &readonly(const char *name, M C::*member) {
    return add(name, read(member), nullptr);
  }
  template <class Get> members &property(const char *name, Get get) { return add(name, getter(get), nullptr); }
  template <class Get, class Set> members &property(const char *name, Get get, Set set) {
    return add(name, getter(get), setter(set));
  }
  /* Only set. */
  template <class Set> members &writeonly(const char *name, Set set) { return add(name, nullptr, setter(set)); }
  /* Called on an object. Of several, the first that takes the arguments. */
  template <class... F> members &method(const char *name, F... functions) {
    return add_functions(name, true, {method_alternative(std::move(functions))...});
  }
  /* A function of the class, which needs no object. */
  template <class... F> members &function(const char *name, F... functions) {
    return add_functions(name, false, {detail::function_alternative(std::move(functions))...});
  }
  /* A value of the class; a pointer to a variable is read when the script reads. */
  template <class V> members &constant(const char *name, V given) {
    const auto get = [given](scriptable &, exchange &with) { return convert<V>::to(given, with); };
    return add(name, get, nullptr, true);
  }
  template <class V> members &variable(const char *name, V *at) {
    const auto get = [at](scriptable &, exchange &with) { return convert<V>::to(*at, with); };
    const auto set = [at](scriptable &, const value &to, exchange &with) { *at = convert<V>::from(to, with); };
    return add(name, get, set, true);
  }
  /* Scripts may make objects with these arguments; or by functions that return a root. */
  template <class... P> members &constructor() {
    table_.constructors.push_back(
        {[](const arguments &given, exchange &with) {
           return detail::accepts<P...>(given, with, std::index_sequence_for<P...>());
         },
         [](scriptable *, const arguments &given, exchange &with) {
           auto make = [&](P... one) { return access::adopt(detail::make<T>(with.home(), std::forward<P>(one)...)); };
           return detail::call_with<root<T>, P...>(given, with, std::index_sequence_for<P...>(), make);
         }});
    return *this;
  }
  template <class F, class... More> members &constructor(F function, More... more) {
    table_.constructors.push_back(detail::function_alternative(std::move(function)));
    (table_.constructors.push_back(detail::function_alternative(std::move(more))), ...);
    return *this;
  }
  /* Its objects can be called. */
  template <class... F> members &call(F... functions) {
    table_.calls = {method_alternative(std::move(functions))...};
    return *this;
  }
  /* How many elements it has, and the one at a position from 0, which is asked for only below that length. They are
   * found by their positions and gone through, unless there are names. */
  template <class Length> members &length(Length function) {
    table_.length = [function](scriptable &self) {
      return static_cast<std::size_t>(std::invoke(function, detail::self_as<T>(self)));
    };
    return *this;
  }
  template <class Element> members &element(Element function) {
    table_.element = [function](scriptable &self, std::size_t position, value &out, exchange &with) {
      out = detail::result(std::invoke(function, detail::self_as<T>(self), position), with);
      return true;
    };
    return *this;
  }
  /* Its text for people; by default what operator<< writes, if it has one. */
  template <class Text> members &text(Text function) {
    table_.text = [function](scriptable &self) { return std::string(std::invoke(function, detail::self_as<T>(self))); };
    return *this;
  }

private:
  template <class, class> friend class scripted;

  explicit members(detail::class_table &table) : table_(table) {
    table_.name = detail::class_name<T>();
    table_.constructors.clear();
    if constexpr (detail::has_equal<T>)
      table_.equal = [](scriptable &self, const value &other, exchange &with) {
        const T *one = dynamic_cast<T *>(detail::object_of(other, with.home()));
        return one && std::as_const(detail::self_as<T>(self)) == *one;
      };
    if constexpr (detail::has_less<T>)
      table_.less = [](scriptable &self, const value &other, exchange &with) {
        return std::as_const(detail::self_as<T>(self)) < std::as_const(*detail::object_as<T>(other, with.home()));
      };
    if constexpr (detail::has_stream<T>)
      table_.text = [](scriptable &self) {
        std::ostringstream out;
        out.imbue(std::locale::classic());
        out << std::as_const(detail::self_as<T>(self));
        return out.str();
      };
  }

  template <class Get, class Set> members &add(const char *name, Get get, Set set, bool is_static = false) {
    detail::entry one;
    one.name = name;
    one.get = std::move(get);
    one.set = std::move(set);
    one.is_static = is_static;
    table_.add(std::move(one));
    return *this;
  }
  members &add_functions(const char *name, bool is_method, std::vector<detail::alternative> functions) {
    detail::entry one;
    one.name = name;
    one.functions = std::move(functions);
    one.is_method = is_method;
    table_.add(std::move(one));
    return *this;
  }

  template <class M, class C> static auto read(M C::*member) {
    return [member](scriptable &self, exchange &with) {
      return convert<std::remove_cv_t<M>>::to(detail::self_as<T>(self).*member, with);
    };
  }
  template <class M, class C> static auto write(M C::*member) {
    return [member](scriptable &self, const value &to, exchange &with) {
      assign(detail::self_as<T>(self).*member, to, with);
    };
  }
  template <class M> static void assign(M &member, const value &to, exchange &with) {
    member = convert<M>::from(to, with);
  }
  template <class U> static void assign(ref<U> &member, const value &to, exchange &with) {
    member = convert<U *>::from(to, with);
  }
  static void assign(slot &member, const value &to, exchange &) { member = to; }

  template <class Get> static auto getter(Get get) {
    return [get](scriptable &self, exchange &with) {
      return detail::result<decltype(std::invoke(get, detail::self_as<T>(self)))>(
          std::invoke(get, detail::self_as<T>(self)), with);
    };
  }
  template <class Set> static auto setter(Set set) {
    return setter(std::move(set), static_cast<detail::shape_of<Set> *>(nullptr));
  }
  template <class Set, class R, class Self, class P> static auto setter(Set set, R (*)(Self, P)) {
    return [set](scriptable &self, const value &to, exchange &with) {
      detail::stored<P> given = detail::take<P>(arguments(&to, 1), 0, with);
      std::invoke(set, detail::self_as<T>(self), detail::pass<P>(given));
    };
  }

  template <class F> static detail::alternative method_alternative(F function) {
    return method_alternative(std::move(function), static_cast<detail::shape_of<F> *>(nullptr));
  }
  template <class F, class R, class Self, class... P>
  static detail::alternative method_alternative(F function, R (*)(Self, P...)) {
    static_assert(std::is_base_of_v<detail::bare<Self>, T> && std::is_reference_v<Self>,
                  "a method takes its object first: T &; what needs none is a function");
    return {[](const arguments &given, exchange &with) {
              return detail::accepts<P...>(given, with, std::index_sequence_for<P...>());
            },
            [function = std::move(function)](scriptable *self, const arguments &given, exchange &with) mutable {
              return detail::call_with<R, P...>(given, with, std::index_sequence_for<P...>(), function,
                                                detail::self_as<T>(*self));
            }};
  }

  detail::class_table &table_;
};

/* The base of a class T that lists its members for scripts: it has a `static void script(members<T> &)`. Base: what it
 * derives from instead of scriptable, as a rule another class with members, which T has as well. */
template <class T, class Base = scriptable> class scripted : public Base {
public:
  using Base::Base;

  static const detail::class_table &script_table() {
    static const detail::class_table built = build();
    return built;
  }
  const detail::class_table *script_members() const override { return &script_table(); }

private:
  static detail::class_table build() {
    detail::class_table table;
    if constexpr (detail::has_table<Base>) table = Base::script_table();
    members<T> all(table);
    if constexpr (detail::has_script<T>) T::script(all);
    table.finish();
    return table;
  }
};

/* A class as an object for scripts: called, it makes objects; it has the class's functions, constants and methods, and
 * itself as `new`. There is one in a pool. */
template <class T> root<scriptable> class_in(const pool &in) {
  return detail::class_in_pool::of(access::home(in), &T::script_table()).self;
}

/* --------------------------------------------- what a scriptable does by default */

inline bool scriptable::script_find(const value &name, value &out, exchange &with) {
  const detail::class_table *table = script_members();
  const detail::entry *one = table ? table->find(name) : nullptr;
  if (one && !one->functions.empty()) {
    out = detail::class_in_pool::of(with.home(), table).functions[table->position(*one)];
    return true;
  }
  if (one && one->get) {
    out = one->get(*this, with);
    return true;
  }
  if (one) throw script_error("the field '" + one->name + "' of " + table->name + " can only be set");
  if (table && table->element && name.is_integer() && name.integer() >= 0) {
    const std::size_t position = static_cast<std::size_t>(name.integer());
    if (!table->length || position < table->length(*this)) return table->element(*this, position, out, with);
    return false;
  }
  return script_get(name, out);
}

inline void scriptable::script_store(const value &name, const value &to, exchange &with) {
  const detail::class_table *table = script_members();
  const detail::entry *one = table ? table->find(name) : nullptr;
  if (!one) {
    script_set(name, to);
    return;
  }
  if (!one->set) throw script_error("the member '" + one->name + "' of " + table->name + " cannot be set");
  try {
    one->set(*this, to, with);
  } catch (const script_error &wrong) {
    throw script_error("'" + one->name + "' of " + table->name + ": " + wrong.what());
  }
}

inline value scriptable::script_apply(const value &self, const arguments &given, exchange &with) {
  const detail::class_table *table = script_members();
  if (table && !table->calls.empty()) return detail::call_one_of(table->calls, this, given, with);
  return script_call(self, std::vector<value>(given.begin(), given.end()));
}

inline unsigned scriptable::script_traits() const {
  const detail::class_table *table = script_members();
  if (table && !table->calls.empty()) return XLGC_CALLABLE;
  return script_callable() ? XLGC_CALLABLE | XLGC_SELF_APART | XLGC_METHOD : 0;
}

inline bool scriptable::script_names(std::vector<value> &out) {
  const detail::class_table *table = script_members();
  if (!table || table->element) return false;
  for (const detail::entry &one : table->entries)
    if (one.get) out.emplace_back(one.name);
  return true;
}

inline bool scriptable::script_element(std::size_t position, value &out) {
  const detail::class_table *table = script_members();
  if (!table || !table->element) throw script_error("this object has neither names nor elements to go through");
  if (table->length && position >= table->length(*this)) return false;
  exchange with(access::head(*this)->home);
  return table->element(*this, position, out, with);
}

inline std::size_t scriptable::script_length() {
  const detail::class_table *table = script_members();
  if (!table || !table->length) throw script_error("this object has no length");
  return table->length(*this);
}

inline std::string scriptable::script_text() {
  const detail::class_table *table = script_members();
  if (!table) return "an object of C++";
  return table->text ? table->text(*this) : "an object of " + table->name;
}

inline bool scriptable::script_compare(const value &other, xlgc_order order) {
  const detail::class_table *table = script_members();
  const bool is_same = other.is_object() && other.native()->as.id == id_;
  exchange with(access::head(*this)->home);
  if (order == XLGC_EQUAL) return is_same || (table && table->equal && table->equal(*this, other, with));
  if (!table || !table->less) throw script_error((table ? table->name : "this object") + " has no order");
  if (table->less(*this, other, with)) return true;
  if (order == XLGC_LESS) return false;
  /* Less or equal: the other one is not less. */
  scriptable *right = detail::object_of(other, with.home());
  return is_same || !right->script_compare(value(this), XLGC_LESS);
}

} // namespace xlgc

#endif
