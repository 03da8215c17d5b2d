/*
 * scenarios/deque.c - the deque and its rings: each item comes out once, with all that was done before its push
 *
 * The answers of all calls are also held against a deque of the textbook: there must be an order of the calls, one that
 * agrees with what happened before what, in which each answer is right.
 */
#include "queue/deque.h"

#include <string.h>

#include "queue/reclaim.h"

#define ITEMS 10
#define CALLS 24

/* ---- histories ---- */

enum call_kind {
    PUSH,
    POP,
    STEAL
};

struct call {
    enum call_kind kind;
    uint32_t item; /* 0: there was none */
    struct mc_moment begin, end;
};

/* One for each thread, which alone writes it. */
struct history {
    uint32_t count;
    struct call calls[CALLS];
};

struct table {
    weft_deque deque;
    struct history owner, thieves[3];
    uint32_t next_item;
    struct item {
        uint32_t number; /* written before the push, plainly */
    } items[ITEMS + 1];
};

static struct call *begins(struct history *history, enum call_kind kind)
{
    mc_check(history->count < CALLS);
    struct call *call = &history->calls[history->count++];
    call->kind = kind;
    call->begin = mc_now();
    return call;
}

static void ends(struct table *table, struct call *call, const struct item *item)
{
    mc_check(!item || (item > table->items && item <= table->items + ITEMS));
    call->item = item ? item->number : 0;
    call->end = mc_now();
}

static void push(struct table *table)
{
    struct item *item = &table->items[++table->next_item];
    item->number = table->next_item;
    struct call *call = begins(&table->owner, PUSH);
    mc_check(weft_deque_push(&table->deque, item) == WEFT_OK);
    ends(table, call, item);
}

static void pop(struct table *table)
{
    struct call *call = begins(&table->owner, POP);
    ends(table, call, weft_deque_pop(&table->deque));
}

/* Steals once. That another was first is no answer of the deque, and leaves no trace. */
static void steal(struct table *table, struct history *history)
{
    void *item = NULL;
    struct call *call = begins(history, STEAL);
    weft_steal answer = weft_deque_steal(&table->deque, &item);
    if (answer == WEFT_STOLEN)
        mc_counts(item);
    if (answer == WEFT_LOST)
        history->count--;
    else
        ends(table, call, answer == WEFT_STOLEN ? item : NULL);
}

/* What is searched: how much of each history has been put in order, and what the deque then holds. */
struct search {
    const struct history *histories[4];
    uint32_t done[4];
    uint32_t held[ITEMS], top, bottom;
};

/* Whether no call that is still to come has ended before this one began. */
static bool may_be_next(const struct search *search, const struct call *call)
{
    for (int h = 0; h < 4; h++)
        if (search->done[h] < search->histories[h]->count && &search->histories[h]->calls[search->done[h]] != call &&
            mc_is_before(&search->histories[h]->calls[search->done[h]].end, &call->begin))
            return false;
    return true;
}

/* Does the call to the deque of the textbook; false if that would have answered something else. */
static bool apply(struct search *search, const struct call *call)
{
    uint32_t size = search->bottom - search->top;
    if (call->kind == PUSH) {
        search->held[search->bottom++] = call->item;
        return true;
    }
    if (size == 0)
        return call->item == 0;
    return call->item == (call->kind == POP ? search->held[--search->bottom] : search->held[search->top++]);
}

static bool has_order(const struct search *search)
{
    bool is_done = true;
    for (int h = 0; h < 4; h++) {
        if (search->done[h] == search->histories[h]->count)
            continue;
        is_done = false;
        const struct call *call = &search->histories[h]->calls[search->done[h]];
        struct search next = *search;
        next.done[h]++;
        if (may_be_next(search, call) && apply(&next, call) && has_order(&next))
            return true;
    }
    return is_done;
}

/* ---- the scenarios' frame ---- */

static struct table *set_up(size_t capacity, uint64_t first_index)
{
    struct table *table = mc_new(sizeof *table);
    wi_deque_init(&table->deque, capacity, first_index);
    return table;
}

/* Empties the deque when all threads have ended, and looks at what came out of it. */
static void wind_up(struct table *table)
{
    mc_join_all();
    uint32_t times[ITEMS + 1] = {0};
    for (size_t left = weft_deque_size(&table->deque); left > 0; left--)
        pop(table);
    pop(table);
    struct search search = {.histories = {&table->owner, &table->thieves[0], &table->thieves[1], &table->thieves[2]}};
    for (int h = 0; h < 4; h++)
        for (uint32_t i = 0; i < search.histories[h]->count; i++)
            if (search.histories[h]->calls[i].kind != PUSH)
                times[search.histories[h]->calls[i].item]++;
    for (uint32_t i = 1; i <= table->next_item; i++) {
        if (times[i] != 1)
            mc_fail("item %u came out %u times", i, times[i]);
    }
    if (!has_order(&search))
        mc_fail("no order of the calls explains their answers");
    wi_deque_fini(&table->deque);
}

static void thief_1(void *context)
{
    struct table *table = context;
    steal(table, &table->thieves[0]);
}

static void thief_2(void *context)
{
    struct table *table = context;
    steal(table, &table->thieves[1]);
}

static void thief_twice(void *context)
{
    struct table *table = context;
    steal(table, &table->thieves[0]);
    steal(table, &table->thieves[0]);
}

static void thief_2_twice(void *context)
{
    struct table *table = context;
    steal(table, &table->thieves[1]);
    steal(table, &table->thieves[1]);
}

static void thief_thrice(void *context)
{
    thief_twice(context);
    thief_1(context);
}

/* The owner's calls as a word: + for a push, - for a pop, ! for freeing outgrown rings. */
static void own(struct table *table, const char *calls)
{
    for (; *calls; calls++)
        if (*calls == '+')
            push(table);
        else if (*calls == '-')
            pop(table);
        else
            weft_deque_reclaim(&table->deque);
}

#define OWNER(name, calls)                                                                                             \
    static void name(void *context)                                                                                    \
    {                                                                                                                  \
        own(context, calls);                                                                                           \
    }

/* ---- the scenarios ---- */

OWNER(works, "++-+-")
OWNER(pops, "-+--")
OWNER(pushes_then_pops, "+++--")
OWNER(grows_and_reclaims, "++!+")
OWNER(pops_once, "-")
OWNER(refills, "+-++")
OWNER(pushes_and_pops, "-+-+-+-+-+-+-+-+")

MC_SCENARIO(deque, one_thief, .preemptions = 4)
{
    struct table *table = set_up(2, 0);
    mc_spawn("owner", works, table);
    mc_spawn("thief", thief_twice, table);
    wind_up(table);
}

MC_SCENARIO(deque, last_item, .preemptions = MC_ALL)
{
    struct table *table = set_up(2, 0);
    own(table, "+");
    mc_spawn("owner", pops_once, table);
    mc_spawn("thief 1", thief_1, table);
    mc_spawn("thief 2", thief_2, table);
    wind_up(table);
}

MC_SCENARIO(deque, two_thieves, .preemptions = 3)
{
    struct table *table = set_up(2, 0);
    own(table, "+++");
    mc_spawn("owner", pops, table);
    mc_spawn("thief 1", thief_1, table);
    mc_spawn("thief 2", thief_2, table);
    wind_up(table);
}

MC_SCENARIO(deque, two_thieves_twice, .preemptions = 2, .stale = 2)
{
    struct table *table = set_up(2, 0);
    own(table, "+");
    mc_spawn("owner", works, table);
    mc_spawn("thief 1", thief_twice, table);
    mc_spawn("thief 2", thief_2_twice, table);
    wind_up(table);
}

MC_SCENARIO(deque, growth, .preemptions = 3)
{
    struct table *table = set_up(1, 0);
    mc_spawn("owner", pushes_then_pops, table);
    mc_spawn("thief", thief_twice, table);
    wind_up(table);
}

MC_SCENARIO(deque, wrap, .preemptions = 3)
{
    struct table *table = set_up(2, UINT64_MAX - 1);
    mc_spawn("owner", works, table);
    mc_spawn("thief", thief_twice, table);
    wind_up(table);
}

MC_SCENARIO(deque, ring_goes_round, .preemptions = 3)
{
    struct table *table = set_up(2, UINT64_MAX);
    own(table, "++");
    mc_spawn("owner", refills, table);
    mc_spawn("thief", thief_thrice, table);
    wind_up(table);
}

MC_SCENARIO(deque, rings_are_freed, .preemptions = 3, .stale = 2)
{
    struct table *table = set_up(1, 0);
    mc_spawn("owner", grows_and_reclaims, table);
    mc_spawn("thief 1", thief_twice, table);
    mc_spawn("thief 2", thief_2, table);
    wind_up(table);
}

/* The top that a thief has seen does not come back, however long it takes. */
MC_SCENARIO(deque, slow_thief, .preemptions = 2, .stale = 2)
{
    struct table *table = set_up(2, 0);
    own(table, "+");
    mc_spawn("owner", pushes_and_pops, table);
    mc_spawn("thief", thief_1, table);
    wind_up(table);
}
