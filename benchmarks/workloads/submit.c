/*
 * workloads/submit.c - one empty job from outside, there and back
 *
 * The time from before its submission until its submitter knows that it has run, waiting as the contender would have
 * it. Before each job the submitter sleeps, or computes, or does nothing: then the pool is asleep and so is the
 * submitter's CPU; the pool is asleep and the submitter's CPU awake; or both are awake.
 */
#include "workloads/list.h"

#include "workloads/jobs.h"

#define GAP_NS 100000

static struct job *job;

static bool prepare(struct run *run)
{
    long count;
    if (!bench_read_size(run->size, 1, 10000000, &count))
        return false;
    job = jobs_at(jobs_create(1, jobs_do_nothing), 0);
    run->sample_count = (size_t)count;
    run->samples_us = bench_alloc(run->sample_count, sizeof *run->samples_us);
    run->expected = run->tasks = (double)count;
    return true;
}

static void measure(struct run *run, void (*pause)(uint64_t duration_ns))
{
    double total_us = 0;
    for (size_t i = 0; i < run->sample_count; i++) {
        pause(GAP_NS);
        uint64_t begin = bench_now_ns();
        contender.submit(job);
        contender.wait(job);
        run->samples_us[i] = 1e-3 * (double)(bench_now_ns() - begin);
        total_us += run->samples_us[i];
    }
    run->seconds = 1e-6 * total_us;
    run->result = (double)run->sample_count;
}

static void do_not_pause(uint64_t duration_ns)
{
    (void)duration_ns;
}

static void run_asleep(struct run *run)
{
    measure(run, bench_sleep_ns);
}

static void run_busy(struct run *run)
{
    measure(run, bench_spin_ns);
}

static void run_burst(struct run *run)
{
    measure(run, do_not_pause);
}

const struct workload submit_asleep_workload = {
    .name = "submit-asleep",
    .what = "an empty job there and back, after the submitter has slept for 100 us",
    .size_what = "jobs, 1 to 10^7",
    .size = "2000",
    .needs = NEEDS_POOL | NEEDS_SUBMIT,
    .prepare = prepare,
    .run = run_asleep,
};

const struct workload submit_busy_workload = {
    .name = "submit-busy",
    .what = "an empty job there and back, after the submitter has computed for 100 us",
    .size_what = "jobs, 1 to 10^7",
    .size = "2000",
    .needs = NEEDS_POOL | NEEDS_SUBMIT,
    .prepare = prepare,
    .run = run_busy,
};

const struct workload submit_burst_workload = {
    .name = "submit-burst",
    .what = "an empty job there and back, one at once after the other",
    .size_what = "jobs, 1 to 10^7",
    .size = "20000",
    .needs = NEEDS_POOL | NEEDS_SUBMIT,
    .prepare = prepare,
    .run = run_burst,
};
