/*
 * unit/test_sleep.c - who sleeps, who searches, and whom new work wakes
 *
 * One thread plays all parts, step by step: wi_sleep_wait() with `stay` set never blocks, and tells by the census that
 * follows whether a waker had claimed the sleeper.
 */
#include <criterion/criterion.h>

#include <weft/status.h>

#include "base/alloc.h"
#include "sched/sleep.h"

static struct wi_sleep the_sleep;

static void set_up(uint32_t slots)
{
    cr_assert_eq(wi_sleep_init(&the_sleep, slots, slots), WEFT_OK);
}

static uint32_t lie_down(uint32_t slot, bool willing)
{
    if (willing)
        wi_sleep_search(&the_sleep);
    return wi_sleep_prepare(&the_sleep, slot, willing);
}

static bool is_willing(uint32_t slot)
{
    return wi_load_relaxed(&the_sleep.willing[slot / 64]) >> slot % 64 & 1;
}

Test(sleep, smoke)
{
    set_up(2);
    uint32_t key = lie_down(1, true);
    cr_assert(is_willing(1));
    wi_sleep_announce(&the_sleep, false);
    cr_assert_not(is_willing(1), "the announcement has claimed the sleeper");
    wi_sleep_wait(&the_sleep, 1, true, key, false);
    cr_assert_not(wi_sleep_found(&the_sleep), "nobody sleeps, so nobody needs to look");
    cr_assert_eq(wi_load_relaxed(&the_sleep.census), 0);
    wi_sleep_fini(&the_sleep);
}

Test(sleep, empty)
{
    set_up(1);
    wi_sleep_announce(&the_sleep, true);
    cr_assert_eq(wi_load_relaxed(&the_sleep.census), 0);
    wi_sleep_fini(&the_sleep);
}

Test(sleep, one_announcement_wakes_one)
{
    set_up(130);
    for (uint32_t slot = 0; slot < 130; slot += 43)
        lie_down(slot, true);
    wi_sleep_announce(&the_sleep, false);
    cr_assert_not(is_willing(0));
    wi_sleep_announce(&the_sleep, true);
    cr_assert(is_willing(43), "the one that was woken searches: it will find this work, too");
    cr_assert(wi_sleep_found(&the_sleep), "the last searcher looks, because others sleep");
    wi_sleep_announce(&the_sleep, true);
    cr_assert_not(is_willing(43));
    wi_sleep_found(&the_sleep);
    wi_sleep_announce(&the_sleep, true);
    cr_assert_not(is_willing(86));
    wi_sleep_found(&the_sleep);
    wi_sleep_announce(&the_sleep, true);
    cr_assert_not(is_willing(129));
    wi_sleep_fini(&the_sleep);
}

Test(sleep, who_searches_beside_another_need_not_look)
{
    set_up(3);
    lie_down(0, true);
    wi_sleep_search(&the_sleep);
    wi_sleep_search(&the_sleep);
    cr_assert_not(wi_sleep_found(&the_sleep));
    cr_assert(wi_sleep_found(&the_sleep));
    wi_sleep_fini(&the_sleep);
}

Test(sleep, who_only_waits_for_its_own_is_not_woken_for_other_work)
{
    set_up(2);
    uint32_t key = lie_down(0, false);
    wi_sleep_announce(&the_sleep, true);
    cr_assert_eq(wi_load_relaxed(&the_sleep.beds[0].event.epoch), key);
    wi_sleep_wake(&the_sleep, 0);
    wi_sleep_wait(&the_sleep, 0, false, key, false);
    cr_assert_eq(wi_load_relaxed(&the_sleep.census), 0);
    wi_sleep_fini(&the_sleep);
}

Test(sleep, a_caller_stands_in_for_one_worker_where_work_was_forked_but_not_where_it_came_from_outside)
{
    set_up(3);
    lie_down(0, true);
    wi_sleep_caller_begins(&the_sleep);
    wi_sleep_announce(&the_sleep, false);
    cr_assert(is_willing(0));
    wi_sleep_announce(&the_sleep, true);
    cr_assert_not(is_willing(0));
    wi_sleep_found(&the_sleep);
    lie_down(0, true);
    lie_down(1, true);
    wi_sleep_announce(&the_sleep, false);
    cr_assert_not(is_willing(0));
    wi_sleep_found(&the_sleep);
    wi_sleep_caller_ends(&the_sleep);
    wi_sleep_announce(&the_sleep, false);
    cr_assert_not(is_willing(1));
    wi_sleep_fini(&the_sleep);
}

Test(sleep, no_more_workers_are_stood_in_for_than_there_are)
{
    cr_assert_eq(wi_sleep_init(&the_sleep, 4, 1), WEFT_OK);
    for (int caller = 0; caller < 3; caller++)
        wi_sleep_caller_begins(&the_sleep);
    lie_down(0, true);
    wi_sleep_announce(&the_sleep, false);
    cr_assert(is_willing(0), "three callers are at work, the one worker sleeps on");
    lie_down(3, true);
    wi_sleep_announce(&the_sleep, false);
    cr_assert_not(is_willing(0), "two of four are at work: one may be woken");
    wi_sleep_fini(&the_sleep);
}

Test(sleep, a_sleeper_that_stays_is_counted_once_whether_it_was_claimed_or_not)
{
    set_up(1);
    uint32_t key = lie_down(0, true);
    wi_sleep_wait(&the_sleep, 0, true, key, true);
    cr_assert_not(is_willing(0));
    cr_assert_not(wi_sleep_found(&the_sleep));
    cr_assert_eq(wi_load_relaxed(&the_sleep.census), 0);

    key = lie_down(0, true);
    wi_sleep_announce(&the_sleep, true);
    wi_sleep_wait(&the_sleep, 0, true, key, true);
    cr_assert_not(wi_sleep_found(&the_sleep));
    cr_assert_eq(wi_load_relaxed(&the_sleep.census), 0);
    wi_sleep_fini(&the_sleep);
}

Test(sleep, oom)
{
    for (uint64_t nth = 1; nth <= 2; nth++) {
        wi_alloc_fail_at(nth);
        cr_assert_eq(wi_sleep_init(&the_sleep, 4, 4), WEFT_ENOMEM);
    }
    set_up(4);
    wi_sleep_fini(&the_sleep);
}
