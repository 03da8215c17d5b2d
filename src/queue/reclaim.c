/*
 * queue/reclaim.c - waiting for readers, by liburcu
 *
 * Edges
 *   [reclaim.grace]  wi_reclaim_leave() -> return of wi_reclaim_wait(): the reader's last look at what is to be freed.
 *                    liburcu makes this edge with barriers that ThreadSanitizer cannot see, so it is told.
 *
 * Around fork() liburcu's own handlers take its locks and forget, in the child, the readers that are gone. What they do
 * not cover is a lock that each thread takes for a moment when it first enters and when it ends. A child of a fork() in
 * just that moment hangs where it takes the lock itself: in its first steal, or in exit().
 */
#include "queue/reclaim.h"

#include <urcu/urcu-bp.h>

#include "base/atomics.h"
#include "os/process.h"

static char grace;
static int watched;

/* A fork() in the middle of watch() may leave the child to run it again: then the handlers are there twice, and only
 * the outer ones count. */
static _Thread_local int nested;

static void before(void)
{
    if (nested++ == 0)
        urcu_bp_before_fork();
}

static void in_parent(void)
{
    if (--nested == 0)
        urcu_bp_after_fork_parent();
}

static void in_child(void)
{
    if (--nested == 0)
        urcu_bp_after_fork_child();
}

static void watch(void)
{
    watched = wi_process_around_fork(before, in_parent, in_child);
}

int wi_reclaim_watch(void)
{
    static wi_once once = WI_ONCE;
    wi_process_once(&once, watch);
    return watched;
}

void wi_reclaim_enter(void)
{
    urcu_bp_read_lock();
}

void wi_reclaim_leave(void)
{
    wi_tsan_release(&grace); /* [reclaim.grace] */
    urcu_bp_read_unlock();
}

void wi_reclaim_wait(void)
{
    urcu_bp_synchronize_rcu();
    wi_tsan_acquire(&grace); /* [reclaim.grace] */
}
