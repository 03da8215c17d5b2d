/*
 * os/event_fd.h - telling an event loop that something has happened
 *
 *   Threads   any
 *   Source    eventfd(2)
 */
#ifndef WI_OS_EVENT_FD_H
#define WI_OS_EVENT_FD_H

/* Adds 1 to what reading `fd`, an eventfd, gives. Where that is full already, or `fd` is something else, nothing
 * happens. */
void wi_event_fd_add(int fd);

#endif
