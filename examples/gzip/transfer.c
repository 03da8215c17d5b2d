/*
 * gzip/transfer.c - reading and writing to the last byte
 */
#include "transfer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

/* Whether the call that has just failed on `fd` is to be made again; waits first if `fd` was not ready. Standard input
 * and output may be in non-blocking mode, since they share it with whoever else has the same file open. */
static bool is_worth_retrying(int fd, short event)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        struct pollfd wanted = {.fd = fd, .events = event};
        return poll(&wanted, 1, -1) >= 0 || errno == EINTR;
    }
    return errno == EINTR;
}

ssize_t transfer_read(struct transfer *transfer, void *to, size_t bytes)
{
    ssize_t got;
    do
        got = read(transfer->input, to, bytes);
    while (got < 0 && is_worth_retrying(transfer->input, POLLIN));
    if (got < 0) {
        progress_end(&transfer->progress);
        report_error(transfer->input_name, "cannot be read: %s", strerror(errno));
        return -1;
    }
    transfer->read_bytes += (uint64_t)got;
    progress_update(&transfer->progress, transfer->read_bytes);
    return got;
}

ssize_t transfer_fill(struct transfer *transfer, void *to, size_t bytes)
{
    size_t filled = 0;
    while (filled < bytes) {
        ssize_t got = transfer_read(transfer, (char *)to + filled, bytes - filled);
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        filled += (size_t)got;
    }
    return (ssize_t)filled;
}

bool transfer_write(struct transfer *transfer, const void *from, size_t bytes)
{
    transfer->written_bytes += bytes;
    if (transfer->output == TRANSFER_NOWHERE)
        return true;
    for (size_t done = 0; done < bytes;) {
        ssize_t put = write(transfer->output, (const char *)from + done, bytes - done);
        if (put >= 0) {
            done += (size_t)put;
        } else if (!is_worth_retrying(transfer->output, POLLOUT)) {
            progress_end(&transfer->progress);
            return report_error(transfer->output_name, "cannot be written: %s", strerror(errno));
        }
    }
    return true;
}

bool transfer_fail(struct transfer *transfer, const char *what)
{
    progress_end(&transfer->progress);
    return report_error(transfer->input_name, "%s", what);
}
