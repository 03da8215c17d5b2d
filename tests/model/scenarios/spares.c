/*
 * scenarios/spares.c - a worker whose task blocks is replaced, by the library's own functions
 *
 * What the tasks wait for is done by others that are queued behind them. The thread that brings them helps only where
 * the system has no thread to give.
 */
#include "sched/spares.h"

#include <weft/pool.h>
#include <weft/task.h>

#include "base/atomics.h"
#include "sched/worker.h"

#define PAIRS_MOST 2

/* One that waits, and one that ends its wait. */
struct pair {
    weft_task waiting, waking;
    wi_atomic_u32 is_told, is_over;
    uint32_t note; /* plain: by the one, for the other */
};

static void waits(weft_worker *worker, weft_task *task)
{
    struct pair *pair = weft_entry(task, struct pair, waiting);
    (void)worker;
    wi_spares_block();
    while (wi_load_acquire(&pair->is_told) == 0)
        mc_futex_wait(&pair->is_told.value, sizeof pair->is_told.value, 0, false);
    wi_spares_resume();
    mc_check(pair->note == 7);
    wi_store_release(&pair->is_over, 1);
    mc_futex_wake(&pair->is_over.value, UINT32_MAX);
}

static void wakes(weft_worker *worker, weft_task *task)
{
    struct pair *pair = weft_entry(task, struct pair, waking);
    (void)worker;
    pair->note = 7;
    wi_store_release(&pair->is_told, 1);
    mc_futex_wake(&pair->is_told.value, UINT32_MAX);
}

static void run(uint32_t workers, int pairs, bool has_threads)
{
    weft_pool *pool = NULL;
    struct pair *pair[PAIRS_MOST];
    weft_pool_options options = {.size = sizeof options, .workers = workers, .search_rounds = 1, .name = "m"};
    mc_check(weft_pool_create(&options, &pool) == WEFT_OK);
    if (!has_threads)
        pool->options.stack_bytes = MC_NO_STACK;
    for (int i = 0; i < pairs; i++) {
        pair[i] = mc_new(sizeof *pair[i]);
        mc_check(weft_start(pool, &pair[i]->waiting, waits) == WEFT_OK);
    }
    for (int i = 0; i < pairs; i++)
        mc_check(weft_start(pool, &pair[i]->waking, wakes) == WEFT_OK);
    for (int i = 0; has_threads && i < pairs; i++)
        while (wi_load_acquire(&pair[i]->is_over) == 0)
            mc_futex_wait(&pair[i]->is_over.value, sizeof pair[i]->is_over.value, 0, false);
    for (int i = 0; i < pairs; i++) {
        mc_check(weft_wait(pool, &pair[i]->waking) == WEFT_OK);
        mc_check(weft_wait(pool, &pair[i]->waiting) == WEFT_OK);
        mc_delete(pair[i]);
    }
    mc_check((uint32_t)wi_load_relaxed(&pool->spares.standing) == 0); /* nobody is blocked any more */
    mc_check(weft_pool_destroy(pool) == WEFT_OK);
}

MC_SCENARIO(spares, one_that_blocks, .unordered = "owner.limit", .random = 4000)
{
    run(1, 1, true);
}

MC_SCENARIO(spares, two_that_block, .unordered = "owner.limit", .random = 4000)
{
    run(1, 2, true);
}

MC_SCENARIO(spares, two_workers_that_block, .unordered = "owner.limit", .random = 4000)
{
    run(2, 2, true);
}

MC_SCENARIO(spares, two_that_are_refused, .unordered = "owner.limit", .random = 4000)
{
    run(2, 2, false);
}
