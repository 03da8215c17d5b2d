/*
 * simulate/heap.h - the events to come, earliest first
 *
 * Events at the same time come in the order of their workers, so that a run can be repeated.
 */
#ifndef SIMULATE_HEAP_H
#define SIMULATE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event {
    uint64_t time_ps;
    uint32_t worker;
};

struct heap {
    struct event *events;
    size_t count, capacity;
};

static inline bool event_is_before(struct event a, struct event b)
{
    return a.time_ps < b.time_ps || (a.time_ps == b.time_ps && a.worker < b.worker);
}

void heap_push(struct heap *heap, struct event event);

/* Takes the first event off a heap that is not empty. */
struct event heap_pop(struct heap *heap);

#endif
