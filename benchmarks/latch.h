/*
 * latch.h - waiting for one thing to happen, for contenders that have no wait of their own for one job
 *
 * One futex word: 0 at first, 1 when it has happened, 2 while somebody sleeps for it. Opening it is one atomic
 * exchange, and a system call only if somebody sleeps.
 */
#ifndef LATCH_H
#define LATCH_H

#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline void latch_open(uint32_t *latch)
{
    if (__atomic_exchange_n(latch, 1, __ATOMIC_RELEASE) == 2)
        syscall(SYS_futex, latch, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* One thread waits. */
static inline void latch_wait(uint32_t *latch)
{
    uint32_t value = 0;
    __atomic_compare_exchange_n(latch, &value, 2, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE);
    while (__atomic_load_n(latch, __ATOMIC_ACQUIRE) != 1)
        syscall(SYS_futex, latch, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

#endif
