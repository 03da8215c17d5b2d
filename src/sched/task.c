/*
 * sched/task.c - fork and join
 *
 * Joining takes the forked task back from the bottom of the worker's own deque. What lies above it there was forked
 * later by the same task, and is run on the way. If the deque runs empty, the task was stolen: then its thief settles
 * it.
 */
#include <weft/task.h>

#include "queue/deque.h"
#include "sched/handshake.h"
#include "sched/worker.h"

void weft_fork(weft_worker *worker, weft_task *task, weft_task_fn *run)
{
    wi_task_reset(task, run, 0);
    if (weft_deque_push(&worker->deque, task) == WEFT_OK) {
        wi_worker_announce(worker);
    } else {
        run(worker, task);
        wi_task_ran_here(task);
    }
}

int weft_join(weft_worker *worker, weft_task *task)
{
    while (!wi_task_is_settled(wi_task_state(task))) {
        weft_task *newest = weft_deque_pop(&worker->deque);
        if (!newest)
            return wi_worker_serve(worker, task);
        newest->run(worker, newest);
        wi_task_ran_here(newest);
    }
    return WEFT_OK;
}

uint32_t weft_worker_index(const weft_worker *worker)
{
    return worker->index;
}

weft_pool *weft_worker_pool(const weft_worker *worker)
{
    return worker->pool;
}

void *weft_worker_local(const weft_worker *worker)
{
    return worker->local;
}
