/*
 * driver/runners.c - see runners.h
 */
#include "driver/runners.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

const struct runner runners[] = {
#include <contenders.inc>
};
const size_t runner_count = sizeof runners / sizeof *runners;

#define ARGUMENTS_MAX 16

const struct runner *runner_find(const char *name)
{
    for (size_t i = 0; i < runner_count; i++) {
        if (strcmp(runners[i].name, name) != 0)
            continue;
        if (!runners[i].is_built)
            report_fail(2, "%s: was not built: install %s and configure again", name, runners[i].package);
        return &runners[i];
    }
    report_fail(2, "%s: is no contender; weft-bench list names them", name);
}

/* The runners lie beside this program. */
static void find_program(const struct runner *runner, char path[PATH_MAX])
{
    char own[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    if (length < 0)
        report_fail(1, "/proc/self/exe: %s", strerror(errno));
    own[length] = '\0';
    if (snprintf(path, PATH_MAX, "%s/weft-bench-%s", dirname(own), runner->name) >= PATH_MAX)
        report_fail(1, "%s: the path is too long", own);
}

/* Starts a runner; `*process` becomes its process. Gives what it prints. */
static FILE *start(const struct runner *runner, const char *const *arguments, pid_t *process)
{
    char path[PATH_MAX];
    char *values[ARGUMENTS_MAX + 2] = {path};
    int ends[2];
    find_program(runner, path);
    for (size_t i = 0; arguments[i] != NULL; i++)
        values[i + 1] = (char *)arguments[i];
    if (pipe2(ends, O_CLOEXEC) != 0 || (*process = fork()) < 0)
        report_fail(1, "%s: cannot be started: %s", path, strerror(errno));
    if (*process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* who stops the driver stops what it measures */
        dup2(ends[1], STDOUT_FILENO);
        execv(path, values);
        fprintf(stderr, "weft-bench: %s: %s\n", path, strerror(errno));
        _exit(127);
    }
    close(ends[1]);
    return fdopen(ends[0], "r");
}

/* Waits for a runner; returns its exit code. */
static int finish(const struct runner *runner, FILE *output, pid_t process)
{
    int status;
    fclose(output);
    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR)
            report_fail(1, "waitpid: %s", strerror(errno));
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    fprintf(stderr, "weft-bench: %s ended by signal %d\n", runner->name, WTERMSIG(status));
    return 1;
}

/* Takes a line of a runner's --list. */
static struct offer read_offer(char *line)
{
    static const char ends[] = "\t\n";
    struct offer offer = {0};
    if (line == NULL)
        report_fail(1, "no memory");
    offer.name = strtok(line, ends);
    offer.size = strtok(NULL, ends);
    offer.size_what = strtok(NULL, ends);
    offer.what = strtok(NULL, ends);
    return offer;
}

const struct offer *runner_offers(const struct runner *runner)
{
    static struct offer *known[sizeof runners / sizeof *runners];
    struct offer **offers = &known[runner - runners];
    char line[1024];
    size_t count = 0;
    pid_t process;
    if (*offers != NULL)
        return *offers;
    FILE *output = start(runner, (const char *const[]){"--list", NULL}, &process);
    do {
        *offers = realloc(*offers, (count + 1) * sizeof **offers);
        if (*offers == NULL)
            report_fail(1, "no memory");
        (*offers)[count] = fgets(line, sizeof line, output) != NULL ? read_offer(strdup(line)) : (struct offer){0};
    } while ((*offers)[count++].what != NULL);
    if (finish(runner, output, process) != 0)
        report_fail(1, "%s: does not list its workloads", runner->name);
    return *offers;
}

const struct offer *runner_offer(const struct runner *runner, const char *workload)
{
    for (const struct offer *offer = runner_offers(runner); offer->what != NULL; offer++)
        if (strcmp(offer->name, workload) == 0)
            return offer;
    return NULL;
}

json_t *runner_measure(const struct measurement *measurement)
{
    char workers[24], repeat[24], warmup_ms[24];
    pid_t process;
    json_error_t error;
    snprintf(workers, sizeof workers, "%ld", measurement->workers);
    snprintf(repeat, sizeof repeat, "%ld", measurement->repeat);
    snprintf(warmup_ms, sizeof warmup_ms, "%ld", measurement->warmup_ms);
    FILE *output =
        start(measurement->runner,
              (const char *const[]){measurement->workload, "--workers", workers, "--repeat", repeat, "--warmup",
                                    warmup_ms, measurement->size ? "--size" : NULL, measurement->size, NULL},
              &process);
    json_t *record = json_loadf(output, JSON_DISABLE_EOF_CHECK, &error);
    int exit_code = finish(measurement->runner, output, process);
    if (exit_code == 2)
        exit(2);
    if (record == NULL)
        fprintf(stderr, "weft-bench: %s %s reported nothing, exit code %d\n", measurement->runner->name,
                measurement->workload, exit_code);
    return record;
}
