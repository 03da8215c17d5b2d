/*
 * contenders/serial.c - plain C: the baseline, in two forms
 *
 * As it stands, the compiler inlines what it likes; with SERIAL_TRUE_CALLS, each task is a call. Which of the two is
 * faster differs from program to program; overheads count from the faster one.
 */
#include "bench.h"

#ifdef SERIAL_TRUE_CALLS
#define TASK_FORM __attribute__((noinline))
#else
#define TASK_FORM
#endif

#define TASK(R, name, A, a) TASK_FORM static R name(A a)

#define BOTH(x, f, p, y, g, q)                                                                                         \
    do {                                                                                                               \
        (x) = f(p);                                                                                                    \
        (y) = g(q);                                                                                                    \
    } while (0)

#define SUM(total, f, count, i, p)                                                                                     \
    do {                                                                                                               \
        size_t count_ = (count);                                                                                       \
        for (size_t i = 0; i < count_; i++)                                                                            \
            (total) += f(p);                                                                                           \
    } while (0)

#define CALL(f, p) f(p)

#define ROOT(x, f, p) ((x) = f(p))

#include "fork_join.h"

static void parallel_for(size_t count, size_t grain, range_fn *body, void *context)
{
    (void)grain;
    body(0, count, context);
}

const struct contender contender = {
    .fork_join = fork_join,
    .parallel_for = parallel_for,
};
