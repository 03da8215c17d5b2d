/*
 * weft/pool.h - a pool of workers, and the way in for work from outside
 *
 * A pool is a set of threads that run tasks. Any thread may bring it a root task and wait for it; the tasks that a root
 * forks (weft/task.h) spread over the workers. A thread that runs a root itself stands in for one worker, who sleeps
 * meanwhile unless roots are queued: a pool of N workers keeps about N threads busy, callers included. There may be
 * several pools, also nested ones. While a task waits for a cell (weft/cell.h), another thread takes its worker's
 * place.
 *
 *     weft_pool *pool;
 *     if (weft_pool_create(NULL, &pool) != WEFT_OK)
 *         return 1;
 *     struct fib f = { .n = 30 };
 *     weft_run(pool, &f.task, fib);
 *     printf("%ld\n", f.value);
 *     weft_pool_destroy(pool);
 *
 * What follows holds for every function that does not say otherwise.
 *   Units     times in nanoseconds of CLOCK_MONOTONIC
 *   Errors    WEFT_EINVAL for NULL where an object is due; WEFT_EFORKED in a child of fork(), for a pool of its parent.
 *             A child that a task forks ends inside that task, by _exit() or exec: what lies below it on the stack is
 *             not the child's
 *   Threads   any, several at once; not inside a hook
 *   Ordering  what happens before a root task is brought happens before it runs; what it does happens before the return
 *             of the call that waits for it
 */
#ifndef WEFT_POOL_H
#define WEFT_POOL_H

#include <stddef.h>
#include <stdint.h>

#include <weft/status.h>
#include <weft/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* For weft_pool_options.workers: no threads at all, whoever waits executes. */
#define WEFT_WORKERS_NONE UINT32_MAX
/* For weft_pool_options.workers: the most that can be asked for. */
#define WEFT_WORKERS_MAX 4096
/* For weft_pool_options.search_rounds: sleep as soon as one look finds nothing. */
#define WEFT_SEARCH_ONCE UINT32_MAX
/* A timeout that never comes. */
#define WEFT_FOREVER UINT64_MAX

/* What a join does while another worker runs the task that it waits for. */
typedef enum weft_help {
    /* Any work of the pool, its thief's first, nested at most `help_depth` deep: a worker's stack never holds more than
     * help_depth + 1 times what one root task needs alone. The join may return late, and a task that holds a lock
     * across a join may meet, on its own stack, another that wants it. */
    WEFT_HELP_ANY,
    /* Only tasks that the awaited one has forked, directly or not: the stack stays within what the root task needs
     * alone, and a join never runs anything unrelated. */
    WEFT_HELP_SUBTREE,
    /* Nothing: the join sleeps. */
    WEFT_HELP_NONE
} weft_help;

/* A worker's start or stop hook. */
typedef void weft_worker_fn(weft_worker *worker, void *context);

/* How to create a pool. Start from { .size = sizeof(weft_pool_options) }: a zero means the default. */
typedef struct weft_pool_options {
    size_t size;              /* sizeof(weft_pool_options) as the caller knows it */
    uint32_t workers;         /* threads; default: see weft_pool_create() */
    weft_help help;           /* default: WEFT_HELP_ANY */
    uint32_t help_depth;      /* bound for WEFT_HELP_ANY; default: 32 */
    uint32_t search_rounds;   /* looks at all sources of work before a worker sleeps; default: 100, some 30 us */
    uint64_t seed;            /* of the random choice of victims; the same seed gives the same choices */
    size_t stack_bytes;       /* of a worker's thread; default: the system's, as set by ulimit -s */
    size_t local_bytes;       /* of the block that each worker has to itself; default: none */
    const char *name;         /* threads are called name/0, name/1, ...; at most 10 bytes are used; default: "weft" */
    weft_worker_fn *on_start; /* runs before a worker's first task, on the thread that will run it */
    weft_worker_fn *on_stop;  /* runs after its last one; for a caller's slot, on the thread that shuts down */
    void *context;            /* the hooks' second argument */
} weft_pool_options;

/* How to shut down. */
typedef enum weft_shutdown {
    WEFT_DRAIN,        /* run all that has been brought */
    WEFT_CANCEL_QUEUED /* root tasks that have not started never will; who waits for one gets WEFT_ECANCELED */
} weft_shutdown;

/* Gives a new pool in `*pool`; `options` may be NULL. The caller releases it with weft_pool_destroy(). Without a number
 * of workers, the environment's WEFT_WORKERS counts (0: none), or else there is one for each CPU that both the affinity
 * mask and the cgroup's quota leave to the process. WEFT_EINVAL: a size, a count or an enumerator out of range, also in
 * the environment. WEFT_ENOMEM, WEFT_ESYSTEM: no memory, no thread. */
WEFT_API int weft_pool_create(const weft_pool_options *options, weft_pool **pool);

/* Takes no more root tasks from now on, waits at most `timeout_ns` until those that it has are settled and ports'
 * handlers (weft/port.h) have ended, then stops the threads. Who waits WEFT_FOREVER, or for a pool without threads,
 * executes what is queued, each root to its end. After WEFT_ETIMEDOUT the pool takes nothing new but goes on with what
 * it has, and may be shut down again, more patiently or harder. A second shutdown of a stopped pool is WEFT_OK. All
 * roots are settled then, but other threads' calls may not have returned yet. WEFT_EDEADLK: called from inside one of
 * the pool's own tasks. */
WEFT_API int weft_pool_shutdown(weft_pool *pool, weft_shutdown how, uint64_t timeout_ns);

/* Takes the pool: shuts it down (WEFT_DRAIN, WEFT_FOREVER) if that has not been done, and frees it. NULL is WEFT_OK.
 * No other call on it may be under way or follow. On failure the pool lives on; in a forked child its memory is left
 * alone, since other threads were at work in it. */
WEFT_API int weft_pool_destroy(weft_pool *pool);

/* Runs `task` with the body `run` and waits for it. The calling thread executes it, as a worker of the pool, or queues
 * it when 64 callers are at it already, threads in the place of workers that wait included; inside a task of the same
 * pool it is a plain call. In a pool of one worker, who is stood in for, what the task forks may wait until it is
 * joined. WEFT_ECLOSED; a queued task may be WEFT_ECANCELED. */
WEFT_API int weft_run(weft_pool *pool, weft_task *task, weft_task_fn *run);

/* Brings `task` and returns; a worker will run it, first come first served. Lends the frame until weft_wait() returns,
 * which must follow: also after the body has returned, the library touches the frame. WEFT_ECLOSED. */
WEFT_API int weft_start(weft_pool *pool, weft_task *task, weft_task_fn *run);

/* Waits until `task`, brought with weft_start(), is settled; one thread waits for one task. If no worker has taken it,
 * the caller executes what is queued before it, and then the task itself. WEFT_ECANCELED: the task never ran and never
 * will. WEFT_EDEADLK: called inside a task of the same pool; there, fork and join. */
WEFT_API int weft_wait(weft_pool *pool, weft_task *task);

/* Returns the number of the pool's threads; 0 for NULL. */
WEFT_API uint32_t weft_pool_workers(const weft_pool *pool);

/* Returns a number that every weft_worker_index() of the pool is below: its threads and the callers' slots. 0 for
 * NULL. */
WEFT_API uint32_t weft_pool_slots(const weft_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
