/*
 * sched/task.c - fork and join, as far as they are not inline
 *
 * A fork comes here when somebody wants its task, or when there is no room for it; a join, when thieves may have seen
 * its task, or when the task is not the newest.
 */
#include <weft/task.h>

#include "base/hide.h"
#include "queue/split.h"
#include "sched/fiber.h"
#include "sched/handshake.h"
#include "sched/worker.h"

/* Runs a task of which nobody else knows, while the next fork goes to `next`. */
static void run_here(weft_worker *owner, weft_slot *next, weft_task *task)
{
    owner->next = next;
    wi_fiber_run(wi_worker_of(owner), task, task->run, wi_load_relaxed(&task->state)); /* owner's own */
}

/* Shows thieves some of the tasks before `end`, and tells sleepers. */
static void answer(struct wi_worker *worker, weft_slot *end)
{
    wi_split_relax(&worker->split);
    wi_split_publish(&worker->split, end);
    wi_worker_announce(worker);
}

static weft_slot *fork_slow(weft_worker *owner, weft_slot *at, weft_task *task, uint64_t fiber)
{
    struct wi_worker *worker = wi_worker_of(owner);
    if (fiber != 0)
        wi_store_relaxed(&task->state, fiber); /* owner's own: where there are fibers, nobody forces this slot public */
    if (at < owner->last) {
        answer(worker, at + 1);
        return at + 1;
    }
    wi_store_relaxed(at, NULL); /* owner's own: this slot is never public */
    answer(worker, at);
    if (!worker->split.full)
        wi_split_fill(&worker->split);
    run_here(owner, at, task);
    wi_task_set_joined(task);
    return at;
}

weft_slot *weft_fork_slow_(weft_worker *owner, weft_slot *at, weft_task *task)
{
    uint64_t fiber = wi_fiber_fork(task);
    wi_hide_begin();
    weft_slot *next = fork_slow(owner, at, task, fiber);
    wi_hide_end();
    return next;
}

/* Waits until `task`, which was stolen from the slot `at`, is settled. */
static int wait_for_thief(struct wi_worker *worker, weft_slot *at, weft_task *task)
{
    wi_store_relaxed(at, task); /* owner's own: the slot stays in use */
    worker->split.owner.next = at + 1;
    wi_split_begin_above(&worker->split, at);
    int status = wi_worker_serve(worker, task);
    worker->split.owner.next = at;
    if (worker->split.full)
        wi_split_unfill(&worker->split);
    wi_store_relaxed(at, NULL); /* owner's own: not public any more */
    wi_split_end_above(&worker->split, at);
    wi_fiber_clean_stack();
    return status;
}

static int join_public(weft_worker *owner, weft_slot *at, weft_task *task)
{
    struct wi_worker *worker = wi_worker_of(owner);
    weft_task *full = worker->split.full;
    if (full && full != task) {     /* `task` had no room, and has run */
        wi_store_release(at, full); /* [split.item] */
        owner->next = at + 1;
        return WEFT_OK;
    }
    if (full)
        wi_split_unfill(&worker->split);
    if (!wi_split_take_back(&worker->split, at))
        return wait_for_thief(worker, at, task);
    run_here(owner, at, task);
    return WEFT_OK;
}

int weft_join_public_(weft_worker *owner, weft_slot *at, weft_task *task)
{
    wi_hide_begin();
    int status = join_public(owner, at, task);
    wi_hide_end();
    wi_fiber_join(task);
    return status;
}

weft_slot *weft_join_slow_(weft_worker *owner, weft_slot *at, weft_task *task)
{
    weft_join_public_(owner, at, task);
    return WEFT_GET_OWN_(owner->next);
}

/* Joins the newest task. */
static int join_newest(weft_worker *owner, weft_task *newest)
{
    weft_slot *at = owner->next - 1;
    if (!weft_take_back_(owner, at))
        return join_public(owner, at, newest);
    run_here(owner, at, newest);
    return WEFT_OK;
}

static int join_other(weft_worker *owner, weft_task *task)
{
    if (wi_task_is_joined(task))
        return WEFT_OK;
    for (;;) {
        if (owner->next == owner->first)
            return WEFT_EINVAL;
        weft_task *newest = wi_load_relaxed(owner->next - 1); /* owner's own */
        int status = join_newest(owner, newest);
        if (status != WEFT_OK || newest == task)
            return status;
        wi_task_set_joined(newest);
    }
}

int weft_join_other_(weft_worker *owner, weft_task *task)
{
    wi_hide_begin();
    int status = join_other(owner, task);
    wi_hide_end();
    wi_fiber_join(task);
    return status;
}

/* ---- what a worker is ---- */

static struct wi_worker *whole(const weft_worker *owner)
{
    return (struct wi_worker *)(uintptr_t)owner;
}

uint32_t weft_worker_index(const weft_worker *owner)
{
    wi_fiber_rely(whole(owner));
    return whole(owner)->index;
}

weft_pool *weft_worker_pool(const weft_worker *owner)
{
    return whole(owner)->pool;
}

void *weft_worker_local(const weft_worker *owner)
{
    wi_fiber_rely(whole(owner));
    return whole(owner)->local;
}
