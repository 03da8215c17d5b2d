/*
 * fork_join.h - the fork-join programs, compiled into a contender in its own idiom
 *
 * A scheduler's cost per fork is a few nanoseconds, less than a call through a table. So the programs are written once
 * over five macros, and each contender's file defines these and then includes this header: what the compiler sees is
 * what a user of that contender would have written by hand.
 *
 *     TASK(R, name, A, a) { ... }  a task `name` that takes one `A a` by value and returns an `R`
 *     BOTH(x, f, p, y, g, q);      x = f(p) and y = g(q), the first of which may run elsewhere
 *     SUM(total, f, count, i, p);  total += f(p) for each i below count, beside each other; p may name i
 *     CALL(f, p)                   f(p), here and now
 *     ROOT(x, f, p);               x = f(p) from outside of any task
 *
 * BOTH, SUM and CALL only stand in tasks and evaluate p and q where they stand; a result has the type that its task
 * returns. The programs are in the common part of C11 and C++20.
 */
#ifndef FORK_JOIN_H
#define FORK_JOIN_H

#include "workloads/cilksort.h"
#include "workloads/fib.h"
#include "workloads/integrate.h"
#include "workloads/matmul.h"
#include "workloads/nqueens.h"
#include "workloads/prompt.h"
#include "workloads/spawn.h"
#include "workloads/uts.h"

static const struct workload *const fork_join[] = {
    &fib_workload,      &nqueens_workload, &uts_workload,           &integrate_workload,        &matmul_workload,
    &cilksort_workload, &spawn_workload,   &prompt_asleep_workload, &prompt_searching_workload, NULL,
};

#endif
