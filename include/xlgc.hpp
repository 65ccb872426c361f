/* xlgc.hpp: pointers for C++17 that report themselves to xlgc. Header only; link with the library.
 *
 *     struct node : xlgc::object {
 *       xlgc::ref<node> next{this};
 *       xlgc::ref_vector<node> others{this};
 *     };
 *     xlgc::pool pool;
 *     xlgc::root<node> first = xlgc::make<node>();
 *     first->next = xlgc::make<node>();
 *     first->next->next = first;
 *     first = nullptr;
 *     pool.flush(); // both are deleted
 *
 * Which pointer to use
 *   ref        inside an object: a link from the object that it is a member of, its holder
 *   root       on stacks, in globals, in all that is no object: a pin
 *   weak       holds nothing; lock() gives a root, or an empty one
 *   T *, T &   for a call that does not keep it, as long as one of the above is there
 * No class needs a function that traverses or clears anything.
 *
 * How a ref finds its holder. make() puts a header before each object: its id and its pool. Every xlgc::object in the
 * object has a pointer to that header. It finds the header during construction: make() notes for its thread which
 * memory it fills, and what is constructed there belongs to the header. So several bases of type xlgc::object, virtual
 * ones, and members by value that are objects all have the same header; an object's address is where its complete
 * object begins; and a ref works within the constructor. A ref has a pointer to the header of its holder as well:
 *   ref<T> r{holder}         names it: `this`, as a rule
 *   ref<T> r; copies, moves  inside the memory of an object that is being made: that object's. So the default copy and
 *                            move constructors of a class are right
 *   in containers            ref_vector and the like give their holder to what is constructed in them
 *   a copy elsewhere         has no holder: it pins, like a root. Safe anywhere, but a cycle through it stays. An
 *                            example is `maybe = other->next` with an empty std::optional: write
 *                            maybe.emplace(this, other->next)
 *   a move elsewhere         stays its holder's, at no cost: this is what std::sort and std::swap do. It must not
 *                            outlive that holder; to take something away from an object use a root. An empty
 *                            std::optional that is assigned to is such a place, and std::swap by its full name has a
 *                            moved temporary: write maybe.emplace(this, std::move(other)) and swap(one, other).
 *                            A pool that checks (xlgc_check in xlgc.h) finds one that outlives its holder
 * An object that was not made by make(), such as one on the stack, has no header: its refs pin, and pointing to it
 * holds nothing.
 *
 * What happens to refs when their holder is released. First the headers of all objects that a round has found to be
 * garbage are marked, then each object is destroyed and its memory is freed. From the mark on, a ref of the object reads
 * as null, and its destructor does nothing: what it pointed to is gone, or goes in the same round. So
 * `~node() { if (next) next->bye(); }` is safe. Places
 * (xlgc_link_at) would do as well, for one more record an event, and a link and an unlink for each move of a ref. The
 * mark costs a load where a pointer is read, and no event. A class may have a member function `bool xlgc_orphaned()
 * noexcept`: called while the whole cycle is still there, so that it can use what it holds; true keeps it (XLGC_KEEP).
 * It may hand over what it holds to others. Then the object is kept for a round though it answers false, until that is
 * applied, and is let go without being asked once more; if it has come back by then, it is asked again later.
 *
 * In which order. Of objects that are released together those that others hold are destroyed first, children before
 * their parents, and their memory is freed at once; inside a cycle the order is the reverse of that of their slots in
 * the pool's table, which are given as objects are made. It is the same in every build, in steps of any size, and on
 * whichever thread works; only objects that traits have destroyed on another thread are in order among themselves. So a
 * destructor may use a plain pointer to what held its object: a child signs off at its parent, whose plain members are
 * all there, and whose refs read null. It must not use a plain pointer to what its object held, also through others:
 * that is gone. Nor one to another object of the same cycle, or of another child: that may be gone. A ref in its place
 * reads null, a weak gives none, and a pool that checks names the field. To use what an object holds once more there
 * is xlgc_orphaned(), which is called before anything of this.
 *
 * Errors. An operation that adds a link, a pin or an object throws xlgc::error, or std::bad_alloc for the object's
 * memory, and then changes nothing. One that drops never throws: at the queue's bound or without memory it lets the
 * pool work and tries again. If that does not help, the drop is counted in pool::lost_drops() and its object stays. One
 * exception: moving a ref into another object that is being made ends the process if the link cannot be logged.
 *
 * Threads. As in xlgc.h: one thread at a time changes a pointer. A thread that reads it while another may change it has
 * the program's lock until it has a root or ref of its own. Each thread reports to its own context, which is found by
 * itself. These pointers are not atomic: in a section, only an atomic_ref may be read while it changes.
 *
 * Shared objects. A program and what it loads have one state, in the library (xlgc/cpp.h): link each with the shared
 * library. Classes may be in any of them, with hidden symbols and RTLD_LOCAL as well. Where two were compiled with
 * headers that differ in what they share, making anything throws XLGC_E_LAYOUT. pool says what an unloading does.
 *
 * Dialects. C++17 and later. With exceptions switched off, what would be thrown is printed, and ends the process. With
 * run-time types switched off there is no com_ptr. xlgc/script.hpp wants both.
 *
 * Sizes on 64 bits: object 8 bytes, and 16 before each complete object; root 8; ref 16; weak 24; a container 8 more.
 */
#ifndef XLGC_HPP
#define XLGC_HPP

#ifdef __cpp_rtti
#include <xlgc/com.hpp>
#endif
#include <xlgc/containers.hpp>
#include <xlgc/object.hpp>
#include <xlgc/pointers.hpp>
#include <xlgc/pools.hpp>

#endif
