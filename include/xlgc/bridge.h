/* xlgc: the bridge between languages. What one language does with an object of another: values that cross, and a small
 * protocol of get, set, call, iterate, compare and print that every engine answers for its objects. xlgc/host.h keeps
 * the objects alive as long as something holds them; the modules for Lua, Python and JavaScript use this.
 *
 * Words used below, besides those of xlgc/host.h
 *   value     what crosses: nothing, a boolean, a number, text and bytes by value; objects by their id
 *   visit     a stretch in which one engine uses one object of another
 *   behaviour how objects of one sort answer to visits; of an engine, one for all its exports
 *   native    an object of the pool that is no engine's export, with a behaviour of its own: of C or C++
 *   managed   a native of this library: named fields that hold values; each object in a field is a link of the pool
 *   shared    a managed object that all hosts of a pool have, for names by which they find each other's objects
 *   cursor    an object that goes once through the elements of another
 *
 * Ownership. Arguments belong to the caller, and stay valid until the call returns. A result belongs to the caller,
 * which clears it. An object is passed as its id, while its giver holds it; the receiver calls xlgc_host_receive,
 * through its adapter, before xlgc_visit_end. It does so also when it has no memory for a proxy, and then calls
 * xlgc_host_proxy_failed: a result may be new, and held by nothing else.
 *
 * Threads. A visit is used on the thread that began it, which is the visiting engine's and, while it lasts, the visited
 * engine's. A managed object may be used by several threads at a time; its fields change one by one.
 *
 * Errors are those of xlgc.h. XLGC_E_RAISED: the visited language raised an error, whose text xlgc_visit_message has, and
 * of which xlgc_visit_thrown has all that crosses. XLGC_E_STALE is to become the language's ReferenceError, other codes
 * its usual error with xlgc_strerror's text. */
#ifndef XLGC_BRIDGE_H
#define XLGC_BRIDGE_H

#include <stdbool.h>

#include <xlgc/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- values */

typedef enum xlgc_type {
  XLGC_NIL = 0, /* nil, None, null and undefined */
  XLGC_BOOLEAN,
  XLGC_INTEGER, /* 64 bits; a JavaScript number that is one, within 2^53 */
  XLGC_NUMBER,  /* a double */
  XLGC_STRING,  /* text: UTF-8, which may contain zero bytes, and lone surrogates as three bytes each */
  XLGC_BUFFER,  /* bytes, copied: Python's bytes, JavaScript's typed arrays, a Lua string that is no text */
  XLGC_OBJECT,
  XLGC_SEVERAL, /* only as the result of a call: several values, or none */
  XLGC_BIG,     /* an integer of more than 64 bits: its hexadecimal digits, after a '-' when it is below zero */
  XLGC_DATE     /* a moment: the microseconds since the beginning of 1970, in Greenwich's time */
} xlgc_type;

/* What is known of an object without visiting it. */
enum {
  XLGC_CALLABLE = 1,
  /* A method gets the object that it is called on as `self`, apart from the arguments: JavaScript's `this`, Python's
   * bound methods. Without this trait, as in Lua, that object is an argument like others. */
  XLGC_SELF_APART = 2,
  /* A method of the native that it was read from, which Python binds to it as it does with methods of engines. */
  XLGC_METHOD = 4,
  /* A list: its elements are at the positions from 0, as many as its length. */
  XLGC_SEQUENCE = 8,
  /* What is equal to it is a matter of its value, which may change: there is no hash that agrees. */
  XLGC_BY_VALUE = 16,
  /* Of a key: the name of a property in JavaScript, which writes 7 and "7", true and "true" alike. It is the key that the
   * object has: first the integer or text as given, then what else is written so; a new one is as given. */
  XLGC_NAME = 32,
  /* As an argument of a call its fields are arguments by name, where the called language has such. Elsewhere it is an
   * object like others. */
  XLGC_NAMED = 64,
  /* Its memory can be read and written by others, where it is: see xlgc_visit_memory. */
  XLGC_MEMORY = 128,
  /* A promise: its method `then` is told two functions, of which it calls one when it is settled. */
  XLGC_AWAITED = 256
};
/* The bits from here on: what sort of object it is, in its engine's own numbers; 0 where the engine does not say. Of a
 * buffer: what its elements are, as of memory. */
#define XLGC_SORT_SHIFT 12

typedef struct xlgc_value {
  xlgc_type type;
  unsigned traits; /* of an object, a key or a buffer: XLGC_CALLABLE and the following */
  union {
    bool boolean;
    int64_t integer; /* of an integer, and a date */
    double number;
    const char *bytes;               /* of text, buffers and big integers: `length` of them, not ended by a zero */
    const struct xlgc_value *values; /* of several: `length` of them */
    xlgc_id id;
  } as;
  size_t length;
  void *memory; /* what xlgc_value_clear frees; NULL when the value does not own its bytes */
} xlgc_value;

/* Memory of one language that another reads and writes where it is. The lender keeps it, with this size, until it was
 * given back. Both languages change it without a lock. */
typedef struct xlgc_memory {
  void *bytes;
  size_t length;
  /* What its elements are, in this machine's byte order, as Python's struct names them: one of b, h, i, q, signed, of 8
   * to 64 bits; H, I, Q, without a sign; f, d; 0 for bytes. */
  unsigned elements;
  void *loan;                    /* the lender's */
  void (*give_back)(void *loan); /* on any thread */
} xlgc_memory;

/* Gives memory back, once, and makes it none. memory: may be none, all zero. Threads: any. */
XLGC_API void xlgc_memory_give_back(xlgc_memory *memory);

/* Makes a value nil, and frees what it owns. value: any that was filled in, or is all zero. */
XLGC_API void xlgc_value_clear(xlgc_value *value);
/* Gives a value a copy of bytes. type: XLGC_STRING, XLGC_BUFFER or XLGC_BIG. On error XLGC_E_NOMEM, and the value is nil. */
XLGC_API int xlgc_value_copy(xlgc_value *value, xlgc_type type, const char *bytes, size_t length);
/* Makes a value several of them, all nil, for the caller to fill in; they are cleared with it. out: the array.
 * On error XLGC_E_NOMEM, and the value is nil. */
XLGC_API int xlgc_value_several(xlgc_value *value, size_t count, xlgc_value **out);

/* ---------------------------------------------------------------- errors */

typedef struct xlgc_text {
  const char *bytes; /* `length` of them, valid UTF-8, which may contain zero bytes; NULL for none */
  size_t length;
} xlgc_text;

enum {
  /* There is a value: what was thrown. Without it the error is words only. */
  XLGC_THROWN_VALUE = 1,
  /* The type is a general one, whose name a message does without. */
  XLGC_THROWN_GENERAL = 2
};

/* What a language throws, on its way to where it is caught. It keeps all this through languages in between: where the
 * value is the engine's own object, or plain and of the engine's own language, the value itself is thrown; elsewhere an
 * error of the language that has all this in it, and gives it on when it is thrown again. */
typedef struct xlgc_thrown {
  xlgc_value value;
  xlgc_text language; /* that threw it: the name of its adapter, or "c++" */
  xlgc_text type;     /* the name of the value's type, such as "ValueError" */
  xlgc_text words;
  xlgc_text
      stack; /* a line for each function it came through, the innermost first: "lua: game.lua:3: in function 'f'" */
  unsigned flags; /* XLGC_THROWN_* */
} xlgc_thrown;

/* ---------------------------------------------------------------- visits */

typedef struct xlgc_visit xlgc_visit;

/* What xlgc_visit_get and xlgc_visit_next answer when there is no such element, or no further one. */
enum { XLGC_ABSENT = 1 };
/* What xlgc_visit_iterate answers: elements are keys with their values, as of a dictionary; or values, as of a list
 * (their keys are their positions, from 0), a set or a generator. */
enum { XLGC_ITERATES_PAIRS = 0, XLGC_ITERATES_VALUES = 1 };
/* How the visitor's language calls. */
enum {
  /* Arguments that a function does not take are dropped, and those that it lacks are nil. */
  XLGC_CALLS_LOOSELY = 1,
  /* What the visited language has for several values in one, such as a tuple, is several results. */
  XLGC_CALLS_FOR_SEVERAL = 2
};
typedef enum xlgc_order { XLGC_EQUAL, XLGC_LESS, XLGC_LESS_OR_EQUAL } xlgc_order;

/* How the objects of one sort are used; given by an adapter, or for a native. Belongs to the caller, must not change
 * and must outlive these objects. A function that is NULL: the objects cannot do that. The functions answer as those
 * below with the same names, and work on visit->engine and visit->handle. `out` is nil when they are called. */
typedef struct xlgc_behaviour {
  int (*get)(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out);
  int (*set)(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value);
  int (*remove)(xlgc_visit *visit, const xlgc_value *key);
  int (*call)(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count, xlgc_value *out);
  int (*length)(xlgc_visit *visit, size_t *out);
  int (*iterate)(xlgc_visit *visit, xlgc_value *cursor);
  int (*next)(xlgc_visit *visit, xlgc_value *key, xlgc_value *out);
  int (*compare)(xlgc_visit *visit, const xlgc_value *other, xlgc_order order, bool *out);
  int (*describe)(xlgc_visit *visit, xlgc_value *out);
  int (*memory)(xlgc_visit *visit, xlgc_memory *out);
  int (*close)(xlgc_visit *visit); /* without it a cursor has nothing to close */
} xlgc_behaviour;

/* On the visitor's stack, where it stays until it ends: the thread knows it by its address, so it may not be copied.
 * Members that are not marked private may be read. */
struct xlgc_visit {
  xlgc_pool *pool;
  xlgc_host *from;  /* NULL for C code that holds the object itself */
  xlgc_host *owner; /* NULL for a native */
  void *engine;     /* the owner's; NULL for a native */
  void *handle;     /* the export's, or the native's own pointer */
  xlgc_id id;
  const xlgc_behaviour *behaviour;
  unsigned habits;     /* XLGC_CALLS_*, which the visitor sets after the begin; 0 at first */
  const char *message; /* private, as are the following */
  void *thrown;
  bool in_section;
  xlgc_visit *outer;
  void *few_names[4], **names;
  size_t name_count, name_room;
};

/* Begins a visit to an object of which `from` has a proxy, and enters its engine. id: the object. On error as
 * xlgc_host_enter, and XLGC_E_INVAL for an object without a behaviour, XLGC_E_RAISED when a quarter of the thread's
 * stack is left, or 1 MiB; do not call xlgc_visit_end then, but xlgc_visit_message may be called. Threads: `from`'s
 * engine's. Cost: xlgc_host_enter. */
XLGC_API int xlgc_visit_begin(xlgc_visit *visit, xlgc_host *from, xlgc_id id);
/* Begins a visit for C code that belongs to no engine and holds the object by a link or a pin; else as
 * xlgc_visit_begin. The code links or pins the objects among its results before the visit ends. On error as
 * xlgc_visit_begin. Threads: that of the object's engine. */
XLGC_API int xlgc_visit_begin_held(xlgc_visit *visit, xlgc_pool *pool, xlgc_id id);
/* The language of the visited object: the name of its engine's adapter; "" for a native. Returns a string that is valid
 * until the visit ends, never NULL. */
XLGC_API const char *xlgc_visit_language(const xlgc_visit *visit);
/* Ends a visit. Results of objects must have been received. */
XLGC_API void xlgc_visit_end(xlgc_visit *visit);

/* The following use the object. On error XLGC_E_RAISED, also when objects of this sort cannot do that; else what the
 * visited engine's adapter answers, such as XLGC_E_NOMEM. */

/* The element or attribute with this key, as the owner's language has it. Returns 0, or XLGC_ABSENT and nil. */
XLGC_API int xlgc_visit_get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out);
/* Sets the element or attribute with this key. value: stays the caller's. */
XLGC_API int xlgc_visit_set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value);
/* Takes an element of an object away. Returns 0, or XLGC_ABSENT. */
XLGC_API int xlgc_visit_remove(xlgc_visit *visit, const xlgc_value *key);
/* Calls the object; a class is instantiated. self: what the method is called on, or NULL. out: a value, or several. */
XLGC_API int xlgc_visit_call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count,
                             xlgc_value *out);
/* How many elements the object has, as its own language counts. out: that. */
XLGC_API int xlgc_visit_length(xlgc_visit *visit, size_t *out);
/* A new cursor over the elements of an object; visit the cursor for xlgc_visit_next. Returns XLGC_ITERATES_*. */
XLGC_API int xlgc_visit_iterate(xlgc_visit *visit, xlgc_value *cursor);
/* The next element of a cursor. key, out: either may be NULL. Returns 0, or XLGC_ABSENT at the end. */
XLGC_API int xlgc_visit_next(xlgc_visit *visit, xlgc_value *key, xlgc_value *out);
/* Closes a cursor, as where a loop is left early: what it goes through is told, as the owner's language does that: a
 * JavaScript iterator by `return`, a Python generator by `close`, Lua's closing value by `__close`. The cursor is at its
 * end then. Returns 0, also at the end and where there is nothing to tell; XLGC_ABSENT for an object that is no cursor. */
XLGC_API int xlgc_visit_close(xlgc_visit *visit);
/* Compares the object with another value in the owner's language. out: whether the order holds. XLGC_EQUAL never raises
 * for sorts that cannot compare: then an object is equal to itself only. */
XLGC_API int xlgc_visit_compare(xlgc_visit *visit, const xlgc_value *other, xlgc_order order, bool *out);
/* The text of an object for people: tostring, str, String. */
XLGC_API int xlgc_visit_describe(xlgc_visit *visit, xlgc_value *out);
/* Borrows the memory of an object with the trait XLGC_MEMORY. The borrower keeps a proxy of the object, and gives the
 * memory back before that is gone; it stays good also when the object, or its engine, has ended before. out: that. */
XLGC_API int xlgc_visit_memory(xlgc_visit *visit, xlgc_memory *out);

/* ------------------------------------------------------- inside of visits */

/* Is an object, which a host is about to give in the visit that this thread is in, the receiver's own? Then it comes
 * home. giver: the visitor's host, or the visited one. False outside of visits. Threads: the giver's engine's. Cost: a
 * look-up under the lock of all hosts. */
XLGC_API bool xlgc_visit_comes_home(const xlgc_host *giver, xlgc_id id);
/* For behaviours: the visited language raised an error. message: its text; copied. Returns XLGC_E_RAISED. */
XLGC_API int xlgc_visit_raise(xlgc_visit *visit, const char *message, size_t length);
/* For behaviours: the visited language raised an error, of which this is all that is known. thrown: copied; an object in
 * it stays until the visit ends. Returns XLGC_E_RAISED, without memory as well. */
XLGC_API int xlgc_visit_throw(xlgc_visit *visit, const xlgc_thrown *thrown);
/* What was thrown, after XLGC_E_RAISED. Returns NULL when there are only the words of xlgc_visit_message. Valid until the
 * visit is used again, or ends. An object in it is received before that, if at all. */
XLGC_API const xlgc_thrown *xlgc_visit_thrown(const xlgc_visit *visit);
/* For behaviours of natives that several threads change: what is read from live objects from now on stays valid until
 * the visit ends, see xlgc_enter. No code of an engine may run from here on. On error as xlgc_enter. */
XLGC_API int xlgc_visit_section(xlgc_visit *visit);
/* The text for what a function of a visit answered. Returns a string that is valid until the visit ends, never NULL. */
XLGC_API const char *xlgc_visit_message(const xlgc_visit *visit, int code);

/* --------------------------------------------------------------- natives */

/* Gives a behaviour to an object of the pool that is no export. id: of an object that the caller holds. self: the
 * handle of visits to it. On error XLGC_E_INVAL, XLGC_E_EXISTS, XLGC_E_NOMEM. Ownership: the caller's; call
 * xlgc_native_retire in the object's release. Threads: any. */
XLGC_API int xlgc_native_publish(xlgc_pool *pool, xlgc_id id, const xlgc_behaviour *behaviour, void *self);
/* How an object that the caller holds is used, if it was published. On error XLGC_E_UNKNOWN, XLGC_E_INVAL. Threads:
 * any. Cost: a hash look-up under the lock of all hosts. */
XLGC_API int xlgc_native_find(xlgc_pool *pool, xlgc_id id, const xlgc_behaviour **behaviour, void **self);
/* Takes the behaviour back. On error XLGC_E_UNKNOWN for an object that was not published. Threads: any. */
XLGC_API int xlgc_native_retire(xlgc_pool *pool, xlgc_id id);

/* Makes a managed object, whose fields are named by text, bytes, numbers and booleans; a whole number and the integer
 * are the same name. out: its value. The object is new, as after xlgc_register: let it enter an engine, link or pin it.
 * On error as xlgc_register, XLGC_E_NOMEM. Threads: the context's. Cost: an object of the pool, a hash table. */
XLGC_API int xlgc_managed_create(xlgc_pool *pool, xlgc_context *context, xlgc_value *out);

/* The shared object of a host's pool, which lives as long as any host of the pool. On error as xlgc_managed_create,
 * XLGC_E_SHUTDOWN. Threads: the host's engine's. */
XLGC_API int xlgc_host_shared(xlgc_host *host, xlgc_value *out);

/* ------------------------------------------------------------- languages */

#define XLGC_LIMIT_AS_IT_IS UINT64_MAX

/* A language that an engine of another can start: the library libxlgc-NAME has a `const xlgc_language
 * xlgc_language_NAME`. */
typedef struct xlgc_language {
  const char *name;
  /* Starts an engine of the language as a host of the pool, on this thread. engine: for `end`. out: an object for other
   * engines: `eval`(text, name, ...) runs a text and returns its result; the name is what errors call the text, and what
   * follows is `...` in Lua, the global `args` of others while it runs. `globals` holds the global names. Returns 0 or XLGC_E_*; out
   * may be a text then that says why, which nobody clears. */
  int (*start)(xlgc_pool *pool, void **engine, xlgc_value *out);
  /* Ends it: its objects answer XLGC_E_STALE from then on. Returns 0, or XLGC_E_BUSY while it runs. */
  int (*end)(void *engine);
  /* The engine may have so many bytes of memory at most; any number for 0; XLGC_LIMIT_AS_IT_IS changes nothing. bytes:
   * how many it has, as it counts them. Called while this thread has the engine, also while its code runs. Returns 0,
   * XLGC_E_INVAL for more than the engine can ever have, XLGC_E_OTHER_THREAD. NULL: it has no limit. */
  int (*limit_memory)(void *engine, uint64_t bytes_max, uint64_t *bytes);
} xlgc_language;

/* Starts an engine of a language that is installed: "lua", "python", "mozjs", "duktape". Its library is looked for
 * beside this one, then where the system looks. from: the host that asks. out: its object, with these functions
 * besides: `close` ends it. `limit_memory` says how many bytes of memory it may have at most, 0 for any, and answers
 * how many it has; without an argument it changes nothing. `limit_time` says how many seconds a call into it may take,
 * 0 for any; what takes longer is stopped, by the signal SIGURG to the thread that it runs on, and raises an error at
 * the caller's. On error out is a text that says why, valid until the thread's next failure, or nil. The engine ends by
 * `close`, or when a collection finds that nothing of it is held elsewhere, or before `from`
 * does; if it is in a call, as soon as that is over. On error XLGC_E_UNKNOWN when there is no such library, or what
 * its `start` answers. Threads: `from`'s engine's, where the new engine stays. */
XLGC_API int xlgc_language_start(xlgc_host *from, const char *name, xlgc_value *out);
/* A program has started an engine by `language->start`: to be called right after. Then no end of it begins while
 * another thread is in the engine. object: the engine's, which the program holds. On error XLGC_E_INVAL, XLGC_E_NOMEM.
 * Threads: the engine's. */
XLGC_API int xlgc_language_started(xlgc_pool *pool, const xlgc_language *language, void *engine, xlgc_id object);
/* Ends an engine that a program has started by `language->start`; if it is in a call, as soon as that is over. Returns
 * 0 when it has ended, 1 when it will, or what its `end` answers. Threads: one that may call the engine. */
XLGC_API int xlgc_language_end(xlgc_pool *pool, const xlgc_language *language, void *engine);

/* ---------------------------------------------------------------- leak tests */

/* An object that a script has. */
typedef struct xlgc_expected {
  xlgc_id id;   /* of a proxy; or XLGC_ID_NONE */
  void *handle; /* then it is the engine's own: as for xlgc_host_export, or what that would be */
} xlgc_expected;

/* For leak tests in scripts: makes a function, which collects (xlgc_hosts_collect) when it is called, and then raises an
 * error that says what holds each of some objects, if one is still there. Till then, and meanwhile, it holds none of
 * them. They are watched by their engines, so they are only gone when these have freed them. What was passed to another
 * engine in a visit that is still open is held by that.
 * from: the host that asks. objects: `count` of them, alive. budget: as for xlgc_hosts_explain. out: the function, an
 * object that nothing holds yet. On error XLGC_E_INVAL, XLGC_E_NOMEM, as xlgc_register, and XLGC_E_BUSY
 * (xlgc_hosts_why) where an engine cannot watch an object, or is another thread's. Threads: the engine's. */
XLGC_API int xlgc_hosts_expect_gone(xlgc_host *from, const xlgc_expected *objects, size_t count, size_t budget,
                                    xlgc_value *out);

/* ---------------------------------------------------------------- weak references */

/* Makes a function that answers with an object as long as that is there, and with nothing afterwards; it does not hold the
 * object. It follows the object, in its own engine, and not the proxy that a script has of it: an object is there until its
 * engine has freed it, or the pool has. What the exports of an engine hold in which objects are held so is freed a
 * collection later than else, and such an engine is not summarised in a copy of the process.
 * from: the host that asks. object: alive. out: the function, an object that nothing holds yet. On error XLGC_E_INVAL,
 * XLGC_E_NOMEM, as xlgc_register, and XLGC_E_BUSY (xlgc_hosts_why) where an engine has no weak references to an object of
 * that sort, or is another thread's. Threads: the engine's; that it answers of an engine of another thread, if that is
 * shared. */
XLGC_API int xlgc_hosts_weak(xlgc_host *from, const xlgc_expected *object, xlgc_value *out);

#ifdef __cplusplus
}
#endif

#endif
