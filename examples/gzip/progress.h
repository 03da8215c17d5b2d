/*
 * gzip/progress.h - a bar on the terminal while a large input is read
 *
 * Appears on standard error if that is a terminal which the program has to itself, and only when the input is large
 * enough to wait for; redrawn at most ten times a second, and erased at the end, so that nothing of it stays behind.
 * The size may be unknown (a pipe): then there is a count instead of a bar.
 *
 *     struct progress progress;
 *     progress_begin(&progress, "big.tar", status.st_size, true);
 *     progress_update(&progress, bytes_so_far);
 *     progress_end(&progress);
 *
 *   Units     bytes
 *   Threads   externally serialised
 */
#ifndef GZIP_PROGRESS_H
#define GZIP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *name;
    uint64_t total_bytes; /* 0: unknown */
    uint64_t drawn_at_ns;
    bool is_enabled;
    bool is_drawn;
};

/* Starts an input of `total_bytes` (0: unknown). Lends `name` until progress_end(). Unless `is_wanted`, there is no
 * bar. */
void progress_begin(struct progress *progress, const char *name, uint64_t total_bytes, bool is_wanted);

/* Says that `done_bytes` of the input have been read by now. */
void progress_update(struct progress *progress, uint64_t done_bytes);

/* Erases the bar. May be called twice. */
void progress_end(struct progress *progress);

#endif
