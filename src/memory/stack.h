/*
 * memory/stack.h - a stack without locks of numbered things in shared memory
 *
 * The head is one word: the number of the top one + 1 (0: empty), and above it a count of changes, by which a pop sees
 * that the stack is not the one whose second element it has read, even if its top is. Each thing has a link of its own,
 * which belongs to whoever has pushed it, until it is popped. Things are never unmapped, so a link may be read late.
 *
 *   Threads   any; lock-free
 *   Ordering  what happens before a push happens before the return of the pop that gives its thing
 *
 * Edges
 *   [stack.item] CAS in push -> load in pop: the thing's link, and what else was written to it.
 */
#ifndef WI_MEMORY_STACK_H
#define WI_MEMORY_STACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"

#define WI_STACK_EMPTY UINT32_MAX

/* Where a stack is: its head, the link of thing 0, the distance to that of thing 1, and how many things there are. */
struct wi_stack {
    wi_atomic_u64 *head;
    wi_atomic_u32 *links;
    size_t stride;
    uint32_t count;
};

static inline wi_atomic_u32 *wi_stack_link(const struct wi_stack *stack, uint32_t number)
{
    return (wi_atomic_u32 *)(void *)((unsigned char *)stack->links + number * stack->stride);
}

static inline uint64_t wi_stack_changed(uint64_t head, uint32_t top)
{
    return ((head >> 32) + 1) << 32 | top;
}

static inline void wi_stack_push(const struct wi_stack *stack, uint32_t number)
{
    uint64_t head = wi_load_relaxed(stack->head); /* [stack.item] */
    do
        wi_store_relaxed(wi_stack_link(stack, number), (uint32_t)head);              /* [stack.item] */
    while (!wi_cas_acq_rel(stack->head, &head, wi_stack_changed(head, number + 1))); /* [stack.item] */
}

/* Gives the number of the top one, which is the caller's, or WI_STACK_EMPTY; also if the head has no number that can
 * be. */
static inline uint32_t wi_stack_pop(const struct wi_stack *stack)
{
    for (;;) {
        uint64_t head = wi_load_acquire(stack->head); /* [stack.item] */
        uint32_t number = (uint32_t)head - 1;
        if (number >= stack->count)
            return WI_STACK_EMPTY;
        uint32_t next = wi_load_relaxed(wi_stack_link(stack, number)); /* hint: the CAS fails if it is too late */
        if (wi_cas_acq_rel(stack->head, &head, wi_stack_changed(head, next))) /* [stack.item] */
            return number;
    }
}

#endif
