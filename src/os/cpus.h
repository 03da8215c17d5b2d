/*
 * os/cpus.h - how many CPUs this process may use
 *
 *   Threads   any; reads files, so not for hot paths
 *   Source    sched_getaffinity(2); the kernel's cgroup-v2.rst (cpu.max) and cgroup-v1 cpu.cfs_quota_us
 */
#ifndef WI_OS_CPUS_H
#define WI_OS_CPUS_H

#include <stdint.h>

/* No limit by a quota. */
#define WI_CPUS_UNLIMITED UINT32_MAX

/* Returns the smaller of what the affinity mask and the cgroup quota allow, at least 1. */
uint32_t wi_cpus_usable(void);

/* Returns the number of CPUs that the affinity mask of the calling thread holds, at least 1. */
uint32_t wi_cpus_affinity(void);

/* Returns how many CPUs the tightest quota of the process's cgroup and those above it is worth, rounded up, or
 * WI_CPUS_UNLIMITED. All files are looked up below `root`, which is "" but for tests. */
uint32_t wi_cpus_quota(const char *root);

#endif
