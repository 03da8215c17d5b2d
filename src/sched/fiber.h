/*
 * sched/fiber.h - what ThreadSanitizer is told of tasks
 *
 * In a program that is built with -fsanitize=thread each task is a thread of its own to ThreadSanitizer, a fiber,
 * whatever worker runs it, and what orders tasks is told: fork before task, task before join. So a race between two
 * tasks is reported although they ran one after the other. In any other program these functions do nothing but run a
 * task. The README in this folder has the argument.
 *
 *   Threads   the thread that forks, runs or joins the task, on behalf of the task (or thread) that does
 */
#ifndef WI_SCHED_FIBER_H
#define WI_SCHED_FIBER_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/task.h>

struct wi_worker;

/* Finds out what is to be told; before all else. Returns whether each fork and join must come out of line. */
bool wi_fiber_prepare(void);

/* `task` is about to be put where others take it: makes its fiber, and returns what tells of it in the task's state. */
uint64_t wi_fiber_fork(weft_task *task);

/* Runs the body `run` of `task`, which had `state` when it was taken, as the fiber that it is. */
void wi_fiber_run(struct wi_worker *worker, weft_task *task, weft_task_fn *run, uint64_t state);

/* `task`, which had `state` when it was taken, will not run. A detached one is told: its body is called without a
 * worker. */
void wi_fiber_cancel(weft_task *task, uint64_t state);

/* The calling task or thread has waited for `task`, which is settled. */
void wi_fiber_join(weft_task *task);

/* The calling task or thread has run others on its stack, which it goes on to use. */
void wi_fiber_clean_stack(void);

/* The task that `worker` runs relies on it: what was done on that worker by others that did happens before. */
void wi_fiber_rely(struct wi_worker *worker);

#endif
