/*
 * workloads/table.c - the list of workloads over the table of primitives
 */
#include "bench.h"

const struct workload *const table_workloads[] = {NULL};
