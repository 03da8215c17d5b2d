/*
 * workloads/integrate.h - adaptive quadrature: a fork for each interval that is not yet good enough
 */
#ifndef WORKLOADS_INTEGRATE_H
#define WORKLOADS_INTEGRATE_H

#include "bench.h"

#define INTEGRATE_EPSILON 1e-9

struct interval {
    double from, at_from, to, at_to, area;
};

static long integrate_size;

static inline double integrate_function(double x)
{
    return (x * x + 1) * x;
}

/* Halves an interval; returns whether that changed little. */
static inline bool integrate_halve(const struct interval *whole, struct interval *low, struct interval *high)
{
    double middle = (whole->from + whole->to) / 2, at_middle = integrate_function(middle);
    low->from = whole->from;
    low->at_from = whole->at_from;
    low->to = high->from = middle;
    low->at_to = high->at_from = at_middle;
    high->to = whole->to;
    high->at_to = whole->at_to;
    low->area = (low->at_from + at_middle) / 2 * (middle - low->from);
    high->area = (at_middle + high->at_to) / 2 * (high->to - middle);
    double change = low->area + high->area - whole->area;
    return change < INTEGRATE_EPSILON && change > -INTEGRATE_EPSILON;
}

static inline struct interval integrate_whole(void)
{
    double to = (double)integrate_size;
    struct interval whole = {0, integrate_function(0), to, integrate_function(to), 0};
    return whole;
}

TASK(double, integrate, struct interval, whole)
{
    struct interval low, high;
    double below, above;
    if (integrate_halve(&whole, &low, &high))
        return low.area + high.area;
    BOTH(below, integrate, low, above, integrate, high);
    return below + above;
}

static double integrate_count_forks(struct interval whole)
{
    struct interval low, high;
    if (integrate_halve(&whole, &low, &high))
        return 0;
    return 1 + integrate_count_forks(low) + integrate_count_forks(high);
}

static bool integrate_prepare(struct run *run)
{
    if (!bench_read_size(run->size, 1, 10000, &integrate_size))
        return false;
    double square = (double)integrate_size * (double)integrate_size;
    run->expected = square * square / 4 + square / 2;
    run->tolerance = 1e-6 * run->expected;
    run->tasks = integrate_count_forks(integrate_whole());
    return true;
}

static void integrate_run(struct run *run)
{
    ROOT(run->result, integrate, integrate_whole());
}

static const struct workload integrate_workload = {
    "integrate",
    "(x^2 + 1) x from 0 to n by adaptive quadrature",
    "n, 1 to 10000",
    "1000",
    0,
    integrate_prepare,
    integrate_run,
    NULL,
    NULL,
};

#endif
