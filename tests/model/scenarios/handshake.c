/*
 * scenarios/handshake.c - a task's word: who waits sees what the runner did, is woken, and may end the frame at once
 */
#include "sched/handshake.h"

#include "os/clock.h"
#include "queue/event.h"

#define WAITER 3
#define RUNNER 5

struct frame {
    weft_task task;
    uint32_t answer; /* plain */
};

struct stage {
    struct frame *frame;
    wi_atomic_ptr offered; /* the frame, from its forker to its runner */
    struct wi_event bed;
    weft_task_fn *expected;
};

static void body(weft_worker *worker, weft_task *task)
{
    (void)worker;
    weft_entry(task, struct frame, task)->answer = 42;
}

static void forks_and_waits(void *context)
{
    struct stage *stage = context;
    struct frame *frame = mc_new(sizeof *frame);
    wi_task_reset(&frame->task, body, 0);
    wi_store_release(&stage->offered, frame);
    for (uint64_t state; !wi_task_is_settled(state = wi_task_state(&frame->task));) {
        mc_check(!wi_task_is_taken(state) || wi_task_taker(state) == RUNNER);
        uint32_t key = wi_event_prepare(&stage->bed);
        if (wi_task_is_settled(wi_task_await(&frame->task, WAITER)))
            wi_event_cancel(&stage->bed);
        else
            wi_event_wait(&stage->bed, key, WI_NEVER);
    }
    mc_check(frame->answer == 42);
    mc_delete(frame);
}

static void takes_and_runs(void *context)
{
    struct stage *stage = context;
    uint32_t waiter;
    struct frame *frame;
    while (!(frame = wi_load_acquire(&stage->offered)))
        mc_yield();
    wi_task_claim(&frame->task, RUNNER);
    frame->task.run(NULL, &frame->task);
    if (!wi_task_settle(&frame->task, WI_TASK_DONE, &waiter))
        return;
    mc_check(waiter == WAITER);
    wi_event_notify(&stage->bed);
}

MC_SCENARIO(handshake, fork_run_join, .spurious = 1)
{
    struct stage *stage = mc_new(sizeof *stage);
    mc_spawn("forker", forks_and_waits, stage);
    mc_spawn("runner", takes_and_runs, stage);
    mc_join_all();
}
