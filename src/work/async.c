/*
 * work/async.c - waits that do not block a thread, and the thread that completes them
 *
 * An arena in which such waits are begun has an attendant in this process: a bell, and a thread that sleeps there,
 * until somebody rings or the earliest deadline. It tells each wait that is over what came of it, and how it is to be
 * told: by starting its root task, by its eventfd, or just by its state.
 *
 * Invariants
 *   I1  a wait is pending, in a chain and, if it has a deadline, in the list of deadlines, from its begin until the
 *       attendant takes it out; only the attendant does. Its waiter's number is in no other pending wait.
 *   I2  a wait whose waiter has been notified, but has not been rung for yet, stays in its chain, though its time be
 *       up: the notify counts.
 *   I3  the nudge is a waiter that waits for nothing; it is in the bell's list at most once. Who has changed the
 *       earliest deadline, or wants the end, rings for it.
 *
 * Who touches what
 *   chains, earliest, latest, is_over   who has the attendant's lock
 *   nudged                              who rings for the nudge (to 1), the attendant (to 0)
 *   wait.state                          the attendant (done)                    finish
 *   wait, else                          its begin, until it is pending; the attendant, until it is done; finish
 *
 * Edges
 *   [async.done]    store of state by the attendant -> load in finish: the outcome, and that nobody touches the wait.
 *   [async.nudge]   exchange by who nudges -> exchange by the attendant: none is forgotten. The lock carries the data.
 * That a notify's caller happens before all this is [waiters.cell], told to ThreadSanitizer here for the thread that
 * the wait's task runs on.
 */
#include <weft/cell.h>

#include <string.h>

#include "base/alloc.h"
#include "memory/arena.h"
#include "memory/waiters.h"
#include "os/clock.h"
#include "os/event_fd.h"
#include "os/futex.h"
#include "os/lock.h"
#include "os/process.h"
#include "os/thread.h"
#include "sched/spares.h"

/* Pending waits are found by their waiters' numbers in this many chains. A power of two. */
#define CHAINS 256

enum {
    PENDING,
    DONE
};

struct attendant {
    struct wi_arena *arena;
    wi_thread thread;
    uint32_t generation; /* of the process: a forked child has the memory, but not the thread */
    uint32_t bell;
    uint32_t nudge; /* a waiter's number */
    wi_atomic_u32 nudged;
    struct wi_lock lock;
    bool is_over;
    weft_async *chains[CHAINS];
    weft_async *earliest, *latest;
};

static wi_atomic_u32 *state_of(weft_async *wait)
{
    return (wi_atomic_u32 *)(void *)&wait->state;
}

/* ---- what is pending: with the lock ---- */

/* The latest is the most probable neighbour: most waits have the same timeout, or a few different ones. */
static void add(struct attendant *attendant, weft_async *wait)
{
    weft_async **chain = &attendant->chains[wait->waiter % CHAINS], *before = attendant->latest;
    wait->chained = *chain;
    *chain = wait;
    wait->earlier = wait->later = NULL;
    if (wait->deadline == WI_NEVER)
        return;
    while (before && before->deadline > wait->deadline)
        before = before->earlier;
    wait->earlier = before;
    wait->later = before ? before->later : attendant->earliest;
    *(wait->earlier ? &wait->earlier->later : &attendant->earliest) = wait;
    *(wait->later ? &wait->later->earlier : &attendant->latest) = wait;
}

static void forget_deadline(struct attendant *attendant, weft_async *wait)
{
    if (wait->deadline == WI_NEVER)
        return;
    *(wait->earlier ? &wait->earlier->later : &attendant->earliest) = wait->later;
    *(wait->later ? &wait->later->earlier : &attendant->latest) = wait->earlier;
    wait->deadline = WI_NEVER;
}

static weft_async *find(const struct attendant *attendant, uint32_t number)
{
    weft_async *wait = attendant->chains[number % CHAINS];
    while (wait && wait->waiter != number)
        wait = wait->chained;
    return wait;
}

static void take_out(struct attendant *attendant, weft_async *wait)
{
    weft_async **link = &attendant->chains[wait->waiter % CHAINS];
    while (*link != wait)
        link = &(*link)->chained;
    *link = wait->chained;
    forget_deadline(attendant, wait);
}

/* ---- the attendant's thread ---- */

/* A wait that has been taken out is over. */
static void complete(struct attendant *attendant, weft_async *wait, weft_outcome outcome)
{
    wi_waiters_give_back(attendant->arena, wait->waiter);
    wi_tsan_acquire(attendant->arena->open.base + wait->offset); /* [waiters.cell] */
    wait->outcome = outcome;
    wait->status = wait->pool ? weft_start(wait->pool, &wait->task, wait->run) : WEFT_OK;
    if (wait->has_event_fd)
        wi_event_fd_add(wait->event_fd);
    wi_atomic_u32 *state = state_of(wait);
    wi_tsan_release(state);        /* [async.done] */
    wi_store_release(state, DONE); /* [async.done] */
    wi_futex_wake(state, WI_FUTEX_ALL);
}

/* Completes those that were rung for. */
static void answer(struct attendant *attendant)
{
    for (uint32_t next, number = wi_bell_collect(attendant->arena, attendant->bell); number != WI_NO_WAITER;
         number = next) {
        next = wi_bell_next(attendant->arena, number);
        if (number == attendant->nudge) {
            wi_exchange_acq_rel(&attendant->nudged, false); /* [async.nudge] */
            continue;
        }
        wi_lock_acquire(&attendant->lock);
        weft_async *wait = find(attendant, number);
        if (wait)
            take_out(attendant, wait);
        wi_lock_release(&attendant->lock);
        if (wait)
            complete(attendant, wait, WEFT_NOTIFIED);
    }
}

/* Takes out one whose time is up and whom nobody has notified, or returns NULL. With the lock. */
static weft_async *expire(struct attendant *attendant)
{
    while (attendant->earliest && attendant->earliest->deadline <= wi_clock_now()) {
        weft_async *wait = attendant->earliest;
        forget_deadline(attendant, wait);
        if (wi_waiters_leave(attendant->arena, wait->waiter)) {
            take_out(attendant, wait);
            return wait;
        }
    }
    return NULL;
}

static void *attend(void *context)
{
    struct attendant *attendant = context;
    wi_thread_name("weft/async");
    for (bool is_over = false; !is_over;) {
        answer(attendant);
        wi_lock_acquire(&attendant->lock);
        weft_async *expired = expire(attendant);
        uint64_t deadline = attendant->earliest ? attendant->earliest->deadline : WI_NEVER;
        is_over = attendant->is_over;
        wi_lock_release(&attendant->lock);
        if (expired)
            complete(attendant, expired, WEFT_TIMED_OUT);
        else if (!is_over)
            wi_bell_sleep(attendant->arena, attendant->bell, deadline);
    }
    return NULL;
}

/* Makes the attendant look around. Without the lock. */
static void nudge(struct attendant *attendant)
{
    if (!wi_exchange_acq_rel(&attendant->nudged, true)) /* [async.nudge] */
        wi_bell_ring(attendant->arena, attendant->bell, attendant->nudge);
}

/* ---- its life ---- */

/* Ends an attendant that has nothing left to do. */
static void dismiss(void *context)
{
    struct attendant *attendant = context;
    if (attendant->generation == wi_process_generation()) {
        wi_lock_acquire(&attendant->lock);
        attendant->is_over = true;
        wi_lock_release(&attendant->lock);
        nudge(attendant);
        wi_thread_join(&attendant->thread);
        wi_bell_collect(attendant->arena, attendant->bell);
        wi_waiters_give_back(attendant->arena, attendant->nudge);
        wi_bell_give_back(attendant->arena, attendant->bell);
    }
    wi_free(attendant);
}

static int hire(struct wi_arena *arena, struct attendant **result)
{
    int status = wi_process_watch();
    struct attendant *attendant = status == WEFT_OK ? wi_alloc(WI_CACHE_LINE, sizeof *attendant) : NULL;
    if (!attendant)
        return WEFT_ENOMEM;
    memset(attendant, 0, sizeof *attendant);
    attendant->arena = arena;
    attendant->generation = wi_process_generation();
    attendant->bell = wi_bell_take(arena);
    attendant->nudge = wi_waiters_take(arena);
    status = attendant->bell != WI_NO_BELL && attendant->nudge != WI_NO_WAITER
                 ? wi_thread_create(&attendant->thread, 0, attend, attendant)
                 : WEFT_ENOMEM;
    if (status != WEFT_OK) {
        if (attendant->bell != WI_NO_BELL)
            wi_bell_give_back(arena, attendant->bell);
        if (attendant->nudge != WI_NO_WAITER)
            wi_waiters_give_back(arena, attendant->nudge);
        wi_free(attendant);
        return status;
    }
    *result = attendant;
    return WEFT_OK;
}

/* Gives the arena's attendant. */
static int find_attendant(struct wi_arena *arena, struct attendant **result)
{
    int status = WEFT_OK;
    struct attendant *attendant = NULL;
    wi_lock_acquire(&arena->attendant_lock);
    if (!arena->attendant) {
        status = hire(arena, &attendant);
        if (status == WEFT_OK) {
            arena->attendant = attendant;
            arena->dismiss = dismiss;
        }
    }
    attendant = arena->attendant;
    wi_lock_release(&arena->attendant_lock);
    if (status == WEFT_OK && attendant->generation != wi_process_generation())
        return WEFT_EFORKED;
    *result = attendant;
    return status;
}

/* ---- the public functions ---- */

static int begin(weft_arena *open, struct wi_cell cell, uint64_t timeout_ns, weft_async *wait, weft_outcome *outcome)
{
    struct attendant *attendant = NULL;
    int status =
        wait && outcome && (!wait->pool || wait->run) ? weft_cell_check(open, cell.offset, cell.bytes) : WEFT_EINVAL;
    struct wi_arena *arena = wi_arena_of(open);
    if (status == WEFT_OK)
        status = find_attendant(arena, &attendant);
    if (status != WEFT_OK)
        return status;
    /* With the lock, since somebody may ring for the waiter before it is in its chain. */
    wi_lock_acquire(&attendant->lock);
    const weft_async *earliest = attendant->earliest;
    weft_outcome came;
    uint64_t deadline = wi_clock_deadline(timeout_ns);
    status = wi_waiters_begin(arena, &cell, timeout_ns, attendant->bell, &wait->waiter, &came);
    if (status == WEFT_OK && came == WEFT_PENDING) {
        wait->arena = open;
        wait->offset = cell.offset;
        wait->deadline = deadline;
        wi_store_relaxed(state_of(wait), PENDING); /* owner's own */
        weft_arena_retain(open);
        add(attendant, wait);
    }
    bool is_sooner = attendant->earliest != earliest;
    wi_lock_release(&attendant->lock);
    if (is_sooner)
        nudge(attendant);
    if (status == WEFT_OK)
        *outcome = came;
    return status;
}

int weft_cell_wait_async_u32(weft_arena *arena, uint64_t offset, uint32_t expected, uint64_t timeout_ns,
                             weft_async *wait, weft_outcome *outcome)
{
    return begin(arena, (struct wi_cell){offset, expected, 4}, timeout_ns, wait, outcome);
}

int weft_cell_wait_async_u64(weft_arena *arena, uint64_t offset, uint64_t expected, uint64_t timeout_ns,
                             weft_async *wait, weft_outcome *outcome)
{
    return begin(arena, (struct wi_cell){offset, expected, 8}, timeout_ns, wait, outcome);
}

int weft_async_finish(weft_async *wait, weft_outcome *outcome)
{
    if (!wait || !outcome)
        return WEFT_EINVAL;
    wi_atomic_u32 *state = state_of(wait);
    if (wi_load_acquire(state) != DONE) { /* [async.done] */
        wi_spares_block();
        while (wi_load_acquire(state) != DONE) /* [async.done] */
            wi_futex_wait(state, PENDING, WI_NEVER);
        wi_spares_resume();
    }
    wi_tsan_acquire(state); /* [async.done] */
    int status = wait->status;
    if (wait->pool && status == WEFT_OK)
        status = weft_wait(wait->pool, &wait->task);
    if (status == WEFT_EDEADLK || status == WEFT_EFORKED)
        return status;
    *outcome = wait->outcome;
    weft_arena_release(wait->arena);
    return status;
}
