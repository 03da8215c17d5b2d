/*
 * gzip/compress.h - a stream of bytes becomes one gzip member, on all workers
 *
 * A compressor owns a pool of workers and a ring of chunks. It is created once and serves any number of inputs, one
 * after the other; what it needs does not grow with them (README.md has the formula). The output depends on the input,
 * the level and the block size, never on the number of workers.
 *
 *     struct compressor *compressor;
 *     if (compressor_create(6, 128 << 10, 0, &compressor) == WEFT_OK)
 *         compressor_run(compressor, &transfer, &label);
 *     compressor_destroy(compressor);
 *
 *   Threads   externally serialised; blocking
 */
#ifndef GZIP_COMPRESS_H
#define GZIP_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/pool.h>

#include "member.h"
#include "transfer.h"

/* What a block may be. The least is what primes the next block; the most keeps a slip of the pen from taking all
 * memory. */
#define COMPRESS_BLOCK_MIN_BYTES ((size_t)32 << 10)
#define COMPRESS_BLOCK_MAX_BYTES ((size_t)64 << 20)

struct compressor;

/* Gives a compressor in `*compressor` that compresses at zlib's `level`, in blocks of `block_bytes`, on as many threads
 * as `workers` says (as in weft_pool_options: 0 is the pool's default). Returns a weft_status. */
int compressor_create(int level, size_t block_bytes, uint32_t workers, struct compressor **compressor);

/* Takes the compressor; NULL is nothing. */
void compressor_destroy(struct compressor *compressor);

/* Moves all of the transfer's input, compressed, to its output. False: it failed, and the user has been told. */
bool compressor_run(struct compressor *compressor, struct transfer *transfer, const struct member_label *label);

#endif
