/*
 * unit/test_wait.c - waits that block a worker, and that the pool goes on meanwhile
 *
 * What a wait means is in tests/conformance. Here tasks wait for what others of the same pool do, so that a pool that
 * gives nobody in their place stands still, and the test's time-out tells.
 */
#include <criterion/criterion.h>

#include <weft/cell.h>
#include <weft/pool.h>

#include "base/atomics.h"
#include "os/thread.h"
#include "sched/handshake.h"

#define CELL 64

struct role {
    weft_task task;
    weft_arena *arena;
    uint64_t offset;
    weft_outcome outcome;
    struct role *child; /* is forked before */
    wi_atomic_u32 has_begun;
};

static weft_arena *new_arena(void)
{
    weft_arena *arena;
    cr_assert_eq(weft_arena_create(4096, 4096, NULL, &arena), WEFT_OK);
    return arena;
}

static weft_pool *create(weft_pool_options options)
{
    weft_pool *pool = NULL;
    options.size = sizeof options;
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
    return pool;
}

static struct role new_role(weft_arena *arena)
{
    return (struct role){.arena = arena, .offset = CELL, .outcome = WEFT_PENDING};
}

/* Waits until somebody sets the cell to 1, in one wait that a notify must end. */
static void waiter(weft_worker *worker, weft_task *task)
{
    struct role *role = weft_entry(task, struct role, task);
    (void)worker;
    wi_store_release(&role->has_begun, 1);
    cr_assert_eq(weft_cell_wait_u32(role->arena, role->offset, 0, WEFT_FOREVER, &role->outcome), WEFT_OK);
}

/* Notifies the cell until somebody was woken. */
static void notifier(weft_worker *worker, weft_task *task)
{
    struct role *role = weft_entry(task, struct role, task);
    uint32_t woken = 0;
    (void)worker;
    wi_store_release(&role->has_begun, 1);
    while (woken == 0)
        cr_assert_eq(weft_cell_notify_u32(role->arena, role->offset, 1, &woken), WEFT_OK);
}

/* Forks one that notifies, and waits before it joins it. */
static void forker(weft_worker *worker, weft_task *task)
{
    struct role *role = weft_entry(task, struct role, task);
    weft_fork(worker, &role->child->task, notifier);
    waiter(worker, task);
    cr_assert_eq(weft_join(worker, &role->child->task), WEFT_OK);
}

static void wait_for_begin(struct role *role)
{
    while (wi_load_acquire(&role->has_begun) == 0)
        wi_thread_yield();
}

/* Without weft_wait(), which would execute the root itself. */
static void wait_until_settled(struct role *role)
{
    while (!wi_task_is_settled(wi_task_state(&role->task)))
        wi_thread_yield();
}

Test(wait, smoke)
{
    weft_arena *arena = new_arena();
    weft_pool *pool = create((weft_pool_options){.workers = 1});
    struct role waits = new_role(arena), notifies = new_role(arena);
    for (int i = 0; i < 100; i++) {
        cr_assert_eq(weft_start(pool, &waits.task, waiter), WEFT_OK);
        wait_for_begin(&waits);
        cr_assert_eq(weft_start(pool, &notifies.task, notifier), WEFT_OK);
        wait_until_settled(&waits);
        wait_until_settled(&notifies);
        cr_assert_eq(weft_wait(pool, &waits.task), WEFT_OK);
        cr_assert_eq(weft_wait(pool, &notifies.task), WEFT_OK);
        cr_assert_eq(waits.outcome, WEFT_NOTIFIED);
        waits.has_begun.value = 0;
    }
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    weft_arena_release(arena);
}

Test(wait, a_task_may_wait_for_what_it_has_forked)
{
    weft_arena *arena = new_arena();
    weft_pool *pool = create((weft_pool_options){.workers = 1});
    for (int i = 0; i < 100; i++) {
        struct role notifies = new_role(arena), waits = new_role(arena);
        waits.child = &notifies;
        cr_assert_eq(weft_start(pool, &waits.task, forker), WEFT_OK);
        wait_until_settled(&waits);
        cr_assert_eq(weft_wait(pool, &waits.task), WEFT_OK);
        cr_assert_eq(waits.outcome, WEFT_NOTIFIED);
    }
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    weft_arena_release(arena);
}

Test(wait, a_caller_that_waits_hands_over_to_the_worker_that_it_stood_in_for)
{
    weft_arena *arena = new_arena();
    weft_pool *pool = create((weft_pool_options){.workers = 1});
    for (int i = 0; i < 100; i++) {
        struct role notifies = new_role(arena), waits = new_role(arena);
        waits.child = &notifies;
        cr_assert_eq(weft_run(pool, &waits.task, forker), WEFT_OK);
        cr_assert_eq(waits.outcome, WEFT_NOTIFIED);
    }
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    weft_arena_release(arena);
}

/* In the inner pool, the thread is a caller that nobody can stand in for, in the outer one a worker. */
static void go_in(weft_worker *worker, weft_task *task)
{
    struct role *role = weft_entry(task, struct role, task);
    (void)worker;
    weft_pool *inner = create((weft_pool_options){.workers = WEFT_WORKERS_NONE});
    cr_assert_eq(weft_run(inner, &role->child->task, waiter), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(inner), WEFT_OK);
}

Test(wait, a_worker_that_waits_in_another_pool_is_replaced_in_its_own)
{
    weft_arena *arena = new_arena();
    weft_pool *pool = create((weft_pool_options){.workers = 1});
    struct role outside = new_role(arena), inside = new_role(arena), notifies = new_role(arena);
    outside.child = &inside;
    cr_assert_eq(weft_start(pool, &outside.task, go_in), WEFT_OK);
    wait_for_begin(&inside);
    cr_assert_eq(weft_start(pool, &notifies.task, notifier), WEFT_OK);
    wait_until_settled(&notifies);
    cr_assert_eq(weft_wait(pool, &notifies.task), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &outside.task), WEFT_OK);
    cr_assert_eq(inside.outcome, WEFT_NOTIFIED);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    weft_arena_release(arena);
}
