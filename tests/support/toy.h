/* Toy engines: a heap with a mark-sweep collector of its own, for the conformance kit, for tests of what no binding can
 * be made to do, and beside a language that a process can have one engine of. Its sorts: one frees memory to the
 * system; one uses an address again at once; one runs finalizers late, so that it has proxies that are condemned and
 * not gone. Each object can be given a behaviour. */
#ifndef TOY_H
#define TOY_H

#include "../hosts_conformance.h"

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How an engine is; 0: plain. */
enum {
  TOY_REUSES = 1,
  TOY_LATE = 2,
  TOY_OFTEN = 4,      /* collects in the middle of allocations, summaries and unpinning */
  TOY_UNREPORTED = 8, /* XLGC_HOST_SILENT */
  TOY_IMAGES = 16     /* quick summaries are those of images */
};

typedef struct toy_thing toy_thing;
struct toy_thing {
  unsigned mark;
  bool is_proxy, pinned, condemned, marked;
  bool has_finalizer;
  unsigned finalizer_field, finalizer_to;
  unsigned number, traits;
  uint64_t seen; /* the walk that saw it last */
  xlgc_id id;    /* a proxy's object; an export's */
  const xlgc_behaviour *behaviour;
  void *self;
  toy_thing *fields[HOSTS_FIELDS];
  toy_thing *next, *next_to_mark, *next_condemned;
};

typedef struct toy {
  unsigned flags;
  xlgc_host *host;
  toy_thing *all, *free, *condemned; /* proxies that are to be finalized, and objects that are */
  toy_thing *globals[HOSTS_GLOBALS], *suspended[HOSTS_SUSPENDED];
  uint64_t walk, allocated, objects, pins, unpins, entered;
  uint64_t black;
  bool collects;
  int fails;        /* what `summarise` answers */
  bool is_weak;     /* has weak references, as summaries say */
  unsigned unready; /* so often `prepare`, or what comes before an image, says that there is more to do */
  bool finalizes;   /* a finalizer has run since the last image was begun */
  void (*before_exports)(struct toy *),
      (*in_summary)(struct toy *); /* within `summarise`; between its walks, at its end */
} toy;

/* For the kit; the last three collect often. */
extern const hosts_engine toy_plain, toy_reusing, toy_late, toy_imaged;
extern const xlgc_host_adapter toy_adapter;

void *toy_open(xlgc_pool *pool, unsigned flags);
void toy_close(void *engine);
xlgc_host *toy_host(void *engine);
void toy_collect(void *engine);
void toy_unpin(void *engine, void *handle);

/* What is in a global; checked to be no freed memory. */
toy_thing *toy_at(void *engine, unsigned global);
void toy_put(void *engine, unsigned global, toy_thing *thing);
toy_thing *toy_good(toy_thing *thing);

/* As the kit's functions of these names. */
void toy_make(void *engine, unsigned global, unsigned number);
void toy_set(void *engine, unsigned object, unsigned field, unsigned from);
void toy_copy(void *engine, unsigned to, unsigned from);
void toy_drop(void *engine, unsigned global);
int toy_give(void *engine, unsigned global, xlgc_id *id);
int toy_take(void *engine, unsigned global, xlgc_id id);

/* The value goes from a global of one to one of another. _make_in: of a new object, which nothing else holds then. */
void toy_pass(toy *from, unsigned global, toy *to, unsigned to_global);
void toy_make_in(toy *from, toy *to, unsigned global, unsigned number);
/* Its collector runs, and what that lets go is dropped. */
void toy_collect_all(toy *at);

/* What the object in a global does when it is visited: visit->handle is `self` then. traits: of its value. */
void toy_behave(void *engine, unsigned global, const xlgc_behaviour *behaviour, void *self, unsigned traits);
/* The value of what the global holds: exports an object. */
xlgc_value toy_value(void *engine, unsigned global);

#ifdef __cplusplus
}
#endif

#endif
