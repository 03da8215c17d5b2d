/*
 * unit/test_cpus.c - CPUs that a process may use
 *
 * Quotas are read from trees of files that each test makes for itself, as the kernel would show them.
 */
#include <criterion/criterion.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/cpus.h"
#include "support/tree.h"

/* Lines of mountinfo, for mounts that show the hierarchy from the group `base` on. */
#define OTHER_MOUNTS                                                                                                   \
    "22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw\n"                                                         \
    "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n"                                                          \
    "28 23 0:24 / /sys/fs/cgroup/cpuset rw,nosuid shared:6 - cgroup cgroup rw,cpuset\n"                                \
    "29 23 0:25 / /sys/fs/cgroup/cpuacct rw,nosuid shared:7 - cgroup cgroup rw,cpuacct\n"
#define V2_MOUNT(base) "31 23 0:27 " base " /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_MOUNT(base) "33 23 0:30 " base " /sys/fs/cgroup/cpu rw,nosuid shared:11 - cgroup cgroup rw,cpu,cpuacct\n"
#define HYBRID_MOUNT   "41 23 0:38 / /sys/fs/cgroup/unified rw,nosuid shared:12 - cgroup2 cgroup2 rw\n"

#define LETTERS 100000

TestSuite(cpus, .init = tree_make, .fini = tree_remove);

/* A directory where a file is expected. */
static void put_directory(const char *name)
{
    char *path = tree_path(name);
    cr_assert_eq(mkdir(path, 0700), 0);
    free(path);
}

static void erase(const char *name)
{
    char *path = tree_path(name);
    cr_assert_eq(remove(path), 0);
    free(path);
}

static void put_process(const char *groups, const char *mounts)
{
    tree_put("proc/self/cgroup", groups);
    tree_put("proc/self/mountinfo", mounts);
}

/* Sets the quota of a group, which is "" for that which is mounted. */
static void put_v2(const char *group, const char *text)
{
    char name[256];
    snprintf(name, sizeof name, "sys/fs/cgroup%s/cpu.max", group);
    tree_put(name, text);
}

static void put_v1(const char *group, const char *quota_us, const char *period_us)
{
    char name[256];
    snprintf(name, sizeof name, "sys/fs/cgroup/cpu%s/cpu.cfs_quota_us", group);
    tree_put(name, quota_us);
    snprintf(name, sizeof name, "sys/fs/cgroup/cpu%s/cpu.cfs_period_us", group);
    tree_put(name, period_us);
}

static void assert_quota(uint32_t cpus)
{
    cr_assert_eq(wi_cpus_quota(tree_root), cpus, "%u instead of %u", (unsigned)wi_cpus_quota(tree_root),
                 (unsigned)cpus);
}

/* The affinity mask. */

static cpu_set_t mask(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    cr_assert_eq(sched_getaffinity(0, sizeof set, &set), 0);
    return set;
}

Test(cpus, affinity_is_what_the_mask_holds)
{
    cpu_set_t set = mask();
    cr_assert_eq(wi_cpus_affinity(), (uint32_t)CPU_COUNT(&set));
    cr_assert_geq(wi_cpus_affinity(), 1);
}

Test(cpus, affinity_to_any_one_cpu_is_one)
{
    cpu_set_t all = mask();
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &all))
            continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
        cr_assert_eq(wi_cpus_affinity(), 1);
        cr_assert_eq(wi_cpus_usable(), 1);
    }
    cr_assert_eq(sched_setaffinity(0, sizeof all, &all), 0);
    cr_assert_eq(wi_cpus_affinity(), (uint32_t)CPU_COUNT(&all));
}

Test(cpus, usable_is_the_smaller_of_affinity_and_quota)
{
    uint32_t affinity = wi_cpus_affinity(), quota = wi_cpus_quota("");
    cr_assert_eq(wi_cpus_usable(), affinity < quota ? affinity : quota);
    cr_assert_geq(wi_cpus_usable(), 1);
}

/* Quotas of cgroup v2. */

Test(cpus, v2_quota_of_the_own_group)
{
    put_process("0::/user/app\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_v2("/user/app", "200000 100000\n");
    assert_quota(2);
}

Test(cpus, v2_quota_of_a_group_above_counts_where_it_is_tighter)
{
    put_process("0::/a/b/c\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_v2("/a/b/c", "400000 100000\n");
    put_v2("/a/b", "max 100000\n");
    put_v2("/a", "300000 100000\n");
    assert_quota(3);
    put_v2("/a/b", "200000 100000\n");
    assert_quota(2);
    put_v2("/a/b/c", "100000 100000\n");
    assert_quota(1);
}

Test(cpus, v2_quota_of_the_mounted_group_counts)
{
    /* In a container with a namespace of its own, the limit is where the mount is. */
    put_process("0::/\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_v2("", "300000 100000\n");
    assert_quota(3);
    put_process("0::/a/b\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_v2("/a/b", "400000 100000\n");
    assert_quota(3);
}

Test(cpus, v2_quota_of_another_group_does_not_count)
{
    put_process("0::/a/b\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_v2("/a/b", "400000 100000\n");
    put_v2("/a/b/c", "100000 100000\n");
    put_v2("/a/d", "100000 100000\n");
    put_v2("/b", "100000 100000\n");
    tree_put("sys/fs/cpu.max", "100000 100000\n");
    tree_put("cpu.max", "100000 100000\n");
    assert_quota(4);
}

Test(cpus, v2_max_is_no_limit)
{
    put_process("0::/a\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_v2("/a", "max 100000\n");
    put_v2("", "max 100000\n");
    assert_quota(WI_CPUS_UNLIMITED);
}

Test(cpus, a_quota_is_rounded_up)
{
    static const struct {
        const char *text;
        uint32_t cpus;
    } quotas[] = {{"1000 100000\n", 1},
                  {"50000 100000\n", 1},
                  {"99999 100000\n", 1},
                  {"100000 100000\n", 1},
                  {"100001 100000\n", 2},
                  {"150000 100000\n", 2},
                  {"200000 100000\n", 2},
                  {"200001 100000\n", 3},
                  {"250000 100000\n", 3},
                  {"1 1000000\n", 1},
                  {"1 1\n", 1},
                  {"7 2\n", 4},
                  {"6400000 100000\n", 64},
                  {"10000 1000\n", 10},
                  {"1000000 1000000\n", 1},
                  {"150000 100000", 2},
                  {"4294967294 1\n", UINT32_MAX - 1}};
    put_process("0::/a\n", OTHER_MOUNTS V2_MOUNT("/"));
    for (size_t i = 0; i < sizeof quotas / sizeof quotas[0]; i++) {
        put_v2("/a", quotas[i].text);
        cr_assert_eq(wi_cpus_quota(tree_root), quotas[i].cpus, "%s", quotas[i].text);
    }
}

Test(cpus, a_quota_that_32_bits_cannot_hold_is_no_limit)
{
    static const char *const texts[] = {"4294967295 1\n", "4294967296 1\n", "4294967297 1\n", "9223372036854775807 1\n",
                                        "99999999999999999999999 1\n"};
    put_process("0::/a\n", OTHER_MOUNTS V2_MOUNT("/"));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put_v2("/a", texts[i]);
        cr_assert_eq(wi_cpus_quota(tree_root), WI_CPUS_UNLIMITED, "%s", texts[i]);
    }
}

/* Quotas of cgroup v1. */

Test(cpus, v1_quota_of_the_own_group)
{
    put_process("5:cpuset:/\n4:cpu,cpuacct:/a/b\n1:name=systemd:/c\n", OTHER_MOUNTS V1_MOUNT("/"));
    put_v1("/a/b", "250000\n", "100000\n");
    put_v1("/c", "100000\n", "100000\n");
    put_v1("", "-1\n", "100000\n");
    assert_quota(3);
}

Test(cpus, v1_quota_of_a_group_above_counts_where_it_is_tighter)
{
    put_process("4:cpu,cpuacct:/a/b\n", OTHER_MOUNTS V1_MOUNT("/"));
    put_v1("/a/b", "400000\n", "100000\n");
    put_v1("/a", "300000\n", "100000\n");
    assert_quota(3);
    put_v1("", "100000\n", "50000\n");
    assert_quota(2);
}

Test(cpus, v1_minus_one_is_no_limit)
{
    put_process("4:cpu,cpuacct:/a\n", OTHER_MOUNTS V1_MOUNT("/"));
    put_v1("/a", "-1\n", "100000\n");
    put_v1("", "-1\n", "100000\n");
    assert_quota(WI_CPUS_UNLIMITED);
}

Test(cpus, v1_controllers_may_stand_in_any_order)
{
    static const char *const groups[] = {"4:cpu:/a\n", "4:cpuacct,cpu:/a\n", "4:cpuset,cpu,cpuacct:/a\n",
                                         "6:cpuset:/x\n5:cpuacct:/x\n4:cpu:/a\n"};
    static const char *const options[] = {"rw,cpu", "rw,cpuacct,cpu", "cpu", "rw,cpuset,cpu,cpuacct"};
    put_v1("/a", "200000\n", "100000\n");
    put_v1("/x", "100000\n", "100000\n");
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        char mounts[1024];
        snprintf(mounts, sizeof mounts, "%s33 23 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup %s\n", OTHER_MOUNTS,
                 options[i]);
        put_process(groups[i], mounts);
        cr_assert_eq(wi_cpus_quota(tree_root), 2, "%s", groups[i]);
    }
}

Test(cpus, v1_controllers_with_longer_names_are_others)
{
    put_process("5:cpuset:/a\n4:cpuacct:/a\n3:xcpu:/a\n", OTHER_MOUNTS V1_MOUNT("/"));
    put_v1("/a", "100000\n", "100000\n");
    assert_quota(WI_CPUS_UNLIMITED);
    put_process("4:cpu:/a\n", OTHER_MOUNTS);
    tree_put("sys/fs/cgroup/cpuset/a/cpu.cfs_quota_us", "100000\n");
    tree_put("sys/fs/cgroup/cpuset/a/cpu.cfs_period_us", "100000\n");
    assert_quota(WI_CPUS_UNLIMITED);
}

Test(cpus, v1_half_of_a_quota_is_no_limit)
{
    put_process("4:cpu,cpuacct:/a\n", OTHER_MOUNTS V1_MOUNT("/"));
    tree_put("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "100000\n");
    assert_quota(WI_CPUS_UNLIMITED);
    erase("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us");
    tree_put("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
    assert_quota(WI_CPUS_UNLIMITED);
}

/* Both versions side by side. */

Test(cpus, with_both_versions_the_tighter_counts)
{
    put_process("4:cpu,cpuacct:/one\n0::/two\n", OTHER_MOUNTS V1_MOUNT("/") V2_MOUNT("/"));
    put_v1("/one", "300000\n", "100000\n");
    put_v2("/two", "200000 100000\n");
    assert_quota(2);
    put_v2("/two", "500000 100000\n");
    assert_quota(3);
    put_v2("/two", "max 100000\n");
    assert_quota(3);
    put_v1("/one", "-1\n", "100000\n");
    put_v2("/two", "500000 100000\n");
    assert_quota(5);
}

Test(cpus, in_a_hybrid_system_v2_has_no_quota)
{
    put_process("4:cpu,cpuacct:/a\n1:name=systemd:/a\n0::/a\n", OTHER_MOUNTS HYBRID_MOUNT V1_MOUNT("/"));
    tree_put("sys/fs/cgroup/unified/a/cgroup.procs", "1\n");
    put_v1("/a", "300000\n", "100000\n");
    assert_quota(3);
    put_v1("/a", "-1\n", "100000\n");
    assert_quota(WI_CPUS_UNLIMITED);
}

/* Mounts that show only a part of the groups. */

Test(cpus, a_mount_may_begin_at_the_own_group)
{
    put_process("0::/docker/x\n", OTHER_MOUNTS V2_MOUNT("/docker/x"));
    put_v2("", "200000 100000\n");
    put_v2("/docker/x", "100000 100000\n");
    assert_quota(2);
    put_process("4:cpu,cpuacct:/docker/x\n", OTHER_MOUNTS V1_MOUNT("/docker/x"));
    put_v1("", "300000\n", "100000\n");
    put_v1("/docker/x", "100000\n", "100000\n");
    assert_quota(3);
}

Test(cpus, a_mount_may_begin_above_the_own_group)
{
    put_process("0::/docker/x/a/b\n", OTHER_MOUNTS V2_MOUNT("/docker/x"));
    put_v2("/a/b", "200000 100000\n");
    put_v2("/a", "400000 100000\n");
    put_v2("", "300000 100000\n");
    assert_quota(2);
    put_v2("/a/b", "max 100000\n");
    assert_quota(3);
}

Test(cpus, a_group_outside_of_the_mount_leaves_the_mounted_one)
{
    /* "/docker/xy" is not below "/docker/x", though it begins so. */
    static const char *const groups[] = {"0::/other/y\n", "0::/docker/xy\n", "0::/docker/q/y\n", "0::/docker\n",
                                         "0::/\n"};
    put_v2("", "300000 100000\n");
    put_v2("/y", "100000 100000\n");
    put_v2("/other/y", "100000 100000\n");
    put_v2("/docker/xy", "100000 100000\n");
    tree_put("sys/fs/cgroupy/cpu.max", "100000 100000\n");
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        put_process(groups[i], OTHER_MOUNTS V2_MOUNT("/docker/x"));
        cr_assert_eq(wi_cpus_quota(tree_root), 3, "%s", groups[i]);
    }
}

Test(cpus, a_group_outside_of_the_namespace_leaves_the_mounted_one)
{
    /* So the kernel shows a group that is not below the namespace's own. */
    put_process("0::/../other\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_v2("", "300000 100000\n");
    assert_quota(3);
    put_process("0::/\n", OTHER_MOUNTS V2_MOUNT("/../.."));
    assert_quota(3);
}

Test(cpus, a_mount_that_shows_the_group_comes_before_one_that_does_not)
{
    put_process("0::/s/sub\n", OTHER_MOUNTS "30 23 0:27 /other /mnt rw - cgroup2 cgroup2 rw\n" V2_MOUNT("/s"));
    tree_put("mnt/cpu.max", "300000 100000\n");
    put_v2("/sub", "100000 100000\n");
    assert_quota(1);
}

Test(cpus, names_that_mountinfo_escapes_are_understood)
{
    put_process("0::/s/a\\x2d b/sub\n", OTHER_MOUNTS V2_MOUNT("/s/a\\134x2d\\040b"));
    put_v2("/sub", "100000 100000\n");
    assert_quota(1);
}

Test(cpus, a_group_that_is_gone_leaves_those_above)
{
    put_process("0::/a/b (deleted)\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_v2("/a", "200000 100000\n");
    assert_quota(2);
}

Test(cpus, a_group_may_have_odd_characters)
{
    put_process("0::/a b/c:d,cpu/e\\x2df\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_v2("/a b/c:d,cpu/e\\x2df", "200000 100000\n");
    assert_quota(2);
    put_process("4:cpu,cpuacct:/a b/c:cpu:d\n", OTHER_MOUNTS V1_MOUNT("/"));
    put_v1("/a b/c:cpu:d", "300000\n", "100000\n");
    assert_quota(3);
}

Test(cpus, a_mount_may_be_anywhere_and_have_any_number_of_tags)
{
    static const char *const tags[] = {"", "shared:1 ", "shared:1 master:2 ", "shared:1 master:2 propagate_from:3 x "};
    put_process("0::/a\n", "");
    tree_put("mnt/groups/a/cpu.max", "200000 100000\n");
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        char mounts[256];
        snprintf(mounts, sizeof mounts, "31 23 0:27 / /mnt/groups rw %s- cgroup2 none rw\n", tags[i]);
        tree_put("proc/self/mountinfo", mounts);
        cr_assert_eq(wi_cpus_quota(tree_root), 2, "%s", mounts);
    }
}

/* Files that are missing, or cannot be understood. */

Test(cpus, empty_trees_have_no_limit)
{
    assert_quota(WI_CPUS_UNLIMITED);
    cr_assert_eq(wi_cpus_quota("/no/such/root"), WI_CPUS_UNLIMITED);
    put_v2("", "100000 100000\n");
    assert_quota(WI_CPUS_UNLIMITED);
    tree_put("proc/self/cgroup", "0::/\n");
    assert_quota(WI_CPUS_UNLIMITED);
    erase("proc/self/cgroup");
    tree_put("proc/self/mountinfo", V2_MOUNT("/"));
    assert_quota(WI_CPUS_UNLIMITED);
    tree_put("proc/self/cgroup", "0::/\n");
    assert_quota(1);
}

Test(cpus, a_group_without_files_has_no_limit)
{
    put_process("4:cpu:/a\n0::/a\n", OTHER_MOUNTS V1_MOUNT("/") V2_MOUNT("/"));
    assert_quota(WI_CPUS_UNLIMITED);
}

Test(cpus, malformed_quotas_are_no_limit)
{
    static const char *const texts[] = {"",           "\n",       " ",        "max",          "max\n",
                                        "max x\n",    "100000",   "100000\n", "100000 \n",    "100000 x\n",
                                        "x 100000\n", "x\n",      "100000 0", "100000 -1\n",  "0 100000\n",
                                        "-1 100000",  "-1 -1\n",  "0 0\n",    "\n100000 1\n", "\xff\xfe 1\n",
                                        "maximum\n",  "- 100000", ", 100000", "minus one\n"};
    put_process("4:cpu:/a\n0::/a\n", OTHER_MOUNTS V1_MOUNT("/") V2_MOUNT("/"));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put_v2("/a", texts[i]);
        cr_assert_eq(wi_cpus_quota(tree_root), WI_CPUS_UNLIMITED, "\"%s\"", texts[i]);
    }
    static const char *const numbers[] = {"", "\n", "x\n", "0\n", "-1\n", "-100000\n", "max\n", "\xff\n"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        put_v1("/a", numbers[i], "100000\n");
        cr_assert_eq(wi_cpus_quota(tree_root), WI_CPUS_UNLIMITED, "quota \"%s\"", numbers[i]);
        put_v1("/a", "100000\n", numbers[i]);
        cr_assert_eq(wi_cpus_quota(tree_root), WI_CPUS_UNLIMITED, "period \"%s\"", numbers[i]);
    }
}

Test(cpus, a_malformed_quota_leaves_those_above)
{
    put_process("0::/a/b\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_v2("/a/b", "garbage\n");
    put_v2("/a", "200000 100000\n");
    assert_quota(2);
}

Test(cpus, malformed_groups_are_no_limit)
{
    static const char *const groups[] = {"", "\n", "0\n", "0:\n", ":\n", "0:/\n", "::", "garbage", "\xff\xfe\n\n\n"};
    put_v1("", "100000\n", "100000\n");
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        put_process(groups[i], OTHER_MOUNTS V1_MOUNT("/"));
        cr_assert_eq(wi_cpus_quota(tree_root), WI_CPUS_UNLIMITED, "\"%s\"", groups[i]);
    }
}

Test(cpus, malformed_mounts_are_no_limit)
{
    static const char *const mounts[] = {
        "",
        "\n",
        " - \n",
        " - cgroup2 cgroup2 rw\n",
        "31 - cgroup2 cgroup2 rw\n",
        "31 23 0:27 / - cgroup2 cgroup2 rw\n",
        "31 23 0:27 / /sys/fs/cgroup rw\n",
        "31 23 0:27 / /sys/fs/cgroup rw -\n",
        "31 23 0:27 / /sys/fs/cgroup rw - cgroup2\n",
        "31 23 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2\n",
        "31 23 0:27 / /sys/fs/cgroup rw - cgroup22 cgroup2 rw\n",
        "31 23 0:27 / /sys/fs/cgroup rw - cgroup cgroup rw,cpux\n",
        "31 23 0:27 / /sys/fs/cgroup rw cgroup2 cgroup2 rw\n",
        "\xff\xfe\n - \n - - -\n",
    };
    put_v2("/a", "100000 100000\n");
    put_v2("", "100000 100000\n");
    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        put_process("4:cpu:/a\n0::/a\n", mounts[i]);
        cr_assert_eq(wi_cpus_quota(tree_root), WI_CPUS_UNLIMITED, "%s", mounts[i]);
    }
}

Test(cpus, good_lines_are_found_among_malformed_ones)
{
    put_process("garbage\n\n:\n0::/a\n", "garbage\n\n - \n31 23 - x y z\n" V2_MOUNT("/"));
    put_v2("/a", "200000 100000\n");
    assert_quota(2);
}

Test(cpus, zero_bytes_are_no_limit)
{
    static const char zeros[100];
    put_process("0::/a\n", OTHER_MOUNTS V2_MOUNT("/"));
    tree_put_bytes("sys/fs/cgroup/a/cpu.max", zeros, sizeof zeros);
    assert_quota(WI_CPUS_UNLIMITED);
    tree_put_bytes("proc/self/cgroup", zeros, sizeof zeros);
    assert_quota(WI_CPUS_UNLIMITED);
    tree_put_bytes("proc/self/mountinfo", zeros, sizeof zeros);
    assert_quota(WI_CPUS_UNLIMITED);
}

Test(cpus, all_files_are_closed_again)
{
    int before = dup(0);
    cr_assert_geq(before, 0);
    close(before);
    put_process("4:cpu:/a\n0::/a\n", OTHER_MOUNTS V1_MOUNT("/") V2_MOUNT("/"));
    put_v1("/a", "", "");
    put_v1("", "300000\n", "100000\n");
    put_v2("/a", "");
    put_v2("", "200000 100000\n");
    assert_quota(2);
    put_process("", "");
    assert_quota(WI_CPUS_UNLIMITED);
    int after = dup(0);
    close(after);
    cr_assert_eq(after, before);
}

Test(cpus, directories_in_place_of_files_are_no_limit)
{
    put_process("0::/a\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_directory("sys/fs/cgroup/a/cpu.max");
    assert_quota(WI_CPUS_UNLIMITED);
    erase("proc/self/cgroup");
    put_directory("proc/self/cgroup");
    assert_quota(WI_CPUS_UNLIMITED);
    erase("proc/self/mountinfo");
    put_directory("proc/self/mountinfo");
    assert_quota(WI_CPUS_UNLIMITED);
}

/* Puts `before`, then a hundred thousand letters, then `after`, into the file `name`. */
static void put_long(const char *name, const char *before, const char *after)
{
    size_t first = strlen(before), last = strlen(after);
    char *text = malloc(first + LETTERS + last);
    cr_assert_not_null(text);
    memcpy(text, before, first);
    memset(text + first, 'a', LETTERS);
    memcpy(text + first + LETTERS, after, last);
    tree_put_bytes(name, text, first + LETTERS + last);
    free(text);
}

Test(cpus, lines_of_any_length_do_no_harm)
{
    put_process("0::/a\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_long("proc/self/cgroup", "0::/", "\n");
    assert_quota(WI_CPUS_UNLIMITED);
    put_long("proc/self/cgroup", "", "");
    assert_quota(WI_CPUS_UNLIMITED);
    put_long("proc/self/cgroup", "4:", "\n0::/a\n");
    put_v2("/a", "200000 100000\n");
    assert_quota(2);
    put_long("proc/self/mountinfo", "31 23 0:27 /", " /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    wi_cpus_quota(tree_root);
    put_long("proc/self/mountinfo", "31 23 0:27 / /", " rw - cgroup2 cgroup2 rw\n");
    wi_cpus_quota(tree_root);
    put_long("proc/self/mountinfo", "31 23 0:27 / /sys/fs/cgroup rw - ", " cgroup2 rw\n");
    assert_quota(WI_CPUS_UNLIMITED);
    put_long("proc/self/mountinfo", "31 23 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 ", "\n");
    assert_quota(2);
    put_process("0::/a\n", OTHER_MOUNTS V2_MOUNT("/"));
    put_long("sys/fs/cgroup/a/cpu.max", "", " 100000\n");
    assert_quota(WI_CPUS_UNLIMITED);
    put_long("sys/fs/cgroup/a/cpu.max", "200000 100000 ", "\n");
    assert_quota(2);
}
