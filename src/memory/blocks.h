/*
 * memory/blocks.h - blocks of an arena, and what the threads of this process keep of them
 */
#ifndef WI_MEMORY_BLOCKS_H
#define WI_MEMORY_BLOCKS_H

#include "memory/arena.h"

/* Lets threads keep blocks of a new arena. WEFT_ENOMEM, WEFT_ESYSTEM. */
int wi_blocks_begin(struct wi_arena *arena);

/* Gives back what this process's threads keep of an arena that none of them uses any more. */
void wi_blocks_end(struct wi_arena *arena);

#endif
