/*
 * base/options.c - reading an options structure that another version of the header may have laid out
 */
#include "base/options.h"

#include <string.h>

#include <weft/status.h>

/* No options are larger than this: a size above it was never set. */
#define MOST_BYTES 4096

int wi_options_read(void *known, size_t known_bytes, const void *given)
{
    size_t given_bytes = sizeof(size_t);
    if (given)
        memcpy(&given_bytes, given, sizeof given_bytes);
    if (given_bytes < sizeof(size_t) || given_bytes > MOST_BYTES)
        return WEFT_EINVAL;
    for (size_t i = known_bytes; i < given_bytes; i++)
        if (((const unsigned char *)given)[i] != 0)
            return WEFT_EINVAL;
    memset(known, 0, known_bytes);
    if (given)
        memcpy(known, given, given_bytes < known_bytes ? given_bytes : known_bytes);
    memcpy(known, &known_bytes, sizeof known_bytes);
    return WEFT_OK;
}
