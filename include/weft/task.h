/*
 * weft/task.h - fork, call and join: tasks that may run in parallel
 *
 * A task is a small header that the caller embeds in a frame of its own, usually on its own stack: nothing is allocated
 * and nothing is copied. Forking a task says that it may run elsewhere from now on; joining it waits until it has run,
 * and runs it here if nobody has taken it. The frame belongs to the caller throughout: it lends it from fork to join.
 *
 *     struct fib { weft_task task; int n; long value; };
 *
 *     static void fib(weft_worker *worker, weft_task *task)
 *     {
 *         struct fib *f = weft_entry(task, struct fib, task);
 *         if (f->n < 2) { f->value = f->n; return; }
 *         struct fib left = { .n = f->n - 1 }, right = { .n = f->n - 2 };
 *         weft_fork(worker, &left.task, fib);
 *         weft_call(worker, &right.task, fib);
 *         weft_join(worker, &left.task);
 *         f->value = left.value + right.value;
 *     }
 *
 * What follows holds for every function that does not say otherwise.
 *   Rule      a task that was forked is joined exactly once, by the task that forked it, before that task returns;
 *             joining in reverse order of forking is the fast path, any other order is allowed
 *   Errors    forking cannot fail: where there is no memory to remember the task, it runs at once
 *   Threads   the worker's own thread, inside a task that was given this `worker`
 *   Ordering  what happens before a fork happens before its task; what a task does happens before its join returns
 *   Source    child stealing with leapfrogging: Wagner and Calder, Leapfrogging (PPoPP 1993)
 */
#ifndef WEFT_TASK_H
#define WEFT_TASK_H

#include <stddef.h>
#include <stdint.h>

#include <weft/inline.h>
#include <weft/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_worker weft_worker;
typedef struct weft_task weft_task;
typedef struct weft_pool weft_pool;

/* A task's body. `task` is the header inside the caller's frame; weft_entry() finds the frame. */
typedef void weft_task_fn(weft_worker *worker, weft_task *task);

/* The header inside a frame. It needs no initialisation; its fields are the library's own, and other threads may change
 * them from fork to join: a frame is not copied as a whole in the meantime. */
struct weft_task {
    weft_task_fn *run;
    void *link;
    weft_word state;
};

/* A place in a worker's deque. */
typedef struct weft_slot {
    weft_task *value;
} weft_slot;

/* One that executes tasks: for those who have its address, the owner's end of its split deque. Having that is the right
 * to fork on it, for as long as the task that was given it has not returned. The fields are the library's own.
 *
 * The deque is a row of slots, one for each task that is forked and not joined. Thieves see those below `bound`; the
 * others are the owner's alone, so that forking and joining one is a few plain loads and stores. A thread that wants
 * some moves `bound` or lowers `limit`, and pays for the barrier that lets it do so (src/queue/README.md). */
struct weft_worker {
    weft_word limit;  /* forks from this address on go the slow way: somebody wants one, or there is no more room */
    weft_word bound;  /* joins below this address go the slow way: thieves may see the task */
    weft_slot *first; /* the slots: not changed after creation */
    weft_slot *last;
    char apart[32];  /* what follows is on another cache line, which no thief looks at */
    weft_slot *next; /* the slot that the next fork takes */
};

/* The frame of type `type` that has the task `pointer` as its field `member`. */
#define weft_entry(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* What is seldom needed, out of line: a fork that somebody wants or that has no room; a join of a task that thieves may
 * see, in both forms; a join of a task that is not the newest. */
WEFT_COLD_ WEFT_API weft_slot *weft_fork_slow_(weft_worker *worker, weft_slot *at, weft_task *task);
WEFT_COLD_ WEFT_API weft_slot *weft_join_slow_(weft_worker *worker, weft_slot *at, weft_task *task);
WEFT_COLD_ WEFT_API int weft_join_public_(weft_worker *worker, weft_slot *at, weft_task *task);
WEFT_COLD_ WEFT_API int weft_join_other_(weft_worker *worker, weft_task *task);

/* Forks `task` in the slot `at`. Returns the slot that the next fork takes. */
static inline weft_slot *weft_fork_at_(weft_worker *worker, weft_slot *at, weft_task *task, weft_task_fn *run)
{
    task->run = run;
    WEFT_STORE_RELAXED_(&task->state, 0);                                  /* owner's own, until [split.item] */
    WEFT_STORE_RELEASE_(at, task);                                         /* [split.item] [split.hungry] */
    WEFT_LIGHT_BARRIER_();                                                 /* [split.hungry] */
    if (WEFT_SELDOM_((uintptr_t)at >= WEFT_LOAD_RELAXED_(&worker->limit))) /* [split.hungry] */
        return weft_fork_slow_(worker, at, task);
    return at + 1;
}

/* Takes the task in the slot `at` back. Returns false if thieves may see it; then the join goes on out of line. */
static inline int weft_take_back_(weft_worker *worker, weft_slot *at)
{
    WEFT_STORE_RELAXED_(at, (weft_task *)0);                                  /* [split.force] */
    WEFT_LIGHT_BARRIER_();                                                    /* [split.force] */
    return !WEFT_SELDOM_((uintptr_t)at < WEFT_LOAD_RELAXED_(&worker->bound)); /* [split.force] */
}

/* Lets `task` run in parallel from now on, with the body `run`. Takes nothing, lends the frame until the join. */
static inline void weft_fork(weft_worker *worker, weft_task *task, weft_task_fn *run)
{
    WEFT_SET_OWN_(worker->next, weft_fork_at_(worker, WEFT_GET_OWN_(worker->next), task, run));
}

/* Runs `run` on `task` here and now: an ordinary call, spelled like a fork. Such a task is not joined. */
static inline void weft_call(weft_worker *worker, weft_task *task, weft_task_fn *run)
{
    run(worker, task);
}

/* Waits until `task` has run; runs it here if nobody has taken it, and helps with other work while another worker is at
 * it, as far as the pool's `help` option allows. Returns WEFT_OK. Returns WEFT_EFORKED in a child process that was
 * forked while another thread was running the task, or by a task that the join was helping with; WEFT_EINVAL if the
 * worker has no forked task left. */
static inline int weft_join(weft_worker *worker, weft_task *task)
{
    weft_slot *at = WEFT_GET_OWN_(worker->next) - 1;
    if (WEFT_SELDOM_(WEFT_LOAD_RELAXED_(at) != task)) /* owner's own */
        return weft_join_other_(worker, task);
    if (WEFT_SELDOM_(!weft_take_back_(worker, at)))
        return weft_join_public_(worker, at, task);
    WEFT_SET_OWN_(worker->next, at);
    task->run(worker, task);
    return WEFT_OK;
}

/* Returns the worker's number in its pool: below weft_pool_slots(), and no two at work share it. */
WEFT_API uint32_t weft_worker_index(const weft_worker *worker);

/* Returns the worker's pool. */
WEFT_API weft_pool *weft_worker_pool(const weft_worker *worker);

/* Returns the worker's own block of `local_bytes` (see weft/pool.h), aligned for any type, zero at first. NULL if the
 * pool was created without. Valid until the pool is destroyed. */
WEFT_API void *weft_worker_local(const weft_worker *worker);

#ifdef __cplusplus
}
#endif

#endif
