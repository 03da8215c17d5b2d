/*
 * unit/test_deque.c - the Chase-Lev deque
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdint.h>

#include <weft/deque.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "os/thread.h"
#include "queue/deque.h"

/* Items are numbers dressed as pointers; 0 cannot be one. */
static void *item(uintptr_t number)
{
    return (void *)number;
}

static weft_deque *create(size_t capacity, uint64_t first_index)
{
    weft_deque_options options = {.size = sizeof options, .capacity = capacity, .first_index = first_index};
    weft_deque *deque = NULL;
    cr_assert_eq(weft_deque_create(&options, &deque), WEFT_OK);
    return deque;
}

static void push(weft_deque *deque, uintptr_t first, uintptr_t last)
{
    for (uintptr_t i = first; i <= last; i++)
        cr_assert_eq(weft_deque_push(deque, item(i)), WEFT_OK);
}

static void assert_steals(weft_deque *deque, uintptr_t number)
{
    void *stolen = NULL;
    cr_assert_eq(weft_deque_steal(deque, &stolen), WEFT_STOLEN);
    cr_assert_eq(stolen, item(number));
}

Test(deque, smoke)
{
    weft_deque *deque = NULL;
    cr_assert_eq(weft_deque_create(NULL, &deque), WEFT_OK);
    push(deque, 1, 1);
    cr_assert_eq(weft_deque_size(deque), 1);
    cr_assert_eq(weft_deque_pop(deque), item(1));
    cr_assert_eq(weft_deque_size(deque), 0);
    weft_deque_destroy(deque);
}

Test(deque, empty)
{
    weft_deque *deque = create(0, 0);
    void *untouched = item(7);
    for (int i = 0; i < 3; i++) {
        cr_assert_null(weft_deque_pop(deque));
        cr_assert_eq(weft_deque_steal(deque, &untouched), WEFT_EMPTY);
        cr_assert_eq(weft_deque_size(deque), 0);
    }
    push(deque, 1, 1);
    assert_steals(deque, 1);
    cr_assert_null(weft_deque_pop(deque));
    cr_assert_eq(weft_deque_steal(deque, &untouched), WEFT_EMPTY);
    cr_assert_eq(untouched, item(7));
    weft_deque_destroy(deque);
}

Test(deque, bad_arguments_are_refused)
{
    weft_deque *deque = NULL;
    void *stolen;
    cr_assert_eq(weft_deque_create(NULL, NULL), WEFT_EINVAL);
    weft_deque_options options = {.size = sizeof options, .capacity = 3};
    cr_assert_eq(weft_deque_create(&options, &deque), WEFT_EINVAL);
    options.capacity = (size_t)UINT64_C(1) << 33;
    cr_assert_eq(weft_deque_create(&options, &deque), WEFT_EINVAL);
    options = (weft_deque_options){.size = 1};
    cr_assert_eq(weft_deque_create(&options, &deque), WEFT_EINVAL);
    cr_assert_null(deque);

    deque = create(2, 0);
    cr_assert_eq(weft_deque_push(deque, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_deque_push(NULL, item(1)), WEFT_EINVAL);
    cr_assert_null(weft_deque_pop(NULL));
    cr_assert_eq(weft_deque_steal(NULL, &stolen), WEFT_EMPTY);
    cr_assert_eq(weft_deque_steal(deque, NULL), WEFT_EMPTY);
    cr_assert_eq(weft_deque_size(NULL), 0);
    weft_deque_reclaim(NULL);
    weft_deque_destroy(NULL);
    weft_deque_destroy(deque);
}

Test(deque, order_is_last_in_first_out_for_the_owner_and_first_in_first_out_for_thieves)
{
    weft_deque *deque = create(0, 0);
    push(deque, 1, 6);
    assert_steals(deque, 1);
    cr_assert_eq(weft_deque_pop(deque), item(6));
    assert_steals(deque, 2);
    cr_assert_eq(weft_deque_pop(deque), item(5));
    assert_steals(deque, 3);
    assert_steals(deque, 4);
    cr_assert_null(weft_deque_pop(deque));
    weft_deque_destroy(deque);
}

Test(deque, a_steal_in_two_steps_is_lost_if_the_item_went_between_them)
{
    weft_deque *deque = create(0, 0);
    struct wi_steal seen;
    push(deque, 1, 2);
    cr_assert(wi_deque_look(deque, &seen));
    cr_assert_eq(seen.item, item(1));
    assert_steals(deque, 1);
    cr_assert_not(wi_deque_take(deque, &seen));
    cr_assert(wi_deque_look(deque, &seen));
    cr_assert_eq(weft_deque_pop(deque), item(2));
    cr_assert_not(wi_deque_take(deque, &seen));
    cr_assert_not(wi_deque_look(deque, &seen));
    weft_deque_destroy(deque);
}

Test(deque, what_a_thief_saw_stays_until_it_is_taken)
{
    /* The owner goes once around the ring, but not over the slot that a thief has looked at. */
    weft_deque *deque = create(2, 0);
    struct wi_steal seen;
    push(deque, 1, 2);
    cr_assert(wi_deque_look(deque, &seen));
    cr_assert_eq(weft_deque_pop(deque), item(2));
    push(deque, 3, 3);
    cr_assert(wi_deque_take(deque, &seen));
    cr_assert_eq(seen.item, item(1));
    weft_deque_destroy(deque);
}

Test(deque, grow)
{
    weft_deque *deque = create(1, 0);
    push(deque, 1, 1000);
    cr_assert_eq(weft_deque_size(deque), 1000);
    for (uintptr_t i = 1; i <= 500; i++)
        assert_steals(deque, i);
    weft_deque_reclaim(deque);
    for (uintptr_t i = 1000; i > 500; i--)
        cr_assert_eq(weft_deque_pop(deque), item(i));
    cr_assert_null(weft_deque_pop(deque));
    weft_deque_destroy(deque);
}

Test(deque, grow_between_look_and_take_keeps_the_item)
{
    weft_deque *deque = create(2, 0);
    struct wi_steal seen;
    push(deque, 1, 2);
    cr_assert(wi_deque_look(deque, &seen));
    push(deque, 3, 100);
    weft_deque_reclaim(deque);
    cr_assert(wi_deque_take(deque, &seen));
    cr_assert_eq(seen.item, item(1));
    assert_steals(deque, 2);
    weft_deque_destroy(deque);
}

/* Indices around each place where a 64-bit number turns: to 0, and from positive to negative. */
ParameterizedTestParameters(deque, wrap)
{
    static uint64_t first[] = {0, UINT64_MAX, UINT64_MAX - 5, (uint64_t)INT64_MAX, (uint64_t)INT64_MAX - 5};
    return cr_make_param_array(uint64_t, first, sizeof first / sizeof first[0]);
}

ParameterizedTest(uint64_t *first, deque, wrap)
{
    weft_deque *deque = create(2, *first);
    cr_assert_null(weft_deque_pop(deque));
    for (uintptr_t round = 0; round < 10; round++) {
        push(deque, 1, 9);
        cr_assert_eq(weft_deque_size(deque), 9);
        for (uintptr_t i = 1; i <= 4; i++)
            assert_steals(deque, i);
        for (uintptr_t i = 9; i > 4; i--)
            cr_assert_eq(weft_deque_pop(deque), item(i));
        cr_assert_null(weft_deque_pop(deque));
        cr_assert_eq(weft_deque_size(deque), 0);
    }
    weft_deque_destroy(deque);
}

Test(deque, destroy_nonempty)
{
    weft_deque *deque = create(2, 0);
    push(deque, 1, 100);
    weft_deque_destroy(deque);
}

Test(deque, oom)
{
    weft_deque *deque = NULL;
    wi_alloc_fail_at(1);
    cr_assert_eq(weft_deque_create(NULL, &deque), WEFT_ENOMEM);
    cr_assert_null(deque);

    deque = create(2, 0);
    wi_alloc_fail_at(1);
    cr_assert_eq(weft_deque_push(deque, item(1)), WEFT_ENOMEM);
    push(deque, 1, 2);
    wi_alloc_fail_at(1);
    cr_assert_eq(weft_deque_push(deque, item(3)), WEFT_ENOMEM);
    cr_assert_eq(weft_deque_size(deque), 2);
    push(deque, 3, 3);
    for (uintptr_t i = 1; i <= 3; i++)
        assert_steals(deque, i);
    weft_deque_destroy(deque);
}

/* ---- with thieves ---- */

#define ITEMS   50000
#define THIEVES 3

/* What each item points to: plain memory, so that a missing edge is a data race. */
struct cargo {
    uintptr_t written;
    wi_atomic_u32 times;
};

struct chase {
    weft_deque *deque;
    struct cargo *cargo;
    wi_atomic_u32 is_over;
    wi_atomic_u32 got;
};

static void receive(struct chase *chase, struct cargo *cargo)
{
    cr_assert_eq(cargo->written, (uintptr_t)(cargo - chase->cargo) + 1);
    wi_fetch_add_relaxed(&cargo->times, 1);
    wi_fetch_add_relaxed(&chase->got, 1);
}

static void *thief(void *context)
{
    struct chase *chase = context;
    void *stolen;
    for (uint32_t empty = 0;;) {
        bool was_over = wi_load_acquire(&chase->is_over) != 0;
        switch (weft_deque_steal(chase->deque, &stolen)) {
        case WEFT_STOLEN:
            receive(chase, stolen);
            break;
        case WEFT_EMPTY:
            if (was_over)
                return NULL;
            if (++empty % 64 == 0)
                wi_thread_yield();
            break;
        case WEFT_LOST:
            break;
        }
    }
}

/* The owner pushes all of the cargo, as soon as fewer than `most` are in the deque, and pops each `pop_every`-th time
 * (0: never); `thieves` steal the rest. */
static void chase(uint32_t thieves, uintptr_t pop_every, size_t most, uint64_t first_index)
{
    static struct cargo cargo[ITEMS];
    wi_thread threads[THIEVES];
    struct chase chase = {.deque = create(1, first_index), .cargo = cargo};
    memset(cargo, 0, sizeof cargo);
    for (uint32_t i = 0; i < thieves; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, thief, &chase), WEFT_OK);
    for (uintptr_t i = 0; i < ITEMS; i++) {
        while (weft_deque_size(chase.deque) >= most)
            wi_thread_yield();
        cargo[i].written = i + 1;
        cr_assert_eq(weft_deque_push(chase.deque, &cargo[i]), WEFT_OK);
        struct cargo *popped = pop_every != 0 && i % pop_every == 0 ? weft_deque_pop(chase.deque) : NULL;
        if (popped)
            receive(&chase, popped);
        if (i % 4096 == 0)
            weft_deque_reclaim(chase.deque);
    }
    for (struct cargo *popped; pop_every != 0 && (popped = weft_deque_pop(chase.deque)) != NULL;)
        receive(&chase, popped);
    wi_store_release(&chase.is_over, 1);
    for (uint32_t i = 0; i < thieves; i++)
        wi_thread_join(&threads[i]);
    cr_assert_eq(wi_load_relaxed(&chase.got), ITEMS);
    for (uintptr_t i = 0; i < ITEMS; i++)
        cr_assert_eq(wi_load_relaxed(&cargo[i].times), 1, "item %zu was taken %u times", (size_t)i,
                     (unsigned)cargo[i].times.value);
    weft_deque_destroy(chase.deque);
}

Test(deque, spsc)
{
    chase(1, 0, SIZE_MAX, 0);
}

Test(deque, stampede)
{
    chase(THIEVES, 0, SIZE_MAX, 0);
}

Test(deque, exactly_once)
{
    chase(THIEVES, 2, SIZE_MAX, 0);
}

Test(deque, exactly_once_where_owner_and_thief_meet_at_the_last_item)
{
    chase(THIEVES, 1, SIZE_MAX, UINT64_MAX - ITEMS / 2);
}

/* The slot that a thief has just won is the next that the owner writes. */
Test(deque, exactly_once_in_a_ring_that_is_always_full)
{
    chase(THIEVES, 0, 1, 0);
    chase(THIEVES, 0, 2, UINT64_MAX - ITEMS / 2);
}

/* Each deque grows six times while thieves look at it: at a ring's first moment, the content of that ring must be
 * seen. */
struct nursery {
    wi_atomic_ptr deque;
    wi_atomic_u32 is_over;
    wi_atomic_u32 stolen;
};

static void *look_at_the_newest(void *context)
{
    struct nursery *nursery = context;
    while (wi_load_acquire(&nursery->is_over) == 0) {
        void *stolen;
        if (weft_deque_steal(wi_load_acquire(&nursery->deque), &stolen) == WEFT_STOLEN)
            wi_fetch_add_relaxed(&nursery->stolen, 1);
    }
    return NULL;
}

Test(deque, grow_under_the_eyes_of_thieves)
{
    enum {
        DEQUES = 8000,
        EACH = 64
    };
    static weft_deque *deques[DEQUES];
    struct nursery nursery = {.is_over = {0}};
    wi_thread threads[THIEVES];
    uint32_t popped = 0;
    for (int i = 0; i < DEQUES; i++)
        deques[i] = create(1, 0);
    wi_init(&nursery.deque, deques[0]);
    for (int i = 0; i < THIEVES; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, look_at_the_newest, &nursery), WEFT_OK);
    for (int i = 0; i < DEQUES; i++) {
        wi_store_release(&nursery.deque, deques[i]);
        push(deques[i], 1, EACH);
        while (weft_deque_pop(deques[i]))
            popped++;
    }
    wi_store_release(&nursery.is_over, 1);
    for (int i = 0; i < THIEVES; i++)
        wi_thread_join(&threads[i]);
    cr_assert_eq(popped + wi_load_relaxed(&nursery.stolen), DEQUES * EACH);
    for (int i = 0; i < DEQUES; i++)
        weft_deque_destroy(deques[i]);
}
