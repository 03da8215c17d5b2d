/*
 * memory/handles.c - handles: numbers that mean a thing until it is given away or ended
 *
 * Invariants
 *   I1  a state's generation is odd from open to retire, and only grows, by 2 for a move and by 1 for the others.
 *   I2  while a row is claimed, its state is changed by nobody but the claimant; while it is pinned, it is neither
 *       moved nor given back.
 *
 * Who touches what
 *   state   pin, unpin, claim, retire (read-modify-write); unclaim, move (store, claimed); open, give back (nobody's)
 *   link    memory/stack.h
 *   rows, count   the first take, under the lock; then read
 *
 * Edges
 *   [handles.rows]    store of rows -> load of rows: the table's size and its memory.
 *   [handles.state]   open, move, unclaim, unpin -> pin, claim, peek: the thing as the one before has left it.
 */
#include "memory/handles.h"

#include <weft/status.h>

#include "base/alloc.h"
#include "memory/stack.h"
#include "os/region.h"

/* Below the generation in a state: how many have pinned the row, or CLAIMED. In a handle: the row's number. */
#define SHIFT   24
#define LOWER   ((UINT64_C(1) << SHIFT) - 1)
#define CLAIMED LOWER

_Static_assert(LOWER == WI_HANDLES_MOST - 1, "a row's number fits below the generation");

static unsigned char *rows_of(struct wi_handles *table)
{
    return wi_load_acquire(&table->rows); /* [handles.rows] */
}

static struct wi_row *row_at(struct wi_handles *table, uint64_t number)
{
    return (struct wi_row *)(void *)(rows_of(table) + number * table->row_bytes);
}

static struct wi_stack free_rows(struct wi_handles *table)
{
    struct wi_row *first = row_at(table, 0);
    return (struct wi_stack){&table->free, &first->link, table->row_bytes, table->count};
}

static uint32_t number_of(struct wi_handles *table, const struct wi_row *row)
{
    return (uint32_t)((size_t)((const unsigned char *)row - rows_of(table)) / table->row_bytes);
}

static uint64_t handle_of(struct wi_handles *table, const struct wi_row *row, uint64_t generation)
{
    return generation << SHIFT | (table->first + number_of(table, row));
}

/* Gets addresses for the rows, once. */
static int reserve(struct wi_handles *table)
{
    int status = WEFT_OK;
    wi_lock_acquire(&table->lock);
    if (!rows_of(table)) {
        size_t bytes = table->row_bytes * table->most;
        void *rows = wi_region_reserve(&bytes, WI_REGION_BYTES);
        table->count = (uint32_t)(bytes / table->row_bytes);
        if (rows)
            wi_store_release(&table->rows, rows); /* [handles.rows] */
        else
            status = WEFT_ENOMEM;
    }
    wi_lock_release(&table->lock);
    return status;
}

int wi_handles_take(struct wi_handles *table, struct wi_row **row)
{
    if (!rows_of(table) && reserve(table) != WEFT_OK)
        return WEFT_ENOMEM;
    struct wi_stack rows = free_rows(table);
    uint32_t number = wi_alloc_refuses() ? table->count : wi_stack_pop(&rows);
    if (number == WI_STACK_EMPTY) {
        number = wi_load_relaxed(&table->fresh);                                             /* hint: the CAS decides */
        while (number < table->count && !wi_cas_acq_rel(&table->fresh, &number, number + 1)) /* hint: as above */
            continue;
    }
    if (number >= table->count)
        return WEFT_ENOMEM;
    *row = row_at(table, number);
    return WEFT_OK;
}

uint64_t wi_handles_open(struct wi_handles *table, struct wi_row *row)
{
    uint64_t generation = (wi_load_relaxed(&row->state) >> SHIFT) + 1; /* owner's own */
    wi_store_release(&row->state, generation << SHIFT);                /* [handles.state] */
    return handle_of(table, row, generation);
}

/* Gives the row that `handle` means or meant; WEFT_EINVAL if it never meant any. */
static int find(struct wi_handles *table, uint64_t handle, struct wi_row **row)
{
    uint64_t number = (handle & LOWER) - table->first; /* of another table: above all */
    bool can_be = (handle >> SHIFT & 1) != 0 && rows_of(table) != NULL;
    if (!can_be || number >= wi_load_relaxed(&table->fresh)) /* hint: the state is looked at next */
        return WEFT_EINVAL;
    *row = row_at(table, number);
    return WEFT_OK;
}

/* Adds `more` to the state of a row whose handle is good, and which is not claimed, nor pinned by more than `most`. */
static int change(struct wi_handles *table, uint64_t handle, uint64_t most, uint64_t more, struct wi_row **result)
{
    struct wi_row *row;
    int status = find(table, handle, &row);
    if (status != WEFT_OK)
        return status;
    uint64_t state = wi_load_acquire(&row->state); /* [handles.state] */
    do {
        if (state >> SHIFT != handle >> SHIFT)
            return state >> SHIFT < handle >> SHIFT ? WEFT_EINVAL : WEFT_EDETACHED;
        if ((state & LOWER) > most)
            return WEFT_EAGAIN;
    } while (!wi_cas_acq_rel(&row->state, &state, state + more)); /* [handles.state] */
    *result = row;
    return WEFT_OK;
}

int wi_handles_pin(struct wi_handles *table, uint64_t handle, struct wi_row **row)
{
    return change(table, handle, CLAIMED - 2, 1, row);
}

bool wi_handles_unpin(struct wi_row *row)
{
    uint64_t before = wi_fetch_add_acq_rel(&row->state, (uint64_t)-1); /* [handles.state] */
    return (before & LOWER) == 1 && (before >> SHIFT & 1) == 0;
}

struct wi_row *wi_handles_pinned(struct wi_handles *table, uint64_t handle)
{
    struct wi_row *row;
    if (find(table, handle, &row) != WEFT_OK)
        return NULL;
    uint64_t state = wi_load_acquire(&row->state); /* [handles.state] */
    uint64_t generation = state >> SHIFT, pins = state & LOWER;
    bool is_meant = generation == handle >> SHIFT || generation == (handle >> SHIFT) + 1;
    return is_meant && pins != 0 && pins != CLAIMED ? row : NULL;
}

int wi_handles_claim(struct wi_handles *table, uint64_t handle, struct wi_row **row)
{
    return change(table, handle, 0, CLAIMED, row);
}

void wi_handles_unclaim(struct wi_row *row)
{
    wi_store_release(&row->state, wi_load_relaxed(&row->state) - CLAIMED); /* [handles.state] */
}

uint64_t wi_handles_move(struct wi_handles *table, struct wi_row *row)
{
    uint64_t generation = (wi_load_relaxed(&row->state) >> SHIFT) + 2; /* owner's own */
    wi_store_release(&row->state, generation << SHIFT);                /* [handles.state] */
    return handle_of(table, row, generation);
}

int wi_handles_retire(struct wi_handles *table, uint64_t handle, struct wi_row **row)
{
    return change(table, handle, CLAIMED - 2, (UINT64_C(1) << SHIFT) + 1, row);
}

void wi_handles_give_back(struct wi_handles *table, struct wi_row *row)
{
    struct wi_stack rows = free_rows(table);
    wi_stack_push(&rows, number_of(table, row));
}

struct wi_row *wi_handles_peek(struct wi_handles *table, uint64_t handle)
{
    struct wi_row *row;
    if (find(table, handle, &row) != WEFT_OK)
        return NULL;
    return wi_load_acquire(&row->state) >> SHIFT == handle >> SHIFT ? row : NULL; /* [handles.state] */
}
