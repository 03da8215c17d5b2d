/*
 * memory/arena.h - an arena as this process sees it
 *
 * What the header in shared memory says is read once, when the arena is attached, and checked; from then on this copy
 * is used. Only the size is read again, and checked each time.
 */
#ifndef WI_MEMORY_ARENA_H
#define WI_MEMORY_ARENA_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/arena.h>

#include "base/atomics.h"
#include "memory/shared.h"
#include "os/lock.h"
#include "os/mapping.h"

struct wi_cache;

struct wi_arena {
    weft_arena open; /* what the public header shows */
    uint64_t max_bytes;
    uint64_t max_pages;
    uint64_t fixed_pages;
    uint64_t slab_count;
    uint32_t features;
    uint64_t id; /* no other arena of this process ever has it */
    wi_atomic_u32 references;
    struct wi_mapping mapping;

    /* The parts of the file. */
    struct wi_header *header;
    wi_atomic_u64 *taken; /* a bit for each page */
    struct wi_page *pages;
    struct wi_slab *slabs;
    wi_atomic_u32 *generations; /* of each block of each slab: odd while it is handed out */
    struct wi_bucket *buckets;
    struct wi_waiter *waiters;

    wi_atomic_u32 luck; /* of waiters that look before they sleep: see memory/waiters.c */

    /* What this process's threads keep: see memory/blocks.c. */
    struct wi_cache *caches;
    struct wi_arena *next, *previous;

    /* Who completes waits that block no thread, and how to end that: see work/async.c, which lies above. */
    struct wi_lock attendant_lock;
    void *attendant;
    void (*dismiss)(void *attendant);
};

/* The arena that the public pointer means. */
static inline struct wi_arena *wi_arena_of(const weft_arena *arena)
{
    return (struct wi_arena *)(uintptr_t)arena;
}

/* Makes the size at least `bytes`, which the maximum is not below. WEFT_ENOMEM: only with WEFT_ARENA_COMMIT. */
int wi_arena_raise(struct wi_arena *arena, uint64_t bytes);

/* Returns the size, read from shared memory and checked. */
uint64_t wi_arena_size(const struct wi_arena *arena);

/* Whether `bytes` from `offset` on are inside. */
bool wi_arena_holds(const struct wi_arena *arena, uint64_t offset, uint64_t bytes);

#endif
