/*
 * workloads/prompt.h - a task forks a child and then computes for long without forking: when does the child start?
 *
 * A thief can only run it if the scheduler lets it in while its owner does nothing for it. Where none can, the child
 * waits for as long as the owner computes. Two forms: the other workers sleep; or they search, having just run out of
 * work.
 */
#ifndef WORKLOADS_PROMPT_H
#define WORKLOADS_PROMPT_H

#include "bench.h"

#include <stdlib.h>

#define PROMPT_SAMPLES  20
#define PROMPT_QUIET_NS 2000000 /* by then, who sleeps at all is asleep */
#define PROMPT_WARM_NS  200000  /* one piece of the work that keeps the others awake until just before */

struct prompt {
    bool is_searching;
    uint64_t forked_ns, started_ns;
};

static long prompt_compute_ns;

TASK(long, prompt_child, struct prompt *, prompt)
{
    prompt->started_ns = bench_now_ns();
    return 1;
}

TASK(long, prompt_compute, uint64_t, duration_ns)
{
    bench_spin_ns(duration_ns);
    return 0;
}

TASK(long, prompt_owner, struct prompt *, prompt)
{
    long ran, none;
    if (prompt->is_searching)
        BOTH(ran, prompt_compute, PROMPT_WARM_NS, none, prompt_compute, PROMPT_WARM_NS);
    prompt->forked_ns = bench_now_ns();
    BOTH(ran, prompt_child, prompt, none, prompt_compute, (uint64_t)prompt_compute_ns);
    return ran + none;
}

static bool prompt_prepare(struct run *run)
{
    long compute_ms;
    if (!bench_read_size(run->size, 1, 10000, &compute_ms))
        return false;
    prompt_compute_ns = compute_ms * 1000000;
    run->expected = run->tasks = PROMPT_SAMPLES;
    run->samples_us = (double *)bench_alloc(PROMPT_SAMPLES, sizeof *run->samples_us);
    run->sample_count = PROMPT_SAMPLES;
    return true;
}

static void prompt_measure(struct run *run, bool is_searching)
{
    run->result = 0;
    for (size_t i = 0; i < PROMPT_SAMPLES; i++) {
        struct prompt prompt = {is_searching, 0, 0};
        struct prompt *pointer = &prompt;
        long ran;
        bench_sleep_ns(PROMPT_QUIET_NS);
        ROOT(ran, prompt_owner, pointer);
        run->result += (double)ran;
        run->samples_us[i] = 1e-3 * (double)(prompt.started_ns - prompt.forked_ns);
    }
}

static void prompt_run_asleep(struct run *run)
{
    prompt_measure(run, false);
}

static void prompt_run_searching(struct run *run)
{
    prompt_measure(run, true);
}

static const struct workload prompt_asleep_workload = {
    "prompt-asleep",
    "from a fork to its start elsewhere, when the owner computes on and the other workers sleep",
    "ms that the owner computes, 1 to 10000",
    "100",
    NEEDS_POOL,
    prompt_prepare,
    prompt_run_asleep,
    NULL,
    NULL,
};

static const struct workload prompt_searching_workload = {
    "prompt-searching",
    "from a fork to its start elsewhere, when the owner computes on and the other workers search",
    "ms that the owner computes, 1 to 10000",
    "100",
    NEEDS_POOL,
    prompt_prepare,
    prompt_run_searching,
    NULL,
    NULL,
};

#endif
