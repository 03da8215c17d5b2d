/*
 * shim/os/barrier.h - the barrier of src/os/barrier.h, as the checker does it
 *
 * A macro, so that each use in the library is a place of its own and a mutant that lacks it.
 */
#ifndef WI_OS_BARRIER_H
#define WI_OS_BARRIER_H

#include <stdbool.h>

#include "engine/model.h"

bool wi_barrier_prepare(void);

static inline bool had_barrier(struct mc_site *site)
{
    mc_barrier(site);
    return true;
}

#define wi_barrier_all() had_barrier(MC_HERE(MC_BARRIER, MC_SEQ_CST, "a barrier in all threads"))

#endif
