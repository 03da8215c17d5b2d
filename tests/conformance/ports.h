/*
 * conformance/ports.h - messages of text and of ports, posted and expected
 */
#ifndef CONFORMANCE_PORTS_H
#define CONFORMANCE_PORTS_H

#include <criterion/criterion.h>
#include <string.h>

#include <weft/port.h>

/* The two ends of a channel. */
struct ports {
    weft_port one, two;
};

static inline struct ports ports_pair(void)
{
    struct ports pair;
    cr_assert_eq(weft_port_pair(NULL, &pair.one, &pair.two), WEFT_OK);
    return pair;
}

static inline weft_port ports_join(const char *name)
{
    weft_port port;
    cr_assert_eq(weft_port_join(name, NULL, &port), WEFT_OK);
    return port;
}

static inline int ports_post(weft_port port, const char *text)
{
    return weft_port_post(port, text, strlen(text) + 1, NULL, 0);
}

/* Posts a text, which must succeed. */
static inline void ports_say(weft_port port, const char *text)
{
    cr_assert_eq(ports_post(port, text), WEFT_OK);
}

/* The oldest message must be that text. */
static inline void ports_hear(weft_port port, const char *text)
{
    weft_message *message;
    cr_assert_eq(weft_port_try_receive(port, &message), WEFT_OK);
    cr_assert_str_eq(message->bytes, text);
    cr_assert_eq(message->size, strlen(text) + 1);
    cr_assert_eq(message->count, 0);
    cr_assert_eq(weft_message_release(message), WEFT_OK);
}

/* There must be no message, for the reason that `status` says. */
static inline void ports_hear_nothing(weft_port port, int status)
{
    weft_message *message = NULL;
    cr_assert_eq(weft_port_try_receive(port, &message), status);
    cr_assert_null(message);
}

/* Sends `port` through `via`. */
static inline int ports_send(weft_port via, weft_port port)
{
    weft_transfer entry = weft_transfer_port(port);
    return weft_port_post(via, NULL, 0, &entry, 1);
}

/* Receives a port, which must be there and have come alone. */
static inline weft_port ports_fetch(weft_port from)
{
    weft_message *message;
    cr_assert_eq(weft_port_receive(from, WEFT_FOREVER, &message), WEFT_OK);
    cr_assert_eq(message->count, 1);
    weft_port port = weft_message_take_port(message, 0);
    cr_assert_neq(port.id, 0);
    cr_assert_eq(weft_message_release(message), WEFT_OK);
    return port;
}

static inline void ports_close(weft_port port)
{
    cr_assert_eq(weft_port_close(port), WEFT_OK);
}

/* A buffer of `bytes`, all of them `value`. */
static inline weft_buffer ports_buffer(uint64_t bytes, int value)
{
    weft_buffer buffer;
    cr_assert_eq(weft_buffer_create(NULL, bytes, bytes, &buffer), WEFT_OK);
    memset(weft_buffer_data(buffer), value, bytes);
    return buffer;
}

/* The buffer must still be that. */
static inline void ports_is_buffer(weft_buffer buffer, uint64_t bytes, int value)
{
    const unsigned char *data = weft_buffer_data(buffer);
    cr_assert_eq(weft_buffer_size(buffer), bytes);
    cr_assert_not_null(data);
    for (uint64_t i = 0; i < bytes; i++)
        cr_assert_eq(data[i], value);
}

#endif
