/*
 * os/futex.c - sleeping on a word of memory, by futex(2)
 *
 * FUTEX_WAIT_BITSET is the wait that takes an absolute deadline, so that a wait which is cut short and begun again does
 * not grow longer.
 */
#include "os/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"

bool wi_futex_wait(wi_atomic_u32 *word, uint32_t expected, uint64_t deadline)
{
    struct timespec until = {.tv_sec = (time_t)(deadline / UINT64_C(1000000000)),
                             .tv_nsec = (long)(deadline % UINT64_C(1000000000))};
    int saved = errno;
    long result = syscall(SYS_futex, &word->value, FUTEX_WAIT_BITSET_PRIVATE, expected,
                          deadline == WI_NEVER ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
    bool in_time = !(result == -1 && errno == ETIMEDOUT);
    errno = saved;
    return in_time;
}

void wi_futex_wake(wi_atomic_u32 *word, int count)
{
    int saved = errno;
    syscall(SYS_futex, &word->value, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
    errno = saved;
}
