/*
 * os/cpus.c - how many CPUs this process may use
 *
 * A CPU quota is set on a cgroup and binds all groups below it, so the process's own group and each one above it are
 * asked, and the tightest answer counts. Where a hierarchy is mounted comes from /proc/self/mountinfo, which group is
 * ours from /proc/self/cgroup. A file that is missing or cannot be understood is no limit.
 */
#include "os/cpus.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line that is longer is read in pieces, none of which looks like a whole one. */
#define LINE_BYTES PATH_MAX
#define PATH_BYTES (2 * PATH_MAX)

/* One hierarchy of control groups that can limit the CPU. */
struct hierarchy {
    const char *type;       /* the file system's type in mountinfo */
    const char *controller; /* what its list of controllers must hold; NULL: the list must be empty */
    bool (*read)(const char *group, long long *quota_us, long long *period_us);
};

/* Reads up to two words of numbers from the file `name` in `group`; "max" reads as -1. Returns how many there were. */
static int read_numbers(const char *group, const char *name, long long *first, long long *second)
{
    char path[PATH_BYTES + 32], text[64] = "";
    snprintf(path, sizeof path, "%s/%s", group, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    bool is_read = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    if (!is_read)
        return 0;
    if (strncmp(text, "max", 3) == 0)
        *first = -1;
    else if (sscanf(text, "%lld", first) != 1)
        return 0;
    return sscanf(text, "%*s %lld", second) == 1 ? 2 : 1;
}

static bool read_v2(const char *group, long long *quota_us, long long *period_us)
{
    return read_numbers(group, "cpu.max", quota_us, period_us) == 2;
}

static bool read_v1(const char *group, long long *quota_us, long long *period_us)
{
    long long none;
    return read_numbers(group, "cpu.cfs_quota_us", quota_us, &none) >= 1 &&
           read_numbers(group, "cpu.cfs_period_us", period_us, &none) >= 1;
}

static const struct hierarchy hierarchies[] = {
    {"cgroup2", NULL, read_v2},
    {"cgroup", "cpu", read_v1},
};

/* Whether the comma-separated `list` holds `word`. */
static bool list_has(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += length)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* Opens `/proc/self/<name>` below `root`. */
static FILE *open_proc(const char *root, const char *name)
{
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/proc/self/%s", root, name);
    return fopen(path, "re");
}

/* Finds which group of the hierarchy the process is in. */
static bool find_group(const char *root, const struct hierarchy *h, char group[LINE_BYTES])
{
    char line[LINE_BYTES];
    bool found = false;
    FILE *file = open_proc(root, "cgroup");
    while (file && !found && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        controllers++;
        *path++ = '\0';
        found = h->controller ? list_has(controllers, h->controller) : *controllers == '\0';
        if (found)
            strcpy(group, path);
    }
    if (file)
        fclose(file);
    return found;
}

/* Puts back what mountinfo writes as a backslash and three octal digits: blanks, and backslashes. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        unsigned octal;
        if (*from == '\\' && sscanf(from + 1, "%3o", &octal) == 1) {
            *to = (char)octal;
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* What of `group` lies below `base`, or NULL if it is not in there. */
static const char *below(const char *group, const char *base)
{
    size_t length = strcmp(base, "/") == 0 ? 0 : strlen(base);
    if (strncmp(group, base, length) != 0 || (group[length] != '/' && group[length] != '\0'))
        return NULL;
    return strcmp(group + length, "/") == 0 ? "" : group + length;
}

/* Finds the group's folder: `path`, of which the first characters, as many as it returns, are where the hierarchy is
 * mounted. A mount that does not show the group stands in for it where no other does. Returns 0 if there is no
 * mount. */
static size_t find_folder(const char *root, const struct hierarchy *h, const char *group, char path[PATH_BYTES])
{
    char line[LINE_BYTES];
    const char *inside = NULL;
    size_t mount_length = 0;
    FILE *file = open_proc(root, "mountinfo");
    while (file && !inside && fgets(line, sizeof line, file)) {
        char *fields[5], *rest = line, *tail = strstr(line, " - ");
        for (int i = 0; i < 5; i++)
            fields[i] = strtok_r(rest, " \n", &rest);
        char *base = fields[3], *point = fields[4];
        char *type = tail && tail >= rest - 1 ? strtok_r(tail + 3, " \n", &tail) : NULL;
        char *options = type && strtok_r(NULL, " \n", &tail) ? strtok_r(NULL, " \n", &tail) : NULL;
        if (!point || !options || strcmp(type, h->type) != 0 || (h->controller && !list_has(options, h->controller)))
            continue;
        unescape(base);
        unescape(point);
        inside = below(group, base);
        if (inside || mount_length == 0) {
            mount_length = (size_t)snprintf(path, PATH_BYTES, "%s%s", root, point);
            snprintf(path + mount_length, PATH_BYTES - mount_length, "%s", inside ? inside : "");
        }
    }
    if (file)
        fclose(file);
    return mount_length;
}

/* The tightest quota in one hierarchy, from the process's group up to the mount. */
static uint32_t hierarchy_quota(const char *root, const struct hierarchy *h)
{
    char group[LINE_BYTES], path[PATH_BYTES];
    size_t mount_length = find_group(root, h, group) ? find_folder(root, h, group, path) : 0;
    uint32_t tightest = WI_CPUS_UNLIMITED;
    for (char *last = path; mount_length != 0 && last; last = strrchr(path + mount_length, '/')) {
        long long quota_us, period_us;
        if (last != path)
            *last = '\0';
        if (h->read(path, &quota_us, &period_us) && quota_us > 0 && period_us > 0) {
            long long cpus = (quota_us - 1) / period_us + 1;
            if (cpus < tightest)
                tightest = (uint32_t)cpus;
        }
    }
    return tightest;
}

uint32_t wi_cpus_quota(const char *root)
{
    uint32_t tightest = WI_CPUS_UNLIMITED;
    for (size_t i = 0; i < sizeof hierarchies / sizeof hierarchies[0]; i++) {
        uint32_t cpus = hierarchy_quota(root, &hierarchies[i]);
        if (cpus < tightest)
            tightest = cpus;
    }
    return tightest;
}

uint32_t wi_cpus_affinity(void)
{
    /* The kernel refuses a mask smaller than its own, whose size it does not tell: grow until it fits. */
    for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC(cpus);
        size_t bytes = CPU_ALLOC_SIZE(cpus);
        if (!set)
            return 1;
        int count = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 0;
        CPU_FREE(set);
        if (count > 0)
            return (uint32_t)count;
    }
    return 1;
}

uint32_t wi_cpus_usable(void)
{
    uint32_t affinity = wi_cpus_affinity();
    uint32_t quota = wi_cpus_quota("");
    return quota < affinity ? quota : affinity;
}
