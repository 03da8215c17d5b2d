/*
 * sched/worker.h - a worker: where it finds work, how it runs it, and when it sleeps
 *
 * A worker is a slot of a pool: a deque, a place to sleep, and what belongs to one thread at a time. Most slots have a
 * thread of their own for as long as the pool lives; the others are for callers, who take one while they execute.
 *
 *   Threads   the worker's own thread, unless said otherwise
 */
#ifndef WI_SCHED_WORKER_H
#define WI_SCHED_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/pool.h>

#include "base/atomics.h"
#include "base/layout.h"
#include "os/thread.h"
#include "queue/split.h"
#include "sched/guests.h"
#include "sched/handshake.h"
#include "sched/roots.h"
#include "sched/sleep.h"
#include "sched/spares.h"

/* Slots beside those of the pool's threads, for callers and spares; more callers than that wait for their turn. One
 * word of bits. */
#define WI_CALLER_SLOTS 64

/* Bytes of a thread's name that are the pool's: the system allows 15, and "/4095" must fit. */
#define WI_NAME_BYTES 10

struct wi_worker {
    struct wi_split split;                           /* first, so that a weft_worker is the start of its wi_worker */
    _Alignas(WI_CACHE_LINE) wi_atomic_u64 followers; /* who sleeps until this worker forks: bit (slot % 64) */
    wi_atomic_u32 cluster;                           /* where it last searched: see os/cluster.h */
    _Alignas(WI_CACHE_LINE) weft_pool *pool;
    struct wi_worker *outer; /* the worker, of another pool, that the same thread is while it is not this one */
    void *local;
    uint64_t random;
    uint64_t credit_ns;   /* time of stolen tasks that steals have not used up: see worker.c */
    uint64_t patience_ns; /* how long it holds back from stealing, and until when: see worker.c */
    uint64_t patient_until;
    uint32_t index;
    uint32_t depth; /* joins, one inside the other, that are helping */
    bool is_begun;  /* the start hook has run */
    bool is_spare;  /* is, in a caller's slot, a thread of the pool's own */
    bool relies;    /* what runs has asked which worker it is on: see fiber.c */
    wi_thread thread;
    bool has_thread; /* of a caller's slot: `thread` is a spare's, and not joined */
};

/* The whole of a worker whose owner's end the public functions are given. */
static inline struct wi_worker *wi_worker_of(weft_worker *owner)
{
    return (struct wi_worker *)(void *)owner;
}

/* How far the end of a pool's threads has come. */
enum wi_stop {
    WI_RUNNING,
    WI_STOPPING,
    WI_STOPPED
};

struct weft_pool {
    struct wi_sleep sleep;
    struct wi_roots roots;
    struct wi_guests guests;
    struct wi_spares spares;
    _Alignas(WI_CACHE_LINE) wi_atomic_u64 free_callers; /* a bit for each caller's slot that is free */
    wi_atomic_u32 in_use;                               /* slots below this number may have work */
    wi_atomic_u32 stopping;                             /* an enum wi_stop */
    wi_atomic_u32 forcing;                              /* 1 while a worker takes by force */
    struct wi_worker *workers;                          /* threads first, then callers' slots; not changed any more */
    weft_slot *forks;                                   /* the slots of all workers' deques */
    size_t forks_bytes;
    void *locals;
    weft_pool_options options; /* with the defaults filled in; `name` points to the next field */
    char name[16];
    uint32_t generation; /* of the process that made the pool */
};

/* Fills in a slot of a new pool. */
void wi_worker_init(struct wi_worker *worker, weft_pool *pool, uint32_t index, bool is_symmetric);

/* Runs the start hook before a slot's first task, or the stop hook if the slot was ever begun. */
void wi_worker_begin(struct wi_worker *worker);
void wi_worker_end(struct wi_worker *worker);

/* Makes the calling thread this worker, from enter to leave. */
void wi_worker_enter(struct wi_worker *worker);
void wi_worker_leave(struct wi_worker *worker);

/* What a thread of the pool's own does as this worker, to the end of the pool or of the spare. */
int wi_worker_live(struct wi_worker *worker);

/* Takes a free caller's slot, or returns NULL if all are taken; and gives it back. Any thread. */
struct wi_worker *wi_worker_take_slot(weft_pool *pool);
void wi_worker_give_slot(struct wi_worker *worker);

/* Looks once at every deque, at those of workers in `cluster` first, and from a random one on. Returns what it has
 * stolen, or NULL. */
weft_task *wi_worker_search(struct wi_worker *worker, uint32_t cluster);

/* Whether the worker is a caller from outside. */
bool wi_worker_is_caller(const struct wi_worker *worker);

/* Returns the innermost worker that the calling thread is, or NULL. Any thread. */
struct wi_worker *wi_worker_innermost(void);

/* Returns the worker of `pool` that the calling thread is, or NULL. Any thread. */
struct wi_worker *wi_worker_here(const weft_pool *pool);

/* Executes what the worker may until `awaited`, a task that was stolen from it, is settled; or, if it is NULL, until
 * the pool stops or the worker, a spare, is dismissed. Sleeps when there is nothing. WEFT_EFORKED: that can never be,
 * since this is a child of the pool's process. */
int wi_worker_serve(struct wi_worker *worker, weft_task *awaited);

/* Runs a task that was taken from a queue, settles it, and wakes who waits for it, if anybody may. Returns false in a
 * child that the task has forked, where all that is left undone. */
bool wi_worker_execute(struct wi_worker *worker, weft_task *task);

/* Tells sleepers that the worker's deque has a new public task. */
void wi_worker_announce(struct wi_worker *worker);

/* Looks for work anywhere in `pool` and announces it, as I2 of sched/sleep.c asks. Any thread. */
void wi_pool_look(weft_pool *pool);

/* Whether the pool's threads are to end. Any thread. */
bool wi_pool_is_stopping(weft_pool *pool);

/* Whether the pool belongs to another process. Any thread. */
bool wi_pool_is_forked(const weft_pool *pool);

#endif
