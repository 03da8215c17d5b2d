/*
 * memory/handles.h - handles: numbers that mean a thing until it is given away or ended
 *
 * A table has rows that never move and are never unmapped, so a handle, the number of a row and of its generation, can
 * be looked up at any time. A row begins with its state: the generation, odd while the handle is good, and who uses the
 * thing: any number that have pinned it, or one that has claimed it. Nobody waits: who comes too late gets a status.
 * Rows have numbers that no other table's rows have, so a handle of one kind of thing is none of another.
 *
 *   Errors    WEFT_EINVAL: never was a handle of this table; WEFT_EDETACHED: stale; WEFT_EAGAIN: claimed, or, for a
 *             claim, pinned
 *   Threads   any; lock-free, but for the first take
 *   Ordering  what is done with a thing until it is unpinned, moved, or given back happens before what is done by who
 *             claims it, or takes its row, later; what is done before an open or a move, before
 *             what is done by who pins it
 */
#ifndef WI_MEMORY_HANDLES_H
#define WI_MEMORY_HANDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"
#include "os/lock.h"

/* The beginning of each row. */
struct wi_row {
    wi_atomic_u64 state;
    wi_atomic_u32 link; /* to the next free row */
    uint32_t mark;      /* the thing's own */
};

/* A table; all zero but the first three. */
struct wi_handles {
    size_t row_bytes;
    uint32_t first; /* the number of the first row */
    uint32_t most;  /* rows */
    struct wi_lock lock;
    wi_atomic_ptr rows;
    uint32_t count;      /* of the rows that the system has given addresses for */
    wi_atomic_u32 fresh; /* rows from this one on have never been used */
    wi_atomic_u64 free;
};

/* All numbers of rows, and which of them are whose. */
#define WI_HANDLES_MOST    (UINT32_C(1) << 24)
#define WI_HANDLES_PORTS   (UINT32_C(1) << 20) /* from 0 on */
#define WI_HANDLES_BUFFERS (WI_HANDLES_MOST - WI_HANDLES_PORTS)

/* Gives a row that nobody has a handle for. WEFT_ENOMEM. */
int wi_handles_take(struct wi_handles *table, struct wi_row **row);

/* Returns the handle of a row that was taken, which is good from now on. */
uint64_t wi_handles_open(struct wi_handles *table, struct wi_row *row);

/* Gives the row, whose thing stays as it is until wi_handles_unpin(). */
int wi_handles_pin(struct wi_handles *table, uint64_t handle, struct wi_row **row);

/* Ends a pin. True if the row was retired and this was the last: the caller ends the thing and gives the row back. */
bool wi_handles_unpin(struct wi_row *row);

/* Gives the row that `handle` has pinned, or NULL. */
struct wi_row *wi_handles_pinned(struct wi_handles *table, uint64_t handle);

/* Gives the row, which the caller has for itself until wi_handles_unclaim() or wi_handles_move(). */
int wi_handles_claim(struct wi_handles *table, uint64_t handle, struct wi_row **row);
void wi_handles_unclaim(struct wi_row *row);

/* Ends a claim, and returns the new handle; the old one is stale. */
uint64_t wi_handles_move(struct wi_handles *table, struct wi_row *row);

/* Makes the handle stale and gives the row pinned, however many others have. */
int wi_handles_retire(struct wi_handles *table, uint64_t handle, struct wi_row **row);

/* Takes a row that nobody uses any more. */
void wi_handles_give_back(struct wi_handles *table, struct wi_row *row);

/* Gives the row if the handle is good; what is read of it counts if the handle is good afterwards, too. */
struct wi_row *wi_handles_peek(struct wi_handles *table, uint64_t handle);

#endif
