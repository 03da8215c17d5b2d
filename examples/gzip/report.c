/*
 * gzip/report.c - messages and the exit code
 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

enum exit_code {
    EXIT_CODE_DONE = 0,
    EXIT_CODE_ERROR = 1,
    EXIT_CODE_WARNING = 2
};

static bool is_quiet;
static enum exit_code exit_code = EXIT_CODE_DONE;

static void print_line(const char *name, const char *format, va_list arguments)
{
    fputs(PROGRAM_NAME ": ", stderr);
    if (name != NULL)
        fprintf(stderr, "%s: ", name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void report_be_quiet(void)
{
    is_quiet = true;
}

bool report_error(const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(name, format, arguments);
    va_end(arguments);
    exit_code = EXIT_CODE_ERROR;
    return false;
}

bool report_warning(const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!is_quiet)
        print_line(name, format, arguments);
    va_end(arguments);
    if (exit_code == EXIT_CODE_DONE)
        exit_code = EXIT_CODE_WARNING;
    return false;
}

int report_exit_code(void)
{
    return exit_code;
}
