/*
 * os/region.h - address space that becomes memory when it is touched
 *
 *   Units     bytes, multiples of WI_REGION_BYTES
 *   Threads   any
 */
#ifndef WI_OS_REGION_H
#define WI_OS_REGION_H

#include <stddef.h>

/* A multiple of the page, on all machines that Linux runs on. */
#define WI_REGION_BYTES 65536

/* Gives a region of zeros, of `*bytes` or, where the system refuses that much, of a half, a quarter and so on down to
 * `least`; what it is goes to `*bytes`. A page takes memory when it is first written. NULL if there is not even the
 * least. The caller releases it with wi_region_release(). */
void *wi_region_reserve(size_t *bytes, size_t least);

/* Takes the region; NULL is allowed. */
void wi_region_release(void *region, size_t bytes);

#endif
