/*
 * stress/stress_wait.c - tasks that wait for each other by cells, in pools of few workers
 *
 * A couple is a task that waits for a number and one that sets it and notifies. The second is a root of its own,
 * brought before or after, or a task that the first has forked and not joined yet. Many couples share a pool of one
 * worker or three, and nobody from outside helps: who waits must be replaced, or the program does not end. What the
 * second wrote plainly, the first reads.
 */
#include <sched.h>
#include <stdatomic.h>

#include <weft/cell.h>
#include <weft/pool.h>

#include "support/stress.h"

#define COUPLES 12

struct couple {
    weft_task waiter, notifier;
    weft_arena *arena;
    uint64_t cell;
    uint64_t number, seen; /* plain */
    uint64_t timeout_ns;
    bool is_forked;
    atomic_bool is_done;
};

static void notify(weft_worker *worker, weft_task *task)
{
    struct couple *couple = weft_entry(task, struct couple, notifier);
    uint32_t woken;
    (void)worker;
    couple->number = couple->cell + 1;
    stress_check(weft_cell_store_u32(couple->arena, couple->cell, 1) == WEFT_OK);
    stress_check(weft_cell_notify_u32(couple->arena, couple->cell, 1, &woken) == WEFT_OK);
    stress_check(woken <= 1);
}

static void wait(weft_worker *worker, weft_task *task)
{
    struct couple *couple = weft_entry(task, struct couple, waiter);
    weft_outcome outcome;
    if (couple->is_forked)
        weft_fork(worker, &couple->notifier, notify);
    do
        stress_check(weft_cell_wait_u32(couple->arena, couple->cell, 0, couple->timeout_ns, &outcome) == WEFT_OK);
    while (outcome == WEFT_TIMED_OUT);
    couple->seen = couple->number;
    if (couple->is_forked)
        stress_check(weft_join(worker, &couple->notifier) == WEFT_OK);
    atomic_store_explicit(&couple->is_done, true, memory_order_release);
}

/* A couple's roots are brought by one thread, in any order among those of others. */
static void bring(weft_pool *pool, struct couple *couples, struct stress *stress)
{
    uint32_t order[2 * COUPLES];
    for (uint32_t i = 0; i < 2 * COUPLES; i++) {
        uint32_t j = stress_below(&stress->random, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    for (uint32_t i = 0; i < 2 * COUPLES; i++) {
        struct couple *couple = &couples[order[i] / 2];
        if (order[i] % 2 == 0)
            stress_check(weft_start(pool, &couple->waiter, wait) == WEFT_OK);
        else if (!couple->is_forked)
            stress_check(weft_start(pool, &couple->notifier, notify) == WEFT_OK);
    }
}

static void round_of(weft_pool *pool, weft_arena *arena, struct stress *stress)
{
    static struct couple couples[COUPLES];
    for (uint32_t i = 0; i < COUPLES; i++) {
        couples[i] =
            (struct couple){.arena = arena, .cell = 64 * i, .is_forked = stress_below(&stress->random, 3) == 0};
        couples[i].timeout_ns = stress_below(&stress->random, 4) == 0 ? 1000 : WEFT_FOREVER;
        stress_check(weft_cell_store_u32(arena, couples[i].cell, 0) == WEFT_OK);
    }
    bring(pool, couples, stress);
    for (uint32_t i = 0; i < COUPLES; i++) {
        while (!atomic_load_explicit(&couples[i].is_done, memory_order_acquire))
            sched_yield();
        stress_check(couples[i].seen == couples[i].cell + 1);
    }
    for (uint32_t i = 0; i < COUPLES; i++) {
        stress_check(weft_wait(pool, &couples[i].waiter) == WEFT_OK);
        stress_check(couples[i].is_forked || weft_wait(pool, &couples[i].notifier) == WEFT_OK);
    }
}

int main(int argc, char **argv)
{
    struct stress stress = stress_begin(argc, argv, 400);
    static const uint32_t workers[] = {1, 3};
    static const uint32_t searches[] = {0, WEFT_SEARCH_ONCE};
    weft_arena *arena;
    stress_check(weft_arena_create(64 * COUPLES, 64 * COUPLES, NULL, &arena) == WEFT_OK);
    for (uint32_t i = 0; i < 4; i++) {
        weft_pool *pool;
        weft_pool_options options = {
            .size = sizeof options, .workers = workers[i / 2], .search_rounds = searches[i % 2], .seed = stress.seed};
        stress_check(weft_pool_create(&options, &pool) == WEFT_OK);
        for (uint64_t round = 0; round < stress.rounds; round++)
            round_of(pool, arena, &stress);
        stress_check(weft_pool_destroy(pool) == WEFT_OK);
    }
    stress_check(weft_arena_release(arena) == WEFT_OK);
    puts("every wait has ended");
    return 0;
}
