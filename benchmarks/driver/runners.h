/*
 * driver/runners.h - the contenders' runners: which there are, what they can do, and starting one
 */
#ifndef DRIVER_RUNNERS_H
#define DRIVER_RUNNERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct runner {
    const char *name;
    const char *package; /* of Debian, that building it takes */
    bool is_built;
};

extern const struct runner runners[];
extern const size_t runner_count;

struct offer {
    char *name, *size, *size_what, *what;
};

/* The runner of that name; fails if there is none, or if it was not built. */
const struct runner *runner_find(const char *name);

/* Gives the workloads that a runner can run, up to one without a name. Kept for the next call. */
const struct offer *runner_offers(const struct runner *runner);

/* The runner's offer of that name, or NULL. */
const struct offer *runner_offer(const struct runner *runner, const char *workload);

struct measurement {
    const struct runner *runner;
    const char *workload, *size; /* size NULL: the default */
    long workers, repeat, warmup_ms;
};

/* Runs it in a process of its own, and gives what that reported; NULL if it reported nothing, having said why. Fails
 * with its exit code if the command line was wrong. */
json_t *runner_measure(const struct measurement *measurement);

#endif
