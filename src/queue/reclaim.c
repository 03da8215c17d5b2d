/*
 * queue/reclaim.c - waiting for readers, by liburcu
 *
 * Edges
 *   [reclaim.grace]  wi_reclaim_leave() -> return of wi_reclaim_wait(): the reader's last look at what is to be freed.
 *                    liburcu makes this edge with barriers that ThreadSanitizer cannot see, so it is told.
 *
 * Around fork() liburcu's own handlers take its locks and forget, in the child, the readers that are gone. What they do
 * not cover: its library destructor takes a lock that threads hold for a moment when they first enter and when they
 * end. A child of a fork() in just that moment hangs if it ends by exit(); by _exit() or exec it does not.
 */
#include "queue/reclaim.h"

#include <urcu/urcu-bp.h>

#include "base/atomics.h"
#include "os/process.h"

static char grace;
static int watched;

static void watch(void)
{
    watched = wi_process_around_fork(urcu_bp_before_fork, urcu_bp_after_fork_parent, urcu_bp_after_fork_child);
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
