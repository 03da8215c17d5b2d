/*
 * workloads/fib.h - Fibonacci numbers by their definition: nothing but forks
 */
#ifndef WORKLOADS_FIB_H
#define WORKLOADS_FIB_H

#include "bench.h"

static long fib_size;

TASK(long, fib, long, n)
{
    long a, b;
    if (n < 2)
        return n;
    BOTH(a, fib, n - 1, b, fib, n - 2);
    return a + b;
}

static bool fib_prepare(struct run *run)
{
    double number = 0, next = 1;
    if (!bench_read_size(run->size, 0, 60, &fib_size))
        return false;
    for (long i = 0; i < fib_size; i++) {
        double sum = number + next;
        number = next;
        next = sum;
    }
    run->expected = number;
    run->tasks = next - 1; /* each call with n >= 2 forks once */
    return true;
}

static void fib_run(struct run *run)
{
    long value;
    ROOT(value, fib, fib_size);
    run->result = (double)value;
}

static const struct workload fib_workload = {
    "fib", "fib(n) without a cut-off: the cost of a fork", "n, 0 to 60", "38", 0, fib_prepare, fib_run, NULL, NULL,
};

#endif
