/*
 * simulate/costs.h - what the primitives of a machine cost
 *
 * One list makes the fields, the names on the command line and in files, the defaults, and the help. The defaults were
 * measured on a virtual machine with two x86-64 cores; those that nothing measured say so.
 *
 *   Units     picoseconds in the fields, nanoseconds in text
 */
#ifndef SIMULATE_COSTS_H
#define SIMULATE_COSTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* X(field, nanoseconds, what it is) */
#define COST_MAP(X)                                                                                                    \
    X(look, 1, "read of a line that nobody has written since (assumed)")                                               \
    X(line, 128, "read of a line that another core has written")                                                       \
    X(pause, 11, "pause between two looks of a searching thief")                                                       \
    X(fence, 5, "full fence")                                                                                          \
    X(cas_own, 5, "compare-and-swap on a line of one's own")                                                           \
    X(cas_foreign, 130, "compare-and-swap on a line that another core has written; they queue up")                     \
    X(pair_private, 0.5, "fork and join in a private part")                                                            \
    X(pair_asymmetric, 1.9, "fork and join in a public deque without a fence")                                         \
    X(pair_textbook, 8, "fork and join in a public deque with a fence in the pop")                                     \
    X(slow, 3, "leaving the inline path for a request (assumed)")                                                      \
    X(barrier_alone, 160, "membarrier while no other core runs the process")                                           \
    X(barrier_first, 18000, "membarrier while one other core runs the process")                                        \
    X(barrier_each, 1000, "what each further core adds to it (assumed)")                                               \
    X(barrier_one, 18000, "membarrier to one core that is named (assumed to cost what one target does)")               \
    X(barrier_victim, 1000, "what each core that it interrupts loses (assumed)")                                       \
    X(wake, 14000, "futex wake of a halted core: the waker's time")                                                    \
    X(wake_delay, 39000, "from the begin of that wake until the sleeper runs")                                         \
    X(sleep, 1000, "going to sleep (assumed)")

struct costs {
#define X(name, ns, what) uint64_t name##_ps;
    COST_MAP(X)
#undef X
};

/* The defaults. */
struct costs costs_default(void);

/* Sets one cost from `text`, NAME=NANOSECONDS with the name's `_ns` at its end. Returns false if it is not that. */
bool costs_set(struct costs *costs, const char *text);

/* Sets all that the lines of `file` name; empty lines and those after a # are skipped. Returns 0, or the number of the
 * first line that is wrong. */
unsigned costs_read(struct costs *costs, FILE *file);

/* Prints each cost as a line that costs_read() reads, with what it is. */
void costs_print(const struct costs *costs, FILE *file);

/* Prints one such line. `name` is that of the field, without a unit. */
void costs_print_one(const char *name, double ns, FILE *file);

#endif
