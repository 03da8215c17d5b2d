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

#include <weft/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One that executes tasks. Having a worker's address is the right to fork on it, for as long as the task that was given
 * it has not returned. */
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
    struct {
        uint64_t value;
    } state;
};

/* The frame of type `type` that has the task `pointer` as its field `member`. */
#define weft_entry(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Lets `task` run in parallel from now on, with the body `run`. Takes nothing, lends the frame until the join. */
WEFT_API void weft_fork(weft_worker *worker, weft_task *task, weft_task_fn *run);

/* Runs `run` on `task` here and now: an ordinary call, spelled like a fork. Such a task is not joined. */
static inline void weft_call(weft_worker *worker, weft_task *task, weft_task_fn *run)
{
    run(worker, task);
}

/* Waits until `task` has run; runs it here if nobody has taken it, and helps with other work while another worker is at
 * it, as far as the pool's `help` option allows. Returns WEFT_OK. Returns WEFT_EFORKED in a child process that was
 * forked while another thread was running the task, or by a task that the join was helping with. */
WEFT_API int weft_join(weft_worker *worker, weft_task *task);

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
