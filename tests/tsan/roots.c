/*
 * tsan/roots.c - cases: work from outside, pools, hooks, and what programs order by themselves
 */
#include <weft/task.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "tsan/corpus.h"

struct job {
    weft_task task;
    weft_pool *pool;
    struct job *friend;
    long value, result;
};

static long global, other;

static struct job *job_of(weft_task *task)
{
    return weft_entry(task, struct job, task);
}

BODY(count)
{
    APART(global++); /* race: roots_share main_beside_a_root task_starts_a_root_and_shares */
}

BODY(count_too)
{
    APART(global++); /* race: two_pools_share callers_share */
}

BODY(give)
{
    APART(job_of(task)->result = job_of(task)->value); /* race: root_read_before_wait root_changed_before_wait */
}

/* ---- roots ---- */

WRONG(roots_share)
{
    weft_task first, second;
    weft_start(pool, &first, count);
    weft_start(pool, &second, count);
    weft_wait(pool, &first);
    weft_wait(pool, &second);
}

RIGHT(roots_in_turn)
{
    weft_task first, second;
    weft_start(pool, &first, count);
    weft_wait(pool, &first);
    weft_start(pool, &second, count);
    weft_wait(pool, &second);
    weft_run(pool, &first, count);
    global++;
}

WRONG(root_read_before_wait)
{
    struct job job = {.value = 3};
    weft_start(pool, &job.task, give);
    APART(global = *(volatile long *)&job.result); /* race: root_read_before_wait */
    weft_wait(pool, &job.task);
}

RIGHT(roots_read_after_wait)
{
    struct job jobs[20] = {{.value = 3}};
    for (int i = 0; i < 20; i++) {
        jobs[i].value = i;
        weft_start(pool, &jobs[i].task, give);
    }
    for (int i = 0; i < 20; i++) {
        weft_wait(pool, &jobs[i].task);
        global += jobs[i].result;
    }
}

WRONG(root_changed_before_wait)
{
    struct job job = {.value = 3};
    weft_start(pool, &job.task, give);
    APART(*(volatile long *)&job.value = 4); /* race: root_changed_before_wait */
    weft_wait(pool, &job.task);
}

WRONG(main_beside_a_root)
{
    weft_task root;
    weft_start(pool, &root, count);
    APART(global++); /* race: main_beside_a_root */
    weft_wait(pool, &root);
}

RIGHT(main_before_and_after_a_root)
{
    weft_task root;
    global = 1;
    weft_start(pool, &root, count);
    other++;
    weft_wait(pool, &root);
    global++;
}

BODY(read_first)
{
    APART(other = job_of(task)->friend->result); /* race: root_reads_another_that_was_not_waited_for */
}

BODY(give_first)
{
    APART(job_of(task)->result = 1); /* race: root_reads_another_that_was_not_waited_for */
}

WRONG(root_reads_another_that_was_not_waited_for)
{
    struct job first = {.value = 1}, second = {.friend = &first};
    weft_start(pool, &first.task, give_first);
    weft_start(pool, &second.task, read_first);
    weft_wait(pool, &second.task);
    weft_wait(pool, &first.task);
}

RIGHT(root_reads_another_that_was_waited_for)
{
    struct job first = {.value = 1}, second = {.friend = &first};
    weft_start(pool, &first.task, give_first);
    weft_wait(pool, &first.task);
    weft_start(pool, &second.task, read_first);
    weft_wait(pool, &second.task);
}

/* A root that starts another, which main waits for. */
BODY(start_friend)
{
    weft_start(job_of(task)->pool, &job_of(task)->friend->task, count);
    APART(global++); /* race: task_starts_a_root_and_shares */
}

WRONG(task_starts_a_root_and_shares)
{
    struct job second, first = {.pool = pool, .friend = &second};
    weft_run(pool, &first.task, start_friend);
    weft_wait(pool, &second.task);
}

BODY(start_friend_last)
{
    global++;
    weft_start(job_of(task)->pool, &job_of(task)->friend->task, count);
}

RIGHT(task_starts_a_root)
{
    struct job second, first = {.pool = pool, .friend = &second};
    weft_run(pool, &first.task, start_friend_last);
    weft_wait(pool, &second.task);
    global++;
}

/* ---- the end of a pool ---- */

static weft_pool *small_pool(void)
{
    weft_pool_options options = {.size = sizeof options, .workers = 1};
    weft_pool *made = NULL;
    weft_pool_create(&options, &made);
    return made;
}

static int has_given;

BODY(give_and_tell)
{
    give(worker, task);
    __atomic_store_n(&has_given, 1, __ATOMIC_RELAXED);
}

RIGHT(read_after_shutdown)
{
    static struct job job = {.value = 2};
    weft_pool *mine = small_pool();
    weft_start(mine, &job.task, give_and_tell);
    while (!__atomic_load_n(&has_given, __ATOMIC_RELAXED))
        sched_yield();
    weft_pool_shutdown(mine, WEFT_DRAIN, WEFT_FOREVER);
    global = job.result;
    weft_wait(mine, &job.task);
    weft_pool_destroy(mine);
}

RIGHT(cancelled_frames_reused)
{
    struct job jobs[10] = {{.value = 0}};
    weft_pool *mine = small_pool();
    for (int i = 0; i < 10; i++)
        weft_start(mine, &jobs[i].task, give);
    weft_pool_shutdown(mine, WEFT_CANCEL_QUEUED, WEFT_FOREVER);
    for (int i = 0; i < 10; i++) {
        weft_wait(mine, &jobs[i].task);
        jobs[i].value = jobs[i].result;
    }
    weft_pool_destroy(mine);
}

/* ---- several pools ---- */

BODY(run_on_the_other)
{
    weft_task inner;
    weft_run(job_of(task)->pool, &inner, count);
    global++;
}

RIGHT(pool_inside_a_pool)
{
    weft_pool *mine = small_pool();
    struct job outer = {.pool = mine};
    global = 1;
    weft_run(pool, &outer.task, run_on_the_other);
    global++;
    weft_pool_destroy(mine);
}

WRONG(two_pools_share)
{
    weft_task first, second;
    weft_pool *mine = small_pool();
    weft_start(pool, &first, count_too);
    weft_start(mine, &second, count_too);
    weft_wait(pool, &first);
    weft_wait(mine, &second);
    weft_pool_destroy(mine);
}

/* ---- threads from outside ---- */

struct caller {
    weft_pool *pool;
    pthread_mutex_t *mutex;
    long own;
};

static void *call_and_share(void *context)
{
    struct caller *caller = context;
    weft_task root;
    weft_run(caller->pool, &root, count_too);
    return NULL;
}

WRONG(callers_share)
{
    struct caller caller = {.pool = pool};
    pthread_t first, second;
    pthread_create(&first, NULL, call_and_share, &caller);
    pthread_create(&second, NULL, call_and_share, &caller);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
}

static void *share_after_calls(void *context)
{
    struct caller *caller = context;
    struct job job = {.value = 1};
    weft_run(caller->pool, &job.task, give);
    APART(caller->own += job.result); /* race: callers_share_after_their_calls */
    return NULL;
}

WRONG(callers_share_after_their_calls)
{
    struct caller caller = {.pool = pool};
    pthread_t first, second;
    pthread_create(&first, NULL, share_after_calls, &caller);
    pthread_create(&second, NULL, share_after_calls, &caller);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
}

RIGHT(callers_apart)
{
    struct caller callers[2] = {{.pool = pool}, {.pool = pool}};
    pthread_t first, second;
    pthread_create(&first, NULL, share_after_calls, &callers[0]);
    pthread_create(&second, NULL, share_after_calls, &callers[1]);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    global = callers[0].own + callers[1].own;
}

/* ---- hooks and locals ---- */

struct local {
    long begun, tasks;
    long *extra;
};

static int has_run;

static void prepare(weft_worker *worker, void *context)
{
    struct local *local = weft_worker_local(worker);
    (void)context;
    local->begun = 1;
    local->extra = calloc(1, sizeof *local->extra);
}

static void sum_up(weft_worker *worker, void *context)
{
    struct local *local = weft_worker_local(worker);
    __atomic_fetch_add((long *)context, local->tasks + *local->extra, __ATOMIC_RELAXED);
    free(local->extra);
}

BODY(use_local)
{
    struct local *local = weft_worker_local(worker);
    local->tasks += local->begun;
    ++*local->extra;
}

BODY(use_locals)
{
    struct job jobs[4];
    for (int i = 0; i < 4; i++)
        weft_fork(worker, &jobs[i].task, use_local);
    for (int i = 3; i >= 0; i--)
        weft_join(worker, &jobs[i].task);
    use_local(worker, task);
}

static void use_hooks(weft_worker_fn *start, weft_worker_fn *stop, long *sum)
{
    weft_pool_options options = {.size = sizeof options,
                                 .workers = 2,
                                 .on_start = start,
                                 .on_stop = stop,
                                 .local_bytes = sizeof(struct local),
                                 .context = sum};
    struct job first, second;
    weft_pool *mine;
    weft_pool_create(&options, &mine);
    weft_start(mine, &first.task, use_locals);
    weft_run(mine, &second.task, use_locals);
    weft_wait(mine, &first.task);
    weft_pool_destroy(mine);
}

RIGHT(hooks_and_locals)
{
    long sum = 0;
    use_hooks(prepare, sum_up, &sum);
    global = sum;
}

/* Runs a root on the one worker of a pool, and on no caller. */
static void run_on_worker(weft_worker_fn *start, weft_worker_fn *stop, weft_task_fn *run)
{
    weft_pool_options options = {.size = sizeof options, .workers = 1, .on_start = start, .on_stop = stop};
    weft_task root;
    weft_pool *mine;
    options.local_bytes = sizeof(struct local);
    has_run = 0;
    weft_pool_create(&options, &mine);
    weft_start(mine, &root, run);
    while (!__atomic_load_n(&has_run, __ATOMIC_RELAXED))
        sched_yield();
    weft_wait(mine, &root);
    weft_pool_destroy(mine);
}

static void write_first(weft_worker *worker, void *context)
{
    (void)worker, (void)context;
    other = 5;
}

BODY(read_what_the_hook_wrote)
{
    global = other;
    __atomic_store_n(&has_run, 1, __ATOMIC_RELAXED);
}

RIGHT(start_hook_before_the_tasks)
{
    run_on_worker(write_first, NULL, read_what_the_hook_wrote);
}

BODY(write_for_the_hook)
{
    other = 6;
    __atomic_store_n(&has_run, 1, __ATOMIC_RELAXED);
}

static void read_last(weft_worker *worker, void *context)
{
    (void)worker, (void)context;
    global = other;
}

RIGHT(stop_hook_after_the_tasks)
{
    run_on_worker(NULL, read_last, write_for_the_hook);
}

BODY(add_to_local)
{
    ++((struct local *)weft_worker_local(worker))->tasks;
}

/* Uses what is its worker's before, between and after others that do so on top of it, some of them not joined yet. */
BODY(use_local_around_others)
{
    struct local *local = weft_worker_local(worker);
    weft_task first, second;
    ++local->tasks;
    weft_fork(worker, &first, add_to_local);
    weft_fork(worker, &second, add_to_local);
    ++local->tasks;
    weft_join(worker, &first);
    ++local->tasks;
    weft_join(worker, &second);
    __atomic_store_n(&has_run, 1, __ATOMIC_RELAXED);
}

RIGHT(local_of_a_worker_around_joins)
{
    run_on_worker(NULL, NULL, use_local_around_others);
}

/* A root that a join runs on top of its task, while what it waits for is with another worker. */
static struct {
    weft_pool *pool;
    weft_task joining, root;
    int is_stolen, root_has_run;
} helped;

BODY(stay_until_the_root_has_run)
{
    __atomic_store_n(&helped.is_stolen, 1, __ATOMIC_RELAXED);
    while (!__atomic_load_n(&helped.root_has_run, __ATOMIC_RELAXED))
        sched_yield();
}

BODY(run_on_top)
{
    add_to_local(worker, task);
    __atomic_store_n(&helped.root_has_run, 1, __ATOMIC_RELAXED);
}

BODY(join_and_help)
{
    struct local *local = weft_worker_local(worker);
    weft_task stolen;
    ++local->tasks;
    weft_fork(worker, &stolen, stay_until_the_root_has_run);
    while (!__atomic_load_n(&helped.is_stolen, __ATOMIC_RELAXED))
        sched_yield();
    weft_start(helped.pool, &helped.root, run_on_top);
    weft_join(worker, &stolen);
    ++local->tasks;
    __atomic_store_n(&has_run, 1, __ATOMIC_RELAXED);
}

RIGHT(local_of_a_worker_that_helps)
{
    weft_pool_options options = {.size = sizeof options, .workers = 2, .local_bytes = sizeof(struct local)};
    weft_pool_create(&options, &helped.pool);
    weft_start(helped.pool, &helped.joining, join_and_help);
    while (!__atomic_load_n(&has_run, __ATOMIC_RELAXED))
        sched_yield();
    weft_wait(helped.pool, &helped.joining);
    weft_wait(helped.pool, &helped.root);
    weft_pool_destroy(helped.pool);
}

static void prepare_and_share(weft_worker *worker, void *context)
{
    prepare(worker, context);
    APART(++*(long *)context); /* race: start_hooks_share */
}

WRONG(start_hooks_share)
{
    long sum = 0;
    use_hooks(prepare_and_share, sum_up, &sum);
}

static void set_up(weft_worker *worker, void *context)
{
    (void)worker;
    __atomic_store_n((long *)context, 5, __ATOMIC_RELAXED);
    APART(other = 1); /* race: start_hook_and_main */
}

WRONG(start_hook_and_main)
{
    long sum = 0;
    weft_pool_options options = {.size = sizeof options, .workers = 1, .on_start = set_up, .context = &sum};
    weft_pool *mine;
    weft_pool_create(&options, &mine);
    APART(other = 2); /* race: start_hook_and_main */
    weft_pool_destroy(mine);
}

/* ---- what programs order by themselves ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

BODY(locked)
{
    pthread_mutex_lock(&mutex);
    APART(global++); /* race: one_forgets_the_lock */
    pthread_mutex_unlock(&mutex);
}

BODY(not_locked)
{
    APART(global++); /* race: one_forgets_the_lock */
}

static void start_both(weft_pool *pool, weft_task_fn *first, weft_task_fn *second)
{
    weft_task a, b;
    weft_start(pool, &a, first);
    weft_start(pool, &b, second);
    weft_wait(pool, &a);
    weft_wait(pool, &b);
}

RIGHT(both_lock)
{
    start_both(pool, locked, locked);
}

WRONG(one_forgets_the_lock)
{
    start_both(pool, locked, not_locked);
}

static int is_ready;
static long payload;

BODY(hand_over)
{
    payload = 5;
    __atomic_store_n(&is_ready, 1, __ATOMIC_RELEASE);
}

BODY(take_over)
{
    while (!__atomic_load_n(&is_ready, __ATOMIC_ACQUIRE))
        continue;
    global = payload;
}

RIGHT(hand_over_by_a_flag)
{
    start_both(pool, hand_over, take_over);
}

BODY(hand_over_badly)
{
    APART(payload = 5); /* race: hand_over_by_a_relaxed_flag */
    __atomic_store_n(&is_ready, 1, __ATOMIC_RELAXED);
}

BODY(take_over_badly)
{
    while (!__atomic_load_n(&is_ready, __ATOMIC_RELAXED))
        continue;
    APART(global = payload); /* race: hand_over_by_a_relaxed_flag */
}

WRONG(hand_over_by_a_relaxed_flag)
{
    start_both(pool, hand_over_badly, take_over_badly);
}

static long *made;

BODY(make_once)
{
    if (!__atomic_load_n(&made, __ATOMIC_ACQUIRE)) {
        pthread_mutex_lock(&mutex);
        if (!made) {
            static long object;
            object = 5;
            __atomic_store_n(&made, &object, __ATOMIC_RELEASE);
        }
        pthread_mutex_unlock(&mutex);
    }
    __atomic_fetch_add(&global, *__atomic_load_n(&made, __ATOMIC_ACQUIRE), __ATOMIC_RELAXED);
}

RIGHT(made_once_by_an_atomic_pointer)
{
    start_both(pool, make_once, make_once);
}

BODY(make_once_badly)
{
    long *seen;
    APART(seen = *(long *volatile *)&made); /* race: made_once_by_a_plain_pointer */
    if (!seen) {
        pthread_mutex_lock(&mutex);
        if (!made) {
            static long object;
            object = 5;
            APART(made = &object); /* race: made_once_by_a_plain_pointer */
        }
        pthread_mutex_unlock(&mutex);
    }
}

WRONG(made_once_by_a_plain_pointer)
{
    start_both(pool, make_once_badly, make_once_badly);
}
