/*
 * memory/waiters.h - who waits for a cell, in the order in which they came
 *
 * Waiters are numbered and lie in shared memory. One that blocks its thread sleeps on its own word. Of the others many
 * share a bell: those whose wait is over are pushed to the bell's list, on which one thread sleeps for all of them.
 *
 *   Threads   any; begin, leave and notify take a lock for a short time, sleep blocks
 *   Ordering  what happens before a notify happens before what follows the end of each wait that it ended
 */
#ifndef WI_MEMORY_WAITERS_H
#define WI_MEMORY_WAITERS_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/cell.h>

#include "memory/arena.h"

/* For wi_waiters_begin(): no bell, the waiter blocks its thread. */
#define WI_NO_BELL UINT32_MAX

/* A cell to wait for, and the value that it must have. */
struct wi_cell {
    uint64_t offset, expected;
    uint32_t bytes;
};

/* Begins a wait for a cell that has been checked. `*outcome` is WEFT_PENDING if there is a waiter now, whose number it
 * gives; otherwise what came of the wait at once. WEFT_ENOMEM: too many wait. */
int wi_waiters_begin(struct wi_arena *arena, const struct wi_cell *cell, uint64_t timeout_ns, uint32_t bell,
                     uint32_t *number, weft_outcome *outcome);

/* Looks for a while whether the waiter is notified. Returns whether it is. */
bool wi_waiters_look(struct wi_arena *arena, uint32_t number);

/* Blocks until the waiter is notified or the deadline has passed; the waiter is no more. */
weft_outcome wi_waiters_sleep(struct wi_arena *arena, uint32_t number, uint64_t deadline);

/* Takes a waiter from its list. False: it has been notified. */
bool wi_waiters_leave(struct wi_arena *arena, uint32_t number);

/* Ends the waits of at most `count` for the cell at `offset`, and returns how many they were. */
uint32_t wi_waiters_notify(struct wi_arena *arena, uint64_t offset, uint32_t count);

/* A waiter that is in no list, for its number; WI_NO_WAITER if there are no more. */
#define WI_NO_WAITER UINT32_MAX
uint32_t wi_waiters_take(struct wi_arena *arena);
void wi_waiters_give_back(struct wi_arena *arena, uint32_t number);

/* Takes a bell; WI_NO_BELL if there are no more. */
uint32_t wi_bell_take(struct wi_arena *arena);
void wi_bell_give_back(struct wi_arena *arena, uint32_t bell);

/* Pushes a waiter to the bell's list, and wakes who sleeps there. */
void wi_bell_ring(struct wi_arena *arena, uint32_t bell, uint32_t number);

/* Blocks until the bell's list is not empty or the deadline has passed. May return for no reason. */
void wi_bell_sleep(struct wi_arena *arena, uint32_t bell, uint64_t deadline);

/* Empties the bell's list: returns the number of the waiter that was rung for first, or WI_NO_WAITER.
 * wi_bell_next() gives the one that came after a waiter. */
uint32_t wi_bell_collect(struct wi_arena *arena, uint32_t bell);
uint32_t wi_bell_next(struct wi_arena *arena, uint32_t number);

#endif
