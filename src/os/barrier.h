/*
 * os/barrier.h - a memory barrier in all threads of the process, paid for by the one that asks
 *
 * The dear half of an asymmetric pair: a thread that often stores one word and then loads another keeps only its
 * compiler from swapping the two (WEFT_LIGHT_BARRIER_() in weft/inline.h); the thread at the other side of the pair,
 * which seldom comes by, makes up for it with wi_barrier_all().
 *
 *   Units     on a machine of two cores: 0.2 us where no other core runs a thread of the process, otherwise 18 us, an
 *             interrupt to each core that does
 *   Threads   any
 *   Ordering  a full fence in the caller, and in each other thread of the process one at some moment during the call
 *   Source    membarrier(2), MEMBARRIER_CMD_PRIVATE_EXPEDITED (Linux 4.14); Dice, Huang and Yang, Asymmetric Dekker
 *             synchronization (2001)
 */
#ifndef WI_OS_BARRIER_H
#define WI_OS_BARRIER_H

#include <stdbool.h>

/* Makes wi_barrier_all() possible in this process. False where the kernel has no such thing, or refuses it. */
bool wi_barrier_prepare(void);

/* The barrier; wi_barrier_prepare() has returned true. False, and there was none, if the kernel refuses it all the
 * same: a filter of system calls that was set up later, no memory. */
bool wi_barrier_all(void);

/* Makes both refuse from now on, or no longer. For tests. */
void wi_barrier_refuse(bool refuses);

#endif
