/*
 * sched/sleep.c - who sleeps, who searches, and whom new work wakes
 *
 * Invariants
 *   I1  A slot's bit is set only by its own thread, before it counts itself as sleeping. Whoever clears it sees to it
 *       that the slot is counted as searching: the thread itself after, a waker before it claims the bit.
 *   I2  Whoever lowers the number of those awake, of searchers or of callers looks for work afterwards, behind a fence.
 *
 * Who touches what
 *   census    all: each transition is one addition
 *   willing   a slot's thread sets its bit; the thread or a waker clears it
 *   beds      a slot's thread waits; wakers and finishers notify
 *
 * Edges
 *   [sleep.look]     fence in announce <-> fence after each transition of I2: either the announcer sees the transition
 *                    and wakes, or the look that follows the transition sees the work. The census carries no data.
 *   [sleep.willing]  or of the bit in prepare -> and of the bit by a waker: the bed is prepared, a notify will be
 *                    counted. And of the bit by a waker -> and of the bit by its thread: the waker has counted it as
 *                    searching.
 */
#include "sched/sleep.h"

#include <string.h>

#include <weft/status.h>

#include "base/alloc.h"
#include "os/clock.h"

/* The census: three counts of 21 bits. A waker's two additions may leave one too many searching for a moment; a count
 * that is taken away before it was added borrows from its neighbour, and errs towards waking. */
#define SEARCHING UINT64_C(1)
#define SLEEPING  (UINT64_C(1) << 21)
#define CALLER    (UINT64_C(1) << 42)

static uint32_t count(uint64_t census, uint64_t unit)
{
    return (uint32_t)(census / unit) & ((1u << 21) - 1);
}

static wi_atomic_u64 *word_of(struct wi_sleep *sleep, uint32_t slot)
{
    return &sleep->willing[slot / 64];
}

static uint64_t bit_of(uint32_t slot)
{
    return UINT64_C(1) << slot % 64;
}

static uint32_t words(uint32_t slots)
{
    return (slots + 63) / 64;
}

int wi_sleep_init(struct wi_sleep *sleep, uint32_t slots, uint32_t workers)
{
    size_t willing_bytes = words(slots) * sizeof *sleep->willing, beds_bytes = slots * sizeof *sleep->beds;
    wi_init(&sleep->census, 0);
    sleep->slots = slots;
    sleep->workers = workers;
    sleep->willing = wi_alloc(WI_CACHE_LINE, willing_bytes);
    sleep->beds = wi_alloc(_Alignof(struct wi_bed), beds_bytes);
    if (!sleep->willing || !sleep->beds) {
        wi_sleep_fini(sleep);
        return WEFT_ENOMEM;
    }
    memset(sleep->willing, 0, willing_bytes);
    memset(sleep->beds, 0, beds_bytes);
    return WEFT_OK;
}

void wi_sleep_fini(struct wi_sleep *sleep)
{
    wi_free(sleep->willing);
    wi_free(sleep->beds);
    sleep->willing = NULL;
    sleep->beds = NULL;
}

/* Finds a sleeper that takes any work. */
static bool find_willing(struct wi_sleep *sleep, uint32_t *slot)
{
    for (uint32_t i = 0; i < words(sleep->slots); i++) {
        uint64_t bits = wi_load_relaxed(&sleep->willing[i]); /* hint: claim() decides */
        if (bits != 0) {
            *slot = i * 64 + (uint32_t)__builtin_ctzll(bits);
            return true;
        }
    }
    return false;
}

/* Clears the slot's bit. False if it was clear already. */
static bool claim(struct wi_sleep *sleep, uint32_t slot)
{
    return wi_fetch_and_acq_rel(word_of(sleep, slot), ~bit_of(slot)) & bit_of(slot); /* [sleep.willing] */
}

/* Wakes one sleeper that takes any work, if there is one. It is counted as searching before it is claimed: it may wake
 * up by itself at any moment, and goes by that count (I1). Others may have relied on the count meanwhile, so where the
 * claim fails and nobody else searches, their work needs somebody, too. */
static void wake_one(struct wi_sleep *sleep)
{
    uint32_t slot;
    while (find_willing(sleep, &slot)) {
        wi_fetch_add_relaxed(&sleep->census, SEARCHING); /* [sleep.look] */
        if (claim(sleep, slot)) {
            wi_fetch_add_relaxed(&sleep->census, 0 - SLEEPING); /* [sleep.look] */
            wi_sleep_wake(sleep, slot);
            return;
        }
        if (!wi_sleep_found(sleep))
            return;
    }
}

bool wi_sleep_has_sleepers(struct wi_sleep *sleep, bool from_outside)
{
    uint64_t census = wi_load_relaxed(&sleep->census); /* [sleep.look] */
    uint32_t callers = count(census, CALLER);
    uint32_t stood_in_for = callers < sleep->workers ? callers : sleep->workers;
    uint32_t slot;
    return count(census, SLEEPING) > (from_outside ? 0 : stood_in_for) && find_willing(sleep, &slot);
}

void wi_sleep_announce(struct wi_sleep *sleep, bool from_outside)
{
    wi_fence_seq_cst(); /* [sleep.look] */
    if (wi_sleep_has_sleepers(sleep, from_outside) &&
        count(wi_load_relaxed(&sleep->census), SEARCHING) == 0) /* [sleep.look] */
        wake_one(sleep);
}

void wi_sleep_search(struct wi_sleep *sleep)
{
    wi_fetch_add_relaxed(&sleep->census, SEARCHING); /* [sleep.look] */
}

bool wi_sleep_found(struct wi_sleep *sleep)
{
    uint64_t before = wi_fetch_add_relaxed(&sleep->census, 0 - SEARCHING); /* [sleep.look] */
    wi_fence_seq_cst();                                                    /* [sleep.look] */
    return count(before, SEARCHING) == 1 && count(before, SLEEPING) > 0;
}

uint32_t wi_sleep_prepare(struct wi_sleep *sleep, uint32_t slot, bool willing)
{
    uint32_t key = wi_event_prepare(&sleep->beds[slot].event);
    if (willing)
        wi_fetch_or_acq_rel(word_of(sleep, slot), bit_of(slot));                     /* [sleep.willing] */
    wi_fetch_add_relaxed(&sleep->census, willing ? SLEEPING - SEARCHING : SLEEPING); /* [sleep.look] */
    wi_fence_seq_cst();                                                              /* [sleep.look] */
    return key;
}

void wi_sleep_wait(struct wi_sleep *sleep, uint32_t slot, bool willing, uint32_t key, bool stay)
{
    if (stay)
        wi_event_cancel(&sleep->beds[slot].event);
    else
        wi_event_wait(&sleep->beds[slot].event, key, WI_NEVER);
    bool was_claimed = willing && !claim(sleep, slot);
    if (!was_claimed)
        wi_fetch_add_relaxed(&sleep->census, willing ? SEARCHING - SLEEPING : 0 - SLEEPING); /* [sleep.look] */
}

void wi_sleep_wake(struct wi_sleep *sleep, uint32_t slot)
{
    wi_event_notify(&sleep->beds[slot].event);
}

void wi_sleep_caller_begins(struct wi_sleep *sleep)
{
    wi_fetch_add_relaxed(&sleep->census, CALLER); /* [sleep.look] */
}

void wi_sleep_caller_ends(struct wi_sleep *sleep)
{
    wi_fetch_add_relaxed(&sleep->census, 0 - CALLER); /* [sleep.look] */
    wi_fence_seq_cst();                               /* [sleep.look] */
}
