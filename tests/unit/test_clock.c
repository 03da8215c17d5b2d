/*
 * unit/test_clock.c - time and deadlines
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <time.h>

#include "os/clock.h"

#define SECOND UINT64_C(1000000000)

/* The same clock, read another way. */
static uint64_t monotonic(void)
{
    struct timespec now;
    cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

Test(clock, now_is_the_monotonic_time_in_nanoseconds)
{
    for (int i = 0; i < 1000; i++) {
        uint64_t before = monotonic();
        uint64_t now = wi_clock_now();
        uint64_t after = monotonic();
        cr_assert_leq(before, now);
        cr_assert_leq(now, after);
    }
}

Test(clock, now_never_goes_back)
{
    uint64_t last = wi_clock_now();
    for (int i = 0; i < 100000; i++) {
        uint64_t now = wi_clock_now();
        cr_assert_leq(last, now);
        last = now;
    }
}

Test(clock, now_grows_by_what_was_slept)
{
    uint64_t before = wi_clock_now();
    struct timespec left = {.tv_nsec = 1000000};
    cr_assert_eq(clock_nanosleep(CLOCK_MONOTONIC, 0, &left, NULL), 0);
    cr_assert_geq(wi_clock_now() - before, 1000000);
}

Test(clock, a_deadline_lies_its_timeout_ahead)
{
    static const uint64_t timeouts[] = {0, 1, 999999999, SECOND, 3600 * SECOND, UINT64_MAX / 2};
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        uint64_t before = wi_clock_now();
        uint64_t deadline = wi_clock_deadline(timeouts[i]);
        uint64_t after = wi_clock_now();
        cr_assert_leq(before + timeouts[i], deadline);
        cr_assert_leq(deadline, after + timeouts[i]);
    }
}

Test(clock, a_deadline_beyond_64_bits_never_comes)
{
    cr_assert_eq(wi_clock_deadline(WI_NEVER), WI_NEVER);
    cr_assert_eq(wi_clock_deadline(WI_NEVER - 1), WI_NEVER);
    cr_assert_eq(wi_clock_deadline(WI_NEVER - wi_clock_now()), WI_NEVER);
}

Test(clock, the_longest_deadline_that_fits_is_kept)
{
    uint64_t timeout_ns = WI_NEVER - wi_clock_now() - 3600 * SECOND;
    cr_assert_geq(wi_clock_deadline(timeout_ns), WI_NEVER - 3600 * SECOND);
}
