/*
 * runner.c - weft-bench-CONTENDER: runs one workload on one contender, and prints one line of JSON
 *
 * The driver starts it; it can be used by hand just as well. Untimed runs come first, until they have lasted as long as
 * --warmup says: a kernel may keep freshly woken threads on one CPU for a tenth of a second. Each result is checked
 * before its time counts.
 */
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench.h"
#include "report.h"
#include "workloads/list.h"

#define REPEAT_DEFAULT    5
#define WARMUP_DEFAULT_MS 300

static const char help_text[] =
    "Usage: weft-bench-" CONTENDER_NAME " --list\n"
    "       weft-bench-" CONTENDER_NAME " WORKLOAD [--workers N] [--repeat K] [--size S] [--warmup MS] [--expect X]\n"
    "Run one workload on " CONTENDER_NAME " and print one line of JSON.\n"
    "\n"
    "      --list       print the workloads, each with its default size, what a size is, and what it measures\n"
    "      --workers N  default: 1\n"
    "      --repeat K   timed runs; default: 5\n"
    "      --size S     of the problem; default: see --list\n"
    "      --warmup MS  do untimed runs for so long, at least one; default: 300\n"
    "      --expect X   the result must be X; default: what is known\n";

struct arguments {
    const struct workload *workload;
    struct run run;
    long repeat, warmup_ms;
    const char *expected; /* or NULL */
};

void bench_fail(const char *format, ...)
{
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    report_fail(1, "%s", message);
}

void *bench_alloc(size_t count, size_t bytes)
{
    void *memory = calloc(count, bytes);
    if (memory == NULL)
        bench_fail("no memory for %zu times %zu bytes", count, bytes);
    return memory;
}

bool bench_read_size(const char *text, long least, long most, long *value)
{
    char *end;
    *value = strtol(text, &end, 10);
    return end != text && *end == '\0' && *value >= least && *value <= most;
}

static bool can_run(const struct workload *workload)
{
    unsigned has = (contender.parallel_for ? NEEDS_LOOP : 0u) | (contender.start ? NEEDS_POOL : 0u) |
                   (contender.stop && !contender.stops_for_good ? NEEDS_STOP : 0u) |
                   (contender.submit ? NEEDS_SUBMIT : 0u) |
                   (contender.submit && !contender.submit_blocks ? NEEDS_ASYNC : 0u);
    return (workload->needs & ~has) == 0;
}

/* Gives the workload of that name, if this contender can run it. Without a name, prints all that it can run. */
static const struct workload *find(const char *name)
{
    const struct workload *const *const lists[] = {contender.fork_join, table_workloads};
    for (size_t i = 0; i < 2; i++)
        for (const struct workload *const *place = lists[i]; place != NULL && *place != NULL; place++) {
            const struct workload *workload = *place;
            if (!can_run(workload))
                continue;
            if (name == NULL)
                printf("%s\t%s\t%s\t%s\n", workload->name, workload->size, workload->size_what, workload->what);
            else if (strcmp(workload->name, name) == 0)
                return workload;
        }
    return NULL;
}

static void parse(int count, char **values, struct arguments *arguments)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},          {"list", no_argument, NULL, 'l'},
        {"workers", required_argument, NULL, 'w'}, {"repeat", required_argument, NULL, 'r'},
        {"size", required_argument, NULL, 's'},    {"warmup", required_argument, NULL, 'u'},
        {"expect", required_argument, NULL, 'e'},  {NULL, 0, NULL, 0},
    };
    int option;
    *arguments = (struct arguments){.run = {.workers = 1}, .repeat = REPEAT_DEFAULT, .warmup_ms = WARMUP_DEFAULT_MS};
    while ((option = getopt_long(count, values, ":h", options, NULL)) != -1) {
        switch (option) {
        case 'h':
            fputs(help_text, stdout);
            exit(0);
        case 'l':
            find(NULL);
            exit(0);
        case 'w':
            arguments->run.workers = (unsigned)report_number("--workers", optarg, 1, 4096);
            break;
        case 'r':
            arguments->repeat = report_number("--repeat", optarg, 1, 1000000);
            break;
        case 's':
            arguments->run.size = optarg;
            break;
        case 'u':
            arguments->warmup_ms = report_number("--warmup", optarg, 0, 1000000);
            break;
        case 'e':
            arguments->expected = optarg;
            break;
        default:
            report_bad_option(option, values);
        }
    }
    if (optind != count - 1)
        report_fail(2, "give one workload; --list names them");
    arguments->workload = find(values[optind]);
    if (arguments->workload == NULL)
        report_fail(2, "%s: is no workload of %s; --list names them", values[optind], CONTENDER_NAME);
    if (arguments->run.size == NULL)
        arguments->run.size = arguments->workload->size;
    if (!arguments->workload->prepare(&arguments->run))
        report_fail(2, "--size %s: must be, for %s: %s", arguments->run.size, arguments->workload->name,
                    arguments->workload->size_what);
    if (arguments->expected != NULL)
        arguments->run.expected = strtod(arguments->expected, NULL);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static long peak_rss_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* One run; sets its time. Returns whether the result is right. */
static bool run_once(const struct workload *workload, struct run *run)
{
    run->result = NAN;
    run->seconds = 0;
    if (workload->reset != NULL)
        workload->reset(run);
    uint64_t begin = bench_now_ns();
    workload->run(run);
    uint64_t end = bench_now_ns();
    if (run->seconds == 0)
        run->seconds = 1e-9 * (double)(end - begin);
    if (workload->check != NULL)
        workload->check(run);
    return fabs(run->result - run->expected) <= run->tolerance;
}

static bool warm_up(const struct arguments *arguments, struct run *run)
{
    uint64_t end = bench_now_ns() + (uint64_t)arguments->warmup_ms * 1000000;
    bool is_right;
    do
        is_right = run_once(arguments->workload, run);
    while (is_right && bench_now_ns() < end);
    return is_right;
}

static void describe_samples(json_t *record, double *samples, size_t count)
{
    double values[16];
    for (size_t i = 0; i < report_percentile_count; i++)
        values[i] = report_quantile(samples, count, report_percentiles[i] / 100);
    json_object_set_new(record, "p50_us", json_real(report_quantile(samples, count, 0.50)));
    json_object_set_new(record, "p99_us", json_real(report_quantile(samples, count, 0.99)));
    json_object_set_new(record, "max_us", json_real(report_quantile(samples, count, 1)));
    json_object_set_new(record, "percentiles_us", report_array(values, report_percentile_count));
    json_object_set_new(record, "samples", json_integer((json_int_t)count));
}

/* Does the timed runs, and describes them all. */
static json_t *measure(const struct arguments *arguments, struct run *run)
{
    double *seconds = bench_alloc((size_t)arguments->repeat, sizeof *seconds), *samples = NULL;
    size_t done = 0, sample_count = 0;
    double cpu = 0;
    bool is_right = warm_up(arguments, run);
    while (is_right && done < (size_t)arguments->repeat) {
        double before = cpu_seconds();
        is_right = run_once(arguments->workload, run);
        if (!is_right)
            break;
        cpu += cpu_seconds() - before;
        seconds[done++] = run->seconds;
        if (run->samples_us == NULL)
            continue;
        samples = realloc(samples, (sample_count + run->sample_count) * sizeof *samples);
        if (samples == NULL)
            bench_fail("no memory for samples");
        memcpy(samples + sample_count, run->samples_us, run->sample_count * sizeof *samples);
        sample_count += run->sample_count;
    }
    json_t *record = json_pack(
        "{s:s, s:s, s:i, s:s, s:o, s:f, s:i, s:f, s:f, s:f, s:b}", "workload", arguments->workload->name, "contender",
        CONTENDER_NAME, "workers", (int)run->workers, "size", run->size, "seconds", report_array(seconds, done),
        "cpu_s", done > 0 ? cpu / (double)done : 0, "peak_rss_kib", (int)peak_rss_kib(), "tasks", run->tasks, "result",
        isnan(run->result) ? 0 : run->result, "expected", run->expected, "ok", is_right);
    if (record == NULL)
        bench_fail("no memory for the report");
    report_summarise(record);
    if (sample_count > 0)
        describe_samples(record, samples, sample_count);
    free(seconds);
    free(samples);
    return record;
}

int main(int count, char **values)
{
    struct arguments arguments;
    parse(count, values, &arguments);
    /* Memory that a run frees stays in the process: the kernel's clearing of pages is not what is measured. */
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    if (contender.start != NULL)
        contender.start(arguments.run.workers, (arguments.workload->needs & NEEDS_SUBMIT) != 0);
    json_t *record = measure(&arguments, &arguments.run);
    if (contender.stop != NULL)
        contender.stop();
    json_dumpf(record, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
    putchar('\n');
    bool is_right = json_is_true(json_object_get(record, "ok"));
    json_decref(record);
    if (fclose(stdout) != 0)
        report_fail(1, "standard output cannot be written");
    if (!is_right)
        report_fail(1, "%s: the result is wrong", arguments.workload->name);
    return 0;
}
