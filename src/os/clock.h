/*
 * os/clock.h - time, and deadlines made of timeouts
 *
 *   Units     nanoseconds of CLOCK_MONOTONIC
 *   Threads   any; lock-free
 */
#ifndef WI_OS_CLOCK_H
#define WI_OS_CLOCK_H

#include <stdint.h>

/* A deadline that never comes. */
#define WI_NEVER UINT64_MAX

/* Returns the time now. */
uint64_t wi_clock_now(void);

/* Returns the deadline that lies `timeout_ns` ahead; WI_NEVER if that is beyond what 64 bits hold. */
uint64_t wi_clock_deadline(uint64_t timeout_ns);

#endif
