/*
 * stress/stress_deque.c - every item of a deque leaves it exactly once
 *
 * An owner pushes and pops in random bursts, thieves steal, the ring starts small and grows, indices wrap around. Each
 * item is plain memory that was written before the push, so a missing edge is a data race; each is counted when it
 * leaves.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <weft/deque.h>

#include "support/stress.h"

#define ITEMS   50000
#define THIEVES 3

struct item {
    uint64_t written;
    atomic_int times;
};

struct chase {
    weft_deque *deque;
    struct item *items;
    atomic_bool is_over;
};

static void receive(struct item *item, const struct chase *chase)
{
    stress_check(item->written == (uint64_t)(item - chase->items) + 1);
    atomic_fetch_add_explicit(&item->times, 1, memory_order_relaxed);
}

static void *steal(void *context)
{
    struct chase *chase = context;
    for (bool was_over = false;;) {
        void *stolen;
        weft_steal outcome = weft_deque_steal(chase->deque, &stolen);
        if (outcome == WEFT_STOLEN)
            receive(stolen, chase);
        else if (outcome == WEFT_EMPTY && was_over)
            return NULL;
        else if (outcome == WEFT_EMPTY) {
            was_over = atomic_load(&chase->is_over);
            sched_yield();
        }
    }
}

static void own(struct chase *chase, uint64_t *random)
{
    for (size_t next = 0; next < ITEMS;) {
        uint32_t pushes = 1 + stress_below(random, 1u << stress_below(random, 10));
        uint32_t pops = stress_below(random, pushes + 2);
        for (; pushes > 0 && next < ITEMS; pushes--, next++) {
            chase->items[next].written = next + 1;
            stress_check(weft_deque_push(chase->deque, &chase->items[next]) == WEFT_OK);
        }
        for (struct item *item; pops > 0 && (item = weft_deque_pop(chase->deque)) != NULL; pops--)
            receive(item, chase);
        if (stress_below(random, 64) == 0)
            weft_deque_reclaim(chase->deque);
    }
    if (stress_below(random, 2) == 0)
        for (struct item *item; (item = weft_deque_pop(chase->deque)) != NULL;)
            receive(item, chase);
}

int main(int argc, char **argv)
{
    static struct item items[ITEMS];
    struct stress stress = stress_begin(argc, argv, 200);
    for (uint64_t round = 0; round < stress.rounds; round++) {
        /* Half of the rounds pass the place where indices turn from the largest to 0, or change their sign. */
        uint64_t turn = round % 4 == 0 ? UINT64_MAX : (uint64_t)INT64_MAX;
        weft_deque_options options = {.size = sizeof options,
                                      .capacity = (size_t)1 << stress_below(&stress.random, 6),
                                      .first_index = round % 2 ? 0 : turn - stress_below(&stress.random, ITEMS)};
        struct chase chase = {.items = items};
        pthread_t thieves[THIEVES];
        memset(items, 0, sizeof items);
        stress_check(weft_deque_create(&options, &chase.deque) == WEFT_OK);
        for (int i = 0; i < THIEVES; i++)
            stress_check(pthread_create(&thieves[i], NULL, steal, &chase) == 0);
        own(&chase, &stress.random);
        atomic_store(&chase.is_over, true);
        for (int i = 0; i < THIEVES; i++)
            pthread_join(thieves[i], NULL);
        stress_check(weft_deque_size(chase.deque) == 0);
        for (int i = 0; i < ITEMS; i++)
            stress_check(atomic_load(&items[i].times) == 1);
        weft_deque_destroy(chase.deque);
    }
    puts("each item left its deque once");
    return 0;
}
