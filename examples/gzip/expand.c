/*
 * gzip/expand.c - member after member through zlib's inflate
 */
#include "expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "report.h"

/* The largest window, and the gzip wrapper around it. */
#define WINDOW_BITS_GZIP (15 + 16)
/* What is read and written at a time. Larger blocks gain nothing measurable. */
#define INPUT_BYTES  ((size_t)64 << 10)
#define OUTPUT_BYTES ((size_t)128 << 10)

struct expansion {
    struct transfer *transfer;
    z_stream stream; /* next_in and avail_in: what has been read and not been used */
    unsigned char input[INPUT_BYTES];
    unsigned char output[OUTPUT_BYTES];
};

/* Reads on until `bytes` of unused input are in one piece, or the input ends. The caller looks at avail_in. */
static bool look_ahead(struct expansion *expansion, size_t bytes)
{
    z_stream *stream = &expansion->stream;
    if (stream->avail_in >= bytes)
        return true;
    if (stream->avail_in > 0)
        memmove(expansion->input, stream->next_in, stream->avail_in);
    stream->next_in = expansion->input;
    while (stream->avail_in < bytes) {
        ssize_t got =
            transfer_read(expansion->transfer, expansion->input + stream->avail_in, INPUT_BYTES - stream->avail_in);
        if (got < 0)
            return false;
        if (got == 0)
            break;
        stream->avail_in += (uInt)got;
    }
    return true;
}

static bool write_output(struct expansion *expansion)
{
    z_stream *stream = &expansion->stream;
    size_t bytes = OUTPUT_BYTES - stream->avail_out;
    stream->next_out = expansion->output;
    stream->avail_out = (uInt)OUTPUT_BYTES;
    return transfer_write(expansion->transfer, expansion->output, bytes);
}

/* Expands the member that starts at the next byte of the input. */
static bool expand_member(struct expansion *expansion)
{
    z_stream *stream = &expansion->stream;
    char what[96];
    if (inflateReset(stream) != Z_OK)
        return transfer_fail(expansion->transfer, "zlib could not start");
    for (;;) {
        if (!look_ahead(expansion, 1))
            return false;
        if (stream->avail_in == 0)
            return transfer_fail(expansion->transfer, "unexpected end of file; the rest of it is missing");
        int answer = inflate(stream, Z_NO_FLUSH);
        if (answer == Z_STREAM_END)
            return true;
        if (answer == Z_MEM_ERROR)
            return transfer_fail(expansion->transfer, "out of memory");
        if (answer != Z_OK && answer != Z_BUF_ERROR) {
            snprintf(what, sizeof what, "invalid compressed data--%s", stream->msg ? stream->msg : "format violated");
            return transfer_fail(expansion->transfer, what);
        }
        if (stream->avail_out == 0 && !write_output(expansion))
            return false;
    }
}

/* Sets `*is_member` if a member starts at the next byte. */
static bool find_member(struct expansion *expansion, bool *is_member)
{
    const z_stream *stream = &expansion->stream;
    if (!look_ahead(expansion, 2))
        return false;
    *is_member = stream->avail_in >= 2 && stream->next_in[0] == 0x1f && stream->next_in[1] == 0x8b;
    return true;
}

/* Looks through what follows the last member. */
static bool skip_rest(struct expansion *expansion)
{
    z_stream *stream = &expansion->stream;
    bool is_padding = true;
    while (is_padding) {
        if (!look_ahead(expansion, 1))
            return false;
        if (stream->avail_in == 0)
            return true;
        for (; is_padding && stream->avail_in > 0; stream->next_in++, stream->avail_in--)
            is_padding = *stream->next_in == 0;
    }
    progress_end(&expansion->transfer->progress);
    report_warning(expansion->transfer->input_name, "decompression OK, trailing garbage ignored");
    return true;
}

static bool expand_all(struct expansion *expansion)
{
    bool is_member;
    if (!find_member(expansion, &is_member))
        return false;
    if (expansion->stream.avail_in < 2)
        return transfer_fail(expansion->transfer, "unexpected end of file; it is too short to be a gzip file");
    if (!is_member)
        return transfer_fail(expansion->transfer, "not in gzip format");
    while (is_member)
        if (!expand_member(expansion) || !find_member(expansion, &is_member))
            return false;
    return write_output(expansion) && skip_rest(expansion);
}

bool expand(struct transfer *transfer)
{
    struct expansion *expansion = calloc(1, sizeof *expansion);
    if (expansion == NULL || inflateInit2(&expansion->stream, WINDOW_BITS_GZIP) != Z_OK) {
        free(expansion);
        return transfer_fail(transfer, "cannot be expanded: out of memory");
    }
    expansion->transfer = transfer;
    expansion->stream.next_out = expansion->output;
    expansion->stream.avail_out = (uInt)OUTPUT_BYTES;
    bool is_done = expand_all(expansion);
    inflateEnd(&expansion->stream);
    free(expansion);
    return is_done;
}
