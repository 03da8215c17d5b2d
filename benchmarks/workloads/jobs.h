/*
 * workloads/jobs.h - what the workloads with jobs from outside share
 */
#ifndef WORKLOADS_JOBS_H
#define WORKLOADS_JOBS_H

#include "bench.h"

/* `count` jobs of the contender's own size, all of which do `run`. */
char *jobs_create(size_t count, void (*run)(struct job *job));

static inline struct job *jobs_at(char *jobs, size_t index)
{
    return (struct job *)(void *)(jobs + index * contender.job_bytes);
}

/* A job that does nothing. */
void jobs_do_nothing(struct job *job);

#endif
