/*
 * unit/test_pool.c - a pool's life, and the ways in for threads from outside
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/pool.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "os/cpus.h"
#include "os/thread.h"
#include "sched/worker.h"
#include "support/sums.h"
#include "support/tsan.h"
#include "unit/blocker.h"

static weft_pool *create(weft_pool_options options)
{
    weft_pool *pool = NULL;
    options.size = sizeof options;
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
    return pool;
}

static void run_fib(weft_pool *pool)
{
    struct fib f = {.n = 12};
    cr_assert_eq(weft_run(pool, &f.task, fib), WEFT_OK);
    cr_assert_eq(f.value, 144);
}

static void nothing(weft_worker *worker, weft_task *task)
{
    (void)worker;
    (void)task;
}

static void start_blocker(weft_pool *pool, struct blocker *blocker)
{
    *blocker = (struct blocker){.may_end = {0}};
    cr_assert_eq(weft_start(pool, &blocker->task, block), WEFT_OK);
    blocker_await_begin(blocker);
}

/* ---- creating ---- */

Test(pool, smoke)
{
    weft_pool *pool = NULL;
    unsetenv("WEFT_WORKERS");
    cr_assert_eq(weft_pool_create(NULL, &pool), WEFT_OK);
    cr_assert_eq(weft_pool_workers(pool), wi_cpus_usable());
    run_fib(pool);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(pool, an_unused_pool_ends)
{
    cr_assert_eq(weft_pool_destroy(create((weft_pool_options){.workers = 3})), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(create((weft_pool_options){.workers = WEFT_WORKERS_NONE})), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(NULL), WEFT_OK);
}

Test(pool, bad_options_are_refused)
{
    const size_t size = sizeof(weft_pool_options);
    const weft_pool_options bad[] = {
        {.size = 1},
        {.size = size, .workers = WEFT_WORKERS_MAX + 1},
        {.size = size, .help = (weft_help)(WEFT_HELP_NONE + 1)},
        {.size = size, .workers = 1, .stack_bytes = 1},
    };
    weft_pool *pool = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(weft_pool_create(&bad[i], &pool), WEFT_EINVAL, "options %zu", i);
    cr_assert_eq(weft_pool_create(NULL, NULL), WEFT_EINVAL);
    weft_pool_options huge = {.size = size, .local_bytes = SIZE_MAX / 2};
    cr_assert_eq(weft_pool_create(&huge, &pool), WEFT_ENOMEM);
    cr_assert_null(pool);
}

Test(pool, the_environment_gives_the_number_of_workers_that_was_left_open)
{
    static const struct {
        const char *text;
        int status;
        uint32_t workers;
    } cases[] = {{"3", WEFT_OK, 3},        {"0", WEFT_OK, 0},       {" 2", WEFT_EINVAL, 0}, {"-1", WEFT_EINVAL, 0},
                 {"4097", WEFT_EINVAL, 0}, {"two", WEFT_EINVAL, 0}, {"2x", WEFT_EINVAL, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weft_pool *pool = NULL;
        setenv("WEFT_WORKERS", cases[i].text, 1);
        cr_assert_eq(weft_pool_create(NULL, &pool), cases[i].status, "WEFT_WORKERS=%s", cases[i].text);
        cr_assert_eq(weft_pool_workers(pool), cases[i].workers);
        cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    }
    weft_pool *told = create((weft_pool_options){.workers = 2});
    cr_assert_eq(weft_pool_workers(told), 2);
    cr_assert_eq(weft_pool_destroy(told), WEFT_OK);
}

Test(pool, bad_arguments_are_refused)
{
    weft_pool *pool = create((weft_pool_options){.workers = 1});
    weft_task task;
    cr_assert_eq(weft_run(NULL, &task, nothing), WEFT_EINVAL);
    cr_assert_eq(weft_run(pool, NULL, nothing), WEFT_EINVAL);
    cr_assert_eq(weft_run(pool, &task, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_start(NULL, &task, nothing), WEFT_EINVAL);
    cr_assert_eq(weft_start(pool, NULL, nothing), WEFT_EINVAL);
    cr_assert_eq(weft_start(pool, &task, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_wait(NULL, &task), WEFT_EINVAL);
    cr_assert_eq(weft_wait(pool, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_pool_shutdown(NULL, WEFT_DRAIN, 0), WEFT_EINVAL);
    cr_assert_eq(weft_pool_shutdown(pool, (weft_shutdown)7, 0), WEFT_EINVAL);
    cr_assert_eq(weft_pool_workers(NULL), 0);
    cr_assert_eq(weft_pool_slots(NULL), 0);
    run_fib(pool);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(pool, oom)
{
    int status = WEFT_ENOMEM;
    for (uint64_t nth = 1; status != WEFT_OK; nth++) {
        weft_pool_options options = {.size = sizeof options, .workers = 3, .local_bytes = 100};
        weft_pool *pool = NULL;
        cr_assert_lt(nth, 100);
        wi_alloc_fail_at(nth);
        status = weft_pool_create(&options, &pool);
        wi_alloc_fail_at(0);
        cr_assert(status == WEFT_OK || status == WEFT_ENOMEM || status == WEFT_ESYSTEM);
        cr_assert_eq(pool != NULL, status == WEFT_OK);
        if (pool)
            run_fib(pool);
        cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    }
}

/* ---- what belongs to a worker ---- */

struct hooks {
    wi_atomic_u32 begun, ended, bad;
};

struct own {
    weft_worker *worker;
    uint64_t count;
};

static void on_start(weft_worker *worker, void *context)
{
    struct hooks *hooks = context;
    struct own *own = weft_worker_local(worker);
    wi_fetch_add_relaxed(&hooks->begun, 1);
    if (own->worker || own->count != 0)
        wi_fetch_add_relaxed(&hooks->bad, 1);
    own->worker = worker;
}

static void on_stop(weft_worker *worker, void *context)
{
    struct hooks *hooks = context;
    struct own *own = weft_worker_local(worker);
    wi_fetch_add_relaxed(&hooks->ended, 1);
    if (own->worker != worker)
        wi_fetch_add_relaxed(&hooks->bad, 1);
}

static void use_own(weft_worker *worker, weft_task *task)
{
    struct own *own = weft_worker_local(worker);
    (void)task;
    cr_assert_eq(own->worker, worker);
    own->count++;
}

Test(pool, hooks_run_once_for_each_worker_around_its_tasks)
{
    struct hooks hooks = {.bad = {0}};
    weft_pool *pool = create((weft_pool_options){
        .workers = 3, .local_bytes = sizeof(struct own), .on_start = on_start, .on_stop = on_stop, .context = &hooks});
    weft_task tasks[100];
    for (int i = 0; i < 100; i++)
        cr_assert_eq(weft_start(pool, &tasks[i], use_own), WEFT_OK);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(weft_wait(pool, &tasks[i]), WEFT_OK);
    cr_assert_eq(weft_run(pool, &tasks[0], use_own), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    cr_assert_eq(wi_load_relaxed(&hooks.bad), 0);
    cr_assert_eq(wi_load_relaxed(&hooks.begun), wi_load_relaxed(&hooks.ended));
    cr_assert_geq(wi_load_relaxed(&hooks.begun), 4, "three workers and a caller");
}

struct named {
    struct blocker blocker;
    char name[16];
};

static void tell_name(weft_worker *worker, weft_task *task)
{
    struct named *named = weft_entry(task, struct named, blocker.task);
    pthread_getname_np(pthread_self(), named->name, sizeof named->name);
    block(worker, task);
}

Test(pool, threads_have_names)
{
    char name[] = "a-name-that-is-long";
    weft_pool *pool = create((weft_pool_options){.workers = 1, .name = name});
    memset(name, 'x', sizeof name - 1);
    struct named named = {.name = ""};
    cr_assert_eq(weft_start(pool, &named.blocker.task, tell_name), WEFT_OK);
    blocker_await_begin(&named.blocker);
    blocker_release(&named.blocker);
    cr_assert_eq(weft_wait(pool, &named.blocker.task), WEFT_OK);
    cr_assert_str_eq(named.name, "a-name-tha/0");
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

/* ---- ways in ---- */

struct nested {
    weft_task task;
    weft_pool *inner, *outer;
};

static void run_in_inner(weft_worker *worker, weft_task *task);

static void run_in_outer(weft_worker *worker, weft_task *task)
{
    struct nested *nested = weft_entry(task, struct nested, task);
    cr_assert_eq(weft_worker_pool(worker), nested->inner);
    run_fib(nested->outer);
    run_fib(nested->inner);
}

static void run_in_inner(weft_worker *worker, weft_task *task)
{
    struct nested *nested = weft_entry(task, struct nested, task);
    cr_assert_eq(weft_worker_pool(worker), nested->outer);
    struct nested inside = {.inner = nested->inner, .outer = nested->outer};
    cr_assert_eq(weft_run(nested->inner, &inside.task, run_in_outer), WEFT_OK);
    run_fib(nested->outer);
}

Test(pool, pools_nest_and_a_task_may_run_roots_of_its_own_pool)
{
    struct nested nested = {.outer = create((weft_pool_options){.workers = 2}),
                            .inner = create((weft_pool_options){.workers = 2})};
    for (int i = 0; i < 50; i++) {
        cr_assert_eq(weft_run(nested.outer, &nested.task, run_in_inner), WEFT_OK);
        cr_assert_eq(weft_start(nested.outer, &nested.task, run_in_inner), WEFT_OK);
        cr_assert_eq(weft_wait(nested.outer, &nested.task), WEFT_OK);
    }
    cr_assert_eq(weft_pool_destroy(nested.inner), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(nested.outer), WEFT_OK);
}

static void *call_often(void *context)
{
    for (int i = 0; i < 20; i++)
        run_fib(context);
    return NULL;
}

static void call_from_many_threads(uint32_t workers)
{
    enum {
        CALLERS = 80
    }; /* more than there are slots for callers */
    weft_pool *pool = create((weft_pool_options){.workers = workers});
    wi_thread threads[CALLERS];
    for (int i = 0; i < CALLERS; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, call_often, pool), WEFT_OK);
    for (int i = 0; i < CALLERS; i++)
        wi_thread_join(&threads[i]);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(pool, stampede)
{
    call_from_many_threads(2);
    call_from_many_threads(WEFT_WORKERS_NONE);
}

struct call {
    struct blocker blocker;
    weft_pool *pool;
    int status;
};

static void *call_blocker(void *context)
{
    struct call *call = context;
    call->status = weft_run(call->pool, &call->blocker.task, block);
    return NULL;
}

Test(pool, a_caller_without_a_slot_waits_for_its_turn)
{
    enum {
        CALLERS = 66
    };
    static struct call calls[CALLERS];
    weft_pool *pool = create((weft_pool_options){.workers = WEFT_WORKERS_NONE});
    wi_thread threads[CALLERS];
    int begun = 0;
    for (int i = 0; i < CALLERS; i++) {
        calls[i].pool = pool;
        cr_assert_eq(wi_thread_create(&threads[i], 0, call_blocker, &calls[i]), WEFT_OK);
    }
    while (begun < 64) {
        begun = 0;
        for (int i = 0; i < CALLERS; i++)
            begun += (int)wi_load_acquire(&calls[i].blocker.has_begun);
        wi_thread_yield();
    }
    for (int i = 0; i < CALLERS; i++)
        blocker_release(&calls[i].blocker);
    for (int i = 0; i < CALLERS; i++) {
        wi_thread_join(&threads[i]);
        cr_assert_eq(calls[i].status, WEFT_OK);
    }
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(pool, order_of_roots_is_first_come_first_served)
{
    weft_pool *pool = create((weft_pool_options){.workers = WEFT_WORKERS_NONE});
    struct blocker roots[3];
    for (int i = 0; i < 3; i++) {
        roots[i] = (struct blocker){.may_end = {1}};
        cr_assert_eq(weft_start(pool, &roots[i].task, block), WEFT_OK);
    }
    cr_assert_eq(weft_wait(pool, &roots[1].task), WEFT_OK);
    cr_assert_eq(wi_load_acquire(&roots[0].has_begun), 1, "what came before was run before");
    cr_assert_eq(wi_load_acquire(&roots[2].has_begun), 0, "what came after was not needed");
    cr_assert_eq(weft_wait(pool, &roots[0].task), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &roots[2].task), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

/* ---- the end ---- */

Test(pool, a_pool_that_is_shut_down_takes_nothing_more)
{
    weft_pool *pool = create((weft_pool_options){.workers = 2});
    weft_task task;
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(weft_run(pool, &task, nothing), WEFT_ECLOSED);
    cr_assert_eq(weft_start(pool, &task, nothing), WEFT_ECLOSED);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_CANCEL_QUEUED, 0), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

static void shut_down_with_queue(uint32_t workers, weft_shutdown how, int expected)
{
    weft_pool *pool = create((weft_pool_options){.workers = workers});
    struct blocker blocker;
    struct fib queued[20];
    if (workers == 1)
        start_blocker(pool, &blocker);
    for (int i = 0; i < 20; i++) {
        queued[i] = (struct fib){.n = 10};
        cr_assert_eq(weft_start(pool, &queued[i].task, fib), WEFT_OK);
    }
    if (workers == 1) {
        cr_assert_eq(weft_pool_shutdown(pool, how, 0), WEFT_ETIMEDOUT);
        cr_assert_eq(weft_pool_shutdown(pool, how, 1000000), WEFT_ETIMEDOUT);
        blocker_release(&blocker);
    }
    cr_assert_eq(weft_pool_shutdown(pool, how, WEFT_FOREVER), WEFT_OK);
    if (workers == 1)
        cr_assert_eq(weft_wait(pool, &blocker.task), WEFT_OK);
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(weft_wait(pool, &queued[i].task), expected);
        cr_assert_eq(queued[i].value, expected == WEFT_OK ? 55 : 0);
    }
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(pool, draining_runs_all_that_was_brought)
{
    shut_down_with_queue(1, WEFT_DRAIN, WEFT_OK);
    shut_down_with_queue(WEFT_WORKERS_NONE, WEFT_DRAIN, WEFT_OK);
}

Test(pool, cancelling_runs_nothing_that_has_not_started)
{
    shut_down_with_queue(1, WEFT_CANCEL_QUEUED, WEFT_ECANCELED);
    shut_down_with_queue(WEFT_WORKERS_NONE, WEFT_CANCEL_QUEUED, WEFT_ECANCELED);
}

Test(pool, cancelling_needs_no_time)
{
    weft_pool *pool = create((weft_pool_options){.workers = WEFT_WORKERS_NONE});
    struct fib queued[3];
    for (int i = 0; i < 3; i++)
        cr_assert_eq(weft_start(pool, &queued[i].task, fib), WEFT_OK);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_CANCEL_QUEUED, 0), WEFT_OK);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(weft_wait(pool, &queued[i].task), WEFT_ECANCELED);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

struct releaser {
    weft_task task;
    struct blocker *blocked;
};

static void release_blocked(weft_worker *worker, weft_task *task)
{
    (void)worker;
    blocker_release(weft_entry(task, struct releaser, task)->blocked);
}

Test(pool, draining_for_ever_executes_what_the_workers_cannot)
{
    weft_pool *pool = create((weft_pool_options){.workers = 1});
    struct blocker blocker;
    struct releaser releaser = {.blocked = &blocker};
    start_blocker(pool, &blocker);
    cr_assert_eq(weft_start(pool, &releaser.task, release_blocked), WEFT_OK);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &blocker.task), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &releaser.task), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

struct inside {
    weft_task task;
    int shutdown, destroy;
};

static void end_own_pool(weft_worker *worker, weft_task *task)
{
    struct inside *inside = weft_entry(task, struct inside, task);
    inside->shutdown = weft_pool_shutdown(weft_worker_pool(worker), WEFT_DRAIN, WEFT_FOREVER);
    inside->destroy = weft_pool_destroy(weft_worker_pool(worker));
}

Test(pool, a_task_cannot_end_its_own_pool)
{
    weft_pool *pool = create((weft_pool_options){.workers = 2});
    struct inside inside = {.shutdown = WEFT_OK};
    cr_assert_eq(weft_start(pool, &inside.task, end_own_pool), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &inside.task), WEFT_OK);
    cr_assert_eq(inside.shutdown, WEFT_EDEADLK);
    cr_assert_eq(inside.destroy, WEFT_EDEADLK);
    run_fib(pool);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

static void *shut_down(void *pool)
{
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    return NULL;
}

Test(pool, several_threads_may_shut_down_at_once)
{
    for (int round = 0; round < 30; round++) {
        weft_pool *pool = create((weft_pool_options){.workers = 2});
        wi_thread threads[3];
        for (int i = 0; i < 3; i++)
            cr_assert_eq(wi_thread_create(&threads[i], 0, shut_down, pool), WEFT_OK);
        for (int i = 0; i < 3; i++)
            wi_thread_join(&threads[i]);
        cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    }
}

/* ---- fork() ---- */

#define CHILD_CHECK(condition)                                                                                         \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            _exit(__LINE__ % 200 + 1);                                                                                 \
    } while (0)

static void use_new_pool(uint32_t workers)
{
    weft_pool_options options = {.size = sizeof options, .workers = workers};
    weft_pool *pool;
    CHILD_CHECK(weft_pool_create(&options, &pool) == WEFT_OK);
    for (int i = 0; i < 20; i++) {
        struct fib f = {.n = 15};
        CHILD_CHECK(weft_run(pool, &f.task, fib) == WEFT_OK);
        CHILD_CHECK(f.value == 610);
    }
    CHILD_CHECK(weft_pool_destroy(pool) == WEFT_OK);
}

static void be_child(weft_pool *inherited)
{
    weft_task task;
    CHILD_CHECK(weft_run(inherited, &task, nothing) == WEFT_EFORKED);
    CHILD_CHECK(weft_start(inherited, &task, nothing) == WEFT_EFORKED);
    CHILD_CHECK(weft_wait(inherited, &task) == WEFT_EFORKED);
    CHILD_CHECK(weft_pool_shutdown(inherited, WEFT_DRAIN, 0) == WEFT_EFORKED);
    CHILD_CHECK(weft_pool_destroy(inherited) == WEFT_EFORKED);
    use_new_pool(WEFT_WORKERS_NONE);
    if (!UNDER_TSAN) /* which does not allow a forked child of a threaded program to start threads */
        use_new_pool(2);
    _exit(0);
}

/* The child is going to allocate. gcc's AddressSanitizer does not release its allocator's locks in a child, so no other
 * thread may hold one at the fork: of those that start up, none may be on its way any more. */
static void wait_until_asleep(weft_pool *pool, uint32_t workers)
{
    while ((wi_load_acquire(&pool->sleep.census) >> 21 & ((1u << 21) - 1)) != workers)
        wi_thread_yield();
}

static void fork_and_wait(weft_pool *pool)
{
    struct wi_worker *worker = wi_worker_here(pool);
    bool is_worker = worker && worker->index < weft_pool_workers(pool);
    wait_until_asleep(pool, weft_pool_workers(pool) - is_worker);
    pid_t child = fork();
    if (child == 0)
        be_child(pool);
    int result;
    cr_assert_eq(waitpid(child, &result, 0), child);
    cr_assert(WIFEXITED(result), "the child died of a signal");
    cr_assert_eq(WEXITSTATUS(result), 0, "the check before line %d (or 200 more) failed", WEXITSTATUS(result));
}

Test(pool, a_forked_child_is_told_and_may_make_a_new_pool)
{
    weft_pool *pool = create((weft_pool_options){.workers = 2});
    fork_and_wait(pool);
    run_fib(pool);
    fork_and_wait(pool);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

static void fork_in_task(weft_worker *worker, weft_task *task)
{
    (void)task;
    fork_and_wait(weft_worker_pool(worker));
}

Test(pool, fork_inside_a_task)
{
    weft_pool *pool = create((weft_pool_options){.workers = 2});
    weft_task task;
    cr_assert_eq(weft_start(pool, &task, fork_in_task), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &task), WEFT_OK);
    cr_assert_eq(weft_run(pool, &task, fork_in_task), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

static void fork_while_away(weft_worker *worker, weft_task *task)
{
    struct blocker away = {.may_end = {0}};
    (void)task;
    weft_fork(worker, &away.task, block);
    blocker_await_begin(&away);
    pid_t child = fork();
    if (child == 0)
        _exit(weft_join(worker, &away.task) == WEFT_EFORKED ? 0 : 1);
    int result;
    cr_assert_eq(waitpid(child, &result, 0), child);
    cr_assert_eq(result, 0, "a join of what another thread ran before the fork must not wait for it");
    blocker_release(&away);
    cr_assert_eq(weft_join(worker, &away.task), WEFT_OK);
}

/* The task that forks the process is one that a join helps with: the join does not go on in the child. */
struct helped {
    weft_task task;
    struct blocker away;
    weft_task forker;
    int child_result;
};

static void fork_as_help(weft_worker *worker, weft_task *task)
{
    struct helped *helped = weft_entry(task, struct helped, forker);
    (void)worker;
    pid_t child = fork();
    if (child == 0) {
        helped->child_result = -1;
        return;
    }
    cr_assert_eq(waitpid(child, &helped->child_result, 0), child);
    blocker_release(&helped->away);
}

static void join_with_help(weft_worker *worker, weft_task *task)
{
    struct helped *helped = weft_entry(task, struct helped, task);
    weft_fork(worker, &helped->away.task, block);
    blocker_await_begin(&helped->away);
    cr_assert_eq(weft_start(weft_worker_pool(worker), &helped->forker, fork_as_help), WEFT_OK);
    int status = weft_join(worker, &helped->away.task);
    if (helped->child_result == -1)
        _exit(status == WEFT_EFORKED ? 7 : 1);
    cr_assert_eq(status, WEFT_OK);
}

Test(pool, fork_in_a_task_that_a_join_helps_with)
{
    for (int i = 0; i < 10; i++) {
        weft_pool *pool = create((weft_pool_options){.workers = 2});
        static struct helped helped;
        memset(&helped, 0, sizeof helped);
        cr_assert_eq(weft_start(pool, &helped.task, join_with_help), WEFT_OK);
        blocker_await_begin(&helped.away); /* one worker is away, one joins and helps */
        cr_assert_eq(weft_wait(pool, &helped.task), WEFT_OK);
        cr_assert_eq(weft_wait(pool, &helped.forker), WEFT_OK);
        cr_assert(WIFEXITED(helped.child_result));
        cr_assert_eq(WEXITSTATUS(helped.child_result), 7);
        cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    }
}

/* The same where the caller executes the root that forks: at once, while it waits for it, or while it shuts down. */
static void fork_and_return(weft_worker *worker, weft_task *task)
{
    struct helped *helped = weft_entry(task, struct helped, task);
    (void)worker;
    pid_t child = fork();
    helped->child_result = -1;
    if (child != 0)
        cr_assert_eq(waitpid(child, &helped->child_result, 0), child);
}

Test(pool, fork_in_a_root_that_a_caller_executes)
{
    enum {
        RUN,
        WAIT,
        SHUTDOWN
    };
    for (int way = RUN; way <= SHUTDOWN; way++) {
        weft_pool *pool = create((weft_pool_options){.workers = WEFT_WORKERS_NONE});
        struct helped helped;
        int status = way == RUN ? weft_run(pool, &helped.task, fork_and_return)
                                : weft_start(pool, &helped.task, fork_and_return);
        if (way == WAIT)
            status = weft_wait(pool, &helped.task);
        if (way == SHUTDOWN)
            status = weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER);
        if (helped.child_result == -1)
            _exit(status == WEFT_EFORKED ? 7 : 1);
        cr_assert_eq(status, WEFT_OK);
        cr_assert(WIFEXITED(helped.child_result));
        cr_assert_eq(WEXITSTATUS(helped.child_result), 7);
        cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    }
}

Test(pool, fork_while_a_task_is_away)
{
    weft_pool *pool = create((weft_pool_options){.workers = 2});
    weft_task task;
    cr_assert_eq(weft_start(pool, &task, fork_while_away), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &task), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}
