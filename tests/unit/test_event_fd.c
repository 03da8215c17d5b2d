/*
 * unit/test_event_fd.c - telling an event loop that something has happened
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "os/event_fd.h"

Test(event_fd, each_call_adds_one)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    uint64_t count;
    wi_event_fd_add(fd);
    wi_event_fd_add(fd);
    cr_assert_eq(read(fd, &count, sizeof count), sizeof count);
    cr_assert_eq(count, 2);
    cr_assert_eq(read(fd, &count, sizeof count), -1);
}

Test(event_fd, what_is_none_is_left_alone)
{
    errno = 12345;
    wi_event_fd_add(-1);
    cr_assert_eq(errno, 12345);
}
