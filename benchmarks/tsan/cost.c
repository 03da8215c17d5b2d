/*
 * tsan/cost.c - what a task costs under ThreadSanitizer, beside the calls alone that make it a thread of its own
 *
 *     cost N     fib(N) by turns with as many fibers as it has tasks; prints nanoseconds for each
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <weft/pool.h>
#include <weft/task.h>

extern void *__tsan_get_current_fiber(void);
extern void *__tsan_create_fiber(unsigned flags);
extern void __tsan_destroy_fiber(void *fiber);
extern void __tsan_switch_to_fiber(void *fiber, unsigned flags);

#define ROUNDS 9

struct fib {
    weft_task task;
    int n;
    long result;
};

static void fib(weft_worker *worker, weft_task *task)
{
    struct fib *self = weft_entry(task, struct fib, task);
    if (self->n < 2) {
        self->result = self->n;
        return;
    }
    struct fib left = {.n = self->n - 1}, right = {.n = self->n - 2};
    weft_fork(worker, &left.task, fib);
    weft_call(worker, &right.task, fib);
    weft_join(worker, &left.task);
    self->result = left.result + right.result;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* How often fib(n) forks. */
static long forks(int n)
{
    return n < 2 ? 0 : 1 + forks(n - 1) + forks(n - 2);
}

static double time_tasks(weft_pool *pool, int n)
{
    struct fib root = {.n = n};
    uint64_t began = now();
    weft_run(pool, &root.task, fib);
    return (double)(now() - began) / (double)forks(n);
}

static double time_fibers(int n)
{
    void *own = __tsan_get_current_fiber();
    uint64_t began = now();
    for (long i = forks(n); i > 0; i--) {
        void *fiber = __tsan_create_fiber(0);
        __tsan_switch_to_fiber(fiber, 1);
        __tsan_switch_to_fiber(own, 1);
        __tsan_destroy_fiber(fiber);
    }
    return (double)(now() - began) / (double)forks(n);
}

static int compare(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;
    return difference < 0 ? -1 : difference > 0;
}

int main(int argc, char **argv)
{
    int n = argc == 2 ? atoi(argv[1]) : 20;
    double tasks[ROUNDS], fibers[ROUNDS];
    weft_pool_options options = {.size = sizeof options, .workers = WEFT_WORKERS_NONE};
    weft_pool *pool;
    if (weft_pool_create(&options, &pool) != WEFT_OK)
        return 1;
    for (int i = 0; i < ROUNDS; i++) {
        tasks[i] = time_tasks(pool, n);
        fibers[i] = time_fibers(n);
    }
    weft_pool_destroy(pool);
    qsort(tasks, ROUNDS, sizeof *tasks, compare);
    qsort(fibers, ROUNDS, sizeof *fibers, compare);
    printf("fib(%d), median of %d: %.0f ns (%.0f to %.0f) for a task, %.0f ns (%.0f to %.0f) for its fiber alone: %.2f "
           "times\n",
           n, ROUNDS, tasks[ROUNDS / 2], tasks[0], tasks[ROUNDS - 1], fibers[ROUNDS / 2], fibers[0], fibers[ROUNDS - 1],
           tasks[ROUNDS / 2] / fibers[ROUNDS / 2]);
    return 0;
}
