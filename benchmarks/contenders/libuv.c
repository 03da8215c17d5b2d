/*
 * contenders/libuv.c - libuv's thread pool: jobs from outside
 *
 * Work is queued on an event loop and comes back to it, so each thread that submits has a loop of its own, and waits by
 * running it. The threads belong to the process.
 */
#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

struct loop_job {
    struct job job;
    uv_work_t work;
    bool is_done;
};

static _Thread_local uv_loop_t *loop;
static pthread_key_t loop_key; /* holds the same, to be closed when its thread ends */

static void check(int status)
{
    if (status != 0)
        bench_fail("libuv: %s", uv_strerror(status));
}

/* Runs at the end of a thread that has submitted. */
static void close_loop(void *own)
{
    check(uv_loop_close(own));
    free(own);
}

static void start(unsigned workers, bool has_jobs)
{
    char text[16];
    (void)has_jobs;
    snprintf(text, sizeof text, "%u", workers);
    setenv("UV_THREADPOOL_SIZE", text, 1);
    pthread_key_create(&loop_key, close_loop);
}

static void open_loop(void)
{
    loop = bench_alloc(1, sizeof *loop);
    check(uv_loop_init(loop));
    pthread_setspecific(loop_key, loop);
}

static void stop(void)
{
    if (loop != NULL)
        close_loop(loop);
    pthread_key_delete(loop_key);
    uv_library_shutdown();
}

static void run_work(uv_work_t *work)
{
    struct loop_job *own = work->data;
    own->job.run(&own->job);
}

static void settle(uv_work_t *work, int status)
{
    check(status);
    ((struct loop_job *)work->data)->is_done = true;
}

static void submit(struct job *job)
{
    struct loop_job *own = (struct loop_job *)job;
    if (loop == NULL)
        open_loop();
    own->is_done = false;
    own->work.data = own;
    check(uv_queue_work(loop, &own->work, run_work, settle));
}

static void wait_for(struct job *job)
{
    while (!((struct loop_job *)job)->is_done)
        uv_run(loop, UV_RUN_ONCE);
}

const struct contender contender = {
    .job_bytes = sizeof(struct loop_job),
    .start = start,
    .stop = stop,
    .stops_for_good = true,
    .submit = submit,
    .wait = wait_for,
};
