/*
 * simulate/thief.c - the thief's side: looking, stealing, forcing, lying down
 */
#include "thief.h"

#include "memory.h"
#include "random.h"

static bool has_public(const struct worker *worker)
{
    return worker->top < worker->split;
}

static bool has_any(const struct worker *worker)
{
    return worker->top < worker->bottom;
}

static bool is_public_anywhere(const struct pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++)
        if (has_public(&pool->workers[i]))
            return true;
    return false;
}

static uint32_t somebody_else(struct pool *pool, uint32_t self)
{
    uint32_t other = random_below(&pool->workers[self].random, pool->count - 1);
    return other < self ? other : other + 1;
}

static uint64_t raise_flag(struct pool *pool, struct worker *victim)
{
    victim->is_flagged = true;
    victim->has_news = true;
    return line_write(pool, &victim->line);
}

/* Asks everybody who is awake and was not asked. The writes go to different lines, one after the other. */
static uint64_t raise_flags(struct pool *pool, uint32_t self)
{
    uint64_t delay = 0;
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *victim = &pool->workers[i];
        if (i != self && is_awake(victim) && !victim->is_flagged)
            delay += raise_flag(pool, victim);
    }
    return delay;
}

static uint64_t take(struct pool *pool, struct worker *worker, uint32_t victim, enum phase phase)
{
    worker->phase = phase;
    worker->victim = victim;
    worker->top_seen = pool->workers[victim].top;
    return line_write(pool, &pool->workers[victim].line);
}

static void record_latency(struct pool *pool, uint64_t latency)
{
    pool->latencies =
        memory_room(pool->latencies, pool->outcome.steals, &pool->latencies_capacity, sizeof *pool->latencies);
    pool->latencies[pool->outcome.steals++] = latency;
}

/* The compare-and-swap has succeeded. The thief fetches the task; the last that searched sees to a successor. */
static uint64_t steal(struct pool *pool, uint32_t self)
{
    struct worker *worker = &pool->workers[self], *victim = &pool->workers[worker->victim];
    struct task task = *task_at(victim, victim->top++);
    victim->is_top_foreign = true;
    victim->frames[task.frame].local--;
    victim->frames[task.frame].stolen++;
    victim->frames[task.frame].fetched++;
    record_latency(pool, pool->now - task.forked_at);

    work_begin(pool, worker);
    worker->helps++;
    frame_push(worker, task.node, worker->victim, task.frame);
    uint64_t delay = pool->costs->line_ps + search_end(pool, self);
    bool may_be_more = pool->protocol->has_private || (pool->sleeping > 0 && is_public_anywhere(pool));
    return may_be_more ? delay + sleep_announce(pool) : delay;
}

/* Says that it sleeps, and looks a last time unless it has just done that. Where owners cannot tell by a fence, it asks
 * them all, or runs a barrier. */
static uint64_t lie_down(struct pool *pool, uint32_t self, bool has_looked)
{
    const struct protocol *protocol = pool->protocol;
    struct worker *worker = &pool->workers[self];
    bool is_last = pool->searching == 1;
    uint64_t delay = pool->costs->sleep_ps + search_end(pool, self);
    pool->sleepers[pool->sleeping++] = self;
    worker->phase = PHASE_DOZE;
    worker->is_woken = false;
    if (protocol->has_private && (is_last || !protocol->only_last_forces))
        delay += raise_flags(pool, self);
    if (protocol->steals_by_barrier)
        delay += barrier_all(pool, self);
    for (uint32_t i = 0; i < pool->count && !has_looked; i++)
        if (i != self)
            delay += line_read(pool, self, i);
    return delay;
}

/* Has searched in vain. */
static uint64_t give_up(struct pool *pool, uint32_t self)
{
    const struct protocol *protocol = pool->protocol;
    struct worker *worker = &pool->workers[self];
    if (protocol->force == FORCE_NEVER || protocol->force == FORCE_AT_ONCE ||
        (protocol->only_last_forces && pool->searching > 1))
        return lie_down(pool, self, false);

    uint64_t delay = 0;
    if (!worker->has_asked && protocol->force == FORCE_BY_TARGET) {
        uint32_t first = somebody_else(pool, self);
        for (uint32_t i = 0; i < pool->count; i++) {
            uint32_t victim = (first + i) % pool->count;
            if (victim == self)
                continue;
            delay += line_read(pool, self, victim);
            if (!has_any(&pool->workers[victim]))
                continue;
            worker->phase = PHASE_FORCE;
            worker->victim = victim;
            delay += raise_flag(pool, &pool->workers[victim]) + barrier_one(pool, victim);
            return delay + pool->costs->cas_foreign_ps;
        }
    }
    if (!worker->has_asked) {
        delay += raise_flags(pool, self);
        worker->has_asked = true;
        worker->asked_at = pool->now + delay;
        return delay;
    }
    if (!protocol->shares_barriers || pool->barrier_end <= pool->now) {
        worker->phase = PHASE_SCAN;
        return protocol->shares_barriers && pool->barrier_begin >= worker->asked_at ? 0 : barrier_all(pool, self);
    }
    worker->search_until = pool->barrier_end; /* goes on searching until the barrier of another ends */
    return 0;
}

uint64_t step_probe(struct pool *pool, uint32_t self)
{
    struct worker *worker = &pool->workers[self];
    if (worker->depth > 0 && frame_last(worker)->stolen == 0) {
        work_begin(pool, worker);
        return pool->costs->line_ps + search_end(pool, self);
    }
    if (pool->now >= worker->search_until) {
        uint64_t delay = give_up(pool, self);
        if (delay > 0 || worker->phase != PHASE_PROBE)
            return delay;
    }
    worker->phase = PHASE_LOOK;
    worker->victim = somebody_else(pool, self);
    return pool->costs->pause_ps + line_read(pool, self, worker->victim);
}

uint64_t step_look(struct pool *pool, uint32_t self)
{
    const struct protocol *protocol = pool->protocol;
    struct worker *worker = &pool->workers[self], *victim = &pool->workers[worker->victim];
    *line_seen(pool, self, worker->victim) = victim->line.version;
    victim->is_cursor_foreign = true;
    if (has_public(victim)) {
        if (!protocol->steals_by_barrier)
            return take(pool, worker, worker->victim, PHASE_COMMIT);
        worker->phase = PHASE_CLAIM;
        return barrier_all(pool, self);
    }
    if (protocol->force == FORCE_AT_ONCE && victim->is_flagged && has_any(victim))
        return take(pool, worker, worker->victim, PHASE_FORCE);
    worker->phase = PHASE_PROBE;
    return protocol->has_private && !victim->is_flagged ? raise_flag(pool, victim) : 0;
}

uint64_t step_claim(struct pool *pool, uint32_t self)
{
    struct worker *worker = &pool->workers[self];
    if (has_public(&pool->workers[worker->victim]))
        return take(pool, worker, worker->victim, PHASE_COMMIT);
    worker->phase = PHASE_PROBE;
    return 0;
}

static uint64_t miss(struct pool *pool, struct worker *worker)
{
    pool->outcome.lost++;
    worker->phase = PHASE_PROBE;
    return 0;
}

uint64_t step_commit(struct pool *pool, uint32_t self)
{
    struct worker *worker = &pool->workers[self];
    const struct worker *victim = &pool->workers[worker->victim];
    return victim->top == worker->top_seen && has_public(victim) ? steal(pool, self) : miss(pool, worker);
}

uint64_t step_scan(struct pool *pool, uint32_t self)
{
    struct worker *worker = &pool->workers[self];
    uint32_t first = somebody_else(pool, self);
    uint64_t delay = 0;
    for (uint32_t i = 0; i < pool->count; i++) {
        uint32_t victim = (first + i) % pool->count;
        if (victim == self)
            continue;
        delay += line_read(pool, self, victim);
        if (has_any(&pool->workers[victim]))
            return delay + take(pool, worker, victim, PHASE_FORCE);
    }
    return delay + lie_down(pool, self, true);
}

uint64_t step_force(struct pool *pool, uint32_t self)
{
    struct worker *worker = &pool->workers[self], *victim = &pool->workers[worker->victim];
    if (!has_any(victim)) {
        search_restart(pool, worker, pool->now);
        return miss(pool, worker);
    }
    if (!has_public(victim)) {
        victim->split += (victim->bottom - victim->split + 1) / 2;
        victim->has_news = true;
        pool->outcome.forced++;
    }
    return steal(pool, self);
}

uint64_t step_doze(struct pool *pool, uint32_t self)
{
    struct worker *worker = &pool->workers[self];
    bool is_joined = worker->depth > 0 && frame_last(worker)->stolen == 0;
    if (worker->is_woken) {
        search_restart(pool, worker, pool->now);
    } else if (is_joined || is_public_anywhere(pool)) {
        sleep_leave(pool, self);
        return search_begin(pool, self);
    } else {
        worker->phase = PHASE_SLEEP;
        return NEVER;
    }
    return 0;
}
