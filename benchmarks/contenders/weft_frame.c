/*
 * contenders/weft_frame.c - weft with frames: task.h as it is used by hand
 */
#include "bench.h"

#include <weft/parallel.h>
#include <weft/pool.h>
#include <weft/task.h>

#include "scratch.h"

static weft_pool *pool;

static void check(int status)
{
    if (status != WEFT_OK)
        bench_fail("weft: %s", weft_status_message(status));
}

#define TASK(R, name, A, a)                                                                                            \
    struct name##_frame {                                                                                              \
        weft_task task;                                                                                                \
        A argument;                                                                                                    \
        R result;                                                                                                      \
    };                                                                                                                 \
    static R name(weft_worker *worker, A a);                                                                           \
    static void name##_body(weft_worker *worker, weft_task *task)                                                      \
    {                                                                                                                  \
        struct name##_frame *frame = weft_entry(task, struct name##_frame, task);                                      \
        frame->result = name(worker, frame->argument);                                                                 \
    }                                                                                                                  \
    static R name(__attribute__((unused)) weft_worker *worker, A a)

#define BOTH(x, f, p, y, g, q)                                                                                         \
    do {                                                                                                               \
        struct f##_frame child_;                                                                                       \
        child_.argument = (p);                                                                                         \
        weft_fork(worker, &child_.task, f##_body);                                                                     \
        (y) = g(worker, q);                                                                                            \
        weft_join(worker, &child_.task);                                                                               \
        (x) = child_.result;                                                                                           \
    } while (0)

#define SUM(total, f, count, i, p)                                                                                     \
    do {                                                                                                               \
        size_t count_ = (count);                                                                                       \
        struct f##_frame *children_ = scratch_begin(count_, sizeof *children_);                                        \
        for (size_t i = 0; i < count_; i++) {                                                                          \
            children_[i].argument = (p);                                                                               \
            weft_fork(worker, &children_[i].task, f##_body);                                                           \
        }                                                                                                              \
        for (size_t i_ = count_; i_-- > 0;) {                                                                          \
            weft_join(worker, &children_[i_].task);                                                                    \
            (total) += children_[i_].result;                                                                           \
        }                                                                                                              \
        scratch_end(children_, count_, sizeof *children_);                                                             \
    } while (0)

#define CALL(f, p) f(worker, p)

#define ROOT(x, f, p)                                                                                                  \
    do {                                                                                                               \
        struct f##_frame root_;                                                                                        \
        root_.argument = (p);                                                                                          \
        check(weft_run(pool, &root_.task, f##_body));                                                                  \
        (x) = root_.result;                                                                                            \
    } while (0)

#include "fork_join.h"

/* Whoever waits executes. So one worker is the main thread alone; with more, it stands in for one of them. */
static void start(unsigned workers, bool has_jobs)
{
    weft_pool_options options = {.size = sizeof options,
                                 .workers = workers > 1 || has_jobs ? workers : WEFT_WORKERS_NONE};
    check(weft_pool_create(&options, &pool));
}

static void stop(void)
{
    check(weft_pool_destroy(pool));
}

struct loop {
    range_fn *body;
    void *context;
};

static void run_range(weft_worker *worker, size_t begin, size_t end, void *context)
{
    struct loop *loop = context;
    (void)worker;
    loop->body(begin, end, loop->context);
}

static void parallel_for(size_t count, size_t grain, range_fn *body, void *context)
{
    struct loop loop = {body, context};
    check(weft_pool_parallel_for(pool, 0, count, grain, run_range, &loop));
}

struct root_job {
    struct job job;
    weft_task task;
};

static void run_job(weft_worker *worker, weft_task *task)
{
    struct root_job *root = weft_entry(task, struct root_job, task);
    (void)worker;
    root->job.run(&root->job);
}

static void submit(struct job *job)
{
    struct root_job *root = (struct root_job *)job;
    check(weft_start(pool, &root->task, run_job));
}

static void wait_for(struct job *job)
{
    struct root_job *root = (struct root_job *)job;
    check(weft_wait(pool, &root->task));
}

const struct contender contender = {
    .fork_join = fork_join,
    .job_bytes = sizeof(struct root_job),
    .start = start,
    .stop = stop,
    .parallel_for = parallel_for,
    .submit = submit,
    .wait = wait_for,
};
