/*
 * arena/measure.h - what the measurements of arena/ and transfer/ share: contenders by turns, their results checked,
 *                   one line each
 *
 * A contender runs a workload and returns the seconds that it took; what it has computed must be what is expected, or
 * its line says that it is not ok. All contenders of a workload run once before any is measured, and then by turns.
 */
#ifndef ARENA_MEASURE_H
#define ARENA_MEASURE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MEASURE_ROUNDS     15
#define MEASURE_CONTENDERS 4

struct contender {
    const char *name;
    double (*run)(const void *argument, uint64_t *result);
};

static inline double measure_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline int measure_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Measures a workload; the first contender is the one that the others' ratios refer to. `size` says how many
 * operations, or how large; `operations` makes nanoseconds of it. */
static inline void measure(const char *workload, const struct contender *contenders, int count, const void *argument,
                           int workers, uint64_t size, uint64_t operations, uint64_t expected)
{
    double seconds[MEASURE_CONTENDERS][MEASURE_ROUNDS], base = 0;
    bool ok[MEASURE_CONTENDERS];
    uint64_t result[MEASURE_CONTENDERS];
    for (int i = 0; i < count; i++) {
        contenders[i].run(argument, &result[i]);
        ok[i] = result[i] == expected;
    }
    for (int round = 0; round < MEASURE_ROUNDS; round++) {
        for (int turn = 0; turn < count; turn++) {
            int i = (turn + round) % count;
            seconds[i][round] = contenders[i].run(argument, &result[i]);
            ok[i] &= result[i] == expected;
        }
    }
    for (int i = 0; i < count; i++) {
        printf("{\"workload\":\"%s\",\"contender\":\"%s\",\"workers\":%d,\"size\":%" PRIu64 ",\"seconds\":[", workload,
               contenders[i].name, workers, size);
        for (int round = 0; round < MEASURE_ROUNDS; round++)
            printf("%s%.9f", round ? "," : "", seconds[i][round]);
        qsort(seconds[i], MEASURE_ROUNDS, sizeof(double), measure_compare);
        double median = seconds[i][MEASURE_ROUNDS / 2];
        if (i == 0)
            base = median;
        printf("],\"median_s\":%.9f,\"q1_s\":%.9f,\"q3_s\":%.9f,", median, seconds[i][MEASURE_ROUNDS / 4],
               seconds[i][MEASURE_ROUNDS - 1 - MEASURE_ROUNDS / 4]);
        printf("\"result\":%" PRIu64 ",\"ok\":%s,\"ns_per_operation\":%.2f,\"ratio\":%.3f}\n", result[i],
               ok[i] ? "true" : "false", median * 1e9 / (double)operations, median / base);
        fflush(stdout);
    }
}

#endif
