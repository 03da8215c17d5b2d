/*
 * sched/spares.c - threads that take the place of workers whose task blocks
 *
 * Invariants
 *   I1  Spares are started only for workers that are blocked in excess of them, and at most WI_SPARES.
 *   I2  A spare ends only while there are more spares than blocked workers. So beside those that sleep at least as many
 *       threads go on as the pool has workers, unless more than WI_SPARES are blocked, or the system refuses a thread.
 *   I3  A slot keeps the thread of the spare that was in it last, until it is joined.
 *
 * Who touches what
 *   standing            who blocks, resumes, or is dismissed
 *   worker.is_spare     who starts the spare, then the spare, while they have the slot
 *   worker.thread, has_thread   of callers' slots: who has the lock
 *
 * Edges
 *   [spares.standing]  CAS of standing in block -> CAS in dismiss: one word, so a spare that ends has not been counted
 *                      on by who blocks. Carries no data.
 */
#include "sched/spares.h"

#include "base/hide.h"
#include "os/thread.h"
#include "sched/worker.h"

/* The counts in `standing`. */
#define BLOCKED UINT64_C(1)
#define SPARE   (UINT64_C(1) << 32)

static uint64_t blocked_in(uint64_t standing)
{
    return standing % SPARE;
}

static uint64_t spares_in(uint64_t standing)
{
    return standing / SPARE;
}

/* ---- a spare's life ---- */

static void *spare_main(void *context)
{
    struct wi_worker *worker = context;
    wi_hide_begin();
    if (wi_worker_live(worker) == WEFT_OK) { /* not in a forked child */
        worker->is_spare = false;
        wi_worker_give_slot(worker);
        wi_pool_look(worker->pool);
    }
    wi_hide_end();
    return NULL;
}

static void join(struct wi_worker *worker)
{
    if (worker->has_thread)
        wi_thread_join(&worker->thread);
    worker->has_thread = false;
}

/* Starts a spare. Returns false if there is no slot or no thread to be had, or the pool has come to its end. */
static bool start(weft_pool *pool)
{
    wi_lock_acquire(&pool->spares.lock);
    struct wi_worker *worker = wi_pool_is_stopping(pool) ? NULL : wi_worker_take_slot(pool);
    bool has_started = false;
    if (worker) {
        join(worker);
        worker->is_spare = true;
        has_started = wi_thread_create(&worker->thread, pool->options.stack_bytes, spare_main, worker) == WEFT_OK;
        if (has_started) {
            worker->has_thread = true;
        } else {
            worker->is_spare = false;
            wi_worker_give_slot(worker);
        }
    }
    wi_lock_release(&pool->spares.lock);
    return has_started;
}

bool wi_spares_dismiss(struct wi_worker *worker)
{
    wi_atomic_u64 *standing = &worker->pool->spares.standing;
    if (!worker->is_spare)
        return false;
    uint64_t before = wi_load_relaxed(standing); /* hint: the CAS decides */
    do {
        if (spares_in(before) <= blocked_in(before))
            return false;
    } while (!wi_cas_acq_rel(standing, &before, before - SPARE)); /* [spares.standing] */
    return true;
}

void wi_spares_end(weft_pool *pool)
{
    /* Who starts one has seen that the pool is stopping, or is done. */
    wi_lock_acquire(&pool->spares.lock);
    wi_lock_release(&pool->spares.lock);
    for (uint32_t i = pool->options.workers; i < weft_pool_slots(pool); i++) {
        wi_sleep_wake(&pool->sleep, i);
        join(&pool->workers[i]);
    }
}

/* ---- who blocks ---- */

/* Counts one that blocks. Returns whether it needs a spare, which is counted then. */
static bool count_blocked(struct wi_spares *spares)
{
    uint64_t before = wi_load_relaxed(&spares->standing), after; /* hint: the CAS decides */
    bool is_needed;
    do {
        is_needed = spares_in(before) <= blocked_in(before) && spares_in(before) < WI_SPARES;
        after = before + BLOCKED + (is_needed ? SPARE : 0);
    } while (!wi_cas_acq_rel(&spares->standing, &before, after)); /* [spares.standing] */
    return is_needed;
}

static void block(struct wi_worker *worker)
{
    weft_pool *pool = worker->pool;
    if (wi_worker_is_caller(worker))
        wi_sleep_caller_ends(&pool->sleep);
    else if (count_blocked(&pool->spares) && !start(pool))
        wi_fetch_add_relaxed(&pool->spares.standing, 0 - SPARE); /* [spares.standing] */
    wi_pool_look(pool);
}

static void resume(struct wi_worker *worker)
{
    weft_pool *pool = worker->pool;
    if (wi_worker_is_caller(worker))
        wi_sleep_caller_begins(&pool->sleep);
    else
        wi_fetch_add_relaxed(&pool->spares.standing, 0 - BLOCKED); /* [spares.standing] */
}

void wi_spares_block(void)
{
    wi_hide_begin();
    for (struct wi_worker *worker = wi_worker_innermost(); worker; worker = worker->outer)
        if (!wi_pool_is_forked(worker->pool))
            block(worker);
    wi_hide_end();
}

void wi_spares_resume(void)
{
    wi_hide_begin();
    for (struct wi_worker *worker = wi_worker_innermost(); worker; worker = worker->outer)
        if (!wi_pool_is_forked(worker->pool))
            resume(worker);
    wi_hide_end();
}
