/* xlgc/script.hpp: C++ objects that scripts use, and scripts' objects that C++ uses. Header only, C++17; uses xlgc.hpp
 * and xlgc/bridge.h.
 *
 *     class lamp : public xlgc::scripted<lamp> {
 *     public:
 *       double watts = 60;
 *       xlgc::slot onclick{this}; // lua: lamp.onclick = function(times) ... end
 *       void click(int times) { onclick.hold().call(times); }
 *       static void script(xlgc::members<lamp> &of) {
 *         of.constructor<>()
 *             .field("watts", &lamp::watts)
 *             .field("onclick", &lamp::onclick)
 *             .method("click", &lamp::click);
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
 * Errors. What an overridden function throws becomes an error of the visiting language, with what() as its words; where
 * that comes back to C++, the same exception is thrown. What the visited language raises is thrown here as script_error,
 * which has the value, its type, words and stack. Other failures throw error, with xlgc.h's code.
 *
 * Threads: a scriptable object is used by one thread at a time. Its functions run on the visiting engine's.
 */
#ifndef XLGC_SCRIPT_HPP
#define XLGC_SCRIPT_HPP

#if !defined __cpp_exceptions || !defined __cpp_rtti
#error "xlgc/script.hpp throws, and finds classes by type: compile without -fno-exceptions and -fno-rtti"
#endif

#include <xlgc/convert.hpp>
#include <xlgc/members.hpp>
#include <xlgc/scriptable.hpp>
#include <xlgc/values.hpp>

#endif
