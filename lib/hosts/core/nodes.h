#ifndef XLGC_HOSTS_NODES_H
#define XLGC_HOSTS_NODES_H

#include "hosts/core/tables.h"

/* By id, and by the handle of an export; or NULL. */
xlgc__host_node *xlgc__host_nodes_find(const xlgc_host *host, xlgc_id id);
xlgc__host_node *xlgc__host_nodes_find_export(const xlgc_host *host, const void *handle);
/* A node for an id that has none in this host, and that the caller holds. */
int xlgc__host_nodes_make(xlgc_host *host, xlgc_id id, bool is_own, xlgc__host_node **out);
/* An export that is not released yet leaves its object, so that the id goes on being known for one. */
void xlgc__host_nodes_remove(xlgc__host_node *node);
/* The node is an export from now on, 1, or none any more, -1, as one whose pin is another one's. */
void xlgc__host_nodes_count_export(xlgc__host_node *node, int more);
/* Hands a node over: one with proxies that are gone, and an export with its verdict. */
void xlgc__host_nodes_enqueue_locked(xlgc__host_node *node);
void xlgc__host_nodes_enqueue_released_locked(xlgc__host_node *node);
/* The export of an object that no visit names any more may be let go; see letting.h. */
void xlgc__host_nodes_propose_locked(xlgc__host_node *node);
/* The same without the lock, for the engine's thread, of one that is proposed already, or stays as it went out outside
 * of visits. Returns whether it is one of these. */
bool xlgc__host_nodes_propose_again(xlgc__host_node *node);
/* An export went out outside of visits: it is kept until the program says that it may be let go. */
void xlgc__host_nodes_keep_locked(xlgc__host_node *node);
/* Takes one that was proposed, or is kept, out of its list. */
void xlgc__host_nodes_withdraw_locked(xlgc__host_node *node);
/* Has the engine no more use for it? A proxy or own object that is going counts as gone. */
bool xlgc__host_nodes_is_idle(const xlgc__host_node *node);
bool xlgc__host_nodes_is_idle_locked(const xlgc__host_node *node);

#endif
