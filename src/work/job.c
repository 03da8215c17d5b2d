/*
 * work/job.c - jobs: root tasks that bring a message and leave a reply
 *
 * Invariants
 *   I1  A job has two holders at most: who was given it, and the pool, until it has settled. The last one frees it.
 *   I2  state leaves PENDING once. After that nothing changes but the answer, once, when it is taken.
 *
 * Who touches what
 *   message   the submitter, until the job is sent; then the job's function, and who settles it
 *   answer    the job's function, and who settles it; then who takes it
 *   state     who settles it
 *
 * Edges
 *   [job.settled]  store of state by who settles -> load by who finds it settled: what the function did, and the
 *                  answer.
 *   [job.answer]   exchange of answer by who takes it <-> the same by another, load by the last holder: one has it.
 *                  Carries no data.
 *   [job.holders]  add to holders by one -> add by the last: the job is the last one's.
 */
#include <weft/job.h>

#include "base/alloc.h"
#include "memory/transfer.h"
#include "message/message.h"
#include "os/clock.h"
#include "queue/event.h"
#include "sched/pool.h"
#include "sched/spares.h"
#include "sched/worker.h"

enum {
    PENDING,
    DONE,
    CANCELED
};

struct weft_job {
    weft_task task;
    weft_pool *pool;
    weft_job_fn *run;
    weft_message *message;
    wi_atomic_ptr answer; /* the reply; of a cancelled job, what was its message */
    wi_atomic_u32 state;
    wi_atomic_u32 holders;
    struct wi_event settled;
};

static uint32_t state_of(const weft_job *job)
{
    return wi_load_acquire(&job->state); /* [job.settled] */
}

/* ---- its end ---- */

static void let_go(weft_job *job)
{
    wi_tsan_release(&job->holders);                             /* [job.holders] */
    if (wi_fetch_add_acq_rel(&job->holders, (uint32_t)-1) != 1) /* [job.holders] */
        return;
    wi_tsan_acquire(&job->holders);                      /* [job.holders] */
    weft_message_release(wi_load_relaxed(&job->answer)); /* [job.answer] */
    wi_free(job);
}

static void settle(weft_job *job, uint32_t outcome)
{
    wi_tsan_release(&job->state);           /* [job.settled] */
    wi_store_release(&job->state, outcome); /* [job.settled] */
    wi_event_notify(&job->settled);
    let_go(job);
}

static void run_job(weft_worker *worker, weft_task *task)
{
    weft_job *job = weft_entry(task, weft_job, task);
    if (worker) {
        job->run(worker, job);
        weft_message_release(job->message);
    } else {
        wi_store_relaxed(&job->answer, job->message); /* owner's own, until [job.settled] */
    }
    job->message = NULL;
    settle(job, worker ? DONE : CANCELED);
}

/* ---- its beginning ---- */

int weft_submit(weft_pool *pool, weft_job_fn *run, const void *bytes, size_t size, const weft_transfer *list,
                size_t count, weft_job **result)
{
    struct wi_message *message;
    if (!pool || !run)
        return WEFT_EINVAL;
    int status = wi_message_pack(bytes, size, list, count, &message);
    if (status != WEFT_OK)
        return status;
    weft_job *job = wi_alloc(_Alignof(weft_job), sizeof *job);
    status = job ? wi_pool_admit(pool) : WEFT_ENOMEM;
    if (status != WEFT_OK) {
        wi_transfer_unclaim(message->list, count);
        wi_free(message);
        wi_free(job);
        return status;
    }
    wi_transfer_move(message->list, count);
    *job = (weft_job){.pool = pool, .run = run, .message = &message->open, .holders = {result ? 2 : 1}};
    if (result)
        *result = job;
    wi_pool_send(pool, &job->task, run_job);
    return WEFT_OK;
}

/* ---- in its function ---- */

weft_message *weft_job_message(weft_job *job)
{
    return job ? job->message : NULL;
}

int weft_job_reply(weft_job *job, const void *bytes, size_t size, const weft_transfer *list, size_t count)
{
    struct wi_message *message;
    if (!job || wi_load_relaxed(&job->answer)) /* owner's own, until [job.settled] */
        return WEFT_EINVAL;
    int status = wi_message_pack(bytes, size, list, count, &message);
    if (status != WEFT_OK)
        return status;
    wi_transfer_move(message->list, count);
    wi_store_relaxed(&job->answer, &message->open); /* owner's own, until [job.settled] */
    return WEFT_OK;
}

/* ---- its future ---- */

int weft_job_is_settled(const weft_job *job)
{
    bool is_settled = job && state_of(job) != PENDING;
    if (is_settled)
        wi_tsan_acquire((void *)&job->state); /* [job.settled] */
    return is_settled;
}

/* Executes what is queued until somebody has the job, where the caller may. */
static void help(weft_job *job, uint64_t deadline)
{
    bool is_patient = deadline == WI_NEVER || weft_pool_workers(job->pool) == 0;
    if (is_patient && !wi_worker_here(job->pool))
        wi_pool_help(job->pool, &job->task, deadline);
}

static void sleep_until_settled(weft_job *job, uint64_t deadline)
{
    bool is_over = false;
    wi_spares_block();
    while (!is_over) {
        uint32_t key = wi_event_prepare(&job->settled);
        is_over = state_of(job) != PENDING;
        if (is_over)
            wi_event_cancel(&job->settled);
        else
            is_over = !wi_event_wait(&job->settled, key, deadline);
    }
    wi_spares_resume();
}

int weft_job_wait(weft_job *job, uint64_t timeout_ns)
{
    if (!job)
        return WEFT_EINVAL;
    uint64_t deadline = wi_clock_deadline(timeout_ns);
    if (state_of(job) == PENDING) {
        if (wi_pool_is_forked(job->pool))
            return WEFT_EFORKED;
        help(job, deadline);
        if (wi_pool_is_forked(job->pool)) /* by what it helped with */
            return WEFT_EFORKED;
    }
    if (state_of(job) == PENDING && timeout_ns != 0)
        sleep_until_settled(job, deadline);
    if (!weft_job_is_settled(job))
        return WEFT_ETIMEDOUT;
    return state_of(job) == CANCELED ? WEFT_ECANCELED : WEFT_OK;
}

weft_message *weft_job_take(weft_job *job)
{
    if (!weft_job_is_settled(job))
        return NULL;
    return wi_exchange_acq_rel(&job->answer, NULL); /* [job.answer] */
}

int weft_job_release(weft_job *job)
{
    if (job)
        let_go(job);
    return WEFT_OK;
}
