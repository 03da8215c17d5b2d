/*
 * workloads/axpy.c - y += a x: a loop that is bound by memory
 */
#include "workloads/list.h"

#define GRAIN 16384

static size_t count;
static double *x, *y;

static void add(size_t begin, size_t end, void *context)
{
    (void)context;
    for (size_t i = begin; i < end; i++)
        y[i] += 3 * x[i];
}

static bool prepare(struct run *run)
{
    long size;
    if (!bench_read_size(run->size, 1, 1000000000, &size))
        return false;
    count = (size_t)size;
    x = bench_alloc(count, sizeof *x);
    y = bench_alloc(count, sizeof *y);
    for (size_t i = 0; i < count; i++) {
        x[i] = (double)(i % 8);
        run->expected += 1 + 3 * x[i];
    }
    run->tasks = (double)((count + GRAIN - 1) / GRAIN);
    return true;
}

static void reset(struct run *run)
{
    (void)run;
    for (size_t i = 0; i < count; i++)
        y[i] = 1;
}

static void run(struct run *run)
{
    (void)run;
    contender.parallel_for(count, GRAIN, add, NULL);
}

static void check(struct run *run)
{
    run->result = 0;
    for (size_t i = 0; i < count; i++)
        run->result += y[i];
}

const struct workload axpy_workload = {
    .name = "axpy",
    .what = "y += a x in a loop over doubles",
    .size_what = "elements, 1 to 10^9",
    .size = "10000000",
    .needs = NEEDS_LOOP,
    .prepare = prepare,
    .run = run,
    .reset = reset,
    .check = check,
};
