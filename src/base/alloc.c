/*
 * base/alloc.c - the one way to memory
 *
 * Who touches what
 *   countdown   requests left until the one that fails, 0 for never: set by a test, lowered by any thread
 */
#include "base/alloc.h"

#include <stdlib.h>

#include "base/atomics.h"

static wi_atomic_u64 countdown;

bool wi_alloc_refuses(void)
{
    if (wi_load_relaxed(&countdown) == 0) /* hint: a test sets it while no other thread allocates */
        return false;
    return wi_fetch_add_relaxed(&countdown, (uint64_t)-1) == 1; /* hint: the count itself is all that is shared */
}

void wi_alloc_fail_at(uint64_t nth)
{
    wi_store_relaxed(&countdown, nth); /* hint: a test sets it while no other thread allocates */
}

void *wi_alloc(size_t alignment, size_t bytes)
{
    if (bytes > SIZE_MAX - alignment || wi_alloc_refuses())
        return NULL;
    return aligned_alloc(alignment, (bytes + alignment - 1) & ~(alignment - 1));
}

void wi_free(void *memory)
{
    free(memory);
}
