/*
 * workloads/jobs.c - see jobs.h
 */
#include "workloads/jobs.h"

char *jobs_create(size_t count, void (*run)(struct job *job))
{
    char *jobs = bench_alloc(count, contender.job_bytes);
    for (size_t i = 0; i < count; i++)
        jobs_at(jobs, i)->run = run;
    return jobs;
}

void jobs_do_nothing(struct job *job)
{
    (void)job;
}
