/*
 * simulate/pool.c - what owners and thieves share: lines of memory, frames, sleep, barriers
 */
#include "pool.h"

#include "memory.h"

uint64_t line_wait(const struct pool *pool, const struct line *line)
{
    return line->free_at > pool->now ? line->free_at - pool->now : 0;
}

uint64_t line_write(struct pool *pool, struct line *line)
{
    uint64_t delay = line_wait(pool, line) + pool->costs->cas_foreign_ps;
    line->free_at = pool->now + delay;
    line->version++;
    return delay;
}

uint32_t *line_seen(struct pool *pool, uint32_t reader, uint32_t victim)
{
    return &pool->seen[(size_t)reader * pool->count + victim];
}

uint64_t line_read(struct pool *pool, uint32_t reader, uint32_t victim)
{
    const struct line *line = &pool->workers[victim].line;
    if (*line_seen(pool, reader, victim) == line->version)
        return pool->costs->look_ps;
    return line_wait(pool, line) + pool->costs->line_ps;
}

/* The counts have changed by an act of `self`. */
static uint64_t counts_write(struct pool *pool, uint32_t self)
{
    uint64_t delay = pool->costs->cas_own_ps;
    if (pool->counts_writer != self)
        delay = line_write(pool, &pool->counts);
    pool->counts_writer = self;
    pool->workers[self].counts_seen = pool->counts.version;
    return delay;
}

uint64_t counts_read(struct pool *pool, uint32_t self)
{
    struct worker *worker = &pool->workers[self];
    if (worker->counts_seen == pool->counts.version)
        return 0;
    worker->counts_seen = pool->counts.version;
    pool->counts_writer = NOBODY;
    return line_wait(pool, &pool->counts) + pool->costs->line_ps;
}

struct frame *frame_last(const struct worker *worker)
{
    return &worker->frames[worker->depth - 1];
}

void frame_push(struct worker *worker, struct node node, uint32_t home, uint32_t home_frame)
{
    worker->frames = memory_room(worker->frames, worker->depth, &worker->frames_capacity, sizeof *worker->frames);
    worker->frames[worker->depth++] = (struct frame){.node = node, .home = home, .home_frame = home_frame};
}

struct task *task_at(const struct worker *worker, uint64_t index)
{
    return &worker->tasks[index & (worker->tasks_capacity - 1)];
}

void search_restart(struct pool *pool, struct worker *worker, uint64_t at)
{
    worker->phase = PHASE_PROBE;
    worker->search_until = at + pool->settings->search_ps;
    worker->has_asked = false;
}

uint64_t search_begin(struct pool *pool, uint32_t self)
{
    uint64_t delay = counts_write(pool, self);
    pool->searching++;
    search_restart(pool, &pool->workers[self], pool->now + delay);
    return delay;
}

uint64_t search_end(struct pool *pool, uint32_t self)
{
    pool->searching--;
    return counts_write(pool, self);
}

void sleep_leave(struct pool *pool, uint32_t self)
{
    uint32_t i = --pool->sleeping;
    for (uint32_t moved = pool->sleepers[i]; moved != self;) {
        uint32_t next = pool->sleepers[--i];
        pool->sleepers[i] = moved;
        moved = next;
    }
}

/* The waker's time, for a sleeper that runs `wake_delay` later. */
static uint64_t wake(struct pool *pool, uint32_t sleeper)
{
    heap_push(&pool->heap, (struct event){pool->now + pool->costs->wake_delay_ps, sleeper});
    pool->outcome.wakes++;
    pool->outcome.wakes_ps += pool->costs->wake_ps;
    return pool->costs->wake_ps;
}

/* Do as many search as the protocol wants? */
static bool is_searched(const struct pool *pool)
{
    uint32_t busy = pool->count - pool->sleeping - pool->searching;
    return pool->searching > 0 && pool->searching >= busy * pool->protocol->searchers_percent / 100;
}

uint64_t sleep_announce(struct pool *pool)
{
    if (pool->sleeping == 0 || is_searched(pool))
        return 0;
    uint32_t sleeper = pool->sleepers[--pool->sleeping];
    struct worker *worker = &pool->workers[sleeper];
    pool->searching++;
    if (worker->phase == PHASE_DOZE) {
        worker->is_woken = true;
        return pool->costs->cas_foreign_ps;
    }
    search_restart(pool, worker, pool->now + pool->costs->wake_delay_ps);
    return wake(pool, sleeper);
}

void work_begin(const struct pool *pool, struct worker *worker)
{
    worker->phase = PHASE_RUN;
    worker->is_away = false;
    if (pool->protocol->has_private && pool->sleeping > 0)
        worker->is_flagged = true;
}

uint64_t work_resume(struct pool *pool, uint32_t self)
{
    struct worker *worker = &pool->workers[self];
    bool is_spinning = worker->phase == PHASE_WAIT && pool->now - worker->waits_since < pool->settings->search_ps;
    if (worker->phase == PHASE_SLEEP)
        sleep_leave(pool, self);
    else if (worker->phase != PHASE_WAIT)
        return 0; /* it looks for itself */
    work_begin(pool, worker);
    if (!is_spinning)
        return wake(pool, self);
    heap_push(&pool->heap, (struct event){pool->now + pool->costs->line_ps, self});
    return 0;
}

bool is_awake(const struct worker *worker)
{
    return worker->phase != PHASE_SLEEP && worker->phase != PHASE_WAIT && !worker->is_away;
}

static void interrupt(struct pool *pool, struct worker *worker)
{
    worker->owed += pool->costs->barrier_victim_ps;
    pool->outcome.interrupts_ps += pool->costs->barrier_victim_ps;
}

static uint64_t run_barrier(struct pool *pool, uint64_t cost)
{
    uint64_t delay = cost;
    if (!pool->settings->barriers_overlap && pool->lock_until > pool->now)
        delay += pool->lock_until - pool->now;
    pool->lock_until = pool->now + delay;
    pool->outcome.barriers++;
    pool->outcome.barriers_ps += delay;
    return delay;
}

uint64_t barrier_all(struct pool *pool, uint32_t self)
{
    uint64_t targets = 0;
    for (uint32_t i = 0; i < pool->count; i++) {
        struct worker *worker = &pool->workers[i];
        if (i == self || !is_awake(worker))
            continue;
        interrupt(pool, worker);
        targets++;
    }
    const struct costs *costs = pool->costs;
    uint64_t cost =
        targets == 0 ? costs->barrier_alone_ps : costs->barrier_first_ps + (targets - 1) * costs->barrier_each_ps;
    uint64_t delay = run_barrier(pool, cost);
    pool->barrier_end = pool->now + delay;
    pool->barrier_begin = pool->barrier_end - cost;
    return delay;
}

uint64_t barrier_one(struct pool *pool, uint32_t victim)
{
    interrupt(pool, &pool->workers[victim]);
    return run_barrier(pool, pool->costs->barrier_one_ps);
}
