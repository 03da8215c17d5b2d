/*
 * stress/stress_wake.c - no wake-up is lost
 *
 * Workers do not search at all before they sleep, so that each piece of work meets a worker somewhere on its way to
 * sleep; and there are four times as many as CPUs, or all are on one CPU, so that they are stopped at any step of it.
 * Whoever brings work waits for it without helping: if a wake-up is lost, nobody runs it, and the program does not end.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include <weft/pool.h>

#include "support/stress.h"

struct signal {
    weft_task task;
    atomic_bool has_run;
};

static void await(struct signal *signal)
{
    while (!atomic_load_explicit(&signal->has_run, memory_order_acquire))
        sched_yield();
}

static void give(weft_worker *worker, weft_task *task)
{
    (void)worker;
    atomic_store_explicit(&weft_entry(task, struct signal, task)->has_run, true, memory_order_release);
}

/* A root whose forked child must be run by another worker, because this one waits for it without joining. */
static void give_by_child(weft_worker *worker, weft_task *task)
{
    struct signal child = {.has_run = false};
    weft_fork(worker, &child.task, give);
    await(&child);
    weft_join(worker, &child.task);
    give(worker, task);
}

static void storm(uint32_t workers, weft_help help, struct stress *stress)
{
    enum {
        MOST = 8
    };
    weft_pool *pool;
    weft_pool_options options = {.size = sizeof options,
                                 .workers = workers,
                                 .help = help,
                                 .search_rounds = WEFT_SEARCH_ONCE,
                                 .seed = stress->seed};
    stress_check(weft_pool_create(&options, &pool) == WEFT_OK);
    for (uint64_t round = 0; round < stress->rounds; round++) {
        struct signal signals[MOST];
        /* At least one worker must be left for each child. */
        uint32_t count = 1 + stress_below(&stress->random, workers / 2 < MOST ? workers / 2 : MOST);
        for (uint32_t i = 0; i < count; i++) {
            atomic_store(&signals[i].has_run, false);
            weft_task_fn *run = stress_below(&stress->random, 2) ? give : give_by_child;
            stress_check(weft_start(pool, &signals[i].task, run) == WEFT_OK);
        }
        for (uint32_t i = 0; i < count; i++)
            await(&signals[i]);
        for (uint32_t i = 0; i < count; i++)
            stress_check(weft_wait(pool, &signals[i].task) == WEFT_OK);
    }
    stress_check(weft_pool_destroy(pool) == WEFT_OK);
}

int main(int argc, char **argv)
{
    struct stress stress = stress_begin(argc, argv, 5000);
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t many = (uint32_t)(cpus < 64 ? 4 * cpus : 256);
    for (int help = WEFT_HELP_ANY; help <= WEFT_HELP_NONE; help++) {
        storm(2, (weft_help)help, &stress);
        storm(many, (weft_help)help, &stress);
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    stress_check(sched_setaffinity(0, sizeof one, &one) == 0);
    for (int help = WEFT_HELP_ANY; help <= WEFT_HELP_NONE; help++) {
        storm(2, (weft_help)help, &stress);
        storm(8, (weft_help)help, &stress);
    }
    puts("no wake-up was lost");
    return 0;
}
