/*
 * report.c - see report.h
 */
#include "report.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const double report_percentiles[] = {0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 100};
const size_t report_percentile_count = sizeof report_percentiles / sizeof *report_percentiles;

void report_fail(int exit_code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(exit_code);
}

long report_number(const char *option, const char *text, long least, long most)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || number < least || number > most)
        report_fail(2, "%s %s: must be a whole number from %ld to %ld", option, text, least, most);
    return number;
}

void report_bad_option(int option, char **values)
{
    report_fail(2, "%s: %s; see --help", values[optind - 1],
                option == ':' ? "needs a value" : "there is no such option");
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double report_quantile(double *values, size_t count, double q)
{
    qsort(values, count, sizeof *values, compare_numbers);
    double place = q * (double)(count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= count)
        return values[count - 1];
    return values[below] + (place - (double)below) * (values[below + 1] - values[below]);
}

json_t *report_array(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_real(values[i]));
    return array;
}

double *report_values(const json_t *array, size_t *count)
{
    *count = json_array_size(array);
    double *values = calloc(*count + 1, sizeof *values);
    if (values == NULL)
        report_fail(1, "no memory");
    for (size_t i = 0; i < *count; i++)
        values[i] = json_number_value(json_array_get(array, i));
    return values;
}

void report_summarise(json_t *record)
{
    size_t count;
    double *values = report_values(json_object_get(record, "seconds"), &count);
    if (count > 0) {
        json_object_set_new(record, "median_s", json_real(report_quantile(values, count, 0.5)));
        json_object_set_new(record, "q1_s", json_real(report_quantile(values, count, 0.25)));
        json_object_set_new(record, "q3_s", json_real(report_quantile(values, count, 0.75)));
    }
    free(values);
}
