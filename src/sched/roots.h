/*
 * sched/roots.h - the gate for work from outside: accepted, queued, settled, and counted
 *
 * A root task is accepted at the gate, which counts it until it is settled. Whoever uses a pool on behalf of a root
 * holds the gate as well, so when the gate is closed and the count is 0, nobody is inside and nobody can enter any
 * more.
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

struct wi_roots {
    _Alignas(WI_CACHE_LINE) wi_atomic_u64 gate; /* a closed flag, and how many are inside */
    wi_atomic_u32 cancelling;                   /* 1 once those that have not started must not */
    struct wi_event outside;                    /* where threads from outside wait: for a root, a slot, or the end */
    struct wi_injector queue;
};

void wi_roots_init(struct wi_roots *roots);

/* Lets a new root in. False once the gate is closed. Ended by wi_roots_release(). */
bool wi_roots_accept(struct wi_roots *roots);

/* Holds the gate for one who works on roots that are inside. False if it is closed and nobody is. Ended by
 * wi_roots_release(). */
bool wi_roots_hold(struct wi_roots *roots);

/* Ends an accept or a hold; the last one behind a closed gate tells the waiters. */
void wi_roots_release(struct wi_roots *roots);

/* Closes the gate; if `cancel`, roots that have not started are settled as cancelled from now on. */
void wi_roots_close(struct wi_roots *roots, bool cancel);

/* Whether the gate is closed and nobody is inside. */
bool wi_roots_are_over(struct wi_roots *roots);

/* Whether a root that is taken now must be cancelled. */
bool wi_roots_cancel(struct wi_roots *roots);

/* Queues an accepted root. */
void wi_roots_put(struct wi_roots *roots, weft_task *task);

/* Removes the oldest root from the queue, or returns NULL; see wi_injector_take(). */
weft_task *wi_roots_take(struct wi_roots *roots);

/* Whether no root is queued. */
bool wi_roots_are_none(struct wi_roots *roots);

#endif
