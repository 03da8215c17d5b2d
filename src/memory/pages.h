/*
 * memory/pages.h - which pages of an arena are taken
 *
 *   Units     pages of WI_PAGE_BYTES, by number
 *   Threads   any; lock-free
 *   Ordering  what happens before a release happens before the return of a claim that gives one of its pages
 */
#ifndef WI_MEMORY_PAGES_H
#define WI_MEMORY_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "memory/arena.h"

/* Takes `count` free pages below `limit` that lie side by side, the first of them on a multiple of `alignment`, and
 * gives its number. False if there were none at some moment during the call. */
bool wi_pages_claim(struct wi_arena *arena, uint64_t count, uint64_t alignment, uint64_t limit, uint64_t *first);

/* Gives pages back. */
void wi_pages_release(struct wi_arena *arena, uint64_t first, uint64_t count);

/* Whether a page is taken. */
bool wi_pages_is_taken(const struct wi_arena *arena, uint64_t page);

#endif
