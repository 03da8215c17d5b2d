/*
 * driver/environment.c - see environment.h
 */
#include "driver/environment.h"

#include <stdio.h>
#include <string.h>
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
