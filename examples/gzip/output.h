/*
 * gzip/output.h - a file that appears whole, or not at all
 *
 * While it is written the file has no name (O_TMPFILE), so that nothing is left of it whatever ends the program, kill
 * -9 and a power cut included. Publishing links it into its folder in one step. Where the file system has no nameless
 * files, it has a hidden name meanwhile, which an error or a signal that can be caught removes.
 *
 *     struct output output;
 *     if (!output_create(&output, "a.gz", false))
 *         return false;
 *     if (!fill(output.fd))
 *         return output_discard(&output);
 *     return output_publish(&output, &status_of_a);
 *
 *   Errors    false, and the user has been told; then there is no output, and nothing to release
 *   Threads   the main thread; one output at a time
 */
#ifndef GZIP_OUTPUT_H
#define GZIP_OUTPUT_H

#include <stdbool.h>
#include <sys/stat.h>

struct output {
    int fd;
    int directory;     /* where it will appear */
    const char *path;  /* as the user knows it */
    const char *base;  /* the last part of `path` */
    bool is_replacing; /* what has this name now makes way */
    bool is_named;     /* it has a name for the time being: */
    char temporary[48];
};

/* Catches the signals that end a program, removes what is half-written, and dies of the signal all the same. Signals
 * about output that cannot be written become errors of write(). Before any thread is started. */
void output_guard_signals(void);

/* Creates the file that will be `path`, which is lent until it is published or discarded. If there is such a file, it
 * is replaced at the end if `is_replacing`, and refused otherwise. */
bool output_create(struct output *output, const char *path, bool is_replacing);

/* Gives the file the owner (as far as allowed), mode and time of `like`, and then its name. */
bool output_publish(struct output *output, const struct stat *like);

/* Drops the file. Returns false, to be passed on. */
bool output_discard(struct output *output);

#endif
