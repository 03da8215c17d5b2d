/*
 * tsan/typed.c - cases: typed tasks and loops
 */
#include <weft/parallel.h>
#include <weft/typed.h>

#include "tsan/corpus.h"

static long total;

WEFT_TASK(long, twice, (int, n))
{
    return 2 * n;
}

WEFT_VOID_TASK(add_to, (long *, place), (int, n))
{
    APART(*place += n); /* race: typed_tasks_share */
}

WEFT_TASK(long, fib, (int, n))
{
    if (n < 2)
        return n;
    struct fib left;
    WEFT_FORK(fib, &left, n - 1);
    long right = WEFT_CALL(fib, n - 2);
    return WEFT_JOIN(fib, &left) + right;
}

RIGHT(typed_fib)
{
    struct fib root;
    WEFT_RUN(pool, fib, &root, 10);
    total = root.value;
}

WEFT_TASK(long, fib_counted, (int, n))
{
    APART(total++); /* race: typed_fib_that_counts */
    if (n < 2)
        return n;
    struct fib_counted left;
    WEFT_FORK(fib_counted, &left, n - 1);
    long right = WEFT_CALL(fib_counted, n - 2);
    return WEFT_JOIN(fib_counted, &left) + right;
}

WRONG(typed_fib_that_counts)
{
    struct fib_counted root;
    WEFT_RUN(pool, fib_counted, &root, 4);
}

WEFT_TASK(long, share, (long *, place))
{
    struct add_to first, second;
    WEFT_FORK(add_to, &first, place, 1);
    WEFT_FORK(add_to, &second, place, 2);
    WEFT_JOIN(add_to, &second);
    WEFT_JOIN(add_to, &first);
    return *place;
}

WRONG(typed_tasks_share)
{
    long place = 0;
    struct share root;
    WEFT_RUN(pool, share, &root, &place);
}

WEFT_TASK(long, apart, (long *, place))
{
    struct add_to first, second;
    WEFT_FORK(add_to, &first, place, 1);
    WEFT_FORK(add_to, &second, place + 1, 2);
    WEFT_JOIN(add_to, &second);
    WEFT_JOIN(add_to, &first);
    return place[0] + place[1];
}

RIGHT(typed_tasks_apart)
{
    long places[2] = {0};
    struct apart root;
    WEFT_RUN(pool, apart, &root, places);
}

WEFT_VOID_TASK(note, (long *, place), (long, n))
{
    APART(*place = n); /* race: typed_parent_reads_before_join */
}

WEFT_TASK(long, too_early, (int, n))
{
    struct note job;
    long place = 0;
    WEFT_FORK(note, &job, &place, n);
    long seen;
    APART(seen = place); /* race: typed_parent_reads_before_join */
    WEFT_JOIN(note, &job);
    return seen;
}

WRONG(typed_parent_reads_before_join)
{
    struct too_early root;
    WEFT_RUN(pool, too_early, &root, 5);
}

WEFT_TASK(long, in_time, (int, n))
{
    struct twice job;
    long sum = 0;
    for (int i = 0; i < n; i++) {
        WEFT_FORK(twice, &job, i);
        sum += WEFT_JOIN(twice, &job);
        job.arg.n = 3;
    }
    return sum;
}

RIGHT(typed_frame_reused_after_join)
{
    struct in_time root;
    WEFT_RUN(pool, in_time, &root, 5);
}

/* ---- loops ---- */

#define COUNT 64

static long numbers[COUNT + 1];

static void scale(weft_worker *worker, size_t begin, size_t end, void *context)
{
    long *x = context;
    (void)worker;
    for (size_t i = begin; i < end; i++)
        x[i] *= 2;
}

RIGHT(loop_over_its_own)
{
    weft_pool_parallel_for(pool, 0, COUNT, 4, scale, numbers);
    weft_pool_parallel_for(pool, 0, COUNT, 0, scale, numbers);
    total = numbers[3];
}

static void shift(weft_worker *worker, size_t begin, size_t end, void *context)
{
    long *x = context;
    (void)worker;
    for (size_t i = begin; i < end; i++)
        APART(x[i] = x[i + 1]); /* race: loop_into_the_neighbour */
}

WRONG(loop_into_the_neighbour)
{
    weft_pool_parallel_for(pool, 0, COUNT, 8, shift, numbers);
}

static void sum_shared(weft_worker *worker, size_t begin, size_t end, void *context)
{
    (void)worker;
    for (size_t i = begin; i < end; i++)
        APART(*(long *)context += numbers[i]); /* race: loop_with_a_shared_sum */
}

WRONG(loop_with_a_shared_sum)
{
    long sum = 0;
    weft_pool_parallel_for(pool, 0, COUNT, 16, sum_shared, &sum);
}

static void sum_apart(weft_worker *worker, size_t begin, size_t end, void *context)
{
    long sum = 0;
    (void)worker;
    for (size_t i = begin; i < end; i++)
        sum += numbers[i];
    __atomic_fetch_add((long *)context, sum, __ATOMIC_RELAXED);
}

RIGHT(loop_with_an_atomic_sum)
{
    long sum = 0;
    weft_pool_parallel_for(pool, 0, COUNT, 16, sum_apart, &sum);
    total = sum;
}

static void sum_pieces(weft_worker *worker, size_t begin, size_t end, void *context)
{
    long *sums = context, sum = 0;
    (void)worker;
    for (size_t i = begin; i < end; i++)
        sum += numbers[i];
    sums[begin / 16] = sum;
}

RIGHT(loop_with_a_sum_for_each_piece)
{
    long sums[COUNT / 16] = {0};
    weft_pool_parallel_for(pool, 0, COUNT, 16, sum_pieces, sums);
    total = sums[0] + sums[3];
}

static void last_wins(weft_worker *worker, size_t begin, size_t end, void *context)
{
    (void)worker;
    (void)begin;
    APART(*(size_t *)context = end); /* race: loop_whose_pieces_write_one_place */
}

WRONG(loop_whose_pieces_write_one_place)
{
    size_t last;
    weft_pool_parallel_for(pool, 0, COUNT, 32, last_wins, &last);
}

static void bump(weft_worker *worker, size_t begin, size_t end, void *context)
{
    long *x = context;
    (void)worker;
    for (size_t i = begin; i < end; i++)
        APART(x[i]++); /* race: nested_loops_share */
}

static void inner_loop(weft_worker *worker, size_t begin, size_t end, void *context)
{
    (void)begin;
    (void)end;
    weft_parallel_for(worker, 0, COUNT, 16, bump, context);
}

WRONG(nested_loops_share)
{
    weft_pool_parallel_for(pool, 0, 2, 1, inner_loop, numbers);
}

static void row(weft_worker *worker, size_t begin, size_t end, void *context)
{
    for (size_t i = begin; i < end; i++)
        weft_parallel_for(worker, 0, COUNT, 16, bump, (long *)context + i * COUNT);
}

RIGHT(nested_loops_apart)
{
    static long rows[4 * COUNT];
    weft_pool_parallel_for(pool, 0, 4, 1, row, rows);
    total = rows[0];
}

WEFT_TASK(long, loop_and_task, (int, n))
{
    struct add_to job;
    WEFT_FORK(add_to, &job, &numbers[n], 1);
    weft_parallel_for(WEFT_SELF(), 0, COUNT, 16, bump, numbers);
    WEFT_JOIN(add_to, &job);
    return numbers[n];
}

RIGHT(loop_beside_a_typed_task)
{
    struct loop_and_task root;
    WEFT_RUN(pool, loop_and_task, &root, COUNT);
}
