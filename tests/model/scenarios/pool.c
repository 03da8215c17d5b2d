/*
 * scenarios/pool.c - whole pools: made, used by threads from outside, and ended, by the library's own functions
 */
#include <weft/pool.h>
#include <weft/task.h>

#include "base/atomics.h"

/* What roots and stop hooks write, plainly. */
struct ledger {
    uint32_t note, ended;
};

struct visit {
    weft_pool *pool;
    struct ledger *ledger; /* to be written by this visit alone, or NULL */
    weft_task task, fork;
    uint32_t runs, fork_runs; /* plain */
};

static void run_fork(weft_worker *worker, weft_task *task)
{
    (void)worker;
    weft_entry(task, struct visit, fork)->fork_runs++;
}

static void run_root(weft_worker *worker, weft_task *task)
{
    struct visit *visit = weft_entry(task, struct visit, task);
    visit->runs++;
    weft_fork(worker, &visit->fork, run_fork);
    mc_check(weft_join(worker, &visit->fork) == WEFT_OK);
    mc_check(visit->fork_runs == 1);
    if (visit->ledger)
        visit->ledger->note = 7;
}

static struct visit *visit(weft_pool *pool)
{
    struct visit *made = mc_new(sizeof *made);
    made->pool = pool;
    return made;
}

static void runs(void *context)
{
    struct visit *visit = context;
    mc_check(weft_run(visit->pool, &visit->task, run_root) == WEFT_OK);
    mc_check(visit->runs == 1);
    mc_delete(visit);
}

static void starts_and_waits(void *context)
{
    struct visit *visit = context;
    mc_check(weft_start(visit->pool, &visit->task, run_root) == WEFT_OK);
    mc_check(weft_wait(visit->pool, &visit->task) == WEFT_OK);
    mc_check(visit->runs == 1);
    mc_delete(visit);
}

/* Runs when all roots have: it sees what they did. */
static void stops(weft_worker *worker, void *context)
{
    (void)worker;
    struct ledger *ledger = context;
    ledger->ended += ledger->note == 7;
}

static weft_pool *create(uint32_t workers, struct ledger *ledger)
{
    weft_pool *pool = NULL;
    weft_pool_options options = {.size = sizeof options,
                                 .workers = workers,
                                 .search_rounds = 1,
                                 .name = "m",
                                 .on_stop = ledger ? stops : NULL,
                                 .context = ledger};
    mc_check(weft_pool_create(&options, &pool) == WEFT_OK);
    return pool;
}

/* Whoever returns from a shutdown sees what the stop hooks did. */
struct closing {
    weft_pool *pool;
    struct ledger *ledger;
};

static void shut_down(struct closing *closing, weft_shutdown how)
{
    mc_check(weft_pool_shutdown(closing->pool, how, WEFT_FOREVER) == WEFT_OK);
    mc_check(closing->ledger->ended == 2); /* the worker, and the slot in which the root ran */
}

static void drains(void *context)
{
    shut_down(context, WEFT_DRAIN);
}

static void cancels(void *context)
{
    shut_down(context, WEFT_CANCEL_QUEUED);
}

static void destroy(weft_pool *pool)
{
    mc_check(weft_pool_destroy(pool) == WEFT_OK);
}

MC_SCENARIO(pool, three_callers, .unordered = "owner.limit", .random = 4000)
{
    weft_pool *pool = create(1, NULL);
    int callers[] = {mc_spawn("caller 1", runs, visit(pool)), mc_spawn("caller 2", runs, visit(pool)),
                     mc_spawn("caller 3", runs, visit(pool))};
    for (int i = 0; i < 3; i++)
        mc_join(callers[i]);
    destroy(pool);
}

MC_SCENARIO(pool, started_beside_a_caller, .unordered = "owner.limit", .random = 4000)
{
    weft_pool *pool = create(1, NULL);
    int callers[] = {mc_spawn("starter", starts_and_waits, visit(pool)), mc_spawn("caller", runs, visit(pool))};
    mc_join(callers[0]);
    mc_join(callers[1]);
    destroy(pool);
}

MC_SCENARIO(pool, without_workers, .unordered = "owner.limit", .random = 4000)
{
    weft_pool *pool = create(WEFT_WORKERS_NONE, NULL);
    int callers[] = {mc_spawn("starter 1", starts_and_waits, visit(pool)),
                     mc_spawn("starter 2", starts_and_waits, visit(pool))};
    mc_join(callers[0]);
    mc_join(callers[1]);
    destroy(pool);
}

MC_SCENARIO(pool, shut_down_twice, .unordered = "owner.limit", .random = 4000)
{
    struct ledger *ledger = mc_new(sizeof *ledger);
    struct closing *closing = mc_new(sizeof *closing);
    *closing = (struct closing){create(1, ledger), ledger};
    struct visit *root = visit(closing->pool);
    root->ledger = ledger;
    runs(root);
    int closers[] = {mc_spawn("drainer", drains, closing), mc_spawn("canceller", cancels, closing)};
    mc_join(closers[0]);
    mc_join(closers[1]);
    destroy(closing->pool);
}
