/*
 * os/futex.h - sleeping on a word of memory
 *
 *   Units     deadlines as in os/clock.h
 *   Threads   any; wait blocks
 *   Ordering  none: the word is accessed by the caller's own atomic operations, which carry the edges
 *   Source    futex(2). Those called _shared meet across processes that map the word's memory; the others are a little
 *             faster, within one process
 */
#ifndef WI_OS_FUTEX_H
#define WI_OS_FUTEX_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"

/* For wi_futex_wake(): everybody. */
#define WI_FUTEX_ALL INT_MAX

/* Sleeps while `word` is `expected`, until a wake or `deadline`; may return for no reason. Returns false only when the
 * deadline has passed. */
bool wi_futex_wait(wi_atomic_u32 *word, uint32_t expected, uint64_t deadline);

/* Wakes at most `count` that sleep on `word`. */
void wi_futex_wake(wi_atomic_u32 *word, int count);

/* The same for a word in memory that processes share. */
bool wi_futex_wait_shared(wi_atomic_u32 *word, uint32_t expected, uint64_t deadline);
void wi_futex_wake_shared(wi_atomic_u32 *word, int count);

#endif
