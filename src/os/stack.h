/*
 * os/stack.h - what the calling thread has left behind on its stack, and what it has of its own
 *
 *   Threads   any, each for itself
 */
#ifndef WI_OS_STACK_H
#define WI_OS_STACK_H

#include <stddef.h>

typedef void wi_range_fn(void *memory, size_t bytes);

/* Calls `visit` for ranges that together hold all that was ever written below `top`, an address in the caller's frame
 * or above, since they were last visited; they may hold more. Addresses and sizes are multiples of 8. */
void wi_stack_visit_used(void *top, wi_range_fn *visit);

/* Calls `visit` for the ranges that hold the thread's thread-local variables. */
void wi_stack_visit_locals(wi_range_fn *visit);

#endif
