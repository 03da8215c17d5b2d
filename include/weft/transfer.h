/*
 * weft/transfer.h - transfer lists: what is given away with a message
 *
 * An array of entries, each a buffer (weft/buffer.h) or a port (weft/port.h). What takes such a list first checks every
 * entry, in order, and then moves all of them, or none. An arena is shared and never moves: it has no entry.
 *
 *     weft_transfer list[] = {weft_transfer_buffer(first), weft_transfer_buffer(second)};
 *     status = weft_port_post(port, "two", 4, list, 2);
 *
 * What follows holds for every function that takes a list.
 *   Errors    of the first entry that is wrong. WEFT_EINVAL: of no kind, twice in the list, never was a handle, marked
 *             as untransferable; WEFT_EDETACHED for a stale buffer, WEFT_ECLOSED for a stale port; WEFT_EAGAIN: pinned,
 *             or in another call's hands. After a failure everything is still the caller's
 */
#ifndef WEFT_TRANSFER_H
#define WEFT_TRANSFER_H

#include <stdint.h>

#include <weft/buffer.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum weft_transfer_kind {
    WEFT_TRANSFER_NONE, /* of what was received and taken out */
    WEFT_TRANSFER_BUFFER,
    WEFT_TRANSFER_PORT
} weft_transfer_kind;

/* An entry. */
typedef struct weft_transfer {
    weft_transfer_kind kind;
    uint64_t id;
} weft_transfer;

/* Returns the entry for a buffer. */
static inline weft_transfer weft_transfer_buffer(weft_buffer buffer)
{
    weft_transfer entry = {WEFT_TRANSFER_BUFFER, 0};
    entry.id = buffer.id;
    return entry;
}

#ifdef __cplusplus
}
#endif

#endif
