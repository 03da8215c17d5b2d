/*
 * report.h - what the driver and the runners share: how they complain, and what they make of numbers
 */
#ifndef REPORT_H
#define REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Prints `<program>: <message>` in one line and ends the process: 2 for a wrong command line, 1 for all else. */
void report_fail(int exit_code, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

/* Reads a whole number from `least` to `most`, or fails naming the option. */
long report_number(const char *option, const char *text, long least, long most);

/* Fails for an option that getopt_long() returned as '?' or ':'. */
void report_bad_option(int option, char **values) __attribute__((noreturn));

/* The quantile `q`, 0 to 1, of numbers, which are sorted in place; between two of them it is interpolated. */
double report_quantile(double *values, size_t count, double q);

/* A new array of these numbers. */
json_t *report_array(const double *values, size_t count);

/* The numbers of an array, or of nothing, to be freed; `*count` says how many. */
double *report_values(const json_t *array, size_t *count);

/* Sets what follows from `seconds`: median_s, q1_s, q3_s. */
void report_summarise(json_t *record);

/* Of a latency distribution, these percentiles are kept, in percent. */
extern const double report_percentiles[];
extern const size_t report_percentile_count;

#endif
