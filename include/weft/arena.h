/*
 * weft/arena.h - a block of memory that threads, and later processes, share: fixed in place, growing, zero at first
 *
 * An arena is a range of bytes, addressed by offset from 0 to its size. It grows up to a maximum that is fixed when it
 * is created, and neither shrinks nor moves: a pointer into it stays valid as long as the arena. Atomic operations on
 * its bytes, waiting and notifying are in weft/cell.h. A program may lay the bytes out itself, or let the arena hand
 * out blocks of them, or both: the first `fixed_bytes` are never handed out.
 *
 *     weft_arena *arena;
 *     if (weft_arena_create(0, 1 << 30, NULL, &arena) != WEFT_OK)
 *         return 1;
 *     void *block;
 *     if (weft_arena_alloc(arena, 0, 100, &block) == WEFT_OK)
 *         weft_arena_free(arena, block);
 *     weft_arena_release(arena);
 *
 * What follows holds for every function that does not say otherwise.
 *   Units     bytes; offsets in bytes from the arena's first
 *   Errors    WEFT_EINVAL for NULL where an object or a place for a result is due
 *   Threads   any; lock-free, but create, attach, slice, the last release, and a thread's first allocation in an arena
 *   Ordering  what is done with a block before it is freed happens before what is done with it once it is handed out
 *             again; the size is one word, read and written in one total order
 *   Source    ECMA-262, SharedArrayBuffer; memory that the system does not have when a page is touched first is
 *             reported by a signal (SIGBUS), see WEFT_ARENA_COMMIT
 */
#ifndef WEFT_ARENA_H
#define WEFT_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include <weft/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The largest maximum of an arena. */
#define WEFT_ARENA_MAX (UINT64_C(1) << 40)

/* An arena as this process sees it. The fields are the library's own, for the inline functions of weft/cell.h. */
typedef struct weft_arena {
    unsigned char *base; /* where offset 0 is */
    struct {
        uint64_t value;
    } reach; /* a multiple of 8 that the size is known to have reached */
} weft_arena;

/* A block by its offset and by how often its place has been handed out: it means the same in every process, and after
 * the block is freed it is recognised as stale. Never 0. (A place that has been handed out 2^27 times begins anew.) */
typedef uint64_t weft_ref;

/* What an arena can be asked for, and what it has: see weft_arena_features(). */
enum weft_arena_feature {
    WEFT_ARENA_COMMIT = 1,     /* growing takes the memory from the system at once, or fails with WEFT_ENOMEM */
    WEFT_ARENA_HUGE = 2,       /* huge pages where the system gives some; ordinary ones elsewhere */
    WEFT_ARENA_INTERLEAVE = 4, /* pages lie on all memory nodes by turns; where the system refuses, anywhere */
};

/* How to create an arena. Start from { .size = sizeof(weft_arena_options) }: a zero means the default. */
typedef struct weft_arena_options {
    size_t size;          /* sizeof(weft_arena_options) as the caller knows it */
    uint64_t fixed_bytes; /* at the beginning, for the program's own layout; default: 0 */
    uint32_t features;    /* of enum weft_arena_feature, or-ed; default: none */
} weft_arena_options;

/* Where all bytes of an arena are. The sum of the last five is `size_bytes`. */
typedef struct weft_arena_usage {
    uint64_t size_bytes;
    uint64_t fixed_bytes;     /* the program's own, rounded up to whole pages of 4096 bytes */
    uint64_t allocated_bytes; /* handed out, as blocks were rounded up */
    uint64_t cached_bytes;    /* freed, and kept by a thread for its next allocations */
    uint64_t free_bytes;      /* to be had by any thread */
    uint64_t slack_bytes;     /* left over where blocks of one size do not fill their pages */
    uint64_t blocks;          /* how many are handed out */
} weft_arena_usage;

/* Gives a new arena of `bytes`, which may be 0, that can grow to `max_bytes`; `options` may be NULL. The caller ends it
 * with weft_arena_release(). The address range for the maximum is reserved at once, memory is taken as it is touched.
 * WEFT_ERANGE: more bytes than the maximum, more fixed bytes than bytes, a maximum above WEFT_ARENA_MAX. WEFT_EINVAL:
 * an unknown feature. WEFT_ENOMEM, WEFT_ESYSTEM. */
WEFT_API int weft_arena_create(uint64_t bytes, uint64_t max_bytes, const weft_arena_options *options,
                               weft_arena **arena);

/* Gives in `*arena` the arena whose file is `fd` (see weft_arena_fd()), as another process passed it on; `fd` stays the
 * caller's. Once in a process: sanitizers do not see that two ranges of addresses are the same memory. WEFT_EINVAL: no
 * such file. WEFT_ECORRUPT: not an arena of this version. WEFT_ENOMEM, WEFT_ESYSTEM. */
WEFT_API int weft_arena_attach(int fd, weft_arena **arena);

/* Lends the descriptor of the arena's file, to be passed to another process; -1 for NULL. Closed on exec. */
WEFT_API int weft_arena_fd(const weft_arena *arena);

/* Adds an owner, who ends with a weft_arena_release() of his own. */
WEFT_API int weft_arena_retain(weft_arena *arena);

/* Takes one owner's right. The last one unmaps the arena: no call on it may be under way or follow, and no thread may
 * touch its bytes any more. Another process keeps what it has mapped. NULL is WEFT_OK. */
WEFT_API int weft_arena_release(weft_arena *arena);

/* Returns the size now, or the maximum; 0 for NULL. */
WEFT_API uint64_t weft_arena_size(const weft_arena *arena);
WEFT_API uint64_t weft_arena_max(const weft_arena *arena);

/* Returns which features the system has granted. */
WEFT_API uint32_t weft_arena_features(const weft_arena *arena);

/* Makes the size `bytes`; the new ones are zero. The same size is WEFT_OK. WEFT_ERANGE: smaller than the arena is, also
 * if another thread has just grown it, or above the maximum. WEFT_ENOMEM: only with WEFT_ARENA_COMMIT. */
WEFT_API int weft_arena_grow(weft_arena *arena, uint64_t bytes);

/* Gives a new arena, of fixed size, with a copy of the bytes from `start` up to `end`. A negative index counts from the
 * end of the arena; what lies outside is cut off; if start is not below end, the copy is empty. Bytes that others
 * write meanwhile are copied as a plain read would see them. WEFT_ENOMEM, WEFT_ESYSTEM. */
WEFT_API int weft_arena_slice(const weft_arena *arena, int64_t start, int64_t end, weft_arena **copy);

/* Returns a pointer to the `bytes` from `offset` on, or NULL if they are not all inside. */
WEFT_API void *weft_arena_at(const weft_arena *arena, uint64_t offset, uint64_t bytes);

/* Gives the offset of what `memory` points to. WEFT_ERANGE: not inside. */
WEFT_API int weft_arena_offset(const weft_arena *arena, const void *memory, uint64_t *offset);

/* Hands out a block of at least `bytes` in `*memory`, at an offset that is a multiple of `alignment` (a power of two;
 * 0: 16). Its content is whatever was there before. The arena grows if it must. The caller gives the block back with
 * weft_arena_free(), from any thread. WEFT_EINVAL: no bytes, or an alignment that is no power of two or above 2 MiB.
 * WEFT_ENOMEM: no room is left below the maximum, but what other threads keep (see weft_arena_trim()). */
WEFT_API int weft_arena_alloc(weft_arena *arena, size_t alignment, size_t bytes, void **memory);

/* Takes a block. Who frees it has synchronised with all who used it. WEFT_ERANGE: not inside the arena. WEFT_ESTALE: no
 * block that is handed out starts there. */
WEFT_API int weft_arena_free(weft_arena *arena, void *memory);

/* Gives the reference of a block. WEFT_ERANGE, WEFT_ESTALE as for weft_arena_free(). */
WEFT_API int weft_arena_ref(const weft_arena *arena, const void *memory, weft_ref *ref);

/* Gives the block that `ref` means. The caller sees to it that nobody frees it meanwhile. WEFT_ESTALE: it was freed.
 * WEFT_ERANGE: no place in this arena. */
WEFT_API int weft_arena_resolve(const weft_arena *arena, weft_ref ref, void **memory);

/* Makes what the calling thread keeps for itself free for all, and pages of freed blocks free for blocks of any size. A
 * thread that ends does the former by itself. */
WEFT_API int weft_arena_trim(weft_arena *arena);

/* Counts all bytes, and checks the arena's books. Exact while no call that allocates, frees or grows is under way.
 * WEFT_ECORRUPT: the books are wrong: something has written to memory that was not its own. Not lock-free with respect
 * to the end of threads. */
WEFT_API int weft_arena_audit(const weft_arena *arena, weft_arena_usage *usage);

#ifdef __cplusplus
}
#endif

#endif
