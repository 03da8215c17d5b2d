/*
 * gzip/main.c - weft-gzip, a parallel gzip
 *
 * An example of weft at work, and a program to be used: README.md says how it is made. It needs nothing of weft but the
 * public headers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "options.h"
#include "output.h"
#include "report.h"

/* Makes sure that no file gets the number of a standard descriptor that is closed, and with it what is meant for that
 * one. Who uses such a descriptor still gets an error: it cannot do what it is there for. */
static void reserve_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static void process_all(const struct options *options)
{
    struct batch batch = {.options = options};
    if (options->names[0] == NULL)
        file_process(&batch, NULL);
    for (char **name = options->names; *name != NULL; name++)
        file_process(&batch, *name);
    compressor_destroy(batch.compressor);
}

int main(int count, char **arguments)
{
    struct options options;
    reserve_standard_descriptors();
    enum command command = options_parse(count, arguments, &options);
    if (command == COMMAND_RUN) {
        if (options.is_quiet)
            report_be_quiet();
        output_guard_signals();
        process_all(&options);
    }
    if (fclose(stdout) != 0)
        report_error("standard output", "cannot be written: %s", strerror(errno));
    return report_exit_code();
}
