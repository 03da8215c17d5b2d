/*
 * shim/urcu/wfcqueue.h - a model of liburcu's wait-free concurrent queue
 *
 * The names are those of liburcu, as far as src/queue/injector.c uses them. The algorithm is its own, in few words: a
 * producer exchanges the tail for its node, and then links the node before to its own. Between the two the list has a
 * gap, at which a consumer that does not wait turns away.
 */
#ifndef SHIM_WFCQUEUE_H
#define SHIM_WFCQUEUE_H

#include "base/atomics.h"

struct cds_wfcq_node {
    wi_atomic_ptr next;
};

struct cds_wfcq_tail {
    wi_atomic_ptr last;
};

struct __cds_wfcq_head {
    struct cds_wfcq_node node;
};

typedef union {
    struct __cds_wfcq_head *_h;
} cds_wfcq_head_ptr_t;

#define CDS_WFCQ_WOULDBLOCK ((struct cds_wfcq_node *)(uintptr_t)-1)

static inline void cds_wfcq_node_init(struct cds_wfcq_node *node)
{
    wi_store_relaxed(&node->next, NULL);
}

static inline void __cds_wfcq_init(struct __cds_wfcq_head *head, struct cds_wfcq_tail *tail)
{
    wi_init(&head->node.next, NULL);
    wi_init(&tail->last, &head->node);
}

static inline bool cds_wfcq_empty(cds_wfcq_head_ptr_t head, struct cds_wfcq_tail *tail)
{
    return !wi_load_relaxed(&head._h->node.next) && wi_load_relaxed(&tail->last) == &head._h->node;
}

static inline bool cds_wfcq_enqueue(cds_wfcq_head_ptr_t head, struct cds_wfcq_tail *tail, struct cds_wfcq_node *node)
{
    struct cds_wfcq_node *before = wi_exchange_acq_rel(&tail->last, node);
    wi_store_release(&before->next, node);
    return before != &head._h->node;
}

static inline struct cds_wfcq_node *__cds_wfcq_dequeue_nonblocking(cds_wfcq_head_ptr_t head, struct cds_wfcq_tail *tail)
{
    if (cds_wfcq_empty(head, tail))
        return NULL;
    struct cds_wfcq_node *node = wi_load_acquire(&head._h->node.next);
    if (!node)
        return CDS_WFCQ_WOULDBLOCK;
    struct cds_wfcq_node *next = wi_load_acquire(&node->next);
    if (!next) { /* the last one, unless a producer is behind it */
        void *last = node;
        wi_store_relaxed(&head._h->node.next, NULL);
        if (wi_cas_acq_rel(&tail->last, &last, &head._h->node))
            return node;
        next = wi_load_acquire(&node->next);
        if (!next) {
            wi_store_relaxed(&head._h->node.next, node);
            return CDS_WFCQ_WOULDBLOCK;
        }
    }
    wi_store_relaxed(&head._h->node.next, next);
    return node;
}

#endif
