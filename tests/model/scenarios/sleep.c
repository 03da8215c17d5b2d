/*
 * scenarios/sleep.c - who sleeps and who searches: no work lies there while one who would take it sleeps
 *
 * Workers as in src/sched/README.md, reduced to their sleep. Work is a number of pieces. Each piece ends only when all
 * have begun, so that it takes as many workers awake as there are pieces: a wake-up that is owed and not given leaves
 * everybody waiting, and the checker says so.
 */
#include "sched/sleep.h"

#include <weft/status.h>

struct site {
    struct wi_sleep sleep;
    wi_atomic_u64 pieces; /* to be had */
    wi_atomic_u32 begun;  /* those that have been taken; workers in the middle of one wait for it */
    uint32_t total;
    uint32_t next_slot;
    bool is_from_outside;
};

struct worker {
    struct site *site;
    uint32_t slot;
};

static struct site *set_up(uint32_t workers, uint32_t total)
{
    struct site *site = mc_new(sizeof *site);
    mc_check(wi_sleep_init(&site->sleep, workers, workers) == WEFT_OK);
    site->total = total;
    site->is_from_outside = true;
    return site;
}

static void wind_up(struct site *site)
{
    mc_join_all();
    mc_check(wi_load_relaxed(&site->begun) == site->total);
    mc_check(wi_load_relaxed(&site->sleep.census) == 0);
    wi_sleep_fini(&site->sleep);
}

static bool take(struct site *site)
{
    uint64_t pieces = wi_load_relaxed(&site->pieces);
    while (pieces > 0)
        if (wi_cas_acq_rel(&site->pieces, &pieces, pieces - 1))
            return true;
    return false;
}

static bool is_over(struct site *site)
{
    return wi_load_acquire(&site->begun) == site->total;
}

static void look(struct site *site)
{
    if (wi_load_relaxed(&site->pieces) > 0)
        wi_sleep_announce(&site->sleep, site->is_from_outside);
}

/* Runs a piece: the last to begin tells the others, and those that sleep for want of work. */
static void run(struct site *site)
{
    uint32_t begun = wi_fetch_add_acq_rel(&site->begun, 1) + 1;
    if (begun == site->total) {
        mc_futex_wake(&site->begun, UINT32_MAX);
        for (uint32_t slot = 0; slot < site->sleep.slots; slot++)
            wi_sleep_wake(&site->sleep, slot);
    }
    while ((begun = wi_load_acquire(&site->begun)) != site->total)
        mc_futex_wait(&site->begun, sizeof begun, begun, false);
}

static void works(void *context)
{
    struct worker *worker = context;
    struct site *site = worker->site;
    wi_sleep_search(&site->sleep);
    while (!is_over(site)) {
        if (take(site)) {
            if (wi_sleep_found(&site->sleep))
                look(site);
            run(site);
            wi_sleep_search(&site->sleep);
            continue;
        }
        uint32_t key = wi_sleep_prepare(&site->sleep, worker->slot, true);
        bool stay = is_over(site) || wi_load_relaxed(&site->pieces) > 0;
        wi_sleep_wait(&site->sleep, worker->slot, true, key, stay);
    }
    if (wi_sleep_found(&site->sleep))
        look(site);
}

static void spawn_worker(struct site *site, const char *name)
{
    struct worker *worker = mc_new(sizeof *worker);
    *worker = (struct worker){.site = site, .slot = site->next_slot++};
    mc_spawn(name, works, worker);
}

static void brings_one(void *context)
{
    struct site *site = context;
    wi_fetch_add_acq_rel(&site->pieces, 1);
    wi_sleep_announce(&site->sleep, site->is_from_outside);
}

static void brings_two(void *context)
{
    brings_one(context);
    brings_one(context);
}

MC_SCENARIO(sleep, one_sleeper, .preemptions = MC_ALL)
{
    struct site *site = set_up(1, 1);
    spawn_worker(site, "worker");
    mc_spawn("bringer", brings_one, site);
    wind_up(site);
}

MC_SCENARIO(sleep, two_sleepers, .preemptions = 2, .stale = 1)
{
    struct site *site = set_up(2, 2);
    spawn_worker(site, "worker 0");
    spawn_worker(site, "worker 1");
    mc_spawn("bringer", brings_two, site);
    wind_up(site);
}

MC_SCENARIO(sleep, two_bringers, .preemptions = 2, .stale = 1)
{
    struct site *site = set_up(2, 2);
    spawn_worker(site, "worker 0");
    spawn_worker(site, "worker 1");
    mc_spawn("bringer 1", brings_one, site);
    mc_spawn("bringer 2", brings_one, site);
    wind_up(site);
}

MC_SCENARIO(sleep, two_bringers_at_random, .random = 50000)
{
    struct site *site = set_up(3, 2);
    spawn_worker(site, "worker 0");
    spawn_worker(site, "worker 1");
    spawn_worker(site, "worker 2");
    mc_spawn("bringer 1", brings_one, site);
    mc_spawn("bringer 2", brings_one, site);
    wind_up(site);
}

/* ---- callers ---- */

/* Forked work is left to the callers while they are there; who leaves looks after what is left. */
static void leave(struct site *site)
{
    wi_sleep_caller_ends(&site->sleep);
    look(site);
}

static void comes_forks_and_goes(void *context)
{
    struct site *site = context;
    wi_sleep_caller_begins(&site->sleep);
    brings_one(site);
    leave(site);
}

static void comes_and_goes(void *context)
{
    struct site *site = context;
    wi_sleep_caller_begins(&site->sleep);
    leave(site);
}

MC_SCENARIO(sleep, callers_leave_work, .preemptions = 3, .stale = 2)
{
    struct site *site = set_up(1, 1);
    site->is_from_outside = false;
    spawn_worker(site, "worker");
    mc_spawn("caller 1", comes_forks_and_goes, site);
    mc_spawn("caller 2", comes_and_goes, site);
    wind_up(site);
}
