/*
 * contenders/pthreadpool.c - pthreadpool: loops, in which the calling thread takes part
 *
 * The nearest thing to a job from outside is a loop of as many iterations as there are workers, which returns when all
 * are done.
 */
#include "bench.h"

#include <pthreadpool.h>

static pthreadpool_t pool;

static void start(unsigned workers, bool has_jobs)
{
    (void)has_jobs;
    pool = pthreadpool_create(workers);
    if (pool == NULL)
        bench_fail("pthreadpool_create: no pool");
}

static void stop(void)
{
    pthreadpool_destroy(pool);
}

struct loop {
    range_fn *body;
    void *context;
};

static void run_tile(void *argument, size_t begin, size_t count)
{
    const struct loop *loop = argument;
    loop->body(begin, begin + count, loop->context);
}

static void parallel_for(size_t count, size_t grain, range_fn *body, void *context)
{
    struct loop loop = {body, context};
    pthreadpool_parallelize_1d_tile_1d(pool, run_tile, &loop, count, grain, 0);
}

static void run_first(void *argument, size_t index)
{
    struct job *job = argument;
    if (index == 0)
        job->run(job);
}

static void submit(struct job *job)
{
    pthreadpool_parallelize_1d(pool, run_first, job, pthreadpool_get_threads_count(pool), 0);
}

static void wait_for(struct job *job)
{
    (void)job;
}

const struct contender contender = {
    .job_bytes = sizeof(struct job),
    .submit_blocks = true,
    .start = start,
    .stop = stop,
    .parallel_for = parallel_for,
    .submit = submit,
    .wait = wait_for,
};
