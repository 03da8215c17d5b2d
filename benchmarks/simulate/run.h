/*
 * simulate/run.h - one run with its verdict, and the checks of the simulation itself
 */
#ifndef SIMULATE_RUN_H
#define SIMULATE_RUN_H

#include "report.h"

/* Simulates one run, and compares what was executed with `whole`, the census of the tree. */
struct result run_one(const struct settings *settings, const struct protocol *protocol, const struct tree *tree,
                      const struct census *whole, uint32_t workers);

/* Runs all protocols on small trees of all workloads, and prints each property that does not hold. Returns whether all
 * do: each node is executed exactly once and takes its time, nobody sleeps for ever, one worker takes the serial time
 * and what the forks cost, no efficiency is above 1, and a run can be repeated. */
bool run_checks(const struct settings *settings, FILE *file);

#endif
