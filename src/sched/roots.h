/*
 * sched/roots.h - the gate for work from outside: accepted, queued, settled, and counted
 *
 * A root task is accepted at the gate, and leaves it when it is settled. Whoever uses a pool on behalf of a root holds
 * the gate as well. When it is closed and as many have left as have entered, it is sealed: nobody is inside, and nobody
 * can enter any more.
 *
 *   Threads   any; lock-free
 */
#ifndef WI_SCHED_ROOTS_H
#define WI_SCHED_ROOTS_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/task.h>

#include "base/atomics.h"
#include "base/layout.h"
#include "queue/event.h"
#include "queue/injector.h"

/* What becomes of the roots that are queued. Only ever raised. */
enum wi_fate {
    WI_OPEN,
    WI_DRAINING,  /* they run, and no more are let in */
    WI_CANCELLING /* they do not run */
};

/* Who brings roots and who settles them write to different lines, so that one does not wait for the other. */
struct wi_roots {
    _Alignas(WI_CACHE_LINE) wi_atomic_u64 entered; /* how many have, and whether the gate is closed and sealed */
    _Alignas(WI_CACHE_LINE) wi_atomic_u64 left;    /* how many have */
    _Alignas(WI_CACHE_LINE) wi_atomic_u32 fate;    /* an enum wi_fate */
    struct wi_event outside;                       /* where threads from outside wait: for a root, a slot, or the end */
    struct wi_injector queue;
};

void wi_roots_init(struct wi_roots *roots);

/* Lets a new root in. False once the gate is closed. Ended by wi_roots_release(). */
bool wi_roots_accept(struct wi_roots *roots);

/* Holds the gate for one who works on roots that are inside. False once it is sealed. Ended by wi_roots_release(). */
bool wi_roots_hold(struct wi_roots *roots);

/* Ends an accept or a hold; the last one behind a closed gate tells the waiters. */
void wi_roots_release(struct wi_roots *roots);

/* Closes the gate; with WI_CANCELLING, roots that have not started are settled as cancelled from now on. */
void wi_roots_close(struct wi_roots *roots, enum wi_fate fate);

/* Whether the gate is closed and nobody is inside, now and from now on. Who waits for that prepares its wait on the
 * event, and looks again. */
bool wi_roots_are_over(struct wi_roots *roots);

/* Whether the gate was closed: a root that was let in before may not be queued yet. */
bool wi_roots_are_closing(struct wi_roots *roots);

/* Whether a root that is taken now must be cancelled. */
bool wi_roots_cancel(struct wi_roots *roots);

/* Queues an accepted root. */
void wi_roots_put(struct wi_roots *roots, weft_task *task);

/* Removes the oldest root from the queue, or returns NULL; see wi_injector_take(). */
weft_task *wi_roots_take(struct wi_roots *roots);

/* Whether no root is queued. */
bool wi_roots_are_none(struct wi_roots *roots);

#endif
