/*
 * A user's program in short: adds up the numbers below a million on all CPUs.
 */
#include <stdio.h>
#include <stdlib.h>

#include <weft/parallel.h>

static void add(weft_worker *worker, size_t begin, size_t end, void *context)
{
    uint64_t *sum = (uint64_t *)context + weft_worker_index(worker); /* no two at work share an index */
    for (size_t i = begin; i < end; i++)
        *sum += i;
}

int main(void)
{
    weft_pool *pool;
    if (weft_version() != WEFT_VERSION || weft_pool_create(NULL, &pool) != WEFT_OK)
        return 1;
    uint32_t slots = weft_pool_slots(pool);
    uint64_t sum = 0, *sums = calloc(slots, sizeof *sums);
    if (!sums || weft_pool_parallel_for(pool, 0, 1000000, 0, add, sums) != WEFT_OK)
        return 1;
    weft_pool_destroy(pool);
    for (uint32_t i = 0; i < slots; i++)
        sum += sums[i];
    free(sums);
    printf("%llu\n", (unsigned long long)sum);
    return sum == UINT64_C(499999500000) ? 0 : 1;
}
