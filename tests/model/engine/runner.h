/*
 * engine/runner.h - what the two halves of the program share: scenarios, and the processes that they are explored in
 */
#ifndef RUNNER_H
#define RUNNER_H

#include "engine/world.h"

extern struct mc_scenario *__start_mc_scenarios[], *__stop_mc_scenarios[];

#define SCENARIO_NAME 100

size_t scenario_count(void);
void scenario_name(const struct mc_scenario *scenario, char *name, size_t size);
const struct mc_scenario *find_scenario(const char *name);

/* Whether a name has one of the patterns in it that the program was given; any has, if it was given none. */
bool is_asked_for(const char *name);

/* What a process found out. */
struct finding {
    const struct mc_scenario *scenario;
    struct result result;
    uint64_t microseconds;
    bool is_done;
    int signal;
};

/* Explores a scenario, but no more than `limit` executions if that is not 0. */
void investigate(const struct mc_scenario *scenario, uint64_t limit, struct finding *finding);

/* Calls `body(i, ...)` for each i below `count` in a process of its own, as many at once as there are CPUs for it, and
 * then `report(i, ...)` in this one. */
void in_processes(size_t count, void (*body)(size_t i, struct finding *finding),
                  void (*report)(size_t i, const struct finding *finding));

/* Memory, all zero, that this process shares with those that it starts later. */
void *share(size_t bytes);

/* ---- mutants.c ---- */

/* Lists the mutants of the sources, in the order of the files. */
void list_mutants(void);
void print_mutants(void);

/* From now on the sources are those of the mutant with this name. False if there is none. */
bool become_mutant(const char *name);

/* Tries all that are asked for and prints the table. Returns whether it is as it should be. */
bool try_mutants(void);

#endif
