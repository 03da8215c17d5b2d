/*
 * queue/injector.h - the way in for work from outside: many producers, many consumers, first in first out
 *
 * Nodes are linked through a field of their own, so nothing is allocated and the queue is never full. Putting is wait-
 * free. One consumer takes at a time; another that comes meanwhile turns away instead of waiting. The only file that
 * touches liburcu's queue.
 *
 *   Threads   any
 *   Ordering  what happens before a put happens before the return of the take that gives its node
 *   Source    liburcu's wfcqueue, by Desnoyers and Jiangshan
 */
#ifndef WI_QUEUE_INJECTOR_H
#define WI_QUEUE_INJECTOR_H

#include <stdbool.h>
#include <urcu/wfcqueue.h>

#include "base/atomics.h"
#include "base/layout.h"

/* A link; inside whatever is queued. */
typedef struct cds_wfcq_node wi_node;

struct wi_injector {
    _Alignas(WI_CACHE_LINE) struct cds_wfcq_tail tail;   /* producers */
    _Alignas(WI_CACHE_LINE) struct __cds_wfcq_head head; /* the consumer that holds `taking` */
    wi_atomic_u32 taking;                                /* 1 while a consumer is inside */
};

void wi_injector_init(struct wi_injector *injector);

/* Adds `node`, which the queue keeps until a take gives it. */
void wi_injector_put(struct wi_injector *injector, wi_node *node);

/* Removes the oldest node and returns it. Returns NULL if there is none, if another consumer is inside, or if the
 * producer of the oldest is not done yet. */
wi_node *wi_injector_take(struct wi_injector *injector);

/* Whether nothing is queued: a put that happened before is seen. */
bool wi_injector_is_empty(struct wi_injector *injector);

#endif
