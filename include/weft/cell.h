/*
 * weft/cell.h - atomic integers in an arena, and waiting for them
 *
 * A cell is 1, 2, 4 or 8 bytes of an arena (weft/arena.h) at an offset that is a multiple of its size. Nothing is
 * created: any such bytes are a cell. Each operation comes in two forms, both inline: by arena and offset, checked; and
 * by pointer, unchecked, for who knows that it is right. Cells of 4 and 8 bytes can be waited for: a waiter returns
 * when it is notified or when its time is up, never because the value has changed.
 *
 *     uint32_t before;
 *     weft_outcome outcome;
 *     weft_cell_add_u32(arena, 64, 1, &before);
 *     weft_cell_wait_u32(arena, 128, 0, WEFT_FOREVER, &outcome);    in one thread
 *     weft_cell_store_u32(arena, 128, 1);                           in another
 *     weft_cell_notify_u32(arena, 128, WEFT_EVERYBODY, &woken);
 *
 * What follows holds for every function that does not say otherwise.
 *   Units     offsets in bytes; integers without sign, whose arithmetic wraps; times in nanoseconds of CLOCK_MONOTONIC.
 *             A timeout of 2^63 or more, but WEFT_FOREVER, is what a negative difference becomes, and counts as 0
 *   Errors    WEFT_EINVAL for NULL where an arena or a place for a result is due; WEFT_EALIGN: not a multiple of the
 *             cell's size; WEFT_ERANGE: not all inside the arena. Checked in this order, before anything else
 *   Threads   any, also of other processes; lock-free, but waiting and notifying
 *   Ordering  operations on cells are in one total order (memory_order_seq_cst), and what happens before a store that
 *             another operation reads happens before what follows that; what happens before a notify happens before
 *             the return of each wait that it ended
 *   Source    ECMA-262, Atomics
 */
#ifndef WEFT_CELL_H
#define WEFT_CELL_H

#include <stddef.h>
#include <stdint.h>

#include <weft/arena.h>
#include <weft/pool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The part of a check that is seldom needed: says WEFT_OK, or what is wrong with a cell of `bytes` at `offset`. */
WEFT_API int weft_cell_check(weft_arena *arena, uint64_t offset, uint32_t bytes);

/* Gives the address of a cell of `bytes` (1, 2, 4 or 8) at `offset` in `*cell`. */
static inline int weft_cell_at(weft_arena *arena, uint64_t offset, uint32_t bytes, void **cell)
{
    if (!arena || offset >= __atomic_load_n(&arena->reach.value, __ATOMIC_RELAXED) || (offset & (bytes - 1)) != 0) {
        int status = weft_cell_check(arena, offset, bytes);
        if (status != WEFT_OK)
            return status;
    }
    *cell = arena->base + offset;
    return WEFT_OK;
}

/* gcc 12 makes a loop of and, or and xor whose result is used, and gets it wrong where it decides to keep the result in
 * the operand's register: the loop writes the one before it reads the other. An operand that is still needed afterwards
 * has a register of its own. Costs no instruction. */
#define WEFT_CELL_KEEP(value) __asm__ volatile("" : : "g"(value))

/* An operation that gives the value before it, in both forms: `weft_u32_add(cell, value)` returns it,
 * `weft_cell_add_u32(arena, offset, value, &before)` gives it in `*before`, and leaves that alone if it fails. */
#define WEFT_CELL_DEFINE_CHANGE(suffix, type, verb, builtin)                                                           \
    static inline type weft_##suffix##_##verb(type *cell, type value)                                                  \
    {                                                                                                                  \
        type before = builtin(cell, value, __ATOMIC_SEQ_CST);                                                          \
        WEFT_CELL_KEEP(value);                                                                                         \
        return before;                                                                                                 \
    }                                                                                                                  \
    static inline int weft_cell_##verb##_##suffix(weft_arena *arena, uint64_t offset, type value, type *before)        \
    {                                                                                                                  \
        void *cell;                                                                                                    \
        int status = before ? weft_cell_at(arena, offset, sizeof(type), &cell) : WEFT_EINVAL;                          \
        if (status == WEFT_OK)                                                                                         \
            *before = weft_##suffix##_##verb((type *)cell, value);                                                     \
        return status;                                                                                                 \
    }

/* The operations on cells of one type.
 *   load              gives the value
 *   store             sets it
 *   add sub and or xor exchange
 *                     change it, and give the value before
 *   compare_exchange  sets it to `desired` if it is `expected`, and gives the value before either way */
#define WEFT_CELL_DEFINE(suffix, type)                                                                                 \
    static inline type weft_##suffix##_load(const type *cell)                                                          \
    {                                                                                                                  \
        return __atomic_load_n(cell, __ATOMIC_SEQ_CST);                                                                \
    }                                                                                                                  \
    static inline int weft_cell_load_##suffix(weft_arena *arena, uint64_t offset, type *value)                         \
    {                                                                                                                  \
        void *cell;                                                                                                    \
        int status = value ? weft_cell_at(arena, offset, sizeof(type), &cell) : WEFT_EINVAL;                           \
        if (status == WEFT_OK)                                                                                         \
            *value = weft_##suffix##_load((const type *)cell);                                                         \
        return status;                                                                                                 \
    }                                                                                                                  \
    static inline void weft_##suffix##_store(type *cell, type value)                                                   \
    {                                                                                                                  \
        __atomic_store_n(cell, value, __ATOMIC_SEQ_CST);                                                               \
    }                                                                                                                  \
    static inline int weft_cell_store_##suffix(weft_arena *arena, uint64_t offset, type value)                         \
    {                                                                                                                  \
        void *cell;                                                                                                    \
        int status = weft_cell_at(arena, offset, sizeof(type), &cell);                                                 \
        if (status == WEFT_OK)                                                                                         \
            weft_##suffix##_store((type *)cell, value);                                                                \
        return status;                                                                                                 \
    }                                                                                                                  \
    static inline type weft_##suffix##_compare_exchange(type *cell, type expected, type desired)                       \
    {                                                                                                                  \
        __atomic_compare_exchange_n(cell, &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                  \
        return expected;                                                                                               \
    }                                                                                                                  \
    static inline int weft_cell_compare_exchange_##suffix(weft_arena *arena, uint64_t offset, type expected,           \
                                                          type desired, type *before)                                  \
    {                                                                                                                  \
        void *cell;                                                                                                    \
        int status = before ? weft_cell_at(arena, offset, sizeof(type), &cell) : WEFT_EINVAL;                          \
        if (status == WEFT_OK)                                                                                         \
            *before = weft_##suffix##_compare_exchange((type *)cell, expected, desired);                               \
        return status;                                                                                                 \
    }                                                                                                                  \
    WEFT_CELL_DEFINE_CHANGE(suffix, type, exchange, __atomic_exchange_n)                                               \
    WEFT_CELL_DEFINE_CHANGE(suffix, type, add, __atomic_fetch_add)                                                     \
    WEFT_CELL_DEFINE_CHANGE(suffix, type, sub, __atomic_fetch_sub)                                                     \
    WEFT_CELL_DEFINE_CHANGE(suffix, type, and, __atomic_fetch_and)                                                     \
    WEFT_CELL_DEFINE_CHANGE(suffix, type, or, __atomic_fetch_or)                                                       \
    WEFT_CELL_DEFINE_CHANGE(suffix, type, xor, __atomic_fetch_xor)

WEFT_CELL_DEFINE(u8, uint8_t)
WEFT_CELL_DEFINE(u16, uint16_t)
WEFT_CELL_DEFINE(u32, uint32_t)
WEFT_CELL_DEFINE(u64, uint64_t)

/* Whether operations on cells of `bytes` need no lock: 1 for 1, 2, 4 and 8 where the processor has them (4 always), 0
 * for anything else. Constant. */
static inline int weft_cell_is_lock_free(size_t bytes)
{
    return (bytes == 1 && __atomic_always_lock_free(1, 0)) || (bytes == 2 && __atomic_always_lock_free(2, 0)) ||
           bytes == 4 || (bytes == 8 && __atomic_always_lock_free(8, 0));
}

/* Tells the processor that this is a loop that waits. Nothing else. */
static inline void weft_cell_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#endif
}

/* What came of a wait. */
typedef enum weft_outcome {
    WEFT_NOTIFIED,  /* a notify ended it */
    WEFT_NOT_EQUAL, /* the cell had another value to begin with */
    WEFT_TIMED_OUT, /* nobody notified in time */
    WEFT_PENDING    /* of a wait that does not block: it goes on */
} weft_outcome;

/* For a notify: wake all that wait. */
#define WEFT_EVERYBODY UINT32_MAX

/* Waits until the cell at `offset` is notified, if its value is `expected`; gives what came of it in `*outcome`. A
 * notify and the end of the time may meet: exactly one of them counts, and a waiter that a notify has counted is
 * WEFT_NOTIFIED. Blocks the thread; inside a task another thread takes the worker's place meanwhile, in up to 32 waits
 * of a pool at once, and beyond that the pool has a worker less (weft_cell_wait_async_u32() blocks none). WEFT_ENOMEM:
 * 65536 waits are pending in the arena already. */
WEFT_API int weft_cell_wait_u32(weft_arena *arena, uint64_t offset, uint32_t expected, uint64_t timeout_ns,
                                weft_outcome *outcome);
WEFT_API int weft_cell_wait_u64(weft_arena *arena, uint64_t offset, uint64_t expected, uint64_t timeout_ns,
                                weft_outcome *outcome);

/* Ends the waits of at most `count` that wait for the cell at `offset`, in the order in which they came, and gives how
 * many they were in `*woken`. Those who come later are not woken. Does not look at the value. */
WEFT_API int weft_cell_notify_u32(weft_arena *arena, uint64_t offset, uint32_t count, uint32_t *woken);
WEFT_API int weft_cell_notify_u64(weft_arena *arena, uint64_t offset, uint32_t count, uint32_t *woken);

/* A wait that does not block a thread. The caller sets the first fields; the others are the library's own. It must stay
 * where it is until weft_async_finish() has returned. */
typedef struct weft_async {
    weft_pool *pool;   /* where `run` runs as a root task once the wait is over, or NULL */
    weft_task_fn *run; /* finds this structure by weft_entry(task, weft_async, task) */
    int has_event_fd;  /* whether `event_fd` is one, to which 1 is added once the wait is over */
    int event_fd;      /* an eventfd(2) */

    weft_outcome outcome; /* what came of it; for `run`, or after weft_async_finish() */
    weft_task task;
    int status;
    struct {
        uint32_t value;
    } state;
    uint32_t waiter;
    uint64_t offset, deadline;
    weft_arena *arena;
    struct weft_async *chained, *earlier, *later;
} weft_async;

/* The same as weft_cell_wait_u32(), in one list with those who block, but returns at once. If what it gives in
 * `*outcome` is not WEFT_PENDING, that is all. Otherwise it lends `wait`, and holds the arena, until
 * weft_async_finish(), which must follow. The first such wait starts a thread, which serves all of the arena in this
 * process. WEFT_EINVAL also for a pool without `run`. WEFT_ENOMEM, WEFT_ESYSTEM: no memory, or no thread for it.
 * WEFT_EFORKED: the process was forked from one that had such waits in this arena. */
WEFT_API int weft_cell_wait_async_u32(weft_arena *arena, uint64_t offset, uint32_t expected, uint64_t timeout_ns,
                                      weft_async *wait, weft_outcome *outcome);
WEFT_API int weft_cell_wait_async_u64(weft_arena *arena, uint64_t offset, uint64_t expected, uint64_t timeout_ns,
                                      weft_async *wait, weft_outcome *outcome);

/* Waits until `wait` is over, and its `run`, if it has one, has run; gives what came of it in `*outcome`. Blocks; not
 * inside a task of the wait's pool (WEFT_EDEADLK, nothing is finished). WEFT_ECLOSED, WEFT_ECANCELED: the wait is over,
 * but the pool was shut down, so `run` never ran and never will. */
WEFT_API int weft_async_finish(weft_async *wait, weft_outcome *outcome);

#ifdef __cplusplus
}
#endif

#endif
