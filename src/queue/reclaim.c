/*
 * queue/reclaim.c - waiting for readers, by liburcu
 *
 * Edges
 *   [reclaim.grace]  wi_reclaim_leave() -> return of wi_reclaim_wait(): the reader's last look at what is to be freed.
 *                    liburcu makes this edge with barriers that ThreadSanitizer cannot see, so it is told.
 *
 * In a child of fork() liburcu is not touched at all: its registry lists threads that are gone, and its locks may be
 * held by them. Its own handlers for fork() would have to run before every fork of the program, and lock twice where the
 * program uses liburcu itself. What is not freed there is bounded: see wi_reclaim_wait().
 */
#include "queue/reclaim.h"

#include <urcu/urcu-bp.h>

#include "base/atomics.h"
#include "os/process.h"

static char grace;

void wi_reclaim_enter(void)
{
    if (wi_process_generation() == 0)
        urcu_bp_read_lock();
}

void wi_reclaim_leave(void)
{
    wi_tsan_release(&grace); /* [reclaim.grace] */
    if (wi_process_generation() == 0)
        urcu_bp_read_unlock();
}

bool wi_reclaim_wait(void)
{
    if (wi_process_generation() != 0)
        return false;
    urcu_bp_synchronize_rcu();
    wi_tsan_acquire(&grace); /* [reclaim.grace] */
    return true;
}
