/*
 * memory/transfer.c - moving a list of things: all of them or none
 *
 * Who touches what
 *   kinds   wi_transfer_introduce() writes, always the same; any reads
 *
 * Edges
 *   [transfer.kinds]   store in introduce -> load in kind_of. (What it points to is constant.)
 */
#include "memory/transfer.h"

#include "base/atomics.h"
#include "memory/buffer.h"

static wi_atomic_ptr kinds[WEFT_TRANSFER_PORT + 1] = {
    [WEFT_TRANSFER_BUFFER] = {(void *)(uintptr_t)&wi_buffer_transfers}};

void wi_transfer_introduce(weft_transfer_kind kind, const struct wi_transfer_kind *how)
{
    wi_store_release(&kinds[kind], (void *)(uintptr_t)how); /* [transfer.kinds] */
}

static const struct wi_transfer_kind *kind_of(const weft_transfer *entry)
{
    if ((unsigned)entry->kind > WEFT_TRANSFER_PORT)
        return NULL;
    return wi_load_acquire(&kinds[entry->kind]); /* [transfer.kinds] */
}

static int claim(const weft_transfer *list, size_t place)
{
    const struct wi_transfer_kind *kind = kind_of(&list[place]);
    int status = kind ? kind->claim(list[place].id) : WEFT_EINVAL;
    if (status == WEFT_EAGAIN)
        for (size_t i = 0; i < place; i++)
            if (list[i].kind == list[place].kind && list[i].id == list[place].id)
                return WEFT_EINVAL;
    return status;
}

int wi_transfer_claim(const weft_transfer *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int status = claim(list, i);
        if (status != WEFT_OK) {
            wi_transfer_unclaim(list, i);
            return status;
        }
    }
    return WEFT_OK;
}

void wi_transfer_unclaim(const weft_transfer *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        kind_of(&list[i])->unclaim(list[i].id);
}

void wi_transfer_move(weft_transfer *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        list[i].id = kind_of(&list[i])->move(list[i].id);
}

void wi_transfer_end(const weft_transfer *entry)
{
    const struct wi_transfer_kind *kind = kind_of(entry);
    if (kind)
        kind->end(entry->id);
}
