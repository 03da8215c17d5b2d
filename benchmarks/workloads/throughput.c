/*
 * workloads/throughput.c - many empty jobs, from one thread or from four
 *
 * Each producer submits its share and then waits for all of it.
 */
#include "workloads/list.h"

#include <pthread.h>

#include "workloads/jobs.h"

#define PRODUCERS_MAX 4

static char *jobs;
static size_t job_count;

struct producer {
    pthread_t thread;
    size_t begin, end;
};

static bool prepare(struct run *run)
{
    long count;
    if (!bench_read_size(run->size, PRODUCERS_MAX, 100000000, &count))
        return false;
    job_count = (size_t)count;
    jobs = jobs_create(job_count, jobs_do_nothing);
    run->expected = run->tasks = (double)count;
    return true;
}

static void *produce(void *argument)
{
    const struct producer *producer = argument;
    for (size_t i = producer->begin; i < producer->end; i++)
        contender.submit(jobs_at(jobs, i));
    for (size_t i = producer->begin; i < producer->end; i++)
        contender.wait(jobs_at(jobs, i));
    return NULL;
}

static void run_one(struct run *run)
{
    struct producer producer = {.begin = 0, .end = job_count};
    produce(&producer);
    run->result = (double)job_count;
}

static void run_four(struct run *run)
{
    struct producer producers[PRODUCERS_MAX];
    for (size_t i = 0; i < PRODUCERS_MAX; i++) {
        producers[i].begin = job_count * i / PRODUCERS_MAX;
        producers[i].end = job_count * (i + 1) / PRODUCERS_MAX;
        if (pthread_create(&producers[i].thread, NULL, produce, &producers[i]) != 0)
            bench_fail("no thread for a producer");
    }
    for (size_t i = 0; i < PRODUCERS_MAX; i++)
        pthread_join(producers[i].thread, NULL);
    run->result = (double)job_count;
}

const struct workload throughput_1_workload = {
    .name = "throughput-1",
    .what = "many empty jobs from one producer",
    .size_what = "jobs, 4 to 10^8",
    .size = "1000000",
    .needs = NEEDS_POOL | NEEDS_SUBMIT | NEEDS_ASYNC,
    .prepare = prepare,
    .run = run_one,
};

const struct workload throughput_4_workload = {
    .name = "throughput-4",
    .what = "many empty jobs from four producers",
    .size_what = "jobs, 4 to 10^8",
    .size = "1000000",
    .needs = NEEDS_POOL | NEEDS_SUBMIT | NEEDS_ASYNC,
    .prepare = prepare,
    .run = run_four,
};
