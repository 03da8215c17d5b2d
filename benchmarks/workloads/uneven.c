/*
 * workloads/uneven.c - a loop whose last bodies are the longest
 *
 * A body's time grows with its index, from nothing to about twice the mean, which is some 70 ns. Who splits the range
 * once and for all in as many pieces as there are workers gives the last one most of the work.
 */
#include "workloads/list.h"

#define GRAIN     64
#define STEPS_MAX 140 /* of about a nanosecond */

static size_t count;
static uint64_t total;

static uint64_t compute(size_t i)
{
    uint64_t random = i;
    for (size_t step = i * STEPS_MAX / count; step > 0; step--)
        bench_random(&random);
    return random >> 40;
}

static void compute_range(size_t begin, size_t end, void *context)
{
    uint64_t sum = 0;
    (void)context;
    for (size_t i = begin; i < end; i++)
        sum += compute(i);
    __atomic_fetch_add(&total, sum, __ATOMIC_RELAXED);
}

static bool prepare(struct run *run)
{
    long size;
    if (!bench_read_size(run->size, 1, 100000000, &size))
        return false;
    count = (size_t)size;
    compute_range(0, count, NULL);
    run->expected = (double)total;
    run->tasks = (double)((count + GRAIN - 1) / GRAIN);
    return true;
}

static void reset(struct run *run)
{
    (void)run;
    total = 0;
}

static void run(struct run *run)
{
    contender.parallel_for(count, GRAIN, compute_range, NULL);
    run->result = (double)total;
}

const struct workload uneven_workload = {
    .name = "uneven",
    .what = "a loop of bodies of 0 to 140 ns, the longest last",
    .size_what = "bodies, 1 to 10^8",
    .size = "1000000",
    .needs = NEEDS_LOOP,
    .prepare = prepare,
    .run = run,
    .reset = reset,
};
