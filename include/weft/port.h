/*
 * weft/port.h - ports: where messages go in and come out, with buffers and ports that travel along
 *
 * Two ports are made as a pair: what is posted to one is received from the other, first in, first out. Or a port joins
 * a name: what it posts is received by all others that have joined it. A port's handle is a number, like a buffer's; a
 * port that is moved in a transfer list keeps its place in its pair, and what waits in its queue. Any number of threads
 * may post and receive through one handle.
 *
 *     weft_port here, there;
 *     if (weft_port_pair(NULL, &here, &there) != WEFT_OK)
 *         return 1;
 *     weft_transfer list[] = {weft_transfer_buffer(buffer)};
 *     weft_port_post(here, "work", 4, list, 1);
 *     if (weft_port_receive(there, WEFT_FOREVER, &message) == WEFT_OK) {
 *         buffer = weft_message_take_buffer(message, 0);
 *         weft_message_release(message);
 *     }
 *
 * What follows holds for every function that does not say otherwise.
 *   Units     bytes; times in nanoseconds of CLOCK_MONOTONIC
 *   Errors    WEFT_EINVAL for NULL where an object or a place for a result is due, and for a handle that never was one;
 *             WEFT_ECLOSED: the port was closed or moved; WEFT_EAGAIN also: the port is in another call's transfer
 *             list. A failure changes nothing
 *   Threads   any; a short lock for each pair, which a forked child finds locked for good if another thread had it
 *   Ordering  what happens before a post happens before the return of the receive that gives its message
 *   Source    HTML, MessagePort and BroadcastChannel
 */
#ifndef WEFT_PORT_H
#define WEFT_PORT_H

#include <stddef.h>
#include <stdint.h>

#include <weft/pool.h>
#include <weft/transfer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A handle. One whose `id` is 0 means no port. */
typedef struct weft_port {
    uint64_t id;
} weft_port;

/* What was received. It owns what is in its list, until that is taken. */
typedef struct weft_message {
    const void *bytes; /* on a multiple of 8 */
    size_t size;
    const weft_transfer *list; /* in the order in which it was posted */
    size_t count;
} weft_message;

/* Told of a message that nobody will receive; lends it. */
typedef void weft_drop_fn(weft_message *message, void *context);

/* A port's handler. It is lent a message: what it does not take out of it is released when it returns. In its last call
 * the message is NULL; if the pool was told to cancel, so is the worker. */
typedef void weft_port_fn(weft_worker *worker, weft_port port, weft_message *message, void *context);

/* How to make ports. Start from { .size = sizeof(weft_port_options) }: a zero means the default. */
typedef struct weft_port_options {
    size_t size;           /* sizeof(weft_port_options) as the caller knows it */
    uint32_t capacity;     /* messages that wait in a port at most; default: no limit */
    weft_drop_fn *on_drop; /* runs in whatever thread ends a port that messages wait in; default: none */
    void *context;         /* its second argument */
} weft_port_options;

/* Returns the entry for a port in a transfer list. */
static inline weft_transfer weft_transfer_port(weft_port port)
{
    weft_transfer entry = {WEFT_TRANSFER_PORT, 0};
    entry.id = port.id;
    return entry;
}

/* Gives two ports, which the caller closes or gives away. WEFT_ENOMEM. */
WEFT_API int weft_port_pair(const weft_port_options *options, weft_port *one, weft_port *other);

/* Gives a port that hears what others of that `name` in this process post, and is heard by them. It carries no transfer
 * lists, and cannot be moved. The options are those of the first who joins. WEFT_ENOMEM. */
WEFT_API int weft_port_join(const char *name, const weft_port_options *options, weft_port *port);

/* Takes the port. From now on nothing that was sent to it is received: its messages are dropped, which releases the
 * buffers in them and closes the ports. What was sent from it is still received. Calls that wait for it return. */
WEFT_API int weft_port_close(weft_port port);

/* Posts a message: copies `bytes`, and takes what is in the list. WEFT_EINVAL also: a port that would travel through
 * itself or its other end, directly or in another port's queue; a list for all of a name. WEFT_ECLOSED also: the other
 * end was closed. WEFT_EAGAIN also: the queue is full. WEFT_ENOMEM. */
WEFT_API int weft_port_post(weft_port port, const void *bytes, size_t size, const weft_transfer *list, size_t count);

/* Gives the oldest message, which the caller ends with weft_message_release(). WEFT_EAGAIN also: there is none.
 * WEFT_ECLOSED also: there is none, and the other end was closed. */
WEFT_API int weft_port_try_receive(weft_port port, weft_message **message);

/* The same, but waits for a message, at most `timeout_ns`: WEFT_ETIMEDOUT. Blocks the thread. */
WEFT_API int weft_port_receive(weft_port port, uint64_t timeout_ns, weft_message **message);

/* Returns 1 if a queue that the port posts to is half full or more, so that the sender should hold back; otherwise
 * 0. */
WEFT_API int weft_port_needs_drain(weft_port port);

/* Waits, at most `timeout_ns`, until weft_port_needs_drain() is 0. WEFT_ECLOSED, WEFT_ETIMEDOUT. */
WEFT_API int weft_port_drain(weft_port port, uint64_t timeout_ns);

/* Adds 1 to the eventfd(2) `fd` from now on when a message comes, when the other end is closed, and when the queue has
 * drained; at once if there is a message. -1: no longer. A port that is moved has none. */
WEFT_API int weft_port_set_event_fd(weft_port port, int fd);

/* Has `pool` call `handle(worker, port, message, context)` as a task of its own for each message, also for those that
 * wait already: in order, one after the other, never two at a time. The handler ends, and is told by a last call,
 * exactly once: when the port is closed or moved; when nothing is left, and the other end was closed; by
 * weft_port_stop(); and by the pool's shutdown, which waits for that unless it cancels. A handler may start again.
 * What a call did happens before the next one. WEFT_EINVAL also: started already. WEFT_ECLOSED also: the pool is shut
 * down; WEFT_EFORKED: it is the parent's, where alone the handler goes on; WEFT_ENOMEM. */
WEFT_API int weft_port_start(weft_port port, weft_pool *pool, weft_port_fn *handle, void *context);

/* Ends the handler when it is done with the message in hand; others stay in the port. WEFT_EINVAL also: there is no
 * handler. */
WEFT_API int weft_port_stop(weft_port port);

/* Whether the handler keeps its pool from being drained, as it does from the start, or is ended by that as soon as
 * nothing is left. WEFT_EINVAL also: there is no handler. */
WEFT_API int weft_port_ref(weft_port port);
WEFT_API int weft_port_unref(weft_port port);

/* Gives what is at `index` of the message's list, which is the caller's then; a handle of id 0 if it is of another
 * kind, or was taken. */
WEFT_API weft_buffer weft_message_take_buffer(weft_message *message, size_t index);
WEFT_API weft_port weft_message_take_port(weft_message *message, size_t index);

/* Takes the message: releases the buffers, and closes the ports, that were not taken. NULL is WEFT_OK. */
WEFT_API int weft_message_release(weft_message *message);

#ifdef __cplusplus
}
#endif

#endif
