/* What users of every language read when something fails: one wording for each cause, and the sort of error that a
 * code becomes. The same act answers the same code in every language; the codes stand beside the words. */
#ifndef XLGC_HOSTS_COMMON_MESSAGES_H
#define XLGC_HOSTS_COMMON_MESSAGES_H

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The sort of a language's own error. */
typedef enum xlgc__messages_sort {
  XLGC__MESSAGES_ERROR,     /* the general one: Error, xlgc.Error */
  XLGC__MESSAGES_MEMORY,    /* the engine's own error for lack of memory, without words of ours */
  XLGC__MESSAGES_REFERENCE, /* ReferenceError: the object is gone, or out of reach */
  XLGC__MESSAGES_TYPE       /* TypeError: what was given can never do */
} xlgc__messages_sort;

/* The sort for a code: XLGC_E_NOMEM, XLGC_E_STALE, XLGC_E_SHUTDOWN, XLGC_E_INVAL; all else is an error. */
xlgc__messages_sort xlgc__messages_sort_of(int code);
/* The words for a code. visit: what answered it, or NULL. Never NULL; good as long as the visit. */
const char *xlgc__messages_words(const xlgc_visit *visit, int code);

/* Is it the name of an error of JavaScript's own? Of that which says no more than that it is an error? */
bool xlgc__messages_is_standard(xlgc_text name);
bool xlgc__messages_is_general(xlgc_text name);

/* The words for what xlgc_hosts_collect has answered; an error of the general sort, but for lack of memory. */
const char *xlgc__messages_of_collection(int code);

/* XLGC_E_SHUTDOWN, a ReferenceError: a script uses xlgc, or a proxy, after the host was closed. */
#define XLGC__MESSAGES_CLOSED "xlgc was closed in this engine"
/* XLGC_E_INVAL, a TypeError. what: "a symbol", "a light userdata", "this value". */
#define XLGC__MESSAGES_CANNOT_PASS(what) what " cannot be passed to another language"
/* A TypeError: a function of the module was given something else than a proxy. */
#define XLGC__MESSAGES_NO_PROXY "this is no object of another language"
/* A TypeError: a property of a JavaScript object has no such name. */
#define XLGC__MESSAGES_NO_NAME "a property's name is text, a number or a boolean"
/* A TypeError: text that a program has given, in a language that checks it. */
#define XLGC__MESSAGES_NO_TEXT "this text is not UTF-8: what is no text crosses as bytes"
/* A RangeError of a language that has doubles only. */
#define XLGC__MESSAGES_NO_INTEGER "an integer beyond 2^53 cannot be passed to Duktape, which has no BigInt"
/* The same, when the names of an object are asked for that has a key which is none. */
#define XLGC__MESSAGES_KEY_NO_NAME "a key of this object is no name of a property: iterate over it instead"
/* RangeErrors: a Date of JavaScript's without a time, and a date of another language's that JavaScript does not have. */
#define XLGC__MESSAGES_NO_DATE "an invalid Date cannot be passed to another language"
#define XLGC__MESSAGES_FAR_DATE "a date more than 100 million days from 1970 cannot be passed to JavaScript"
/* TypeErrors of the functions that all languages have. */
#define XLGC__MESSAGES_EVAL "eval wants a text"
#define XLGC__MESSAGES_EVAL_NAME "eval wants a text as the name of the chunk"
#define XLGC__MESSAGES_RUN "run wants the name of a file, as a text without NULs"
#define XLGC__MESSAGES_NO_MODULES "Duktape has no modules: run them in SpiderMonkey (mozjs), or scripts here"
#define XLGC__MESSAGES_OPEN "xlgc.open wants the name of a language, such as \"lua\""
#define XLGC__MESSAGES_NEW "xlgc.new wants nothing, or an object with the fields"
#define XLGC__MESSAGES_KWARGS "xlgc.kwargs wants an object with the arguments by name"
/* A TypeError: a class of one language as the base of another's. */
#define XLGC__MESSAGES_NO_BASE \
  "a class of another language cannot be inherited from: keep one of its objects in a field, and pass calls on to it"
/* The field by which JavaScript waits for an object of another language with the trait XLGC_AWAITED. */
#define XLGC__MESSAGES_THEN "__then__"
/* XLGC_E_RAISED, for a visit. */
#define XLGC__MESSAGES_NO_CURSOR "this object is no cursor"
#define XLGC__MESSAGES_NO_ITERATION "this object cannot be iterated over"
#define XLGC__MESSAGES_NO_WORDS "an error that cannot be put into words"
/* A ReferenceError, in a child of the process in which an object was met. */
#define XLGC__MESSAGES_PARENTS "this object belongs to the parent process; a child uses engines that it opens itself"
/* For a language's `start` that fails: makes `out` the text that says why, which stays as long as the process or the
 * thread. Returns the code. */
int xlgc__messages_refuse_start(int code, xlgc_value *out, const char *why);
/* What xlgc_language_start has said of a failure, or NULL. */
const char *xlgc__messages_of_start(int code, const xlgc_value *out);

#ifdef __cplusplus
}
#endif

#endif
