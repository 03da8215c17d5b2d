/*
 * workloads/cilksort.h - merge sort by quarters, with merges that are parallel, too
 *
 * Source: Akl and Santoro, Optimal parallel merging and sorting without memory conflicts (IEEE Transactions on
 * Computers 1987), for the merge.
 */
#ifndef WORKLOADS_CILKSORT_H
#define WORKLOADS_CILKSORT_H

#include "bench.h"

#include <string.h>

#define CILKSORT_SORT_LEAF  1024
#define CILKSORT_MERGE_LEAF 2048

/* Sorts `count` numbers in place; as many at `scratch` are free to use. */
struct sorting {
    uint32_t *numbers, *scratch;
    size_t count;
};

/* Merges what is sorted already to `to`. */
struct merging {
    const uint32_t *a, *b;
    size_t a_count, b_count;
    uint32_t *to;
};

static size_t cilksort_size;
static uint32_t *cilksort_input, *cilksort_numbers, *cilksort_scratch;

static void cilksort_merge_leaf(struct merging m)
{
    while (m.a_count > 0 && m.b_count > 0) {
        bool is_a = *m.a <= *m.b;
        *m.to++ = is_a ? *m.a : *m.b;
        m.a += is_a;
        m.a_count -= is_a;
        m.b += !is_a;
        m.b_count -= !is_a;
    }
    memcpy(m.to, m.a, m.a_count * sizeof *m.to);
    memcpy(m.to + m.a_count, m.b, m.b_count * sizeof *m.to);
}

/* Merge sort from the bottom up, from runs of eight that are sorted by insertion. */
static void cilksort_sort_leaf(struct sorting s)
{
    uint32_t *from = s.numbers, *to = s.scratch;
    for (size_t begin = 0; begin < s.count; begin += 8)
        for (size_t i = begin + 1; i < s.count && i < begin + 8; i++) {
            uint32_t number = from[i];
            size_t place = i;
            for (; place > begin && from[place - 1] > number; place--)
                from[place] = from[place - 1];
            from[place] = number;
        }
    for (size_t width = 8; width < s.count; width *= 2) {
        for (size_t begin = 0; begin < s.count; begin += 2 * width) {
            size_t left = s.count - begin, a = left < width ? left : width, b = left - a < width ? left - a : width;
            struct merging m = {from + begin, from + begin + a, a, b, to + begin};
            cilksort_merge_leaf(m);
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != s.numbers)
        memcpy(s.numbers, from, s.count * sizeof *from);
}

static inline size_t cilksort_count_below(const uint32_t *numbers, size_t count, uint32_t limit)
{
    size_t low = 0;
    while (count > 0) {
        size_t half = count / 2;
        bool is_below = numbers[low + half] < limit;
        low += is_below ? half + 1 : 0;
        count = is_below ? count - half - 1 : half;
    }
    return low;
}

TASK(long, cilksort_merge, struct merging, m)
{
    long low_leaves, high_leaves;
    if (m.a_count + m.b_count <= CILKSORT_MERGE_LEAF) {
        cilksort_merge_leaf(m);
        return 1;
    }
    if (m.a_count < m.b_count) {
        struct merging swapped = {m.b, m.a, m.b_count, m.a_count, m.to};
        m = swapped;
    }
    size_t a = m.a_count / 2, b = cilksort_count_below(m.b, m.b_count, m.a[a]);
    struct merging low = {m.a, m.b, a, b, m.to};
    struct merging high = {m.a + a, m.b + b, m.a_count - a, m.b_count - b, m.to + a + b};
    BOTH(low_leaves, cilksort_merge, low, high_leaves, cilksort_merge, high);
    return low_leaves + high_leaves;
}

static inline struct sorting cilksort_quarter(struct sorting s, size_t i)
{
    size_t begin = s.count / 4 * i, end = i == 3 ? s.count : begin + s.count / 4;
    struct sorting quarter = {s.numbers + begin, s.scratch + begin, end - begin};
    return quarter;
}

/* Returns the number of leaves. */
TASK(long, cilksort, struct sorting, s)
{
    long leaves = 0, low_leaves, high_leaves;
    if (s.count <= CILKSORT_SORT_LEAF) {
        cilksort_sort_leaf(s);
        return 1;
    }
    SUM(leaves, cilksort, 4, i, cilksort_quarter(s, i));
    size_t quarter = s.count / 4, half = 2 * quarter;
    struct merging low = {s.numbers, s.numbers + quarter, quarter, quarter, s.scratch};
    struct merging high = {s.numbers + half, s.numbers + half + quarter, quarter, s.count - half - quarter,
                           s.scratch + half};
    BOTH(low_leaves, cilksort_merge, low, high_leaves, cilksort_merge, high);
    struct merging all = {s.scratch, s.scratch + half, half, s.count - half, s.numbers};
    return leaves + low_leaves + high_leaves + CALL(cilksort_merge, all);
}

/* The same for each order of the same numbers. */
static double cilksort_hash(const uint32_t *numbers)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < cilksort_size; i++)
        sum += (numbers[i] * UINT64_C(0x9e3779b97f4a7c15)) >> 40;
    return (double)sum;
}

static bool cilksort_prepare(struct run *run)
{
    long size;
    uint64_t random = 1;
    if (!bench_read_size(run->size, 1, 1000000000, &size))
        return false;
    cilksort_size = (size_t)size;
    cilksort_input = (uint32_t *)bench_alloc(cilksort_size, sizeof *cilksort_input);
    cilksort_numbers = (uint32_t *)bench_alloc(cilksort_size, sizeof *cilksort_numbers);
    cilksort_scratch = (uint32_t *)bench_alloc(cilksort_size, sizeof *cilksort_scratch);
    for (size_t i = 0; i < cilksort_size; i++)
        cilksort_input[i] = (uint32_t)bench_random(&random);
    run->expected = cilksort_hash(cilksort_input);
    return true;
}

static void cilksort_reset(struct run *run)
{
    (void)run;
    memcpy(cilksort_numbers, cilksort_input, cilksort_size * sizeof *cilksort_numbers);
}

static void cilksort_run(struct run *run)
{
    struct sorting all = {cilksort_numbers, cilksort_scratch, cilksort_size};
    long leaves;
    ROOT(leaves, cilksort, all);
    run->tasks = (double)leaves;
}

static void cilksort_check(struct run *run)
{
    run->result = cilksort_hash(cilksort_numbers);
    for (size_t i = 1; i < cilksort_size; i++)
        if (cilksort_numbers[i - 1] > cilksort_numbers[i])
            run->result = -1;
}

static const struct workload cilksort_workload = {
    "cilksort",
    "merge sort of 32-bit numbers by quarters, merges in parallel",
    "numbers, 1 to 10^9",
    "4000000",
    0,
    cilksort_prepare,
    cilksort_run,
    cilksort_reset,
    cilksort_check,
};

#endif
