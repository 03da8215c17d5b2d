/*
 * sched/worker.c - a worker: where it finds work, how it runs it, and when it sleeps
 *
 * Invariants
 *   I1  A task that is stolen was the oldest in its deque: whoever waits for a stolen task has an empty deque.
 *   I2  So a thief's deque is empty when it starts a stolen task, and what it then holds are that task's own forks and
 *       theirs, for as long as the task is not settled and the thief helps within its subtree only.
 *   I3  Whoever is woken, or finds work, looks for more before it turns to it (sched/sleep.c, I2).
 *
 * Who touches what
 *   split        see queue/split.c
 *   followers    a worker that is going to sleep sets its bit; the worker itself clears all when it forks
 *   local        the worker's thread, between the hooks; then the thread that shuts down
 *   cluster      the worker, when it searches; searchers read it
 *   random, credit, patience, depth, outer, is_begun   the thread that is the worker
 *   is_spare, thread, has_thread   see sched/spares.c
 *   free_callers   who takes a caller's slot takes a free bit, and gives it back
 *   in_use         who takes a caller's slot raises it; all read it
 *   stopping       see sched/pool.c
 *
 * Edges
 *   [worker.slot]    or of a slot's bit when it is given back -> and of the bit by who takes it: the slot's own fields.
 *   [worker.slots]   raise of in_use by who takes a slot -> load of in_use by a searcher: the slot is one to look at.
 *   [worker.force]   CAS of forcing, and store of 0: one worker at a time takes by force, so that what it presses stays
 *                    pressed until the owner answers or it has looked.
 *   [worker.follow]  or of followers, fence <-> fence in announce, load of followers: either the worker that forks sees
 *                    the follower, or the follower sees the fork. Carries no data.
 *   [worker.start]   end of the start hook -> each task on that worker: what the hook did. The thread carries it, and a
 *                    caller's slot; it is told.
 *   [worker.stop]    each task on that worker -> the stop hook: what the tasks did, likewise.
 */
#include "sched/worker.h"

#include <stdio.h>
#include <string.h>

#include "base/hide.h"
#include "base/random.h"
#include "os/barrier.h"
#include "os/clock.h"
#include "os/cluster.h"
#include "os/process.h"
#include "sched/fiber.h"

/* The innermost worker that this thread is. */
static _Thread_local struct wi_worker *current;

void wi_worker_init(struct wi_worker *worker, weft_pool *pool, uint32_t index, bool is_symmetric)
{
    size_t slots = pool->forks_bytes / sizeof *pool->forks / weft_pool_slots(pool);
    memset(worker, 0, sizeof *worker);
    wi_split_init(&worker->split, pool->forks + index * slots, slots, is_symmetric);
    worker->pool = pool;
    worker->index = index;
    wi_init(&worker->cluster, wi_cluster_here());
    uint64_t stream = pool->options.seed + index;
    worker->random = wi_random_next(&stream);
}

void wi_worker_begin(struct wi_worker *worker)
{
    const weft_pool_options *options = &worker->pool->options;
    if (worker->is_begun)
        return;
    worker->is_begun = true;
    if (worker->local)
        memset(worker->local, 0, options->local_bytes);
    wi_hide_end();
    if (options->on_start)
        options->on_start(&worker->split.owner, options->context);
    wi_tsan_release(&worker->is_begun); /* [worker.start] */
    wi_hide_begin();
}

void wi_worker_end(struct wi_worker *worker)
{
    const weft_pool_options *options = &worker->pool->options;
    bool is_begun = worker->is_begun;
    worker->is_begun = false;
    if (!is_begun || !options->on_stop)
        return;
    wi_hide_end();
    wi_tsan_acquire(&worker->local); /* [worker.stop] */
    options->on_stop(&worker->split.owner, options->context);
    wi_hide_begin();
}

void wi_worker_enter(struct wi_worker *worker)
{
    worker->outer = current;
    current = worker;
}

void wi_worker_leave(struct wi_worker *worker)
{
    current = worker->outer;
}

struct wi_worker *wi_worker_here(const weft_pool *pool)
{
    struct wi_worker *worker = current;
    while (worker && worker->pool != pool)
        worker = worker->outer;
    return worker;
}

struct wi_worker *wi_worker_innermost(void)
{
    return current;
}

bool wi_pool_is_forked(const weft_pool *pool)
{
    return pool->generation != wi_process_generation();
}

bool wi_pool_is_stopping(weft_pool *pool)
{
    return wi_load_acquire(&pool->stopping) != WI_RUNNING; /* [pool.stop] */
}

static uint32_t slots_in_use(weft_pool *pool)
{
    return wi_load_acquire(&pool->in_use); /* [worker.slots] */
}

struct wi_worker *wi_worker_take_slot(weft_pool *pool)
{
    uint64_t bits = wi_load_relaxed(&pool->free_callers); /* hint: the CAS decides */
    do {
        if (bits == 0)
            return NULL;
    } while (!wi_cas_acq_rel(&pool->free_callers, &bits, bits & (bits - 1))); /* [worker.slot] */

    uint32_t index = pool->options.workers + (uint32_t)__builtin_ctzll(bits);
    uint32_t in_use = wi_load_relaxed(&pool->in_use);                             /* hint: the CAS decides */
    while (in_use <= index && !wi_cas_acq_rel(&pool->in_use, &in_use, index + 1)) /* [worker.slots] */
        continue;
    return &pool->workers[index];
}

void wi_worker_give_slot(struct wi_worker *worker)
{
    weft_pool *pool = worker->pool;
    uint32_t slot = worker->index - pool->options.workers;
    wi_split_ask_self(&worker->split);
    wi_fetch_or_acq_rel(&pool->free_callers, UINT64_C(1) << slot); /* [worker.slot] */
    wi_event_notify(&pool->roots.outside);
}

bool wi_worker_is_caller(const struct wi_worker *worker)
{
    return worker->index >= worker->pool->options.workers && !worker->is_spare;
}

/* Takes by force from the workers `first` to before `end`: makes public what they have private, and sees to it that
 * they announce what they fork next. Returns whether there is something to steal now, or might be. (If the kernel,
 * which has promised the barrier, refuses it, what is private stays so until its owner forks again or joins it.) */
static bool force(weft_pool *pool, uint32_t first, uint32_t end)
{
    uint32_t nobody = 0;
    bool is_quiet = true, has_public = false;
    if (!wi_cas_acq_rel(&pool->forcing, &nobody, 1)) { /* [worker.force] */
        wi_thread_yield();
        return true;
    }
    for (uint32_t i = first; i < end; i++)
        is_quiet = wi_split_is_quiet(&pool->workers[i].split) && is_quiet;
    for (uint32_t i = first; i < end && !is_quiet; i++)
        wi_split_press(&pool->workers[i].split);
    bool is_forced = !is_quiet && wi_barrier_all();
    for (uint32_t i = first; i < end; i++) {
        struct wi_split *split = &pool->workers[i].split;
        has_public = (is_forced ? wi_split_force(split) : wi_split_has_public(split)) || has_public;
    }
    wi_store_release(&pool->forcing, 0); /* [worker.force] */
    return has_public;
}

void wi_pool_look(weft_pool *pool)
{
    bool has_roots = !wi_roots_are_none(&pool->roots);
    if (has_roots || (wi_sleep_has_sleepers(&pool->sleep, false) && force(pool, 0, slots_in_use(pool))))
        wi_sleep_announce(&pool->sleep, has_roots);
}

/* Wakes those that sleep until this worker forks. */
static void wake_followers(struct wi_worker *worker)
{
    weft_pool *pool = worker->pool;
    uint64_t bits = wi_exchange_acq_rel(&worker->followers, UINT64_C(0)); /* [worker.follow] */
    uint32_t slots = slots_in_use(pool);
    for (uint32_t i = 0; i < slots; i++)
        if (bits >> (i % 64) & 1)
            wi_sleep_wake(&pool->sleep, i);
}

void wi_worker_announce(struct wi_worker *worker)
{
    wi_sleep_announce(&worker->pool->sleep, false);
    if (wi_load_relaxed(&worker->followers) != 0) /* [worker.follow] */
        wake_followers(worker);
}

/* Asks to be woken when `thief` forks. Returns whether it has already. */
static bool follow(struct wi_worker *worker, struct wi_worker *thief)
{
    wi_fetch_or_acq_rel(&thief->followers, UINT64_C(1) << worker->index % 64); /* [worker.follow] */
    wi_fence_seq_cst();                                                        /* [worker.follow] */
    return force(worker->pool, thief->index, thief->index + 1);
}

/* Between two looks of a search, some 0.2 us. More finds work later; fewer takes more often from under its hands what a
 * submitter would have run itself, and moves the cache lines that are looked at. */
#define PAUSES 16

/* What a steal costs, for both: it moves half a dozen cache lines between two cores. Larger lets loops of tiny tasks
 * run as fast as with one worker; smaller spreads short tasks better. */
#define STEAL_NS 1000

/* The longest that a thief holds back, after one short task on the other: what a task may wait for it at most. And the
 * most that long tasks can make up for: where one in a few is long, all are worth a look. */
#define PATIENCE_NS_MOST 64000

/* Holds back from stealing where what was stolen was too short to pay for it, twice as long each time. */
static void learn(struct wi_worker *worker, uint64_t began, uint64_t ended)
{
    uint64_t credit_ns = worker->credit_ns + (ended - began);
    if (credit_ns >= STEAL_NS) {
        credit_ns -= STEAL_NS;
        worker->credit_ns = credit_ns < PATIENCE_NS_MOST ? credit_ns : PATIENCE_NS_MOST;
        worker->patience_ns = 0;
        return;
    }
    worker->credit_ns = 0;
    worker->patience_ns = worker->patience_ns == 0 ? STEAL_NS : worker->patience_ns * 2;
    if (worker->patience_ns > PATIENCE_NS_MOST)
        worker->patience_ns = PATIENCE_NS_MOST;
    worker->patient_until = ended + worker->patience_ns;
}

static bool is_patient(const struct wi_worker *worker)
{
    return worker->patience_ns > 0 && wi_clock_now() < worker->patient_until;
}

static weft_task *steal(struct wi_worker *victim)
{
    struct wi_loot seen;
    while (wi_split_look(&victim->split, &seen))
        if (wi_split_take(&victim->split, &seen))
            return seen.task;
    wi_split_ask(&victim->split);
    return NULL;
}

/* Steals from the worker that runs `awaited`, and only what `awaited` has forked: if it is not settled after the look,
 * what was seen was forked before it ended, and the deque was empty when it began (I2). */
static weft_task *steal_from_thief(struct wi_worker *worker, weft_task *awaited)
{
    uint64_t state = wi_task_state(awaited);
    if (!wi_task_is_taken(state))
        return NULL;
    struct wi_worker *thief = &worker->pool->workers[wi_task_taker(state)];
    struct wi_loot seen;
    while (wi_split_look(&thief->split, &seen) && !wi_task_is_settled(wi_task_state(awaited)))
        if (wi_split_take(&thief->split, &seen))
            return seen.task;
    wi_split_ask(&thief->split);
    return NULL;
}

static bool is_near(struct wi_worker *victim, uint32_t cluster)
{
    return cluster == WI_CLUSTER_ANY ||
           wi_load_relaxed(&victim->cluster) == cluster; /* hint: only the order of the looks */
}

/* Looks once at every deque of workers that are near, or of those that are not, from the one numbered `first` on. */
static weft_task *search_among(struct wi_worker *worker, uint32_t first, uint32_t cluster, bool near)
{
    weft_pool *pool = worker->pool;
    uint32_t slots = slots_in_use(pool);
    for (uint32_t i = 0; i < slots; i++) {
        struct wi_worker *victim = &pool->workers[(first + i) % slots];
        weft_task *task = victim == worker || is_near(victim, cluster) != near ? NULL : steal(victim);
        if (task)
            return task;
    }
    return NULL;
}

weft_task *wi_worker_search(struct wi_worker *worker, uint32_t cluster)
{
    if (wi_load_relaxed(&worker->cluster) != cluster) /* owner's own: written here only */
        wi_store_relaxed(&worker->cluster, cluster);  /* hint: see is_near() */
    uint32_t first = wi_random_below(&worker->random, slots_in_use(worker->pool));
    weft_task *task = search_among(worker, first, cluster, true);
    return task || cluster == WI_CLUSTER_ANY ? task : search_among(worker, first, cluster, false);
}

bool wi_worker_execute(struct wi_worker *worker, weft_task *task)
{
    weft_pool *pool = worker->pool;
    uint64_t state = wi_task_claim(task, worker->index);
    bool is_root = (state & WI_TASK_ROOT) != 0, is_detached = (state & WI_TASK_DETACHED) != 0;
    bool is_canceled = is_root && wi_roots_cancel(&pool->roots);
    if (is_detached && wi_task_is_awaited(state)) /* by who executes what is queued until then */
        wi_event_notify(&pool->roots.outside);
    if (is_canceled)
        wi_fiber_cancel(task, state);
    else
        wi_fiber_run(worker, task, task->run, state);
    if (wi_pool_is_forked(pool)) /* by the task; who waits for it waits in the other process */
        return false;

    uint32_t waiter;
    if (!is_detached && wi_task_settle(task, is_canceled ? WI_TASK_CANCELED : WI_TASK_DONE, &waiter)) {
        if (waiter == WI_TASK_OUTSIDE)
            wi_event_notify(&pool->roots.outside);
        else
            wi_sleep_wake(&pool->sleep, waiter);
    }
    if (is_root)
        wi_roots_release(&pool->roots);
    return true;
}

/* Executes a task that was stolen, and learns how long it took. */
static bool execute_stolen(struct wi_worker *worker, weft_task *task)
{
    uint64_t began = wi_clock_now();
    bool goes_on = wi_worker_execute(worker, task);
    learn(worker, began, wi_clock_now());
    return goes_on;
}

/* What a worker may do while it waits. */
struct licence {
    bool any;     /* whatever there is */
    bool subtree; /* what the awaited task has forked */
};

static struct licence licence_for(const struct wi_worker *worker, const weft_task *awaited)
{
    const weft_pool_options *options = &worker->pool->options;
    bool any = !awaited || (options->help == WEFT_HELP_ANY && worker->depth < options->help_depth);
    return (struct licence){.any = any, .subtree = awaited && (any || options->help == WEFT_HELP_SUBTREE)};
}

/* Ends a search; the last searcher sees to it that no work is left without one. */
static void stop_searching(struct wi_worker *worker)
{
    if (wi_sleep_found(&worker->pool->sleep))
        wi_pool_look(worker->pool);
}

/* Whether a join must not sleep: `awaited` is settled, or has forked what the join may help with. */
static bool has_reason_to_stay(struct wi_worker *worker, weft_task *awaited, struct licence may)
{
    uint64_t state = wi_task_await(awaited, worker->index);
    if (wi_task_is_settled(state))
        return true;
    if (may.any || !may.subtree)
        return false;
    if (wi_task_is_taken(state))
        return follow(worker, &worker->pool->workers[wi_task_taker(state)]);
    /* The thief is between its two steps, take and claim: let it go on, for only then it can be followed. */
    wi_thread_yield();
    return true;
}

/* Sleeps until there may be something to do. */
static void nap(struct wi_worker *worker, weft_task *awaited, struct licence may)
{
    weft_pool *pool = worker->pool;
    uint32_t key = wi_sleep_prepare(&pool->sleep, worker->index, may.any);
    bool stay = awaited ? has_reason_to_stay(worker, awaited, may) : wi_pool_is_stopping(pool);
    if (may.any)
        stay = stay || !wi_roots_are_none(&pool->roots) || force(pool, 0, slots_in_use(pool));
    else
        wi_pool_look(pool);
    wi_sleep_wait(&pool->sleep, worker->index, may.any, key, stay);
}

/* Whether there is nothing more to serve for. */
static bool is_done(struct wi_worker *worker, weft_task *awaited)
{
    return awaited ? wi_task_is_settled(wi_task_state(awaited))
                   : wi_pool_is_stopping(worker->pool) || wi_spares_dismiss(worker);
}

int wi_worker_serve(struct wi_worker *worker, weft_task *awaited)
{
    weft_pool *pool = worker->pool;
    struct licence may = licence_for(worker, awaited);
    bool is_searching = false;
    if (wi_pool_is_forked(pool))
        return WEFT_EFORKED;
    wi_split_ask_self(&worker->split);
    for (uint32_t misses = 0; !is_done(worker, awaited);) {
        bool may_steal = !is_patient(worker);
        weft_task *stolen = may_steal && may.subtree ? steal_from_thief(worker, awaited) : NULL;
        if (may_steal && may.any && !stolen)
            stolen = wi_worker_search(worker, wi_cluster_here());
        weft_task *task = may.any && !stolen ? wi_roots_take(&pool->roots) : stolen;
        if (task) {
            if (is_searching)
                stop_searching(worker);
            is_searching = false;
            worker->depth += awaited != NULL;
            if (!(stolen ? execute_stolen(worker, task) : wi_worker_execute(worker, task)))
                return WEFT_EFORKED;
            worker->depth -= awaited != NULL;
            wi_split_ask_self(&worker->split);
            misses = 0;
        } else if (may.any && !is_searching) {
            wi_sleep_search(&pool->sleep);
            is_searching = true;
        } else if (!may_steal) {
            wi_thread_yield();
        } else if (misses < pool->options.search_rounds) {
            misses++;
            for (int i = 0; i < PAUSES; i++)
                wi_pause();
        } else {
            nap(worker, awaited, may);
            misses = 0;
        }
    }
    if (is_searching)
        stop_searching(worker);
    return WEFT_OK;
}

int wi_worker_live(struct wi_worker *worker)
{
    char name[16];
    snprintf(name, sizeof name, "%.*s/%u", WI_NAME_BYTES, worker->pool->name, (unsigned)worker->index % 10000);
    wi_thread_name(name);
    wi_hide_begin();
    wi_worker_enter(worker);
    wi_worker_begin(worker);
    int status = wi_worker_serve(worker, NULL);
    if (status == WEFT_OK && !worker->is_spare)
        wi_worker_end(worker);
    wi_worker_leave(worker);
    wi_hide_end();
    return status;
}
