/*
 * weft/deque.h - the Chase-Lev work-stealing deque by itself
 *
 * A double-ended queue of pointers with one owner: the owner pushes and pops at the bottom, last in first out; any
 * other thread steals from the top, first in first out. It grows as needed. For those who build or measure a scheduler
 * of their own; weft's workers use it as well.
 *
 *     weft_deque *deque;
 *     if (weft_deque_create(NULL, &deque) != WEFT_OK)
 *         return 1;
 *     weft_deque_push(deque, &item);
 *     void *last = weft_deque_pop(deque);
 *     weft_deque_destroy(deque);
 *
 * What follows holds for every function that does not say otherwise.
 *   Units     items; NULL cannot be an item
 *   Errors    WEFT_EINVAL for NULL where a deque or an item is due; where no status is returned, NULL is an empty
 *             deque. liburcu-bp ends the process where there is no memory to register a thread that steals for the
 *             first time
 *   Threads   the owner only; the role may pass to another thread that synchronises with the last owner.
 *             steal and size: any thread, beside anything but destroy. Push, pop, steal and size are lock-free, but a
 *             push that grows, which allocates, and a thread's first steal, which registers it with liburcu-bp.
 *             No fork() inside a reader's section of liburcu-bp, whose fork handlers the library registers: a program
 *             that has created a deque must not do so again
 *   Ordering  what happens before a push happens before the return of the steal or pop that gives its item
 *   Source    Chase and Lev, Dynamic circular work-stealing deque (SPAA 2005); Le, Pop, Cohen and Zappa Nardelli,
 *             Correct and efficient work-stealing for weak memory models (PPoPP 2013), with later repairs
 */
#ifndef WEFT_DEQUE_H
#define WEFT_DEQUE_H

#include <stddef.h>
#include <stdint.h>

#include <weft/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_deque weft_deque;

/* What came of an attempt to steal. */
typedef enum weft_steal {
    WEFT_STOLEN, /* the thief has the item */
    WEFT_EMPTY,  /* there was nothing to steal at some moment during the call */
    WEFT_LOST    /* another took the item first; there may be more */
} weft_steal;

/* How to create a deque. Start from { .size = sizeof(weft_deque_options) }: a zero means the default. */
typedef struct weft_deque_options {
    size_t size;          /* sizeof(weft_deque_options) as the caller knows it */
    size_t capacity;      /* items that fit into its first ring, a power of two; default: 64 */
    uint64_t first_index; /* where the 64-bit indices start, so that a test can reach their wrap-around */
} weft_deque_options;

/* Gives a new, empty deque in `*deque`, owned by the calling thread; `options` may be NULL. The caller releases it with
 * weft_deque_destroy(). WEFT_EINVAL: a capacity that is not a power of two, or above 2^32. WEFT_ENOMEM. */
WEFT_API int weft_deque_create(const weft_deque_options *options, weft_deque **deque);

/* Takes the deque. No other call on it may be under way or follow. Items that are left in it stay the caller's. */
WEFT_API void weft_deque_destroy(weft_deque *deque);

/* Adds `item` at the bottom. WEFT_ENOMEM: it was full and could not grow; nothing has changed. */
WEFT_API int weft_deque_push(weft_deque *deque, void *item);

/* Removes the item at the bottom and returns it, or NULL if the deque is empty. */
WEFT_API void *weft_deque_pop(weft_deque *deque);

/* Removes the item at the top and gives it in `*item`, which is untouched unless the answer is WEFT_STOLEN. */
WEFT_API weft_steal weft_deque_steal(weft_deque *deque, void **item);

/* Returns how many items there were at some moment, exact when nothing else is under way. */
WEFT_API size_t weft_deque_size(const weft_deque *deque);

/* Frees the rings that growth has left behind, which together are smaller than the present one. Waits until no thief
 * can be reading them: for idle moments, and not inside a reader's section of liburcu-bp. Never needed: destroy does
 * it, too. */
WEFT_API void weft_deque_reclaim(weft_deque *deque);

#ifdef __cplusplus
}
#endif

#endif
