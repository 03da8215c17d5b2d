/*
 * unit/test_injector.c - the way in for work from outside
 */
#include <criterion/criterion.h>

#include "base/atomics.h"
#include "os/thread.h"
#include "queue/injector.h"

struct parcel {
    wi_node node;
    uint32_t number; /* plain: a missing edge is a data race */
    uint32_t producer;
    wi_atomic_u32 times;
};

static struct parcel *take(struct wi_injector *injector)
{
    wi_node *node = wi_injector_take(injector);
    return node ? (struct parcel *)(void *)node : NULL;
}

Test(injector, smoke)
{
    struct wi_injector injector;
    struct parcel parcel = {.number = 1};
    wi_injector_init(&injector);
    cr_assert(wi_injector_is_empty(&injector));
    wi_injector_put(&injector, &parcel.node);
    cr_assert_not(wi_injector_is_empty(&injector));
    cr_assert_eq(take(&injector), &parcel);
    cr_assert(wi_injector_is_empty(&injector));
}

Test(injector, empty)
{
    struct wi_injector injector;
    wi_injector_init(&injector);
    cr_assert_null(take(&injector));
    cr_assert_null(take(&injector));
}

Test(injector, order_is_first_in_first_out)
{
    struct wi_injector injector;
    struct parcel parcels[100];
    wi_injector_init(&injector);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++)
            wi_injector_put(&injector, &parcels[i].node);
        for (int i = 0; i < 100; i++)
            cr_assert_eq(take(&injector), &parcels[i]);
        cr_assert_null(take(&injector));
    }
}

Test(injector, who_finds_another_consumer_inside_turns_away)
{
    struct wi_injector injector;
    struct parcel parcel;
    wi_injector_init(&injector);
    wi_injector_put(&injector, &parcel.node);
    wi_store_relaxed(&injector.taking, 1);
    cr_assert_null(take(&injector));
    cr_assert_not(wi_injector_is_empty(&injector));
    wi_store_relaxed(&injector.taking, 0);
    cr_assert_eq(take(&injector), &parcel);
}

#define PRODUCERS 3
#define CONSUMERS 3
#define EACH      5000

struct depot {
    struct wi_injector injector;
    struct parcel parcels[PRODUCERS][EACH];
    wi_atomic_u32 taken;
    wi_atomic_u32 next_producer;
};

static void *producer(void *context)
{
    struct depot *depot = context;
    uint32_t me = wi_fetch_add_relaxed(&depot->next_producer, 1);
    for (uint32_t i = 0; i < EACH; i++) {
        depot->parcels[me][i].number = i + 1;
        depot->parcels[me][i].producer = me;
        wi_injector_put(&depot->injector, &depot->parcels[me][i].node);
    }
    return NULL;
}

static void *consumer(void *context)
{
    struct depot *depot = context;
    uint32_t last[PRODUCERS] = {0};
    while (wi_load_relaxed(&depot->taken) < PRODUCERS * EACH) {
        struct parcel *parcel = take(&depot->injector);
        if (!parcel) {
            wi_thread_yield();
            continue;
        }
        cr_assert_gt(parcel->number, last[parcel->producer], "each producer's parcels stay in order");
        last[parcel->producer] = parcel->number;
        wi_fetch_add_relaxed(&parcel->times, 1);
        wi_fetch_add_relaxed(&depot->taken, 1);
    }
    return NULL;
}

Test(injector, exactly_once)
{
    static struct depot depot;
    wi_thread threads[PRODUCERS + CONSUMERS];
    wi_injector_init(&depot.injector);
    for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, i < PRODUCERS ? producer : consumer, &depot), 0);
    for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
        wi_thread_join(&threads[i]);
    for (uint32_t p = 0; p < PRODUCERS; p++)
        for (uint32_t i = 0; i < EACH; i++)
            cr_assert_eq(wi_load_relaxed(&depot.parcels[p][i].times), 1);
    cr_assert(wi_injector_is_empty(&depot.injector));
}
