/*
 * sched/spares.h - threads that take the place of workers whose task blocks
 *
 * A task that waits for a cell blocks its thread. So that the pool keeps its parallelism, it then gets a spare: a
 * thread of the pool's own that takes a caller's slot, executes what there is, and ends when there are more spares than
 * blocked workers. A caller that blocks needs none: the worker whom it stood in for is woken.
 *
 *   Threads   any
 */
#ifndef WI_SCHED_SPARES_H
#define WI_SCHED_SPARES_H

#include <stdbool.h>

#include <weft/pool.h>

#include "base/atomics.h"
#include "os/lock.h"

/* The most spares of a pool at once. Each is a thread and one of the callers' slots, of which some must be left for
 * callers: where all else is blocked, it is they who go on. */
#define WI_SPARES 32

struct wi_worker;

struct wi_spares {
    wi_atomic_u64 standing; /* how many are blocked, and how many spares there are */
    struct wi_lock lock;    /* for who starts a spare's thread, or joins it */
};

/* The calling thread is about to block for an unknown time, in a task or not; or it no longer is. In between, others
 * have the place of each worker that it is. */
void wi_spares_block(void);
void wi_spares_resume(void);

/* Whether `worker` is a spare that is not needed any more. If so, it is not counted any more. */
bool wi_spares_dismiss(struct wi_worker *worker);

/* Joins the threads of a pool that is stopping, and whose workers have ended. */
void wi_spares_end(weft_pool *pool);

#endif
