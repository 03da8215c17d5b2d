/*
 * memory/transfer.h - moving a list of things: all of them or none
 *
 * How a thing of one kind is moved, its own layer knows: buffers here, ports in src/message, which tells how when the
 * first port is made.
 *
 *   Threads   any; lock-free
 */
#ifndef WI_MEMORY_TRANSFER_H
#define WI_MEMORY_TRANSFER_H

#include <stddef.h>

#include <weft/transfer.h>

/* How things of one kind move. */
struct wi_transfer_kind {
    int (*claim)(uint64_t id);     /* checks that it can be moved, and keeps others away */
    void (*unclaim)(uint64_t id);  /* leaves it as it was */
    uint64_t (*move)(uint64_t id); /* claimed before; returns the new handle */
    void (*end)(uint64_t id);      /* releases it */
};

/* Tells how ports move; any number of times. */
void wi_transfer_introduce(weft_transfer_kind kind, const struct wi_transfer_kind *how);

/* Claims all in the list, in order, or none. */
int wi_transfer_claim(const weft_transfer *list, size_t count);
void wi_transfer_unclaim(const weft_transfer *list, size_t count);

/* Moves all in the list, which were claimed, and sets their new handles. */
void wi_transfer_move(weft_transfer *list, size_t count);

/* Releases an entry's thing. */
void wi_transfer_end(const weft_transfer *entry);

#endif
