/*
 * os/lock.h - a lock of one word, for short sections off the hot paths
 *
 * The word may lie in memory that processes share, and is free when it is zero. Who dies with the lock held leaves it
 * held: what it guards must be mended by somebody who knows of the death.
 *
 *   Threads   any; acquire blocks
 *   Ordering  what happens before a release happens before the return of the acquire that follows it
 *   Source    Drepper, Futexes are tricky (2011), the second mutex
 */
#ifndef WI_OS_LOCK_H
#define WI_OS_LOCK_H

#include "base/atomics.h"

struct wi_lock {
    wi_atomic_u32 word;
};

void wi_lock_acquire(struct wi_lock *lock);
void wi_lock_release(struct wi_lock *lock);

#endif
