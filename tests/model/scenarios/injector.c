/*
 * scenarios/injector.c - the way in from outside: each node comes out once, in its producer's order, with its content
 */
#include "queue/injector.h"

#include <weft/task.h>

#define NODES 4

struct crowd {
    struct wi_injector injector;
    wi_atomic_u32 is_put;
    struct parcel {
        wi_node node;
        uint32_t content;  /* plain: written before the put */
        uint32_t received; /* plain: written after the take, which is one */
    } parcels[NODES];
};

static struct crowd *set_up(void)
{
    struct crowd *crowd = mc_new(sizeof *crowd);
    wi_injector_init(&crowd->injector);
    return crowd;
}

static void put(struct crowd *crowd, uint32_t number)
{
    crowd->parcels[number].content = number + 1;
    wi_injector_put(&crowd->injector, &crowd->parcels[number].node);
}

static bool take(struct crowd *crowd, uint32_t *number)
{
    wi_node *node = wi_injector_take(&crowd->injector);
    if (!node)
        return false;
    struct parcel *parcel = weft_entry(node, struct parcel, node);
    *number = (uint32_t)(parcel - crowd->parcels);
    mc_check(parcel->content == *number + 1);
    mc_check(++parcel->received == 1);
    return true;
}

static void wind_up(struct crowd *crowd, uint32_t count)
{
    mc_join_all();
    uint32_t number;
    while (take(crowd, &number))
        continue;
    mc_check(wi_injector_is_empty(&crowd->injector));
    for (uint32_t i = 0; i < count; i++)
        mc_check(crowd->parcels[i].received == 1);
}

static void puts_0(void *context)
{
    put(context, 0);
}

static void puts_1(void *context)
{
    put(context, 1);
}

static void puts_0_and_1(void *context)
{
    put(context, 0);
    put(context, 1);
}

static void puts_2(void *context)
{
    put(context, 2);
}

static void takes_twice(void *context)
{
    uint32_t number;
    take(context, &number);
    take(context, &number);
}

static void takes_once(void *context)
{
    uint32_t number;
    take(context, &number);
}

/* What one producer put first comes first. */
static void takes_in_order(void *context)
{
    uint32_t first, second;
    if (take(context, &first) && take(context, &second))
        mc_check(!(first == 1 && second == 0));
}

MC_SCENARIO(injector, one_on_each_side, .preemptions = MC_ALL)
{
    struct crowd *crowd = set_up();
    mc_spawn("producer", puts_0_and_1, crowd);
    mc_spawn("consumer", takes_in_order, crowd);
    wind_up(crowd, 2);
}

MC_SCENARIO(injector, two_producers, .preemptions = 4, .stale = 3)
{
    struct crowd *crowd = set_up();
    mc_spawn("producer 0", puts_0, crowd);
    mc_spawn("producer 1", puts_1, crowd);
    mc_spawn("consumer", takes_twice, crowd);
    wind_up(crowd, 2);
}

MC_SCENARIO(injector, two_consumers, .preemptions = 3, .stale = 2)
{
    struct crowd *crowd = set_up();
    put(crowd, 0);
    put(crowd, 1);
    mc_spawn("producer", puts_2, crowd);
    mc_spawn("consumer 1", takes_in_order, crowd);
    mc_spawn("consumer 2", takes_once, crowd);
    wind_up(crowd, 3);
}

/* A put that happened before is seen, and if nobody else is inside its node can be had. */
static void puts_and_says_so(void *context)
{
    struct crowd *crowd = context;
    put(crowd, 0);
    wi_store_release(&crowd->is_put, 1);
}

static void takes_what_is_there(void *context)
{
    struct crowd *crowd = context;
    uint32_t number;
    if (wi_load_acquire(&crowd->is_put))
        mc_check(take(crowd, &number) && number == 0);
}

static void sees_what_is_there(void *context)
{
    struct crowd *crowd = context;
    if (wi_load_acquire(&crowd->is_put))
        mc_check(!wi_injector_is_empty(&crowd->injector));
}

MC_SCENARIO(injector, what_was_put_can_be_had, .preemptions = MC_ALL)
{
    struct crowd *crowd = set_up();
    mc_spawn("producer", puts_and_says_so, crowd);
    mc_spawn("consumer", takes_what_is_there, crowd);
    wind_up(crowd, 1);
}

/* Also behind a producer that is between its two steps, where it cannot be had yet. */
MC_SCENARIO(injector, what_was_put_is_seen, .preemptions = MC_ALL)
{
    struct crowd *crowd = set_up();
    mc_spawn("producer 0", puts_and_says_so, crowd);
    mc_spawn("producer 1", puts_1, crowd);
    mc_spawn("consumer", sees_what_is_there, crowd);
    wind_up(crowd, 2);
}
