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
 *   root       on stacks, in globals, in what is no object: a pin
 *   weak       holds nothing; lock() gives a root, or an empty one
 *   T *, T &   for a call that does not keep it, as long as one of the above is there
 * Nobody writes a function that traverses or clears anything.
 *
 * How a ref finds its holder. make() puts a header before each object: its id and its pool. Every xlgc::object in it
 * has a pointer to that header, found while the object is made: make() notes on the thread which memory it is
 * filling, and whatever is constructed there belongs to it. So several bases of type xlgc::object, virtual ones, and
 * members by value that are objects themselves all mean the same header; an object is where its complete object
 * begins; and a ref works within the constructor. A ref has a pointer to the header of its holder as well:
 *   ref<T> r{holder}         says so: `this`, as a rule
 *   ref<T> r; copies, moves  inside the memory of an object that is being made: that object's. So the default copy and
 *                            move constructors of a class are right
 *   in containers            ref_vector and its kin give their holder to what is constructed in them
 *   a copy elsewhere         is nobody's: it pins, like a root. Safe anywhere, but a cycle through it stays. For
 *                            instance `maybe = other->next` where the std::optional was empty: say
 *                            maybe.emplace(this, other->next)
 *   a move elsewhere         stays its holder's, at no cost: this is what std::sort and std::swap do. It must not
 *                            outlive that holder; to take something away from an object use a root
 * An object that was not made by make(), one on the stack, say, has no header: its refs pin, and pointing to it
 * holds nothing.
 *
 * What happens to refs when their holder goes. A releaser first marks the header, then destroys the object, then
 * frees its memory. From the mark on a ref of the object does nothing in its destructor, never looks at what it
 * pointed to, which may be gone if it was in the same cycle, and reads as null. So
 * `~node() { if (next) next->bye(); }` is safe. Places (xlgc_link_at) would serve as well, for a record more an event, and a link and an unlink for
 * each move of a ref; the mark costs a load where a pointer is read, and no event. A class that wants to talk to
 * what it holds before it goes has a member function `bool xlgc_orphaned() noexcept`: called while all of the cycle
 * is whole; true is a reprieve (XLGC_KEEP).
 *
 * Errors. What would add a link, a pin or an object throws xlgc::error, or std::bad_alloc for the memory of the
 * object, and leaves everything as it was. What drops one never throws: at the queue's bound or without memory it
 * lets the pool work and tries again; if that does not help, the drop is counted in pool::lost_drops() and its
 * object stays. One exception: moving a ref into another object that is being made ends the process if the link
 * cannot be logged.
 *
 * Threads. As in xlgc.h: a pointer is changed by one thread at a time, and who reads it while another may change it
 * does so under the program's lock, until it has its root or ref. Each thread reports to its own context, found by
 * itself. These pointers are not atomic, so they are not for being read in a section while they change; atomic_ref
 * is.
 *
 * Sizes on 64 bits: object 8 bytes, and 16 before each complete object; root 8; ref 16; weak 24; a container 8 more.
 */
#ifndef XLGC_HPP
#define XLGC_HPP

#include <xlgc/com.hpp>
#include <xlgc/containers.hpp>
#include <xlgc/object.hpp>
#include <xlgc/pointers.hpp>

#endif
