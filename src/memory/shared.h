/*
 * memory/shared.h - what an arena's file holds, in which all who map it agree
 *
 * A header, tables, and then the arena's own bytes. The tables have their full size for the arena's maximum from the
 * start; what is not used of them is never touched, and so takes no memory. Nothing in here is a pointer: pages, slabs
 * and waiters are known by their number, and a number is checked or masked before it is used.
 */
#ifndef WI_MEMORY_SHARED_H
#define WI_MEMORY_SHARED_H

#include <stdint.h>

#include "base/atomics.h"
#include "base/layout.h"
#include "os/lock.h"

#define WI_ARENA_MAGIC   UINT64_C(0x616e657261746677)
#define WI_ARENA_VERSION 1

/* What is handed out is made of pages; small blocks share a slab. Smaller slabs waste less in small arenas, larger ones
 * have more blocks for one operation on shared memory. */
#define WI_PAGE_BYTES  UINT64_C(4096)
#define WI_SLAB_PAGES  UINT64_C(16)
#define WI_SLAB_BYTES  (WI_SLAB_PAGES * WI_PAGE_BYTES)
#define WI_GRANULE     UINT64_C(16)
#define WI_SLAB_BLOCKS (WI_SLAB_BYTES / WI_GRANULE)
#define WI_SLAB_WORDS  (WI_SLAB_BLOCKS / 64)
/* Numbers that a slab's blocks have to themselves: a little more than there are, so that the generations of different
 * slabs do not all meet in the same few sets of a cache. */
#define WI_SLAB_NUMBERS (WI_SLAB_BLOCKS + 64)

/* Block sizes that share slabs: each 16 bytes up to 128, then four for each doubling up to 4096. */
#define WI_CLASSES 28

/* Addresses that are waited for share this many lists; more take memory, fewer make strangers meet. Powers of two. */
#define WI_BUCKETS 1024
/* Waits that can be pending at once in an arena. */
#define WI_WAITERS 65536
/* Processes that can have pending waits of the kind that does not block a thread. */
#define WI_BELLS 64

struct wi_header {
    wi_atomic_u64 magic; /* these are written once; see weft_arena_attach() for how they are read */
    wi_atomic_u64 version;
    wi_atomic_u64 max_bytes;
    wi_atomic_u64 fixed_bytes;
    wi_atomic_u64 features;
    _Alignas(WI_CACHE_LINE) wi_atomic_u64 size;         /* of the arena, in bytes; only grows */
    _Alignas(WI_CACHE_LINE) wi_atomic_u64 first_free;   /* a page below which all were taken once */
    wi_atomic_u64 page_releases;                        /* how often pages have become free */
    wi_atomic_u64 empty_slabs;                          /* about how many have no block in use */
    _Alignas(WI_CACHE_LINE) wi_atomic_u64 free_waiters; /* stack of waiters: a count of changes, a number + 1 */
    wi_atomic_u32 fresh_waiters;                        /* below this, waiters have been used at least once */
    struct {
        _Alignas(WI_CACHE_LINE) wi_atomic_u64 slabs; /* stack of those with free blocks: as above */
    } classes[WI_CLASSES];
    struct {
        wi_atomic_u32 is_taken;
        _Alignas(WI_CACHE_LINE) wi_atomic_u32 rung; /* stack of waiters whose wait is over: a number + 1; slept on */
    } bells[WI_BELLS];
};

/* A page that is the first of a run, or one of a slab. */
struct wi_page {
    wi_atomic_u32 entry;      /* 0: no block starts here; else a kind and what goes with it */
    wi_atomic_u32 generation; /* odd while a run that starts here is handed out; not below that of any former block */
};

struct wi_slab {
    wi_atomic_u32 state;               /* whether it is listed, and how many blocks are out */
    wi_atomic_u32 next;                /* in the stack of its class: a number + 1 */
    wi_atomic_u64 free[WI_SLAB_WORDS]; /* a bit for each block that is not out */
};

/* Those who wait for addresses with one hash, in the order in which they came. All but `waiting` belongs to who has the
 * lock. */
struct wi_bucket {
    _Alignas(WI_CACHE_LINE) struct wi_lock lock;
    wi_atomic_u32 waiting; /* those in the list and those about to enter it */
    uint32_t first, last;  /* a number + 1 */
    uint64_t arrivals;
};

/* One that waits. The fields without an operation belong to who has its bucket's lock. */
struct wi_waiter {
    _Alignas(WI_CACHE_LINE) wi_atomic_u32 state; /* see memory/waiters.c; slept on */
    wi_atomic_u32 link; /* the next free one, or the next one whose wait is over: a number + 1 */
    uint32_t next, previous;
    uint32_t bell; /* 0: a thread sleeps on `state`; else the number + 1 of the bell to ring */
    uint64_t offset;
    uint64_t ticket;
};

_Static_assert(sizeof(struct wi_page) == 8, "the layout is shared");
_Static_assert(sizeof(struct wi_slab) == 8 + WI_SLAB_BLOCKS / 8, "the layout is shared");
_Static_assert(sizeof(struct wi_bucket) == WI_CACHE_LINE, "the layout is shared");
_Static_assert(sizeof(struct wi_waiter) == WI_CACHE_LINE, "the layout is shared");

#endif
