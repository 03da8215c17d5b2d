/*
 * unit/test_handshake.c - the word between who waits for a task and who runs it
 */
#include <criterion/criterion.h>

#include "sched/handshake.h"

static void nothing(weft_worker *worker, weft_task *task)
{
    (void)worker;
    (void)task;
}

Test(handshake, a_new_task_is_neither_taken_nor_settled)
{
    weft_task task;
    wi_task_reset(&task, nothing, WI_TASK_ROOT);
    cr_assert_eq(wi_task_state(&task), WI_TASK_ROOT);
    cr_assert_not(wi_task_is_settled(wi_task_state(&task)));
    cr_assert_not(wi_task_is_taken(wi_task_state(&task)));
}

Test(handshake, the_thief_is_known_while_it_runs_the_task)
{
    weft_task task;
    uint32_t waiter;
    wi_task_reset(&task, nothing, WI_TASK_ROOT);
    cr_assert_eq(wi_task_claim(&task, 4095), WI_TASK_ROOT);
    cr_assert(wi_task_is_taken(wi_task_state(&task)));
    cr_assert_eq(wi_task_taker(wi_task_state(&task)), 4095);
    cr_assert_not(wi_task_settle(&task, WI_TASK_DONE, &waiter));
    cr_assert_eq(wi_task_state(&task), WI_TASK_DONE);
}

Test(handshake, the_runner_learns_who_waits)
{
    const uint32_t waiters[] = {0, 1, 4159, WI_TASK_OUTSIDE};
    for (size_t i = 0; i < sizeof waiters / sizeof waiters[0]; i++) {
        weft_task task;
        uint32_t waiter;
        wi_task_reset(&task, nothing, 0);
        wi_task_claim(&task, 0);
        cr_assert_eq(wi_task_taker(wi_task_await(&task, waiters[i])), 0);
        cr_assert_eq(wi_task_taker(wi_task_await(&task, waiters[i])), 0, "to wait again changes nothing");
        cr_assert(wi_task_settle(&task, WI_TASK_DONE, &waiter));
        cr_assert_eq(waiter, waiters[i]);
    }
}

Test(handshake, who_waits_before_the_claim_is_not_forgotten_by_it)
{
    weft_task task;
    uint32_t waiter;
    wi_task_reset(&task, nothing, 0);
    cr_assert_not(wi_task_is_taken(wi_task_await(&task, 7)));
    wi_task_claim(&task, 3);
    cr_assert(wi_task_settle(&task, WI_TASK_CANCELED, &waiter));
    cr_assert_eq(waiter, 7);
    cr_assert(wi_task_is_settled(wi_task_state(&task)));
}

Test(handshake, who_comes_after_the_end_sees_it)
{
    weft_task task;
    uint32_t waiter;
    wi_task_reset(&task, nothing, 0);
    wi_task_settle(&task, WI_TASK_CANCELED, &waiter);
    cr_assert(wi_task_is_settled(wi_task_await(&task, 1)));
    cr_assert(wi_task_state(&task) & WI_TASK_CANCELED);
}
