/*
 * Tests of sched/fiber.c, as far as they need no ThreadSanitizer; what it is told of is for the programs in tests/tsan.
 */
#include "sched/fiber.h"

#include <criterion/criterion.h>
#include <weft/pool.h>

#include "base/atomics.h"
#include "sched/worker.h"

static void count(weft_worker *worker, weft_task *task)
{
    (void)task;
    ++*(int *)weft_worker_local(worker);
}

Test(fiber, run_runs_the_task_on_the_worker)
{
    weft_pool_options options = {.size = sizeof options, .workers = WEFT_WORKERS_NONE, .local_bytes = sizeof(int)};
    weft_pool *pool;
    weft_task task;
    cr_assert(weft_pool_create(&options, &pool) == WEFT_OK);
    uint64_t state = wi_fiber_fork(&task);
    wi_fiber_run(&pool->workers[0], &task, count, state);
    wi_fiber_join(&task);
    cr_assert(*(int *)pool->workers[0].local == 1);
    weft_pool_destroy(pool);
}

Test(fiber, without_thread_sanitizer_nothing_is_told)
{
    weft_task task;
    bool must_tell = wi_fiber_prepare();
    cr_assert(!must_tell || wi_tsan_is_here());
    cr_assert(wi_fiber_fork(&task) == 0, "tests run with WEFT_TSAN_TASKS=0");
}
