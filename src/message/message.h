/*
 * message/message.h - a message: a copy of its bytes, and the list of what it owns
 *
 *   Threads   who has the message
 */
#ifndef WI_MESSAGE_MESSAGE_H
#define WI_MESSAGE_MESSAGE_H

#include <stdbool.h>

#include <weft/port.h>

struct wi_message {
    weft_message open; /* what the public header shows */
    struct wi_message *next;
    weft_drop_fn *on_drop;
    void *context;
    bool has_ports;
    weft_transfer list[]; /* and the bytes behind it */
};

static inline struct wi_message *wi_message_of(weft_message *message)
{
    return (struct wi_message *)(void *)message;
}

/* Gives a message with copies of both, which owns nothing of the list yet; NULL without memory. To be freed. */
struct wi_message *wi_message_make(const void *bytes, size_t size, const weft_transfer *list, size_t count);

/* The same with the arguments checked, and the list claimed but not moved. WEFT_EINVAL, WEFT_ENOMEM, or what is wrong
 * with the list. */
int wi_message_pack(const void *bytes, size_t size, const weft_transfer *list, size_t count,
                    struct wi_message **message);

/* Takes an entry out of the list, if it is of that kind; returns its handle, or 0. */
uint64_t wi_message_take(weft_message *message, size_t index, weft_transfer_kind kind);

#endif
