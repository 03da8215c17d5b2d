/*
 * workloads/idle.c - the CPU time of a pool with nothing to do, or with work for one
 *
 * The figure is `cpu_s` beside `median_s`: all that it is above 0, or above the one busy thread, the pool burns.
 */
#include "workloads/list.h"

#include "workloads/jobs.h"

static struct job *job;
static uint64_t duration_ns;

static void compute(struct job *unused)
{
    (void)unused;
    bench_spin_ns(duration_ns);
}

static bool prepare(struct run *run)
{
    long duration_ms;
    if (!bench_read_size(run->size, 1, 1000000, &duration_ms))
        return false;
    duration_ns = (uint64_t)duration_ms * 1000000;
    job = jobs_at(jobs_create(1, compute), 0);
    run->expected = 1;
    return true;
}

static void run_asleep(struct run *run)
{
    bench_sleep_ns(duration_ns);
    run->result = 1;
}

static void run_busy(struct run *run)
{
    contender.submit(job);
    contender.wait(job);
    run->result = 1;
}

const struct workload idle_workload = {
    .name = "idle",
    .what = "CPU time of a pool with nothing to do",
    .size_what = "ms, 1 to 10^6",
    .size = "5000",
    .needs = NEEDS_POOL | NEEDS_SUBMIT,
    .prepare = prepare,
    .run = run_asleep,
};

const struct workload idle_busy_workload = {
    .name = "idle-busy",
    .what = "CPU time of a pool with one long job, which is one CPU",
    .size_what = "ms, 1 to 10^6",
    .size = "5000",
    .needs = NEEDS_POOL | NEEDS_SUBMIT,
    .prepare = prepare,
    .run = run_busy,
};
