/*
 * conformance/agents.h - agents that wait for cells: threads, or asynchronous waits
 *
 * Nothing here sleeps: agents_wait_until() looks into the list itself to see that an agent has entered it, so that a
 * test knows the order in which its agents came.
 */
#ifndef CONFORMANCE_AGENTS_H
#define CONFORMANCE_AGENTS_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include <weft/arena.h>
#include <weft/cell.h>

#include "memory/arena.h"
#include "os/clock.h"
#include "os/thread.h"

#define MILLISECOND UINT64_C(1000000)

/* One wait. */
struct agent {
    weft_arena *arena;
    uint64_t offset, expected, timeout_ns;
    uint32_t bytes;
    bool is_async;
    wi_thread thread;
    weft_async async;
    int status;
    weft_outcome outcome; /* what the call gave, or what came of it */
    bool was_pending;     /* an asynchronous one that did not end at once */
    uint64_t took_ns;
};

/* How many wait for the cell at `offset`. */
static inline uint32_t agents_waiting(weft_arena *open, uint64_t offset)
{
    struct wi_arena *arena = wi_arena_of(open);
    uint32_t count = 0;
    for (int i = 0; i < WI_BUCKETS; i++) {
        struct wi_bucket *bucket = &arena->buckets[i];
        if (wi_load_acquire(&bucket->waiting) == 0)
            continue;
        wi_lock_acquire(&bucket->lock);
        for (uint32_t at = bucket->first; at != 0; at = arena->waiters[at - 1].next)
            count += arena->waiters[at - 1].offset == offset;
        wi_lock_release(&bucket->lock);
    }
    return count;
}

/* Returns once exactly `count` wait for the cell. */
static inline void agents_wait_until(weft_arena *arena, uint64_t offset, uint32_t count)
{
    while (agents_waiting(arena, offset) != count)
        wi_thread_yield();
}

static inline int agent_wait_sync(struct agent *agent, weft_outcome *outcome)
{
    return agent->bytes == 4
               ? weft_cell_wait_u32(agent->arena, agent->offset, (uint32_t)agent->expected, agent->timeout_ns, outcome)
               : weft_cell_wait_u64(agent->arena, agent->offset, agent->expected, agent->timeout_ns, outcome);
}

static inline int agent_wait_async(struct agent *agent, weft_outcome *outcome)
{
    return agent->bytes == 4 ? weft_cell_wait_async_u32(agent->arena, agent->offset, (uint32_t)agent->expected,
                                                        agent->timeout_ns, &agent->async, outcome)
                             : weft_cell_wait_async_u64(agent->arena, agent->offset, agent->expected, agent->timeout_ns,
                                                        &agent->async, outcome);
}

static inline void *agent_run(void *context)
{
    struct agent *agent = context;
    uint64_t begin = wi_clock_now();
    agent->status = agent_wait_sync(agent, &agent->outcome);
    agent->took_ns = wi_clock_now() - begin;
    return NULL;
}

/* Begins the wait that the agent's first fields say. */
static inline void agent_start(struct agent *agent)
{
    if (!agent->is_async) {
        cr_assert_eq(wi_thread_create(&agent->thread, 0, agent_run, agent), 0);
        return;
    }
    agent->took_ns = wi_clock_now();
    agent->status = agent_wait_async(agent, &agent->outcome);
    agent->was_pending = agent->status == WEFT_OK && agent->outcome == WEFT_PENDING;
}

/* Returns once the wait is over, and what came of it. */
static inline weft_outcome agent_finish(struct agent *agent)
{
    if (!agent->is_async) {
        wi_thread_join(&agent->thread);
    } else if (agent->was_pending) {
        agent->status = weft_async_finish(&agent->async, &agent->outcome);
        agent->took_ns = wi_clock_now() - agent->took_ns;
    }
    cr_assert_eq(agent->status, WEFT_OK);
    return agent->outcome;
}

/* A notify on a cell of 4 or 8 bytes that must be right; returns how many it woke. */
static inline uint32_t agents_notify(weft_arena *arena, uint32_t bytes, uint64_t offset, uint32_t count)
{
    uint32_t woken = UINT32_MAX;
    int status = bytes == 4 ? weft_cell_notify_u32(arena, offset, count, &woken)
                            : weft_cell_notify_u64(arena, offset, count, &woken);
    cr_assert_eq(status, WEFT_OK);
    return woken;
}

static inline weft_arena *agents_arena(uint64_t bytes)
{
    weft_arena *arena;
    cr_assert_eq(weft_arena_create(bytes, 4 * bytes, NULL, &arena), WEFT_OK);
    return arena;
}

#endif
