/*
 * support/sums.h - small parallel computations with a known result, for tests of everything that runs tasks
 *
 * Each is a frame with its inputs and its result, and a body. They check themselves by the result, and under
 * ThreadSanitizer by the plain memory that parent and child share.
 */
#ifndef SUPPORT_SUMS_H
#define SUPPORT_SUMS_H

#include <stdint.h>
#include <string.h>

#include <weft/task.h>

/* The nth Fibonacci number, two tasks for each call. The value is added to, so that a task that runs twice shows. */
struct fib {
    weft_task task;
    int n;
    long value;
};

static inline void fib(weft_worker *worker, weft_task *task)
{
    struct fib *f = weft_entry(task, struct fib, task);
    if (f->n < 2) {
        f->value += f->n;
        return;
    }
    struct fib left = {.n = f->n - 1}, right = {.n = f->n - 2};
    weft_fork(worker, &left.task, fib);
    weft_call(worker, &right.task, fib);
    weft_join(worker, &left.task);
    f->value += left.value + right.value;
}

static inline long fib_serial(int n)
{
    return n < 2 ? n : fib_serial(n - 1) + fib_serial(n - 2);
}

/* How many ways there are to put n queens on a board of n by n; a task for each safe square, joined in the order of
 * forking, which is not the fast one. */
#define QUEENS_MOST 12

struct queens {
    weft_task task;
    int n, row;
    uint8_t column[QUEENS_MOST];
    long value;
};

static inline int queen_is_safe(const struct queens *q, int column)
{
    for (int row = 0; row < q->row; row++) {
        int apart = q->column[row] - column;
        if (apart == 0 || apart == q->row - row || apart == row - q->row)
            return 0;
    }
    return 1;
}

static inline void queens(weft_worker *worker, weft_task *task)
{
    struct queens *q = weft_entry(task, struct queens, task);
    struct queens child[QUEENS_MOST];
    int children = 0;
    if (q->row == q->n) {
        q->value = 1;
        return;
    }
    for (int column = 0; column < q->n; column++) {
        if (!queen_is_safe(q, column))
            continue;
        struct queens *next = &child[children++];
        next->n = q->n;
        next->row = q->row + 1;
        memcpy(next->column, q->column, sizeof next->column);
        next->column[q->row] = (uint8_t)column;
        weft_fork(worker, &next->task, queens);
    }
    q->value = 0;
    for (int i = 0; i < children; i++) {
        weft_join(worker, &child[i].task);
        q->value += child[i].value;
    }
}

static inline long queens_known(int n)
{
    static const long known[QUEENS_MOST + 1] = {1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14200};
    return known[n];
}

#endif
