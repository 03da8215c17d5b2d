/*
 * memory/cell.c - checks of cells, and notifying
 */
#include <weft/cell.h>

#include "memory/arena.h"
#include "memory/waiters.h"

int weft_cell_check(weft_arena *arena, uint64_t offset, uint32_t bytes)
{
    if (!arena)
        return WEFT_EINVAL;
    if (offset & (bytes - 1))
        return WEFT_EALIGN;
    return wi_arena_holds(wi_arena_of(arena), offset, bytes) ? WEFT_OK : WEFT_ERANGE;
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
