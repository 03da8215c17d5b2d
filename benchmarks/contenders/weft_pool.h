/*
 * contenders/weft_pool.h - what both forms of weft's tasks have in common: the pool, loops, jobs
 *
 * A contender's file includes its macros' headers and this, defines the macros, includes fork_join.h, and has
 * WEFT_CONTENDER as its table.
 */
#ifndef CONTENDERS_WEFT_POOL_H
#define CONTENDERS_WEFT_POOL_H

#include "bench.h"

#include <weft/parallel.h>
#include <weft/pool.h>

static weft_pool *pool;

static void check(int status)
{
    if (status != WEFT_OK)
        bench_fail("weft: %s", weft_status_message(status));
}

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

#define WEFT_CONTENDER                                                                                                 \
    {                                                                                                                  \
        .fork_join = fork_join, .job_bytes = sizeof(struct root_job), .start = start, .stop = stop,                    \
        .parallel_for = parallel_for, .submit = submit, .wait = wait_for,                                              \
    }

#endif
