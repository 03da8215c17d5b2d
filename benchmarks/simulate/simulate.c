/*
 * simulate/simulate.c - executing frames, and a run from its first event to its last
 */
#include "simulate.h"

#include <stdlib.h>

#include "heap.h"
#include "memory.h"
#include "owner.h"
#include "random.h"
#include "thief.h"

#define HELP_DEPTH 32 /* weft's default: so deep may a join take other work */

/* Its frame waits for stolen children: helps meanwhile, but only so deep. */
static uint64_t await(struct pool *pool, uint32_t self)
{
    struct worker *worker = &pool->workers[self];
    if (worker->helps <= HELP_DEPTH)
        return search_begin(pool, self);
    worker->phase = PHASE_WAIT;
    worker->waits_since = pool->now;
    return NEVER;
}

/* Reads what the thieves of its children have left. */
static uint64_t fetch(const struct pool *pool, struct frame *frame)
{
    uint64_t delay = frame->fetched * pool->costs->line_ps;
    frame->fetched = 0;
    return delay;
}

/* The youngest frame is done. */
static uint64_t finish(struct pool *pool, uint32_t self)
{
    struct worker *worker = &pool->workers[self];
    const struct frame frame = worker->frames[--worker->depth];
    if (frame.home == NOBODY) {
        pool->is_done = worker->depth == 0;
        return 0;
    }
    struct worker *home = &pool->workers[frame.home];
    struct frame *waiting = &home->frames[frame.home_frame];
    uint64_t delay = pool->costs->line_ps;
    worker->helps--;
    if (--waiting->stolen == 0 && waiting == frame_last(home))
        delay += work_resume(pool, frame.home);
    return worker->depth > 0 ? delay : delay + search_begin(pool, self);
}

static uint64_t begin_frame(struct pool *pool, struct worker *worker)
{
    struct frame *frame = frame_last(worker);
    frame->has_begun = true;
    frame->begun_at = pool->now - worker->paid;
    frame->shape = pool->tree->workload->shape(pool->tree, &frame->node);
    census_add(&pool->outcome.executed, &frame->node, &frame->shape);
    pool->idle_ps += frame->shape.idle_ps;
    worker->is_away = frame->shape.idle_ps > 0;
    return frame->shape.idle_ps + frame->shape.work_ps;
}

/* The work of the youngest frame is done: counts the time that has passed, which must be what it was to take. */
static void end_work(struct pool *pool, struct worker *worker)
{
    struct frame *frame = frame_last(worker);
    frame->has_worked = true;
    pool->outcome.worked_ps += pool->now - worker->paid - frame->begun_at;
    if (worker->is_away)
        work_begin(pool, worker);
}

static uint64_t step_run(struct pool *pool, uint32_t self)
{
    struct worker *worker = &pool->workers[self];
    struct frame *frame = frame_last(worker);
    if (!frame->has_begun)
        return begin_frame(pool, worker);
    if (!frame->has_worked)
        end_work(pool, worker);
    if (frame->next < frame->shape.children) {
        struct node child = tree_child(pool->tree, &frame->node, frame->next++);
        if (!frame->shape.is_serial && frame->next < frame->shape.children)
            return owner_fork(pool, self, child);
        frame_push(worker, child, NOBODY, 0);
        return 0;
    }
    if (frame->local > 0)
        return owner_pop(pool, worker);
    if (frame->stolen > 0)
        return await(pool, self);
    if (frame->fetched > 0)
        return fetch(pool, frame);
    return finish(pool, self);
}

static uint64_t step(struct pool *pool, uint32_t self)
{
    static uint64_t (*const steps[])(struct pool *, uint32_t) = {
        [PHASE_RUN] = step_run,     [PHASE_PROBE] = step_probe,   [PHASE_LOOK] = step_look,
        [PHASE_CLAIM] = step_claim, [PHASE_COMMIT] = step_commit, [PHASE_SCAN] = step_scan,
        [PHASE_FORCE] = step_force, [PHASE_DOZE] = step_doze,
    };
    return steps[pool->workers[self].phase](pool, self);
}

static void make_pool(struct pool *pool)
{
    pool->workers = memory_make(pool->count, sizeof *pool->workers);
    pool->seen = memory_make((size_t)pool->count * pool->count, sizeof *pool->seen);
    pool->sleepers = memory_make(pool->count, sizeof *pool->sleepers);
    pool->counts_writer = NOBODY;
    uint64_t random = pool->settings->seed;
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *worker = &pool->workers[i];
        worker->random = random_next(&random);
        worker->line.version = 1;
        if (i == 0)
            frame_push(worker, tree_root(pool->tree), NOBODY, 0);
        else if (pool->settings->is_awake)
            search_begin(pool, i);
        else
            worker->phase = PHASE_SLEEP;
        if (worker->phase == PHASE_SLEEP)
            pool->sleepers[pool->sleeping++] = i;
        else
            heap_push(&pool->heap, (struct event){0, i});
    }
    work_begin(pool, &pool->workers[0]);
}

static void drop_pool(struct pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        memory_free(pool->workers[i].frames);
        memory_free(pool->workers[i].tasks);
    }
    memory_free(pool->workers);
    memory_free(pool->seen);
    memory_free(pool->sleepers);
    memory_free(pool->latencies);
    memory_free(pool->heap.events);
}

static void execute(struct pool *pool)
{
    struct event event = heap_pop(&pool->heap);
    for (;;) {
        struct worker *worker = &pool->workers[event.worker];
        if (worker->owed > 0) {
            event.time_ps += worker->owed;
            worker->paid += worker->owed;
            worker->owed = 0;
        } else {
            pool->now = event.time_ps;
            uint64_t delay = step(pool, event.worker);
            if (pool->is_done)
                return;
            event.time_ps = delay == NEVER ? NEVER : pool->now + delay;
        }
        if (event.time_ps == NEVER) {
            if (pool->heap.count == 0) {
                pool->outcome.is_stuck = true;
                return;
            }
            event = heap_pop(&pool->heap);
        } else if (pool->heap.count > 0 && event_is_before(pool->heap.events[0], event)) {
            heap_push(&pool->heap, event);
            event = heap_pop(&pool->heap);
        }
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void summarise(struct pool *pool)
{
    struct outcome *outcome = &pool->outcome;
    outcome->makespan_ps = pool->now - pool->idle_ps;
    outcome->worked_ps -= pool->idle_ps;
    if (outcome->steals == 0)
        return;
    qsort(pool->latencies, outcome->steals, sizeof *pool->latencies, compare);
    outcome->latency_median_ps = pool->latencies[outcome->steals / 2];
    outcome->latency_p99_ps = pool->latencies[outcome->steals - 1 - outcome->steals / 100];
    outcome->latency_max_ps = pool->latencies[outcome->steals - 1];
}

struct outcome simulate(const struct settings *settings, const struct protocol *protocol, const struct tree *tree,
                        uint32_t workers)
{
    struct pool pool = {
        .settings = settings,
        .costs = &settings->costs,
        .protocol = protocol,
        .tree = tree,
        .pair_ps = protocol_pair_ps(protocol, &settings->costs),
        .count = workers,
    };
    make_pool(&pool);
    execute(&pool);
    summarise(&pool);
    struct outcome outcome = pool.outcome;
    drop_pool(&pool);
    return outcome;
}
