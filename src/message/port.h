/*
 * message/port.h - listening to a port, for what runs its messages
 *
 * A port has at most one listener, which is told of all that happens at it, until it is gone or ignored.
 *
 *   Threads   any
 */
#ifndef WI_MESSAGE_PORT_H
#define WI_MESSAGE_PORT_H

#include <stdbool.h>

#include <weft/port.h>

/* What a listener is told. */
enum wi_word {
    WI_PORT_NEWS, /* there may be a message, or the other end was closed */
    WI_PORT_GONE, /* the port was closed or moved: this is the last word */
    WI_PORT_STOP, /* what weft_port_stop(), weft_port_ref() and weft_port_unref() say */
    WI_PORT_REF,
    WI_PORT_UNREF
};

struct wi_listener {
    void (*hear)(struct wi_listener *listener, enum wi_word word); /* with the channel's lock held */
};

/* From now on the listener is told, of new things only. WEFT_EINVAL: there is another; or what a stale handle gets. */
int wi_port_listen(weft_port port, struct wi_listener *listener);

/* The listener is not told any more. False if it was gone, or is about to be told so. */
bool wi_port_ignore(weft_port port);

/* Tells the port's listener. WEFT_EINVAL: there is none; or what a stale handle gets. */
int wi_port_say(weft_port port, enum wi_word word);

#endif
