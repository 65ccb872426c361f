/* The barriers as inline code: an event is appended to its context's chunk without a call, once it is seen that there
 * is a context, that the ids are good, and that the chunk has room. Included by xlgc.h alone.
 *
 * With gcc and clang, in C99 and C++11, on 64 bits, xlgc_link, xlgc_unlink, xlgc_relink, xlgc_pin and xlgc_unpin are
 * macros as well as functions. What is not as usual (an id of none or of another pool, a chunk that is full, a pool
 * that was shut down or that checks, a forked child) is left to the functions, which do all of it by themselves:
 * `(xlgc_link)(...)` calls one, `&xlgc_link` and dlsym find it, and with XLGC_NO_INLINE defined before xlgc.h there are
 * no macros.
 *
 * The structs and codes are part of the library's binary interface, since they are compiled into programs. They are for
 * the code below; a program has no other use for them. */
#ifndef XLGC_INLINE_H
#define XLGC_INLINE_H

#if defined(__GNUC__)
#define XLGC_MAY_ALIAS __attribute__((__may_alias__))
#else
#define XLGC_MAY_ALIAS
#endif

/* An event. word[0]: the code in the top byte, below it the source's id without its pool; word[1]: the target's. A
 * pinned object is both. */
typedef struct XLGC_MAY_ALIAS xlgc_record {
  uint64_t word[2];
} xlgc_record;

enum { XLGC_CODE_LINK = 1, XLGC_CODE_UNLINK = 2, XLGC_CODE_PIN = 3, XLGC_CODE_UNPIN = 4 };

/* The beginning of each context. */
typedef struct XLGC_MAY_ALIAS xlgc_context_head {
  xlgc_record *next;      /* where the next event goes; changed by the context's thread alone, by release stores */
  const xlgc_record *end; /* what may be appended without asking the library ends here */
  uint64_t prefix;        /* the byte that all ids of the pool have on top; below it 0 */
  uint64_t limit; /* 2^56, above any good id exclusive or the prefix; or 0: all goes to the functions. Relaxed */
  const xlgc_record *link_end; /* the same for what may make a link; at most `end` */
} xlgc_context_head;

#if defined(__GNUC__) && defined(__SIZEOF_POINTER__) && !defined(XLGC_NO_INLINE) && !defined(XLGC_BUILDING)
#if __SIZEOF_POINTER__ < 8
#elif defined(__cplusplus)
#if __cplusplus >= 201103L
#define XLGC_INLINE inline __attribute__((__always_inline__))
#define XLGC_INLINE_HEAD(context) reinterpret_cast<xlgc_context_head *>(context)
#endif
#elif defined(__STDC_VERSION__)
#if __STDC_VERSION__ >= 199901L
/* Not static, so that other inline functions may use it; never emitted. */
#define XLGC_INLINE extern inline __attribute__((__gnu_inline__, __always_inline__))
#define XLGC_INLINE_HEAD(context) ((xlgc_context_head *)(void *)(context))
#endif
#endif
#endif

#ifdef XLGC_INLINE

#define XLGC_INLINE_LIKELY(condition) (__builtin_expect(!!(condition), 1) != 0)

/* Are these, all ids of an event exclusive or the prefix, or-ed, those of good ones? */
XLGC_INLINE int xlgc_inline_takes(const xlgc_context_head *head, uint64_t ids) {
  return XLGC_INLINE_LIKELY(ids < __atomic_load_n(&head->limit, __ATOMIC_RELAXED));
}

XLGC_INLINE void xlgc_inline_write(xlgc_record *at, uint64_t code, uint64_t one, uint64_t other) {
  at->word[0] = code << 56 | one;
  at->word[1] = other;
}

/* Log an event of one record, or of two, if it can be done here. They return whether it was. */
XLGC_INLINE int xlgc_inline_append(xlgc_context_head *head, uint64_t code, xlgc_id source, xlgc_id target) {
  uint64_t one = source ^ head->prefix, other = target ^ head->prefix;
  xlgc_record *at = head->next;
  if (!xlgc_inline_takes(head, one | other)) return 0;
  if (!XLGC_INLINE_LIKELY(at < (code == XLGC_CODE_LINK ? head->link_end : head->end))) return 0;
  xlgc_inline_write(at, code, one, other);
  __atomic_store_n(&head->next, at + 1, __ATOMIC_RELEASE);
  return 1;
}

XLGC_INLINE int xlgc_inline_append_two(xlgc_context_head *head, xlgc_id source, xlgc_id old, xlgc_id now) {
  uint64_t holder = source ^ head->prefix, out = old ^ head->prefix, in = now ^ head->prefix;
  xlgc_record *at = head->next;
  if (!xlgc_inline_takes(head, holder | out | in) || !XLGC_INLINE_LIKELY(head->link_end - at >= 2)) return 0;
  xlgc_inline_write(at, XLGC_CODE_LINK, holder, in);
  xlgc_inline_write(at + 1, XLGC_CODE_UNLINK, holder, out);
  __atomic_store_n(&head->next, at + 2, __ATOMIC_RELEASE);
  return 1;
}

XLGC_INLINE int xlgc_inline_logs(xlgc_context *context, uint64_t code, xlgc_id source, xlgc_id target) {
  return XLGC_INLINE_LIKELY(context) && xlgc_inline_append(XLGC_INLINE_HEAD(context), code, source, target);
}

XLGC_INLINE int xlgc_inline_link(xlgc_context *context, xlgc_id source, xlgc_id target) {
  return xlgc_inline_logs(context, XLGC_CODE_LINK, source, target) ? 0 : xlgc_link(context, source, target);
}

XLGC_INLINE int xlgc_inline_unlink(xlgc_context *context, xlgc_id source, xlgc_id target) {
  return xlgc_inline_logs(context, XLGC_CODE_UNLINK, source, target) ? 0 : xlgc_unlink(context, source, target);
}

XLGC_INLINE int xlgc_inline_logs_two(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now) {
  return XLGC_INLINE_LIKELY(context) && xlgc_inline_append_two(XLGC_INLINE_HEAD(context), source, old, now);
}

XLGC_INLINE int xlgc_inline_relink(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now) {
  return xlgc_inline_logs_two(context, source, old, now) ? 0 : xlgc_relink(context, source, old, now);
}

XLGC_INLINE int xlgc_inline_pin(xlgc_context *context, xlgc_id object) {
  return xlgc_inline_logs(context, XLGC_CODE_PIN, object, object) ? 0 : xlgc_pin(context, object);
}

XLGC_INLINE int xlgc_inline_unpin(xlgc_context *context, xlgc_id object) {
  return xlgc_inline_logs(context, XLGC_CODE_UNPIN, object, object) ? 0 : xlgc_unpin(context, object);
}

#define xlgc_link(...) xlgc_inline_link(__VA_ARGS__)
#define xlgc_unlink(...) xlgc_inline_unlink(__VA_ARGS__)
#define xlgc_relink(...) xlgc_inline_relink(__VA_ARGS__)
#define xlgc_pin(...) xlgc_inline_pin(__VA_ARGS__)
#define xlgc_unpin(...) xlgc_inline_unpin(__VA_ARGS__)

#undef XLGC_INLINE_LIKELY
#undef XLGC_INLINE_HEAD
#undef XLGC_INLINE

#endif

#endif
