/*
 * shim/weft/inline.h - the operations of include/weft/inline.h, as the checker does them
 *
 * Found before the library's own. The light barrier keeps only the compiler from swapping what is before it and what is
 * after it; the checker swaps nothing in one thread, so nothing is left of it. What the processor may do is in the
 * answers of the loads.
 */
#ifndef WEFT_INLINE_H
#define WEFT_INLINE_H

#include <stdint.h>

#include "base/atomics.h"

#define WEFT_LOAD_RELAXED_(p)     wi_load_relaxed(p)
#define WEFT_STORE_RELAXED_(p, v) wi_store_relaxed(p, v)
#define WEFT_STORE_RELEASE_(p, v) wi_store_release(p, v)
#define WEFT_LIGHT_BARRIER_()     ((void)0)
#define WEFT_GET_OWN_(field)      (field)
#define WEFT_SET_OWN_(field, v)   ((void)((field) = (v)))

#define WEFT_SELDOM_(condition) (condition)
#define WEFT_COLD_

typedef struct weft_word {
    uint64_t value;
} weft_word;

#endif
