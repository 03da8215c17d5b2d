/*
 * work/parallel.c - loops in parallel, by halving
 *
 * A range larger than the grain is cut in two; the upper half is forked, the lower one goes on. So the largest pieces
 * are stolen first, and the stack needs one frame for each halving.
 */
#include <weft/parallel.h>

#include "sched/worker.h"

/* Pieces for each worker when the grain is chosen here. More evens out bodies of uneven cost, fewer costs less
 * forking. */
#define PIECES_PER_WORKER 16

struct loop {
    weft_range_fn *body;
    void *context;
    size_t grain;
};

struct piece {
    weft_task task;
    const struct loop *loop;
    size_t begin, end;
};

static void run_piece(weft_worker *worker, weft_task *task);

static void run_range(weft_worker *worker, const struct loop *loop, size_t begin, size_t end)
{
    if (end - begin <= loop->grain) {
        loop->body(worker, begin, end, loop->context);
        return;
    }
    size_t middle = begin + (end - begin) / 2;
    struct piece upper = {.loop = loop, .begin = middle, .end = end};
    weft_fork(worker, &upper.task, run_piece);
    run_range(worker, loop, begin, middle);
    weft_join(worker, &upper.task);
}

static void run_piece(weft_worker *worker, weft_task *task)
{
    struct piece *piece = weft_entry(task, struct piece, task);
    run_range(worker, piece->loop, piece->begin, piece->end);
}

static size_t automatic_grain(weft_worker *worker, size_t count)
{
    size_t workers = weft_pool_workers(weft_worker_pool(worker));
    return count / (PIECES_PER_WORKER * (workers > 0 ? workers : 1)) + 1;
}

int weft_parallel_for(weft_worker *worker, size_t begin, size_t end, size_t grain, weft_range_fn *body, void *context)
{
    if (!worker || !body || begin > end)
        return WEFT_EINVAL;
    if (begin == end)
        return WEFT_OK;
    struct loop loop = {.body = body, .context = context, .grain = grain};
    if (grain == 0)
        loop.grain = automatic_grain(worker, end - begin);
    run_range(worker, &loop, begin, end);
    return wi_pool_is_forked(weft_worker_pool(worker)) ? WEFT_EFORKED : WEFT_OK;
}

struct whole {
    weft_task task;
    size_t begin, end, grain;
    weft_range_fn *body;
    void *context;
    int status;
};

static void run_whole(weft_worker *worker, weft_task *task)
{
    struct whole *whole = weft_entry(task, struct whole, task);
    whole->status = weft_parallel_for(worker, whole->begin, whole->end, whole->grain, whole->body, whole->context);
}

int weft_pool_parallel_for(weft_pool *pool, size_t begin, size_t end, size_t grain, weft_range_fn *body, void *context)
{
    struct whole whole = {.begin = begin, .end = end, .grain = grain, .body = body, .context = context};
    int status = weft_run(pool, &whole.task, run_whole);
    return status == WEFT_OK ? whole.status : status;
}
