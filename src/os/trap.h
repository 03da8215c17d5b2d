/*
 * os/trap.h - memory that moves to other addresses, and leaves a trap behind at those where it was
 *
 * For finding uses of memory that its user has given away. A use of an old address faults, since the page there is
 * never given to anybody again. Under AddressSanitizer and ThreadSanitizer the memory is of the heap, and what is left
 * behind is freed, so that they report the use, with its stack and that of the move; ThreadSanitizer that of the first
 * KiB.
 *
 *   Units     bytes
 *   Threads   any, for different memory
 *   Source    mremap(2), MREMAP_DONTUNMAP: Linux 5.7; with an older one memory stays where it is
 */
#ifndef WI_OS_TRAP_H
#define WI_OS_TRAP_H

#include <stdbool.h>
#include <stddef.h>

/* Whether traps are wanted: as the environment's WEFT_TRAP_TRANSFERS says (0: not, anything else: yes), or else under
 * those sanitizers. */
bool wi_trap_is_wanted(void);

/* Gives memory on a multiple of a cache line, or NULL. The caller releases it with wi_trap_free(), which leaves a trap,
 * too. */
void *wi_trap_alloc(size_t bytes);
void wi_trap_free(void *memory, size_t bytes);

/* Returns where the memory is now: at the same place if there is no other. */
void *wi_trap_move(void *memory, size_t bytes);

#endif
