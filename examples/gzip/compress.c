/*
 * gzip/compress.c - chunks through a pool and back in order
 *
 * The main thread reads a chunk into a ring, submits a job that owns the chunk's memory, and when the pool has enough
 * of them waits for the oldest, has the memory back, and writes what the chunk became. Chunk n lives in slot
 * n % slot_count and has output n % output_count.
 *
 *     settled <= n < started    with the pool
 *     the others                free
 *
 * A chunk is a body, and a tail that the next chunk has for a dictionary. Body and output are buffers, which a job
 * takes along and gives back. The tail is of use to two jobs, so nobody owns it: it is lent to both.
 *
 * Invariants
 *   I1  started - settled <= output_count: a chunk has its output to itself until that is written.
 *
 *   I2  slot_count = output_count + 1: when a slot is filled, not only the chunk that it held has settled, but also the
 *       one after that, which had its tail for a dictionary.
 *
 *   I3  Every chunk but the last is full, thus long enough to be its successor's dictionary.
 *
 *   I4  A started chunk is waited for exactly once, also after a failure.
 *
 * Who touches what
 *   what             who, and when
 *   slot, output     the main thread, and its buffer only while it has that
 *   body, output     whose the buffer is: the main thread, or the chunk's job
 *   tail             the main thread, until the chunk is submitted; then its job and the next one's read it (I2)
 *   lane             its worker's hooks and jobs, one at a time
 *   run              the main thread
 */
#include "compress.h"

#include <stdlib.h>

#include <libdeflate.h>
#define ZLIB_CONST
#include <zlib.h>

#include <weft/job.h>

/* How far back deflate can refer: this much of each chunk primes the next one. */
#define WINDOW_BITS 15
#define TAIL_BYTES  ((size_t)1 << WINDOW_BITS)
/* zlib's default. One more is slower by 7 % and makes the output larger, not smaller. */
#define MEMORY_LEVEL 8
/* Chunks with the pool: two for each worker, so that one is there when it has done the other, and one that is done and
 * waits for an older one, so that a worker that the system has paused does not stop the others at once. Without that it
 * is slower by 3 % on a busy machine; another one gains nothing and costs 0.2 MiB. */
#define CHUNKS_PER_WORKER 2
#define CHUNKS_BESIDES    1
/* The end of a chunk's last block and the empty blocks that pad it to a byte, beyond what compressBound() knows. */
#define PADDING_BYTES ((size_t)64)

/* A place for a stretch of the input. */
struct slot {
    unsigned char *input;
    size_t input_bytes;
    weft_buffer body; /* the input but for the tail */
    weft_job *job;
};

/* What a job is told, and brings beside its buffers. */
struct order {
    const unsigned char *dictionary; /* the TAIL_BYTES before the input; NULL for the first chunk */
    const unsigned char *tail;
    size_t body_bytes, tail_bytes;
    bool is_last;
};

/* What it answers. */
struct result {
    size_t output_bytes;
    uint32_t crc;        /* of the input */
    const char *failure; /* why there is no output; NULL if there is */
};

/* What a job takes along and gives back: their places in its list. */
enum {
    BODY,
    OUTPUT,
    BUFFERS
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
    struct slot *slots;
    weft_buffer *outputs;
    unsigned char *input_memory;
    unsigned char *output_memory; /* pages that are never written never exist: room for the worst case costs nothing */
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

/* Compresses body and tail, one behind the other, into the output. */
static bool deflate_chunk(z_stream *stream, const struct order *order, weft_buffer body, weft_buffer output,
                          size_t *output_bytes)
{
    if (deflateReset(stream) != Z_OK)
        return false;
    if (order->dictionary != NULL && deflateSetDictionary(stream, order->dictionary, TAIL_BYTES) != Z_OK)
        return false;
    stream->next_out = weft_buffer_data(output);
    stream->avail_out = (uInt)weft_buffer_size(output);
    stream->next_in = weft_buffer_data(body);
    stream->avail_in = (uInt)order->body_bytes;
    if (order->body_bytes != 0 && (deflate(stream, Z_NO_FLUSH) != Z_OK || stream->avail_in != 0))
        return false;
    stream->next_in = order->tail;
    stream->avail_in = (uInt)order->tail_bytes;
    bool is_whole = order->is_last ? deflate(stream, Z_FINISH) == Z_STREAM_END : deflate_to_byte(stream);
    *output_bytes = weft_buffer_size(output) - stream->avail_out;
    return is_whole && stream->avail_in == 0 && stream->avail_out != 0;
}

static void compress_chunk(weft_worker *worker, weft_job *job)
{
    struct lane *lane = weft_worker_local(worker);
    weft_message *message = weft_job_message(job);
    const struct order *order = message->bytes;
    weft_buffer body = weft_message_take_buffer(message, BODY), output = weft_message_take_buffer(message, OUTPUT);
    struct result result = {.failure = NULL};
    if (!make_ready(lane))
        result.failure = "cannot be compressed: out of memory";
    else if (!deflate_chunk(&lane->stream, order, body, output, &result.output_bytes))
        result.failure = "cannot be compressed: zlib refuses";
    result.crc = libdeflate_crc32(0, weft_buffer_data(body), order->body_bytes);
    result.crc = libdeflate_crc32(result.crc, order->tail, order->tail_bytes);
    weft_transfer list[BUFFERS] = {[BODY] = weft_transfer_buffer(body), [OUTPUT] = weft_transfer_buffer(output)};
    if (weft_job_reply(job, &result, sizeof result, list, BUFFERS) != WEFT_OK) {
        weft_buffer_release(body); /* the main thread finds no reply, and gives up */
        weft_buffer_release(output);
    }
}

/* ---- in the main thread ---- */

static struct slot *slot_at(const struct run *run, uint64_t number)
{
    return &run->compressor->slots[number % run->compressor->slot_count];
}

static weft_buffer *output_at(const struct run *run, uint64_t number)
{
    return &run->compressor->outputs[number % run->compressor->output_count];
}

/* Reads a chunk that may be empty, and one byte more, to know whether it is the last. */
static bool read_chunk(struct run *run, struct slot *slot)
{
    size_t block_bytes = run->compressor->block_bytes, first = run->has_ahead ? 1 : 0;
    slot->input[0] = run->ahead;
    ssize_t got = transfer_fill(run->transfer, slot->input + first, block_bytes - first);
    if (got < 0)
        return false;
    slot->input_bytes = first + (size_t)got;
    got = slot->input_bytes == block_bytes ? transfer_fill(run->transfer, &run->ahead, 1) : 0;
    run->has_ahead = got > 0;
    return got >= 0;
}

static bool start_next(struct run *run)
{
    const struct compressor *compressor = run->compressor;
    struct slot *slot = slot_at(run, run->started);
    if (!read_chunk(run, slot))
        return false;
    size_t body_bytes = compressor->block_bytes - TAIL_BYTES;
    struct order order = {.tail = slot->input + body_bytes, .is_last = !run->has_ahead};
    order.body_bytes = slot->input_bytes < body_bytes ? slot->input_bytes : body_bytes;
    order.tail_bytes = slot->input_bytes - order.body_bytes;
    if (run->started > 0)
        order.dictionary = slot_at(run, run->started - 1)->input + body_bytes;
    weft_transfer list[BUFFERS] = {
        [BODY] = weft_transfer_buffer(slot->body), [OUTPUT] = weft_transfer_buffer(*output_at(run, run->started))};
    int status = weft_submit(compressor->pool, compress_chunk, &order, sizeof order, list, BUFFERS, &slot->job);
    if (status != WEFT_OK)
        return transfer_fail(run->transfer, weft_status_message(status));
    run->started++;
    return true;
}

/* Waits for the oldest chunk that was started, and has its buffers back. */
static struct result settle_oldest(struct run *run)
{
    struct slot *slot = slot_at(run, run->settled);
    struct result result = {.failure = "cannot be compressed: out of memory"};
    int status = weft_job_wait(slot->job, WEFT_FOREVER);
    weft_message *reply = weft_job_take(slot->job);
    slot->body = weft_message_take_buffer(reply, BODY);
    *output_at(run, run->settled) = weft_message_take_buffer(reply, OUTPUT);
    if (status != WEFT_OK)
        result.failure = weft_status_message(status);
    else if (reply != NULL)
        result = *(const struct result *)reply->bytes;
    weft_message_release(reply);
    weft_job_release(slot->job);
    run->settled++;
    return result;
}

static bool write_oldest(struct run *run)
{
    size_t input_bytes = slot_at(run, run->settled)->input_bytes;
    weft_buffer *output = output_at(run, run->settled);
    struct result result = settle_oldest(run);
    if (result.failure != NULL)
        return transfer_fail(run->transfer, result.failure);
    run->crc = (uint32_t)crc32_combine(run->crc, result.crc, (z_off_t)input_bytes);
    run->content_bytes += input_bytes;
    return transfer_write(run->transfer, weft_buffer_data(*output), result.output_bytes);
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
    while (run.settled < run.started)
        settle_oldest(&run); /* I4 */
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

/* Makes a buffer of memory that the compressor has. */
static int lend(unsigned char *memory, size_t bytes, weft_buffer *buffer)
{
    return weft_buffer_adopt(memory, bytes, NULL, NULL, buffer);
}

static int create_ring(struct compressor *compressor)
{
    uint64_t workers = weft_pool_workers(compressor->pool);
    size_t block_bytes = compressor->block_bytes, output_bytes = compressor->output_max_bytes;
    compressor->output_count = CHUNKS_PER_WORKER * (workers > 0 ? workers : 1) + CHUNKS_BESIDES;
    compressor->slot_count = compressor->output_count + 1; /* I2 */
    compressor->slots = calloc((size_t)compressor->slot_count, sizeof *compressor->slots);
    compressor->outputs = calloc((size_t)compressor->output_count, sizeof *compressor->outputs);
    compressor->input_memory = calloc((size_t)compressor->slot_count, block_bytes);
    compressor->output_memory = calloc((size_t)compressor->output_count, output_bytes);
    if (compressor->slots == NULL || compressor->outputs == NULL || compressor->input_memory == NULL ||
        compressor->output_memory == NULL)
        return WEFT_ENOMEM;
    int status = WEFT_OK;
    for (size_t i = 0; i < compressor->slot_count && status == WEFT_OK; i++) {
        struct slot *slot = &compressor->slots[i];
        slot->input = compressor->input_memory + i * block_bytes;
        status = lend(slot->input, block_bytes - TAIL_BYTES, &slot->body);
    }
    for (size_t i = 0; i < compressor->output_count && status == WEFT_OK; i++)
        status = lend(compressor->output_memory + i * output_bytes, output_bytes, &compressor->outputs[i]);
    return status;
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
    for (size_t i = 0; compressor->slots != NULL && i < compressor->slot_count; i++)
        weft_buffer_release(compressor->slots[i].body);
    for (size_t i = 0; compressor->outputs != NULL && i < compressor->output_count; i++)
        weft_buffer_release(compressor->outputs[i]);
    free(compressor->output_memory);
    free(compressor->input_memory);
    free(compressor->outputs);
    free(compressor->slots);
    free(compressor);
}
