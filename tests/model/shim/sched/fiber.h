/*
 * shim/sched/fiber.h - what ThreadSanitizer is told of tasks: nothing, here
 */
#ifndef WI_SCHED_FIBER_H
#define WI_SCHED_FIBER_H

#include <weft/task.h>

#include "sched/handshake.h"

#define wi_fiber_prepare()                     0
#define wi_fiber_fork(task)                    ((void)(task), UINT64_C(0))
#define wi_fiber_run(worker, task, run, state) ((void)(state), (run)(&(worker)->split.owner, (task)))
#define wi_fiber_join(task)                    ((void)(task))
#define wi_fiber_clean_stack()                 ((void)0)
#define wi_fiber_rely(worker)                  ((void)(worker))

static inline void wi_fiber_cancel(weft_task *task, uint64_t state)
{
    if (state & WI_TASK_DETACHED)
        task->run(NULL, task);
}

#endif
