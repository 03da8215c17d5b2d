/*
 * sched/roots.c - the gate for work from outside
 *
 * Invariants
 *   I1  left <= the count in entered. Where they are equal nobody is inside; once the gate is sealed, they stay so.
 *   I2  The gate is sealed by a compare-and-swap on entered, so a guest comes before it and is counted, or fails.
 *
 * Who touches what
 *   entered   who enters (+1), who closes (a flag), who finds that it is over (a flag)
 *   left      who leaves (+1)
 *   fate      a thread that shuts down raises it; who takes a root or leaves reads it
 *
 * Edges
 *   [roots.left]    add to left in release -> load of left by who finds it over: all that was done inside.
 *   [roots.seal]    CAS that seals -> load of entered by who finds it sealed: the same, passed on.
 *   [roots.last]    left raised, fence, load of fate in release <-> fate raised, fence of wi_event_prepare(), load of
 *                   left by who waits for the end: either the last one out sees that it must tell, or who waits sees
 *                   that it was the last. Carries no data.
 *   [roots.fate]    fate raised -> load by who takes a root: roots taken after it are cancelled where that is wanted,
 *                   guests leave. Carries no data.
 */
#include "sched/roots.h"

_Static_assert(sizeof(wi_node) == sizeof((weft_task *)0)->link, "a task is queued by its link");

/* Flags beside the count in entered. */
#define CLOSED (UINT64_C(1) << 63)
#define SEALED (UINT64_C(1) << 62)

void wi_roots_init(struct wi_roots *roots)
{
    wi_init(&roots->entered, 0);
    wi_init(&roots->left, 0);
    wi_init(&roots->fate, WI_OPEN);
    wi_init(&roots->outside.epoch, 0);
    wi_init(&roots->outside.waiters, 0);
    wi_injector_init(&roots->queue);
}

/* Adds one inside, unless one of the flags `against` is set. */
static bool enter(struct wi_roots *roots, uint64_t against)
{
    uint64_t entered = wi_load_relaxed(&roots->entered); /* hint: the CAS decides */
    do {
        if (entered & against)
            return false;
    } while (!wi_cas_acq_rel(&roots->entered, &entered, entered + 1)); /* [roots.seal] */
    return true;
}

bool wi_roots_accept(struct wi_roots *roots)
{
    return enter(roots, CLOSED);
}

bool wi_roots_hold(struct wi_roots *roots)
{
    return enter(roots, SEALED);
}

void wi_roots_release(struct wi_roots *roots)
{
    wi_fetch_add_acq_rel(&roots->left, 1);          /* [roots.left] [roots.last] */
    wi_fence_seq_cst();                             /* [roots.last] */
    if (wi_load_relaxed(&roots->fate) != WI_OPEN && /* [roots.last] */
        wi_roots_are_over(roots))
        wi_event_notify(&roots->outside);
}

void wi_roots_close(struct wi_roots *roots, enum wi_fate fate)
{
    wi_fetch_or_acq_rel(&roots->entered, CLOSED);    /* [roots.seal] */
    uint32_t before = wi_load_relaxed(&roots->fate); /* hint: the CAS decides */
    while (before < (uint32_t)fate && !wi_cas_acq_rel(&roots->fate, &before, (uint32_t)fate)) /* [roots.fate] */
        continue;
}

bool wi_roots_are_over(struct wi_roots *roots)
{
    for (;;) {
        uint64_t entered = wi_load_acquire(&roots->entered); /* [roots.seal] */
        if (entered & SEALED)
            return true;
        if (!(entered & CLOSED) || wi_load_acquire(&roots->left) != (entered & ~CLOSED)) /* [roots.left] [roots.last] */
            return false;
        if (wi_cas_acq_rel(&roots->entered, &entered, entered | SEALED)) /* [roots.seal] */
            return true;
    }
}

bool wi_roots_are_closing(struct wi_roots *roots)
{
    return wi_load_relaxed(&roots->fate) != WI_OPEN; /* [roots.fate] */
}

bool wi_roots_cancel(struct wi_roots *roots)
{
    return wi_load_relaxed(&roots->fate) == WI_CANCELLING; /* [roots.fate] */
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
