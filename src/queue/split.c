/*
 * queue/split.c - the workers' deque: a Chase-Lev deque of which the owner shows only a part
 *
 * Invariants
 *   I1  A task leaves the deque once: by the one compare-and-swap that moves top over its slot, or by the owner, who
 *       either has never shown it, or has lowered bound below it while top was known to be lower than bound, or has
 *       changed top's generation by a compare-and-swap.
 *   I2  top never has the same value twice: thieves raise its slot, the owner changes its generation. Where the owner
 *       is not inside one of the functions here, bound is not below it: a taken task is not joined the fast way.
 *   I3  A slot is not used again before its task is settled: it is given up by the join.
 *   I4  The owner's fast paths read limit and bound after they have written the slot. Whoever raises bound from
 *       outside, or relies on limit being 0, has had a barrier in between.
 *
 * Who touches what
 *   slots    the owner writes; thieves read, and what they read counts only if their CAS on top succeeds
 *   top      thieves, owner
 *   bound    owner; a thief that forces sets and clears PRESSED, and raises the address
 *   limit    owner; thieves store 1, or 0 if a barrier follows
 *   next, full, first, last, is_symmetric   the owner; first and last do not change
 *
 * Edges
 *   [split.item]    store of the slot in weft_fork_at_() -> load of the slot in look: the frame, and all that happened
 *                   before the fork.
 *   [split.top]     CAS of top <-> CAS or load of top: who takes a task, in one order for all. It carries no data.
 *   [split.bound]   store of bound -> load of bound: which slots are public. It carries no data.
 *   [split.lower]   bound lowered, fence, load of top in take_back <-> load of top, fence, load of bound in look:
 *                   either the owner sees the thief's top, or the thief sees the lowered bound.
 *   [split.force]   slot cleared, load of bound in weft_take_back_() <-> PRESSED set, barrier, load of slots in force:
 *                   either the thief sees the slot empty, or the owner goes the slow way.
 *   [split.hungry]  slot written, load of limit in weft_fork_at_() <-> limit set to 0, barrier, load of slots in force:
 *                   either the thief sees the task, or the owner's fork goes the slow way.
 *
 * The README in this folder has the argument.
 */
#include "queue/split.h"

#include <stddef.h>

/* Flags beside the address in bound; no address of a user's memory has these bits. A bound with a flag is above every
 * address, so that all joins go the slow way. */
#define PRESSED UINT64_C(0x8000000000000000) /* a thief is about to make tasks public by force */
#define FULL    UINT64_C(0x4000000000000000) /* there are tasks that had no room, and have run */

/* The halves of top: the slot's number, and the generation. */
#define NUMBER     UINT64_C(0xfffffff)
#define GENERATION (NUMBER + 1)

static weft_slot *address(uint64_t bound)
{
    return (weft_slot *)(uintptr_t)(bound & ~(PRESSED | FULL));
}

/* What bound becomes when the owner, who answers whoever presses by that, makes it `to`. */
static uint64_t answer(const struct wi_split *split, weft_slot *to)
{
    return (uint64_t)(uintptr_t)to | (split->full ? FULL : 0);
}

static weft_slot *slot(const struct wi_split *split, uint64_t top)
{
    return split->owner.first + (top & NUMBER);
}

/* top for the same deque, cut off at the slot `at`: a new generation. */
static uint64_t renewed(const struct wi_split *split, uint64_t top, weft_slot *at)
{
    return (top & ~NUMBER) + GENERATION + (uint64_t)(at - split->owner.first);
}

/* The first slot that is not public, or whose task is taken. */
static weft_slot *first_private(const struct wi_split *split, uint64_t top, uint64_t bound)
{
    weft_slot *oldest = slot(split, top);
    return address(bound) > oldest ? address(bound) : oldest;
}

void wi_split_init(struct wi_split *split, weft_slot *slots, size_t count, bool is_symmetric)
{
    split->owner.first = split->owner.next = slots + 1;
    split->owner.last = slots + count - 1;
    split->full = NULL;
    split->is_symmetric = is_symmetric;
    wi_init(&split->owner.limit, 0);
    wi_init(&split->owner.bound, (uintptr_t)split->owner.first);
    wi_init(&split->top, 0);
}

void wi_split_relax(struct wi_split *split)
{
    if (!split->is_symmetric)
        wi_store_relaxed(&split->owner.limit, (uintptr_t)split->owner.last); /* owner's own: read by its own forks */
}

void wi_split_publish(struct wi_split *split, weft_slot *end)
{
    uint64_t bound = wi_load_relaxed(&split->owner.bound); /* owner's own: raised by others, which the CAS sees */
    weft_slot *first;
    ptrdiff_t shown;
    do {
        first = first_private(split, wi_load_relaxed(&split->top), bound); /* hint: an older top shows what is gone */
        shown = split->is_symmetric ? end - first : (end - first + 1) / 2;
    } while (shown > 0 &&
             !wi_cas_acq_rel(&split->owner.bound, &bound, answer(split, first + shown))); /* [split.bound] */
}

/* Raises bound to `to`, unless it is there: what was forced in the meantime stays public. */
static void raise_bound(struct wi_split *split, weft_slot *to)
{
    uint64_t bound = wi_load_relaxed(&split->owner.bound); /* owner's own: raised by others, which the CAS sees */
    while (address(bound) < to && !wi_cas_acq_rel(&split->owner.bound, &bound, answer(split, to))) /* [split.bound] */
        continue;
}

bool wi_split_take_back(struct wi_split *split, weft_slot *at)
{
    uint64_t bound = wi_load_relaxed(&split->owner.bound); /* owner's own: raised by others, which the CAS sees */
    uint64_t top;
    weft_slot *to;
    do {
        top = wi_load_acquire(&split->top); /* [split.top] */
        weft_slot *oldest = slot(split, top);
        if (oldest > at)
            return false;
        if (address(bound) <= at)
            to = address(bound); /* it never was public, and the CAS keeps it so */
        else
            to = oldest < at && !split->is_symmetric ? oldest + (at - oldest + 1) / 2 : at; /* leaves thieves a half */
    } while (!wi_cas_acq_rel(&split->owner.bound, &bound, answer(split, to)));              /* [split.bound] */
    if (address(bound) <= at)
        return true;

    wi_fence_seq_cst();                 /* [split.lower] */
    top = wi_load_acquire(&split->top); /* [split.lower] [split.top] */
    while (slot(split, top) >= to) {    /* a thief may have looked at it before bound was lowered */
        weft_slot *oldest = slot(split, top);
        if (oldest > at)
            return false;
        if (wi_cas_seq_cst(&split->top, &top, renewed(split, top, oldest))) { /* [split.top] */
            raise_bound(split, oldest);
            return true;
        }
    }
    return true;
}

/* Moves bound to `to`, where nothing is public before or after, and no slot above is in use. */
static void move_bound(struct wi_split *split, weft_slot *to)
{
    wi_exchange_acq_rel(&split->owner.bound, answer(split, to)); /* [split.bound] */
}

void wi_split_begin_above(struct wi_split *split, weft_slot *at)
{
    move_bound(split, at + 1);
}

void wi_split_end_above(struct wi_split *split, weft_slot *at)
{
    move_bound(split, at);
    uint64_t top = wi_load_relaxed(&split->top);            /* hint: nothing is public, so nobody changes it */
    wi_store_release(&split->top, renewed(split, top, at)); /* [split.top] */
}

void wi_split_fill(struct wi_split *split)
{
    split->full = wi_load_relaxed(split->owner.last - 1); /* owner's own */
    wi_fetch_or_acq_rel(&split->owner.bound, FULL);       /* owner's own: read by its own joins */
}

void wi_split_unfill(struct wi_split *split)
{
    split->full = NULL;
    wi_fetch_and_acq_rel(&split->owner.bound, ~FULL); /* owner's own: read by its own joins */
}

bool wi_split_has_public(const struct wi_split *split)
{
    uint64_t top = wi_load_relaxed(&split->top);           /* hint: wi_split_look() looks again */
    uint64_t bound = wi_load_relaxed(&split->owner.bound); /* hint: wi_split_look() looks again */
    return slot(split, top) < address(bound);
}

bool wi_split_look(struct wi_split *split, struct wi_loot *seen)
{
    if (!wi_split_has_public(split)) /* before a fence is paid for */
        return false;
    seen->top = wi_load_acquire(&split->top);              /* [split.top] [split.lower] */
    wi_fence_seq_cst();                                    /* [split.lower] */
    uint64_t bound = wi_load_acquire(&split->owner.bound); /* [split.bound] [split.lower] */
    if (slot(split, seen->top) >= address(bound))
        return false;
    seen->task = wi_load_acquire(slot(split, seen->top)); /* [split.item] */
    return seen->task != NULL;                            /* or its owner is about to take it back */
}

bool wi_split_take(struct wi_split *split, const struct wi_loot *seen)
{
    uint64_t top = seen->top;
    return wi_cas_seq_cst(&split->top, &top, top + 1); /* [split.top] */
}

/* How many private tasks there are from `first` on, or at least half of that. */
static ptrdiff_t count_private(const struct wi_split *split, weft_slot *first)
{
    ptrdiff_t probe = 0;
    while (first + probe < split->owner.last && wi_load_acquire(first + probe)) /* [split.item] [split.force] */
        probe = 2 * probe + 1;
    return (probe + 1) / 2;
}

bool wi_split_is_quiet(const struct wi_split *split)
{
    uint64_t top = wi_load_acquire(&split->top);           /* [split.top] */
    uint64_t bound = wi_load_acquire(&split->owner.bound); /* [split.bound] */
    return wi_load_relaxed(&split->owner.limit) == 0 &&    /* [split.hungry] */
           (split->is_symmetric || count_private(split, first_private(split, top, bound)) == 0);
}

void wi_split_press(struct wi_split *split)
{
    wi_store_relaxed(&split->owner.limit, 0);          /* [split.hungry] */
    wi_fetch_or_acq_rel(&split->owner.bound, PRESSED); /* [split.force] */
}

bool wi_split_force(struct wi_split *split)
{
    uint64_t top = wi_load_acquire(&split->top);           /* [split.top] */
    uint64_t bound = wi_load_acquire(&split->owner.bound); /* [split.bound] */
    if (!(bound & PRESSED))                                /* the owner has answered */
        return true;
    weft_slot *first = first_private(split, top, bound);
    ptrdiff_t found = count_private(split, first);
    uint64_t to = (uint64_t)(uintptr_t)(found > 0 ? first + (found + 1) / 2 : address(bound)) | (bound & FULL);
    return !wi_cas_acq_rel(&split->owner.bound, &bound, to) || found > 0 ||
           wi_split_has_public(split); /* [split.bound] */
}
