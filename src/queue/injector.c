/*
 * queue/injector.c - the way in for work from outside, by liburcu's wfcqueue
 *
 * Who touches what
 *   tail     producers and the consumer, by liburcu's own atomics
 *   head     the consumer that holds `taking`
 *   taking   consumers
 *
 * Edges
 *   [injector.node]   put -> take: the node's content. liburcu makes this edge with assembly that ThreadSanitizer
 *                     cannot see, so it is told.
 *   [injector.turn]   store of taking by the consumer that leaves -> exchange of taking by the next: the head.
 */
#include "queue/injector.h"

/* liburcu takes its heads through a transparent union, which pedantic C has no words for. */
static cds_wfcq_head_ptr_t head_of(struct wi_injector *injector)
{
    cds_wfcq_head_ptr_t head = {._h = &injector->head};
    return head;
}

void wi_injector_init(struct wi_injector *injector)
{
    __cds_wfcq_init(&injector->head, &injector->tail);
    wi_init(&injector->taking, 0);
}

void wi_injector_put(struct wi_injector *injector, wi_node *node)
{
    cds_wfcq_node_init(node);
    wi_tsan_release(node); /* [injector.node] */
    cds_wfcq_enqueue(head_of(injector), &injector->tail, node);
}

wi_node *wi_injector_take(struct wi_injector *injector)
{
    if (wi_injector_is_empty(injector))
        return NULL;
    if (wi_exchange_acq_rel(&injector->taking, 1) != 0) /* [injector.turn] */
        return NULL;
    wi_node *node = __cds_wfcq_dequeue_nonblocking(head_of(injector), &injector->tail);
    wi_store_release(&injector->taking, 0); /* [injector.turn] */
    if (!node || node == CDS_WFCQ_WOULDBLOCK)
        return NULL;
    wi_tsan_acquire(node); /* [injector.node] */
    return node;
}

bool wi_injector_is_empty(struct wi_injector *injector)
{
    return cds_wfcq_empty(head_of(injector), &injector->tail);
}
