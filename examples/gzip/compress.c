/*
 * gzip/compress.c - chunks through a pool and back in order
 *
 * The main thread reads a chunk into a ring, brings it to the pool, and when the pool has enough of them waits for the
 * oldest and writes what it became. Chunk n lives in slot n % slot_count and has output n % output_count.
 *
 *     settled <= n < started    with the pool
 *     the others                free
 *
 * Invariants
 *   I1  started - settled <= output_count: a chunk has its output to itself until that is written.
 *
 *   I2  slot_count = output_count + 1: when a slot is filled, not only the chunk that it held has settled, but also the
 *       one after that, which had the end of it for a dictionary.
 *
 *   I3  Every chunk but the last is full, thus long enough to be its successor's dictionary.
 *
 *   I4  A started chunk is waited for exactly once, also after a failure: the pool holds no frame that goes away.
 *
 * Who touches what
 *   what                                            who, and when
 *   chunk: all fields; outputs                      the main thread, before weft_start() and after weft_wait()
 *   chunk: output_bytes, crc, failure; its output   its task, in between
 *   chunk: its input, the end of the one before     read by its task, changed by nobody in between (I2)
 *   lane                                            its worker's hooks and tasks, one at a time
 *   run                                             the main thread
 */
#include "compress.h"

#include <stdlib.h>

#include <libdeflate.h>
#define ZLIB_CONST
#include <zlib.h>

#include <weft/task.h>

/* How far back deflate can refer: this much of each chunk primes the next one. */
#define WINDOW_BITS      15
#define DICTIONARY_BYTES ((size_t)1 << WINDOW_BITS)
/* zlib's default. One more is slower by 7 % and makes the output larger, not smaller. */
#define MEMORY_LEVEL 8
/* Chunks with the pool: two for each worker, so that one is there when it has done the other, and one that is done and
 * waits for an older one, so that a worker that the system has paused does not stop the others at once. Without that it
 * is slower by 3 % on a busy machine; another one gains nothing and costs 0.2 MiB. */
#define CHUNKS_PER_WORKER 2
#define CHUNKS_BESIDES    1
/* The end of a chunk's last block and the empty blocks that pad it to a byte, beyond what compressBound() knows. */
#define PADDING_BYTES ((size_t)64)

/* A stretch of the input, and what it becomes. */
struct chunk {
    weft_task task;
    const unsigned char *dictionary; /* the DICTIONARY_BYTES before the input; NULL for the first chunk */
    unsigned char *input;
    size_t input_bytes;
    bool is_last;
    unsigned char *output;
    size_t output_max_bytes;
    size_t output_bytes;
    uint32_t crc;        /* of the input */
    const char *failure; /* why there is no output; NULL if there is */
};

/* What a worker has to itself. The stream takes a quarter of a MiB, so it is made for the first chunk: the main thread
 * is a worker, too, but seldom gets one. */
struct lane {
    z_stream stream;
    int level;
    bool is_ready;
};

struct compressor {
    weft_pool *pool;
    int level;
    size_t block_bytes;
    size_t output_max_bytes;
    uint64_t slot_count;
    uint64_t output_count;
    struct chunk *chunks;
    unsigned char *outputs; /* pages that are never written never exist: room for the worst case costs nothing */
    unsigned char *inputs;
};

/* One input's way through the ring. */
struct run {
    struct compressor *compressor;
    struct transfer *transfer;
    uint64_t settled;
    uint64_t started;
    unsigned char ahead; /* the byte after the chunk that was read last, if there is one: then that is not the last */
    bool has_ahead;
    uint64_t content_bytes; /* of the chunks that have settled, as is `crc` */
    uint32_t crc;
};

/* ---- in the workers ---- */

static void open_lane(weft_worker *worker, void *context)
{
    const struct compressor *compressor = context;
    struct lane *lane = weft_worker_local(worker);
    lane->level = compressor->level;
}

static bool make_ready(struct lane *lane)
{
    if (!lane->is_ready)
        lane->is_ready = deflateInit2(&lane->stream, lane->level, Z_DEFLATED, -WINDOW_BITS, MEMORY_LEVEL,
                                      Z_DEFAULT_STRATEGY) == Z_OK;
    return lane->is_ready;
}

static void close_lane(weft_worker *worker, void *context)
{
    struct lane *lane = weft_worker_local(worker);
    (void)context;
    if (lane->is_ready)
        deflateEnd(&lane->stream);
    lane->is_ready = false;
}

/* Compresses what is left of the input and ends it on a byte boundary, so that the next chunk can be put behind it. An
 * empty stored block (a sync flush) does that in five bytes or four. An empty block with fixed codes has ten bits:
 * where an even number is missing, one to three of them do it in two bytes or four, and nothing is needed where none
 * is. */
static bool deflate_to_byte(z_stream *stream)
{
    int bits;
    if (deflate(stream, Z_BLOCK) != Z_OK || deflatePending(stream, Z_NULL, &bits) != Z_OK)
        return false;
    if (bits == 0)
        return true;
    if (bits % 2 != 0)
        return deflate(stream, Z_SYNC_FLUSH) == Z_OK;
    while (bits != 0)
        if (deflatePrime(stream, 10, 2) != Z_OK || deflatePending(stream, Z_NULL, &bits) != Z_OK)
            return false;
    return deflate(stream, Z_BLOCK) == Z_OK;
}

static bool deflate_chunk(z_stream *stream, struct chunk *chunk)
{
    if (deflateReset(stream) != Z_OK)
        return false;
    if (chunk->dictionary != NULL && deflateSetDictionary(stream, chunk->dictionary, DICTIONARY_BYTES) != Z_OK)
        return false;
    stream->next_in = chunk->input;
    stream->avail_in = (uInt)chunk->input_bytes;
    stream->next_out = chunk->output;
    stream->avail_out = (uInt)chunk->output_max_bytes;
    bool is_whole = chunk->is_last ? deflate(stream, Z_FINISH) == Z_STREAM_END : deflate_to_byte(stream);
    chunk->output_bytes = chunk->output_max_bytes - stream->avail_out;
    return is_whole && stream->avail_in == 0 && stream->avail_out != 0;
}

static void compress_chunk(weft_worker *worker, weft_task *task)
{
    struct chunk *chunk = weft_entry(task, struct chunk, task);
    struct lane *lane = weft_worker_local(worker);
    if (!make_ready(lane))
        chunk->failure = "cannot be compressed: out of memory";
    else if (!deflate_chunk(&lane->stream, chunk))
        chunk->failure = "cannot be compressed: zlib refuses";
    else
        chunk->failure = NULL;
    chunk->crc = libdeflate_crc32(0, chunk->input, chunk->input_bytes);
}

/* ---- in the main thread ---- */

static struct chunk *chunk_at(const struct run *run, uint64_t number)
{
    return &run->compressor->chunks[number % run->compressor->slot_count];
}

/* Reads a chunk that may be empty, and one byte more, to know whether it is the last. */
static bool read_chunk(struct run *run, struct chunk *chunk)
{
    size_t block_bytes = run->compressor->block_bytes, first = run->has_ahead ? 1 : 0;
    chunk->input[0] = run->ahead;
    ssize_t got = transfer_fill(run->transfer, chunk->input + first, block_bytes - first);
    if (got < 0)
        return false;
    chunk->input_bytes = first + (size_t)got;
    got = chunk->input_bytes == block_bytes ? transfer_fill(run->transfer, &run->ahead, 1) : 0;
    run->has_ahead = got > 0;
    chunk->is_last = got == 0;
    return got >= 0;
}

static bool start_next(struct run *run)
{
    const struct compressor *compressor = run->compressor;
    struct chunk *chunk = chunk_at(run, run->started);
    if (!read_chunk(run, chunk))
        return false;
    chunk->dictionary = NULL;
    if (run->started > 0)
        chunk->dictionary = chunk_at(run, run->started - 1)->input + compressor->block_bytes - DICTIONARY_BYTES;
    chunk->output = compressor->outputs + run->started % compressor->output_count * compressor->output_max_bytes;
    chunk->output_max_bytes = compressor->output_max_bytes;
    int status = weft_start(compressor->pool, &chunk->task, compress_chunk);
    if (status != WEFT_OK)
        return transfer_fail(run->transfer, weft_status_message(status));
    run->started++;
    return true;
}

/* Waits for the oldest chunk that was started. */
static bool settle_oldest(struct run *run, struct chunk **settled)
{
    struct chunk *chunk = chunk_at(run, run->settled);
    int status = weft_wait(run->compressor->pool, &chunk->task);
    run->settled++;
    *settled = chunk;
    if (status != WEFT_OK)
        chunk->failure = weft_status_message(status);
    return chunk->failure == NULL;
}

static bool write_oldest(struct run *run)
{
    struct chunk *chunk;
    if (!settle_oldest(run, &chunk))
        return transfer_fail(run->transfer, chunk->failure);
    run->crc = (uint32_t)crc32_combine(run->crc, chunk->crc, (z_off_t)chunk->input_bytes);
    run->content_bytes += chunk->input_bytes;
    return transfer_write(run->transfer, chunk->output, chunk->output_bytes);
}

/* Sends the whole input round the ring. */
static bool send_all(struct run *run)
{
    do {
        if (run->started - run->settled == run->compressor->output_count && !write_oldest(run))
            return false;
        if (!start_next(run))
            return false;
    } while (run->has_ahead);
    while (run->settled < run->started)
        if (!write_oldest(run))
            return false;
    return true;
}

bool compressor_run(struct compressor *compressor, struct transfer *transfer, const struct member_label *label)
{
    unsigned char header[MEMBER_HEADER_MAX_BYTES], trailer[MEMBER_TRAILER_BYTES];
    struct run run = {.compressor = compressor, .transfer = transfer};
    bool is_done = transfer_write(transfer, header, member_header(label, compressor->level, header)) && send_all(&run);
    for (struct chunk *dropped; run.settled < run.started;)
        settle_oldest(&run, &dropped); /* I4 */
    if (!is_done)
        return false;
    member_trailer(run.crc, run.content_bytes, trailer);
    return transfer_write(transfer, trailer, sizeof trailer);
}

/* ---- its life ---- */

static int create_pool(struct compressor *compressor, uint32_t workers)
{
    weft_pool_options options = {
        .size = sizeof options,
        .workers = workers,
        .local_bytes = sizeof(struct lane),
        .name = "gzip",
        .on_start = open_lane,
        .on_stop = close_lane,
        .context = compressor,
    };
    return weft_pool_create(&options, &compressor->pool);
}

static int create_ring(struct compressor *compressor)
{
    uint64_t workers = weft_pool_workers(compressor->pool);
    compressor->output_count = CHUNKS_PER_WORKER * (workers > 0 ? workers : 1) + CHUNKS_BESIDES;
    compressor->slot_count = compressor->output_count + 1; /* I2 */
    compressor->chunks = calloc((size_t)compressor->slot_count, sizeof *compressor->chunks);
    compressor->inputs = calloc((size_t)compressor->slot_count, compressor->block_bytes);
    compressor->outputs = calloc((size_t)compressor->output_count, compressor->output_max_bytes);
    if (compressor->chunks == NULL || compressor->inputs == NULL || compressor->outputs == NULL)
        return WEFT_ENOMEM;
    for (size_t i = 0; i < compressor->slot_count; i++)
        compressor->chunks[i].input = compressor->inputs + i * compressor->block_bytes;
    return WEFT_OK;
}

int compressor_create(int level, size_t block_bytes, uint32_t workers, struct compressor **compressor)
{
    struct compressor *created = calloc(1, sizeof *created);
    if (created == NULL)
        return WEFT_ENOMEM;
    created->level = level;
    created->block_bytes = block_bytes;
    created->output_max_bytes = (size_t)compressBound((uLong)block_bytes) + PADDING_BYTES;
    int status = create_pool(created, workers);
    if (status == WEFT_OK)
        status = create_ring(created);
    if (status != WEFT_OK) {
        compressor_destroy(created);
        return status;
    }
    *compressor = created;
    return WEFT_OK;
}

void compressor_destroy(struct compressor *compressor)
{
    if (compressor == NULL)
        return;
    weft_pool_destroy(compressor->pool);
    free(compressor->outputs);
    free(compressor->inputs);
    free(compressor->chunks);
    free(compressor);
}
