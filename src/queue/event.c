/*
 * queue/event.c - an event count on a futex
 *
 * Invariants
 *   I1  A waiter that notify does not count has not looked at the condition yet, and will find it true.
 *   I2  epoch changes only in notify, so a waiter whose key is old never sleeps.
 *
 * Who touches what
 *   epoch     notify (+1)            waiters
 *   waiters   each waiter (+1, -1)   notify
 *
 * Edges
 *   [event.epoch]   add to epoch in notify -> loads of epoch in prepare and wait: what was done before the notify.
 *   [event.waiters] fence in prepare <-> fence in notify: either notify counts the waiter, or the waiter's look at the
 *                   condition comes after what notify's caller stored. Carries no data.
 *
 * The futex word is the epoch itself: a notify between the last look and the sleep changes it, and the kernel refuses
 * to sleep. An early, late or missing reason to wake up is treated alike: the epoch is read again.
 */
#include "queue/event.h"

#include "os/futex.h"

uint32_t wi_event_prepare(struct wi_event *event)
{
    wi_fetch_add_relaxed(&event->waiters, 1); /* [event.waiters] */
    wi_fence_seq_cst();                       /* [event.waiters] */
    return wi_load_acquire(&event->epoch);    /* [event.epoch] */
}

void wi_event_cancel(struct wi_event *event)
{
    wi_fetch_add_relaxed(&event->waiters, (uint32_t)-1); /* hint: a notify that still counts it wakes nobody */
}

bool wi_event_wait(struct wi_event *event, uint32_t key, uint64_t deadline)
{
    bool in_time = true;
    while (wi_load_acquire(&event->epoch) == key && in_time) /* [event.epoch] */
        in_time = wi_futex_wait(&event->epoch, key, deadline);
    wi_event_cancel(event);
    return in_time;
}

void wi_event_notify(struct wi_event *event)
{
    wi_fence_seq_cst();                        /* [event.waiters] */
    if (wi_load_relaxed(&event->waiters) == 0) /* [event.waiters] */
        return;
    wi_fetch_add_release(&event->epoch, 1); /* [event.epoch] */
    wi_futex_wake(&event->epoch, WI_FUTEX_ALL);
}
