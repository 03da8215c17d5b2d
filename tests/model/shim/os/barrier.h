/*
 * shim/os/barrier.h - the barrier of src/os/barrier.h, as the checker does it
 *
 * A macro, so that each use in the library is a place of its own and a mutant that lacks it. Before and after it others
 * may go on: the system is called.
 */
#ifndef WI_OS_BARRIER_H
#define WI_OS_BARRIER_H

#include <stdbool.h>

#include "engine/model.h"

bool wi_barrier_prepare(void);

static inline bool had_barrier(struct mc_site *site)
{
    mc_turn();
    mc_barrier(site);
    mc_turn();
    return true;
}

#define wi_barrier_all() had_barrier(MC_HERE(MC_BARRIER, MC_SEQ_CST, "a barrier in all threads"))

#endif
