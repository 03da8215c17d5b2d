/*
 * queue/deque.h - the Chase-Lev deque, for those who embed one
 *
 * The operations are those of weft/deque.h, and what its head says holds here. Added are a deque inside another object,
 * and a steal in two steps, for a thief that wants to know what it would steal before it does.
 */
#ifndef WI_QUEUE_DEQUE_H
#define WI_QUEUE_DEQUE_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/deque.h>

#include "base/atomics.h"
#include "base/layout.h"

struct wi_ring;

struct weft_deque {
    _Alignas(WI_CACHE_LINE) wi_atomic_u64 top;    /* index of the oldest item; moves up, by CAS */
    _Alignas(WI_CACHE_LINE) wi_atomic_u64 bottom; /* index after the newest item; the owner writes */
    wi_atomic_ptr ring;                           /* where the items are; the owner writes */
    struct wi_ring *retired;                      /* the owner's: rings outgrown and not yet freed */
    uint64_t first_capacity;                      /* the owner's: of the ring that the first push makes */
};

/* What a thief has seen at the top. */
struct wi_steal {
    void *item;
    uint64_t index;
};

/* Items that fit into a new deque. Smaller costs early growth, larger costs memory for each worker that forks. */
#define WI_DEQUE_CAPACITY 64

/* Makes an empty deque in place, without allocating: its first push does. `capacity` is a power of two. The caller ends
 * it with wi_deque_fini(). */
void wi_deque_init(weft_deque *deque, size_t capacity, uint64_t first_index);

/* Ends a deque that nobody uses any more. */
void wi_deque_fini(weft_deque *deque);

/* Whether there seems to be something to steal. Any thread. */
bool wi_deque_has_items(const weft_deque *deque);

/* First step of a steal: gives the top item in `*seen` and returns true, or returns false if there is none. The item
 * may be gone already, and what it points to as well: only wi_deque_take() makes it the thief's. Any thread. */
bool wi_deque_look(weft_deque *deque, struct wi_steal *seen);

/* Second step: takes the item that wi_deque_look() saw. Returns false if another was first. Any thread. */
bool wi_deque_take(weft_deque *deque, const struct wi_steal *seen);

#endif
