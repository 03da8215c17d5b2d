/*
 * os/cluster.c - which CPUs are near to each other
 *
 * Who touches what
 *   clusters, known, is_one   the first wi_cluster_here(), under pthread_once; all read them afterwards
 */
#include "os/cluster.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* CPUs beyond that are in no cluster that is known. */
#define CPUS_MOST 1024

/* Caches of one CPU that sysfs may list; there are 3 to 5. */
#define CACHES_MOST 16

static uint32_t clusters[CPUS_MOST];
static int known;
static bool is_one;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Reads the first number of a file that tells something about a cache. */
static bool read_number(const char *root, uint32_t cpu, uint32_t cache, const char *name, uint32_t *number)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/sys/devices/system/cpu/cpu%u/cache/index%u/%s", root, cpu, cache, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool is_read = fscanf(file, "%u", number) == 1;
    fclose(file);
    return is_read;
}

/* The first CPU of those that share the last cache with `cpu`. */
static uint32_t read_one(const char *root, uint32_t cpu)
{
    uint32_t level, first, last_level = 0, cluster = WI_CLUSTER_ANY;
    for (uint32_t cache = 0; cache < CACHES_MOST && read_number(root, cpu, cache, "level", &level); cache++)
        if (level > last_level && read_number(root, cpu, cache, "shared_cpu_list", &first)) {
            last_level = level;
            cluster = first;
        }
    return cluster;
}

uint32_t wi_cluster_read(const char *root, uint32_t *result, uint32_t count)
{
    uint32_t found = 0;
    for (uint32_t cpu = 0; cpu < count; cpu++) {
        result[cpu] = read_one(root, cpu);
        found += result[cpu] == cpu;
    }
    return found;
}

static void read_all(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    known = cpus < 0 ? 0 : cpus > CPUS_MOST ? CPUS_MOST : (int)cpus;
    is_one = wi_cluster_read("", clusters, (uint32_t)known) < 2;
}

uint32_t wi_cluster_here(void)
{
    pthread_once(&once, read_all);
    if (is_one)
        return WI_CLUSTER_ANY;
    int cpu = sched_getcpu();
    return cpu >= 0 && cpu < known ? clusters[cpu] : WI_CLUSTER_ANY;
}
