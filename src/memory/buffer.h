/*
 * memory/buffer.h - what moves buffers in lists: see memory/transfer.h
 */
#ifndef WI_MEMORY_BUFFER_H
#define WI_MEMORY_BUFFER_H

#include "memory/transfer.h"

extern const struct wi_transfer_kind wi_buffer_transfers;

#endif
