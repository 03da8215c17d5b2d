/*
 * support/stress.h - what every stress program shares: its options, its seed, its random numbers, its verdict
 */
#ifndef SUPPORT_STRESS_H
#define SUPPORT_STRESS_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct stress {
    uint64_t seed;
    uint64_t rounds;
    uint64_t random;
};

/* Reads `--seed N` and `--rounds N`, and prints what the run goes by, so that it can be repeated. */
static inline struct stress stress_begin(int argc, char **argv, uint64_t rounds)
{
    struct stress stress = {.seed = (uint64_t)time(NULL), .rounds = rounds};
    for (int i = 1; i < argc; i += 2) {
        uint64_t *number = strcmp(argv[i], "--seed") == 0     ? &stress.seed
                           : strcmp(argv[i], "--rounds") == 0 ? &stress.rounds
                                                              : NULL;
        if (!number || i + 1 == argc) {
            fprintf(stderr, "usage: %s [--seed N] [--rounds N]\n", argv[0]);
            exit(2);
        }
        *number = strtoull(argv[i + 1], NULL, 10);
    }
    stress.random = stress.seed;
    printf("%s --seed %" PRIu64 " --rounds %" PRIu64 "\n", argv[0], stress.seed, stress.rounds);
    fflush(stdout);
    return stress;
}

/* A random number below `limit`: xorshift64*, Vigna 2016. */
static inline uint32_t stress_below(uint64_t *random, uint32_t limit)
{
    uint64_t x = *random ? *random : 1;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *random = x;
    return (uint32_t)((x * UINT64_C(0x2545f4914f6cdd1d) >> 32) * limit >> 32);
}

/* Ends the program with the place where something did not hold. */
#define stress_check(condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                             \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
