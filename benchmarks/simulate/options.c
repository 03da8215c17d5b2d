/*
 * simulate/options.c - the command line, by getopt_long
 */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define SEED_DEFAULT  1
#define SEARCH_NS     20000
#define SEARCH_NS_MAX UINT64_C(1000000000)
#define WORK_NS_MAX   UINT64_C(1000000000)
#define PS_PER_NS     UINT64_C(1000)
#define SEPARATOR     ","

static const char help_text[] =
    "Usage: " PROGRAM_NAME " COMMAND [OPTION]...\n"
    "Simulate work stealing on 1 to 1024 workers.\n"
    "\n"
    "  run        simulate each workload with each protocol on each number of workers\n"
    "  check      check the simulation itself on small trees\n"
    "  measure    measure what primitives cost on this machine, for --costs\n"
    "  list       print the workloads, the protocols, and the costs with their defaults\n"
    "\n"
    "Lists are separated by commas. Options of run:\n"
    "  -w, --workload LIST   default: all\n"
    "  -p, --protocol LIST   default: all\n"
    "  -n, --workers LIST    default: 2,4,8,16,32,64,128,256,512,1024\n"
    "  -s, --size N          size of the workload; default: its own\n"
    "  -l, --work NS         work in a leaf, in nanoseconds; default: the workload's own\n"
    "  -t, --search NS       how long a thief searches in vain before it forces or sleeps; default: 20000\n"
    "  -c, --cost NAME=NS    set one cost\n"
    "  -C, --costs FILE      set those that FILE names, as measure prints them; - is standard input\n"
    "  -a, --awake           the workers search when the first task begins; otherwise they sleep\n"
    "  -o, --overlap         the kernel runs barriers of several callers at the same time, as before Linux 6.8\n"
    "  -r, --seed N          default: 1\n"
    "  -j, --json FILE       write each result as a line of JSON\n"
    "  -g, --plot FILE       draw efficiency by workers, as SVG through gnuplot\n"
    "  -h, --help            print this help\n"
    "\n"
    "Exit code: 0 done, 1 a check has failed, 2 error.\n";

static const char short_options[] = ":w:p:n:s:l:t:c:C:aor:j:g:h";

static const struct option long_options[] = {
    {"workload", required_argument, NULL, 'w'},
    {"protocol", required_argument, NULL, 'p'},
    {"workers", required_argument, NULL, 'n'},
    {"size", required_argument, NULL, 's'},
    {"work", required_argument, NULL, 'l'},
    {"search", required_argument, NULL, 't'},
    {"cost", required_argument, NULL, 'c'},
    {"costs", required_argument, NULL, 'C'},
    {"awake", no_argument, NULL, 'a'},
    {"overlap", no_argument, NULL, 'o'},
    {"seed", required_argument, NULL, 'r'},
    {"json", required_argument, NULL, 'j'},
    {"plot", required_argument, NULL, 'g'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

void options_help(FILE *file)
{
    fputs(help_text, file);
}

void options_list(FILE *file)
{
    fputs("workloads, with size and work by default:\n", file);
    for (const struct workload *w = workloads; w->name != NULL; w++)
        fprintf(file, "  %-10s %8" PRIu64 " %8" PRIu64 " ns  %s\n", w->name, w->size, w->work_ns, w->what);
    fputs("protocols:\n", file);
    for (const struct protocol *p = protocols; p->name != NULL; p++)
        fprintf(file, "  %-10s %s\n", p->name, p->what);
    fputs("costs:\n", file);
    struct costs costs = costs_default();
    costs_print(&costs, file);
}

static uint64_t parse_number(const char *option, const char *text, uint64_t least, uint64_t most)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || number < least || number > most)
        report_fatal("%s %s: must be a number from %" PRIu64 " to %" PRIu64, option, text, least, most);
    return number;
}

/* Calls `add` for each item of a list. */
static void parse_list(const char *option, char *list, struct options *options,
                       void (*add)(struct options *, unsigned, const char *))
{
    unsigned count = 0;
    for (char *item = strtok(list, SEPARATOR); item != NULL; item = strtok(NULL, SEPARATOR)) {
        if (count == LIST_MAX)
            report_fatal("%s: must be at most %d", option, LIST_MAX);
        add(options, count++, item);
    }
    if (count == 0)
        report_fatal("%s: must be at least one", option);
}

static void add_workload(struct options *options, unsigned index, const char *name)
{
    for (const struct workload *w = workloads; w->name != NULL; w++) {
        if (strcmp(w->name, name) == 0) {
            options->workloads[index] = w;
            return;
        }
    }
    report_fatal("%s: there is no such workload; see " PROGRAM_NAME " list", name);
}

static void add_protocol(struct options *options, unsigned index, const char *name)
{
    for (const struct protocol *p = protocols; p->name != NULL; p++) {
        if (strcmp(p->name, name) == 0) {
            options->protocols[index] = p;
            return;
        }
    }
    report_fatal("%s: there is no such protocol; see " PROGRAM_NAME " list", name);
}

static void add_workers(struct options *options, unsigned index, const char *text)
{
    options->workers[index] = (uint32_t)parse_number("--workers", text, 1, WORKERS_MAX);
}

static void read_costs(struct costs *costs, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (file == NULL)
        report_fatal("%s: cannot be opened: %s", path, strerror(errno));
    unsigned wrong = costs_read(costs, file);
    if (wrong != 0)
        report_fatal("%s:%u: must be NAME=NANOSECONDS; see " PROGRAM_NAME " list", path, wrong);
    if (file != stdin)
        fclose(file);
}

static void parse_option(int option, struct options *options)
{
    switch (option) {
    case 'w':
        memset(options->workloads, 0, sizeof options->workloads);
        parse_list("--workload", optarg, options, add_workload);
        break;
    case 'p':
        memset(options->protocols, 0, sizeof options->protocols);
        parse_list("--protocol", optarg, options, add_protocol);
        break;
    case 'n':
        memset(options->workers, 0, sizeof options->workers);
        parse_list("--workers", optarg, options, add_workers);
        break;
    case 's':
        options->size = parse_number("--size", optarg, 1, UINT32_MAX);
        break;
    case 'l':
        options->work_ps = parse_number("--work", optarg, 1, WORK_NS_MAX) * PS_PER_NS;
        break;
    case 't':
        options->settings.search_ps = parse_number("--search", optarg, 0, SEARCH_NS_MAX) * PS_PER_NS;
        break;
    case 'c':
        if (!costs_set(&options->settings.costs, optarg))
            report_fatal("--cost %s: must be NAME=NANOSECONDS; see " PROGRAM_NAME " list", optarg);
        break;
    case 'C':
        read_costs(&options->settings.costs, optarg);
        break;
    case 'a':
        options->settings.is_awake = true;
        break;
    case 'o':
        options->settings.barriers_overlap = true;
        break;
    case 'r':
        options->settings.seed = parse_number("--seed", optarg, 0, UINT64_MAX);
        break;
    case 'j':
        options->json = fopen(optarg, "w");
        if (options->json == NULL)
            report_fatal("%s: cannot be opened: %s", optarg, strerror(errno));
        break;
    case 'g':
        options->plot = optarg;
        if (strpbrk(optarg, "'\n") != NULL)
            report_fatal("--plot %s: must be a name without quotes", optarg);
        break;
    default:
        options->command = COMMAND_HELP;
    }
}

static enum command parse_command(const char *name)
{
    static const char *const names[] = {
        [COMMAND_RUN] = "run",   [COMMAND_CHECK] = "check", [COMMAND_MEASURE] = "measure",
        [COMMAND_LIST] = "list", [COMMAND_HELP] = "help",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return (enum command)i;
    report_fatal("%s: there is no such command; see " PROGRAM_NAME " --help", name);
}

static void set_defaults(struct options *options)
{
    *options = (struct options){
        .workers = {2, 4, 8, 16, 32, 64, 128, 256, 512, 1024},
        .settings = {.costs = costs_default(), .search_ps = SEARCH_NS * PS_PER_NS, .seed = SEED_DEFAULT},
    };
    for (unsigned i = 0; workloads[i].name != NULL; i++)
        options->workloads[i] = &workloads[i];
    for (unsigned i = 0; protocols[i].name != NULL; i++)
        options->protocols[i] = &protocols[i];
}

void options_parse(int count, char **arguments, struct options *options)
{
    int option;
    set_defaults(options);
    while ((option = getopt_long(count, arguments, short_options, long_options, NULL)) != -1) {
        if (option == ':')
            report_fatal("%s: needs a value; see " PROGRAM_NAME " --help", arguments[optind - 1]);
        if (option == '?')
            report_fatal("%s: there is no such option; see " PROGRAM_NAME " --help", arguments[optind - 1]);
        parse_option(option, options);
    }
    if (options->command == COMMAND_HELP)
        return;
    if (optind == count)
        report_fatal("needs a command; see " PROGRAM_NAME " --help");
    options->command = parse_command(arguments[optind++]);
    if (optind < count)
        report_fatal("%s: is one argument too many; see " PROGRAM_NAME " --help", arguments[optind]);
    for (unsigned i = 0; options->workloads[i] != NULL; i++)
        if (options->size > options->workloads[i]->size_max)
            report_fatal("--size %" PRIu64 ": must be at most %" PRIu64 " for %s", options->size,
                         options->workloads[i]->size_max, options->workloads[i]->name);
}
