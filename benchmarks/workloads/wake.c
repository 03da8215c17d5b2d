/*
 * workloads/wake.c - from the submission of a job to its start on a worker that was asleep
 *
 * The submitter does not help: it looks at the clock until the job has begun, and only then waits for it.
 */
#include "workloads/list.h"

#include "workloads/jobs.h"

#define QUIET_NS 2000000 /* by then, who sleeps at all is asleep */

static struct job *job;
static uint64_t started_ns;

static void stamp(struct job *unused)
{
    (void)unused;
    __atomic_store_n(&started_ns, bench_now_ns(), __ATOMIC_RELEASE);
}

static bool prepare(struct run *run)
{
    long count;
    if (!bench_read_size(run->size, 1, 1000000, &count))
        return false;
    job = jobs_at(jobs_create(1, stamp), 0);
    run->sample_count = (size_t)count;
    run->samples_us = bench_alloc(run->sample_count, sizeof *run->samples_us);
    run->expected = run->tasks = (double)count;
    return true;
}

static void run(struct run *run)
{
    double total_us = 0;
    for (size_t i = 0; i < run->sample_count; i++) {
        uint64_t begin, started = 0;
        bench_sleep_ns(QUIET_NS);
        __atomic_store_n(&started_ns, 0, __ATOMIC_RELAXED);
        begin = bench_now_ns();
        contender.submit(job);
        while (started == 0)
            started = __atomic_load_n(&started_ns, __ATOMIC_ACQUIRE);
        contender.wait(job);
        run->samples_us[i] = 1e-3 * (double)(started - begin);
        total_us += run->samples_us[i];
    }
    run->seconds = 1e-6 * total_us;
    run->result = (double)run->sample_count;
}

const struct workload wake_workload = {
    .name = "wake",
    .what = "from a job's submission to its start on a sleeping worker",
    .size_what = "jobs, 1 to 10^6",
    .size = "200",
    .needs = NEEDS_POOL | NEEDS_SUBMIT | NEEDS_ASYNC,
    .prepare = prepare,
    .run = run,
};
