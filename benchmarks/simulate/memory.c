/*
 * simulate/memory.c - memory, or the end of the program
 */
#include "memory.h"

#include <stdlib.h>

#include "report.h"

#define CAPACITY_MIN 64

void *memory_make(size_t count, size_t item_bytes)
{
    void *items = calloc(count > 0 ? count : 1, item_bytes);
    if (items == NULL)
        report_fatal("there is no memory for %zu items of %zu bytes", count, item_bytes);
    return items;
}

void *memory_room(void *items, size_t count, size_t *capacity, size_t item_bytes)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity > 0 ? 2 * *capacity : CAPACITY_MIN;
    items = realloc(items, *capacity * item_bytes);
    if (items == NULL)
        report_fatal("there is no memory for %zu items of %zu bytes", *capacity, item_bytes);
    return items;
}

void memory_free(void *items)
{
    free(items);
}
