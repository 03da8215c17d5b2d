/*
 * sched/roots.c - the gate for work from outside
 *
 * Who touches what
 *   gate         all: +1, -1, and once the closed flag
 *   cancelling   a thread that shuts down sets it; who takes a root reads it
 *
 * Edges
 *   [roots.gate]    release (-1) -> the load that finds the gate closed and empty: all that was done inside.
 *   [roots.cancel]  store of cancelling -> load by who takes a root: the wish is seen by roots taken after it.
 */
#include "sched/roots.h"

_Static_assert(sizeof(wi_node) == sizeof((weft_task *)0)->link, "a task is queued by its link");

#define CLOSED (UINT64_C(1) << 63)

void wi_roots_init(struct wi_roots *roots)
{
    wi_init(&roots->gate, 0);
    wi_init(&roots->cancelling, 0);
    wi_init(&roots->outside.epoch, 0);
    wi_init(&roots->outside.waiters, 0);
    wi_injector_init(&roots->queue);
}

/* Adds one inside, unless the gate is closed and `as_guest` is false or nobody is left to be a guest of. */
static bool enter(struct wi_roots *roots, bool as_guest)
{
    uint64_t gate = wi_load_relaxed(&roots->gate); /* hint: the CAS decides */
    do {
        if (gate == CLOSED || ((gate & CLOSED) && !as_guest))
            return false;
    } while (!wi_cas_acq_rel(&roots->gate, &gate, gate + 1)); /* [roots.gate] */
    return true;
}

bool wi_roots_accept(struct wi_roots *roots)
{
    return enter(roots, false);
}

bool wi_roots_hold(struct wi_roots *roots)
{
    return enter(roots, true);
}

void wi_roots_release(struct wi_roots *roots)
{
    if (wi_fetch_add_acq_rel(&roots->gate, (uint64_t)-1) == (CLOSED | 1)) /* [roots.gate] */
        wi_event_notify(&roots->outside);
}

void wi_roots_close(struct wi_roots *roots, bool cancel)
{
    if (cancel)
        wi_store_release(&roots->cancelling, 1); /* [roots.cancel] */
    wi_fetch_or_acq_rel(&roots->gate, CLOSED);   /* [roots.gate] */
}

bool wi_roots_are_over(struct wi_roots *roots)
{
    return wi_load_acquire(&roots->gate) == CLOSED; /* [roots.gate] */
}

bool wi_roots_cancel(struct wi_roots *roots)
{
    return wi_load_acquire(&roots->cancelling) != 0; /* [roots.cancel] */
}

void wi_roots_put(struct wi_roots *roots, weft_task *task)
{
    wi_injector_put(&roots->queue, (wi_node *)&task->link);
    wi_event_notify(&roots->outside);
}

weft_task *wi_roots_take(struct wi_roots *roots)
{
    wi_node *node = wi_injector_take(&roots->queue);
    return node ? weft_entry(node, weft_task, link) : NULL;
}

bool wi_roots_are_none(struct wi_roots *roots)
{
    return wi_injector_is_empty(&roots->queue);
}
