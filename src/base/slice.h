/*
 * base/slice.h - indices as ECMAScript's slice() has them
 */
#ifndef WI_BASE_SLICE_H
#define WI_BASE_SLICE_H

#include <stdint.h>

/* Returns the place that `index` means among `size`: from the end if it is negative, cut off at both ends. */
static inline uint64_t wi_slice_clamp(int64_t index, uint64_t size)
{
    if (index < 0)
        return -(uint64_t)index < size ? size + (uint64_t)index : 0;
    return (uint64_t)index < size ? (uint64_t)index : size;
}

#endif
