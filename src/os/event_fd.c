/*
 * os/event_fd.c - telling an event loop that something has happened, by eventfd
 */
#include "os/event_fd.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

void wi_event_fd_add(int fd)
{
    int saved = errno;
    uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    errno = saved;
}
