/*
 * sched/handshake.h - the word between who waits for a task and who runs it
 *
 * A task's state is one word. Its forker resets it; a thief adds itself before it runs the task; who waits adds itself
 * before it sleeps; whoever ran the task exchanges all of it for the outcome, and learns by that whom to wake. After
 * the exchange the frame may be gone: the runner does not touch it again.
 *
 * Who touches what
 *   run, link   the forker until the task can be taken; then who runs it
 *   state       the forker (reset), the thief (claim, settle), who waits (await)
 *
 * Edges
 *   [task.claim]  or by the thief -> load by who waits: the thief's number.
 *   [task.wait]   or by who waits <-> exchange by the runner, or claim of a detached task: one word, so one of them is
 *                 first; either the waiter sees the outcome or the claim, or the runner sees the waiter.
 *   [task.done]   exchange by the runner -> load by who waits: all that the task did.
 */
#ifndef WI_SCHED_HANDSHAKE_H
#define WI_SCHED_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/task.h>

#include "base/atomics.h"

/* Flags of the state. */
#define WI_TASK_DONE     UINT64_C(1)  /* has run */
#define WI_TASK_CANCELED UINT64_C(2)  /* did not run and will not */
#define WI_TASK_ROOT     UINT64_C(4)  /* came from outside */
#define WI_TASK_JOINED   UINT64_C(8)  /* has run, and has no slot: a join of it has nothing to do */
#define WI_TASK_DETACHED UINT64_C(16) /* is not settled: its frame may go away as it runs */
#define WI_TASK_SETTLED  (WI_TASK_DONE | WI_TASK_CANCELED)

/* Two numbers of slots, each 0 for none or the slot + 1: who waits in bits 8 to 23, who runs it in bits 24 to 39. What
 * is above is for sched/fiber.c, and 0 but under ThreadSanitizer. */
#define WI_TASK_WAITER_SHIFT 8
#define WI_TASK_TAKER_SHIFT  24
#define WI_TASK_FIBER_SHIFT  40
#define WI_TASK_SLOT_MASK    UINT64_C(0xffff)
/* Stands for a slot where the waiter is a thread from outside. */
#define WI_TASK_OUTSIDE (UINT32_C(0xffff) - 1)

/* Makes the task new: nobody runs it, nobody waits. */
static inline void wi_task_reset(weft_task *task, weft_task_fn *run, uint64_t flags)
{
    task->run = run;
    wi_store_relaxed(&task->state, flags); /* owner's own, until it is put where others take it */
}

static inline uint64_t wi_task_state(weft_task *task)
{
    return wi_load_acquire(&task->state); /* [task.done] [task.claim] */
}

static inline bool wi_task_is_settled(uint64_t state)
{
    return (state & WI_TASK_SETTLED) != 0;
}

static inline bool wi_task_is_taken(uint64_t state)
{
    return (state >> WI_TASK_TAKER_SHIFT & WI_TASK_SLOT_MASK) != 0;
}

/* Whether somebody has said that he is going to sleep. */
static inline bool wi_task_is_awaited(uint64_t state)
{
    return (state >> WI_TASK_WAITER_SHIFT & WI_TASK_SLOT_MASK) != 0;
}

/* The slot that runs the task; wi_task_is_taken() must hold. */
static inline uint32_t wi_task_taker(uint64_t state)
{
    return (uint32_t)(state >> WI_TASK_TAKER_SHIFT & WI_TASK_SLOT_MASK) - 1;
}

/* Says that `slot` runs the task. Returns the state before. */
static inline uint64_t wi_task_claim(weft_task *task, uint32_t slot)
{
    uint64_t taker = (uint64_t)(slot + 1) << WI_TASK_TAKER_SHIFT;
    return wi_fetch_or_acq_rel(&task->state, taker); /* [task.claim] [task.wait] */
}

/* Says that `slot` is going to sleep until the task is settled. Returns the state before; one thread only may wait. */
static inline uint64_t wi_task_await(weft_task *task, uint32_t slot)
{
    uint64_t waiter = (uint64_t)(slot + 1) << WI_TASK_WAITER_SHIFT;
    return wi_fetch_or_acq_rel(&task->state, waiter); /* [task.wait] [task.done] */
}

/* Ends the task with `outcome`, WI_TASK_DONE or WI_TASK_CANCELED. Gives true and the waiter's slot if one sleeps. */
static inline bool wi_task_settle(weft_task *task, uint64_t outcome, uint32_t *waiter)
{
    uint64_t before = wi_exchange_acq_rel(&task->state, outcome); /* [task.done] [task.wait] */
    *waiter = (uint32_t)(before >> WI_TASK_WAITER_SHIFT & WI_TASK_SLOT_MASK) - 1;
    return *waiter != UINT32_MAX;
}

/* Marks a task that has run and given up its slot, before its forker joins it. */
static inline void wi_task_set_joined(weft_task *task)
{
    wi_store_relaxed(&task->state, WI_TASK_JOINED); /* owner's own: nobody else knows the task any more */
}

static inline bool wi_task_is_joined(weft_task *task)
{
    return wi_load_relaxed(&task->state) == WI_TASK_JOINED; /* owner's own: no thief leaves this in it */
}

#endif
