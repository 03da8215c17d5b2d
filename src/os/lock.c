/*
 * os/lock.c - a lock of one word, on a futex
 *
 * Invariants
 *   I1  word is FREE, HELD, or CONTENDED: held, and somebody may sleep.
 *   I2  who has slept takes the lock as CONTENDED, since there may be others; so a release never forgets a sleeper.
 *
 * Who touches what
 *   word   each acquire and release, by read-modify-writes
 *
 * Edges
 *   [lock.word] exchange in release -> compare-and-swap or exchange in acquire: all that was done with the lock held.
 */
#include "os/lock.h"

#include "os/clock.h"
#include "os/futex.h"

enum {
    FREE,
    HELD,
    CONTENDED
};

/* Looks before sleep. More wastes time where the holder does not run, fewer sleep where it is about to release. */
#define SPINS 50

void wi_lock_acquire(struct wi_lock *lock)
{
    for (int i = 0; i < SPINS; i++) {
        uint32_t free = FREE;
        if (wi_cas_acq_rel(&lock->word, &free, HELD)) /* [lock.word] */
            return;
        wi_pause();
    }
    while (wi_exchange_acq_rel(&lock->word, CONTENDED) != FREE) /* [lock.word] */
        wi_futex_wait_shared(&lock->word, CONTENDED, WI_NEVER);
}

void wi_lock_release(struct wi_lock *lock)
{
    if (wi_exchange_acq_rel(&lock->word, FREE) == CONTENDED) /* [lock.word] */
        wi_futex_wake_shared(&lock->word, 1);
}
