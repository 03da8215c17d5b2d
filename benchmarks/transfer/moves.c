/*
 * transfer/moves.c - what it costs to give a buffer away, at sizes from 1 byte to 1 GiB, which take turns
 *
 *   transfer   a new handle of the same bytes, inside a thread
 *   post       through a port in a transfer list, there and out again, inside a thread
 *
 * At the end the bytes must be what they were, and where.
 */
#include <weft/port.h>

#include "arena/measure.h"

#define OPERATIONS 200000

static weft_port in, out;

static void check(int status)
{
    if (status != WEFT_OK) {
        fprintf(stderr, "moves: %s\n", weft_status_message(status));
        exit(1);
    }
}

static weft_buffer transfer(weft_buffer buffer, uint64_t bytes)
{
    weft_buffer moved;
    check(weft_buffer_transfer(buffer, bytes, bytes, &moved));
    return moved;
}

static weft_buffer post(weft_buffer buffer, uint64_t bytes)
{
    weft_message *message;
    weft_transfer list[] = {weft_transfer_buffer(buffer)};
    (void)bytes;
    check(weft_port_post(in, NULL, 0, list, 1));
    check(weft_port_try_receive(out, &message));
    weft_buffer moved = weft_message_take_buffer(message, 0);
    weft_message_release(message);
    return moved;
}

/* Buffers that live as long as the program, by the binary logarithm of their size. */
static weft_buffer buffers[31];

/* What is computed: the first byte, the last one, and 1 if they are where they were. */
static double run(int log, weft_buffer (*move)(weft_buffer, uint64_t), uint64_t *result)
{
    uint64_t bytes = UINT64_C(1) << log;
    unsigned char *before = weft_buffer_data(buffers[log]);
    before[0] = before[bytes - 1] = 7;
    double begin = measure_now();
    for (int i = 0; i < OPERATIONS; i++)
        buffers[log] = move(buffers[log], bytes);
    double seconds = measure_now() - begin;
    const unsigned char *after = weft_buffer_data(buffers[log]);
    *result = (uint64_t)after[0] + after[bytes - 1] + (after == before);
    return seconds;
}

#define CONTENDER(move, log)                                                                                           \
    static double move##_##log(const void *argument, uint64_t *result)                                                 \
    {                                                                                                                  \
        (void)argument;                                                                                                \
        return run(log, move, result);                                                                                 \
    }

CONTENDER(transfer, 0)
CONTENDER(transfer, 16)
CONTENDER(transfer, 26)
CONTENDER(transfer, 30)
CONTENDER(post, 0)
CONTENDER(post, 16)
CONTENDER(post, 26)
CONTENDER(post, 30)

int main(void)
{
    static const struct contender transfers[] = {
        {"1 B", transfer_0}, {"64 KiB", transfer_16}, {"64 MiB", transfer_26}, {"1 GiB", transfer_30}};
    static const struct contender posts[] = {
        {"1 B", post_0}, {"64 KiB", post_16}, {"64 MiB", post_26}, {"1 GiB", post_30}};
    static const int logs[] = {0, 16, 26, 30};
    check(weft_port_pair(NULL, &in, &out));
    for (int i = 0; i < 4; i++)
        check(weft_buffer_create(NULL, UINT64_C(1) << logs[i], UINT64_C(1) << logs[i], &buffers[logs[i]]));
    measure("transfer", transfers, 4, NULL, 1, OPERATIONS, OPERATIONS, 15);
    measure("post", posts, 4, NULL, 1, OPERATIONS, OPERATIONS, 15);
    for (int i = 0; i < 4; i++)
        check(weft_buffer_release(buffers[logs[i]]));
    return 0;
}
