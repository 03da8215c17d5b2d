/*
 * sched/pool.c - a pool's life, and the ways in for threads from outside
 *
 * Who touches what
 *   stopping       the thread that shuts down
 *   options, workers, locals, generation   written before the pool is given to anybody
 *
 * Edges
 *   [pool.stop]    store of stopping -> load by workers: nothing is left inside, they may end.
 *   [pool.stopped] store of stopping after the threads have ended -> load by another thread that shuts down, too.
 */
#include "sched/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hide.h"
#include "base/options.h"
#include "os/barrier.h"
#include "os/clock.h"
#include "os/cpus.h"
#include "os/process.h"
#include "os/region.h"
#include "sched/fiber.h"
#include "sched/roots.h"
#include "sched/sleep.h"
#include "sched/worker.h"

/* Nested joins that help with any work. More keeps cores busy in deeper trees, and multiplies the stack that one root
 * may need: (HELP_DEPTH + 1) times what it needs alone. */
#define HELP_DEPTH 32

/* Looks before a worker sleeps. More answers new work sooner (a look and the pause behind it take 0.3 us, waking a
 * sleeper 40 us), and burns that much CPU each time that work runs out. */
#define SEARCH_ROUNDS 100

/* Address space for the slots of one worker's deque, which takes memory as it is used. A worker with more forks open
 * than that runs the next at once. */
#define FORKS_BYTES       ((size_t)1 << 27)
#define FORKS_BYTES_LEAST ((size_t)1 << 16)

/* ---- life ---- */

/* How many workers a pool has that was not told: what the environment says, or as many as there are CPUs for. Gives
 * something above WEFT_WORKERS_MAX for what is not a number. */
static uint32_t default_workers(void)
{
    const char *text = getenv("WEFT_WORKERS");
    if (!text || *text == '\0') {
        uint32_t cpus = wi_cpus_usable();
        return cpus < WEFT_WORKERS_MAX ? cpus : WEFT_WORKERS_MAX;
    }
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    bool is_number = *text >= '0' && *text <= '9' && *end == '\0';
    return is_number && number <= WEFT_WORKERS_MAX ? (uint32_t)number : UINT32_MAX;
}

static int options_complete(weft_pool_options *options)
{
    if (options->workers == 0)
        options->workers = default_workers();
    else if (options->workers == WEFT_WORKERS_NONE)
        options->workers = 0;
    if (options->workers > WEFT_WORKERS_MAX || (unsigned)options->help > WEFT_HELP_NONE)
        return WEFT_EINVAL;
    if (options->local_bytes > SIZE_MAX / 2 / (WEFT_WORKERS_MAX + WI_CALLER_SLOTS))
        return WEFT_ENOMEM;
    if (options->help_depth == 0)
        options->help_depth = HELP_DEPTH;
    if (options->search_rounds == 0)
        options->search_rounds = SEARCH_ROUNDS;
    else if (options->search_rounds == WEFT_SEARCH_ONCE)
        options->search_rounds = 0;
    return WEFT_OK;
}

/* Frees a pool without threads. */
static void pool_free(weft_pool *pool)
{
    wi_sleep_fini(&pool->sleep);
    wi_free(pool->workers);
    wi_free(pool->locals);
    wi_region_release(pool->forks, pool->forks_bytes);
    wi_free(pool);
}

/* Gives each worker its block of memory; they are a cache line apart at least. */
static int locals_create(weft_pool *pool)
{
    size_t bytes = pool->options.local_bytes;
    size_t stride = (bytes + WI_CACHE_LINE - 1) & ~(size_t)(WI_CACHE_LINE - 1);
    if (bytes == 0)
        return WEFT_OK;
    pool->locals = wi_alloc(WI_CACHE_LINE, stride * weft_pool_slots(pool));
    if (!pool->locals)
        return WEFT_ENOMEM;
    for (uint32_t i = 0; i < weft_pool_slots(pool); i++)
        pool->workers[i].local = (char *)pool->locals + i * stride;
    return WEFT_OK;
}

/* Makes a pool whose threads are not started yet. */
static int pool_build(const weft_pool_options *options, weft_pool **built)
{
    weft_pool *pool = wi_alloc(_Alignof(weft_pool), sizeof *pool);
    if (!pool)
        return WEFT_ENOMEM;
    memset(pool, 0, sizeof *pool);
    pool->options = *options;
    snprintf(pool->name, sizeof pool->name, "%.*s", WI_NAME_BYTES, options->name ? options->name : "weft");
    pool->options.name = pool->name;
    pool->generation = wi_process_generation();
    uint32_t slots = weft_pool_slots(pool);
    wi_roots_init(&pool->roots);
    wi_init(&pool->guests.lock.word, 0);
    wi_init(&pool->free_callers, UINT64_MAX);
    wi_init(&pool->in_use, options->workers);
    pool->workers = wi_alloc(_Alignof(struct wi_worker), slots * sizeof *pool->workers);
    pool->forks_bytes = slots * FORKS_BYTES;
    pool->forks = wi_region_reserve(&pool->forks_bytes, slots * FORKS_BYTES_LEAST);
    bool is_symmetric = wi_fiber_prepare() || !wi_barrier_prepare();
    for (uint32_t i = 0; pool->workers && pool->forks && i < slots; i++)
        wi_worker_init(&pool->workers[i], pool, i, is_symmetric);
    if (!pool->workers || !pool->forks || wi_sleep_init(&pool->sleep, slots, options->workers) != WEFT_OK ||
        locals_create(pool) != WEFT_OK) {
        pool_free(pool);
        return WEFT_ENOMEM;
    }
    *built = pool;
    return WEFT_OK;
}

static void *thread_main(void *context)
{
    wi_worker_live(context);
    return NULL;
}

/* Ends the first `threads` threads and the callers' slots. Nobody is inside any more. */
static void pool_stop(weft_pool *pool, uint32_t threads)
{
    wi_store_release(&pool->stopping, WI_STOPPING); /* [pool.stop] */
    for (uint32_t i = 0; i < threads; i++)
        wi_sleep_wake(&pool->sleep, i);
    for (uint32_t i = 0; i < threads; i++)
        wi_thread_join(&pool->workers[i].thread);
    wi_spares_end(pool);
    wi_hide_begin();
    for (uint32_t i = pool->options.workers; i < weft_pool_slots(pool); i++) {
        wi_worker_enter(&pool->workers[i]);
        wi_worker_end(&pool->workers[i]);
        wi_worker_leave(&pool->workers[i]);
    }
    wi_hide_end();
}

int weft_pool_create(const weft_pool_options *options, weft_pool **pool)
{
    weft_pool_options complete;
    weft_pool *built;
    if (!pool || wi_options_read(&complete, sizeof complete, options) != WEFT_OK)
        return WEFT_EINVAL;
    int status = options_complete(&complete);
    if (status == WEFT_OK)
        status = wi_process_watch();
    if (status == WEFT_OK)
        status = pool_build(&complete, &built);
    if (status != WEFT_OK)
        return status;

    for (uint32_t i = 0; i < complete.workers && status == WEFT_OK; i++) {
        struct wi_worker *worker = &built->workers[i];
        status = wi_thread_create(&worker->thread, complete.stack_bytes, thread_main, worker);
        if (status != WEFT_OK)
            pool_stop(built, i);
    }
    if (status != WEFT_OK)
        pool_free(built);
    else
        *pool = built;
    return status;
}

/* ---- callers ---- */

/* Takes a free slot for the calling thread and makes it that worker; NULL if all are taken. The gate is held. */
static struct wi_worker *caller_begins(weft_pool *pool)
{
    struct wi_worker *worker = wi_worker_take_slot(pool);
    if (!worker)
        return NULL;
    wi_sleep_caller_begins(&pool->sleep);
    wi_worker_enter(worker);
    wi_worker_begin(worker);
    return worker;
}

/* Gives the slot back. */
static void caller_ends(struct wi_worker *worker)
{
    weft_pool *pool = worker->pool;
    wi_worker_leave(worker);
    wi_worker_give_slot(worker);
    wi_sleep_caller_ends(&pool->sleep);
    wi_pool_look(pool);
}

/* Whether there seem to be both a root to execute and a slot to do it in. */
static bool caller_can_help(weft_pool *pool)
{
    return !wi_roots_are_none(&pool->roots) &&
           wi_load_acquire(&pool->free_callers) != 0; /* hint: caller_begins() looks again */
}

/* Executes the oldest root in the queue, as a caller. Returns false if there was none to have, or no slot. */
static bool caller_helps(weft_pool *pool)
{
    if (!caller_can_help(pool) || !wi_roots_hold(&pool->roots))
        return false;
    struct wi_worker *worker = caller_begins(pool);
    weft_task *root = worker ? wi_roots_take(&pool->roots) : NULL;
    if (root) {
        wi_worker_execute(worker, root);
        wi_fiber_clean_stack();
    }
    if (worker)
        caller_ends(worker);
    wi_roots_release(&pool->roots);
    return root != NULL;
}

/* Waits, as a thread from outside, until the root's state is as `is_so` says, and executes what is queued as long as
 * nobody has taken the root. WEFT_EFORKED, WEFT_ETIMEDOUT. */
static int wait_outside(weft_pool *pool, weft_task *root, bool (*is_so)(uint64_t state), uint64_t deadline)
{
    struct wi_event *outside = &pool->roots.outside;
    for (uint64_t state; !is_so(state = wi_task_state(root));) {
        if (deadline != WI_NEVER && wi_clock_now() >= deadline)
            return WEFT_ETIMEDOUT;
        bool has_helped = !wi_task_is_taken(state) && caller_helps(pool);
        if (wi_pool_is_forked(pool)) /* by the root that was helped with */
            return WEFT_EFORKED;
        if (has_helped)
            continue;
        uint32_t key = wi_event_prepare(outside);
        state = wi_task_await(root, WI_TASK_OUTSIDE);
        if (!is_so(state) && (wi_task_is_taken(state) || !caller_can_help(pool))) {
            wi_event_wait(outside, key, deadline);
        } else {
            wi_event_cancel(outside);
            wi_thread_yield(); /* where a root cannot be had yet, another thread is in the middle of a step */
        }
    }
    return WEFT_OK;
}

/* Waits until `root` is settled. */
static int await(weft_pool *pool, weft_task *root)
{
    wi_hide_begin();
    int status = wait_outside(pool, root, wi_task_is_settled, WI_NEVER);
    wi_hide_end();
    wi_fiber_join(root);
    return status == WEFT_OK && (wi_task_state(root) & WI_TASK_CANCELED) ? WEFT_ECANCELED : status;
}

void wi_pool_help(weft_pool *pool, weft_task *task, uint64_t deadline)
{
    wi_hide_begin();
    wait_outside(pool, task, wi_task_is_taken, deadline);
    wi_hide_end();
}

static int check(const weft_pool *pool)
{
    if (!pool)
        return WEFT_EINVAL;
    return wi_pool_is_forked(pool) ? WEFT_EFORKED : WEFT_OK;
}

/* Brings an accepted root to the queue. */
static void bring(weft_pool *pool, weft_task *task, weft_task_fn *run, uint64_t flags)
{
    uint64_t fiber = wi_fiber_fork(task);
    wi_hide_begin();
    wi_task_reset(task, run, WI_TASK_ROOT | flags | fiber);
    wi_roots_put(&pool->roots, task);
    wi_sleep_announce(&pool->sleep, true);
    wi_hide_end();
}

int wi_pool_admit(weft_pool *pool)
{
    if (wi_pool_is_forked(pool))
        return WEFT_EFORKED;
    wi_hide_begin();
    bool is_accepted = wi_roots_accept(&pool->roots);
    wi_hide_end();
    return is_accepted ? WEFT_OK : WEFT_ECLOSED;
}

void wi_pool_send(weft_pool *pool, weft_task *task, weft_task_fn *run)
{
    bring(pool, task, run, WI_TASK_DETACHED);
}

int wi_pool_enter(weft_pool *pool, struct wi_guest *guest)
{
    if (wi_pool_is_forked(pool))
        return WEFT_EFORKED;
    wi_hide_begin();
    bool is_in = wi_guests_enter(&pool->guests, &pool->roots, guest);
    wi_hide_end();
    return is_in ? WEFT_OK : WEFT_ECLOSED;
}

void wi_pool_part(weft_pool *pool, struct wi_guest *guest)
{
    wi_hide_begin();
    wi_guests_part(&pool->guests, &pool->roots, guest);
    wi_hide_end();
}

void wi_pool_keep(weft_pool *pool, struct wi_guest *guest, bool keeps)
{
    wi_hide_begin();
    wi_guests_keep(&pool->guests, &pool->roots, guest, keeps);
    wi_hide_end();
}

void wi_pool_send_as_guest(weft_pool *pool, weft_task *task, weft_task_fn *run)
{
    if (wi_pool_is_forked(pool))
        return;
    wi_hide_begin();
    wi_roots_hold(&pool->roots);
    wi_hide_end();
    bring(pool, task, run, WI_TASK_DETACHED);
}

/* Runs an accepted root as a caller. False if there is no slot for it. */
static bool run_as_caller(weft_pool *pool, weft_task *task, weft_task_fn *run)
{
    struct wi_worker *worker = caller_begins(pool);
    if (!worker)
        return false;
    wi_fiber_run(worker, task, run, WI_TASK_ROOT);
    if (wi_pool_is_forked(pool)) /* by the task */
        return true;
    caller_ends(worker);
    wi_roots_release(&pool->roots);
    return true;
}

int weft_run(weft_pool *pool, weft_task *task, weft_task_fn *run)
{
    int status = check(pool);
    if (status != WEFT_OK || !task || !run)
        return status != WEFT_OK ? status : WEFT_EINVAL;
    struct wi_worker *worker = wi_worker_here(pool);
    if (worker) {
        run(&worker->split.owner, task);
        return WEFT_OK;
    }
    wi_hide_begin();
    bool is_accepted = wi_roots_accept(&pool->roots);
    bool has_run = is_accepted && run_as_caller(pool, task, run);
    wi_hide_end();
    if (!is_accepted)
        return WEFT_ECLOSED;
    if (has_run)
        return wi_pool_is_forked(pool) ? WEFT_EFORKED : WEFT_OK;
    bring(pool, task, run, 0);
    return await(pool, task);
}

int weft_start(weft_pool *pool, weft_task *task, weft_task_fn *run)
{
    int status = pool && task && run ? wi_pool_admit(pool) : WEFT_EINVAL;
    if (status == WEFT_OK)
        bring(pool, task, run, 0);
    return status;
}

int weft_wait(weft_pool *pool, weft_task *task)
{
    int status = check(pool);
    if (status != WEFT_OK || !task)
        return status != WEFT_OK ? status : WEFT_EINVAL;
    return wi_worker_here(pool) ? WEFT_EDEADLK : await(pool, task);
}

/* ---- the end ---- */

/* Waits on the event of `pool`'s outside until `is_so` holds. False if the deadline passed first. */
static bool wait_until(weft_pool *pool, bool (*is_so)(weft_pool *pool), uint64_t deadline)
{
    struct wi_event *outside = &pool->roots.outside;
    for (;;) {
        uint32_t key = wi_event_prepare(outside);
        bool is_so_now = is_so(pool);
        if (is_so_now || (deadline != WI_NEVER && wi_clock_now() >= deadline)) {
            wi_event_cancel(outside);
            return is_so_now;
        }
        wi_event_wait(outside, key, deadline);
    }
}

static bool is_stopped(weft_pool *pool)
{
    return wi_load_acquire(&pool->stopping) == WI_STOPPED; /* [pool.stopped] */
}

static bool is_over(weft_pool *pool)
{
    return wi_roots_are_over(&pool->roots);
}

static bool is_over_or_may_help(weft_pool *pool)
{
    return is_over(pool) || caller_can_help(pool);
}

/* Waits until all roots are settled, and executes them where nobody else might, or where the deadline leaves time for
 * it; to cancel them takes none. WEFT_ETIMEDOUT, WEFT_EFORKED. */
static int drain(weft_pool *pool, uint64_t deadline)
{
    bool is_cancelling = wi_roots_cancel(&pool->roots);
    bool may_help = is_cancelling || deadline == WI_NEVER || pool->options.workers == 0;
    while (wait_until(pool, may_help ? is_over_or_may_help : is_over, deadline)) {
        if (is_over(pool))
            return WEFT_OK;
        if (!caller_helps(pool))
            wi_thread_yield();
        if (wi_pool_is_forked(pool)) /* by the root that was helped with */
            return WEFT_EFORKED;
        if (!is_cancelling && deadline != WI_NEVER && wi_clock_now() >= deadline)
            return WEFT_ETIMEDOUT;
    }
    return WEFT_ETIMEDOUT;
}

int weft_pool_shutdown(weft_pool *pool, weft_shutdown how, uint64_t timeout_ns)
{
    int status = check(pool);
    if (status != WEFT_OK || (unsigned)how > WEFT_CANCEL_QUEUED)
        return status != WEFT_OK ? status : WEFT_EINVAL;
    if (wi_worker_here(pool))
        return WEFT_EDEADLK;
    uint64_t deadline = wi_clock_deadline(timeout_ns);
    wi_hide_begin();
    wi_roots_close(&pool->roots, how == WEFT_CANCEL_QUEUED ? WI_CANCELLING : WI_DRAINING);
    wi_guests_ask(&pool->guests, &pool->roots);
    status = drain(pool, deadline);
    wi_hide_end();
    if (status != WEFT_OK)
        return status;
    wi_tsan_acquire(&pool->roots.left); /* [roots.left] */
    uint32_t running = WI_RUNNING;
    if (!wi_cas_acq_rel(&pool->stopping, &running, WI_STOPPING)) /* [pool.stopped] */
        return wait_until(pool, is_stopped, deadline) ? WEFT_OK : WEFT_ETIMEDOUT;
    pool_stop(pool, pool->options.workers);
    wi_store_release(&pool->stopping, WI_STOPPED); /* [pool.stopped] */
    wi_event_notify(&pool->roots.outside);
    return WEFT_OK;
}

int weft_pool_destroy(weft_pool *pool)
{
    if (!pool)
        return WEFT_OK;
    int status = weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER);
    if (status == WEFT_OK)
        pool_free(pool);
    return status;
}

/* ---- counts ---- */

uint32_t weft_pool_workers(const weft_pool *pool)
{
    return pool ? pool->options.workers : 0;
}

uint32_t weft_pool_slots(const weft_pool *pool)
{
    return pool ? pool->options.workers + WI_CALLER_SLOTS : 0;
}
