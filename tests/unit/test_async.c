/*
 * unit/test_async.c - waits that do not block a thread: how they complete, and the thread that completes them
 *
 * What the waits mean is in tests/conformance.
 */
#include <criterion/criterion.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "conformance/agents.h"

extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static weft_outcome begin(weft_arena *arena, weft_async *wait, uint64_t timeout_ns)
{
    weft_outcome outcome;
    cr_assert_eq(weft_cell_wait_async_u32(arena, 8, 0, timeout_ns, wait, &outcome), WEFT_OK);
    return outcome;
}

static weft_outcome finish(weft_async *wait)
{
    weft_outcome outcome;
    cr_assert_eq(weft_async_finish(wait, &outcome), WEFT_OK);
    return outcome;
}

Test(async, smoke)
{
    weft_arena *arena = agents_arena(64);
    weft_async wait = {.pool = NULL};
    cr_assert_eq(begin(arena, &wait, WEFT_FOREVER), WEFT_PENDING);
    cr_assert_eq(agents_notify(arena, 4, 8, 1), 1);
    cr_assert_eq(finish(&wait), WEFT_NOTIFIED);
    weft_arena_release(arena);
    cr_assert(!__lsan_do_recoverable_leak_check || __lsan_do_recoverable_leak_check() == 0);
}

Test(async, bad_arguments_are_refused)
{
    weft_arena *arena = agents_arena(64);
    weft_async wait = {.pool = NULL};
    weft_outcome outcome = WEFT_PENDING;
    cr_assert_eq(weft_cell_wait_async_u32(NULL, 8, 0, 0, &wait, &outcome), WEFT_EINVAL);
    cr_assert_eq(weft_cell_wait_async_u32(arena, 8, 0, 0, NULL, &outcome), WEFT_EINVAL);
    cr_assert_eq(weft_cell_wait_async_u32(arena, 8, 0, 0, &wait, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_cell_wait_async_u32(arena, 6, 0, 0, &wait, &outcome), WEFT_EALIGN);
    cr_assert_eq(weft_cell_wait_async_u64(arena, 12, 0, 0, &wait, &outcome), WEFT_EALIGN);
    cr_assert_eq(weft_cell_wait_async_u64(arena, 64, 0, 0, &wait, &outcome), WEFT_ERANGE);
    cr_assert_eq(weft_async_finish(NULL, &outcome), WEFT_EINVAL);
    cr_assert_eq(weft_async_finish(&wait, NULL), WEFT_EINVAL);
    weft_pool *pool;
    cr_assert_eq(weft_pool_create(NULL, &pool), WEFT_OK);
    wait.pool = pool;
    cr_assert_eq(weft_cell_wait_async_u32(arena, 8, 0, WEFT_FOREVER, &wait, &outcome), WEFT_EINVAL, "a pool, no run");
    weft_pool_destroy(pool);
    cr_assert_eq(outcome, WEFT_PENDING);
    cr_assert_eq(agents_waiting(arena, 8), 0);
    weft_arena_release(arena);
}

/* A root task that notes what came of its wait. */
struct noted {
    weft_async wait;
    weft_outcome outcome;
    uint64_t plain, runs;
};

static void note(weft_worker *worker, weft_task *task)
{
    struct noted *noted = weft_entry(task, struct noted, wait.task);
    (void)worker;
    noted->outcome = noted->wait.outcome;
    noted->plain *= 2;
    noted->runs++;
}

Test(async, a_wait_completes_on_a_worker)
{
    weft_arena *arena = agents_arena(64);
    weft_pool *pool;
    weft_pool_options options = {.size = sizeof options, .workers = 2};
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
    for (int round = 0; round < 100; round++) {
        struct noted told = {.wait = {.pool = pool, .run = note}}, late = told;
        cr_assert_eq(begin(arena, &told.wait, WEFT_FOREVER), WEFT_PENDING);
        cr_assert_eq(begin(arena, &late.wait, 1 + (uint64_t)round * 1000), WEFT_PENDING);
        told.plain = 21;
        cr_assert_eq(agents_notify(arena, 4, 8, 1), 1);
        cr_assert_eq(finish(&told.wait), WEFT_NOTIFIED);
        cr_assert_eq(finish(&late.wait), WEFT_TIMED_OUT);
        cr_assert_eq(told.outcome, WEFT_NOTIFIED);
        cr_assert_eq(late.outcome, WEFT_TIMED_OUT);
        cr_assert_eq(told.plain, 42);
        cr_assert_eq(told.runs + late.runs, 2);
    }
    weft_pool_destroy(pool);
    weft_arena_release(arena);
}

Test(async, a_pool_that_was_shut_down_is_told_to_who_finishes)
{
    weft_arena *arena = agents_arena(64);
    weft_pool *pool;
    cr_assert_eq(weft_pool_create(NULL, &pool), WEFT_OK);
    struct noted noted = {.wait = {.pool = pool, .run = note}};
    weft_outcome outcome;
    cr_assert_eq(begin(arena, &noted.wait, WEFT_FOREVER), WEFT_PENDING);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(agents_notify(arena, 4, 8, 1), 1);
    cr_assert_eq(weft_async_finish(&noted.wait, &outcome), WEFT_ECLOSED);
    cr_assert_eq(outcome, WEFT_NOTIFIED);
    cr_assert_eq(noted.runs, 0);
    weft_pool_destroy(pool);
    weft_arena_release(arena);
}

Test(async, a_wait_tells_its_eventfd)
{
    weft_arena *arena = agents_arena(64);
    int fd = eventfd(0, 0);
    weft_async waits[3];
    uint64_t count, total = 0;
    for (int i = 0; i < 3; i++) {
        waits[i] = (weft_async){.has_event_fd = 1, .event_fd = fd};
        cr_assert_eq(begin(arena, &waits[i], i == 2 ? MILLISECOND : WEFT_FOREVER), WEFT_PENDING);
    }
    cr_assert_eq(agents_notify(arena, 4, 8, 2), 2);
    for (; total < 3; total += count)
        cr_assert_eq(read(fd, &count, sizeof count), sizeof count);
    cr_assert_eq(total, 3);
    cr_assert_eq(finish(&waits[0]), WEFT_NOTIFIED);
    cr_assert_eq(finish(&waits[1]), WEFT_NOTIFIED);
    cr_assert_eq(finish(&waits[2]), WEFT_TIMED_OUT);
    close(fd);
    weft_arena_release(arena);
}

Test(async, order_of_deadlines_is_not_that_of_arrival)
{
    weft_arena *arena = agents_arena(64);
    weft_async waits[30];
    int fd = eventfd(0, EFD_SEMAPHORE);
    for (int i = 0; i < 30; i++) {
        waits[i] = (weft_async){.has_event_fd = 1, .event_fd = fd};
        cr_assert_eq(begin(arena, &waits[i], (uint64_t)(1 + i * 7 % 30) * MILLISECOND), WEFT_PENDING);
    }
    for (int i = 0; i < 30; i++)
        cr_assert_eq(finish(&waits[i]), WEFT_TIMED_OUT);
    cr_assert_eq(agents_waiting(arena, 8), 0);
    close(fd);
    weft_arena_release(arena);
}

Test(async, a_pending_wait_holds_its_arena)
{
    weft_arena *arena = agents_arena(64);
    weft_async wait = {.pool = NULL};
    cr_assert_eq(begin(arena, &wait, 20 * MILLISECOND), WEFT_PENDING);
    weft_arena_release(arena);
    cr_assert_eq(finish(&wait), WEFT_TIMED_OUT);
    cr_assert(!__lsan_do_recoverable_leak_check || __lsan_do_recoverable_leak_check() == 0);
}

Test(async, those_that_block_and_those_that_do_not_are_in_one_line)
{
    weft_arena *arena = agents_arena(64);
    struct agent agents[6];
    for (int i = 0; i < 6; i++) {
        agents[i] = (struct agent){.arena = arena, .offset = 8, .bytes = 4, .timeout_ns = WEFT_FOREVER};
        agents[i].is_async = i % 2;
        agent_start(&agents[i]);
        agents_wait_until(arena, 8, (uint32_t)i + 1);
    }
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(agents_notify(arena, 4, 8, 1), 1);
        cr_assert_eq(agent_finish(&agents[i]), WEFT_NOTIFIED, "the next one is %d", i);
    }
    weft_arena_release(arena);
}

/* Many waits of one thread, with timeouts around the notifies of the other. */
#define WAITS 2000

struct storm {
    weft_arena *arena;
    uint64_t woken;
    wi_atomic_u32 over;
};

static void *notify_all_the_time(void *context)
{
    struct storm *storm = context;
    while (wi_load_acquire(&storm->over) == 0) {
        uint32_t woken;
        if (weft_cell_notify_u32(storm->arena, 8, 3, &woken) == WEFT_OK)
            storm->woken += woken;
        wi_thread_yield();
    }
    return NULL;
}

Test(async, exactly_once)
{
    struct storm storm = {.arena = agents_arena(64)};
    static weft_async waits[16];
    wi_thread thread;
    uint64_t notified = 0, timed_out = 0;
    cr_assert_eq(wi_thread_create(&thread, 0, notify_all_the_time, &storm), 0);
    for (uint64_t i = 0; i < WAITS + 16; i++) {
        weft_async *wait = &waits[i % 16];
        if (i >= 16) {
            weft_outcome outcome = finish(wait);
            notified += outcome == WEFT_NOTIFIED;
            timed_out += outcome == WEFT_TIMED_OUT;
        }
        *wait = (weft_async){.pool = NULL};
        if (i < WAITS)
            cr_assert_eq(begin(storm.arena, wait, 1 + i * 37 % 30000), WEFT_PENDING);
    }
    wi_store_release(&storm.over, 1);
    wi_thread_join(&thread);
    cr_assert_eq(notified + timed_out, WAITS);
    cr_assert_eq(notified, storm.woken);
    weft_arena_release(storm.arena);
}

Test(async, oom)
{
    weft_arena *arena = agents_arena(64);
    int status = WEFT_ENOMEM, failures = 0;
    for (uint64_t nth = 1; status != WEFT_OK; nth++) {
        weft_async wait = {.pool = NULL};
        weft_outcome outcome = WEFT_PENDING;
        wi_alloc_fail_at(nth);
        status = weft_cell_wait_async_u32(arena, 8, 0, 1, &wait, &outcome);
        wi_alloc_fail_at(0);
        failures += status != WEFT_OK;
        cr_assert(status == WEFT_OK || status == WEFT_ENOMEM || status == WEFT_ESYSTEM);
        if (status == WEFT_OK)
            cr_assert_eq(finish(&wait), WEFT_TIMED_OUT);
    }
    cr_assert_eq(failures, 2, "the attendant, and its thread");
    weft_arena_release(arena);
    cr_assert(!__lsan_do_recoverable_leak_check || __lsan_do_recoverable_leak_check() == 0);
}

Test(async, a_forked_child_has_no_attendant)
{
    weft_arena *arena = agents_arena(64);
    weft_async wait = {.pool = NULL};
    cr_assert_eq(begin(arena, &wait, WEFT_FOREVER), WEFT_PENDING);
    pid_t child = fork();
    if (child == 0) {
        weft_async mine = {.pool = NULL};
        weft_outcome outcome;
        _exit(weft_cell_wait_async_u32(arena, 8, 0, WEFT_FOREVER, &mine, &outcome) == WEFT_EFORKED ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    cr_assert_eq(agents_notify(arena, 4, 8, WEFT_EVERYBODY), 1);
    cr_assert_eq(finish(&wait), WEFT_NOTIFIED);
    weft_arena_release(arena);
}
