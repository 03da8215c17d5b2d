/*
 * simulate/run.c - one run with its verdict, and the checks of the simulation itself
 */
#include "run.h"

#include <inttypes.h>
#include <string.h>

#define PS_PER_S  1e12
#define PS_PER_NS UINT64_C(1000)

struct result run_one(const struct settings *settings, const struct protocol *protocol, const struct tree *tree,
                      const struct census *whole, uint32_t workers)
{
    struct result result = {.protocol = protocol, .tree = *tree, .workers = workers};
    result.outcome = simulate(settings, protocol, tree, workers);
    result.serial_s = (double)whole->work_ps / PS_PER_S;
    result.makespan_s = (double)result.outcome.makespan_ps / PS_PER_S;
    result.efficiency = result.serial_s / (workers * result.makespan_s);
    result.is_ok = !result.outcome.is_stuck && memcmp(&result.outcome.executed, whole, sizeof *whole) == 0 &&
                   result.outcome.worked_ps == whole->work_ps;
    return result;
}

/* Prints what does not hold, and for which run. */
static bool require(bool condition, const struct result *result, const char *what, FILE *file)
{
    if (!condition)
        fprintf(file, "%s, %s, %" PRIu32 " workers, size %" PRIu64 ": %s\n", result->tree.workload->name,
                result->protocol->name, result->workers, result->tree.size, what);
    return condition;
}

static bool check_run(const struct settings *settings, const struct protocol *protocol, const struct tree *tree,
                      const struct census *whole, uint32_t workers, FILE *file)
{
    struct result result = run_one(settings, protocol, tree, whole, workers);
    struct outcome again = simulate(settings, protocol, tree, workers);
    uint64_t alone_ps = whole->work_ps + whole->forks * protocol_pair_ps(protocol, &settings->costs);
    bool is_good = require(!result.outcome.is_stuck, &result, "everybody sleeps before the end", file);
    is_good &= require(result.is_ok, &result, "not each node was executed exactly once, or not for its time", file);
    is_good &= require(result.efficiency <= 1, &result, "the efficiency is above 1", file);
    is_good &= require(workers > 1 || result.outcome.makespan_ps == alone_ps, &result,
                       "one worker does not take the serial time and the cost of the forks", file);
    is_good &= require(memcmp(&result.outcome, &again, sizeof again) == 0, &result, "a second run differs", file);
    return is_good;
}

bool run_checks(const struct settings *settings, FILE *file)
{
    static const uint32_t workers[] = {1, 2, 3, 8, 33, 128};
    struct settings here = *settings;
    unsigned runs = 0, failed = 0;
    for (unsigned start = 0; start < 2; start++) {
        here.is_awake = start == 1;
        for (const struct workload *w = workloads; w->name != NULL; w++) {
            struct tree tree = {w, w->check_size, w->work_ns * PS_PER_NS, settings->seed};
            struct census whole = census_of(&tree);
            for (const struct protocol *p = protocols; p->name != NULL; p++)
                for (unsigned i = 0; i < sizeof workers / sizeof *workers; i++, runs++)
                    failed += !check_run(&here, p, &tree, &whole, workers[i], file);
        }
    }
    fprintf(file, "%u runs, %u failed\n", runs, failed);
    return failed == 0;
}
