/*
 * stress/stress_fork.c - fork and join give the right result, however many workers there are
 *
 * Each round computes a Fibonacci number and places queens, with 0, 1, 2 and 8 workers, in every mode of helping;
 * callers run their roots themselves and, in turn, hand them over.
 */
#include <weft/pool.h>

#include "support/stress.h"
#include "support/sums.h"

static int bring(weft_pool *pool, weft_task *task, weft_task_fn *run, bool hand_over)
{
    if (!hand_over)
        return weft_run(pool, task, run);
    int status = weft_start(pool, task, run);
    return status == WEFT_OK ? weft_wait(pool, task) : status;
}

/* Mostly small, where workers come and go; some with forks enough for all of them to meet in one deque. */
static void compute(weft_pool *pool, uint64_t *random, bool hand_over)
{
    struct fib f = {.n = stress_below(random, 8) == 0 ? 20 : (int)stress_below(random, 17)};
    struct queens q = {.n = (int)stress_below(random, 7)};
    stress_check(bring(pool, &f.task, fib, hand_over) == WEFT_OK);
    stress_check(f.value == fib_serial(f.n));
    stress_check(bring(pool, &q.task, queens, hand_over) == WEFT_OK);
    stress_check(q.value == queens_known(q.n));
}

int main(int argc, char **argv)
{
    static const uint32_t workers[] = {WEFT_WORKERS_NONE, 1, 2, 8};
    struct stress stress = stress_begin(argc, argv, 1000);
    for (int help = WEFT_HELP_ANY; help <= WEFT_HELP_NONE; help++) {
        for (size_t w = 0; w < sizeof workers / sizeof workers[0]; w++) {
            weft_pool_options options = {.size = sizeof options,
                                         .workers = workers[w],
                                         .help = (weft_help)help,
                                         .seed = stress.seed,
                                         .search_rounds = stress_below(&stress.random, 2) ? WEFT_SEARCH_ONCE : 0};
            weft_pool *pool;
            stress_check(weft_pool_create(&options, &pool) == WEFT_OK);
            for (uint64_t round = 0; round < stress.rounds; round++)
                compute(pool, &stress.random, round % 2);
            stress_check(weft_pool_destroy(pool) == WEFT_OK);
        }
    }
    puts("all results are right");
    return 0;
}
