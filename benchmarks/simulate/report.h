/*
 * simulate/report.h - what the user is told: results as a table, as lines of JSON, as a plot; and what is wrong
 */
#ifndef SIMULATE_REPORT_H
#define SIMULATE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "simulate.h"

#define PROGRAM_NAME "weft-simulate"

/* One run: what was asked, and what came out. */
struct result {
    const struct protocol *protocol;
    struct tree tree;
    uint32_t workers;
    double serial_s, makespan_s;
    double efficiency; /* serial / (workers * makespan) */
    struct outcome outcome;
    bool is_ok; /* each node was executed exactly once, and took its time */
};

/* Tells what is wrong in one line on standard error, and ends the program with code 2. */
__attribute__((noreturn, format(printf, 1, 2))) void report_fatal(const char *format, ...);

/* Prints the line above results, and one result. */
void report_heading(FILE *file);
void report_result(const struct result *result, FILE *file);

/* Prints one result as an object of JSON on a line of its own. */
void report_json(const struct result *result, const struct settings *settings, FILE *file);

/* Prints for each workload in `results` the efficiency of each protocol by workers, as a table of Markdown. */
void report_efficiency(const struct result *results, size_t count, FILE *file);

/* Draws the same into `path`, an SVG, through gnuplot. Ends the program if there is none. */
void report_plot(const struct result *results, size_t count, const char *path);

#endif
