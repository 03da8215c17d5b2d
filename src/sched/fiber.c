/*
 * sched/fiber.c - tasks as fibers of ThreadSanitizer
 *
 * Compiled without instrumentation in every build.
 *
 * Invariants
 *   I1  A fiber knows what its creator knew: it is made by whoever forks the task, at the fork. It runs that task and
 *       no other.
 *   I2  Whoever runs a task switches back to what it was, at the task's end, without synchronisation.
 *   I3  When a task begins, and when one goes on that has run others on its stack, nothing is recorded of the stack
 *       below.
 *
 * Who touches what
 *   fibers       a fork takes a place, who runs or cancels the task frees it
 *   alive        each fork, run and cancel
 *   tells, has_fibers   the first wi_fiber_prepare()
 *   worker.relies              the thread that is the worker
 *
 * Edges
 *   [fiber.fork]    put at the fork -> acquire when the task begins, or is told that it will not run.
 *   [fiber.join]    put when the task ends -> acquire by who has waited for it.
 *   [fiber.place]   CAS of a place at the fork -> exchange by who runs or cancels the task: the fiber. What carries it
 *                   in truth is the edge that carries the task.
 *   [fiber.worker]  release when a task that relies on its worker leaves it -> acquire when one does that relies on it:
 *                   what belongs to the worker, and is used by one task at a time.
 */
#include "sched/fiber.h"

#include <stdlib.h>
#include <string.h>

#include "base/atomics.h"
#include "base/hide.h"
#include "os/process.h"
#include "os/stack.h"
#include "sched/worker.h"

extern void *__tsan_get_current_fiber(void) __attribute__((weak));
extern void *__tsan_create_fiber(unsigned flags) __attribute__((weak));
extern void __tsan_destroy_fiber(void *fiber) __attribute__((weak));
extern void __tsan_switch_to_fiber(void *fiber, unsigned flags) __attribute__((weak));
extern void __tsan_set_fiber_name(void *fiber, const char *name) __attribute__((weak));
extern void AnnotateBenignRaceSized(const char *file, int line, void *memory, uintptr_t bytes, const char *why)
    __attribute__((weak));

/* For a switch: no edge from the one to the other. */
#define NO_SYNC 1

/* Fibers alive at once; tasks that are forked beyond that run as part of what runs them. A fiber takes 840 KB with gcc
 * 12 and 9 KB with clang 14, and clang allows 8128 with the threads. */
#define FIBERS_MOST 1000

static wi_atomic_ptr fibers[FIBERS_MOST];
static wi_atomic_u32 alive, next_place;
static bool tells;      /* ThreadSanitizer is here */
static bool has_fibers; /* and tasks are fibers */

static wi_once once = WI_ONCE;

static void find_out(void)
{
    const char *text = getenv("WEFT_TSAN_TASKS");
    tells = wi_tsan_is_here();
    has_fibers = tells && !(text && strcmp(text, "0") == 0) && __tsan_get_current_fiber && __tsan_create_fiber &&
                 __tsan_destroy_fiber && __tsan_switch_to_fiber && __tsan_java_alloc && __tsan_java_free &&
                 __tsan_java_release_store;
}

bool wi_fiber_prepare(void)
{
    wi_process_once(&once, find_out);
    wi_hide_prepare(has_fibers);
    return has_fibers || (tells && !WI_IS_INSTRUMENTED);
}

/* ---- a fiber for each task ---- */

/* Makes a fiber that knows what the caller knows. Returns its place + 1, or 0 if there are too many. */
static uint64_t make_fiber(void)
{
    if (wi_fetch_add_relaxed(&alive, 1) >= FIBERS_MOST) { /* hint: a bound, give or take those under way */
        wi_fetch_add_relaxed(&alive, (uint32_t)-1);       /* hint: as above */
        return 0;
    }
    void *fiber = __tsan_create_fiber(0);
    if (__tsan_set_fiber_name)
        __tsan_set_fiber_name(fiber, "weft task");
    for (;;) {
        uint32_t place = wi_fetch_add_relaxed(&next_place, 1) % FIBERS_MOST; /* hint: the CAS decides */
        void *nobody = NULL;
        if (wi_cas_acq_rel(&fibers[place], &nobody, fiber)) /* [fiber.place] */
            return place + 1;
    }
}

static void *take_fiber(uint64_t state)
{
    uint64_t place = state >> WI_TASK_FIBER_SHIFT;
    return place == 0 ? NULL : wi_exchange_acq_rel(&fibers[place - 1], NULL); /* [fiber.place] */
}

static void drop_fiber(void *fiber)
{
    __tsan_destroy_fiber(fiber);
    wi_fetch_add_relaxed(&alive, (uint32_t)-1); /* hint: see make_fiber() */
}

uint64_t wi_fiber_fork(weft_task *task)
{
    wi_tsan_put(&task->link); /* [fiber.fork] */
    return has_fibers ? make_fiber() << WI_TASK_FIBER_SHIFT : 0;
}

void wi_fiber_join(weft_task *task)
{
    wi_tsan_acquire(&task->link); /* [fiber.join] */
}

/* ---- what belongs to the thread ---- */

void wi_fiber_clean_stack(void)
{
    if (has_fibers)
        wi_stack_visit_used(__builtin_frame_address(0), wi_tsan_forget);
}

static void share(void *memory, size_t bytes)
{
    AnnotateBenignRaceSized("weft", 0, memory, bytes, "thread-local variables of one that runs tasks");
}

/* Tasks that run on one thread share its thread-local variables, errno among them, and are not to blame. */
static void share_locals(void)
{
    static _Thread_local bool is_done;
    if (!is_done && AnnotateBenignRaceSized)
        wi_stack_visit_locals(share);
    is_done = true;
}

/* ---- running ---- */

void wi_fiber_rely(struct wi_worker *worker)
{
    if (!tells)
        return;
    worker->relies = true;
    wi_tsan_acquire(&worker->relies); /* [fiber.worker] */
}

/* Runs the body on behalf of the task, who is the current fiber. */
static void run_told(struct wi_worker *worker, weft_task *task, weft_task_fn *run, uint64_t state)
{
    const weft_pool_options *options = &worker->pool->options;
    wi_tsan_acquire(&task->link); /* [fiber.fork] */
    if (options->on_start || worker->local)
        wi_tsan_acquire(&worker->is_begun); /* [worker.start] */
    worker->relies = false;
    run(&worker->split.owner, task);
    if (worker->relies)
        wi_tsan_release(&worker->relies); /* [fiber.worker] */
    if (options->on_stop)
        wi_tsan_release(&worker->local); /* [worker.stop] */
    if (state & WI_TASK_ROOT)
        wi_tsan_release(&worker->pool->roots.left); /* [roots.left] */
    if (!(state & WI_TASK_DETACHED))
        wi_tsan_put(&task->link); /* [fiber.join] */
}

void wi_fiber_run(struct wi_worker *worker, weft_task *task, weft_task_fn *run, uint64_t state)
{
    if (!tells) {
        run(&worker->split.owner, task);
        return;
    }
    wi_hide_end();
    bool relied = worker->relies;
    if (relied)
        wi_tsan_release(&worker->relies); /* [fiber.worker] */
    void *fiber = take_fiber(state);
    if (fiber) {
        void *before = __tsan_get_current_fiber();
        share_locals();
        wi_stack_visit_used(__builtin_frame_address(0), wi_tsan_forget);
        __tsan_switch_to_fiber(fiber, NO_SYNC);
        run_told(worker, task, run, state);
        __tsan_switch_to_fiber(before, NO_SYNC);
        drop_fiber(fiber);
    } else {
        run_told(worker, task, run, state);
    }
    if (relied)
        wi_tsan_acquire(&worker->relies); /* [fiber.worker] */
    worker->relies = relied;
    wi_hide_begin();
}

void wi_fiber_cancel(weft_task *task, uint64_t state)
{
    void *fiber = take_fiber(state);
    if (fiber)
        drop_fiber(fiber);
    if (!(state & WI_TASK_DETACHED))
        return;
    wi_fiber_clean_stack();
    wi_hide_end();
    wi_tsan_acquire(&task->link); /* [fiber.fork] */
    task->run(NULL, task);
    wi_hide_begin();
}
