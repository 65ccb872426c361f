/* Summaries: which proxies the engine's roots reach, and which each of its exports.
 *   a trial with all exports pinned   proxies that are not found are gone
 *   a trial without any               proxies that are not found are justified by exports alone
 *   halves of exports, see groups.h   by which of them
 * What an export reaches through other exports is told as its own. Exports that the engine reaches itself are not told
 * at all: such an export may be unpinned when no other engine holds it, and is exported anew when it goes out again. */
#ifndef XLGC_DUKTAPE_SUMMARY_H
#define XLGC_DUKTAPE_SUMMARY_H

#include "hosts/duktape/engine.h"

/* See xlgc_host_adapter. engine: an xlgc__duktape_engine. */
int xlgc__duktape_summary_take(void *engine, xlgc_summary *summary);
/* Lets go of the proxies that nothing reaches. Returns 0, or XLGC_E_*, and then none was let go. */
int xlgc__duktape_summary_drop_proxies(xlgc__duktape_engine *engine, duk_context *ctx);

#endif
