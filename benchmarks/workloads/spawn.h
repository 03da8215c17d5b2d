/*
 * workloads/spawn.h - one task that forks many empty children in a loop, then waits for all of them
 */
#ifndef WORKLOADS_SPAWN_H
#define WORKLOADS_SPAWN_H

#include "bench.h"

static long spawn_size;

TASK(long, spawn_child, long, one)
{
    return bench_opaque(one);
}

TASK(long, spawn, long, count)
{
    long ran = 0;
    SUM(ran, spawn_child, (size_t)count, i, 1);
    return ran;
}

static bool spawn_prepare(struct run *run)
{
    if (!bench_read_size(run->size, 1, 100000000, &spawn_size))
        return false;
    run->expected = run->tasks = (double)spawn_size;
    return true;
}

static void spawn_run(struct run *run)
{
    long ran;
    ROOT(ran, spawn, spawn_size);
    run->result = (double)ran;
}

static const struct workload spawn_workload = {
    "spawn",
    "empty children of one task, forked in a loop, then awaited",
    "children, 1 to 10^8",
    "1000000",
    0,
    spawn_prepare,
    spawn_run,
    NULL,
    NULL,
};

#endif
