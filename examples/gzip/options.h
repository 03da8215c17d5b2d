/*
 * gzip/options.h - the command line
 *
 * The options of gzip that make sense here, and pigz's -p and -b; short ones may be combined, long ones abbreviated,
 * and they may stand anywhere before a `--`.
 */
#ifndef GZIP_OPTIONS_H
#define GZIP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mode {
    MODE_COMPRESS,
    MODE_EXPAND,
    MODE_TEST
};

struct options {
    enum mode mode;
    int level;
    uint32_t workers; /* as in weft_pool_options */
    size_t block_bytes;
    bool is_to_stdout;
    bool is_forced;
    bool is_keeping;
    bool is_nameless;
    bool is_quiet;
    bool is_verbose;
    char **names; /* what is left of the command line, up to a NULL */
};

/* What the command line wants. */
enum command {
    COMMAND_RUN,
    COMMAND_SHOWN, /* help or version, which has been printed */
    COMMAND_WRONG  /* reported */
};

/* Reads the command line into `*options`, which then lends from `arguments`. */
enum command options_parse(int count, char **arguments, struct options *options);

#endif
