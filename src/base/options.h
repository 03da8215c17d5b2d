/*
 * base/options.h - reading an options structure that another version of the header may have laid out
 *
 * Options structures begin with their own size as the caller knows it. A shorter one is filled up with zeros, which
 * mean the defaults; a longer one is accepted if what we do not know in it is zero.
 */
#ifndef WI_BASE_OPTIONS_H
#define WI_BASE_OPTIONS_H

#include <stddef.h>

/* Copies the options at `given` (NULL: all zero) to `known`, which has `known_bytes` and is left with its own size in
 * front. WEFT_EINVAL: a size that cannot be, or an option that this version does not know. */
int wi_options_read(void *known, size_t known_bytes, const void *given);

#endif
