/*
 * scenarios/worker.c - fork, steal and join, with helping and sleeping, by the sources of the scheduler
 *
 * A pool is put together by hand, so that it is small. Worker 0 runs the first root and then ends the pool; the others
 * serve. Each task's frame ends its life when its join returns, and what its body wrote is read there, plainly.
 */
#include "sched/worker.h"

#include <weft/typed.h>

#include "os/clock.h"
#include "sched/handshake.h"

#define WORKERS 3

struct works {
    weft_pool pool;
    struct wi_worker workers[WORKERS];
    /* For each worker, used by its thread alone: what it joins at the moment. */
    const struct node *joins[WORKERS];
    struct node *root;
    struct node *queued;  /* a second root, or NULL */
    struct node *brought; /* one more, which a thread from outside brings, or NULL */
    bool is_symmetric;    /* as where the system has no barrier */
    bool dawdles;         /* each task lets other workers go first, so that few preemptions lead far */
};

struct node {
    weft_task task;
    struct works *works;
    const struct node *parent;
    uint32_t depth; /* of forks below it; with two or more, there are two subtrees */
    bool is_narrow; /* forks without a second subtree */
    bool warms_up;  /* forks and joins a task before, so that its deque has answered whoever asked */
    bool forks_two; /* which need two other workers at once */
    bool in_order;  /* forks two tasks before, and joins them in the order of forking */
    bool counts;    /* runs a tree of typed tasks before */
    bool waits;     /* does not go on until what it has forked has begun, on another worker */
    uint32_t runs;  /* plain */
    uint32_t leaves;
    struct node *partner; /* does not go on until this one has begun, on another worker */
    wi_atomic_u32 has_begun;
};

static struct node *node(struct works *works, const struct node *parent, uint32_t depth)
{
    struct node *made = mc_new(sizeof *made);
    made->works = works;
    made->parent = parent;
    made->depth = depth;
    return made;
}

static struct node *below(const struct node *parent)
{
    return node(parent->works, parent, parent->depth - 1);
}

static bool is_below(const struct node *lower, const struct node *upper)
{
    while (lower && lower != upper)
        lower = lower->parent;
    return lower != NULL;
}

/* Joins, and notes that the worker does. */
static void join(weft_worker *worker, struct node *joined)
{
    struct works *works = joined->works;
    const struct node **joins = &works->joins[weft_worker_index(worker)], *outer = *joins;
    *joins = joined;
    mc_check(weft_join(worker, &joined->task) == WEFT_OK);
    *joins = outer;
    mc_check(joined->runs == 1);
}

static void run(weft_worker *worker, weft_task *task);

static void warm_up(weft_worker *worker, struct node *self)
{
    struct node *first = node(self->works, self, 0);
    weft_fork(worker, &first->task, run);
    join(worker, first);
    mc_delete(first);
}

static void wait_until(wi_atomic_u32 *word, uint32_t least)
{
    uint32_t seen;
    while ((seen = wi_load_acquire(word)) < least)
        mc_futex_wait(&word->value, sizeof word->value, seen, false);
}

/* Forks two tasks, the second when the first has begun, which waits for the second. */
static void fork_two(weft_worker *worker, struct node *self)
{
    struct node *first = node(self->works, self, 0), *second = node(self->works, self, 0);
    first->partner = second;
    weft_fork(worker, &first->task, run);
    wait_until(&first->has_begun, 1);
    weft_fork(worker, &second->task, run);
    wait_until(&second->has_begun, 1);
    join(worker, second);
    join(worker, first);
    mc_delete(second);
    mc_delete(first);
}

/* Forks two tasks and joins the older one first, which may have been stolen and be done. */
static void fork_in_order(weft_worker *worker, struct node *self)
{
    struct node *older = node(self->works, self, 0), *newer = node(self->works, self, 0);
    weft_slot *next = worker->next;
    weft_fork(worker, &older->task, run);
    weft_fork(worker, &newer->task, run);
    join(worker, older);
    join(worker, newer);
    mc_check(worker->next == next);
    mc_delete(newer);
    mc_delete(older);
}

/* A tree of typed tasks: their joins ask for no more than the slot. */
WEFT_VOID_TASK(count, (struct node *, self))
{
    self->runs++;
    if (self->depth == 0)
        return;
    struct node *children[2] = {below(self), below(self)};
    struct count left;
    WEFT_FORK(count, &left, children[0]);
    WEFT_CALL(count, children[1]);
    WEFT_JOIN(count, &left);
    for (int i = 0; i < 2; i++) {
        mc_check(children[i]->runs == 1);
        mc_delete(children[i]);
    }
}

static void run(weft_worker *worker, weft_task *task)
{
    struct node *self = weft_entry(task, struct node, task);
    struct works *works = self->works;
    const struct node **joins = &works->joins[weft_worker_index(worker)], *joined = *joins;
    if (joined && works->pool.options.help == WEFT_HELP_SUBTREE)
        mc_check(is_below(self, joined)); /* a join runs nothing that is unrelated to what it waits for */
    *joins = NULL;
    self->runs++;
    wi_store_release(&self->has_begun, 1);
    mc_futex_wake(&self->has_begun, UINT32_MAX);
    if (self->partner)
        wait_until(&self->partner->has_begun, 1);
    if (self->depth == 0) {
        if (works->dawdles)
            mc_yield();
        self->leaves = 1;
    } else {
        if (self->warms_up)
            warm_up(worker, self);
        if (self->forks_two)
            fork_two(worker, self);
        if (self->in_order)
            fork_in_order(worker, self);
        if (self->counts) {
            struct node *tree = node(works, self, self->depth);
            WEFT_CALL_ON(worker, count, tree);
            mc_delete(tree);
        }
        struct node *left = node(works, self, self->depth - 1);
        left->is_narrow = self->is_narrow;
        left->waits = self->waits && left->depth > 0;
        weft_fork(worker, &left->task, run);
        if (works->dawdles)
            mc_yield();
        if (self->waits)
            wait_until(&left->has_begun, 1);
        if (self->depth > 1 && !self->is_narrow) {
            struct node *right = node(works, self, self->depth - 1);
            weft_call(worker, &right->task, run);
            self->leaves += right->leaves;
            mc_delete(right);
        }
        join(worker, left);
        self->leaves += left->leaves;
        mc_delete(left);
    }
    *joins = joined;
}

/* `room` is how many forks fit into each deque. */
static struct works *set_up_narrow(uint32_t workers, weft_help help, uint32_t depth, size_t room)
{
    struct works *works = mc_new(sizeof *works);
    weft_pool *pool = &works->pool;
    pool->options = (weft_pool_options){.workers = workers, .help = help, .help_depth = 1, .search_rounds = 1};
    pool->workers = works->workers;
    wi_roots_init(&pool->roots);
    wi_init(&pool->in_use, workers);
    pool->forks_bytes = weft_pool_slots(pool) * (room + 2) * sizeof *pool->forks;
    pool->forks = mc_new(pool->forks_bytes);
    for (uint32_t i = 0; i < workers; i++)
        wi_worker_init(&works->workers[i], pool, i, false);
    mc_check(wi_sleep_init(&pool->sleep, workers, workers) == WEFT_OK);
    works->root = node(works, NULL, depth);
    return works;
}

static struct works *set_up(uint32_t workers, weft_help help, uint32_t depth)
{
    return set_up_narrow(workers, help, depth, 6);
}

/* As where the system has no barrier. */
static struct works *set_up_symmetric(uint32_t workers)
{
    struct works *works = set_up(workers, WEFT_HELP_ANY, 1);
    for (uint32_t i = 0; i < workers; i++)
        works->workers[i].split.is_symmetric = true;
    return works;
}

static void serves(void *context)
{
    struct wi_worker *worker = context;
    wi_worker_enter(worker);
    mc_check(wi_worker_serve(worker, NULL) == WEFT_OK);
    wi_worker_leave(worker);
}

static bool is_over(weft_pool *pool)
{
    return wi_roots_are_over(&pool->roots);
}

/* Runs the root, waits for the other one, and ends the pool, as src/sched/pool.c does. */
static void leads(void *context)
{
    struct works *works = context;
    weft_pool *pool = &works->pool;
    wi_worker_enter(&works->workers[0]);
    run(&works->workers[0].split.owner, &works->root->task);
    wi_worker_leave(&works->workers[0]);
    wi_split_ask_self(&works->workers[0].split);
    wi_roots_close(&pool->roots, WI_DRAINING);
    while (!is_over(pool)) {
        uint32_t key = wi_event_prepare(&pool->roots.outside);
        if (is_over(pool))
            wi_event_cancel(&pool->roots.outside);
        else
            wi_event_wait(&pool->roots.outside, key, WI_NEVER);
    }
    wi_store_release(&pool->stopping, WI_STOPPING);
    for (uint32_t i = 1; i < pool->options.workers; i++)
        wi_sleep_wake(&pool->sleep, i);
}

/* Accepts another root, which keeps the gate from being over until it has run. */
static struct node *accept_root(struct works *works, uint32_t depth)
{
    mc_check(wi_roots_accept(&works->pool.roots));
    return node(works, NULL, depth);
}

static void bring(struct node *root)
{
    wi_task_reset(&root->task, run, WI_TASK_ROOT);
    wi_roots_put(&root->works->pool.roots, &root->task);
    wi_sleep_announce(&root->works->pool.sleep, true);
}

static void brings(void *context)
{
    struct works *works = context;
    if (works->queued)
        bring(works->queued);
    bring(works->brought);
}

static struct node *queue(struct works *works, uint32_t depth)
{
    works->queued = accept_root(works, depth);
    bring(works->queued);
    return works->queued;
}

static void go(struct works *works)
{
    static const char *const names[] = {"worker 0", "worker 1", "worker 2"};
    mc_spawn(names[0], leads, works);
    for (uint32_t i = 1; i < works->pool.options.workers; i++)
        mc_spawn(names[i], serves, &works->workers[i]);
    mc_join_all();
    mc_check(works->root->runs == 1);
    mc_check(works->root->leaves == (works->root->depth == 2 && !works->root->is_narrow ? 2 : 1));
    mc_check(!works->queued || works->queued->runs == 1);
    mc_check(!works->brought || works->brought->runs == 1);
    mc_check(wi_load_relaxed(&works->pool.sleep.census) == 0);
    wi_sleep_fini(&works->pool.sleep);
}

MC_SCENARIO(worker, one_fork, .unordered = "owner.limit", .preemptions = 2, .stale = 2)
{
    go(set_up(2, WEFT_HELP_ANY, 1));
}

MC_SCENARIO(worker, one_fork_without_help, .unordered = "owner.limit", .preemptions = 2, .stale = 2)
{
    go(set_up(2, WEFT_HELP_NONE, 1));
}

/* A fork wakes a worker for it. */
MC_SCENARIO(worker, fork_that_needs_another, .unordered = "owner.limit", .preemptions = 2, .stale = 2)
{
    struct works *works = set_up(2, WEFT_HELP_ANY, 1);
    works->root->waits = true;
    go(works);
}

/* The same where the worker's forks are on the fast path when the other lies down. The other
 * has asked, and must not take that for an ask that had a barrier. */
MC_SCENARIO(worker, private_fork_that_needs_another, .unordered = "owner.limit", .preemptions = 2, .stale = 2)
{
    struct works *works = set_up(2, WEFT_HELP_ANY, 1);
    works->root->warms_up = true;
    works->root->waits = true;
    go(works);
}

/* Where there is no room for a fork, it runs at once. */
MC_SCENARIO(worker, full_deque, .unordered = "owner.limit", .preemptions = 2, .stale = 1)
{
    go(set_up_narrow(2, WEFT_HELP_ANY, 2, 1));
}

MC_SCENARIO(worker, forks_joined_in_order, .unordered = "owner.limit", .preemptions = 2, .stale = 1)
{
    struct works *works = set_up(2, WEFT_HELP_ANY, 1);
    works->root->in_order = true;
    works->root->warms_up = true;
    go(works);
}

/* The owner's second fork wakes another worker, after the first has woken one. */
MC_SCENARIO(worker, forks_that_wake_two, .unordered = "owner.limit", .random = 20000)
{
    struct works *works = set_up(3, WEFT_HELP_ANY, 1);
    works->root->forks_two = true;
    go(works);
}

MC_SCENARIO(worker, without_barrier, .unordered = "owner.limit", .preemptions = 2, .stale = 2)
{
    struct works *works = set_up_symmetric(2);
    works->root->warms_up = true;
    works->root->waits = true;
    go(works);
}

MC_SCENARIO(worker, full_deque_of_typed_tasks, .unordered = "owner.limit", .preemptions = 1, .stale = 1)
{
    struct works *works = set_up_narrow(2, WEFT_HELP_ANY, 2, 1);
    works->root->counts = true;
    go(works);
}

/* What a thief forks wakes the join that waits for the thief and may help with nothing else. */
MC_SCENARIO(worker, fork_that_needs_its_follower, .unordered = "owner.limit", .preemptions = 2, .stale = 1)
{
    struct works *works = set_up(2, WEFT_HELP_SUBTREE, 2);
    works->root->waits = true;
    works->root->is_narrow = true;
    go(works);
}

/* The same beside another root that does the same. */
MC_SCENARIO(worker, forks_that_need_two, .unordered = "owner.limit", .random = 20000)
{
    struct works *works = set_up(3, WEFT_HELP_NONE, 1);
    works->root->waits = true;
    queue(works, 1)->waits = true;
    go(works);
}

/* A root from outside finds a worker, asleep or about to be. */
MC_SCENARIO(worker, root_from_outside, .unordered = "owner.limit", .preemptions = 2, .stale = 2)
{
    struct works *works = set_up(2, WEFT_HELP_ANY, 0);
    works->brought = accept_root(works, 0);
    mc_spawn("bringer", brings, works);
    go(works);
}

/* Of two roots, each needs the other to have begun: who finds one wakes another worker for what is left. */
MC_SCENARIO(worker, roots_that_need_two, .unordered = "owner.limit", .random = 20000)
{
    struct works *works = set_up(3, WEFT_HELP_ANY, 0);
    works->queued = accept_root(works, 0);
    works->brought = accept_root(works, 0);
    works->queued->partner = works->brought;
    works->brought->partner = works->queued;
    mc_spawn("bringer", brings, works);
    go(works);
}

MC_SCENARIO(worker, leapfrogging, .unordered = "owner.limit", .preemptions = 2, .stale = 1)
{
    go(set_up(2, WEFT_HELP_SUBTREE, 2));
}

MC_SCENARIO(worker, leapfrogging_beside_another_root, .unordered = "owner.limit", .preemptions = 2, .stale = 1)
{
    struct works *works = set_up(2, WEFT_HELP_SUBTREE, 1);
    works->dawdles = true;
    queue(works, 1);
    go(works);
}

MC_SCENARIO(worker, three_at_random, .unordered = "owner.limit", .random = 20000)
{
    struct works *works = set_up(3, WEFT_HELP_ANY, 2);
    queue(works, 1);
    go(works);
}

MC_SCENARIO(worker, three_leapfrogging_at_random, .unordered = "owner.limit", .random = 20000)
{
    struct works *works = set_up(3, WEFT_HELP_SUBTREE, 2);
    queue(works, 1);
    go(works);
}

/* ---- slots ---- */

/* Takes a slot, if there is one, and gives it back. */
static void visits(void *context)
{
    weft_pool *pool = context;
    struct wi_worker *worker = wi_worker_take_slot(pool);
    if (!worker)
        return;
    mc_check(wi_load_relaxed(&pool->in_use) > worker->index);
    worker->depth++;
    wi_worker_give_slot(worker);
}

static void let_visit(uint32_t visitors, uint64_t slots)
{
    static const char *const names[] = {"first", "second", "third"};
    struct works *works = set_up(1, WEFT_HELP_ANY, 0);
    weft_pool *pool = &works->pool;
    wi_init(&pool->free_callers, slots);
    for (uint32_t i = 1; i < WORKERS; i++)
        wi_worker_init(&works->workers[i], pool, i, false);
    for (uint32_t i = 0; i < visitors; i++)
        mc_spawn(names[i], visits, pool);
    mc_join_all();
    mc_check(wi_load_relaxed(&pool->free_callers) == slots);
    mc_check(wi_load_relaxed(&pool->in_use) > 1 + (works->workers[2].depth > 0));
    wi_sleep_fini(&pool->sleep);
}

MC_SCENARIO(worker, slot_for_one_of_two, .preemptions = 4, .stale = 2)
{
    let_visit(2, 1);
}

MC_SCENARIO(worker, slots_for_two_of_three, .preemptions = 2, .stale = 1)
{
    let_visit(3, 3);
}

/* ---- force ---- */

/* Two that look for work at once, as they do before they lie down, beside an owner on its fast path. */
static void looks_and_steals(void *context)
{
    struct wi_worker *worker = context;
    struct wi_split *split = &worker->pool->workers[0].split;
    struct wi_loot seen;
    wi_pool_look(worker->pool);
    if (wi_split_look(split, &seen) && wi_split_take(split, &seen))
        mc_check(wi_worker_execute(worker, seen.task));
}

static void forks_and_joins(void *context)
{
    struct works *works = context;
    weft_worker *worker = &works->workers[0].split.owner;
    struct node *older = node(works, NULL, 0), *newer = node(works, NULL, 0);
    wi_worker_enter(&works->workers[0]);
    weft_fork(worker, &older->task, run);
    mc_turn();
    weft_fork(worker, &newer->task, run);
    mc_turn();
    join(worker, newer);
    mc_turn();
    join(worker, older);
    wi_worker_leave(&works->workers[0]);
    mc_delete(older);
    mc_delete(newer);
}

MC_SCENARIO(worker, two_that_force, .unordered = "owner.limit", .preemptions = MC_FEWEST, .stale = 3)
{
    struct works *works = set_up(3, WEFT_HELP_NONE, 0);
    struct wi_sleep *sleep = &works->pool.sleep;
    uint32_t keys[WORKERS];
    wi_split_relax(&works->workers[0].split);
    for (uint32_t i = 1; i < WORKERS; i++) {
        wi_sleep_search(sleep);
        keys[i] = wi_sleep_prepare(sleep, i, true);
    }
    mc_spawn("owner", forks_and_joins, works);
    mc_spawn("first", looks_and_steals, &works->workers[1]);
    mc_spawn("second", looks_and_steals, &works->workers[2]);
    mc_join_all();
    for (uint32_t i = 1; i < WORKERS; i++) {
        wi_sleep_wait(sleep, i, true, keys[i], true);
        wi_sleep_found(sleep);
    }
    mc_check(wi_load_relaxed(&sleep->census) == 0);
    wi_sleep_fini(sleep);
}

/* ---- followers ---- */

/* A worker in the middle of two stolen tasks, the second of which it runs while it waits in the first, and those who
 * wait for them. What it forks takes both of them. */
struct pursuit {
    struct works *works;
    weft_task awaited[2];
};

static void is_followed(void *context)
{
    struct pursuit *pursuit = context;
    struct wi_worker *thief = &pursuit->works->workers[2];
    uint32_t waiter;
    fork_two(&thief->split.owner, node(pursuit->works, NULL, 0));
    for (int i = 2; i-- > 0;)
        if (wi_task_settle(&pursuit->awaited[i], WI_TASK_DONE, &waiter))
            wi_sleep_wake(&pursuit->works->pool.sleep, waiter);
}

static void follows(struct pursuit *pursuit, uint32_t index)
{
    struct wi_worker *worker = &pursuit->works->workers[index];
    wi_worker_enter(worker);
    mc_check(wi_worker_serve(worker, &pursuit->awaited[index]) == WEFT_OK);
    wi_worker_leave(worker);
}

static void follows_in_the_first(void *context)
{
    follows(context, 0);
}

static void follows_in_the_second(void *context)
{
    follows(context, 1);
}

MC_SCENARIO(worker, two_followers, .unordered = "owner.limit", .random = 40000)
{
    struct pursuit *pursuit = mc_new(sizeof *pursuit);
    pursuit->works = set_up(3, WEFT_HELP_SUBTREE, 0);
    pursuit->works->pool.options.search_rounds = 0;
    for (int i = 0; i < 2; i++) {
        wi_task_reset(&pursuit->awaited[i], run, 0);
        wi_task_claim(&pursuit->awaited[i], 2);
    }
    mc_spawn("thief", is_followed, pursuit);
    mc_spawn("first", follows_in_the_first, pursuit);
    mc_spawn("second", follows_in_the_second, pursuit);
    mc_join_all();
    mc_check(wi_load_relaxed(&pursuit->works->pool.sleep.census) == 0);
    wi_sleep_fini(&pursuit->works->pool.sleep);
}
