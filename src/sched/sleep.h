/*
 * sched/sleep.h - who sleeps, who searches, and whom new work wakes
 *
 * Each slot of a pool has an event count to sleep on. A census counts, in one word, who searches, who sleeps, and how
 * many callers from outside are at work; a set of bits tells which sleepers take any work. Nothing is known here about
 * what work is or where it lies: the README in this folder says who must look at it, and when, so that none is
 * forgotten.
 *
 *   Units     slots: a worker's number in its pool
 *   Threads   any, each for its own slot; wi_sleep_wait blocks, the others are lock-free
 */
#ifndef WI_SCHED_SLEEP_H
#define WI_SCHED_SLEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "base/layout.h"
#include "queue/event.h"

/* A slot's place to sleep. */
struct wi_bed {
    _Alignas(WI_CACHE_LINE) struct wi_event event;
};

struct wi_sleep {
    _Alignas(WI_CACHE_LINE) wi_atomic_u64 census; /* searching, sleeping, callers */
    wi_atomic_u64 *willing;                       /* a bit for each slot that sleeps and would take any work */
    struct wi_bed *beds;                          /* one for each slot */
    uint32_t slots;
    uint32_t workers; /* slots that have a thread of their own */
};

/* Makes places for `slots`, of which `workers` have threads. The caller ends it with wi_sleep_fini(). WEFT_ENOMEM. */
int wi_sleep_init(struct wi_sleep *sleep, uint32_t slots, uint32_t workers);
void wi_sleep_fini(struct wi_sleep *sleep);

/* New work can be seen: wakes one willing sleeper, unless somebody searches already. Where work was forked, each caller
 * at work stands in for one worker, who sleeps on; work `from_outside` always wakes somebody. */
void wi_sleep_announce(struct wi_sleep *sleep, bool from_outside);

/* Whether an announcement would find somebody to wake, or rely on a searcher in his place. */
bool wi_sleep_has_sleepers(struct wi_sleep *sleep, bool from_outside);

/* The caller begins to search for any work. */
void wi_sleep_search(struct wi_sleep *sleep);

/* The caller ends its search, with or without work. Returns true if it was the last that searched while others sleep:
 * it must then look whether there is more work, and announce it. */
bool wi_sleep_found(struct wi_sleep *sleep);

/* The caller is about to sleep; if `willing`, any new work may wake it, and its search ends here. It must now look,
 * once more, at all that it would want to be woken for; and at all other work, which it announces. */
uint32_t wi_sleep_prepare(struct wi_sleep *sleep, uint32_t slot, bool willing);

/* Sleeps until woken, or not at all if `stay` (the look found a reason). Who is willing searches again afterwards. */
void wi_sleep_wait(struct wi_sleep *sleep, uint32_t slot, bool willing, uint32_t key, bool stay);

/* Wakes the sleeper in `slot`, for a reason of its own. */
void wi_sleep_wake(struct wi_sleep *sleep, uint32_t slot);

/* A caller from outside begins or ends to execute in a slot. After the end it must look for work, and announce it. */
void wi_sleep_caller_begins(struct wi_sleep *sleep);
void wi_sleep_caller_ends(struct wi_sleep *sleep);

#endif
