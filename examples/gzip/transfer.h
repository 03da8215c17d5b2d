/*
 * gzip/transfer.h - one input on its way to one output
 *
 * Two file descriptors with the names that the user knows them by. Reading and writing restart after signals, wait
 * where a descriptor would block, count bytes, move the progress bar, and report their own errors: who calls them only
 * has to stop. The descriptors are lent; whoever opened them closes them.
 *
 *   Units     bytes
 *   Errors    -1 or false, and the user has been told
 *   Threads   externally serialised; blocking
 */
#ifndef GZIP_TRANSFER_H
#define GZIP_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "progress.h"

/* For transfer.output: what is written is counted and dropped. */
#define TRANSFER_NOWHERE (-1)

struct transfer {
    int input;
    int output;
    const char *input_name;
    const char *output_name;
    uint64_t read_bytes;
    uint64_t written_bytes;
    struct progress progress;
};

/* Reads what is there, at most `bytes`, waiting for the first. Returns how many; 0 is the end of the input. */
ssize_t transfer_read(struct transfer *transfer, void *to, size_t bytes);

/* Reads until there are `bytes`. Returns how many; fewer only at the end of the input. */
ssize_t transfer_fill(struct transfer *transfer, void *to, size_t bytes);

/* Writes all of `bytes`. */
bool transfer_write(struct transfer *transfer, const void *from, size_t bytes);

/* Reports that the input could not be done because of `what`. Returns false, to be passed on. */
bool transfer_fail(struct transfer *transfer, const char *what);

#endif
