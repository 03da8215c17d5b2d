/*
 * gzip/file.h - one name of the command line, from opening the input to removing it
 *
 * Here are gzip's habits: what is left alone and why, what the output is called, and that an input goes only after its
 * output is complete.
 *
 *   Errors    are reported and end in the program's exit code; the next file is not affected
 *   Threads   the main thread
 */
#ifndef GZIP_FILE_H
#define GZIP_FILE_H

#include "compress.h"
#include "options.h"

/* What files have in common. Starts as { .options = ... }; the compressor comes with the first file that needs it, and
 * the caller destroys it. */
struct batch {
    const struct options *options;
    struct compressor *compressor;
};

/* Compresses, expands or tests the file `name`; NULL or "-" is standard input. */
void file_process(struct batch *batch, const char *name);

#endif
