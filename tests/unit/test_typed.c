/*
 * test_typed - typed tasks: every number of arguments, with and without a result, mixed with the other form
 */
#include <criterion/criterion.h>

#include <weft/parallel.h>
#include <weft/typed.h>

#include "os/barrier.h"
#include "sched/worker.h"
#include "support/tsan.h"

static weft_pool *create(uint32_t workers, weft_help help)
{
    weft_pool *pool;
    weft_pool_options options = {
        .size = sizeof options, .workers = workers == 0 ? WEFT_WORKERS_NONE : workers, .help = help};
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
    return pool;
}

WEFT_TASK(long, fib, (int, n))
{
    if (n < 2)
        return n;
    struct fib left;
    WEFT_FORK(fib, &left, n - 1);
    long right = WEFT_CALL(fib, n - 2);
    return WEFT_JOIN(fib, &left) + right;
}

Test(typed, smoke)
{
    weft_pool *pool = create(0, WEFT_HELP_ANY);
    struct fib root;
    cr_assert_eq(WEFT_RUN(pool, fib, &root, 15), WEFT_OK);
    cr_assert_eq(root.value, 610);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

static void everywhere(void)
{
    static const uint32_t workers[] = {0, 1, 2, 8};
    for (int help = WEFT_HELP_ANY; help <= WEFT_HELP_NONE; help++) {
        for (int w = 0; w < 4; w++) {
            weft_pool *pool = create(workers[w], (weft_help)help);
            for (int i = 0; i < 50; i++) {
                struct fib root;
                cr_assert_eq(WEFT_RUN(pool, fib, &root, 15), WEFT_OK);
                cr_assert_eq(root.value, 610);
            }
            cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
        }
    }
}

Test(typed, exactly_once)
{
    everywhere();
}

Test(typed, exactly_once_without_a_barrier)
{
    wi_barrier_refuse(true);
    everywhere();
    wi_barrier_refuse(false);
}

/* ---- arguments and results ---- */

WEFT_VOID_TASK(put, (int *, where), (int, what))
{
    *where = what;
}

WEFT_TASK(double, eight, (char, a), (short, b), (int, c), (long, d), (float, e), (double, f), (const char *, g),
          (int *, h))
{
    struct put frame;
    WEFT_FORK(put, &frame, h, 1000);
    WEFT_CALL(put, h + 1, 2000);
    WEFT_JOIN(put, &frame);
    return a + b + c + (double)d + (double)e + f + (double)g[0];
}

WEFT_TASK(double, twice, (int *, h))
{
    struct eight frames[2];
    double sum = 0;
    for (int i = 0; i < 2; i++)
        WEFT_FORK(eight, &frames[i], 1, 2, 3, 4, 5, 6, "\7", h + 2 * i);
    for (int i = 2; i-- > 0;)
        sum += WEFT_JOIN(eight, &frames[i]);
    return sum;
}

Test(typed, arguments_and_results_are_passed_by_value)
{
    weft_pool *pool = create(2, WEFT_HELP_ANY);
    struct twice root;
    int h[4];
    cr_assert_eq(WEFT_RUN(pool, twice, &root, h), WEFT_OK);
    cr_assert_eq(root.value, 56.0);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(h[i], i % 2 ? 2000 : 1000);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

/* ---- beside the other form ---- */

struct sum {
    weft_task task;
    int n;
    long value;
};

static void sum(weft_worker *worker, weft_task *task);

WEFT_TASK(long, sum_typed, (int, n))
{
    if (n == 0)
        return 0;
    struct sum frame = {.n = n - 1};
    struct sum_typed other;
    WEFT_FORK(sum_typed, &other, 0);
    weft_worker *worker = WEFT_SELF();
    weft_fork(worker, &frame.task, sum);
    cr_assert_eq(weft_join(worker, &frame.task), WEFT_OK);
    return n + frame.value + WEFT_JOIN(sum_typed, &other);
}

static void sum(weft_worker *worker, weft_task *task)
{
    struct sum *frame = weft_entry(task, struct sum, task);
    struct sum zero = {.n = 0};
    if (frame->n == 0) {
        frame->value = 0;
        return;
    }
    weft_fork(worker, &zero.task, sum);
    frame->value = frame->n + WEFT_CALL_ON(worker, sum_typed, frame->n - 1);
    cr_assert_eq(weft_join(worker, &zero.task), WEFT_OK);
}

Test(typed, both_forms_call_one_another)
{
    for (uint32_t workers = 0; workers <= 2; workers++) {
        weft_pool *pool = create(workers, WEFT_HELP_ANY);
        struct sum_typed root;
        for (int i = 0; i < 100; i++) {
            cr_assert_eq(WEFT_RUN(pool, sum_typed, &root, 100), WEFT_OK);
            cr_assert_eq(root.value, 5050);
        }
        cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    }
}

/* ---- no room ---- */

WEFT_TASK(long, count, (long, n))
{
    enum {
        MANY = 50
    };
    struct count frames[MANY];
    long sum = 1;
    if (n == 0)
        return 1;
    for (int i = 0; i < MANY; i++)
        WEFT_FORK(count, &frames[i], n - 1);
    for (int i = MANY; i-- > 0;)
        sum += WEFT_JOIN(count, &frames[i]);
    return sum;
}

static void without_room(weft_worker *worker, weft_task *task)
{
    weft_slot *last = worker->last;
    (void)task;
    for (int room = 1; room < 120; room += 7) {
        worker->last = worker->first + room;
        wi_store_relaxed(&worker->limit, 0);
        cr_assert_eq(WEFT_CALL_ON(worker, count, 3), 1 + 50 + 2500 + 125000);
        struct sum frame = {.n = 60};
        sum(worker, &frame.task);
        cr_assert_eq(frame.value, 1830);
        cr_assert_eq(worker->next, worker->first);
    }
    worker->last = last;
}

/* This changes what thieves read and the library never does, which ThreadSanitizer would report. */
Test(typed, forks_that_find_no_room_run_at_once)
{
    for (uint32_t workers = 0; workers <= (UNDER_TSAN ? 0 : 3); workers++) {
        weft_pool *pool = create(workers, WEFT_HELP_ANY);
        weft_task task;
        cr_assert_eq(weft_run(pool, &task, without_room), WEFT_OK);
        cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    }
}
