/*
 * weft/job.h - jobs: a function for a pool to run, what it needs, and a future for what comes of it
 *
 * A job takes with it a copy of its argument and a list of buffers and ports, and gives back a reply of the same kind.
 * It needs no frame of the submitter's, who may wait for it, ask from time to time, or forget it. A root task
 * (weft/pool.h) costs less, where its frame can be waited for.
 *
 *     static void sort(weft_worker *worker, weft_job *job)
 *     {
 *         weft_buffer numbers = weft_message_take_buffer(weft_job_message(job), 0);
 *         sort_numbers(worker, weft_buffer_data(numbers), weft_buffer_size(numbers));
 *         weft_transfer list[] = {weft_transfer_buffer(numbers)};
 *         weft_job_reply(job, NULL, 0, list, 1);
 *     }
 *
 *     weft_transfer list[] = {weft_transfer_buffer(numbers)};
 *     if (weft_submit(pool, sort, NULL, 0, list, 1, &job) != WEFT_OK)
 *         return 1;
 *     weft_job_wait(job, WEFT_FOREVER);
 *     weft_message *reply = weft_job_take(job);
 *     numbers = weft_message_take_buffer(reply, 0);
 *     weft_message_release(reply);
 *     weft_job_release(job);
 *
 * A job settles exactly once: when its function has returned, or when the pool's shutdown cancels it before it has
 * begun. Nothing in its lists is lost: what the function did not take out of the message is released when it returns,
 * a reply that nobody takes when the job is released, and a cancelled job gives back what was submitted.
 *
 * What follows holds for every function that does not say otherwise.
 *   Units     bytes; times in nanoseconds of CLOCK_MONOTONIC
 *   Errors    WEFT_EINVAL for NULL where an object or a function is due
 *   Threads   any; weft_job_wait blocks, the others are lock-free but for the allocations, and for what ports are in a
 *             list
 *   Ordering  what happens before the submission happens before the function runs; what that does happens before the
 *             return of a call that finds the job settled
 */
#ifndef WEFT_JOB_H
#define WEFT_JOB_H

#include <stddef.h>
#include <stdint.h>

#include <weft/pool.h>
#include <weft/port.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A job, and the future of it. */
typedef struct weft_job weft_job;

/* What a job runs, on a worker. */
typedef void weft_job_fn(weft_worker *worker, weft_job *job);

/* Has `pool` run a job, first come first served: copies `bytes`, and takes what is in the list (weft/transfer.h). Gives
 * the job, which the caller ends with weft_job_release(); without a place for it, it is forgotten. WEFT_ECLOSED: the
 * pool is shut down; WEFT_EFORKED: it is the parent's; WEFT_ENOMEM. A failure changes nothing. */
WEFT_API int weft_submit(weft_pool *pool, weft_job_fn *run, const void *bytes, size_t size, const weft_transfer *list,
                         size_t count, weft_job **job);

/* Returns 1 if the job has settled; otherwise, and for NULL, 0. */
WEFT_API int weft_job_is_settled(const weft_job *job);

/* Waits until the job has settled, at most `timeout_ns`; 0 asks. Any number of threads may wait. A task may, too: its
 * worker is replaced meanwhile. A thread outside that waits WEFT_FOREVER, or for a pool without threads, executes what
 * is queued until a worker has the job. WEFT_ECANCELED: it has not run, and never will. WEFT_ETIMEDOUT. WEFT_EFORKED:
 * it was the parent's, and is not settled. */
WEFT_API int weft_job_wait(weft_job *job, uint64_t timeout_ns);

/* In the job's function: returns what was submitted. The job keeps it; what the function takes out of its list is its
 * own. NULL for NULL, and once the job has settled. */
WEFT_API weft_message *weft_job_message(weft_job *job);

/* In the job's function, once: copies `bytes`, and takes what is in the list. WEFT_EINVAL also: there is a reply.
 * WEFT_ENOMEM. A failure changes nothing. */
WEFT_API int weft_job_reply(weft_job *job, const void *bytes, size_t size, const weft_transfer *list, size_t count);

/* Returns the reply of a job that has settled, or what was submitted if it was cancelled; the caller ends it with
 * weft_message_release(). NULL if there is none, or it was taken. */
WEFT_API weft_message *weft_job_take(weft_job *job);

/* Takes the job, whether it has settled or not: if not, it will run all the same. No other call on it may be under way
 * or follow, but those of its function. NULL is WEFT_OK. */
WEFT_API int weft_job_release(weft_job *job);

#ifdef __cplusplus
}
#endif

#endif
