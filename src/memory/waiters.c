/*
 * memory/waiters.c - who waits for a cell: a list for each hash of an offset, under a lock
 *
 * Invariants
 *   I1  a waiter is in its bucket's list from enter until a notify or leave takes it out, all under the bucket's lock;
 *       it is NOTIFIED if and only if a notify did. So of notify and time-out exactly one wins.
 *   I2  a list is in the order of arrival, and tickets rise along it.
 *   I3  `waiting` is not below the number of those in the list.
 *   I4  who blocks says SLEEPING before it sleeps; who notifies wakes whom it finds SLEEPING.
 *   I5  numbers read from shared memory are masked, so that they always are those of some waiter.
 *
 * Who touches what
 *   bucket, but waiting               who has its lock
 *   bucket.waiting                    who has its lock     notify, before it takes the lock
 *   waiter.next, previous, ticket     who has its bucket's lock
 *   waiter.offset, bell               enter, before the waiter is in a list
 *   waiter.state                      its thread, and notify with the bucket's lock
 *   waiter.link                       who has the waiter while it is in no list; memory/stack.h
 *   bell.rung                         who rings (push), who listens (takes all)
 *
 * Edges
 *   [waiters.look]   fence in enter <-> fence in notify: either notify sees that somebody waits, or the waiter's look
 *                    at the cell comes after what notify's caller stored. Carries no data.
 *   [waiters.cell]   notify -> the end of a wait: what was done before the notify. By way of state, told to
 *                    ThreadSanitizer at the cell, as is the cell's own value, which a wait has read.
 *   [waiters.state]  exchange in notify -> load in sleep and leave.
 *   [waiters.rung]   CAS in ring -> exchange in collect: the waiters in the bell's list.
 *   [waiters.bell]   exchange that gives a bell back -> CAS that takes it.
 *
 * The argument is in memory/README.md.
 */
#include "memory/waiters.h"

#include "memory/stack.h"
#include "os/clock.h"
#include "os/futex.h"

enum {
    WAITING,
    SLEEPING,
    NOTIFIED
};

/* Looks at its own word before a waiter sleeps, about 1 us. They pay only while the one who will notify runs at the
 * same time, so that is learned: a success earns credit for as many failures; then as many waits sleep at once, before
 * one tries again. More looks help who is answered a little later, more credit learns and forgets slower. */
#define SPINS  100
#define CREDIT 16

/* Waiters that a notify takes from a list before it lets go of the lock and wakes them. */
#define BATCH 32

static struct wi_waiter *waiter_at(const struct wi_arena *arena, uint32_t number)
{
    return &arena->waiters[number % WI_WAITERS];
}

static struct wi_bucket *bucket_of(const struct wi_arena *arena, uint64_t offset)
{
    return &arena->buckets[(offset / 4 * UINT64_C(0x9e3779b97f4a7c15) >> 32) % WI_BUCKETS];
}

static wi_atomic_u32 *cell_at(const struct wi_arena *arena, uint64_t offset)
{
    return (wi_atomic_u32 *)(void *)(arena->open.base + offset);
}

/* ---- numbers ---- */

static struct wi_stack free_waiters(const struct wi_arena *arena)
{
    return (struct wi_stack){.head = &arena->header->free_waiters,
                             .links = &arena->waiters->link,
                             .stride = sizeof(struct wi_waiter),
                             .count = WI_WAITERS};
}

uint32_t wi_waiters_take(struct wi_arena *arena)
{
    struct wi_stack stack = free_waiters(arena);
    uint32_t number = wi_stack_pop(&stack);
    if (number != WI_STACK_EMPTY)
        return number;
    wi_atomic_u32 *fresh = &arena->header->fresh_waiters;
    number = wi_load_relaxed(fresh); /* hint: the CAS checks it */
    while (number < WI_WAITERS)
        if (wi_cas_acq_rel(fresh, &number, number + 1)) /* hint: only the number counts */
            return number;
    return WI_NO_WAITER;
}

void wi_waiters_give_back(struct wi_arena *arena, uint32_t number)
{
    struct wi_stack stack = free_waiters(arena);
    wi_stack_push(&stack, number);
}

/* ---- lists: with the bucket's lock ---- */

static void append(struct wi_arena *arena, struct wi_bucket *bucket, uint32_t number)
{
    struct wi_waiter *waiter = waiter_at(arena, number);
    waiter->ticket = bucket->arrivals++;
    waiter->next = 0;
    waiter->previous = bucket->last;
    *(bucket->last ? &waiter_at(arena, bucket->last - 1)->next : &bucket->first) = number + 1;
    bucket->last = number + 1;
}

static void take_out(struct wi_arena *arena, struct wi_bucket *bucket, const struct wi_waiter *waiter)
{
    *(waiter->previous ? &waiter_at(arena, waiter->previous - 1)->next : &bucket->first) = waiter->next;
    *(waiter->next ? &waiter_at(arena, waiter->next - 1)->previous : &bucket->last) = waiter->previous;
    wi_fetch_add_relaxed(&bucket->waiting, (uint32_t)-1); /* hint: too many only cost a notify the lock */
}

/* ---- waiting ---- */

static bool is_equal(const struct wi_arena *arena, const struct wi_cell *cell)
{
    wi_atomic_u32 *word = cell_at(arena, cell->offset);
    uint64_t value = cell->bytes == 8 ? wi_load_seq_cst((wi_atomic_u64 *)(void *)word) /* [waiters.cell] */
                                      : wi_load_seq_cst(word);                         /* [waiters.cell] */
    wi_tsan_acquire(word);                                                             /* [waiters.cell] */
    return value == cell->expected;
}

/* Adds a waiter that the caller has to the cell's list, unless the cell has another value. */
static bool enter(struct wi_arena *arena, const struct wi_cell *cell, uint32_t bell, uint32_t number)
{
    struct wi_bucket *bucket = bucket_of(arena, cell->offset);
    struct wi_waiter *waiter = waiter_at(arena, number);
    waiter->offset = cell->offset;
    waiter->bell = bell;
    wi_store_relaxed(&waiter->state, WAITING); /* owner's own */
    wi_lock_acquire(&bucket->lock);
    wi_fetch_add_relaxed(&bucket->waiting, 1); /* [waiters.look] */
    wi_fence_seq_cst();                        /* [waiters.look] */
    bool has_entered = is_equal(arena, cell);
    if (has_entered)
        append(arena, bucket, number);
    else
        wi_fetch_add_relaxed(&bucket->waiting, (uint32_t)-1); /* hint: as in take_out() */
    wi_lock_release(&bucket->lock);
    return has_entered;
}

int wi_waiters_begin(struct wi_arena *arena, const struct wi_cell *cell, uint64_t timeout_ns, uint32_t bell,
                     uint32_t *number, weft_outcome *outcome)
{
    bool is_past = timeout_ns == 0 || (timeout_ns > INT64_MAX && timeout_ns != WEFT_FOREVER);
    *outcome = !is_equal(arena, cell) ? WEFT_NOT_EQUAL : is_past ? WEFT_TIMED_OUT : WEFT_PENDING;
    if (*outcome != WEFT_PENDING)
        return WEFT_OK;
    uint32_t mine = wi_waiters_take(arena);
    if (mine == WI_NO_WAITER)
        return WEFT_ENOMEM;
    *number = mine;
    if (!enter(arena, cell, bell, mine)) {
        wi_waiters_give_back(arena, mine);
        *outcome = WEFT_NOT_EQUAL;
    }
    return WEFT_OK;
}

bool wi_waiters_leave(struct wi_arena *arena, uint32_t number)
{
    struct wi_waiter *waiter = waiter_at(arena, number);
    struct wi_bucket *bucket = bucket_of(arena, waiter->offset);
    wi_lock_acquire(&bucket->lock);
    bool is_waiting = wi_load_acquire(&waiter->state) != NOTIFIED; /* [waiters.state] */
    if (is_waiting)
        take_out(arena, bucket, waiter);
    wi_lock_release(&bucket->lock);
    return is_waiting;
}

/* If that is worth trying: the arena's luck is the credit that is left, or, above CREDIT, how many waits sleep at
 * once. */
bool wi_waiters_look(struct wi_arena *arena, uint32_t number)
{
    struct wi_waiter *waiter = waiter_at(arena, number);
    uint32_t luck = wi_load_relaxed(&arena->luck); /* hint: a guess, which threads may overwrite for each other */
    bool is_notified = false;
    for (int i = 0; i < SPINS && luck <= CREDIT && !is_notified; i++) {
        is_notified = wi_load_acquire(&waiter->state) == NOTIFIED; /* [waiters.state] */
        wi_pause();
    }
    uint32_t next = luck <= 1 ? 2 * CREDIT : luck == CREDIT + 1 ? 1 : luck - 1;
    wi_store_relaxed(&arena->luck, is_notified ? CREDIT : next); /* hint: as above */
    return is_notified;
}

/* Waits on the waiter's own word; false if the deadline has passed first. */
static bool sleep_on(struct wi_waiter *waiter, uint64_t deadline)
{
    uint32_t waiting = WAITING;
    wi_cas_acq_rel(&waiter->state, &waiting, SLEEPING); /* [waiters.state] */
    bool in_time = true;
    while (wi_load_acquire(&waiter->state) == SLEEPING && in_time) /* [waiters.state] */
        in_time = wi_futex_wait_shared(&waiter->state, SLEEPING, deadline);
    return in_time;
}

weft_outcome wi_waiters_sleep(struct wi_arena *arena, uint32_t number, uint64_t deadline)
{
    struct wi_waiter *waiter = waiter_at(arena, number);
    bool is_over = !sleep_on(waiter, deadline) && wi_waiters_leave(arena, number);
    wi_tsan_acquire(cell_at(arena, waiter->offset)); /* [waiters.cell] */
    wi_waiters_give_back(arena, number);
    return is_over ? WEFT_TIMED_OUT : WEFT_NOTIFIED;
}

/* ---- notifying ---- */

/* One whose wait a notify has ended, as it was then: its thread may go on at once. */
struct woken {
    uint32_t number, bell, state;
};

/* Takes up to `count` that wait for `offset`, and came before `limit`, from the bucket's list. */
static uint32_t take_waiters(struct wi_arena *arena, struct wi_bucket *bucket, uint64_t offset, uint64_t limit,
                             uint32_t count, struct woken *woken)
{
    uint32_t taken = 0;
    for (uint32_t at = bucket->first; at != 0 && taken < count;) {
        struct wi_waiter *waiter = waiter_at(arena, at - 1);
        uint32_t number = (at - 1) % WI_WAITERS;
        at = waiter->next;
        if (waiter->ticket >= limit)
            break;
        if (waiter->offset != offset)
            continue;
        take_out(arena, bucket, waiter);
        woken[taken] = (struct woken){.number = number, .bell = waiter->bell};
        woken[taken].state = wi_exchange_acq_rel(&waiter->state, NOTIFIED); /* [waiters.state] */
        taken++;
    }
    return taken;
}

uint32_t wi_waiters_notify(struct wi_arena *arena, uint64_t offset, uint32_t count)
{
    struct wi_bucket *bucket = bucket_of(arena, offset);
    struct woken woken[BATCH];
    uint64_t limit = 0;
    uint32_t total = 0, taken = BATCH;
    wi_tsan_release(cell_at(arena, offset));    /* [waiters.cell] */
    wi_fence_seq_cst();                         /* [waiters.look] */
    if (wi_load_relaxed(&bucket->waiting) == 0) /* [waiters.look] */
        return 0;
    while (taken == BATCH && total < count) {
        wi_lock_acquire(&bucket->lock);
        if (total == 0)
            limit = bucket->arrivals;
        taken = take_waiters(arena, bucket, offset, limit, count - total < BATCH ? count - total : BATCH, woken);
        wi_lock_release(&bucket->lock);
        for (uint32_t i = 0; i < taken; i++) {
            if (woken[i].bell != WI_NO_BELL)
                wi_bell_ring(arena, woken[i].bell, woken[i].number);
            else if (woken[i].state == SLEEPING)
                wi_futex_wake_shared(&waiter_at(arena, woken[i].number)->state, 1);
        }
        total += taken;
    }
    return total;
}

/* ---- bells ---- */

uint32_t wi_bell_take(struct wi_arena *arena)
{
    for (uint32_t bell = 0; bell < WI_BELLS; bell++) {
        uint32_t is_taken = false;
        if (wi_cas_acq_rel(&arena->header->bells[bell].is_taken, &is_taken, true)) /* [waiters.bell] */
            return bell;
    }
    return WI_NO_BELL;
}

void wi_bell_give_back(struct wi_arena *arena, uint32_t bell)
{
    wi_exchange_acq_rel(&arena->header->bells[bell].is_taken, false); /* [waiters.bell] */
}

void wi_bell_ring(struct wi_arena *arena, uint32_t bell, uint32_t number)
{
    wi_atomic_u32 *rung = &arena->header->bells[bell % WI_BELLS].rung;
    uint32_t last = wi_load_relaxed(rung); /* [waiters.rung] */
    do
        wi_store_relaxed(&waiter_at(arena, number)->link, last); /* [waiters.rung] */
    while (!wi_cas_acq_rel(rung, &last, number + 1));            /* [waiters.rung] */
    if (last == 0)
        wi_futex_wake_shared(rung, 1);
}

void wi_bell_sleep(struct wi_arena *arena, uint32_t bell, uint64_t deadline)
{
    wi_futex_wait_shared(&arena->header->bells[bell].rung, 0, deadline);
}

uint32_t wi_bell_collect(struct wi_arena *arena, uint32_t bell)
{
    uint32_t last = wi_exchange_acq_rel(&arena->header->bells[bell].rung, 0), first = 0; /* [waiters.rung] */
    while (last != 0) {
        wi_atomic_u32 *link = &waiter_at(arena, last - 1)->link;
        uint32_t before = wi_load_relaxed(link); /* [waiters.rung] */
        wi_store_relaxed(link, first);           /* owner's own */
        first = last;
        last = before;
    }
    return first - 1;
}

uint32_t wi_bell_next(struct wi_arena *arena, uint32_t number)
{
    return wi_load_relaxed(&waiter_at(arena, number)->link) - 1; /* owner's own */
}
