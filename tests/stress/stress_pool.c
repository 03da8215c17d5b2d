/*
 * stress/stress_pool.c - pools that come and go under load: every root is settled exactly once
 *
 * In each round a pool is made, several threads bring roots as fast as they can, and another shuts the pool down in the
 * middle, draining or cancelling, with more or less patience. A root that was taken has run or was cancelled; one that
 * was refused has not run.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <weft/parallel.h>
#include <weft/pool.h>

#include "support/stress.h"

#define PRODUCERS 3
#define EACH      40

struct root {
    weft_task task;
    atomic_int times;
    int started;
};

struct producer {
    pthread_t thread;
    weft_pool *pool;
    uint64_t random;
    struct root roots[EACH];
    uint64_t ran, canceled, refused;
};

static void add(weft_worker *worker, size_t begin, size_t end, void *context)
{
    (void)worker;
    atomic_fetch_add_explicit((atomic_size_t *)context, end - begin, memory_order_relaxed);
}

static void run(weft_worker *worker, weft_task *task)
{
    struct root *root = weft_entry(task, struct root, task);
    atomic_size_t sum = 0;
    stress_check(weft_parallel_for(worker, 0, 30, 4, add, &sum) == WEFT_OK);
    stress_check(atomic_load(&sum) == 30);
    atomic_fetch_add(&root->times, 1);
}

static void settle(struct producer *producer, struct root *root, int status)
{
    int times = atomic_load(&root->times);
    stress_check(status == WEFT_OK || status == WEFT_ECANCELED || status == WEFT_ECLOSED);
    stress_check(times == (status == WEFT_OK));
    producer->ran += status == WEFT_OK;
    producer->canceled += status == WEFT_ECANCELED;
    producer->refused += status == WEFT_ECLOSED;
}

/* Brings roots, keeps some in flight, and waits for each in the end. */
static void *produce(void *context)
{
    struct producer *producer = context;
    for (int i = 0; i < EACH; i++) {
        struct root *root = &producer->roots[i];
        atomic_store(&root->times, 0);
        if (stress_below(&producer->random, 4) == 0) {
            root->started = WEFT_ECLOSED;
            settle(producer, root, weft_run(producer->pool, &root->task, run));
        } else {
            root->started = weft_start(producer->pool, &root->task, run);
            if (root->started == WEFT_ECLOSED)
                settle(producer, root, WEFT_ECLOSED);
        }
    }
    for (int i = 0; i < EACH; i++)
        if (producer->roots[i].started == WEFT_OK)
            settle(producer, &producer->roots[i], weft_wait(producer->pool, &producer->roots[i].task));
    return NULL;
}

static void shut_down(weft_pool *pool, uint64_t *random)
{
    for (uint32_t i = stress_below(random, 200); i > 0; i--)
        sched_yield();
    weft_shutdown how = stress_below(random, 2) ? WEFT_DRAIN : WEFT_CANCEL_QUEUED;
    uint64_t patience = stress_below(random, 2) ? WEFT_FOREVER : stress_below(random, 100000);
    int status = weft_pool_shutdown(pool, how, patience);
    stress_check(status == WEFT_OK || (status == WEFT_ETIMEDOUT && patience != WEFT_FOREVER));
    if (status == WEFT_ETIMEDOUT)
        stress_check(weft_pool_shutdown(pool, WEFT_CANCEL_QUEUED, WEFT_FOREVER) == WEFT_OK);
}

int main(int argc, char **argv)
{
    static struct producer producers[PRODUCERS];
    uint64_t ran = 0, canceled = 0, refused = 0;
    struct stress stress = stress_begin(argc, argv, 1000);
    for (uint64_t round = 0; round < stress.rounds; round++) {
        uint32_t workers = stress_below(&stress.random, 5);
        weft_pool_options options = {.size = sizeof options,
                                     .workers = workers == 0 ? WEFT_WORKERS_NONE : workers,
                                     .help = (weft_help)stress_below(&stress.random, 3),
                                     .help_depth = stress_below(&stress.random, 3),
                                     .search_rounds = stress_below(&stress.random, 2) ? WEFT_SEARCH_ONCE : 0,
                                     .seed = stress.seed + round};
        weft_pool *pool;
        stress_check(weft_pool_create(&options, &pool) == WEFT_OK);
        for (int i = 0; i < PRODUCERS; i++) {
            producers[i].pool = pool;
            producers[i].random = stress.seed + round * PRODUCERS + (uint64_t)i;
            stress_check(pthread_create(&producers[i].thread, NULL, produce, &producers[i]) == 0);
        }
        shut_down(pool, &stress.random);
        for (int i = 0; i < PRODUCERS; i++)
            pthread_join(producers[i].thread, NULL);
        stress_check(weft_pool_destroy(pool) == WEFT_OK);
    }
    for (int i = 0; i < PRODUCERS; i++) {
        ran += producers[i].ran;
        canceled += producers[i].canceled;
        refused += producers[i].refused;
    }
    stress_check(ran + canceled + refused == stress.rounds * PRODUCERS * EACH);
    printf("%" PRIu64 " roots ran, %" PRIu64 " were cancelled, %" PRIu64 " refused\n", ran, canceled, refused);
    return 0;
}
