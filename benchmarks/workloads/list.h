/*
 * workloads/list.h - the list of workloads over the table of primitives
 */
#ifndef WORKLOADS_LIST_H
#define WORKLOADS_LIST_H

#include "bench.h"

extern const struct workload heat_workload, axpy_workload, uneven_workload;
extern const struct workload submit_asleep_workload, submit_busy_workload, submit_burst_workload;
extern const struct workload throughput_1_workload, throughput_4_workload;
extern const struct workload wake_workload;
extern const struct workload idle_workload, idle_busy_workload;
extern const struct workload start_stop_workload;

/* All of them, up to a NULL. */
extern const struct workload *const table_workloads[];

#endif
