/*
 * test_split - the workers' deque: what is private, what is public, and who gets what
 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/random.h"
#include "os/barrier.h"
#include "os/thread.h"
#include "queue/split.h"

enum {
    SLOTS = 64
};

static weft_slot slots[SLOTS];
static weft_task tasks[SLOTS];
static struct wi_split split;

static void begin(void)
{
    memset(slots, 0, sizeof slots);
    cr_assert(wi_barrier_prepare());
    wi_split_init(&split, slots, SLOTS, false);
    wi_split_relax(&split);
}

static weft_slot *place(int i)
{
    return split.owner.first + i;
}

/* What the inline half of a fork and of a join do, and the other half as far as it is about the deque. */
static void push(int i)
{
    wi_store_release(place(i), &tasks[i]);
    if ((uintptr_t)place(i) < wi_load_relaxed(&split.owner.limit))
        return;
    wi_split_relax(&split);
    wi_split_publish(&split, place(i) + 1);
}

static bool pop(int i)
{
    return weft_take_back_(&split.owner, place(i)) || wi_split_take_back(&split, place(i));
}

/* Steals, and says which; -1 for none. */
static int steal(void)
{
    struct wi_loot seen;
    if (!wi_split_look(&split, &seen) || !wi_split_take(&split, &seen))
        return -1;
    return (int)(seen.task - tasks);
}

static void join_stolen(int i)
{
    cr_assert(!pop(i));
    wi_split_begin_above(&split, place(i));
    wi_split_end_above(&split, place(i));
}

Test(split, smoke)
{
    begin();
    cr_assert_eq(steal(), -1);
    push(0);
    cr_assert(pop(0));
    cr_assert_eq(steal(), -1);
}

Test(split, what_nobody_asked_for_stays_private)
{
    begin();
    for (int i = 0; i < 10; i++)
        push(i);
    cr_assert(!wi_split_has_public(&split));
    cr_assert_eq(steal(), -1);
    for (int i = 9; i >= 0; i--)
        cr_assert(weft_take_back_(&split.owner, place(i)), "the fast way");
}

Test(split, who_asks_gets_the_older_half_of_what_is_there_at_the_next_fork)
{
    begin();
    for (int i = 0; i < 9; i++)
        push(i);
    wi_split_ask(&split);
    cr_assert_eq(steal(), -1, "not before");
    push(9);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(steal(), i);
    cr_assert_eq(steal(), -1);
    push(10);
    cr_assert_eq(steal(), -1, "asked once, answered once");
}

Test(split, the_owner_takes_back_the_newest_and_leaves_thieves_the_older_half)
{
    begin();
    wi_split_ask_self(&split);
    for (int i = 0; i < 8; i++) {
        push(i);
        wi_split_ask_self(&split);
    }
    cr_assert(pop(7));
    for (int i = 0; i < 4; i++)
        cr_assert_eq(steal(), i);
    cr_assert_eq(steal(), -1);
    for (int i = 6; i >= 4; i--)
        cr_assert(pop(i));
    for (int i = 3; i >= 0; i--)
        join_stolen(i);
    push(0);
    cr_assert(pop(0));
}

Test(split, a_slot_is_used_again_after_its_task_was_stolen)
{
    begin();
    for (int round = 0; round < 5; round++) {
        wi_split_ask_self(&split);
        push(0);
        cr_assert_eq(steal(), 0);
        cr_assert(!pop(0));
        wi_split_begin_above(&split, place(0));
        wi_split_ask_self(&split);
        push(1);
        cr_assert_eq(steal(), 1, "while the first is waited for");
        join_stolen(1);
        push(1);
        cr_assert(pop(1));
        wi_split_end_above(&split, place(0));
        cr_assert_eq(steal(), -1);
    }
}

Test(split, a_late_thief_does_not_get_what_its_owner_took_back)
{
    struct wi_loot seen;
    begin();
    for (int n = 1; n <= 6; n++) {
        for (int i = 0; i < n; i++) {
            wi_split_ask_self(&split);
            push(i);
        }
        cr_assert(wi_split_look(&split, &seen));
        for (int i = n - 1; i >= 0; i--)
            cr_assert(pop(i));
        cr_assert(!wi_split_take(&split, &seen));
        push(0);
        cr_assert(!wi_split_take(&split, &seen), "nor the next one in the same slot");
        cr_assert(pop(0));
    }
}

Test(split, force_makes_public_what_nobody_would_have_shown)
{
    begin();
    for (int i = 0; i < 8; i++)
        push(i);
    cr_assert(!wi_split_is_quiet(&split));
    wi_split_press(&split);
    cr_assert(!weft_take_back_(&split.owner, place(7)), "joins go the slow way");
    wi_store_release(place(7), &tasks[7]);
    cr_assert(wi_barrier_all());
    cr_assert(wi_split_force(&split));
    cr_assert_eq(steal(), 0);
    cr_assert(wi_split_has_public(&split));
    for (int i = 7; i >= 1; i--)
        if (!pop(i))
            join_stolen(i);
    join_stolen(0);
}

Test(split, force_finds_nothing_in_an_empty_deque_and_leaves_it_quiet)
{
    begin();
    cr_assert(!wi_split_is_quiet(&split), "nobody has asked yet");
    wi_split_press(&split);
    cr_assert(wi_barrier_all());
    cr_assert(!wi_split_force(&split));
    cr_assert(wi_split_is_quiet(&split));
    wi_store_release(place(0), &tasks[0]);
    cr_assert(weft_take_back_(&split.owner, place(0)), "joins go the fast way again");
    push(0);
    cr_assert_eq(steal(), 0, "the next fork was asked for");
}

Test(split, an_ask_without_a_barrier_is_nothing_to_rely_on)
{
    begin();
    wi_split_press(&split);
    cr_assert(wi_barrier_all());
    cr_assert(!wi_split_force(&split));
    cr_assert(wi_split_is_quiet(&split));
    wi_split_ask(&split);
    cr_assert(wi_split_is_quiet(&split), "a second ask takes nothing away");
    wi_split_relax(&split);
    wi_split_ask(&split);
    cr_assert(!wi_split_is_quiet(&split));
}

Test(split, force_gives_way_to_an_owner_that_answers)
{
    begin();
    push(0);
    push(1);
    wi_split_press(&split);
    cr_assert(pop(1));
    cr_assert(wi_barrier_all());
    cr_assert(wi_split_force(&split), "look again");
    cr_assert_eq(steal(), -1, "but nothing was forced");
    cr_assert(pop(0));
}

Test(split, generations_may_wrap)
{
    begin();
    wi_store_relaxed(&split.top, UINT64_C(0) - (UINT64_C(8) << 28));
    for (int round = 0; round < 8; round++) {
        wi_split_ask_self(&split);
        push(0);
        if (round % 2) {
            cr_assert(pop(0));
        } else {
            cr_assert_eq(steal(), 0);
            join_stolen(0);
        }
    }
}

Test(split, without_a_barrier_all_is_public)
{
    memset(slots, 0, sizeof slots);
    wi_split_init(&split, slots, SLOTS, true);
    wi_split_relax(&split);
    for (int i = 0; i < 6; i++)
        push(i);
    cr_assert(wi_split_is_quiet(&split));
    cr_assert_eq(steal(), 0);
    cr_assert(pop(5));
    for (int i = 1; i < 5; i++)
        cr_assert_eq(steal(), i);
    for (int i = 4; i >= 0; i--)
        join_stolen(i);
}

/* ---- many threads ---- */

static wi_atomic_u32 taken[SLOTS], is_over, thieves_done[SLOTS];

static void *thief(void *context)
{
    uint64_t random = (uintptr_t)context;
    while (wi_load_acquire(&is_over) == 0) {
        int i = steal();
        if (i >= 0) {
            wi_fetch_add_relaxed(&taken[i], 1);
            wi_store_release(&thieves_done[i], 1);
        } else if (wi_random_below(&random, 4) == 0) {
            wi_split_ask(&split);
        } else {
            wi_thread_yield();
        }
    }
    return NULL;
}

static void *forcer(void *context)
{
    (void)context;
    while (wi_load_acquire(&is_over) == 0) {
        wi_split_press(&split);
        cr_assert(wi_barrier_all());
        wi_split_force(&split);
        wi_thread_yield();
    }
    return NULL;
}

/* Fills and empties the deque to random depths; each task must be taken once, by the owner or by a thief. */
static void exactly_once(bool is_symmetric)
{
    wi_thread threads[3];
    uint64_t random = 42;
    int depth = 0;
    memset(slots, 0, sizeof slots);
    wi_split_init(&split, slots, SLOTS, is_symmetric);
    wi_store_release(&is_over, 0);
    cr_assert(wi_barrier_prepare());
    for (uintptr_t i = 0; i < 3; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, i == 2 && !is_symmetric ? forcer : thief, (void *)i), WEFT_OK);
    for (int step = 0; step < 200000; step++) {
        if (depth == 0 || (depth < SLOTS - 2 && wi_random_below(&random, 2) == 0)) {
            wi_store_relaxed(&taken[depth], 0);
            wi_store_relaxed(&thieves_done[depth], 0);
            push(depth++);
            continue;
        }
        depth--;
        if (pop(depth)) {
            cr_assert_eq(wi_fetch_add_relaxed(&taken[depth], 1), 0, "taken by both");
            continue;
        }
        while (wi_load_acquire(&thieves_done[depth]) == 0)
            wi_thread_yield();
        cr_assert_eq(wi_load_relaxed(&taken[depth]), 1);
        wi_split_begin_above(&split, place(depth));
        wi_split_end_above(&split, place(depth));
    }
    wi_store_release(&is_over, 1);
    for (int i = 0; i < 3; i++)
        wi_thread_join(&threads[i]);
}

Test(split, exactly_once)
{
    exactly_once(false);
}

Test(split, exactly_once_without_a_barrier)
{
    exactly_once(true);
}
