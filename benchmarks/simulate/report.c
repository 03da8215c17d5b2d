/*
 * simulate/report.c - what the user is told
 */
#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#define PS_PER_S  1e12
#define PS_PER_US 1e6

void report_fatal(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fputs(PROGRAM_NAME ": ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

static double us(uint64_t ps)
{
    return (double)ps / PS_PER_US;
}

void report_heading(FILE *file)
{
    fprintf(file, "%-9s %-10s %7s %11s %6s %9s %8s %8s %11s %11s %8s %9s %9s  %s\n", "workload", "protocol", "workers",
            "makespan ms", "eff.", "steals", "forced", "barriers", "barriers ms", "interr. ms", "wakes", "p50 us",
            "p99 us", "exactly once");
}

void report_result(const struct result *result, FILE *file)
{
    const struct outcome *outcome = &result->outcome;
    fprintf(file,
            "%-9s %-10s %7" PRIu32 " %11.3f %6.3f %9" PRIu64 " %8" PRIu64 " %8" PRIu64 " %11.3f %11.3f %8" PRIu64
            " %9.1f %9.1f  %s\n",
            result->tree.workload->name, result->protocol->name, result->workers, result->makespan_s * 1e3,
            result->efficiency, outcome->steals, outcome->forced, outcome->barriers, us(outcome->barriers_ps) / 1e3,
            us(outcome->interrupts_ps) / 1e3, outcome->wakes, us(outcome->latency_median_ps),
            us(outcome->latency_p99_ps), result->is_ok ? "yes" : "NO");
}

void report_json(const struct result *result, const struct settings *settings, FILE *file)
{
    const struct outcome *outcome = &result->outcome;
    const struct tree *tree = &result->tree;
    fprintf(file,
            "{\"workload\":\"%s\",\"contender\":\"%s\",\"workers\":%" PRIu32 ",\"size\":%" PRIu64 ",\"work_ns\":%g,"
            "\"seed\":%" PRIu64 ",\"search_ns\":%g,\"start\":\"%s\",\"seconds\":[%.9f],\"serial_s\":%.9f,"
            "\"efficiency\":%.6f,\"tasks\":%" PRIu64 ",\"steals\":%" PRIu64 ",\"lost\":%" PRIu64
            ",\"published\":%" PRIu64 ",\"forced\":%" PRIu64 ",\"barriers\":%" PRIu64
            ",\"barriers_s\":%.9f,\"interrupts_s\":%.9f,\"wakes\":%" PRIu64
            ",\"wakes_s\":%.9f,\"p50_us\":%.3f,\"p99_us\":%.3f,\"max_us\":%.3f,\"ok\":%s}\n",
            tree->workload->name, result->protocol->name, result->workers, tree->size, (double)tree->work_ps / 1e3,
            settings->seed, (double)settings->search_ps / 1e3, settings->is_awake ? "awake" : "asleep",
            result->makespan_s, result->serial_s, result->efficiency, outcome->executed.nodes, outcome->steals,
            outcome->lost, outcome->published, outcome->forced, outcome->barriers,
            (double)outcome->barriers_ps / PS_PER_S, (double)outcome->interrupts_ps / PS_PER_S, outcome->wakes,
            (double)outcome->wakes_ps / PS_PER_S, us(outcome->latency_median_ps), us(outcome->latency_p99_ps),
            us(outcome->latency_max_ps), result->is_ok ? "true" : "false");
}

/* Results come workload by workload, protocol by protocol: the length of the run of the same workload or protocol. */
static size_t same_workload(const struct result *results, size_t count)
{
    size_t length = 1;
    while (length < count && results[length].tree.workload == results->tree.workload)
        length++;
    return length;
}

static size_t same_protocol(const struct result *results, size_t count)
{
    size_t length = 1;
    while (length < count && results[length].protocol == results->protocol)
        length++;
    return length;
}

void report_efficiency(const struct result *results, size_t count, FILE *file)
{
    for (size_t length; count > 0; results += length, count -= length) {
        length = same_workload(results, count);
        size_t columns = same_protocol(results, length);
        fprintf(file, "\n| %s |", results->tree.workload->name);
        for (size_t i = 0; i < columns; i++)
            fprintf(file, " %" PRIu32 " |", results[i].workers);
        fputs("\n| --- |", file);
        for (size_t i = 0; i < columns; i++)
            fputs(" --- |", file);
        for (size_t i = 0; i < length; i++) {
            if (i % columns == 0)
                fprintf(file, "\n| %s |", results[i].protocol->name);
            fprintf(file, " %.3f |", results[i].efficiency);
        }
        fputc('\n', file);
    }
}

static void plot_workload(const struct result *results, size_t count, FILE *gnuplot)
{
    fprintf(gnuplot, "set title '%s'\nplot ", results->tree.workload->name);
    for (size_t i = 0; i < count; i += same_protocol(results + i, count - i))
        fprintf(gnuplot, "%s'-' with linespoints title '%s'", i > 0 ? ", " : "", results[i].protocol->name);
    fputc('\n', gnuplot);
    for (size_t i = 0; i < count; i++) {
        fprintf(gnuplot, "%" PRIu32 " %.6f\n", results[i].workers, results[i].efficiency);
        if (i + 1 == count || results[i + 1].protocol != results[i].protocol)
            fputs("e\n", gnuplot);
    }
}

void report_plot(const struct result *results, size_t count, const char *path)
{
    size_t panels = 0;
    for (size_t i = 0; i < count; i += same_workload(results + i, count - i))
        panels++;
    FILE *gnuplot = popen("gnuplot", "w");
    if (gnuplot == NULL)
        report_fatal("gnuplot cannot be started, install gnuplot-nox");
    fprintf(gnuplot,
            "set terminal svg size %d,%zu background 'white'\nset output '%s'\nset logscale x 2\nset yrange [0:1.02]\n"
            "set xlabel 'workers'\nset ylabel 'efficiency'\nset key outside right\nset grid\n"
            "set linetype 9 linecolor rgb 'gray40' pointtype 9\n"
            "set multiplot layout %zu,2\n",
            panels > 1 ? 1400 : 700, 380 * ((panels + 1) / 2), path, (panels + 1) / 2);
    for (size_t length; count > 0; results += length, count -= length) {
        length = same_workload(results, count);
        plot_workload(results, length, gnuplot);
    }
    if (pclose(gnuplot) != 0)
        report_fatal("%s: gnuplot could not draw it; is gnuplot-nox installed?", path);
}
