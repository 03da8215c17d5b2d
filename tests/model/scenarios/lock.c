/*
 * scenarios/lock.c - the lock of one word: one at a time, and whoever sleeps is woken
 */
#include "os/lock.h"

/* So long keeps one the lock that the others have looked for it as often as they do, and sleep. */
#define LONG 55

struct shelf {
    struct wi_lock lock;
    uint32_t count; /* plain */
    int rounds;     /* in which one that has the lock lets the others look for it */
    wi_atomic_u32 others;
};

static void counts(void *context)
{
    struct shelf *shelf = context;
    wi_lock_acquire(&shelf->lock);
    shelf->count++;
    for (int i = 0; i < shelf->rounds; i++) {
        mc_yield();
        wi_load_relaxed(&shelf->others);
    }
    wi_lock_release(&shelf->lock);
}

static void run(int threads, int rounds)
{
    static const char *const names[] = {"first", "second", "third"};
    struct shelf *shelf = mc_new(sizeof *shelf);
    shelf->rounds = rounds;
    for (int i = 0; i < threads; i++)
        mc_spawn(names[i], counts, shelf);
    mc_join_all();
    mc_check(shelf->count == (uint32_t)threads);
}

MC_SCENARIO(lock, two, .preemptions = 3)
{
    run(2, 0);
}

MC_SCENARIO(lock, one_sleeps, .preemptions = 2, .stale = 1, .spurious = 1)
{
    run(2, LONG);
}

MC_SCENARIO(lock, two_sleep, .preemptions = 1, .stale = 1)
{
    run(3, LONG);
}
