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

static bool wait_on(wi_atomic_u32 *word, int operation, uint32_t expected, uint64_t deadline)
{
    struct timespec until = {.tv_sec = (time_t)(deadline / UINT64_C(1000000000)),
                             .tv_nsec = (long)(deadline % UINT64_C(1000000000))};
    int saved = errno;
    long result = syscall(SYS_futex, &word->value, operation, expected, deadline == WI_NEVER ? NULL : &until, NULL,
                          FUTEX_BITSET_MATCH_ANY);
    bool in_time = !(result == -1 && errno == ETIMEDOUT);
    errno = saved;
    return in_time;
}

static void wake_on(wi_atomic_u32 *word, int operation, int count)
{
    int saved = errno;
    syscall(SYS_futex, &word->value, operation, count, NULL, NULL, 0);
    errno = saved;
}

bool wi_futex_wait(wi_atomic_u32 *word, uint32_t expected, uint64_t deadline)
{
    return wait_on(word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline);
}

void wi_futex_wake(wi_atomic_u32 *word, int count)
{
    wake_on(word, FUTEX_WAKE_PRIVATE, count);
}

bool wi_futex_wait_shared(wi_atomic_u32 *word, uint32_t expected, uint64_t deadline)
{
    return wait_on(word, FUTEX_WAIT_BITSET, expected, deadline);
}

void wi_futex_wake_shared(wi_atomic_u32 *word, int count)
{
    wake_on(word, FUTEX_WAKE, count);
}
