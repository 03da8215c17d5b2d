/*
 * engine/mutants.c - the mutants of the sources: which there are, and whether a scenario notices each
 *
 * A mutant is tried on the scenarios that get to the place that it changes; which these are is found out before, by a
 * few executions of each. Those that are known to be hard have a scenario that is tried first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/runner.h"

extern struct mc_site *const __start_mc_sites[], *const __stop_mc_sites[];
extern struct mc_step *const __start_mc_steps[] __attribute__((weak)), *const __stop_mc_steps[] __attribute__((weak));

/* Executions that show which places a scenario gets to. */
#define GLANCE 1000

/* Executions of one scenario that a mutant may survive before the next is tried: first few of each, then many. One that
 * is known to be equivalent is tried once, on all together: what it is held against is a proof. */
static const uint64_t limits[] = {200, 2000, 100000};
#define EQUIVALENT_LIMIT 2000

#define MUTANTS 1000
struct mutant {
    char name[200];
    char label[64];
    char group[40]; /* the source file, without its ending */
    const char *change;
    struct mc_site *site;    /* an ordering; all sites of this place are changed */
    const char *step;        /* or a step of the protocol */
    const char *excuse;      /* why nothing can notice it */
    const char *first_tried; /* the scenario for one that is hard to notice */
};

static struct mutant mutants[MUTANTS];
static size_t mutant_count;

static struct mutant *find_mutant(const char *name)
{
    for (size_t i = 0; i < mutant_count; i++)
        if (strcmp(mutants[i].name, name) == 0)
            return &mutants[i];
    return NULL;
}

/* ---- which there are ---- */

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

static int by_place(const void *a, const void *b)
{
    const struct mc_site *x = *(struct mc_site *const *)a, *y = *(struct mc_site *const *)b;
    int files = strcmp(x->file, y->file);
    return files != 0 ? files : (x->line > y->line) - (x->line < y->line);
}

/* Every ordering of the library that could be weaker, every fence, and every read-modify-write is a mutant. */
void list_mutants(void)
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

void print_mutants(void)
{
    for (size_t i = 0; i < mutant_count; i++)
        printf("%s\n", mutants[i].name);
}

/* ---- what is known of them ---- */

static bool note_excuse(struct mutant *mutant, const char *text)
{
    mutant->excuse = text;
    return true;
}

static bool note_hard(struct mutant *mutant, const char *text)
{
    mutant->first_tried = text;
    return find_scenario(text) != NULL;
}

/* Reads a file in which a line names a mutant, and the line below it, indented, is what is to be noted of it. */
static bool read_notes(const char *name, bool (*note)(struct mutant *mutant, const char *text))
{
    char path[300], line[2000];
    snprintf(path, sizeof path, "%s%s", MC_MUTANTS, name);
    FILE *file = fopen(path, "r");
    bool is_good = file != NULL;
    struct mutant *mutant = NULL;
    if (!file)
        fprintf(stderr, "model: %s cannot be read\n", path);
    for (int number = 1; file && fgets(line, sizeof line, file); number++) {
        bool is_right = true;
        line[strcspn(line, "\n")] = '\0';
        if (*line == ' ')
            is_right = mutant && note(mutant, strdup(line + strspn(line, " ")));
        else if (*line != '#' && *line != '\0')
            is_right = (mutant = find_mutant(line)) != NULL;
        if (!is_right)
            fprintf(stderr, "model: %s:%d: there is none: %s\n", path, number, line);
        is_good = is_good && is_right;
    }
    if (file)
        fclose(file);
    return is_good;
}

/* ---- being one ---- */

static bool is_its_site(const struct mutant *mutant, const struct mc_site *site)
{
    return mutant->site && is_same_place(mutant->site, site);
}

static bool is_its_step(const struct mutant *mutant, const struct mc_step *step)
{
    return mutant->step && strcmp(mutant->step, step->name) == 0;
}

static void change_site(struct mc_site *site, const char *change)
{
    site->is_skipped = strcmp(change, "gone") == 0;
    site->is_torn = strcmp(change, "torn") == 0;
    if (strcmp(change, "no-acquire") == 0)
        site->order &= ~(MC_ACQUIRE | MC_SEQ_CST);
    if (strcmp(change, "no-release") == 0)
        site->order &= ~(MC_RELEASE | MC_SEQ_CST);
    if (strcmp(change, "no-seq-cst") == 0)
        site->order &= ~MC_SEQ_CST;
}

static void become(const struct mutant *mutant)
{
    for (struct mc_site *const *s = __start_mc_sites; s != __stop_mc_sites; s++)
        if (is_its_site(mutant, *s))
            change_site(*s, mutant->change);
    for (struct mc_step *const *s = __start_mc_steps; s != __stop_mc_steps; s++)
        (*s)->is_changed = is_its_step(mutant, *s);
}

bool become_mutant(const char *name)
{
    const struct mutant *mutant = find_mutant(name);
    if (mutant)
        become(mutant);
    return mutant != NULL;
}

/* ---- who gets to them ---- */

/* For each scenario, in memory that the processes share: the mutants whose place it gets to. */
static bool (*reached)[MUTANTS];

static bool was_reached(const struct mutant *mutant)
{
    for (struct mc_site *const *s = __start_mc_sites; s != __stop_mc_sites; s++)
        if (is_its_site(mutant, *s) && (*s)->hits > 0)
            return true;
    for (struct mc_step *const *s = __start_mc_steps; s != __stop_mc_steps; s++)
        if (is_its_step(mutant, *s) && (*s)->hits > 0)
            return true;
    return false;
}

static void glance(size_t i, struct finding *finding)
{
    if (__start_mc_scenarios[i]->fails_with)
        return;
    investigate(__start_mc_scenarios[i], GLANCE, finding);
    for (size_t m = 0; m < mutant_count; m++)
        reached[i][m] = was_reached(&mutants[m]);
}

static void report_glance(size_t i, const struct finding *finding)
{
    (void)i;
    (void)finding;
}

/* ---- trying them ---- */

static size_t asked[MUTANTS], asked_count, bad, killed, excused;

/* The scenarios that get to the mutant's place: first those for the part that it belongs to. */
static size_t list_witnesses(size_t m, const struct mc_scenario **witnesses)
{
    size_t count = 0;
    for (int is_other = 0; is_other < 2; is_other++)
        for (size_t i = 0; i < scenario_count(); i++)
            if (reached[i][m] && (strcmp(__start_mc_scenarios[i]->group, mutants[m].group) != 0) == is_other)
                witnesses[count++] = __start_mc_scenarios[i];
    return count;
}

/* Tries the mutant that the sources are now on one more scenario. Returns whether it is noticed. */
static bool is_noticed(const struct mc_scenario *scenario, uint64_t limit, struct finding *all)
{
    struct finding one = {0};
    all->scenario = scenario; /* should it crash */
    investigate(scenario, limit, &one);
    one.result.executions += all->result.executions + one.result.pruned;
    one.microseconds += all->microseconds;
    *all = one;
    return one.result.has_failed;
}

static void try_mutant(size_t i, struct finding *finding)
{
    const struct mutant *mutant = &mutants[asked[i]];
    const struct mc_scenario *witnesses[scenario_count()];
    size_t count = list_witnesses(asked[i], witnesses);
    become(mutant);
    if (mutant->first_tried && is_noticed(find_scenario(mutant->first_tried), 0, finding))
        return;
    for (size_t round = 0; round < (mutant->excuse ? 1 : sizeof limits / sizeof limits[0]); round++)
        for (size_t w = 0; w < count; w++)
            if (is_noticed(witnesses[w], mutant->excuse ? EQUIVALENT_LIMIT / count : limits[round], finding))
                return;
}

static void report_mutant(size_t i, const struct finding *finding)
{
    const struct mutant *mutant = &mutants[asked[i]];
    char scenario[SCENARIO_NAME] = "-", verdict[400];
    bool is_killed = finding->result.has_failed || !finding->is_done;
    if (is_killed && finding->scenario)
        scenario_name(finding->scenario, scenario, sizeof scenario);
    if (is_killed && mutant->excuse)
        snprintf(verdict, sizeof verdict, "NOTICED, strike it from the list: %s", finding->result.message);
    else if (!finding->is_done)
        snprintf(verdict, sizeof verdict, "crashes (signal %d)", finding->signal);
    else if (is_killed)
        snprintf(verdict, sizeof verdict, "%s", finding->result.message);
    else if (mutant->excuse)
        snprintf(verdict, sizeof verdict, "equivalent: %s", mutant->excuse);
    else
        snprintf(verdict, sizeof verdict, "SURVIVES%s", finding->scenario ? "" : ": no scenario gets there");
    printf("%-76s %-18s %-22s %9" PRIu64 " %7.2f s  %s\n", mutant->name, mutant->label, scenario,
           finding->result.executions, (double)finding->microseconds / 1e6, verdict);
    if (asked_count == 1 && finding->result.has_failed)
        printf("  again: --replay %s '%s' '%s'\n", scenario, finding->result.schedule, mutant->name);
    killed += is_killed;
    excused += !is_killed && mutant->excuse;
    bad += is_killed == (mutant->excuse != NULL);
}

bool try_mutants(void)
{
    if (!read_notes("equivalent", note_excuse) || !read_notes("hard", note_hard))
        return false;
    for (size_t i = 0; i < mutant_count; i++)
        if (is_asked_for(mutants[i].name))
            asked[asked_count++] = i;
    reached = share(scenario_count() * sizeof *reached);
    in_processes(scenario_count(), glance, report_glance);
    printf("%-76s %-18s %-22s %9s %9s  %s\n", "mutant", "edge", "noticed by", "tries", "time", "as");
    in_processes(asked_count, try_mutant, report_mutant);
    printf("%zu mutants: %zu noticed, %zu equivalent, %zu wrong\n", asked_count, killed, excused, bad);
    return bad == 0;
}
