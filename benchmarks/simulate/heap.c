/*
 * simulate/heap.c - the events to come, as a binary heap
 */
#include "heap.h"

#include "memory.h"

void heap_push(struct heap *heap, struct event event)
{
    heap->events = memory_room(heap->events, heap->count, &heap->capacity, sizeof *heap->events);
    size_t hole = heap->count++;
    for (size_t parent; hole > 0 && event_is_before(event, heap->events[parent = (hole - 1) / 2]); hole = parent)
        heap->events[hole] = heap->events[parent];
    heap->events[hole] = event;
}

struct event heap_pop(struct heap *heap)
{
    struct event first = heap->events[0], last = heap->events[--heap->count];
    size_t hole = 0;
    for (size_t child; (child = 2 * hole + 1) < heap->count; hole = child) {
        if (child + 1 < heap->count && event_is_before(heap->events[child + 1], heap->events[child]))
            child++;
        if (!event_is_before(heap->events[child], last))
            break;
        heap->events[hole] = heap->events[child];
    }
    heap->events[hole] = last;
    return first;
}
