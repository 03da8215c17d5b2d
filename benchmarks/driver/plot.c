/*
 * driver/plot.c - weft-bench plot: pictures of what compare has measured, by gnuplot
 */
#include "driver/commands.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

static const char help_text[] =
    "Usage: weft-bench plot FILE [--output FOLDER]\n"
    "Draw what weft-bench compare --json FILE has measured, as SVG. Needs gnuplot.\n"
    "\n"
    "      --output FOLDER  default: the current one; is made if it is not there\n"
    "\n"
    "  speedup.svg           how many times faster than serial, with the most workers in FILE\n"
    "  overhead.svg          ns per task above serial, with one worker\n"
    "  latency-WORKLOAD.svg  percentiles of a latency\n"
    "  cost-WORKLOAD.svg     ns per task against the number of tasks, where FILE has several sizes\n"
    "\n"
    "A picture for which FILE has no figures is left out.\n";

struct plot {
    json_t *records; /* those that are right */
    FILE *gnuplot;
    long pictures;
};

static const char *text(const json_t *record, const char *name)
{
    const char *value = json_string_value(json_object_get(record, name));
    return value != NULL ? value : "";
}

static double number(const json_t *record, const char *name)
{
    return json_number_value(json_object_get(record, name));
}

static json_t *read_records(const char *path)
{
    json_t *records = json_array(), *record;
    json_error_t error;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        report_fail(1, "%s: cannot be read: %s", path, strerror(errno));
    while ((record = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error)) != NULL)
        if (json_is_true(json_object_get(record, "ok")))
            json_array_append_new(records, record);
        else
            json_decref(record);
    if (!feof(file))
        report_fail(1, "%s: is not what compare --json writes: %s", path, error.text);
    fclose(file);
    return records;
}

/* Gives the values of a text field among the records that have the field `with`, each once, in their order. */
static json_t *distinct(const struct plot *plot, const char *name, const char *with)
{
    json_t *values = json_array(), *record, *value;
    size_t i, j;
    json_array_foreach(plot->records, i, record)
    {
        bool is_new = json_object_get(record, with) != NULL;
        json_array_foreach(values, j, value) is_new =
            is_new && strcmp(json_string_value(value), text(record, name)) != 0;
        if (is_new)
            json_array_append_new(values, json_string(text(record, name)));
    }
    return values;
}

/* Of the records of this workload and contender that have the field, the one with the most workers, the last of
 * those; serial forms have one whatever they were told. NULL: there is none. */
static const json_t *best_record(const struct plot *plot, const char *workload, const char *contender, const char *with)
{
    const json_t *best = NULL, *record;
    size_t i;
    json_array_foreach(plot->records, i, record) if (strcmp(text(record, "workload"), workload) == 0 &&
                                                     strcmp(text(record, "contender"), contender) == 0 &&
                                                     json_object_get(record, with) != NULL &&
                                                     (best == NULL || number(record, "workers") >=
                                                                          number(best, "workers"))) best = record;
    return best;
}

/* Begins a picture. */
static void begin(struct plot *plot, const char *name, const char *title, const char *what)
{
    fprintf(plot->gnuplot,
            "reset\nset terminal svg size 960,540 background 'white' font 'sans,13'\nset output '%s.svg'\n"
            "set title '%s' noenhanced\nset ylabel '%s'\nset datafile missing '?'\nset key outside right noenhanced\n"
            "set grid ytics\n",
            name, title, what);
    plot->pictures++;
}

/* The figure of a bar; 0 if there is none, or none that a logarithmic axis has room for. */
static double bar(const struct plot *plot, const json_t *workload, const json_t *contender, const char *field)
{
    const json_t *record = best_record(plot, json_string_value(workload), json_string_value(contender), field);
    return record != NULL && number(record, field) > 0 ? number(record, field) : 0;
}

/* Gives the contenders that have a bar in some workload. */
static json_t *with_bars(const struct plot *plot, const json_t *workloads, const char *field)
{
    json_t *contenders = distinct(plot, "contender", field), *shown = json_array(), *workload, *contender;
    size_t i, j;
    json_array_foreach(contenders, j, contender)
    {
        double highest = 0;
        json_array_foreach(workloads, i, workload) highest = fmax(highest, bar(plot, workload, contender, field));
        if (highest > 0)
            json_array_append(shown, contender);
    }
    json_decref(contenders);
    return shown;
}

/* A group of bars for each workload, a bar in it for each contender. */
static void draw_bars(struct plot *plot, const char *name, const char *title, const char *what, const char *field,
                      const char *scale)
{
    json_t *workloads = distinct(plot, "workload", field), *contenders = with_bars(plot, workloads, field);
    json_t *workload, *contender;
    size_t i, j;
    if (json_array_size(contenders) > 0) {
        begin(plot, name, title, what);
        fputs("$data << EOD\nworkload", plot->gnuplot);
        json_array_foreach(contenders, j, contender) fprintf(plot->gnuplot, " %s", json_string_value(contender));
        json_array_foreach(workloads, i, workload)
        {
            fprintf(plot->gnuplot, "\n%s", json_string_value(workload));
            json_array_foreach(contenders, j, contender)
            {
                double value = bar(plot, workload, contender, field);
                if (value > 0)
                    fprintf(plot->gnuplot, " %g", value);
                else
                    fputs(" ?", plot->gnuplot);
            }
        }
        fprintf(plot->gnuplot,
                "\nEOD\nset xtics noenhanced\nset style data histograms\nset style histogram clustered gap 1\nset "
                "style fill solid 0.8\n%s\n"
                "plot for [i=2:%zu] $data using i:xtic(1) title columnheader(i)\n",
                scale, json_array_size(contenders) + 1);
    }
    json_decref(workloads);
    json_decref(contenders);
}

/* Ends a picture of a curve for each contender, whose points stand in blocks of $data in that order. */
static void draw_curves(struct plot *plot, const json_t *contenders)
{
    const json_t *contender;
    size_t i;
    fputs("EOD\nplot", plot->gnuplot);
    json_array_foreach(contenders, i, contender)
        fprintf(plot->gnuplot, "%s $data index %zu using 1:2 with linespoints title '%s'", i > 0 ? "," : "", i,
                json_string_value(contender));
    fputc('\n', plot->gnuplot);
}

static void draw_latency(struct plot *plot, const char *workload)
{
    json_t *contenders = distinct(plot, "contender", "percentiles_us"), *shown = json_array(), *contender;
    char name[128];
    size_t i;
    snprintf(name, sizeof name, "latency-%s", workload);
    begin(plot, name, workload, "microseconds");
    fputs("set logscale y\nset xlabel 'percentile'\nset xtics (", plot->gnuplot);
    for (size_t p = 0; p < report_percentile_count; p++)
        fprintf(plot->gnuplot, "%s'%g' %zu", p > 0 ? ", " : "", report_percentiles[p], p);
    fputs(")\n$data << EOD\n", plot->gnuplot);
    json_array_foreach(contenders, i, contender)
    {
        const json_t *record = best_record(plot, workload, json_string_value(contender), "percentiles_us");
        if (record == NULL)
            continue;
        for (size_t p = 0; p < report_percentile_count; p++)
            fprintf(plot->gnuplot, "%zu %g\n", p,
                    json_number_value(json_array_get(json_object_get(record, "percentiles_us"), p)));
        fputs("\n\n", plot->gnuplot);
        json_array_append(shown, contender);
    }
    draw_curves(plot, shown);
    json_decref(contenders);
    json_decref(shown);
}

/* Prints the points of one contender; returns how many. */
static size_t print_costs(struct plot *plot, const char *workload, const char *contender, double workers)
{
    const json_t *record;
    size_t i, count = 0;
    json_array_foreach(plot->records, i, record)
    {
        double tasks = number(record, "tasks");
        if (strcmp(text(record, "workload"), workload) != 0 || strcmp(text(record, "contender"), contender) != 0 ||
            number(record, "workers") != workers || tasks <= 0)
            continue;
        fprintf(plot->gnuplot, "%g %g\n", tasks, 1e9 * number(record, "median_s") / tasks);
        count++;
    }
    if (count > 0)
        fputs("\n\n", plot->gnuplot);
    return count;
}

/* Returns whether the workload was measured at several sizes. */
static bool has_sizes(const struct plot *plot, const char *workload)
{
    const char *size = NULL;
    const json_t *record;
    size_t i;
    json_array_foreach(plot->records, i, record)
    {
        if (strcmp(text(record, "workload"), workload) != 0 || number(record, "tasks") <= 0)
            continue;
        if (size != NULL && strcmp(text(record, "size"), size) != 0)
            return true;
        size = text(record, "size");
    }
    return false;
}

static void draw_cost(struct plot *plot, const char *workload)
{
    json_t *contenders = distinct(plot, "contender", "tasks"), *shown = json_array(), *contender;
    char name[128];
    size_t i;
    snprintf(name, sizeof name, "cost-%s", workload);
    begin(plot, name, workload, "ns per task");
    fputs("set logscale xy\nset xlabel 'tasks'\n$data << EOD\n", plot->gnuplot);
    json_array_foreach(contenders, i, contender)
    {
        const json_t *record = best_record(plot, workload, json_string_value(contender), "tasks");
        if (record != NULL && print_costs(plot, workload, json_string_value(contender), number(record, "workers")) > 0)
            json_array_append(shown, contender);
    }
    draw_curves(plot, shown);
    json_decref(contenders);
    json_decref(shown);
}

static void draw_all(struct plot *plot)
{
    json_t *latencies = distinct(plot, "workload", "percentiles_us"), *all = distinct(plot, "workload", "tasks");
    json_t *workload;
    size_t i;
    draw_bars(plot, "speedup", "Speed-up over serial, most workers", "times faster than serial", "speedup",
              "set yrange [0:*]");
    draw_bars(plot, "overhead", "Overhead per task, one worker", "ns per task above serial", "overhead_ns",
              "set logscale y");
    json_array_foreach(latencies, i, workload) draw_latency(plot, json_string_value(workload));
    json_array_foreach(all, i, workload) if (has_sizes(plot, json_string_value(workload)))
        draw_cost(plot, json_string_value(workload));
    json_decref(latencies);
    json_decref(all);
}

int plot_command(int count, char **values)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},
        {"output", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0},
    };
    const char *folder = ".";
    struct plot plot = {0};
    int option;
    while ((option = getopt_long(count, values, ":h", options, NULL)) != -1) {
        switch (option) {
        case 'h':
            fputs(help_text, stdout);
            return 0;
        case 'o':
            folder = optarg;
            break;
        default:
            report_bad_option(option, values);
        }
    }
    if (optind != count - 1)
        report_fail(2, "plot takes one file, which weft-bench compare --json has written");
    plot.records = read_records(values[optind]);
    if ((mkdir(folder, 0777) != 0 && errno != EEXIST) || chdir(folder) != 0)
        report_fail(1, "%s: cannot be written to: %s", folder, strerror(errno));
    signal(SIGPIPE, SIG_IGN); /* without gnuplot there is nobody to write to; its exit code tells */
    plot.gnuplot = popen("gnuplot", "w");
    if (plot.gnuplot == NULL)
        report_fail(1, "gnuplot cannot be started: %s", strerror(errno));
    draw_all(&plot);
    if (pclose(plot.gnuplot) != 0)
        report_fail(1, "gnuplot failed; it is in Debian's package gnuplot-nox");
    printf("%ld pictures in %s\n", plot.pictures, folder);
    json_decref(plot.records);
    return 0;
}
