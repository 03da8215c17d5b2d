/*
 * queue/split.h - the workers' deque: a Chase-Lev deque of which the owner shows only a part
 *
 * A row of slots, one for each task that is forked and not joined. The oldest ones are public: thieves take them from
 * the top, one compare-and-swap each. The others are private: the owner forks and joins them without a fence, a call
 * or an access that another core watches; weft/task.h has that path inline. What is private becomes public when a thief
 * asks for it and the owner forks next, or by force when a thief that has asked in vain pays for a barrier.
 *
 *   Threads   the owner; wi_split_look, _take, _ask, _has_public: any; wi_split_press, _force: one thread at a time for
 *             each deque. All lock-free
 *   Ordering  what happens before a fork happens before the take that gives its task
 *   Source    Chase and Lev (SPAA 2005); the split after Dinan et al., Scalable work stealing (SC 2009), and van Dijk
 *             and van de Pol, Lace (2014); asymmetric barriers after Dice, Huang and Yang (2001)
 */
#ifndef WI_QUEUE_SPLIT_H
#define WI_QUEUE_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/task.h>

#include "base/atomics.h"
#include "base/layout.h"

struct wi_split {
    _Alignas(WI_CACHE_LINE) weft_worker owner; /* the owner's end: the slots, limit, bound, next */
    weft_task *full;   /* the owner's: what lies in the last slot, once forks have found no room; else NULL */
    bool is_symmetric; /* no barrier is to be had: all is public, and the owner pays for it */
    _Alignas(WI_CACHE_LINE) wi_atomic_u64 top; /* the oldest task that is not taken: a generation and a slot's number */
};

/* What a thief has seen at the top. */
struct wi_loot {
    weft_task *task;
    uint64_t top;
};

/* Makes an empty deque over the memory of `count` slots, all NULL, of which the first and the last hold no task. */
void wi_split_init(struct wi_split *split, weft_slot *slots, size_t count, bool is_symmetric);

/* ---- the owner ---- */

/* Lets forks take the fast path again, until somebody asks. */
void wi_split_relax(struct wi_split *split);

/* Asks itself: the next fork goes the slow way. */
static inline void wi_split_ask_self(struct wi_split *split)
{
    wi_store_relaxed(&split->owner.limit, 0); /* owner's own: read by its own forks */
}

/* Makes the older half of the private tasks below `end` public. */
void wi_split_publish(struct wi_split *split, weft_slot *end);

/* Takes the task in the slot `at`, the newest, back from where thieves may see it. Its slot has been cleared. False if
 * one has taken it. */
bool wi_split_take_back(struct wi_split *split, weft_slot *at);

/* While a stolen task is waited for, the owner forks in the slots above it. */
void wi_split_begin_above(struct wi_split *split, weft_slot *at);

/* Gives up the slot of a stolen task that is settled; all above it is empty. */
void wi_split_end_above(struct wi_split *split, weft_slot *at);

/* There is no room for a fork: until the newest task that has a slot is joined, all joins go the slow way. */
void wi_split_fill(struct wi_split *split);

/* There is room again. */
void wi_split_unfill(struct wi_split *split);

/* ---- thieves ---- */

/* Whether there seems to be something to take. */
bool wi_split_has_public(const struct wi_split *split);

/* First step of a steal: gives the top task in `*seen` and returns true, or returns false if none is public. The task
 * may be gone already, and its frame as well: only wi_split_take() makes it the thief's. */
bool wi_split_look(struct wi_split *split, struct wi_loot *seen);

/* Second step: takes the task that wi_split_look() saw. Returns false if another was first. */
bool wi_split_take(struct wi_split *split, const struct wi_loot *seen);

/* Asks for something: a fork of the owner's, soon, makes some of what it has public. There is no barrier, so one that
 * is under way may miss it; the 1 tells that from the 0 of those who can rely on it. */
static inline void wi_split_ask(struct wi_split *split)
{
    if (wi_load_relaxed(&split->owner.limit) > 1) /* hint: asked already */
        wi_store_relaxed(&split->owner.limit, 1); /* hint: answered by a fork that sees it */
}

/* Whether no task is private, as far as can be seen, and the owner's next fork will go the slow way: it was asked by
 * itself, or by one who had the barrier. */
bool wi_split_is_quiet(const struct wi_split *split);

/* Taking by force, first half: no more forks or joins the fast way. wi_barrier_all() must follow, then the second
 * half. */
void wi_split_press(struct wi_split *split);

/* Second half: makes older private tasks public. Returns false if there are none, and nothing is public either; without
 * the barrier it must not be called. */
bool wi_split_force(struct wi_split *split);

#endif
