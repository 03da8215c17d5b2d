/*
 * driver/environment.c - see environment.h
 */
#include "driver/environment.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <commit.h>

static void read_cpu_model(char *model, size_t bytes)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(model, bytes, "unknown");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *value = strstr(line, ": ");
        if (strncmp(line, "model name", 10) != 0 || value == NULL)
            continue;
        snprintf(model, bytes, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
        break;
    }
    if (file != NULL)
        fclose(file);
}

json_t *environment_describe(void)
{
    char model[128], date[32];
    struct utsname system;
    time_t now = time(NULL);
    uname(&system);
    read_cpu_model(model, sizeof model);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s}", "cpu", model, "cpus", (int)sysconf(_SC_NPROCESSORS_ONLN),
                     "kernel", system.release, "compiler", BENCH_COMPILER, "flags", BENCH_FLAGS, "commit", BENCH_COMMIT,
                     "date", date);
}

static double used_s(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

struct load load_now(void)
{
    struct load load = {.own_s = used_s(RUSAGE_SELF) + used_s(RUSAGE_CHILDREN)};
    struct timespec now;
    double user = 0, nice = 0, system = 0;
    FILE *file = fopen("/proc/stat", "r");
    if (file != NULL && fscanf(file, "cpu %lf %lf %lf", &user, &nice, &system) == 3)
        load.busy_s = (user + nice + system) / (double)sysconf(_SC_CLK_TCK);
    if (file != NULL)
        fclose(file);
    clock_gettime(CLOCK_MONOTONIC, &now);
    load.elapsed_s = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    return load;
}

double load_of_others(const struct load *begin)
{
    struct load end = load_now();
    double cpus = (end.busy_s - begin->busy_s - (end.own_s - begin->own_s)) / (end.elapsed_s - begin->elapsed_s);
    return cpus > 0 ? cpus : 0;
}
