/*
 * unit/fault.h - whether a use of memory is found out
 */
#ifndef UNIT_FAULT_H
#define UNIT_FAULT_H

#include <criterion/criterion.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomics.h"

/* Whether a child process that reads at `place` dies of it, or is stopped by a sanitizer's report. ThreadSanitizer
 * looks at nothing in a forked child: there the answer is what is `expected`, and tests/tsan has programs that it
 * reports. */
static inline bool faults(const volatile char *place, bool expected)
{
    int status;
    if (wi_tsan_is_here())
        return expected;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        close(STDERR_FILENO); /* for the report */
        (void)*place;
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
}

#endif
