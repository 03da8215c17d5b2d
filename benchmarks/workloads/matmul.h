/*
 * workloads/matmul.h - product of square matrices by quadrants
 */
#ifndef WORKLOADS_MATMUL_H
#define WORKLOADS_MATMUL_H

#include "bench.h"

#include <string.h>

#define MATMUL_LEAF 32

/* c += a * b, for the size * size elements from there on. */
struct product {
    const double *a, *b;
    double *c;
    size_t size;
};

static size_t matmul_size; /* also the distance between rows */
static double *matmul_a, *matmul_b, *matmul_c, *matmul_left, *matmul_right;

static inline void matmul_multiply_leaf(struct product p)
{
    for (size_t i = 0; i < p.size; i++)
        for (size_t k = 0; k < p.size; k++)
            for (size_t j = 0; j < p.size; j++)
                p.c[i * matmul_size + j] += p.a[i * matmul_size + k] * p.b[k * matmul_size + j];
}

/* The first or second product that quadrant `i`, in the order of reading, is the sum of. */
static inline struct product matmul_quadrant(struct product p, size_t i, size_t which)
{
    size_t half = p.size / 2, row = i / 2 * half, column = i % 2 * half, inner = which * half;
    struct product quadrant = {p.a + row * matmul_size + inner, p.b + inner * matmul_size + column,
                               p.c + row * matmul_size + column, half};
    return quadrant;
}

/* Returns the number of leaves. */
TASK(long, matmul, struct product, p)
{
    long leaves = 0;
    if (p.size <= MATMUL_LEAF) {
        matmul_multiply_leaf(p);
        return 1;
    }
    for (size_t which = 0; which < 2; which++)
        SUM(leaves, matmul, 4, i, matmul_quadrant(p, i, which));
    return leaves;
}

/* left * (a * (b * right)), which is left * c * right if c is the product: exact, since all are small whole numbers. */
static double matmul_expect(void)
{
    double sum = 0;
    for (size_t k = 0; k < matmul_size; k++) {
        double column = 0, row = 0;
        for (size_t i = 0; i < matmul_size; i++) {
            column += matmul_left[i] * matmul_a[i * matmul_size + k];
            row += matmul_b[k * matmul_size + i] * matmul_right[i];
        }
        sum += column * row;
    }
    return sum;
}

static double *matmul_fill(size_t count, uint64_t seed)
{
    double *numbers = (double *)bench_alloc(count, sizeof *numbers);
    for (size_t i = 0; i < count; i++)
        numbers[i] = (double)(bench_random(&seed) % 8);
    return numbers;
}

static bool matmul_prepare(struct run *run)
{
    long size;
    if (!bench_read_size(run->size, 1, 8192, &size) || (size & (size - 1)) != 0)
        return false;
    matmul_size = (size_t)size;
    matmul_a = matmul_fill(matmul_size * matmul_size, 1);
    matmul_b = matmul_fill(matmul_size * matmul_size, 2);
    matmul_c = matmul_fill(matmul_size * matmul_size, 3);
    matmul_left = matmul_fill(matmul_size, 4);
    matmul_right = matmul_fill(matmul_size, 5);
    run->expected = matmul_expect();
    run->tasks = 0;
    for (double level = 8; size > MATMUL_LEAF; size /= 2, level *= 8)
        run->tasks += level;
    return true;
}

static void matmul_reset(struct run *run)
{
    (void)run;
    memset(matmul_c, 0, matmul_size * matmul_size * sizeof *matmul_c);
}

static void matmul_run(struct run *run)
{
    struct product all = {matmul_a, matmul_b, matmul_c, matmul_size};
    long leaves;
    (void)run;
    ROOT(leaves, matmul, all);
    (void)leaves;
}

static void matmul_check(struct run *run)
{
    run->result = 0;
    for (size_t i = 0; i < matmul_size; i++)
        for (size_t j = 0; j < matmul_size; j++)
            run->result += matmul_left[i] * matmul_c[i * matmul_size + j] * matmul_right[j];
}

static const struct workload matmul_workload = {
    "matmul",
    "product of two n * n matrices by quadrants down to 32 * 32",
    "n, a power of two up to 8192",
    "1024",
    0,
    matmul_prepare,
    matmul_run,
    matmul_reset,
    matmul_check,
};

#endif
