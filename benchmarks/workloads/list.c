/*
 * workloads/list.c - see list.h
 */
#include "workloads/list.h"

const struct workload *const table_workloads[] = {
    &heat_workload,
    &axpy_workload,
    &uneven_workload,
    &submit_asleep_workload,
    &submit_busy_workload,
    &submit_burst_workload,
    &throughput_1_workload,
    &throughput_4_workload,
    &wake_workload,
    &idle_workload,
    &idle_busy_workload,
    &start_stop_workload,
    NULL,
};
