/*
 * workloads/heat.c - heat that spreads over a plate: many short loops, one after the other
 *
 * Jacobi steps on a square grid with a hot edge. Each cell becomes the mean of its neighbours, so that a step's result
 * is the same in whatever order its rows are done, to the last bit.
 */
#include "workloads/list.h"

#include <string.h>

#define STEPS 100
#define GRAIN 16 /* rows */

static size_t width;
static double *now, *next;

static void step_rows(size_t begin, size_t end, void *context)
{
    (void)context;
    for (size_t row = begin + 1; row < end + 1; row++) {
        const double *above = now + (row - 1) * width, *here = above + width, *below = here + width;
        double *to = next + row * width;
        for (size_t column = 1; column < width - 1; column++)
            to[column] = (above[column] + below[column] + here[column - 1] + here[column + 1]) / 4;
    }
}

static void reset(struct run *run)
{
    (void)run;
    memset(now, 0, width * width * sizeof *now);
    for (size_t column = 0; column < width; column++)
        now[column] = 100;
    memcpy(next, now, width * width * sizeof *now);
}

static void step_all(void (*loop)(size_t count, size_t grain, range_fn *body, void *context))
{
    for (int step = 0; step < STEPS; step++) {
        loop(width - 2, GRAIN, step_rows, NULL);
        double *swap = now;
        now = next;
        next = swap;
    }
}

static double add_up(void)
{
    double sum = 0;
    for (size_t i = 0; i < width * width; i++)
        sum += now[i];
    return sum;
}

static void loop_serially(size_t count, size_t grain, range_fn *body, void *context)
{
    (void)grain;
    body(0, count, context);
}

static bool prepare(struct run *run)
{
    long size;
    if (!bench_read_size(run->size, 3, 16384, &size))
        return false;
    width = (size_t)size;
    now = bench_alloc(width * width, sizeof *now);
    next = bench_alloc(width * width, sizeof *next);
    reset(run);
    step_all(loop_serially);
    run->expected = add_up();
    run->tasks = STEPS * (double)((width - 2 + GRAIN - 1) / GRAIN);
    return true;
}

static void run(struct run *run)
{
    (void)run;
    step_all(contender.parallel_for);
}

static void check(struct run *run)
{
    run->result = add_up();
}

const struct workload heat_workload = {
    .name = "heat",
    .what = "100 steps of heat on an n * n grid, a loop over rows for each",
    .size_what = "n, 3 to 16384",
    .size = "1024",
    .needs = NEEDS_LOOP,
    .prepare = prepare,
    .run = run,
    .reset = reset,
    .check = check,
};
