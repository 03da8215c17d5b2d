/*
 * support/teardown.h - what must hold when a test has ended
 *
 * Criterion prints an assertion that fails in a .fini function, and counts its test as passed; only a crash there makes
 * the program fail.
 */
#ifndef SUPPORT_TEARDOWN_H
#define SUPPORT_TEARDOWN_H

#include <stdio.h>
#include <stdlib.h>

#define teardown_check(condition)                                                                                      \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                             \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
