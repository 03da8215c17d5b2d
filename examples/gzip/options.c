/*
 * gzip/options.c - the command line, by getopt_long
 */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <weft/pool.h>

#include "compress.h"
#include "report.h"

#define LEVEL_DEFAULT     6
#define BLOCK_DEFAULT_KIB 128
#define BLOCK_MIN_KIB     (COMPRESS_BLOCK_MIN_BYTES >> 10)
#define BLOCK_MAX_KIB     (COMPRESS_BLOCK_MAX_BYTES >> 10)

static const char help_text[] = "Usage: " PROGRAM_NAME " [OPTION]... [FILE]...\n"
                                "Compress each FILE to FILE.gz on all processors, or expand FILE.gz to FILE.\n"
                                "Without a FILE, or when it is -, from standard input to standard output.\n"
                                "\n"
                                "  -1 ... -9            from fastest (--fast) to smallest (--best); default: -6\n"
                                "  -b, --blocksize KIB  compress in blocks of KIB * 1024 bytes; default: 128\n"
                                "  -c, --stdout         write to standard output, keep the input\n"
                                "  -d, --decompress     expand (on one processor)\n"
                                "  -f, --force          overwrite, follow links, use the terminal for data\n"
                                "  -h, --help           print this help\n"
                                "  -k, --keep           keep the input\n"
                                "  -n, --no-name        do not store the name and the time\n"
                                "  -p, --processes N    compress on N threads, 0: on the main thread alone;\n"
                                "                       default: one for each available processor\n"
                                "  -q, --quiet          no warnings, no progress bar\n"
                                "  -t, --test           check compressed files, write nothing\n"
                                "  -v, --verbose        say what became of each file\n"
                                "  -V, --version        print the version\n"
                                "\n"
                                "Exit code: 0 done, 1 error, 2 warning.\n";

static const char short_options[] = ":123456789b:cdfhknp:qtvV";

static const struct option long_options[] = {
    {"best", no_argument, NULL, '9'},
    {"blocksize", required_argument, NULL, 'b'},
    {"decompress", no_argument, NULL, 'd'},
    {"fast", no_argument, NULL, '1'},
    {"force", no_argument, NULL, 'f'},
    {"help", no_argument, NULL, 'h'},
    {"keep", no_argument, NULL, 'k'},
    {"no-name", no_argument, NULL, 'n'},
    {"processes", required_argument, NULL, 'p'},
    {"quiet", no_argument, NULL, 'q'},
    {"silent", no_argument, NULL, 'q'},
    {"stdout", no_argument, NULL, 'c'},
    {"test", no_argument, NULL, 't'},
    {"to-stdout", no_argument, NULL, 'c'},
    {"uncompress", no_argument, NULL, 'd'},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* Reads the option's argument as a number from `least` to `most`. */
static bool parse_number(const char *option, unsigned long least, unsigned long most, unsigned long *number)
{
    char *end;
    errno = 0;
    *number = strtoul(optarg, &end, 10);
    if (isdigit((unsigned char)optarg[0]) && *end == '\0' && errno == 0 && *number >= least && *number <= most)
        return true;
    return report_error(NULL, "%s %s: must be a number from %lu to %lu", option, optarg, least, most);
}

static bool parse_block(struct options *options)
{
    unsigned long kib;
    if (!parse_number("-b", BLOCK_MIN_KIB, BLOCK_MAX_KIB, &kib))
        return false;
    options->block_bytes = (size_t)kib << 10;
    return true;
}

static bool parse_workers(struct options *options)
{
    unsigned long workers;
    if (!parse_number("-p", 0, WEFT_WORKERS_MAX, &workers))
        return false;
    options->workers = workers == 0 ? WEFT_WORKERS_NONE : (uint32_t)workers;
    return true;
}

static enum command show(const char *text)
{
    fputs(text, stdout);
    return COMMAND_SHOWN;
}

/* `option` is a '?' or a ':'. getopt tells what was wrong by a letter in optopt, or leaves 0 there for a long option.
 */
static enum command refuse(int option, char **arguments)
{
    if (option == ':')
        report_error(NULL, "%s: needs a number; see --help", arguments[optind - 1]);
    else if (optopt != 0 && isgraph(optopt) && arguments[optind - 1][1] != '-')
        report_error(NULL, "-%c: there is no such option; see --help", optopt);
    else
        report_error(NULL, "%s: there is no such option; see --help", arguments[optind - 1]);
    return COMMAND_WRONG;
}

static void apply_flag(int option, struct options *options)
{
    switch (option) {
    case 'c':
        options->is_to_stdout = true;
        break;
    case 'd':
        if (options->mode != MODE_TEST)
            options->mode = MODE_EXPAND;
        break;
    case 'f':
        options->is_forced = true;
        break;
    case 'k':
        options->is_keeping = true;
        break;
    case 'n':
        options->is_nameless = true;
        break;
    case 'q':
        options->is_quiet = true;
        options->is_verbose = false;
        break;
    case 't':
        options->mode = MODE_TEST;
        break;
    case 'v':
        options->is_verbose = true;
        options->is_quiet = false;
        break;
    default:
        options->level = option - '0';
    }
}

enum command options_parse(int count, char **arguments, struct options *options)
{
    int option;
    *options = (struct options){.level = LEVEL_DEFAULT, .block_bytes = (size_t)BLOCK_DEFAULT_KIB << 10};
    while ((option = getopt_long(count, arguments, short_options, long_options, NULL)) != -1) {
        switch (option) {
        case 'h':
            return show(help_text);
        case 'V':
            printf(PROGRAM_NAME " %d.%d.%d\n", WEFT_VERSION_MAJOR, WEFT_VERSION_MINOR, WEFT_VERSION_PATCH);
            return COMMAND_SHOWN;
        case 'b':
            if (!parse_block(options))
                return COMMAND_WRONG;
            break;
        case 'p':
            if (!parse_workers(options))
                return COMMAND_WRONG;
            break;
        case '?':
        case ':':
            return refuse(option, arguments);
        default:
            apply_flag(option, options);
        }
    }
    options->names = arguments + optind;
    return COMMAND_RUN;
}
