/*
 * driver/environment.h - where and of what a figure was made
 */
#ifndef DRIVER_ENVIRONMENT_H
#define DRIVER_ENVIRONMENT_H

#include <jansson.h>

/* Gives the machine, its kernel, the compiler, the commit, and the time. */
json_t *environment_describe(void);

/* How busy the machine is with other things, from one call to the other. */
struct load {
    double elapsed_s, busy_s, own_s;
};

struct load load_now(void);

/* How many CPUs others than this process and its children kept busy from `begin` until now. */
double load_of_others(const struct load *begin);

#endif
