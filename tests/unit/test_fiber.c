/*
 * Tests of sched/fiber.c, as far as they need no ThreadSanitizer; what it is told of is for the programs in tests/tsan.
 */
#include "sched/fiber.h"

#include <criterion/criterion.h>
#include <weft/pool.h>

#include "base/atomics.h"
#include "sched/worker.h"

struct noted {
    weft_task task;
    weft_worker *ran_on;
};

static void note(weft_worker *worker, weft_task *task)
{
    weft_entry(task, struct noted, task)->ran_on = worker;
}

Test(fiber, run_runs_the_task_on_the_worker)
{
    weft_pool_options options = {.size = sizeof options, .workers = WEFT_WORKERS_NONE};
    weft_pool *pool;
    struct noted noted = {.ran_on = NULL};
    cr_assert(weft_pool_create(&options, &pool) == WEFT_OK);
    uint64_t state = wi_fiber_fork(&noted.task);
    wi_fiber_run(&pool->workers[0], &noted.task, note, state);
    wi_fiber_join(&noted.task);
    cr_assert(noted.ran_on == &pool->workers[0].split.owner);
    weft_pool_destroy(pool);
}

Test(fiber, cancel_calls_the_body_of_a_detached_task_without_a_worker)
{
    weft_worker nobody;
    struct noted noted = {.ran_on = &nobody};
    wi_task_reset(&noted.task, note, 0);
    wi_fiber_cancel(&noted.task, WI_TASK_ROOT);
    cr_assert(noted.ran_on == &nobody, "who waits for it will know");
    wi_fiber_cancel(&noted.task, WI_TASK_ROOT | WI_TASK_DETACHED);
    cr_assert(noted.ran_on == NULL);
}

Test(fiber, without_thread_sanitizer_nothing_is_told)
{
    weft_task task;
    bool must_tell = wi_fiber_prepare();
    cr_assert(!must_tell || wi_tsan_is_here());
    cr_assert(wi_fiber_fork(&task) == 0, "tests run with WEFT_TSAN_TASKS=0");
}
