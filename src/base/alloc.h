/*
 * base/alloc.h - the one way to memory, with a switch that makes it fail
 *
 * Everything that the library allocates comes from here, so that a test can make the n-th request fail and check that
 * nothing is lost. Requests for other resources (a thread) ask wi_alloc_refuses() and count as well.
 *
 *   Errors    NULL where there is no memory
 *   Threads   any
 */
#ifndef WI_BASE_ALLOC_H
#define WI_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Gives `bytes` of memory, not initialised, on a multiple of `alignment` (a power of two, at least that of a pointer).
 * The caller releases it with wi_free(). */
void *wi_alloc(size_t alignment, size_t bytes);

/* Takes memory from wi_alloc(); NULL is allowed. */
void wi_free(void *memory);

/* Counts one request and says whether it is the one that must fail. */
bool wi_alloc_refuses(void);

/* Makes the `nth` request from now fail, once; 0 for none. For tests. */
void wi_alloc_fail_at(uint64_t nth);

#endif
