/*
 * unit/test_roots.c - the gate for work from outside
 */
#include <criterion/criterion.h>

#include "os/clock.h"
#include "sched/roots.h"

Test(roots, smoke)
{
    struct wi_roots roots;
    weft_task task;
    wi_roots_init(&roots);
    cr_assert(wi_roots_accept(&roots));
    wi_roots_put(&roots, &task);
    cr_assert_not(wi_roots_are_none(&roots));
    cr_assert_eq(wi_roots_take(&roots), &task);
    cr_assert(wi_roots_are_none(&roots));
    wi_roots_release(&roots);
}

Test(roots, empty)
{
    struct wi_roots roots;
    wi_roots_init(&roots);
    cr_assert(wi_roots_are_none(&roots));
    cr_assert_null(wi_roots_take(&roots));
    cr_assert_not(wi_roots_are_over(&roots));
    wi_roots_close(&roots, WI_DRAINING);
    cr_assert(wi_roots_are_over(&roots));
}

Test(roots, a_closed_gate_lets_nobody_in_but_helpers_of_those_inside)
{
    struct wi_roots roots;
    wi_roots_init(&roots);
    cr_assert(wi_roots_accept(&roots));
    wi_roots_close(&roots, WI_DRAINING);
    cr_assert_not(wi_roots_accept(&roots));
    cr_assert(wi_roots_hold(&roots));
    wi_roots_release(&roots);
    cr_assert_not(wi_roots_are_over(&roots));
    wi_roots_release(&roots);
    cr_assert(wi_roots_are_over(&roots));
    cr_assert_not(wi_roots_hold(&roots));
    cr_assert_not(wi_roots_accept(&roots));
}

Test(roots, the_last_one_out_of_a_closed_gate_tells_who_waits)
{
    struct wi_roots roots;
    wi_roots_init(&roots);
    cr_assert(wi_roots_accept(&roots));
    cr_assert(wi_roots_accept(&roots));
    wi_roots_close(&roots, WI_DRAINING);
    uint32_t key = wi_event_prepare(&roots.outside);
    wi_roots_release(&roots);
    cr_assert_eq(wi_load_relaxed(&roots.outside.epoch), key);
    wi_roots_release(&roots);
    cr_assert(wi_event_wait(&roots.outside, key, WI_NEVER));
}

Test(roots, a_new_root_tells_who_waits_outside)
{
    struct wi_roots roots;
    weft_task task;
    wi_roots_init(&roots);
    uint32_t key = wi_event_prepare(&roots.outside);
    wi_roots_put(&roots, &task);
    cr_assert(wi_event_wait(&roots.outside, key, WI_NEVER));
}

Test(roots, cancelling_is_asked_for_once_and_stays)
{
    struct wi_roots roots;
    wi_roots_init(&roots);
    wi_roots_close(&roots, WI_DRAINING);
    cr_assert_not(wi_roots_cancel(&roots));
    wi_roots_close(&roots, WI_CANCELLING);
    cr_assert(wi_roots_cancel(&roots));
    wi_roots_close(&roots, WI_DRAINING);
    cr_assert(wi_roots_cancel(&roots));
}
