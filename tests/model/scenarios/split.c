/*
 * scenarios/split.c - the workers' deque: who gets each task when its owner shows only a part
 *
 * The owner forks and joins by the inline functions of weft/task.h, of which the other halves are here, without a pool:
 * as much of src/sched/task.c as is about the deque. Each task's frame is written before the fork and ends its life
 * with the join, so that a task that runs twice, or without what was done before its fork, or too late, is an error.
 */
#define weft_fork_slow_ fork_slow /* in this file; that of the library is in sched/task.c */

#include "queue/split.h"

enum {
    SLOTS = 8,
    TASKS = 12
};

struct frame {
    weft_task task;
    uint32_t number, runs; /* plain */
};

struct table {
    struct wi_split split;
    weft_slot slots[SLOTS];
    uint32_t above;              /* how often the owner forks while it waits for stolen tasks */
    uint32_t tries;              /* of each thief */
    bool asks;                   /* a thief that finds nothing asks for it */
    struct frame *frames[TASKS]; /* the owner's: what is forked and not joined */
    uint32_t depth, forks;       /* the owner's: how many that is, and how many there ever were */
    wi_atomic_u32 done[TASKS];   /* by thieves */
    wi_atomic_u32 announced;     /* forks that went the slow way */
};

static void execute(struct frame *frame)
{
    frame->runs++;
}

/* The body by which the owner runs a task in the middle of a fork. */
static void body(weft_worker *worker, weft_task *task)
{
    (void)worker;
    execute(weft_entry(task, struct frame, task));
}

static struct table *set_up(size_t room, bool is_symmetric)
{
    struct table *table = mc_new(sizeof *table);
    wi_split_init(&table->split, table->slots, room + 2, is_symmetric);
    wi_split_relax(&table->split);
    table->tries = 1;
    return table;
}

/* ---- the owner ---- */

weft_slot *fork_slow(weft_worker *worker, weft_slot *at, weft_task *task)
{
    struct table *table = weft_entry(worker, struct table, split.owner);
    if (at == worker->last) {
        wi_store_relaxed(at, NULL);
        if (!table->split.full)
            wi_split_fill(&table->split);
        task->run(worker, task);
        return at;
    }
    wi_split_relax(&table->split);
    wi_split_publish(&table->split, at + 1);
    wi_fetch_add_release(&table->announced, 1);
    mc_futex_wake(&table->announced.value, UINT32_MAX);
    return at + 1;
}

static void fork_one(struct table *table)
{
    struct frame *frame = mc_new(sizeof *frame);
    frame->number = table->forks++;
    table->frames[table->depth++] = frame;
    weft_worker *worker = &table->split.owner;
    worker->next = weft_fork_at_(worker, worker->next, &frame->task, body);
}

static void join_one(struct table *table);

static void wait_until_done(struct table *table, uint32_t number)
{
    wi_atomic_u32 *done = &table->done[number];
    while (wi_load_acquire(done) == 0)
        mc_futex_wait(&done->value, sizeof done->value, 0, false);
}

static void wait_for_thief(struct table *table, weft_slot *at, struct frame *frame)
{
    wi_store_relaxed(at, &frame->task);
    table->split.owner.next = at + 1;
    wi_split_begin_above(&table->split, at);
    while (table->above > 0) {
        table->above--;
        wi_split_ask_self(&table->split);
        fork_one(table);
        join_one(table);
    }
    wait_until_done(table, frame->number);
    table->split.owner.next = at;
    if (table->split.full)
        wi_split_unfill(&table->split);
    wi_store_relaxed(at, NULL);
    wi_split_end_above(&table->split, at);
}

/* Goes on with a join where thieves may see the task. */
static void join_public(struct table *table, weft_slot *at, struct frame *frame)
{
    weft_task *full = table->split.full;
    if (full && full != &frame->task) { /* it has run */
        wi_store_release(at, full);
        return;
    }
    if (full)
        wi_split_unfill(&table->split);
    if (!wi_split_take_back(&table->split, at)) {
        wait_for_thief(table, at, frame);
        return;
    }
    table->split.owner.next = at;
    execute(frame);
}

static void join_one(struct table *table)
{
    weft_slot *at = table->split.owner.next - 1;
    struct frame *frame = table->frames[--table->depth];
    if (weft_take_back_(&table->split.owner, at)) {
        table->split.owner.next = at;
        execute(frame);
    } else {
        join_public(table, at, frame);
    }
    if (frame->runs != 1)
        mc_fail("task %u ran %u times", frame->number, frame->runs);
    mc_delete(frame);
}

/* The owner's steps as a word: + forks, - joins, ? asks itself, so that its next fork shows what it has. */
static void own(struct table *table, const char *steps)
{
    for (; *steps; steps++)
        if (*steps == '+')
            fork_one(table);
        else if (*steps == '-')
            join_one(table);
        else
            wi_split_ask_self(&table->split);
}

#define OWNER(name, steps)                                                                                             \
    static void name(void *context)                                                                                    \
    {                                                                                                                  \
        own(context, steps);                                                                                           \
    }

static void wind_up(struct table *table)
{
    mc_join_all();
    mc_check(table->split.owner.next == table->split.owner.first);
    mc_check(!table->split.full);
    mc_check(!wi_split_has_public(&table->split));
    for (uint32_t i = 0; i < SLOTS; i++)
        mc_check(wi_load_relaxed(&table->slots[i]) == NULL);
}

/* ---- thieves ---- */

static bool steal(struct table *table)
{
    struct wi_loot seen;
    if (!wi_split_look(&table->split, &seen)) {
        if (table->asks)
            wi_split_ask(&table->split);
        return false;
    }
    if (!wi_split_take(&table->split, &seen))
        return false;
    struct frame *frame = weft_entry(seen.task, struct frame, task);
    wi_atomic_u32 *done = &table->done[frame->number];
    execute(frame);
    wi_store_release(done, 1);
    mc_futex_wake(&done->value, 1);
    return true;
}

static void steals(void *context)
{
    struct table *table = context;
    for (uint32_t i = 0; i < table->tries; i++)
        steal(table);
}

/* Without a turn for others, as preemptions do for that. */
static void barrier(void)
{
    mc_barrier(MC_HERE(MC_BARRIER, MC_SEQ_CST, "a barrier in all threads"));
}

static void forces(void *context)
{
    struct table *table = context;
    wi_split_press(&table->split);
    barrier();
    wi_split_force(&table->split);
}

static void forces_twice(void *context)
{
    forces(context);
    forces(context);
}

/* ---- thieves take what is public ---- */

OWNER(shows_two, "?+?+--")
OWNER(shows_one_twice, "?+-?+-")
OWNER(shows_late, "++?+---")
OWNER(forks_and_joins, "+--+-")
OWNER(fills_up, "++++----")
OWNER(goes_deep, "++++-+--?+--++---")
OWNER(shows_the_second, "+-?+-")
OWNER(shows_again, "-+-?+")
OWNER(joins_one, "-")
OWNER(joins_two, "--")
OWNER(joins_two_of_three_and_forks, "--?+--")
OWNER(joins_three, "---")

MC_SCENARIO(split, one_thief, .unordered = "owner.limit", .preemptions = 4)
{
    struct table *table = set_up(4, false);
    table->tries = 2;
    mc_spawn("owner", shows_two, table);
    mc_spawn("thief", steals, table);
    wind_up(table);
}

MC_SCENARIO(split, last_task, .unordered = "owner.limit")
{
    struct table *table = set_up(4, false);
    own(table, "?+");
    mc_spawn("owner", joins_one, table);
    mc_spawn("thief 1", steals, table);
    mc_spawn("thief 2", steals, table);
    wind_up(table);
}

MC_SCENARIO(split, two_thieves, .unordered = "owner.limit", .preemptions = 3, .stale = 2)
{
    struct table *table = set_up(4, false);
    own(table, "?+?+?+");
    mc_spawn("owner", joins_three, table);
    mc_spawn("thief 1", steals, table);
    mc_spawn("thief 2", steals, table);
    wind_up(table);
}

/* One thief has looked at a task before bound was lowered to it; the one below is taken by another meanwhile. */
MC_SCENARIO(split, looked_before, .unordered = "owner.limit", .preemptions = 3, .stale = MC_FEWEST)
{
    struct table *table = set_up(4, false);
    own(table, "?+?+?+");
    mc_spawn("owner", joins_three, table);
    mc_spawn("thief 1", steals, table);
    mc_spawn("thief 2", steals, table);
    wind_up(table);
}

/* A thief that comes late knows no less of bound than one that it has seen steal. */
MC_SCENARIO(split, late_thief, .unordered = "owner.limit", .preemptions = 2, .stale = 3)
{
    struct table *table = set_up(4, false);
    own(table, "?+?+");
    mc_spawn("owner", joins_one, table);
    mc_spawn("thief 1", steals, table);
    mc_spawn("thief 2", steals, table);
    mc_join_all();
    own(table, "-");
    wind_up(table);
}

/* A slot is public, then private for a task, then public again; bound has the same value before and after. */
MC_SCENARIO(split, shown_again, .unordered = "owner.limit", .preemptions = 2, .stale = 2)
{
    struct table *table = set_up(4, false);
    own(table, "?+?+");
    mc_spawn("owner", shows_again, table);
    mc_spawn("thief 1", steals, table);
    mc_spawn("thief 2", steals, table);
    mc_join_all();
    own(table, "--");
    wind_up(table);
}

/* The task that was private in the slot before is not what a thief gets. */
MC_SCENARIO(split, shown_after_a_private_one, .unordered = "owner.limit", .preemptions = 3)
{
    struct table *table = set_up(4, false);
    mc_spawn("owner", shows_the_second, table);
    mc_spawn("thief", steals, table);
    wind_up(table);
}

/* A fork in a slot whose task was stolen, or taken back, under the eyes of a slow thief. */
MC_SCENARIO(split, slot_used_again, .unordered = "owner.limit", .preemptions = 3)
{
    struct table *table = set_up(4, false);
    table->tries = 2;
    mc_spawn("owner", shows_one_twice, table);
    mc_spawn("thief", steals, table);
    wind_up(table);
}

MC_SCENARIO(split, slots_used_again_by_two_thieves, .unordered = "owner.limit", .preemptions = 2, .stale = 2)
{
    struct table *table = set_up(4, false);
    own(table, "?+?+?+");
    mc_spawn("owner", joins_two_of_three_and_forks, table);
    mc_spawn("thief 1", steals, table);
    mc_spawn("thief 2", steals, table);
    wind_up(table);
}

MC_SCENARIO(split, generations_wrap, .unordered = "owner.limit", .preemptions = 3, .stale = 2)
{
    struct table *table = set_up(4, false);
    table->tries = 2;
    wi_init(&table->split.top, UINT64_C(0xffffffff) << 32);
    mc_spawn("owner", shows_one_twice, table);
    mc_spawn("thief", steals, table);
    wind_up(table);
}

/* Asked in the middle, the owner shows the older half of three. */
MC_SCENARIO(split, asked, .unordered = "owner.limit", .preemptions = 2, .stale = 2)
{
    struct table *table = set_up(4, false);
    table->tries = 2;
    table->asks = true;
    mc_spawn("owner", shows_late, table);
    mc_spawn("thief 1", steals, table);
    mc_spawn("thief 2", steals, table);
    wind_up(table);
}

/* The owner forks above a stolen task while it waits for it. */
MC_SCENARIO(split, forks_above, .unordered = "owner.limit", .preemptions = 2, .stale = 2)
{
    struct table *table = set_up(4, false);
    table->tries = 3;
    table->above = 1;
    own(table, "?+");
    mc_spawn("owner", joins_one, table);
    mc_spawn("thief 1", steals, table);
    mc_spawn("thief 2", steals, table);
    wind_up(table);
}

MC_SCENARIO(split, symmetric, .unordered = "owner.limit", .preemptions = 2, .stale = 2)
{
    struct table *table = set_up(4, true);
    table->tries = 2;
    mc_spawn("owner", shows_two, table);
    mc_spawn("thief 1", steals, table);
    mc_spawn("thief 2", steals, table);
    wind_up(table);
}

/* ---- the rest is taken by force ---- */

MC_SCENARIO(split, forced, .unordered = "owner.limit", .preemptions = 3)
{
    struct table *table = set_up(4, false);
    own(table, "+++");
    mc_spawn("owner", joins_three, table);
    mc_spawn("forcer", forces, table);
    mc_spawn("thief", steals, table);
    wind_up(table);
}

/* Forks and joins on the fast path, all the while. */
MC_SCENARIO(split, forced_beside_forks, .unordered = "owner.limit", .preemptions = 3, .stale = 1)
{
    struct table *table = set_up(4, false);
    table->tries = 2;
    own(table, "+");
    mc_spawn("owner", forks_and_joins, table);
    mc_spawn("forcer", forces, table);
    mc_spawn("thief", steals, table);
    wind_up(table);
}

/* Between the owner's new generation and its next change of bound, older tasks are made public by force, and one is
 * taken: bound must not fall below it. */
MC_SCENARIO(split, forced_beside_a_join_that_thieves_see, .unordered = "owner.limit", .preemptions = 3, .stale = 1)
{
    struct table *table = set_up(4, false);
    own(table, "?+?+?+");
    table->tries = 2;
    mc_spawn("owner", joins_three, table);
    mc_spawn("forcer", forces, table);
    mc_spawn("thief", steals, table);
    wind_up(table);
}

/* The same with a thief that takes more than the owner leaves public, and then what is forced: where the owner raises
 * bound to what is left, it must not undo the force. */
MC_SCENARIO(split, forced_while_bound_is_raised, .unordered = "owner.limit", .preemptions = 3, .stale = MC_FEWEST)
{
    struct table *table = set_up(6, false);
    own(table, "?+?+?+?+?+");
    table->tries = 4;
    mc_spawn("owner", joins_two, table);
    mc_spawn("forcer", forces, table);
    mc_spawn("thief", steals, table);
    mc_join_all();
    own(table, "---");
    wind_up(table);
}

MC_SCENARIO(split, forced_while_forking_above, .unordered = "owner.limit", .preemptions = 2, .stale = 1)
{
    struct table *table = set_up(4, false);
    table->tries = 2;
    table->above = 1;
    own(table, "?++");
    mc_spawn("owner", joins_two, table);
    mc_spawn("forcer", forces, table);
    mc_spawn("thief", steals, table);
    wind_up(table);
}

/* There is room for two; the others run in the fork. */
MC_SCENARIO(split, full, .unordered = "owner.limit", .preemptions = 2, .stale = 2)
{
    struct table *table = set_up(2, false);
    table->tries = 2;
    mc_spawn("owner", fills_up, table);
    mc_spawn("forcer", forces, table);
    mc_spawn("thief", steals, table);
    wind_up(table);
}

MC_SCENARIO(split, deep, .unordered = "owner.limit", .random = 20000)
{
    struct table *table = set_up(4, false);
    table->tries = 4;
    table->asks = true;
    table->above = 1;
    mc_spawn("owner", goes_deep, table);
    mc_spawn("thief 1", steals, table);
    mc_spawn("thief 2", steals, table);
    mc_spawn("forcer", forces_twice, table);
    wind_up(table);
}

/* ---- what is forked finds a thief, however long its owner is busy ---- */

/* The owner forks, and joins nothing before thieves have done it all. */
static void forks_and_is_busy(void *context)
{
    struct table *table = context;
    own(table, "++");
    wait_until_done(table, 0);
    wait_until_done(table, 1);
    own(table, "--");
}

/* Takes by force, as src/sched/worker.c does with each deque. */
static bool force(struct table *table)
{
    if (wi_split_is_quiet(&table->split))
        return wi_split_has_public(&table->split);
    wi_split_press(&table->split);
    barrier();
    return wi_split_force(&table->split);
}

/* Sleeps when there is nothing to force, until a fork is announced. */
static void hunts(void *context)
{
    struct table *table = context;
    for (uint32_t left = 2; left > 0;) {
        uint32_t announced = wi_load_acquire(&table->announced);
        if (steal(table))
            left--;
        else if (!force(table))
            mc_futex_wait(&table->announced.value, sizeof announced, announced, false);
    }
}

MC_SCENARIO(split, busy, .unordered = "owner.limit", .preemptions = 3, .stale = 2)
{
    struct table *table = set_up(4, false);
    mc_spawn("owner", forks_and_is_busy, table);
    mc_spawn("hunter", hunts, table);
    wind_up(table);
}

/* As above; the hunter has asked before, and must not take that for an ask that had a barrier. */
MC_SCENARIO(split, busy_and_asked, .unordered = "owner.limit", .preemptions = 3, .stale = 2)
{
    struct table *table = set_up(4, false);
    table->asks = true;
    mc_spawn("owner", forks_and_is_busy, table);
    mc_spawn("hunter", hunts, table);
    wind_up(table);
}
