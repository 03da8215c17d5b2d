/*
 * work/wait.c - waits that block a thread, and who takes its place
 */
#include <weft/cell.h>

#include "memory/arena.h"
#include "memory/waiters.h"
#include "os/clock.h"
#include "sched/spares.h"

/* Blocks until the waiter is notified or the deadline has passed. Others take the place of the workers that the thread
 * is, but for waits that end at once. */
static weft_outcome block(struct wi_arena *arena, uint32_t number, uint64_t deadline)
{
    if (wi_waiters_look(arena, number))
        return wi_waiters_sleep(arena, number, deadline);
    wi_spares_block();
    weft_outcome outcome = wi_waiters_sleep(arena, number, deadline);
    wi_spares_resume();
    return outcome;
}

static int wait_for(weft_arena *open, struct wi_cell cell, uint64_t timeout_ns, weft_outcome *outcome)
{
    int status = outcome ? weft_cell_check(open, cell.offset, cell.bytes) : WEFT_EINVAL;
    if (status != WEFT_OK)
        return status;
    struct wi_arena *arena = wi_arena_of(open);
    uint64_t deadline = wi_clock_deadline(timeout_ns);
    weft_outcome came;
    uint32_t number;
    status = wi_waiters_begin(arena, &cell, timeout_ns, WI_NO_BELL, &number, &came);
    if (status == WEFT_OK)
        *outcome = came == WEFT_PENDING ? block(arena, number, deadline) : came;
    return status;
}

int weft_cell_wait_u32(weft_arena *arena, uint64_t offset, uint32_t expected, uint64_t timeout_ns,
                       weft_outcome *outcome)
{
    return wait_for(arena, (struct wi_cell){offset, expected, 4}, timeout_ns, outcome);
}

int weft_cell_wait_u64(weft_arena *arena, uint64_t offset, uint64_t expected, uint64_t timeout_ns,
                       weft_outcome *outcome)
{
    return wait_for(arena, (struct wi_cell){offset, expected, 8}, timeout_ns, outcome);
}
