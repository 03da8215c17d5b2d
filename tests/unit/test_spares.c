/*
 * unit/test_spares.c - threads that take the place of workers whose task blocks
 *
 * Tasks say that they block, and stay until they are released; so each that begins shows that somebody was there to
 * begin it.
 */
#include <criterion/criterion.h>

#include <weft/pool.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "os/thread.h"
#include "sched/spares.h"
#include "sched/worker.h"

struct sitter {
    weft_task task;
    wi_atomic_u32 has_begun, is_blocked;
    wi_atomic_u32 *may_end;
};

static weft_pool *create(uint32_t workers)
{
    weft_pool *pool = NULL;
    weft_pool_options options = {.size = sizeof options, .workers = workers};
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
    return pool;
}

static void wait_for(wi_atomic_u32 *flag)
{
    while (wi_load_acquire(flag) == 0)
        wi_thread_yield();
}

static void sit(weft_worker *worker, weft_task *task)
{
    struct sitter *sitter = weft_entry(task, struct sitter, task);
    (void)worker;
    wi_store_release(&sitter->has_begun, 1);
    wi_spares_block();
    wi_store_release(&sitter->is_blocked, 1);
    wait_for(sitter->may_end);
    wi_spares_resume();
}

static void nothing(weft_worker *worker, weft_task *task)
{
    (void)worker, (void)task;
}

/* Starts `count` that block, and returns when all do. */
static void seat(weft_pool *pool, struct sitter *sitters, uint32_t count, wi_atomic_u32 *may_end)
{
    for (uint32_t i = 0; i < count; i++) {
        sitters[i] = (struct sitter){.may_end = may_end};
        cr_assert_eq(weft_start(pool, &sitters[i].task, sit), WEFT_OK);
        wait_for(&sitters[i].is_blocked);
    }
}

static void release(weft_pool *pool, struct sitter *sitters, uint32_t count, wi_atomic_u32 *may_end)
{
    wi_store_release(may_end, 1);
    for (uint32_t i = 0; i < count; i++)
        cr_assert_eq(weft_wait(pool, &sitters[i].task), WEFT_OK);
}

static uint32_t blocked(weft_pool *pool)
{
    return (uint32_t)wi_load_acquire(&pool->spares.standing);
}

static uint32_t spares(weft_pool *pool)
{
    return (uint32_t)(wi_load_acquire(&pool->spares.standing) >> 32);
}

Test(spares, smoke)
{
    weft_pool *pool = create(1);
    struct sitter sitter;
    wi_atomic_u32 may_end = {0};
    seat(pool, &sitter, 1, &may_end);
    cr_assert_eq(blocked(pool), 1);
    cr_assert_eq(spares(pool), 1);
    release(pool, &sitter, 1, &may_end);
    cr_assert_eq(blocked(pool), 0);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(spares, empty)
{
    wi_spares_block(); /* in no pool */
    wi_spares_resume();
}

Test(spares, a_caller_needs_none)
{
    weft_pool *pool = create(1);
    wi_atomic_u32 may_end = {1};
    struct sitter sitter = {.may_end = &may_end};
    cr_assert_eq(weft_run(pool, &sitter.task, sit), WEFT_OK);
    cr_assert_eq(wi_load_acquire(&pool->spares.standing), 0);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(spares, are_bounded_and_at_the_bound_whoever_waits_outside_goes_on)
{
    enum {
        WORKERS = 2,
        MOST = WORKERS + WI_SPARES
    };
    static struct sitter sitters[MOST];
    weft_pool *pool = create(WORKERS);
    wi_atomic_u32 may_end = {0};
    weft_task late;
    seat(pool, sitters, MOST, &may_end);
    cr_assert_eq(blocked(pool), MOST);
    cr_assert_eq(spares(pool), WI_SPARES);
    cr_assert_eq(weft_start(pool, &late, nothing), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &late), WEFT_OK);
    release(pool, sitters, MOST, &may_end);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(spares, end_when_they_are_not_needed_any_more)
{
    static struct sitter sitters[8];
    weft_pool *pool = create(1);
    wi_atomic_u32 may_end = {0};
    seat(pool, sitters, 8, &may_end);
    release(pool, sitters, 8, &may_end);
    while (spares(pool) != 0) {
        for (uint32_t i = 1; i < weft_pool_slots(pool); i++)
            wi_sleep_wake(&pool->sleep, i); /* one that sleeps would sleep on */
        wi_thread_yield();
    }
    /* And their slots are used again. */
    wi_store_release(&may_end, 0);
    seat(pool, sitters, 8, &may_end);
    cr_assert_eq(spares(pool), 8);
    release(pool, sitters, 8, &may_end);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(spares, oom)
{
    weft_pool *pool = create(1);
    struct sitter sitters[2];
    wi_atomic_u32 may_end = {0};
    weft_task late;
    wi_alloc_fail_at(1);
    seat(pool, sitters, 1, &may_end);
    wi_alloc_fail_at(0);
    cr_assert_eq(blocked(pool), 1);
    cr_assert_eq(spares(pool), 0, "no thread, no spare");
    cr_assert_eq(weft_start(pool, &late, nothing), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &late), WEFT_OK);
    release(pool, sitters, 1, &may_end);
    wi_store_release(&may_end, 0);
    seat(pool, sitters, 2, &may_end);
    cr_assert_eq(spares(pool), 2);
    release(pool, sitters, 2, &may_end);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(spares, destroy_nonempty)
{
    for (uint32_t i = 0; i < 50; i++) {
        struct sitter sitters[4];
        weft_pool *pool = create(1);
        wi_atomic_u32 may_end = {0};
        seat(pool, sitters, 1 + i % 4, &may_end);
        release(pool, sitters, 1 + i % 4, &may_end);
        cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    }
}
