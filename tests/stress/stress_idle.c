/*
 * stress/stress_idle.c - a pool with nothing to do costs nothing, and a single long task wakes nobody for nothing
 *
 * What is measured is the CPU time that this process uses, and how often its threads go to sleep: both are its own
 * doing, whatever else the machine is busy with. `--rounds` is the number of seconds to sleep.
 */
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include <weft/pool.h>

#include "support/stress.h"

/* CPU time that a sleeping pool may use, all in all. */
#define MOST_CPU_US 5000

struct usage {
    int64_t cpu_us;
    long sleeps;
};

static struct usage usage(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (struct usage){.cpu_us = (int64_t)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 + r.ru_utime.tv_usec +
                                    r.ru_stime.tv_usec,
                          .sleeps = r.ru_nvcsw};
}

struct work {
    weft_task task;
    atomic_bool has_begun, may_end;
};

static void burn(weft_worker *worker, weft_task *task)
{
    struct work *work = weft_entry(task, struct work, task);
    (void)worker;
    atomic_store(&work->has_begun, true);
    while (!atomic_load_explicit(&work->may_end, memory_order_relaxed))
        continue;
}

static void sleep_for(time_t seconds, long ns)
{
    struct timespec time = {.tv_sec = seconds, .tv_nsec = ns};
    nanosleep(&time, NULL);
}

/* Returns when no thread of the process is at work any more: none uses CPU while we look away. */
static void settle(void)
{
    struct usage before;
    do {
        before = usage();
        sleep_for(0, 20000000);
    } while (usage().cpu_us - before.cpu_us > 1000 || usage().sleeps - before.sleeps > 2);
}

int main(int argc, char **argv)
{
    struct stress stress = stress_begin(argc, argv, 5);
    weft_pool *pool;
    weft_pool_options options = {.size = sizeof options, .workers = 8};
    stress_check(weft_pool_create(&options, &pool) == WEFT_OK);

    settle();
    struct usage before = usage();
    sleep_for((time_t)stress.rounds, 0);
    struct usage after = usage();
    printf("asleep for %" PRIu64 " s: %" PRId64 " us of CPU\n", stress.rounds, after.cpu_us - before.cpu_us);
    stress_check(after.cpu_us - before.cpu_us <= MOST_CPU_US);

    /* One worker is woken and burns; the others sleep on. The only sleep that ends meanwhile is our own. */
    struct work work = {.may_end = false};
    stress_check(weft_start(pool, &work.task, burn) == WEFT_OK);
    while (!atomic_load(&work.has_begun))
        sched_yield();
    before = usage();
    sleep_for(1, 0);
    after = usage();
    printf("one at work for 1 s: %" PRId64 " us of CPU, %ld sleeps\n", after.cpu_us - before.cpu_us,
           after.sleeps - before.sleeps);
    stress_check(after.sleeps - before.sleeps <= 2);
    atomic_store(&work.may_end, true);
    stress_check(weft_wait(pool, &work.task) == WEFT_OK);
    stress_check(weft_pool_destroy(pool) == WEFT_OK);
    return 0;
}
