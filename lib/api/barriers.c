/* Barriers: each logs one event. */
#include <config.h>

#include <xlgc/cpp.h>

#include "pool/audit.h"
#include "pool/contexts.h"
#include "pool/policy.h"

/* The functions are also inline, on what inline.h says of their contexts and events. */
#define AS_PUBLIC(member) (offsetof(xlgc_context, log.member) == offsetof(xlgc_context_head, member))
_Static_assert(AS_PUBLIC(next) && AS_PUBLIC(end) && AS_PUBLIC(prefix) && AS_PUBLIC(limit) && AS_PUBLIC(link_end),
               "a context's beginning");
_Static_assert(sizeof(_Atomic(xlgc__record *)) == sizeof(xlgc_record *), "the pointer that is published");
_Static_assert(sizeof(_Atomic uint64_t) == sizeof(uint64_t), "the limit");
_Static_assert(sizeof(xlgc__record) == sizeof(xlgc_record), "a record");
_Static_assert((int)XLGC__OP_LINK == XLGC_CODE_LINK && (int)XLGC__OP_UNLINK == XLGC_CODE_UNLINK &&
                   (int)XLGC__OP_PIN == XLGC_CODE_PIN && (int)XLGC__OP_UNPIN == XLGC_CODE_UNPIN,
               "the codes of events");

static bool is_of_pool(const xlgc_context *context, xlgc_id id) {
  return (id ^ context->log.prefix) < XLGC__BARE_LIMIT;
}

/* Why an event on this id is not taken, or 0. */
static int why_not(xlgc_context *context, xlgc_id id) {
  if (!context || id == XLGC_ID_NONE) return XLGC_E_INVAL;
  int failed = xlgc__contexts_admit(context);
  if (failed) return failed;
  return is_of_pool(context, id) ? 0 : XLGC_E_FOREIGN;
}

static int why_not_pair(xlgc_context *context, xlgc_id source, xlgc_id target) {
  int failed = why_not(context, source);
  return failed ? failed : why_not(context, target);
}

XLGC__COLD static int log_other(xlgc_context *context, xlgc__op op, xlgc_id source, xlgc_id target) {
  int failed = why_not_pair(context, source, target);
  if (failed) return failed;
  xlgc__record event = xlgc__event(op, source, target);
  return xlgc__policy_log(context, &event, 1, op == XLGC__OP_LINK);
}

/* The same where a pool checks. */
XLGC__COLD static int log_checked(xlgc_context *context, xlgc__op op, xlgc_id source, xlgc_id target) {
  int failed = log_other(context, op, source, target);
  if (!failed) xlgc__audit_logged(context, op, source, target, NULL);
  return failed;
}

/* A barrier calls no function while ids are good and the chunk has room: it stores and publishes the event. A
 * function of its own checks all else again, slowly. id ^ prefix is a good id without its pool. Returns whether the
 * event is logged. */
static inline bool log_here(xlgc_context *context, xlgc__op op, xlgc_id source, xlgc_id target) {
  if (XLGC__UNLIKELY(!context)) return false;
  xlgc__log *log = &context->log;
  uint64_t one = source ^ log->prefix, other = target ^ log->prefix;
  xlgc__record *at = xlgc__log_next(log);
  const xlgc__record *end = op == XLGC__OP_LINK ? log->link_end : log->end;
  if (XLGC__UNLIKELY((one | other) >= xlgc__log_limit(log) || at >= end)) return false;
  *at = (xlgc__record){{(uint64_t)op << 56 | one, other}};
  xlgc__log_publish(log, at + 1);
  return true;
}

static inline int log_pair(xlgc_context *context, xlgc__op op, xlgc_id source, xlgc_id target) {
  return log_here(context, op, source, target) ? 0 : log_checked(context, op, source, target);
}

int xlgc_link(xlgc_context *context, xlgc_id source, xlgc_id target) {
  return log_pair(context, XLGC__OP_LINK, source, target);
}

int xlgc_unlink(xlgc_context *context, xlgc_id source, xlgc_id target) {
  return log_pair(context, XLGC__OP_UNLINK, source, target);
}

XLGC__COLD static int relink_other(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now) {
  int failed = why_not_pair(context, source, old);
  if (!failed) failed = why_not(context, now);
  if (failed) return failed;
  xlgc__record events[2] = {xlgc__event(XLGC__OP_LINK, source, now), xlgc__event(XLGC__OP_UNLINK, source, old)};
  return xlgc__policy_log(context, events, 2, 1);
}

/* The same where one may be none, or a pool checks. */
XLGC__COLD static int relink_checked(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now) {
  if (old == XLGC_ID_NONE && now == XLGC_ID_NONE) return why_not(context, source);
  if (old == XLGC_ID_NONE) return xlgc_link(context, source, now);
  if (now == XLGC_ID_NONE) return xlgc_unlink(context, source, old);
  int failed = relink_other(context, source, old, now);
  if (!failed) xlgc__audit_relinked(context, source, old, now, NULL);
  return failed;
}

/* As log_here, for both events. */
static inline bool relink_here(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now) {
  if (XLGC__UNLIKELY(!context)) return false;
  xlgc__log *log = &context->log;
  uint64_t bare_source = source ^ log->prefix, bare_old = old ^ log->prefix, bare_now = now ^ log->prefix;
  xlgc__record *at = xlgc__log_next(log);
  if (XLGC__UNLIKELY((bare_source | bare_old | bare_now) >= xlgc__log_limit(log) || log->link_end - at < 2))
    return false;
  at[0] = (xlgc__record){{(uint64_t)XLGC__OP_LINK << 56 | bare_source, bare_now}};
  at[1] = (xlgc__record){{(uint64_t)XLGC__OP_UNLINK << 56 | bare_source, bare_old}};
  xlgc__log_publish(log, at + 2);
  return true;
}

int xlgc_relink(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now) {
  return relink_here(context, source, old, now) ? 0 : relink_checked(context, source, old, now);
}

int xlgc_pin(xlgc_context *context, xlgc_id object) { return log_pair(context, XLGC__OP_PIN, object, object); }
int xlgc_unpin(xlgc_context *context, xlgc_id object) { return log_pair(context, XLGC__OP_UNPIN, object, object); }

static int log_at(xlgc_context *context, xlgc__op op, xlgc_id source, xlgc_id target, void *place, unsigned tag) {
  int failed = why_not_pair(context, source, target);
  if (failed) return failed;
  if (tag > XLGC_TAG_MAX) return XLGC_E_INVAL;
  xlgc__record records[2] = {xlgc__event(op, source, target), {{(uintptr_t)place, 0}}};
  records[0].word[1] |= (uint64_t)tag << 56;
  failed = xlgc__policy_log(context, records, 2, op == XLGC__OP_LINK_AT);
  context->extras += !failed;
  if (!failed) xlgc__audit_logged(context, op, source, target, place);
  return failed;
}

int xlgc_link_at(xlgc_context *context, xlgc_id source, xlgc_id target, void *place, unsigned tag) {
  return log_at(context, XLGC__OP_LINK_AT, source, target, place, tag);
}

int xlgc_unlink_at(xlgc_context *context, xlgc_id source, xlgc_id target, void *place) {
  return log_at(context, XLGC__OP_UNLINK_AT, source, target, place, 0);
}

/* ------------------------------------------------- refs of xlgc.hpp, see cpp.h */

XLGC__COLD static int log_ref(xlgc_context *context, xlgc__op op, xlgc_id holder, xlgc_id target, const void *place) {
  int failed = log_other(context, op, holder, target);
  if (!failed) xlgc__audit_logged_ref(context, op, holder, target, place);
  return failed;
}

XLGC__COLD static int relink_ref(xlgc_context *context, xlgc_id holder, xlgc_id old, xlgc_id now, const void *place) {
  int failed = relink_other(context, holder, old, now);
  if (!failed) xlgc__audit_relinked_ref(context, holder, old, now, place);
  return failed;
}

int xlgc_cpp_link(xlgc_context *context, xlgc_id holder, xlgc_id target, const void *place) {
  return log_here(context, XLGC__OP_LINK, holder, target) ? 0 : log_ref(context, XLGC__OP_LINK, holder, target, place);
}

int xlgc_cpp_unlink(xlgc_context *context, xlgc_id holder, xlgc_id target, const void *place) {
  return log_here(context, XLGC__OP_UNLINK, holder, target) ? 0
                                                            : log_ref(context, XLGC__OP_UNLINK, holder, target, place);
}

int xlgc_cpp_relink(xlgc_context *context, xlgc_id holder, xlgc_id old, xlgc_id now, const void *place) {
  return relink_here(context, holder, old, now) ? 0 : relink_ref(context, holder, old, now, place);
}

int xlgc_cpp_checks(const xlgc_pool *pool) { return pool->queue.ledger != NULL; }
void xlgc_cpp_release_begins(xlgc_pool *pool, xlgc_id id, const void *object, size_t size_bytes, const void *holder) {
  xlgc__audit_release_begins(pool, &(xlgc__audit_object){id, object, size_bytes, holder});
}
void xlgc_cpp_ref_ends(xlgc_pool *pool, const void *object, const void *place) {
  xlgc__audit_ref_ends(pool, object, place);
}
size_t xlgc_cpp_release_ends(xlgc_pool *pool, const void *object) { return xlgc__audit_release_ends(pool, object); }
void xlgc_cpp_ref_lost(xlgc_pool *pool, xlgc_id target, const void *place) {
  xlgc__audit_ref_lost(pool, target, place);
}
