/*
 * contenders/glib.c - GLib's GThreadPool: jobs from outside
 *
 * It has no fork and join, no loops, and no wait for one job: that is a latch in the job.
 */
#include "bench.h"

#include <glib.h>

#include "latch.h"

struct latch_job {
    struct job job;
    uint32_t is_done;
};

static GThreadPool *pool;

static void run_job(void *data, void *unused)
{
    struct latch_job *own = data;
    (void)unused;
    own->job.run(&own->job);
    latch_open(&own->is_done);
}

static void start(unsigned workers, bool has_jobs)
{
    (void)has_jobs;
    pool = g_thread_pool_new(run_job, NULL, (int)workers, TRUE, NULL);
    if (pool == NULL)
        bench_fail("g_thread_pool_new: no pool");
}

static void stop(void)
{
    g_thread_pool_free(pool, FALSE, TRUE);
}

static void submit(struct job *job)
{
    ((struct latch_job *)job)->is_done = 0;
    g_thread_pool_push(pool, job, NULL);
}

static void wait_for(struct job *job)
{
    latch_wait(&((struct latch_job *)job)->is_done);
}

const struct contender contender = {
    .job_bytes = sizeof(struct latch_job),
    .start = start,
    .stop = stop,
    .submit = submit,
    .wait = wait_for,
};
