/*
 * simulate/owner.c - the owner's side of a deque: forks, joins, answers to requests
 */
#include "owner.h"

#include "memory.h"

static void push_task(struct worker *worker, struct task task)
{
    if (worker->bottom - worker->top == worker->tasks_capacity) {
        struct worker grown = *worker;
        grown.tasks_capacity = worker->tasks_capacity > 0 ? 2 * worker->tasks_capacity : 64;
        grown.tasks = memory_make(grown.tasks_capacity, sizeof *grown.tasks);
        for (uint64_t i = worker->top; i < worker->bottom; i++)
            *task_at(&grown, i) = *task_at(worker, i);
        memory_free(worker->tasks);
        *worker = grown;
    }
    *task_at(worker, worker->bottom++) = task;
}

static uint64_t write_cursor(struct pool *pool, struct worker *worker)
{
    if (!pool->protocol->has_open_cursor)
        return 0;
    bool was_foreign = worker->is_cursor_foreign;
    worker->is_cursor_foreign = false;
    worker->line.version++;
    return was_foreign ? pool->costs->line_ps : 0;
}

static uint64_t read_news(struct pool *pool, struct worker *worker)
{
    bool had_news = worker->has_news;
    worker->has_news = false;
    return had_news ? line_wait(pool, &worker->line) + pool->costs->line_ps : 0;
}

/* The owner's compare-and-swap on top and split. */
static uint64_t write_top(struct pool *pool, struct worker *worker)
{
    bool was_foreign = worker->is_top_foreign;
    worker->is_top_foreign = false;
    worker->line.version++;
    return pool->costs->cas_own_ps + (was_foreign ? line_wait(pool, &worker->line) + pool->costs->line_ps : 0);
}

/* Publishes half of what is private, if a thief has asked. The request stays where there is nothing to give. */
static uint64_t answer(struct pool *pool, struct worker *worker)
{
    if (!worker->is_flagged)
        return 0;
    uint64_t give = (worker->bottom - worker->split + 1) / 2;
    if (give == 0)
        return pool->costs->slow_ps;
    worker->split += give;
    worker->is_flagged = false;
    pool->outcome.published++;
    uint64_t delay = pool->costs->slow_ps + write_top(pool, worker);
    return delay + sleep_announce(pool);
}

uint64_t owner_fork(struct pool *pool, uint32_t self, struct node child)
{
    struct worker *worker = &pool->workers[self];
    frame_last(worker)->local++;
    push_task(worker, (struct task){child, pool->now, (uint32_t)(worker->depth - 1)});
    uint64_t delay = pool->pair_ps + write_cursor(pool, worker);
    if (!pool->protocol->has_private)
        worker->split = worker->bottom;
    if (pool->protocol->has_event_count) {
        delay += counts_read(pool, self);
        delay += sleep_announce(pool);
    }
    delay += read_news(pool, worker);
    return delay + answer(pool, worker);
}

/* Takes back the youngest public task, and half of the public rest. */
static uint64_t take_back(struct pool *pool, struct worker *worker)
{
    worker->bottom--;
    worker->split = worker->top + (worker->bottom - worker->top) / 2;
    return pool->costs->slow_ps + write_top(pool, worker);
}

uint64_t owner_pop(struct pool *pool, struct worker *worker)
{
    struct node child = task_at(worker, worker->bottom - 1)->node;
    uint64_t delay = write_cursor(pool, worker) + read_news(pool, worker);
    if (!pool->protocol->has_private) {
        if (worker->is_top_foreign)
            delay += line_wait(pool, &worker->line) + pool->costs->line_ps;
        worker->is_top_foreign = false;
        worker->split = --worker->bottom;
    } else if (worker->split < worker->bottom) {
        worker->bottom--;
        delay += answer(pool, worker);
    } else {
        delay += take_back(pool, worker);
    }
    frame_last(worker)->local--;
    frame_push(worker, child, NOBODY, 0);
    return delay;
}
