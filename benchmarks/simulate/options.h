/*
 * simulate/options.h - the command line
 */
#ifndef SIMULATE_OPTIONS_H
#define SIMULATE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "simulate.h"

#define LIST_MAX 16

enum command {
    COMMAND_RUN,
    COMMAND_CHECK,
    COMMAND_MEASURE,
    COMMAND_LIST,
    COMMAND_HELP
};

/* Lists end at their first NULL or 0. */
struct options {
    enum command command;
    const struct workload *workloads[LIST_MAX + 1];
    const struct protocol *protocols[LIST_MAX + 1];
    uint32_t workers[LIST_MAX + 1];
    uint64_t size;    /* 0: the workload's own */
    uint64_t work_ps; /* 0: the workload's own */
    struct settings settings;
    FILE *json;       /* or NULL */
    const char *plot; /* or NULL */
};

/* Reads the command line; ends the program if it is wrong. `options` lends from `arguments`. */
void options_parse(int count, char **arguments, struct options *options);

/* Prints how the program is used, or what there is to choose from. */
void options_help(FILE *file);
void options_list(FILE *file);

#endif
