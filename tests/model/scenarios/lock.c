/*
 * scenarios/lock.c - the lock of one word: one at a time, and whoever sleeps is woken
 */
#include "os/lock.h"

struct shelf {
    struct wi_lock lock;
    uint32_t count; /* plain */
    wi_atomic_u32 noise;
    int steps; /* that others see while one has the lock: many make them sleep */
};

static void counts(void *context)
{
    struct shelf *shelf = context;
    wi_lock_acquire(&shelf->lock);
    shelf->count++;
    for (int i = 0; i < shelf->steps; i++)
        wi_fetch_add_relaxed(&shelf->noise, 1);
    wi_lock_release(&shelf->lock);
}

static void run(int threads, int steps)
{
    static const char *const names[] = {"first", "second", "third"};
    struct shelf *shelf = mc_new(sizeof *shelf);
    shelf->steps = steps;
    for (int i = 0; i < threads; i++)
        mc_spawn(names[i], counts, shelf);
    mc_join_all();
    mc_check(shelf->count == (uint32_t)threads);
}

MC_SCENARIO(lock, two, .preemptions = 2, .stale = 1)
{
    run(2, 1);
}

MC_SCENARIO(lock, two_of_which_one_sleeps, .preemptions = 2, .stale = 1)
{
    run(2, 60);
}

MC_SCENARIO(lock, three_at_random, .random = 10000)
{
    run(3, 60);
}
