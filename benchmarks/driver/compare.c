/*
 * driver/compare.c - weft-bench compare: contenders take turns
 *
 * A group is one workload, number of workers and size. In each round of a group every contender runs once, in a process
 * of its own, and who begins changes from round to round: what else the machine does hits all of them. The ratios are
 * of medians of one group; figures of different groups were made at different times.
 */
#include "driver/commands.h"
#include "driver/environment.h"
#include "driver/runners.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define LIST_MAX          64
#define ROUNDS_DEFAULT    5
#define REPEAT_DEFAULT    1
#define WARMUP_DEFAULT_MS 300

static const char help_text[] =
    "Usage: weft-bench compare [--workload W,W] [--contender C,C] [--workers N,N] [--size S,S] [--rounds R]\n"
    "                          [--repeat K] [--warmup MS] [--json FILE]\n"
    "Let contenders take turns, each time in a fresh process, and print a table of medians, quartiles and ratios.\n"
    "\n"
    "      --workload W,W   default: all; weft-bench list names them\n"
    "      --contender C,C  default: all that were built and can run it\n"
    "      --workers N,N    default: 1 and 2\n"
    "      --size S,S       of one workload; weft-bench list says what it means\n"
    "      --rounds R       default: 5\n"
    "      --repeat K       timed runs in each process; default: 1\n"
    "      --warmup MS      do untimed runs for so long in each process, at least one; default: 300\n"
    "      --json FILE      write what was measured, one object a line\n"
    "\n"
    "Columns: median of the runs with quartiles; speed-up, how many times faster than the faster serial form; the "
    "time\n"
    "over that of weft; ns over the faster serial form per task, with one worker; CPU seconds of one run; peak "
    "memory;\n"
    "for latencies the median, the 99th percentile and the maximum in microseconds.\n";

struct list {
    char *items[LIST_MAX];
    size_t count;
};

struct plan {
    struct list workloads, contenders, workers, sizes;
    long rounds, repeat, warmup_ms;
    FILE *json;
    bool is_wrong; /* some result was */
};

/* What one contender did in one group. */
struct entry {
    const struct runner *runner;
    json_t *record; /* of all rounds so far, or NULL */
    json_t *rounds; /* its latencies by round */
};

static void split(const char *option, char *text, struct list *list)
{
    list->count = 0;
    for (char *item = strtok(text, ","); item != NULL; item = strtok(NULL, ",")) {
        if (list->count == LIST_MAX)
            report_fail(2, "%s: must name at most %d", option, LIST_MAX);
        list->items[list->count++] = item;
    }
    if (list->count == 0)
        report_fail(2, "%s: must name at least one", option);
}

static bool contains(const struct list *list, const char *item)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], item) == 0)
            return true;
    return false;
}

static void add_missing_lists(struct plan *plan)
{
    static char one[] = "1", two[] = "2";
    if (plan->contenders.count == 0)
        for (size_t i = 0; i < runner_count; i++)
            if (runners[i].is_built)
                plan->contenders.items[plan->contenders.count++] = (char *)runners[i].name;
    if (plan->workloads.count == 0)
        for (size_t i = 0; i < plan->contenders.count; i++) {
            const struct runner *runner = runner_find(plan->contenders.items[i]);
            for (const struct offer *offer = runner_offers(runner); offer->what != NULL; offer++)
                if (!contains(&plan->workloads, offer->name) && plan->workloads.count < LIST_MAX)
                    plan->workloads.items[plan->workloads.count++] = offer->name;
        }
    if (plan->workers.count == 0)
        plan->workers = (struct list){{one, two}, 2};
    if (plan->sizes.count == 0)
        plan->sizes.count = 1; /* NULL: the default */
}

static void parse(int count, char **values, struct plan *plan)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},
        {"workload", required_argument, NULL, 'l'},
        {"contender", required_argument, NULL, 'c'},
        {"workers", required_argument, NULL, 'w'},
        {"size", required_argument, NULL, 's'},
        {"rounds", required_argument, NULL, 'o'},
        {"repeat", required_argument, NULL, 'r'},
        {"warmup", required_argument, NULL, 'u'},
        {"json", required_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    const char *path = NULL;
    int option;
    *plan = (struct plan){.rounds = ROUNDS_DEFAULT, .repeat = REPEAT_DEFAULT, .warmup_ms = WARMUP_DEFAULT_MS};
    while ((option = getopt_long(count, values, ":h", options, NULL)) != -1) {
        switch (option) {
        case 'h':
            fputs(help_text, stdout);
            exit(0);
        case 'l':
            split("--workload", optarg, &plan->workloads);
            break;
        case 'c':
            split("--contender", optarg, &plan->contenders);
            break;
        case 'w':
            split("--workers", optarg, &plan->workers);
            break;
        case 's':
            split("--size", optarg, &plan->sizes);
            break;
        case 'o':
            plan->rounds = report_number("--rounds", optarg, 1, 10000);
            break;
        case 'r':
            plan->repeat = report_number("--repeat", optarg, 1, 1000000);
            break;
        case 'u':
            plan->warmup_ms = report_number("--warmup", optarg, 0, 1000000);
            break;
        case 'j':
            path = optarg;
            break;
        default:
            report_bad_option(option, values);
        }
    }
    if (optind != count)
        report_fail(2, "%s: compare takes options only; see --help", values[optind]);
    if (plan->sizes.count > 0 && plan->workloads.count != 1)
        report_fail(2, "--size needs one --workload: sizes mean something else in each");
    for (size_t i = 0; i < plan->workers.count; i++)
        report_number("--workers", plan->workers.items[i], 1, 4096);
    for (size_t i = 0; i < plan->contenders.count; i++)
        runner_find(plan->contenders.items[i]);
    add_missing_lists(plan);
    plan->json = open_output(path);
}

static double number(const json_t *record, const char *name)
{
    return json_number_value(json_object_get(record, name));
}

static bool is_serial(const struct runner *runner)
{
    return strncmp(runner->name, "serial", 6) == 0;
}

/* Latencies: the median over the rounds of each percentile, but the maximum of all. */
static void merge_latencies(struct entry *entry)
{
    static const char *const names[] = {"p50_us", "p99_us", "max_us"};
    size_t rounds = json_array_size(entry->rounds);
    double *values = calloc(rounds, sizeof *values), percentiles[16];
    if (values == NULL)
        report_fail(1, "no memory");
    for (size_t name = 0; name < 3; name++) {
        for (size_t i = 0; i < rounds; i++)
            values[i] = number(json_array_get(entry->rounds, i), names[name]);
        json_object_set_new(entry->record, names[name],
                            json_real(report_quantile(values, rounds, name == 2 ? 1 : 0.5)));
    }
    for (size_t p = 0; p < report_percentile_count; p++) {
        for (size_t i = 0; i < rounds; i++)
            values[i] = json_number_value(
                json_array_get(json_object_get(json_array_get(entry->rounds, i), "percentiles_us"), p));
        percentiles[p] = report_quantile(values, rounds, p + 1 == report_percentile_count ? 1 : 0.5);
    }
    json_object_set_new(entry->record, "percentiles_us", report_array(percentiles, report_percentile_count));
    free(values);
}

/* Adds what a round reported to what was known; takes `record`. */
static void add_round(struct entry *entry, json_t *record)
{
    json_array_append(entry->rounds, record);
    if (entry->record == NULL) {
        entry->record = json_deep_copy(record);
    } else {
        double rounds = (double)json_array_size(entry->rounds);
        double cpu_s = number(entry->record, "cpu_s");
        json_array_extend(json_object_get(entry->record, "seconds"), json_object_get(record, "seconds"));
        json_object_set_new(entry->record, "cpu_s", json_real(cpu_s + (number(record, "cpu_s") - cpu_s) / rounds));
        if (number(record, "peak_rss_kib") > number(entry->record, "peak_rss_kib"))
            json_object_set(entry->record, "peak_rss_kib", json_object_get(record, "peak_rss_kib"));
        if (!json_is_true(json_object_get(record, "ok")))
            json_object_set_new(entry->record, "ok", json_false());
    }
    json_decref(record);
}

static void run_round(struct plan *plan, struct measurement *measurement, struct entry *entries, size_t count,
                      long round)
{
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &entries[(i + (size_t)round) % count];
        /* Once wrong, it is out. */
        if (entry->record != NULL && !json_is_true(json_object_get(entry->record, "ok")))
            continue;
        measurement->runner = entry->runner;
        json_t *record = runner_measure(measurement);
        if (record != NULL)
            add_round(entry, record);
        else
            plan->is_wrong = true;
    }
}

/* The least median among the contenders that `is_meant` accepts; NaN if there is none. */
static double least_median(const struct entry *entries, size_t count, bool (*is_meant)(const struct runner *runner))
{
    double least = NAN;
    for (size_t i = 0; i < count; i++)
        if (is_meant(entries[i].runner) && entries[i].record != NULL &&
            json_is_true(json_object_get(entries[i].record, "ok")))
            least = fmin(least, number(entries[i].record, "median_s"));
    return least;
}

static bool is_weft(const struct runner *runner)
{
    return strncmp(runner->name, "weft", 4) == 0;
}

/* Sets a member, unless the number is none. */
static void set_number(json_t *record, const char *name, double value)
{
    if (isfinite(value))
        json_object_set_new(record, name, json_real(value));
}

/* Prints the member with so many digits after the point, or blanks. */
static void print_number(const json_t *record, const char *name, int width, int digits)
{
    const json_t *value = json_object_get(record, name);
    if (value != NULL)
        printf(" %*.*f", width, digits, json_number_value(value));
    else
        printf(" %*s", width, "");
}

static void conclude(struct plan *plan, struct entry *entries, size_t count, double others_cpus)
{
    for (size_t i = 0; i < count; i++)
        if (entries[i].record != NULL) {
            report_summarise(entries[i].record);
            if (json_object_get(entries[i].record, "samples") != NULL)
                merge_latencies(&entries[i]);
        }
    double serial_s = least_median(entries, count, is_serial), weft_s = least_median(entries, count, is_weft);
    printf("  %-12s %10s %21s %8s %7s %8s %8s %9s %9s %9s %9s\n", "", "median ms", "quartiles", "speed-up", "/ weft",
           "ns/task", "CPU s", "KiB", "p50 us", "p99 us", "max us");
    for (size_t i = 0; i < count; i++) {
        json_t *record = entries[i].record;
        bool is_right = record != NULL && json_is_true(json_object_get(record, "ok"));
        printf("  %-12s", entries[i].runner->name);
        if (is_right) {
            double median_s = number(record, "median_s"), tasks = number(record, "tasks");
            set_number(record, "speedup", serial_s / median_s);
            set_number(record, "ratio_to_weft", median_s / weft_s);
            if (number(record, "workers") == 1 && tasks > 0)
                set_number(record, "overhead_ns", 1e9 * (median_s - serial_s) / tasks);
            printf(" %10.3f %10.3f %10.3f", 1e3 * median_s, 1e3 * number(record, "q1_s"), 1e3 * number(record, "q3_s"));
            print_number(record, "speedup", 8, 3);
            print_number(record, "ratio_to_weft", 7, 3);
            print_number(record, "overhead_ns", 8, 2);
            print_number(record, "cpu_s", 8, 3);
            print_number(record, "peak_rss_kib", 9, 0);
            print_number(record, "p50_us", 9, 1);
            print_number(record, "p99_us", 9, 1);
            print_number(record, "max_us", 9, 1);
            putchar('\n');
        } else {
            puts(record == NULL ? " reported nothing" : " WRONG RESULT");
            plan->is_wrong = true;
        }
        if (record != NULL && plan->json != NULL) {
            set_number(record, "others_cpus", others_cpus);
            json_object_set_new(record, "environment", environment_describe());
            json_dumpf(record, plan->json, JSON_COMPACT | JSON_REAL_PRECISION(9));
            fputc('\n', plan->json);
            fflush(plan->json);
        }
    }
    fflush(stdout);
}

static void compare_group(struct plan *plan, struct measurement *measurement)
{
    struct entry entries[LIST_MAX];
    size_t count = 0;
    for (size_t i = 0; i < plan->contenders.count; i++) {
        const struct runner *runner = runner_find(plan->contenders.items[i]);
        if (runner_offer(runner, measurement->workload) != NULL)
            entries[count++] = (struct entry){runner, NULL, json_array()};
    }
    if (count == 0)
        report_fail(2, "%s: is no workload of these contenders; weft-bench list names them", measurement->workload);
    struct load load = load_now();
    for (long round = 0; round < plan->rounds; round++) {
        fprintf(stderr, "%s, %ld workers: round %ld of %ld\n", measurement->workload, measurement->workers, round + 1,
                plan->rounds);
        run_round(plan, measurement, entries, count, round);
    }
    double others_cpus = load_of_others(&load);
    printf("\n%s, size %s, %ld worker%s; meanwhile others used %.2f CPUs\n", measurement->workload,
           measurement->size != NULL ? measurement->size : runner_offer(entries[0].runner, measurement->workload)->size,
           measurement->workers, measurement->workers == 1 ? "" : "s", others_cpus);
    conclude(plan, entries, count, others_cpus);
    for (size_t i = 0; i < count; i++) {
        json_decref(entries[i].record);
        json_decref(entries[i].rounds);
    }
}

int compare_command(int count, char **values)
{
    struct plan plan;
    parse(count, values, &plan);
    struct measurement measurement = {.repeat = plan.repeat, .warmup_ms = plan.warmup_ms};
    for (size_t i = 0; i < plan.workloads.count; i++)
        for (size_t j = 0; j < plan.sizes.count; j++)
            for (size_t k = 0; k < plan.workers.count; k++) {
                measurement.workload = plan.workloads.items[i];
                measurement.size = plan.sizes.items[j];
                measurement.workers = strtol(plan.workers.items[k], NULL, 10);
                compare_group(&plan, &measurement);
            }
    if (plan.json != NULL && fclose(plan.json) != 0)
        report_fail(1, "the JSON file cannot be written");
    return plan.is_wrong ? 1 : 0;
}
