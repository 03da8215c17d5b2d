/*
 * gzip/report.h - what the user is told when something is wrong, and the exit code that follows
 *
 * One line on standard error for each thing that is wrong: `weft-gzip: NAME: what it is, and what would be right`. The
 * exit code is the worst that has been reported so far, as gzip's is: 0, then 2 after a warning, then 1 after an error.
 *
 *     if (fd < 0)
 *         return report_error(path, "cannot be opened: %s", strerror(errno));
 *
 *   Threads   the main thread only: a job never prints, it tells what went wrong in its reply
 */
#ifndef GZIP_REPORT_H
#define GZIP_REPORT_H

#include <stdbool.h>

#define PROGRAM_NAME "weft-gzip"

/* Silences warnings, which count for the exit code all the same. */
void report_be_quiet(void);

/* Reports that `name` (NULL: the program as a whole) could not be done. Returns false, to be passed on. */
__attribute__((format(printf, 2, 3))) bool report_error(const char *name, const char *format, ...);

/* Reports that `name` was left alone, or was done with a reservation. Returns false, too. */
__attribute__((format(printf, 2, 3))) bool report_warning(const char *name, const char *format, ...);

/* Returns the exit code of the program, as far as it is known by now. */
int report_exit_code(void);

#endif
