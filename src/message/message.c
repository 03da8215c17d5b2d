/*
 * message/message.c - a message: a copy of its bytes, and the list of what it owns
 */
#include "message/message.h"

#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "memory/transfer.h"

struct wi_message *wi_message_make(const void *bytes, size_t size, const weft_transfer *list, size_t count)
{
    struct wi_message *message;
    if (count > (SIZE_MAX / 2) / sizeof *list || size > SIZE_MAX / 4)
        return NULL;
    message = wi_alloc(_Alignof(struct wi_message), sizeof *message + count * sizeof *list + size);
    if (!message)
        return NULL;
    *message = (struct wi_message){.open = {message->list + count, size, message->list, count}};
    for (size_t i = 0; i < count; i++) {
        message->list[i] = list[i];
        message->has_ports = message->has_ports || list[i].kind == WEFT_TRANSFER_PORT;
    }
    if (size != 0)
        memcpy(message->list + count, bytes, size);
    return message;
}

int wi_message_pack(const void *bytes, size_t size, const weft_transfer *list, size_t count,
                    struct wi_message **message)
{
    if ((!bytes && size != 0) || (!list && count != 0))
        return WEFT_EINVAL;
    struct wi_message *made = wi_message_make(bytes, size, list, count);
    int status = made ? wi_transfer_claim(made->list, count) : WEFT_ENOMEM;
    if (status != WEFT_OK)
        wi_free(made);
    else
        *message = made;
    return status;
}

uint64_t wi_message_take(weft_message *message, size_t index, weft_transfer_kind kind)
{
    if (!message || index >= message->count || message->list[index].kind != kind)
        return 0;
    weft_transfer *entry = &wi_message_of(message)->list[index];
    entry->kind = WEFT_TRANSFER_NONE;
    return entry->id;
}

weft_buffer weft_message_take_buffer(weft_message *message, size_t index)
{
    return (weft_buffer){wi_message_take(message, index, WEFT_TRANSFER_BUFFER)};
}

weft_port weft_message_take_port(weft_message *message, size_t index)
{
    return (weft_port){wi_message_take(message, index, WEFT_TRANSFER_PORT)};
}
