/*
 * engine/runner.c - the program: runs the scenarios, or tries whether each mutant is noticed
 *
 *     model [PATTERN...]                     runs the scenarios whose names contain a pattern
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/world.h"

extern struct mc_scenario *__start_mc_scenarios[], *__stop_mc_scenarios[];
extern struct mc_site *const __start_mc_sites[], *const __stop_mc_sites[];
extern struct mc_step *const __start_mc_steps[] __attribute__((weak)), *const __stop_mc_steps[] __attribute__((weak));

/* Executions of one scenario that a mutant may survive before the next is tried: first few of each, then many. One that
 * is known to be equivalent is tried once, and less hard: what it is held against is a proof. */
static const uint64_t mutant_limits[] = {200, 2000, 100000};
#define EQUIVALENT_LIMIT 300

/* ---- mutants ---- */

struct mutant {
    char name[200];
    char label[64];
    char group[40]; /* the source file, without its ending: scenarios that cover it are tried */
    const char *change;
    struct mc_site *site; /* an ordering; all sites of this place are changed */
    const char *step;     /* or a step of the protocol */
    const char *excuse;   /* why nothing can notice it */
};

static struct mutant mutants[1000];
static size_t mutant_count;
static const struct mutant *active;

static const char *const kind_names[] = {"load", "store", "exchange", "add", "or", "and", "cas", "fence", "barrier"};

static bool is_same_place(const struct mc_site *a, const struct mc_site *b)
{
    return a->line == b->line && a->kind == b->kind && strcmp(a->file, b->file) == 0 &&
           strcmp(a->expression, b->expression) == 0;
}

static bool is_of_library(const char *file)
{
    return strncmp(file, MC_SOURCES, strlen(MC_SOURCES)) == 0 || strncmp(file, MC_HEADERS, strlen(MC_HEADERS)) == 0;
}

/* The names of edges in the comment of a line of a source. */
static void find_label(const struct mc_site *site, char *label, size_t size)
{
    char line[512];
    FILE *file = fopen(site->file, "r");
    label[0] = '\0';
    for (uint32_t i = 0; file && i < site->line && fgets(line, sizeof line, file); i++)
        continue;
    if (!file)
        return;
    fclose(file);
    char *comment = strstr(line, "/*");
    for (char *open = comment ? strchr(comment, '[') : NULL; open; open = strchr(open + 1, '[')) {
        char *close = strchr(open, ']');
        if (close && strlen(label) + (size_t)(close - open) + 2 < size)
            strncat(label, open, (size_t)(close - open) + 1);
    }
}

static struct mutant *add_mutant(const char *file, const char *change)
{
    struct mutant *mutant = &mutants[mutant_count++];
    const char *name = file_name(file);
    *mutant = (struct mutant){.change = change};
    snprintf(mutant->group, sizeof mutant->group, "%.*s", (int)strcspn(name, "."), name);
    return mutant;
}

static void add_ordering(struct mc_site *site, const char *change)
{
    struct mutant *mutant = add_mutant(site->file, change);
    uint32_t twin = 1; /* the same in the same function, on an earlier line */
    for (struct mc_site *const *s = __start_mc_sites; s != __stop_mc_sites; s++)
        twin += (*s)->line < site->line && (*s)->kind == site->kind && strcmp((*s)->file, site->file) == 0 &&
                strcmp((*s)->function, site->function) == 0 && strcmp((*s)->expression, site->expression) == 0;
    mutant->site = site;
    int length = snprintf(mutant->name, sizeof mutant->name, "%s %s %s", file_name(site->file), site->function,
                          kind_names[site->kind]);
    if (site->kind != MC_FENCE && site->kind != MC_BARRIER)
        length += snprintf(mutant->name + length, sizeof mutant->name - (size_t)length, "(%s)", site->expression);
    if (twin > 1)
        length += snprintf(mutant->name + length, sizeof mutant->name - (size_t)length, "#%u", twin);
    snprintf(mutant->name + length, sizeof mutant->name - (size_t)length, " %s", change);
    find_label(site, mutant->label, sizeof mutant->label);
}

static int by_group(const void *a, const void *b)
{
    const struct mc_scenario *x = *(struct mc_scenario *const *)a, *y = *(struct mc_scenario *const *)b;
    int groups = strcmp(x->group, y->group);
    return groups != 0 ? groups : x->line - y->line;
}

static int by_place(const void *a, const void *b)
{
    const struct mc_site *x = *(struct mc_site *const *)a, *y = *(struct mc_site *const *)b;
    int files = strcmp(x->file, y->file);
    return files != 0 ? files : (x->line > y->line) - (x->line < y->line);
}

/* Every ordering of the library that could be weaker, every fence, and every read-modify-write is a mutant. */
static void list_mutants(void)
{
    size_t count = (size_t)(__stop_mc_sites - __start_mc_sites);
    struct mc_site **sites = calloc(count, sizeof *sites);
    memcpy(sites, __start_mc_sites, count * sizeof *sites);
    qsort(sites, count, sizeof *sites, by_place);
    for (size_t i = 0; i < count; i++) {
        bool is_listed = false;
        for (size_t j = i; j-- > 0 && sites[j]->line == sites[i]->line;)
            is_listed = is_listed || is_same_place(sites[i], sites[j]);
        if (is_listed || !is_of_library(sites[i]->file) ||
            strncmp(sites[i]->expression, MC_PATCHED, strlen(MC_PATCHED)) == 0)
            continue;
        if (sites[i]->kind == MC_FENCE || sites[i]->kind == MC_BARRIER) {
            add_ordering(sites[i], "gone");
            continue;
        }
        if (sites[i]->order & MC_ACQUIRE)
            add_ordering(sites[i], "no-acquire");
        if (sites[i]->order & MC_RELEASE)
            add_ordering(sites[i], "no-release");
        if (sites[i]->order & MC_SEQ_CST)
            add_ordering(sites[i], "no-seq-cst");
        if (sites[i]->kind != MC_LOAD && sites[i]->kind != MC_STORE)
            add_ordering(sites[i], "torn");
    }
    free(sites);
    for (struct mc_step *const *s = __start_mc_steps; s != __stop_mc_steps; s++) {
        bool is_listed = false;
        for (size_t i = 0; i < mutant_count; i++)
            is_listed = is_listed || (mutants[i].step && strcmp(mutants[i].step, (*s)->name) == 0);
        if (is_listed)
            continue;
        struct mutant *mutant = add_mutant((*s)->file, "step");
        mutant->step = (*s)->name;
        snprintf(mutant->name, sizeof mutant->name, "%s", (*s)->name);
    }
}

/* Reads which mutants are known to change nothing, and why: a name, and below it, indented, the proof. */
static bool read_excuses(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "model: %s cannot be read\n", path);
        return false;
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    bool is_good = true;
    struct mutant *mutant = NULL;
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
        if (*line == '#' || *line == '\0')
            continue;
        if (*line == ' ') {
            if (mutant && !mutant->excuse)
                mutant->excuse = line + strspn(line, " ");
            continue;
        }
        mutant = NULL;
        for (size_t i = 0; i < mutant_count; i++)
            if (strcmp(mutants[i].name, line) == 0)
                mutant = &mutants[i];
        if (!mutant) {
            fprintf(stderr, "model: %s: there is no mutant '%s'\n", path, line);
            is_good = false;
        }
    }
    return is_good;
}

static void activate(const struct mutant *mutant)
{
    active = mutant;
    const char *change = mutant->change;
    for (struct mc_site *const *s = __start_mc_sites; mutant->site && s != __stop_mc_sites; s++) {
        if (!is_same_place(*s, mutant->site))
            continue;
        (*s)->is_skipped = strcmp(change, "gone") == 0;
        (*s)->is_torn = strcmp(change, "torn") == 0;
        if (strcmp(change, "no-acquire") == 0)
            (*s)->order &= ~(MC_ACQUIRE | MC_SEQ_CST);
        if (strcmp(change, "no-release") == 0)
            (*s)->order &= ~(MC_RELEASE | MC_SEQ_CST);
        if (strcmp(change, "no-seq-cst") == 0)
            (*s)->order &= ~MC_SEQ_CST;
    }
    for (struct mc_step *const *s = __start_mc_steps; mutant->step && s != __stop_mc_steps; s++)
        (*s)->is_changed = strcmp((*s)->name, mutant->step) == 0;
}

bool is_mutant_reached(void)
{
    if (!active)
        return true;
    for (struct mc_site *const *s = __start_mc_sites; active->site && s != __stop_mc_sites; s++)
        if (is_same_place(*s, active->site) && (*s)->hits > 0)
            return true;
    for (struct mc_step *const *s = __start_mc_steps; active->step && s != __stop_mc_steps; s++)
        if (strcmp((*s)->name, active->step) == 0 && (*s)->hits > 0)
            return true;
    return false;
}

/* ---- processes ---- */

/* What a process found out, in memory that it shares with the program. */
struct finding {
    const struct mc_scenario *scenario;
    struct result result;
    uint64_t microseconds;
    bool is_done;
    int signal;
};

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void investigate(const struct mc_scenario *scenario, uint64_t limit, struct finding *finding)
{
    uint64_t begin = now();
    finding->scenario = scenario;
    explore(scenario, limit, &finding->result);
    finding->microseconds = now() - begin;
}

/* Calls `body(i, ...)` for each i below `count` in a process of its own, and then `report(i, ...)` in this one. */
static void in_processes(size_t count, struct finding *findings, void (*body)(size_t i, struct finding *finding),
                         void (*report)(size_t i, const struct finding *finding))
{
    cpu_set_t cpus;
    size_t jobs = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? (size_t)CPU_COUNT(&cpus) : 1;
    size_t started = 0, running = 0;
    pid_t *pids = calloc(count + 1, sizeof *pids);
    while (started < count || running > 0) {
        if (started < count && running < jobs) {
            fflush(stdout);
            pid_t pid = fork();
            if (pid == 0) {
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

static struct finding *share(size_t count)
{
    void *memory =
        mmap(NULL, (count + 1) * sizeof(struct finding), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("model: mmap");
        exit(2);
    }
    return memory;
}

/* ---- what was asked for ---- */

static char **patterns;

static bool is_asked_for(const char *name)
{
    for (char **pattern = patterns; *pattern; pattern++)
        if (strstr(name, *pattern))
            return true;
    return *patterns == NULL;
}

static void scenario_name(const struct mc_scenario *scenario, char *name, size_t size)
{
    snprintf(name, size, "%s.%s", scenario->group, scenario->name);
}

static size_t scenario_count(void)
{
    return (size_t)(__stop_mc_scenarios - __start_mc_scenarios);
}

static const struct mc_scenario *find_scenario(const char *name)
{
    char other[100];
    for (struct mc_scenario *const *s = __start_mc_scenarios; s != __stop_mc_scenarios; s++) {
        scenario_name(*s, other, sizeof other);
        if (strcmp(name, other) == 0)
            return *s;
    }
    return NULL;
}

/* ---- scenarios ---- */

static size_t bad;

static void run_scenario(size_t i, struct finding *finding)
{
    char name[100];
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
    char name[100], preemptions[16], stale[16], verdict[400] = "holds";
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
    in_processes(scenario_count(), share(scenario_count()), run_scenario, report_scenario);
    printf("%zu wrong\n", bad);
    return bad != 0;
}

/* ---- mutants ---- */

static size_t asked[1000], asked_count, killed, excused, gaps;

/* An excuse that begins with this is no proof: it says what is missing. */
#define GAP "Gap: "

static bool is_gap(const struct mutant *mutant)
{
    return mutant->excuse && strncmp(mutant->excuse, GAP, strlen(GAP)) == 0;
}

static bool covers(const struct mc_scenario *scenario, const char *group)
{
    size_t length = strlen(group);
    const char *word = scenario->covers;
    for (; word && *word; word += strcspn(word, " "), word += strspn(word, " "))
        if (strcspn(word, " ") == length && strncmp(word, group, length) == 0)
            return true;
    return false;
}

static void try_mutant(size_t i, struct finding *finding)
{
    const struct mutant *mutant = &mutants[asked[i]];
    uint64_t executions = 0, microseconds = 0;
    size_t rounds = mutant->excuse ? 1 : sizeof mutant_limits / sizeof mutant_limits[0];
    activate(mutant);
    for (size_t round = 0; round < rounds; round++)
        for (struct mc_scenario *const *s = __start_mc_scenarios; s != __stop_mc_scenarios; s++) {
            if (finding->result.has_failed || (*s)->fails_with || !covers(*s, mutant->group))
                continue;
            investigate(*s, mutant->excuse ? EQUIVALENT_LIMIT : mutant_limits[round], finding);
            executions += finding->result.executions + finding->result.pruned;
            microseconds += finding->microseconds;
        }
    finding->result.executions = executions;
    finding->microseconds = microseconds;
}

static void report_mutant(size_t i, const struct finding *finding)
{
    const struct mutant *mutant = &mutants[asked[i]];
    char scenario[100] = "-", verdict[400];
    bool is_killed = finding->result.has_failed || !finding->is_done;
    if (finding->scenario)
        scenario_name(finding->scenario, scenario, sizeof scenario);
    if (is_killed && mutant->excuse)
        snprintf(verdict, sizeof verdict, "NOTICED, strike it from the list: %s", finding->result.message);
    else if (!finding->is_done)
        snprintf(verdict, sizeof verdict, "crashes (signal %d)", finding->signal);
    else if (is_killed)
        snprintf(verdict, sizeof verdict, "%s", finding->result.message);
    else
        snprintf(verdict, sizeof verdict, "%s%s",
                 is_gap(mutant)   ? ""
                 : mutant->excuse ? "equivalent: "
                                  : "SURVIVES",
                 mutant->excuse ? mutant->excuse : "");
    printf("%-76s %-18s %-22s %9" PRIu64 " %7.2f s  %s\n", mutant->name, mutant->label, is_killed ? scenario : "-",
           finding->result.executions, (double)finding->microseconds / 1e6, verdict);
    if (asked_count == 1 && finding->result.has_failed)
        printf("  again: --replay %s '%s' '%s'\n", scenario, finding->result.schedule, mutant->name);
    killed += is_killed;
    excused += !is_killed && mutant->excuse && !is_gap(mutant);
    gaps += !is_killed && is_gap(mutant);
    bad += is_killed == (mutant->excuse != NULL);
}

static int try_mutants(void)
{
    for (size_t i = 0; i < mutant_count; i++)
        if (is_asked_for(mutants[i].name))
            asked[asked_count++] = i;
    printf("%-76s %-18s %-22s %9s %9s  %s\n", "mutant", "edge", "noticed by", "tries", "time", "as");
    in_processes(asked_count, share(asked_count), try_mutant, report_mutant);
    printf("%zu mutants: %zu noticed, %zu equivalent, %zu gaps, %zu wrong\n", asked_count, killed, excused, gaps, bad);
    return bad != 0;
}

/* ---- the program ---- */

static int list(void)
{
    char name[100];
    for (struct mc_scenario *const *s = __start_mc_scenarios; s != __stop_mc_scenarios; s++) {
        scenario_name(*s, name, sizeof name);
        printf("%s\n", name);
    }
    for (size_t i = 0; i < mutant_count; i++)
        printf("%s\n", mutants[i].name);
    return 0;
}

static int run_replay(char **arguments)
{
    const struct mc_scenario *scenario = arguments[0] ? find_scenario(arguments[0]) : NULL;
    const struct mutant *mutant = NULL;
    if (!scenario || !arguments[1])
        return 2;
    for (size_t i = 0; arguments[2] && i < mutant_count; i++)
        if (strcmp(mutants[i].name, arguments[2]) == 0)
            mutant = &mutants[i];
    if (arguments[2] && !mutant)
        return 2;
    if (mutant)
        activate(mutant);
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
    if (*mode == '\0')
        return run_scenarios();
    if (strcmp(mode, "--mutants") == 0)
        return read_excuses(MC_EXCUSES) ? try_mutants() : 2;
    if (strcmp(mode, "--list") == 0)
        return list();
    int code = strcmp(mode, "--replay") == 0 ? run_replay(patterns) : 2;
    if (code == 2)
        fprintf(stderr,
                "usage: %s [PATTERN...] | --mutants [PATTERN...] | --replay SCENARIO SCHEDULE [MUTANT] | --list\n",
                argv[0]);
    return code;
}
