/*
 * queue/event.h - an event count: waiting for a condition that others make true without a lock
 *
 * The condition lives elsewhere, in atomics of its own. Who waits: prepare, look at the condition, then wait or cancel.
 * Who makes it true: store, then notify. A notify that finds nobody waiting is one fence and one load.
 *
 *     uint32_t key = wi_event_prepare(&event);
 *     if (is_ready())
 *         wi_event_cancel(&event);
 *     else
 *         wi_event_wait(&event, key, WI_NEVER);
 *
 *   Threads   any; wait blocks, the others are lock-free
 *   Ordering  what happens before a notify happens before the return of a wait that it ended. The condition's own
 *             accesses carry what belongs to it
 *   Source    Vyukov's and folly's EventCount; the fences after oneTBB's concurrent_monitor
 */
#ifndef WI_QUEUE_EVENT_H
#define WI_QUEUE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"

struct wi_event {
    wi_atomic_u32 epoch;   /* counts notifies that found a waiter; what waiters sleep on */
    wi_atomic_u32 waiters; /* who is between prepare and the end of wait or cancel */
};

/* Announces that the caller is about to wait. What it looks at afterwards is not older than any notify that misses
 * it. */
uint32_t wi_event_prepare(struct wi_event *event);

/* Takes the announcement back. */
void wi_event_cancel(struct wi_event *event);

/* Waits until a notify after the prepare that gave `key`, or until `deadline`; false if the deadline passed first. */
bool wi_event_wait(struct wi_event *event, uint32_t key, uint64_t deadline);

/* Ends all waits that were prepared before. */
void wi_event_notify(struct wi_event *event);

#endif
