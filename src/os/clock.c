/*
 * os/clock.c - time, by clock_gettime
 */
#include "os/clock.h"

#include <time.h>

uint64_t wi_clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t wi_clock_deadline(uint64_t timeout_ns)
{
    uint64_t now = wi_clock_now();
    return timeout_ns > WI_NEVER - now ? WI_NEVER : now + timeout_ns;
}
