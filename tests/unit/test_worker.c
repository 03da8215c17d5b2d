/*
 * unit/test_worker.c - where a worker finds work, what it may help with, and when it sleeps
 *
 * Scenes are built of tasks that hold a worker until they are released, so that it is known who is free to do what. A
 * scheduler that does less than it must leaves such a scene standing, and the test's time-out tells.
 */
#include <criterion/criterion.h>

#include <weft/pool.h>
#include <weft/task.h>

#include "base/atomics.h"
#include "os/cluster.h"
#include "os/thread.h"
#include "sched/worker.h"

#define NOBODY UINT32_MAX

/* A task that marks who began it, then waits to be released, and marks its end. */
struct actor {
    weft_task task;
    wi_atomic_u32 by;
    wi_atomic_u32 may_end;
    wi_atomic_u32 has_ended;
};

static void wait_for(wi_atomic_u32 *flag)
{
    while (wi_load_acquire(flag) == 0)
        wi_thread_yield();
}

static uint32_t begun_by(struct actor *actor)
{
    return wi_load_acquire(&actor->by);
}

static void wait_for_begin(struct actor *actor)
{
    while (begun_by(actor) == NOBODY)
        wi_thread_yield();
}

static void release(struct actor *actor)
{
    wi_store_release(&actor->may_end, 1);
}

static void act(weft_worker *worker, weft_task *task)
{
    struct actor *actor = weft_entry(task, struct actor, task);
    wi_store_release(&actor->by, weft_worker_index(worker));
    wait_for(&actor->may_end);
    wi_store_release(&actor->has_ended, 1);
}

static void dawdle(void)
{
    for (int i = 0; i < 300; i++)
        wi_thread_yield();
}

static weft_pool *create(weft_pool_options options)
{
    weft_pool *pool = NULL;
    options.size = sizeof options;
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
    return pool;
}

static struct actor new_actor(void)
{
    return (struct actor){.by = {NOBODY}};
}

/* Starts `actor` with `body` and returns when a worker has begun it; the calling thread helps with nothing. */
static void hand_over(weft_pool *pool, struct actor *actor, weft_task_fn *body)
{
    cr_assert_eq(weft_start(pool, &actor->task, body), WEFT_OK);
    wait_for_begin(actor);
}

/* ---- what a join may do while its task is away ---- */

/* Of three workers one is blocked, one plays the scene, and one is free to steal from it. */
struct scene {
    struct actor blocker, joiner;
    struct actor thief;      /* is stolen from the joiner */
    struct actor grandchild; /* is its fork */
    struct actor other;      /* is an unrelated root */
    bool is_helped;          /* whether the grandchild must be run by the join */
};

static void stolen(weft_worker *worker, weft_task *task)
{
    struct scene *scene = weft_entry(task, struct scene, thief.task);
    wi_store_release(&scene->thief.by, weft_worker_index(worker));
    wait_for(&scene->thief.may_end);
    weft_fork(worker, &scene->grandchild.task, act);
    if (scene->is_helped)
        wait_for(&scene->grandchild.has_ended);
    else
        dawdle();
    weft_join(worker, &scene->grandchild.task);
    wi_store_release(&scene->thief.has_ended, 1);
}

static void join_stolen(weft_worker *worker, weft_task *task)
{
    struct scene *scene = weft_entry(task, struct scene, joiner.task);
    wi_store_release(&scene->joiner.by, weft_worker_index(worker));
    weft_fork(worker, &scene->thief.task, stolen);
    wait_for_begin(&scene->thief);
    cr_assert_eq(weft_start(weft_worker_pool(worker), &scene->other.task, act), WEFT_OK);
    release(&scene->thief);
    cr_assert_eq(weft_join(worker, &scene->thief.task), WEFT_OK);
    cr_assert_eq(wi_load_acquire(&scene->thief.has_ended), 1);
    wi_store_release(&scene->joiner.has_ended, 1);
}

static void play(weft_help help, uint32_t search_rounds, bool is_helped)
{
    weft_pool *pool = create((weft_pool_options){.workers = 3, .help = help, .search_rounds = search_rounds});
    struct scene scene = {.is_helped = is_helped};
    scene.blocker = scene.joiner = scene.thief = scene.grandchild = scene.other = new_actor();
    release(&scene.grandchild);
    release(&scene.other);
    hand_over(pool, &scene.blocker, act);
    hand_over(pool, &scene.joiner, join_stolen);
    wait_for(&scene.joiner.has_ended);
    release(&scene.blocker);
    cr_assert_eq(weft_wait(pool, &scene.blocker.task), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &scene.joiner.task), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &scene.other.task), WEFT_OK);
    if (is_helped)
        cr_assert_eq(begun_by(&scene.grandchild), begun_by(&scene.joiner));
    else
        cr_assert_neq(begun_by(&scene.grandchild), begun_by(&scene.joiner), "a join has run what it must not");
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(worker, a_join_helps_its_thief)
{
    for (int i = 0; i < 20; i++)
        play(WEFT_HELP_SUBTREE, 0, true);
}

Test(worker, a_join_that_sleeps_is_woken_by_a_fork_of_its_thief)
{
    for (int i = 0; i < 20; i++)
        play(WEFT_HELP_SUBTREE, WEFT_SEARCH_ONCE, true);
}

Test(worker, a_join_that_may_help_with_anything_helps_its_thief)
{
    for (int i = 0; i < 20; i++)
        play(WEFT_HELP_ANY, WEFT_SEARCH_ONCE, true);
}

Test(worker, a_join_that_may_not_help_sleeps)
{
    for (int i = 0; i < 20; i++)
        play(WEFT_HELP_NONE, 0, false);
}

/* Of two workers one joins what the other has stolen; a root that comes meanwhile is run inside the join, or is not. */
struct visit {
    struct actor host, away, guest;
    bool is_let_in;
    bool came_inside;
};

static void away(weft_worker *worker, weft_task *task)
{
    struct visit *visit = weft_entry(task, struct visit, away.task);
    wi_store_release(&visit->away.by, weft_worker_index(worker));
    wait_for(&visit->away.may_end);
    if (visit->is_let_in)
        wait_for(&visit->guest.has_ended);
    else
        dawdle();
}

static void host(weft_worker *worker, weft_task *task)
{
    struct visit *visit = weft_entry(task, struct visit, host.task);
    wi_store_release(&visit->host.by, weft_worker_index(worker));
    weft_fork(worker, &visit->away.task, away);
    wait_for_begin(&visit->away);
    cr_assert_eq(weft_start(weft_worker_pool(worker), &visit->guest.task, act), WEFT_OK);
    release(&visit->away);
    weft_join(worker, &visit->away.task);
    visit->came_inside = begun_by(&visit->guest) == weft_worker_index(worker);
    wi_store_release(&visit->host.has_ended, 1);
}

static void receive(weft_help help, bool is_let_in)
{
    for (int i = 0; i < 20; i++) {
        weft_pool *pool = create((weft_pool_options){.workers = 2, .help = help});
        struct visit visit = {.is_let_in = is_let_in};
        visit.host = visit.away = visit.guest = new_actor();
        release(&visit.guest);
        hand_over(pool, &visit.host, host);
        wait_for(&visit.host.has_ended);
        cr_assert_eq(visit.came_inside, is_let_in);
        cr_assert_eq(weft_wait(pool, &visit.host.task), WEFT_OK);
        cr_assert_eq(weft_wait(pool, &visit.guest.task), WEFT_OK);
        cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    }
}

Test(worker, a_join_lets_in_what_is_unrelated_only_if_it_may_help_with_anything)
{
    receive(WEFT_HELP_ANY, true);
    receive(WEFT_HELP_SUBTREE, false);
    receive(WEFT_HELP_NONE, false);
}

/* ---- the bound on helping ---- */

/* Two visits, one inside the other: the guest of the first is the host of the second. */
struct depths {
    struct actor blocker, host, away, guest;
    struct visit inner;
};

static void inner_host(weft_worker *worker, weft_task *task)
{
    struct depths *depths = weft_entry(task, struct depths, guest.task);
    wi_store_release(&depths->guest.by, weft_worker_index(worker));
    release(&depths->blocker);
    weft_call(worker, &depths->inner.host.task, host);
    wi_store_release(&depths->guest.has_ended, 1);
}

static void outer_host(weft_worker *worker, weft_task *task)
{
    struct depths *depths = weft_entry(task, struct depths, host.task);
    wi_store_release(&depths->host.by, weft_worker_index(worker));
    weft_fork(worker, &depths->away.task, act);
    wait_for_begin(&depths->away);
    cr_assert_eq(weft_start(weft_worker_pool(worker), &depths->guest.task, inner_host), WEFT_OK);
    weft_join(worker, &depths->away.task);
    wi_store_release(&depths->host.has_ended, 1);
}

/* Of three workers one is the host, and so whatever it runs in its join; one is away until the inner visit is over; one
 * is blocked until the inner visit needs somebody to be away. */
static void dive(uint32_t help_depth, bool is_let_in)
{
    for (int i = 0; i < 20; i++) {
        weft_pool *pool = create((weft_pool_options){.workers = 3, .help_depth = help_depth});
        struct depths depths = {.inner.is_let_in = is_let_in};
        depths.blocker = depths.host = depths.away = depths.guest = new_actor();
        depths.inner.host = depths.inner.away = depths.inner.guest = new_actor();
        release(&depths.inner.guest);
        hand_over(pool, &depths.blocker, act);
        hand_over(pool, &depths.host, outer_host);
        wait_for(&depths.inner.host.has_ended);
        cr_assert_eq(begun_by(&depths.guest), begun_by(&depths.host));
        cr_assert_eq(depths.inner.came_inside, is_let_in);
        release(&depths.away);
        cr_assert_eq(weft_wait(pool, &depths.blocker.task), WEFT_OK);
        cr_assert_eq(weft_wait(pool, &depths.host.task), WEFT_OK);
        cr_assert_eq(weft_wait(pool, &depths.guest.task), WEFT_OK);
        cr_assert_eq(weft_wait(pool, &depths.inner.guest.task), WEFT_OK);
        cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    }
}

Test(worker, help_nests_only_as_deep_as_the_pool_allows)
{
    dive(1, false);
    dive(2, true);
}

/* ---- sleep ---- */

static uint64_t sleepers(weft_pool *pool)
{
    return wi_load_acquire(&pool->sleep.census) >> 21 & ((1u << 21) - 1);
}

/* How often sleepers of the pool were woken. */
static uint32_t wakings(weft_pool *pool)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < weft_pool_slots(pool); i++)
        sum += wi_load_acquire(&pool->sleep.beds[i].event.epoch);
    return sum;
}

static void wait_until_all_sleep(weft_pool *pool)
{
    while (sleepers(pool) != weft_pool_workers(pool))
        wi_thread_yield();
}

Test(worker, one_long_task_wakes_one_worker)
{
    weft_pool *pool = create((weft_pool_options){.workers = 8});
    for (uint32_t i = 1; i <= 20; i++) {
        struct actor actor = new_actor();
        wait_until_all_sleep(pool);
        uint32_t before = wakings(pool);
        hand_over(pool, &actor, act);
        dawdle();
        release(&actor);
        cr_assert_eq(weft_wait(pool, &actor.task), WEFT_OK);
        wait_until_all_sleep(pool);
        cr_assert_eq(wakings(pool), before + 1);
    }
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(worker, one_that_finds_work_wakes_the_next_while_more_is_left)
{
    weft_pool *pool = create((weft_pool_options){.workers = 4});
    for (int round = 0; round < 20; round++) {
        struct actor actors[4];
        wait_until_all_sleep(pool);
        for (int i = 0; i < 4; i++) {
            actors[i] = new_actor();
            cr_assert_eq(weft_start(pool, &actors[i].task, act), WEFT_OK);
        }
        for (int i = 0; i < 4; i++)
            wait_for_begin(&actors[i]);
        for (int i = 0; i < 4; i++)
            release(&actors[i]);
        for (int i = 0; i < 4; i++)
            cr_assert_eq(weft_wait(pool, &actors[i].task), WEFT_OK);
    }
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

/* Nothing but the sleeper's own last look can find a root that comes between its search and its sleep. */
Test(worker, no_wake_up_is_lost)
{
    weft_pool *pool = create((weft_pool_options){.workers = 2, .search_rounds = WEFT_SEARCH_ONCE});
    for (int i = 0; i < 50000; i++) {
        struct actor actor = new_actor();
        release(&actor);
        for (int delay = i % 200; delay > 0; delay--)
            wi_pause();
        hand_over(pool, &actor, act);
        cr_assert_eq(weft_wait(pool, &actor.task), WEFT_OK);
    }
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

/* ---- who is who ---- */

Test(worker, a_waiting_caller_executes_when_all_workers_are_busy)
{
    weft_pool *pool = create((weft_pool_options){.workers = 1});
    struct actor blocker = new_actor(), actor = new_actor();
    release(&actor);
    hand_over(pool, &blocker, act);
    cr_assert_eq(weft_start(pool, &actor.task, act), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &actor.task), WEFT_OK);
    cr_assert_eq(begun_by(&actor), 1, "the first slot behind the workers is the caller's");
    release(&blocker);
    cr_assert_eq(weft_wait(pool, &blocker.task), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

static void await_root(weft_worker *worker, weft_task *task)
{
    struct actor *inner = &weft_entry(task, struct scene, joiner.task)->other;
    weft_pool *pool = weft_worker_pool(worker);
    cr_assert_eq(weft_start(pool, &inner->task, act), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &inner->task), WEFT_EDEADLK);
}

Test(worker, a_task_may_start_a_root_but_not_wait_for_it)
{
    weft_pool *pool = create((weft_pool_options){.workers = 1});
    struct scene scene;
    scene.joiner = scene.other = new_actor();
    release(&scene.other);
    cr_assert_eq(weft_start(pool, &scene.joiner.task, await_root), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &scene.joiner.task), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &scene.other.task), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

/* Two callers at work stand in for the two workers, who sleep. One forks, lets the other go, and waits: when the other
 * leaves, there is room for a worker, and only the one that leaves can know it. */
struct parting {
    weft_task task;
    weft_pool *pool;
    struct actor other, child;
};

static void fork_and_part(weft_worker *worker, weft_task *task)
{
    struct parting *parting = weft_entry(task, struct parting, task);
    weft_fork(worker, &parting->child.task, act);
    release(&parting->other);
    wait_for(&parting->child.has_ended);
    weft_join(worker, &parting->child.task);
}

static void *be_the_other(void *context)
{
    struct parting *parting = context;
    cr_assert_eq(weft_run(parting->pool, &parting->other.task, act), WEFT_OK);
    return NULL;
}

Test(worker, a_caller_that_leaves_makes_room_for_a_worker)
{
    for (int i = 0; i < 20; i++) {
        struct parting parting = {.pool = create((weft_pool_options){.workers = 2})};
        wi_thread thread;
        parting.other = parting.child = new_actor();
        release(&parting.child);
        wait_until_all_sleep(parting.pool);
        cr_assert_eq(wi_thread_create(&thread, 0, be_the_other, &parting), WEFT_OK);
        wait_for_begin(&parting.other);
        cr_assert_eq(weft_run(parting.pool, &parting.task, fork_and_part), WEFT_OK);
        wi_thread_join(&thread);
        cr_assert_eq(weft_pool_destroy(parting.pool), WEFT_OK);
    }
}

static void know_oneself(weft_worker *worker, weft_task *task)
{
    (void)task;
    cr_assert_eq(wi_worker_here(weft_worker_pool(worker)), wi_worker_of(worker));
    cr_assert_lt(weft_worker_index(worker), weft_pool_slots(weft_worker_pool(worker)));
}

Test(worker, a_thread_knows_which_worker_it_is)
{
    weft_pool *pool = create((weft_pool_options){.workers = 1});
    weft_task task;
    cr_assert_null(wi_worker_here(pool));
    cr_assert_eq(weft_run(pool, &task, know_oneself), WEFT_OK);
    cr_assert_null(wi_worker_here(pool));
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

/* The first fork is shown to whoever sleeps; the second is the owner's own until somebody takes it by force, for the
 * owner neither forks again nor joins before both have run. */
struct shown {
    weft_task task;
    wi_atomic_u32 has_run;
};

static void be_shown(weft_worker *worker, weft_task *task)
{
    (void)worker;
    wi_store_release(&weft_entry(task, struct shown, task)->has_run, 1);
}

static void fork_two_and_wait(weft_worker *worker, weft_task *task)
{
    static struct shown forks[2];
    (void)task;
    for (int i = 0; i < 2; i++) {
        wi_store_relaxed(&forks[i].has_run, 0);
        weft_fork(worker, &forks[i].task, be_shown);
    }
    for (int i = 0; i < 2; i++)
        while (wi_load_acquire(&forks[i].has_run) == 0)
            wi_thread_yield();
    for (int i = 2; i-- > 0;)
        cr_assert_eq(weft_join(worker, &forks[i].task), WEFT_OK);
}

Test(worker, one_that_lies_down_takes_by_force_what_nobody_shows)
{
    weft_pool *pool;
    weft_pool_options options = {.size = sizeof options, .workers = 2};
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
    for (int i = 0; i < 20; i++) {
        weft_task root;
        cr_assert_eq(weft_run(pool, &root, fork_two_and_wait), WEFT_OK);
    }
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

/* ---- victims ---- */

#define NEAR 8
#define FAR  16

/* Has the calling thread fork, as each of three victims in turn, a task for all to see, and steal all of them as
 * `thief`. */
static void rob(struct wi_worker *thief, struct wi_worker *victims[3])
{
    static struct actor actors[3];
    for (int i = 0; i < 3; i++) {
        actors[i] = new_actor();
        release(&actors[i]);
        wi_split_ask_self(&victims[i]->split);
        weft_fork(&victims[i]->split.owner, &actors[i].task, act);
    }
    for (int i = 0; i < 3; i++) {
        weft_task *task = wi_worker_search(thief, NEAR);
        cr_assert_not_null(task, "what is far is found as well");
        cr_assert_eq(task == &actors[0].task, i == 0, "the near one is asked first");
        cr_assert(wi_worker_execute(thief, task));
    }
    cr_assert_null(wi_worker_search(thief, NEAR));
    for (int i = 0; i < 3; i++)
        cr_assert_eq(weft_join(&victims[i]->split.owner, &actors[i].task), WEFT_OK);
}

Test(worker, a_search_begins_with_those_that_are_near)
{
    weft_pool *pool = create((weft_pool_options){.workers = WEFT_WORKERS_NONE});
    struct wi_worker *workers[4];
    for (int i = 0; i < 4; i++)
        workers[i] = wi_worker_take_slot(pool);
    for (int i = 0; i < 100; i++) {
        struct wi_worker *victims[3];
        for (int j = 0; j < 3; j++)
            victims[j] = workers[(i + 1 + (i / 4 + j) % 3) % 4];
        wi_store_relaxed(&victims[0]->cluster, NEAR);
        wi_store_relaxed(&victims[1]->cluster, FAR);
        wi_store_relaxed(&victims[2]->cluster, FAR + 1);
        rob(workers[i % 4], victims);
    }
    for (int i = 0; i < 4; i++)
        wi_worker_give_slot(workers[i]);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(worker, who_searches_says_where)
{
    weft_pool *pool = create((weft_pool_options){.workers = WEFT_WORKERS_NONE});
    struct wi_worker *worker = wi_worker_take_slot(pool);
    cr_assert_null(wi_worker_search(worker, NEAR));
    cr_assert_eq(wi_load_relaxed(&worker->cluster), NEAR);
    cr_assert_null(wi_worker_search(worker, WI_CLUSTER_ANY));
    cr_assert_eq(wi_load_relaxed(&worker->cluster), WI_CLUSTER_ANY);
    wi_worker_give_slot(worker);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}
