/*
 * simulate/memory.h - memory, or the end of the program
 */
#ifndef SIMULATE_MEMORY_H
#define SIMULATE_MEMORY_H

#include <stddef.h>

/* Gives `count` cleared items; never NULL. */
void *memory_make(size_t count, size_t item_bytes);

/* Takes an array of `*capacity` items of which `count` are used, and gives one that has room for another. */
void *memory_room(void *items, size_t count, size_t *capacity, size_t item_bytes);

void memory_free(void *items);

#endif
