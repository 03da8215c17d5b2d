/*
 * os/cluster.h - which CPUs are near to each other
 *
 * A cluster is the CPUs that share their last cache: what one of them has written reaches another without a way through
 * memory or over a bus between chips. A cluster's number is that of the first CPU in it.
 *
 *   Threads   any; the first wi_cluster_here() reads files, later ones cost a few nanoseconds
 *   Source    the kernel's ABI/sysfs-devices-system-cpu: cache/index*, level and shared_cpu_list; getcpu(2)
 */
#ifndef WI_OS_CLUSTER_H
#define WI_OS_CLUSTER_H

#include <stdint.h>

/* All CPUs are one cluster, or nothing is known of it. */
#define WI_CLUSTER_ANY UINT32_MAX

/* Returns the cluster that the calling thread is in at this moment, or WI_CLUSTER_ANY. */
uint32_t wi_cluster_here(void);

/* Reads the clusters of CPUs 0 to `count` - 1 into `clusters`, WI_CLUSTER_ANY for a CPU that is not known. Returns how
 * many there are. All files are looked up below `root`, which is "" but for tests. */
uint32_t wi_cluster_read(const char *root, uint32_t *clusters, uint32_t count);

#endif
