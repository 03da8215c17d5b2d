/*
 * unit/test_task.c - fork and join
 */
#include <criterion/criterion.h>

#include <weft/pool.h>
#include <weft/task.h>

#include "base/atomics.h"
#include "os/thread.h"
#include "sched/worker.h"
#include "support/sums.h"

static weft_pool *create(uint32_t workers, weft_help help)
{
    weft_pool *pool = NULL;
    weft_pool_options options = {
        .size = sizeof options, .workers = workers == 0 ? WEFT_WORKERS_NONE : workers, .help = help};
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
    return pool;
}

static void run(weft_pool *pool, weft_task_fn *body)
{
    weft_task task;
    cr_assert_eq(weft_run(pool, &task, body), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

/* A task that says when it ran. */
struct note {
    weft_task task;
    int times;
    int place;
};

static int places;

static void note(weft_worker *worker, weft_task *task)
{
    struct note *n = weft_entry(task, struct note, task);
    cr_assert_not_null(worker);
    n->times++;
    n->place = ++places;
}

static void smoke_root(weft_worker *worker, weft_task *task)
{
    struct note n = {.times = 0};
    (void)task;
    weft_fork(worker, &n.task, note);
    cr_assert_eq(n.times, 0, "a fork does not run the task here");
    cr_assert_eq(weft_join(worker, &n.task), WEFT_OK);
    cr_assert_eq(n.times, 1);
    weft_call(worker, &n.task, note);
    cr_assert_eq(n.times, 2);
}

Test(task, smoke)
{
    run(create(0, WEFT_HELP_ANY), smoke_root);
}

static void order_root(weft_worker *worker, weft_task *task)
{
    struct note n[4] = {{.times = 0}};
    (void)task;
    for (int i = 0; i < 4; i++)
        weft_fork(worker, &n[i].task, note);
    for (int i = 3; i >= 0; i--) {
        weft_join(worker, &n[i].task);
        cr_assert_eq(n[i].place, 4 - i);
    }
}

Test(task, order_of_joining_in_reverse_runs_each_task_at_its_join)
{
    run(create(0, WEFT_HELP_ANY), order_root);
}

static void any_order_root(weft_worker *worker, weft_task *task)
{
    static const int orders[][4] = {{0, 1, 2, 3}, {2, 0, 3, 1}, {1, 3, 2, 0}, {3, 0, 1, 2}};
    (void)task;
    for (int k = 0; k < 4; k++) {
        struct note n[4] = {{.times = 0}};
        for (int i = 0; i < 4; i++)
            weft_fork(worker, &n[i].task, note);
        for (int i = 0; i < 4; i++) {
            weft_join(worker, &n[orders[k][i]].task);
            cr_assert_eq(n[orders[k][i]].times, 1);
        }
        for (int i = 0; i < 4; i++)
            cr_assert_eq(n[i].times, 1);
        cr_assert_eq(worker->next, worker->first);
    }
}

Test(task, order_of_joining_may_be_any)
{
    run(create(0, WEFT_HELP_ANY), any_order_root);
}

/* Of two tasks, the older one is stolen and done before it is joined, first. */
static void stolen_older_root(weft_worker *worker, weft_task *task)
{
    (void)task;
    for (int i = 0; i < 50; i++) {
        struct note older = {.times = 0}, newer = {.times = 0};
        weft_slot *next = worker->next;
        weft_fork(worker, &older.task, note);
        while (!wi_task_is_settled(wi_task_state(&older.task)))
            wi_thread_yield();
        weft_fork(worker, &newer.task, note);
        cr_assert_eq(weft_join(worker, &older.task), WEFT_OK);
        cr_assert_eq(weft_join(worker, &newer.task), WEFT_OK);
        cr_assert_eq(older.times, 1);
        cr_assert_eq(newer.times, 1);
        cr_assert_eq(worker->next, next, "a join gives up the task's slot");
    }
}

Test(task, order_of_joining_may_be_any_for_what_was_stolen)
{
    for (int help = WEFT_HELP_ANY; help <= WEFT_HELP_NONE; help++)
        run(create(2, (weft_help)help), stolen_older_root);
}

static void full_root(weft_worker *worker, weft_task *task)
{
    enum {
        MANY = 100
    };
    static struct note n[MANY];
    weft_slot *last = worker->last;
    (void)task;
    for (int room = 1; room <= MANY; room += 9) {
        memset(n, 0, sizeof n);
        worker->last = worker->first + room;
        wi_store_relaxed(&worker->limit, 0);
        for (int i = 0; i < MANY; i++)
            weft_fork(worker, &n[i].task, note);
        for (int i = 0; i < MANY; i++)
            cr_assert_eq(n[i].times, i >= room, "what has no slot has run");
        for (int i = MANY - 1; i >= 0; i--)
            cr_assert_eq(weft_join(worker, &n[i].task), WEFT_OK);
        for (int i = 0; i < MANY; i++)
            cr_assert_eq(n[i].times, 1);
    }
    worker->last = last;
}

Test(task, a_fork_that_finds_no_room_runs_its_task_at_once)
{
    run(create(0, WEFT_HELP_ANY), full_root);
}

static void nothing_forked_root(weft_worker *worker, weft_task *task)
{
    static struct note n;
    (void)task;
    cr_assert_eq(weft_join(worker, &n.task), WEFT_EINVAL);
    cr_assert_eq(n.times, 0);
}

Test(task, bad_join_of_what_was_never_forked)
{
    run(create(0, WEFT_HELP_ANY), nothing_forked_root);
}

/* The child is stolen, sees its parent join, dawdles, and then writes: a join that does not wait for the thief returns
 * before the writing. */
struct slow {
    weft_task task;
    wi_atomic_u32 is_started, is_joining;
    int written;
};

static void slow(weft_worker *worker, weft_task *task)
{
    struct slow *s = weft_entry(task, struct slow, task);
    (void)worker;
    wi_store_release(&s->is_started, 1);
    while (wi_load_acquire(&s->is_joining) == 0)
        wi_thread_yield();
    for (int i = 0; i < 200; i++)
        wi_thread_yield();
    s->written = 42;
}

static void slow_root(weft_worker *worker, weft_task *task)
{
    (void)task;
    for (int i = 0; i < 50; i++) {
        struct slow s = {.written = 0};
        weft_fork(worker, &s.task, slow);
        while (wi_load_acquire(&s.is_started) == 0)
            wi_thread_yield();
        wi_store_release(&s.is_joining, 1);
        cr_assert_eq(weft_join(worker, &s.task), WEFT_OK);
        cr_assert_eq(s.written, 42);
    }
}

Test(task, a_join_waits_until_the_thief_is_done)
{
    for (int help = WEFT_HELP_ANY; help <= WEFT_HELP_NONE; help++)
        run(create(2, (weft_help)help), slow_root);
}

static void sums(uint32_t workers, weft_help help)
{
    weft_pool *pool = create(workers, help);
    for (int i = 0; i < 20; i++) {
        struct fib f = {.n = 15};
        cr_assert_eq(weft_run(pool, &f.task, fib), WEFT_OK);
        cr_assert_eq(f.value, 610);
        struct queens q = {.n = 6};
        cr_assert_eq(weft_run(pool, &q.task, queens), WEFT_OK);
        cr_assert_eq(q.value, 4);
    }
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(task, exactly_once)
{
    for (int help = WEFT_HELP_ANY; help <= WEFT_HELP_NONE; help++) {
        sums(0, (weft_help)help);
        sums(1, (weft_help)help);
        sums(2, (weft_help)help);
        sums(8, (weft_help)help);
    }
}
