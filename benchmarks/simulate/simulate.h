/*
 * simulate/simulate.h - one run of a tree of tasks on simulated workers
 */
#ifndef SIMULATE_SIMULATE_H
#define SIMULATE_SIMULATE_H

#include <stdbool.h>
#include <stdint.h>

#include "costs.h"
#include "protocol.h"
#include "workload.h"

#define WORKERS_MAX 1024

struct settings {
    struct costs costs;
    uint64_t search_ps; /* how long a thief searches in vain before it forces, or sleeps */
    uint64_t seed;
    bool is_awake;         /* the workers search when the first task begins; otherwise they sleep */
    bool barriers_overlap; /* the kernel runs barriers of several callers at the same time */
};

struct outcome {
    struct census executed;
    uint64_t makespan_ps; /* without idle gaps */
    uint64_t worked_ps;   /* by all workers, in the bodies of tasks, as time went by */
    uint64_t steals;
    uint64_t lost;          /* compare-and-swaps of thieves that came too late */
    uint64_t published;     /* times that an owner answered a request */
    uint64_t forced;        /* times that a thief published for an owner */
    uint64_t barriers;      /* of either kind */
    uint64_t barriers_ps;   /* the callers' time in them, waiting for their turn included */
    uint64_t interrupts_ps; /* what barriers cost those that they interrupted */
    uint64_t wakes;
    uint64_t wakes_ps;                                          /* the wakers' time */
    uint64_t latency_median_ps, latency_p99_ps, latency_max_ps; /* from a fork to its steal; 0 without steals */
    bool is_stuck;                                              /* everybody slept before the end: a lost wake-up */
};

/* Executes `tree` on `workers`, from 1 to WORKERS_MAX. The same arguments give the same outcome. */
struct outcome simulate(const struct settings *settings, const struct protocol *protocol, const struct tree *tree,
                        uint32_t workers);

#endif
