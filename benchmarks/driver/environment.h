/*
 * driver/environment.h - where and of what a figure was made
 */
#ifndef DRIVER_ENVIRONMENT_H
#define DRIVER_ENVIRONMENT_H

#include <jansson.h>

/* Gives the machine, its kernel, the compiler, the commit, and the time. */
json_t *environment_describe(void);

#endif
