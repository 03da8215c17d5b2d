/*
 * weft/parallel.h - loops in parallel
 *
 * A range of indices is split in halves until a piece is small enough, and the pieces run as tasks. The caller executes
 * too, and the call returns when all of it is done.
 *
 *     static void scale(weft_worker *worker, size_t begin, size_t end, void *context)
 *     {
 *         double *x = context;
 *         for (size_t i = begin; i < end; i++)
 *             x[i] *= 2.0;
 *     }
 *
 *     weft_pool_parallel_for(pool, 0, count, 0, scale, x);
 *
 * What follows holds for every function that does not say otherwise.
 *   Units     indices, from `begin` to `end` without `end` itself; an empty range calls nothing
 *   Errors    WEFT_EINVAL: no body, or `begin` above `end`. WEFT_EFORKED: the body called fork() and this is the child,
 *             where what other threads were at is not done
 *   Ordering  what happens before the call happens before each piece; each piece happens before the return
 */
#ifndef WEFT_PARALLEL_H
#define WEFT_PARALLEL_H

#include <stddef.h>

#include <weft/pool.h>
#include <weft/status.h>
#include <weft/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A loop's body: does the indices from `begin` to before `end`. It may fork, join, and start loops of its own on
 * `worker`, which is not always the worker that the loop was started on. */
typedef void weft_range_fn(weft_worker *worker, size_t begin, size_t end, void *context);

/* Calls `body` for pieces that together are the range, each index once, in parallel. No piece is larger than `grain`; 0
 * chooses a grain that gives each worker several pieces. Inside a task, on its worker's thread. */
WEFT_API int weft_parallel_for(weft_worker *worker, size_t begin, size_t end, size_t grain, weft_range_fn *body,
                               void *context);

/* The same from any thread: weft_run() of a weft_parallel_for(), with the statuses of both. */
WEFT_API int weft_pool_parallel_for(weft_pool *pool, size_t begin, size_t end, size_t grain, weft_range_fn *body,
                                    void *context);

#ifdef __cplusplus
}
#endif

#endif
