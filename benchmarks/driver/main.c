/*
 * driver/main.c - weft-bench: measures schedulers side by side
 *
 * README.md says what is measured and how. This file has the command line and the command that runs one contender.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/commands.h"
#include "driver/environment.h"
#include "driver/runners.h"
#include "report.h"

static const char help_text[] =
    "Usage: weft-bench list\n"
    "       weft-bench run WORKLOAD --contender C [--workers N] [--repeat K] [--size S] [--warmup MS] [--json FILE]\n"
    "       weft-bench compare [--workload W,W] [--contender C,C] [--workers N,N] [--size S,S] [--rounds R]\n"
    "                          [--repeat K] [--warmup MS] [--json FILE]\n"
    "       weft-bench plot FILE [--output FOLDER]\n"
    "Measure schedulers side by side.\n"
    "\n"
    "  list     the workloads and contenders there are\n"
    "  run      one workload on one contender, in a process of its own\n"
    "  compare  contenders take turns, each time in a fresh process; a table with medians, quartiles and ratios\n"
    "  plot     speed-up, overhead per task, latencies and cost against number of tasks as SVG, from compare's FILE\n"
    "\n"
    "Each command has a --help. Exit code: 0 done, 1 a result was wrong or something failed, 2 wrong command line.\n";

static const char run_help_text[] =
    "Usage: weft-bench run WORKLOAD --contender C [--workers N] [--repeat K] [--size S] [--warmup MS] [--json FILE]\n"
    "Run one workload on one contender, in a process of its own.\n"
    "\n"
    "      --contender C  weft-bench list names them\n"
    "      --workers N    default: 1\n"
    "      --repeat K     timed runs; default: 5\n"
    "      --size S       of the problem; weft-bench list says what it means\n"
    "      --warmup MS    do untimed runs for so long, at least one; default: 300\n"
    "      --json FILE    write what was measured, one object a line; default: to standard output\n";

FILE *open_output(const char *path)
{
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (path != NULL && file == NULL)
        report_fail(1, "%s: cannot be written: %s", path, strerror(errno));
    return file;
}

int run_command(int count, char **values)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},          {"contender", required_argument, NULL, 'c'},
        {"workers", required_argument, NULL, 'w'}, {"repeat", required_argument, NULL, 'r'},
        {"size", required_argument, NULL, 's'},    {"warmup", required_argument, NULL, 'u'},
        {"json", required_argument, NULL, 'j'},    {NULL, 0, NULL, 0},
    };
    struct measurement measurement = {.workers = 1, .repeat = 5, .warmup_ms = 300};
    const char *path = NULL;
    int option;
    while ((option = getopt_long(count, values, ":h", options, NULL)) != -1) {
        switch (option) {
        case 'h':
            fputs(run_help_text, stdout);
            return 0;
        case 'c':
            measurement.runner = runner_find(optarg);
            break;
        case 'w':
            measurement.workers = report_number("--workers", optarg, 1, 4096);
            break;
        case 'r':
            measurement.repeat = report_number("--repeat", optarg, 1, 1000000);
            break;
        case 's':
            measurement.size = optarg;
            break;
        case 'u':
            measurement.warmup_ms = report_number("--warmup", optarg, 0, 1000000);
            break;
        case 'j':
            path = optarg;
            break;
        default:
            report_bad_option(option, values);
        }
    }
    if (optind != count - 1)
        report_fail(2, "run takes one workload; weft-bench list names them");
    if (measurement.runner == NULL)
        report_fail(2, "run needs --contender; weft-bench list names them");
    measurement.workload = values[optind];
    FILE *file = open_output(path);
    json_t *record = runner_measure(&measurement);
    if (record == NULL)
        return 1;
    json_object_set_new(record, "environment", environment_describe());
    json_dumpf(record, file ? file : stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    fputc('\n', file ? file : stdout);
    if (fclose(file ? file : stdout) != 0)
        report_fail(1, "%s: cannot be written", path ? path : "standard output");
    int exit_code = json_is_true(json_object_get(record, "ok")) ? 0 : 1;
    json_decref(record);
    return exit_code;
}

int main(int count, char **values)
{
    static const struct {
        const char *name;
        int (*run)(int count, char **values);
    } commands[] = {
        {"list", list_command},
        {"run", run_command},
        {"compare", compare_command},
        {"plot", plot_command},
    };
    if (count >= 2 && (strcmp(values[1], "--help") == 0 || strcmp(values[1], "-h") == 0)) {
        fputs(help_text, stdout);
        return 0;
    }
    for (size_t i = 0; count >= 2 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(values[1], commands[i].name) == 0)
            return commands[i].run(count - 1, values + 1);
    report_fail(2, "%s: must be list, run, compare or plot; see --help", count >= 2 ? values[1] : "no command");
}
