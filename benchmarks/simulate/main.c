/*
 * simulate/main.c - weft-simulate: work stealing on workers that this machine does not have
 */
#include <inttypes.h>
#include <stdlib.h>

#include "measure.h"
#include "memory.h"
#include "options.h"
#include "run.h"

#define PS_PER_NS UINT64_C(1000)

static struct tree tree_of(const struct options *options, const struct workload *workload)
{
    return (struct tree){
        .workload = workload,
        .size = options->size > 0 ? options->size : workload->size,
        .work_ps = options->work_ps > 0 ? options->work_ps : workload->work_ns * PS_PER_NS,
        .seed = options->settings.seed,
    };
}

static int run_all(const struct options *options)
{
    struct result *results = NULL;
    size_t count = 0, capacity = 0, failed = 0;
    printf("seed %" PRIu64 "\n", options->settings.seed);
    report_heading(stdout);
    for (const struct workload *const *w = options->workloads; *w != NULL; w++) {
        struct tree tree = tree_of(options, *w);
        struct census whole = census_of(&tree);
        for (const struct protocol *const *p = options->protocols; *p != NULL; p++) {
            for (const uint32_t *n = options->workers; *n != 0; n++) {
                results = memory_room(results, count, &capacity, sizeof *results);
                struct result *result = &results[count++];
                *result = run_one(&options->settings, *p, &tree, &whole, *n);
                report_result(result, stdout);
                fflush(stdout);
                if (options->json != NULL)
                    report_json(result, &options->settings, options->json);
                failed += !result->is_ok;
            }
        }
    }
    report_efficiency(results, count, stdout);
    if (options->plot != NULL)
        report_plot(results, count, options->plot);
    if (options->json != NULL && fclose(options->json) != 0)
        report_fatal("the JSON could not be written");
    memory_free(results);
    return failed > 0;
}

int main(int count, char **arguments)
{
    struct options options;
    options_parse(count, arguments, &options);
    switch (options.command) {
    case COMMAND_RUN:
        return run_all(&options);
    case COMMAND_CHECK:
        return run_checks(&options.settings, stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
    case COMMAND_MEASURE:
        measure(stdout);
        return EXIT_SUCCESS;
    case COMMAND_LIST:
        options_list(stdout);
        return EXIT_SUCCESS;
    default:
        options_help(stdout);
        return EXIT_SUCCESS;
    }
}
