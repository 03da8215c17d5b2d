/*
 * driver/list.c - weft-bench list: what can be measured, and on what
 */
#include "driver/commands.h"
#include "driver/runners.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

/* Whether a contender before this one offers the workload, too. */
static bool was_offered(size_t runner, const char *workload)
{
    for (size_t i = 0; i < runner; i++)
        if (runners[i].is_built && runner_offer(&runners[i], workload) != NULL)
            return true;
    return false;
}

int list_command(int count, char **values)
{
    if (count == 2 && strcmp(values[1], "--help") == 0) {
        puts("Usage: weft-bench list\nPrint the contenders, with what they can run, and the workloads.");
        return 0;
    }
    if (count > 1)
        report_fail(2, "%s: list takes no arguments", values[1]);
    puts("Contenders:");
    for (size_t i = 0; i < runner_count; i++) {
        if (!runners[i].is_built) {
            printf("  %-12s left out: install %s and configure again\n", runners[i].name, runners[i].package);
            continue;
        }
        printf("  %-12s", runners[i].name);
        for (const struct offer *offer = runner_offers(&runners[i]); offer->what != NULL; offer++)
            printf(" %s", offer->name);
        putchar('\n');
    }
    puts("\nWorkloads:");
    for (size_t i = 0; i < runner_count; i++)
        for (const struct offer *offer = runners[i].is_built ? runner_offers(&runners[i]) : NULL;
             offer != NULL && offer->what != NULL; offer++)
            if (!was_offered(i, offer->name))
                printf("  %-16s %s\n  %-16s --size: %s; default: %s\n", offer->name, offer->what, "", offer->size_what,
                       offer->size);
    return 0;
}
