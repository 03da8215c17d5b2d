/*
 * scratch.h - memory for the children of one SUM(), for contenders that need some
 *
 * What is small lies on the stack, as a user would have it; 10^6 frames do not fit there.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "bench.h"

#include <stdlib.h>

#define SCRATCH_STACK_BYTES 16384

/* Gives memory until scratch_end() with the same size, in the same function. */
#define scratch_begin(count, bytes)                                                                                    \
    ((count) * (bytes) <= SCRATCH_STACK_BYTES ? __builtin_alloca((count) * (bytes))                                    \
                                              : scratch_allocate((count) * (bytes)))

static inline void *scratch_allocate(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL)
        bench_fail("no memory for %zu bytes", bytes);
    return memory;
}

static inline void scratch_end(void *memory, size_t count, size_t bytes)
{
    if (count * bytes > SCRATCH_STACK_BYTES)
        free(memory);
}

#endif
