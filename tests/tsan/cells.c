/*
 * tsan/cells.c - cases: arenas, cells, waiting and notifying
 */
#include <weft/arena.h>
#include <weft/cell.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "tsan/corpus.h"

struct job {
    weft_task task;
    weft_arena *arena;
    void *block;
    long value;
};

static long global;

static struct job *job_of(weft_task *task)
{
    return weft_entry(task, struct job, task);
}

static weft_arena *small_arena(void)
{
    weft_arena *arena = NULL;
    weft_arena_create(65536, 1 << 20, NULL, &arena);
    return arena;
}

/* Two roots on one arena. */
static void start_both(weft_pool *pool, weft_task_fn *first, weft_task_fn *second)
{
    weft_arena *arena = small_arena();
    struct job a = {.arena = arena}, b = {.arena = arena};
    weft_start(pool, &a.task, first);
    weft_start(pool, &b.task, second);
    weft_wait(pool, &a.task);
    weft_wait(pool, &b.task);
    weft_arena_release(arena);
}

/* ---- cells ---- */

static uint32_t *plain(weft_arena *arena, uint64_t offset)
{
    return weft_arena_at(arena, offset, sizeof(uint32_t));
}

BODY(add_atomically)
{
    uint32_t before;
    APART(weft_cell_add_u32(job_of(task)->arena, 64, 1, &before)); /* race: plain_access_beside_an_atomic_one */
}

BODY(read_plainly)
{
    APART(global = *plain(job_of(task)->arena, 64)); /* race: plain_access_beside_an_atomic_one */
}

RIGHT(cell_used_atomically)
{
    start_both(pool, add_atomically, add_atomically);
}

WRONG(plain_access_beside_an_atomic_one)
{
    start_both(pool, add_atomically, read_plainly);
}

BODY(lock_cell)
{
    uint32_t *lock = plain(job_of(task)->arena, 64), *counter = plain(job_of(task)->arena, 128);
    while (weft_u32_exchange(lock, 1) == 1)
        weft_cell_pause();
    APART(++*counter); /* race: one_forgets_the_cell_lock */
    weft_u32_store(lock, 0);
}

BODY(forget_lock)
{
    APART(++*plain(job_of(task)->arena, 128)); /* race: one_forgets_the_cell_lock */
}

RIGHT(cell_as_a_lock)
{
    start_both(pool, lock_cell, lock_cell);
}

WRONG(one_forgets_the_cell_lock)
{
    start_both(pool, lock_cell, forget_lock);
}

/* ---- hand-over by waiting ---- */

static void notify(weft_arena *arena)
{
    for (uint32_t woken = 0; woken == 0;)
        weft_cell_notify_u32(arena, 64, 1, &woken);
}

BODY(give_and_notify)
{
    *plain(job_of(task)->arena, 128) = 5;
    notify(job_of(task)->arena);
}

BODY(notify_and_give)
{
    notify(job_of(task)->arena);
    APART(*plain(job_of(task)->arena, 128) = 5); /* race: given_after_the_notify */
}

RIGHT(given_before_the_notify)
{
    struct job job = {.arena = small_arena()};
    weft_outcome outcome;
    weft_start(pool, &job.task, give_and_notify);
    weft_cell_wait_u32(job.arena, 64, 0, WEFT_FOREVER, &outcome);
    global = *plain(job.arena, 128);
    weft_wait(pool, &job.task);
    weft_arena_release(job.arena);
}

WRONG(given_after_the_notify)
{
    struct job job = {.arena = small_arena()};
    weft_outcome outcome;
    weft_start(pool, &job.task, notify_and_give);
    weft_cell_wait_u32(job.arena, 64, 0, WEFT_FOREVER, &outcome);
    APART(global = *plain(job.arena, 128)); /* race: given_after_the_notify */
    weft_wait(pool, &job.task);
    weft_arena_release(job.arena);
}

static void *store_and_wait(void *context)
{
    weft_outcome outcome;
    struct job *job = context;
    weft_cell_wait_u32(job->arena, 64, 0, WEFT_FOREVER, &outcome);
    job->value = *plain(job->arena, 128);
    return NULL;
}

/* A wait that finds another value has seen who stored it. */
RIGHT(stored_before_a_wait_that_is_not_equal)
{
    struct job job = {.arena = small_arena()};
    pthread_t waiter;
    uint32_t woken;
    for (int i = 0; i < 20; i++) {
        weft_u32_store(plain(job.arena, 64), 0);
        pthread_create(&waiter, NULL, store_and_wait, &job);
        *plain(job.arena, 128) = 5;
        weft_u32_store(plain(job.arena, 64), 1);
        weft_cell_notify_u32(job.arena, 64, 1, &woken);
        pthread_join(waiter, NULL);
    }
    weft_arena_release(job.arena);
}

/* ---- waits that do not block ---- */

struct callback {
    weft_async wait;
    weft_arena *arena;
    long value;
};

static struct callback *callback_of(weft_task *task)
{
    return weft_entry(task, struct callback, wait.task);
}

static void begin(weft_pool *pool, weft_arena *arena, struct callback *callback, weft_task_fn *run)
{
    weft_outcome outcome;
    callback->arena = arena;
    callback->value = 3;
    callback->wait.pool = pool;
    callback->wait.run = run;
    callback->wait.has_event_fd = 0;
    weft_cell_wait_async_u32(arena, 64, 0, WEFT_FOREVER, &callback->wait, &outcome);
}

static void finish(struct callback *callback)
{
    weft_outcome outcome;
    weft_async_finish(&callback->wait, &outcome);
}

BODY(use_callback)
{
    APART(callback_of(task)->value += *plain(callback_of(task)->arena, 128)); /* race: written_after_the_notify */
}

RIGHT(callback_after_a_notify)
{
    weft_arena *arena = small_arena();
    struct callback callback;
    begin(pool, arena, &callback, use_callback);
    *plain(arena, 128) = 4;
    notify(arena);
    finish(&callback);
    global = callback.value + *plain(arena, 128);
    weft_arena_release(arena);
}

WRONG(written_after_the_notify)
{
    weft_arena *arena = small_arena();
    struct callback callback;
    begin(pool, arena, &callback, use_callback);
    notify(arena);
    APART(*plain(arena, 128) = 4); /* race: written_after_the_notify */
    finish(&callback);
    weft_arena_release(arena);
}

BODY(give_and_notify_later)
{
    APART(*plain(job_of(task)->arena, 128) = 5); /* race: read_before_the_finish */
    notify(job_of(task)->arena);
}

RIGHT(given_before_the_finish)
{
    struct job job = {.arena = small_arena()};
    struct callback callback;
    begin(NULL, job.arena, &callback, NULL);
    weft_start(pool, &job.task, give_and_notify_later);
    finish(&callback);
    global = *plain(job.arena, 128);
    weft_wait(pool, &job.task);
    weft_arena_release(job.arena);
}

WRONG(read_before_the_finish)
{
    struct job job = {.arena = small_arena()};
    struct callback callback;
    begin(NULL, job.arena, &callback, NULL);
    weft_start(pool, &job.task, give_and_notify_later);
    APART(global = *(volatile uint32_t *)plain(job.arena, 128)); /* race: read_before_the_finish */
    finish(&callback);
    weft_wait(pool, &job.task);
    weft_arena_release(job.arena);
}

BODY(count)
{
    APART(global++); /* race: callbacks_share */
}

static void two_callbacks(weft_pool *pool, weft_task_fn *run)
{
    weft_arena *arena = small_arena();
    struct callback first, second;
    begin(pool, arena, &first, run);
    begin(pool, arena, &second, run);
    notify(arena);
    notify(arena);
    finish(&first);
    finish(&second);
    weft_arena_release(arena);
}

WRONG(callbacks_share)
{
    two_callbacks(pool, count);
}

RIGHT(callbacks_apart)
{
    two_callbacks(pool, use_callback);
}

/* ---- blocks ---- */

BODY(use_a_block)
{
    for (int i = 0; i < 20; i++) {
        void *block;
        if (weft_arena_alloc(job_of(task)->arena, 0, 64, &block) == WEFT_OK) {
            *(long *)block = i;
            weft_arena_free(job_of(task)->arena, block);
        }
    }
}

RIGHT(blocks_used_again)
{
    start_both(pool, use_a_block, use_a_block);
}

BODY(free_block)
{
    *(long *)job_of(task)->block = 1;
    weft_arena_free(job_of(task)->arena, job_of(task)->block);
}

RIGHT(block_freed_by_another)
{
    weft_arena *arena = small_arena();
    for (int i = 0; i < 20; i++) {
        struct job job = {.arena = arena}, next = {.arena = arena};
        weft_arena_alloc(arena, 0, 64, &job.block);
        *(long *)job.block = 2;
        weft_start(pool, &job.task, free_block);
        weft_start(pool, &next.task, use_a_block);
        weft_wait(pool, &job.task);
        weft_wait(pool, &next.task);
    }
    weft_arena_release(arena);
}

BODY(write_block)
{
    APART(*(long *)job_of(task)->block = 3); /* race: block_used_by_two */
}

WRONG(block_used_by_two)
{
    weft_arena *arena = small_arena();
    struct job first = {.arena = arena}, second = {.arena = arena};
    weft_arena_alloc(arena, 0, 64, &first.block);
    second.block = first.block;
    weft_start(pool, &first.task, write_block);
    weft_start(pool, &second.task, write_block);
    weft_wait(pool, &first.task);
    weft_wait(pool, &second.task);
    weft_arena_release(arena);
}

/* ---- pages ---- */

#define PAGES (4 * 4096)

static int is_free;

BODY(use_pages)
{
    void *first, *second;
    weft_arena_alloc(job_of(task)->arena, 0, PAGES, &first);
    weft_arena_alloc(job_of(task)->arena, 0, PAGES, &second);
    memset(first, 1, PAGES);
    weft_arena_free(job_of(task)->arena, first);
    memset(second, 2, PAGES);
    weft_arena_free(job_of(task)->arena, second);
    __atomic_store_n(&is_free, 1, __ATOMIC_RELAXED);
}

BODY(use_pages_again)
{
    void *both;
    while (!__atomic_load_n(&is_free, __ATOMIC_RELAXED))
        sched_yield();
    weft_arena_alloc(job_of(task)->arena, 0, 2 * PAGES, &both);
    memset(both, 3, 2 * PAGES);
    weft_arena_free(job_of(task)->arena, both);
}

RIGHT(pages_used_again_by_a_larger_block)
{
    start_both(pool, use_pages, use_pages_again);
}
