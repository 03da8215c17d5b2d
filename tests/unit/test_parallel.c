/*
 * unit/test_parallel.c - loops in parallel
 */
#include <criterion/criterion.h>
#include <stdint.h>

#include <weft/parallel.h>

#include "base/atomics.h"

#define MANY 10000

struct marks {
    uint8_t times[MANY]; /* plain: each index belongs to one piece */
    wi_atomic_u32 pieces, largest_ok;
    size_t grain;
};

static void mark(weft_worker *worker, size_t begin, size_t end, void *context)
{
    struct marks *marks = context;
    cr_assert_not_null(worker);
    cr_assert_lt(begin, end);
    if (marks->grain != 0)
        cr_assert_leq(end - begin, marks->grain);
    wi_fetch_add_relaxed(&marks->pieces, 1);
    for (size_t i = begin; i < end; i++)
        marks->times[i]++;
}

static void check(weft_pool *pool, size_t begin, size_t end, size_t grain)
{
    static struct marks marks;
    memset(&marks, 0, sizeof marks);
    marks.grain = grain;
    cr_assert_eq(weft_pool_parallel_for(pool, begin, end, grain, mark, &marks), WEFT_OK);
    for (size_t i = 0; i < MANY; i++)
        cr_assert_eq(marks.times[i], i >= begin && i < end);
    if (begin == end)
        cr_assert_eq(wi_load_relaxed(&marks.pieces), 0);
}

static weft_pool *create(uint32_t workers)
{
    weft_pool *pool = NULL;
    weft_pool_options options = {.size = sizeof options, .workers = workers};
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
    return pool;
}

Test(parallel, each_index_once)
{
    static const uint32_t workers[] = {WEFT_WORKERS_NONE, 1, 2, 8};
    static const size_t grains[] = {0, 1, 7, 1000, MANY, SIZE_MAX};
    for (size_t w = 0; w < 4; w++) {
        weft_pool *pool = create(workers[w]);
        for (size_t g = 0; g < sizeof grains / sizeof grains[0]; g++) {
            check(pool, 0, MANY, grains[g]);
            check(pool, 17, 18, grains[g]);
            check(pool, 5, 777, grains[g]);
            check(pool, MANY, MANY, grains[g]);
        }
        cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    }
}

Test(parallel, the_automatic_grain_gives_each_worker_several_pieces)
{
    static struct marks marks;
    weft_pool *pool = create(4);
    cr_assert_eq(weft_pool_parallel_for(pool, 0, MANY, 0, mark, &marks), WEFT_OK);
    cr_assert_geq(wi_load_relaxed(&marks.pieces), 4 * 8);
    cr_assert_leq(wi_load_relaxed(&marks.pieces), 4 * 64);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

static void count(weft_worker *worker, size_t begin, size_t end, void *context)
{
    (void)worker;
    wi_fetch_add_relaxed((wi_atomic_u64 *)context, end - begin);
}

static void nest(weft_worker *worker, size_t begin, size_t end, void *context)
{
    for (size_t i = begin; i < end; i++)
        cr_assert_eq(weft_parallel_for(worker, 0, i, 3, count, context), WEFT_OK);
}

Test(parallel, loops_nest)
{
    weft_pool *pool = create(3);
    wi_atomic_u64 sum = {0};
    cr_assert_eq(weft_pool_parallel_for(pool, 0, 200, 1, nest, &sum), WEFT_OK);
    cr_assert_eq(wi_load_relaxed(&sum), 199 * 200 / 2);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(parallel, the_ends_of_the_number_range_are_reached)
{
    weft_pool *pool = create(2);
    wi_atomic_u64 sum = {0};
    cr_assert_eq(weft_pool_parallel_for(pool, SIZE_MAX - 1000, SIZE_MAX, 10, count, &sum), WEFT_OK);
    cr_assert_eq(wi_load_relaxed(&sum), 1000);
    cr_assert_eq(weft_pool_parallel_for(pool, 0, SIZE_MAX, SIZE_MAX / 8, count, &sum), WEFT_OK);
    cr_assert_eq(wi_load_relaxed(&sum), SIZE_MAX + UINT64_C(1000));
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(parallel, bad_arguments_are_refused)
{
    weft_pool *pool = create(1);
    cr_assert_eq(weft_pool_parallel_for(pool, 0, 1, 0, NULL, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_pool_parallel_for(pool, 2, 1, 0, count, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_pool_parallel_for(NULL, 0, 1, 0, count, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_parallel_for(NULL, 0, 1, 0, count, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(weft_pool_parallel_for(pool, 0, 1, 0, count, NULL), WEFT_ECLOSED);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}
