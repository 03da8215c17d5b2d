/*
 * unit/test_cluster.c - CPUs that share their last cache
 *
 * Machines are trees of files that each test makes for itself, as the kernel would show them.
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>

#include "os/cluster.h"
#include "support/tree.h"

#define CPUS 6

TestSuite(cluster, .init = tree_make, .fini = tree_remove);

static void put_cache(uint32_t cpu, uint32_t cache, const char *level, const char *shared)
{
    char name[256];
    snprintf(name, sizeof name, "sys/devices/system/cpu/cpu%u/cache/index%u/level", cpu, cache);
    tree_put(name, level);
    snprintf(name, sizeof name, "sys/devices/system/cpu/cpu%u/cache/index%u/shared_cpu_list", cpu, cache);
    tree_put(name, shared);
}

/* Compares what is read of CPUs 0 to 5 with `expected`. */
static void assert_clusters(const uint32_t expected[CPUS], uint32_t count)
{
    uint32_t clusters[CPUS];
    cr_assert_eq(wi_cluster_read(tree_root, clusters, CPUS), count);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        cr_assert_eq(clusters[cpu], expected[cpu], "CPU %u is in %u", (unsigned)cpu, (unsigned)clusters[cpu]);
}

Test(cluster, two_chips_are_two_clusters)
{
    static const char *own[] = {"0\n", "1\n", "2\n", "3\n", "4\n", "5\n"};
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        put_cache(cpu, 0, "1\n", own[cpu]);
        put_cache(cpu, 1, "2\n", own[cpu]);
        put_cache(cpu, 2, "3\n", cpu < 3 ? "0-2\n" : "3-5\n");
    }
    assert_clusters((const uint32_t[CPUS]){0, 0, 0, 3, 3, 3}, 2);
}

Test(cluster, numbers_need_not_be_in_a_row)
{
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        put_cache(cpu, 0, "2\n", cpu % 2 == 0 ? "0,2,4\n" : "1,3,5\n");
    assert_clusters((const uint32_t[CPUS]){0, 1, 0, 1, 0, 1}, 2);
}

Test(cluster, the_last_cache_counts_wherever_it_is_listed)
{
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        put_cache(cpu, 0, "3\n", "0-5\n");
        put_cache(cpu, 1, "1\n", cpu < 3 ? "0-2\n" : "3-5\n");
    }
    assert_clusters((const uint32_t[CPUS]){0, 0, 0, 0, 0, 0}, 1);
}

Test(cluster, what_cannot_be_read_is_not_known)
{
    put_cache(0, 0, "3\n", "0-5\n");
    put_cache(1, 0, "three\n", "0-5\n");
    put_cache(2, 0, "3\n", "\n");
    put_cache(3, 0, "1\n", "3\n");
    put_cache(3, 1, "3\n", "x\n");
    assert_clusters((const uint32_t[CPUS]){0, WI_CLUSTER_ANY, WI_CLUSTER_ANY, 3, WI_CLUSTER_ANY, WI_CLUSTER_ANY}, 2);
}

Test(cluster, no_files_are_no_clusters)
{
    assert_clusters((const uint32_t[CPUS]){WI_CLUSTER_ANY, WI_CLUSTER_ANY, WI_CLUSTER_ANY, WI_CLUSTER_ANY,
                                           WI_CLUSTER_ANY, WI_CLUSTER_ANY},
                    0);
}

Test(cluster, this_thread_is_in_one_that_this_machine_has)
{
    uint32_t clusters[1024];
    uint32_t count = wi_cluster_read("", clusters, 1024);
    uint32_t here = wi_cluster_here();
    cr_assert_eq(here == WI_CLUSTER_ANY, count < 2);
    cr_assert(here == WI_CLUSTER_ANY || here < 1024);
}
