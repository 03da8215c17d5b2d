/*
 * engine/runner.c - the program: runs the scenarios, or tries whether each mutant is noticed
 *
 *     model [PATTERN...]                     runs the scenarios whose names contain a pattern
 *     model --deeper [PATTERN...]            the same with all bounds raised by one, and ten times as many random ones
 *     model --mutants [PATTERN...]           tries the mutants whose names contain a pattern
 *     model --replay SCENARIO SCHEDULE [MUTANT]   runs one execution and prints each step
 *     model --list                           names all scenarios and mutants
 *
 * Scenarios and mutants run in processes of their own, as many at once as there are CPUs for it, so that a mutant that
 * crashes is a mutant that was noticed.
 */
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/runner.h"

/* ---- processes ---- */

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

void investigate(const struct mc_scenario *scenario, uint64_t limit, struct finding *finding)
{
    uint64_t begin = now();
    finding->scenario = scenario;
    explore(scenario, limit, &finding->result);
    finding->microseconds = now() - begin;
}

void in_processes(size_t count, void (*body)(size_t i, struct finding *finding),
                  void (*report)(size_t i, const struct finding *finding))
{
    struct finding *findings = share((count + 1) * sizeof *findings);
    cpu_set_t cpus;
    size_t jobs = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? (size_t)CPU_COUNT(&cpus) : 1;
    size_t started = 0, running = 0;
    pid_t *pids = calloc(count + 1, sizeof *pids);
    while (started < count || running > 0) {
        if (started < count && running < jobs) {
            fflush(stdout);
            pid_t pid = fork();
            if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL); /* a program that is stopped leaves nobody behind */
                body(started, &findings[started]);
                findings[started].is_done = true;
                _exit(0);
            }
            if (pid < 0) {
                perror("model: fork");
                exit(2);
            }
            pids[started++] = pid;
            running++;
            continue;
        }
        int status;
        pid_t pid = wait(&status);
        for (size_t i = 0; i < started; i++)
            if (pids[i] == pid) {
                pids[i] = 0; /* the system may give the number again */
                running--;
                findings[i].signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
                report(i, &findings[i]);
            }
    }
    free(pids);
}

void *share(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("model: mmap");
        exit(2);
    }
    return memory;
}

/* ---- what was asked for ---- */

static char **patterns;

bool is_asked_for(const char *name)
{
    for (char **pattern = patterns; *pattern; pattern++)
        if (strstr(name, *pattern))
            return true;
    return *patterns == NULL;
}

void scenario_name(const struct mc_scenario *scenario, char *name, size_t size)
{
    snprintf(name, size, "%s.%s", scenario->group, scenario->name);
}

size_t scenario_count(void)
{
    return (size_t)(__stop_mc_scenarios - __start_mc_scenarios);
}

const struct mc_scenario *find_scenario(const char *name)
{
    char other[SCENARIO_NAME];
    for (struct mc_scenario *const *s = __start_mc_scenarios; s != __stop_mc_scenarios; s++) {
        scenario_name(*s, other, sizeof other);
        if (strcmp(name, other) == 0)
            return *s;
    }
    return NULL;
}

/* ---- scenarios ---- */

static int by_group(const void *a, const void *b)
{
    const struct mc_scenario *x = *(struct mc_scenario *const *)a, *y = *(struct mc_scenario *const *)b;
    int groups = strcmp(x->group, y->group);
    return groups != 0 ? groups : x->line - y->line;
}

static size_t bad;

static int deeper(int bound)
{
    return bound == MC_ALL ? MC_ALL : bound == MC_FEWEST ? 1 : bound + 1;
}

static void deepen_scenarios(void)
{
    for (struct mc_scenario *const *s = __start_mc_scenarios; s != __stop_mc_scenarios; s++) {
        (*s)->preemptions = deeper((*s)->preemptions);
        (*s)->stale = deeper((*s)->stale);
        (*s)->random *= 10;
    }
}

static void run_scenario(size_t i, struct finding *finding)
{
    char name[SCENARIO_NAME];
    scenario_name(__start_mc_scenarios[i], name, sizeof name);
    if (is_asked_for(name))
        investigate(__start_mc_scenarios[i], 0, finding);
}

static void bound_text(int bound, char *text, size_t size)
{
    if (bound == MC_ALL)
        snprintf(text, size, "all");
    else
        snprintf(text, size, "%d", bound == MC_FEWEST ? 0 : bound);
}

static void show_failure(const struct mc_scenario *scenario, const struct result *found)
{
    struct result result;
    replay(scenario, found->schedule, &result);
    printf("  -> %s\n", result.has_failed ? result.message : "the replay did not fail");
}

static void report_scenario(size_t i, const struct finding *finding)
{
    const struct mc_scenario *scenario = __start_mc_scenarios[i];
    const struct result *result = &finding->result;
    char name[SCENARIO_NAME], preemptions[16], stale[16], verdict[400] = "holds";
    scenario_name(scenario, name, sizeof name);
    if (!is_asked_for(name))
        return;
    bool is_good = finding->is_done;
    if (!finding->is_done) {
        snprintf(verdict, sizeof verdict, "CRASHED by signal %d", finding->signal);
    } else if (scenario->fails_with) {
        is_good = result->has_failed && strstr(result->message, scenario->fails_with);
        snprintf(verdict, sizeof verdict, "%s: %s", is_good ? "found" : "NOT FOUND", result->message);
    } else if (result->has_failed) {
        is_good = false;
        snprintf(verdict, sizeof verdict, "FAILS: %s", result->message);
    } else if (scenario->outcomes) {
        is_good = strcmp(scenario->outcomes, result->outcomes) == 0;
        snprintf(verdict, sizeof verdict, "%s: %s", is_good ? "exactly" : "WRONG OUTCOMES", result->outcomes);
    }
    if (is_good && (result->too_long || (result->blind && !scenario->outcomes))) {
        is_good = false;
        snprintf(verdict, sizeof verdict, "NOT ALL EXPLORED: %" PRIu64 " too long, %" PRIu64 " blind stores",
                 result->too_long, result->blind);
    }
    bound_text(scenario->preemptions, preemptions, sizeof preemptions);
    bound_text(scenario->stale, stale, sizeof stale);
    printf("%-44s %10" PRIu64 " %10" PRIu64 "  %-6s %11s %5s %8.2f s  %s\n", name, result->executions, result->pruned,
           scenario->random ? "random" : "all", preemptions, stale, (double)finding->microseconds / 1e6, verdict);
    if (!is_good && finding->is_done && result->has_failed) {
        show_failure(scenario, result);
        printf("  again: --replay %s '%s'\n", name, result->schedule);
    }
    bad += !is_good;
}

static int run_scenarios(void)
{
    printf("%-44s %10s %10s  %-6s %11s %5s %10s  %s\n", "scenario", "executions", "cut", "which", "preemptions",
           "stale", "time", "verdict");
    in_processes(scenario_count(), run_scenario, report_scenario);
    printf("%zu wrong\n", bad);
    return bad != 0;
}

/* ---- the program ---- */

static int list(void)
{
    char name[SCENARIO_NAME];
    for (struct mc_scenario *const *s = __start_mc_scenarios; s != __stop_mc_scenarios; s++) {
        scenario_name(*s, name, sizeof name);
        printf("%s\n", name);
    }
    print_mutants();
    return 0;
}

static int run_replay(char **arguments)
{
    const struct mc_scenario *scenario = arguments[0] ? find_scenario(arguments[0]) : NULL;
    if (!scenario || !arguments[1] || (arguments[2] && !become_mutant(arguments[2])))
        return 2;
    struct result result;
    replay(scenario, arguments[1], &result);
    printf("  -> %s\n", result.has_failed ? result.message : "ends well");
    return result.has_failed;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 && argv[1][0] == '-' ? argv[1] : "";
    patterns = argv + (*mode ? 2 : 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    qsort(__start_mc_scenarios, scenario_count(), sizeof __start_mc_scenarios[0], by_group);
    list_mutants();
    if (strcmp(mode, "--deeper") == 0)
        deepen_scenarios();
    if (*mode == '\0' || strcmp(mode, "--deeper") == 0)
        return run_scenarios();
    if (strcmp(mode, "--mutants") == 0)
        return try_mutants() ? 0 : 1;
    if (strcmp(mode, "--list") == 0)
        return list();
    int code = strcmp(mode, "--replay") == 0 ? run_replay(patterns) : 2;
    if (code == 2)
        fprintf(stderr,
                "usage: %s [--deeper] [PATTERN...] | --mutants [PATTERN...] | --replay SCENARIO SCHEDULE [MUTANT] | "
                "--list\n",
                argv[0]);
    return code;
}
