/*
 * memory/cell.c - checks of cells, waiting and notifying
 */
#include <weft/cell.h>

#include "memory/arena.h"
#include "memory/waiters.h"
#include "os/clock.h"

int weft_cell_check(weft_arena *arena, uint64_t offset, uint32_t bytes)
{
    if (!arena)
        return WEFT_EINVAL;
    if (offset & (bytes - 1))
        return WEFT_EALIGN;
    return wi_arena_holds(wi_arena_of(arena), offset, bytes) ? WEFT_OK : WEFT_ERANGE;
}

static int wait_for(weft_arena *open, struct wi_cell cell, uint64_t timeout_ns, weft_outcome *outcome)
{
    int status = outcome ? weft_cell_check(open, cell.offset, cell.bytes) : WEFT_EINVAL;
    if (status != WEFT_OK)
        return status;
    struct wi_arena *arena = wi_arena_of(open);
    uint64_t deadline = timeout_ns == WEFT_FOREVER ? WI_NEVER : wi_clock_deadline(timeout_ns);
    weft_outcome came;
    uint32_t number;
    status = wi_waiters_begin(arena, &cell, timeout_ns, WI_NO_BELL, &number, &came);
    if (status == WEFT_OK)
        *outcome = came == WEFT_PENDING ? wi_waiters_sleep(arena, number, deadline) : came;
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

static int notify(weft_arena *arena, uint64_t offset, uint32_t bytes, uint32_t count, uint32_t *woken)
{
    int status = woken ? weft_cell_check(arena, offset, bytes) : WEFT_EINVAL;
    if (status == WEFT_OK)
        *woken = wi_waiters_notify(wi_arena_of(arena), offset, count);
    return status;
}

int weft_cell_notify_u32(weft_arena *arena, uint64_t offset, uint32_t count, uint32_t *woken)
{
    return notify(arena, offset, 4, count, woken);
}

int weft_cell_notify_u64(weft_arena *arena, uint64_t offset, uint32_t count, uint32_t *woken)
{
    return notify(arena, offset, 8, count, woken);
}
