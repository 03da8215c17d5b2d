/*
 * workloads/start_stop.c - a pool from its creation through one empty job to its end
 */
#include "workloads/list.h"

#include "workloads/jobs.h"

static struct job *job;

static bool prepare(struct run *run)
{
    long count;
    if (!bench_read_size(run->size, 1, 1000000, &count))
        return false;
    job = jobs_at(jobs_create(1, jobs_do_nothing), 0);
    run->sample_count = (size_t)count;
    run->samples_us = bench_alloc(run->sample_count, sizeof *run->samples_us);
    run->expected = run->tasks = (double)count;
    return true;
}

/* The pool that is there at the beginning comes back in the end. */
static void run(struct run *run)
{
    double total_us = 0;
    contender.stop();
    for (size_t i = 0; i < run->sample_count; i++) {
        uint64_t begin = bench_now_ns();
        contender.start(run->workers, true);
        contender.submit(job);
        contender.wait(job);
        contender.stop();
        run->samples_us[i] = 1e-3 * (double)(bench_now_ns() - begin);
        total_us += run->samples_us[i];
    }
    contender.start(run->workers, true);
    run->seconds = 1e-6 * total_us;
    run->result = (double)run->sample_count;
}

const struct workload start_stop_workload = {
    .name = "start-stop",
    .what = "a pool's creation, one empty job, and its end",
    .size_what = "pools, 1 to 10^6",
    .size = "100",
    .needs = NEEDS_POOL | NEEDS_STOP | NEEDS_SUBMIT,
    .prepare = prepare,
    .run = run,
};
