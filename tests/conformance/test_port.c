/*
 * conformance/test_port.c - what web-platform-tests and Node say of ports: order, ends that travel, ends that close,
 * and what many hear
 */
#include "conformance/ports.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "os/thread.h"

/* ---- messages ---- */

Test(webmessaging, message_channels_basics)
{
    struct ports pair = ports_pair();
    ports_say(pair.one, "1");
    ports_hear(pair.two, "1");
}

Test(webmessaging, message_channels_no_start)
{
    struct ports pair = ports_pair();
    ports_say(pair.one, "1");
    ports_say(pair.one, "2");
    ports_hear_nothing(pair.one, WEFT_EAGAIN);
    ports_hear(pair.two, "1");
    ports_hear(pair.two, "2");
}

Test(webmessaging, Channel_postMessage_target_source)
{
    struct ports pair = ports_pair();
    ports_say(pair.one, "ping");
    ports_hear_nothing(pair.one, WEFT_EAGAIN);
    ports_hear(pair.two, "ping");
    ports_hear_nothing(pair.two, WEFT_EAGAIN);
}

Test(webmessaging, Channel_postMessage_clone_port)
{
    struct ports a = ports_pair(), b = ports_pair();
    cr_assert_eq(ports_send(a.one, b.two), WEFT_OK);
    ports_say(b.one, "ping");
    weft_port moved = ports_fetch(a.two);
    cr_assert_neq(moved.id, b.two.id);
    ports_hear(moved, "ping");
    ports_hear_nothing(b.two, WEFT_ECLOSED);
}

Test(webmessaging, Channel_postMessage_clone_port_error)
{
    struct ports pair = ports_pair();
    weft_transfer entry = weft_transfer_port(pair.one);
    cr_assert_eq(weft_port_post(pair.one, "ports", 6, &entry, 1), WEFT_EINVAL);
    ports_hear_nothing(pair.two, WEFT_EAGAIN);
    ports_say(pair.one, "still there");
    ports_hear(pair.two, "still there");
}

Test(webmessaging, Channel_postMessage_ports_readonly_array)
{
    struct ports pair = ports_pair(), given = ports_pair();
    weft_message *message;
    cr_assert_eq(ports_send(pair.one, given.one), WEFT_OK);
    cr_assert_eq(weft_port_try_receive(pair.two, &message), WEFT_OK);
    cr_assert_eq(message->count, 1);
    cr_assert_eq(message->list[0].kind, WEFT_TRANSFER_PORT);
    weft_port taken = weft_message_take_port(message, 0);
    cr_assert_eq(message->count, 1);
    cr_assert_eq(message->list[0].kind, WEFT_TRANSFER_NONE);
    cr_assert_eq(weft_message_take_port(message, 0).id, 0);
    cr_assert_eq(weft_message_take_port(message, 1).id, 0);
    weft_message_release(message);
    ports_say(taken, "open");
    ports_hear(given.two, "open");
}

Test(webmessaging, postMessage_ArrayBuffer)
{
    struct ports pair = ports_pair();
    weft_buffer buffer = ports_buffer(32, 'x');
    weft_message *message;
    cr_assert_eq(weft_port_post(pair.one, weft_buffer_data(buffer), 32, NULL, 0), WEFT_OK);
    memset(weft_buffer_data(buffer), 'y', 32);
    cr_assert_eq(weft_port_try_receive(pair.two, &message), WEFT_OK);
    cr_assert_eq(message->size, 32);
    for (int i = 0; i < 32; i++)
        cr_assert_eq(((const char *)message->bytes)[i], 'x');
    weft_message_release(message);
    ports_is_buffer(buffer, 32, 'y');
}

Test(node, test_worker_message_port)
{
    struct ports pair = ports_pair();
    weft_buffer buffer = ports_buffer(10, 'x');
    weft_transfer entry = weft_transfer_buffer(buffer);
    weft_message *message;
    int number = 2;
    cr_assert_eq(weft_port_post(pair.one, &number, sizeof number, NULL, 0), WEFT_OK);
    cr_assert_eq(weft_port_try_receive(pair.two, &message), WEFT_OK);
    number = 2 * *(const int *)message->bytes;
    weft_message_release(message);
    cr_assert_eq(weft_port_post(pair.two, &number, sizeof number, &entry, 0), WEFT_OK);
    ports_is_buffer(buffer, 10, 'x'); /* an empty list moves nothing */
    cr_assert_eq(weft_port_try_receive(pair.one, &message), WEFT_OK);
    cr_assert_eq(*(const int *)message->bytes, 4);
    weft_message_release(message);
    cr_assert_eq(weft_port_post(pair.one, NULL, 0, NULL, 1), WEFT_EINVAL);
    cr_assert_eq(weft_port_post(pair.one, NULL, 0, &entry, 1), WEFT_OK);
    cr_assert_eq(weft_buffer_size(buffer), 0);
    cr_assert_eq(weft_port_try_receive(pair.two, &message), WEFT_OK);
    ports_is_buffer(weft_message_take_buffer(message, 0), 10, 'x');
    weft_message_release(message);
}

Test(node, test_worker_message_port_receive_message)
{
    struct ports pair = ports_pair();
    weft_message *message;
    ports_hear_nothing(pair.two, WEFT_EAGAIN);
    ports_say(pair.one, "hello");
    ports_say(pair.one, "foo");
    ports_hear(pair.two, "hello");
    ports_hear(pair.two, "foo");
    ports_hear_nothing(pair.two, WEFT_EAGAIN);
    ports_hear_nothing(pair.two, WEFT_EAGAIN);
    ports_hear_nothing((weft_port){0}, WEFT_EINVAL);
    ports_hear_nothing((weft_port){UINT64_MAX}, WEFT_EINVAL);
    cr_assert_eq(weft_port_try_receive(pair.two, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_port_receive((weft_port){0}, WEFT_FOREVER, &message), WEFT_EINVAL);
}

/* ---- ends that travel ---- */

Test(webmessaging, Channel_postMessage_with_transfer_outgoing_messages)
{
    struct ports pair = ports_pair(), first = ports_pair(), second = ports_pair();
    ports_say(pair.one, "First");
    cr_assert_eq(ports_send(first.one, pair.one), WEFT_OK);
    weft_port moved = ports_fetch(first.two);
    ports_say(moved, "Second");
    ports_say(moved, "Third");
    cr_assert_eq(ports_send(second.two, moved), WEFT_OK);
    moved = ports_fetch(second.one);
    ports_say(moved, "Fourth");
    ports_hear(pair.two, "First");
    ports_hear(pair.two, "Second");
    ports_hear(pair.two, "Third");
    ports_hear(pair.two, "Fourth");
    ports_hear_nothing(pair.two, WEFT_EAGAIN);
}

Test(webmessaging, Channel_postMessage_with_transfer_incoming_messages)
{
    struct ports pair = ports_pair(), first = ports_pair(), second = ports_pair();
    ports_say(pair.two, "First");
    cr_assert_eq(ports_send(first.one, pair.one), WEFT_OK);
    ports_say(pair.two, "Second");
    weft_port moved = ports_fetch(first.two);
    ports_hear(moved, "First"); /* received on the way */
    cr_assert_eq(ports_send(second.two, moved), WEFT_OK);
    ports_say(pair.two, "Third");
    moved = ports_fetch(second.one);
    ports_say(pair.two, "Fourth");
    ports_hear(moved, "Second");
    ports_hear(moved, "Third");
    ports_hear(moved, "Fourth");
    ports_hear_nothing(moved, WEFT_EAGAIN);
}

Test(webmessaging, Channel_postMessage_with_transfer_entangled)
{
    struct ports pair = ports_pair(), way = ports_pair();
    ports_say(pair.one, "1");
    cr_assert_eq(ports_send(way.one, pair.one), WEFT_OK);
    cr_assert_eq(ports_send(way.one, pair.two), WEFT_OK);
    weft_port sender = ports_fetch(way.two);
    ports_say(sender, "2"); /* to an end that is still under way */
    weft_port receiver = ports_fetch(way.two);
    ports_say(sender, "3");
    ports_hear(receiver, "1");
    ports_hear(receiver, "2");
    ports_hear(receiver, "3");
}

Test(webmessaging, Transferred_objects_unusable)
{
    struct ports pair = ports_pair(), way = ports_pair();
    ports_say(pair.one, "PING");
    cr_assert_eq(ports_send(way.one, pair.one), WEFT_OK);
    cr_assert_eq(ports_post(pair.one, "PONG"), WEFT_ECLOSED);
    cr_assert_eq(ports_send(way.one, pair.one), WEFT_ECLOSED);
    cr_assert_eq(weft_port_close(pair.one), WEFT_ECLOSED);
    ports_hear_nothing(pair.one, WEFT_ECLOSED);
    ports_say(ports_fetch(way.two), "TRANSFERRED");
    ports_hear(pair.two, "PING");
    ports_hear(pair.two, "TRANSFERRED");
    ports_hear_nothing(pair.two, WEFT_EAGAIN);
}

Test(node, test_worker_message_port_move)
{
    struct ports pair = ports_pair(), way = ports_pair();
    cr_assert_eq(ports_send(way.one, pair.one), WEFT_OK);
    weft_port moved = ports_fetch(way.two);
    ports_say(pair.two, "echo");
    ports_hear(moved, "echo");
    ports_say(moved, "echo");
    ports_hear(pair.two, "echo");
    ports_close(pair.two);
    cr_assert_eq(ports_post(moved, "echo"), WEFT_ECLOSED);
}

/* A thread with a way to it: it receives a port, says that it works, and ends. */
static void *use_port(void *context)
{
    weft_message *message;
    if (weft_port_receive(*(weft_port *)context, WEFT_FOREVER, &message) != WEFT_OK)
        return NULL;
    weft_port port = weft_message_take_port(message, 0);
    weft_message_release(message);
    ports_post(port, "works");
    weft_port_close(port);
    return NULL;
}

/* Waits for a message, which must be that text, or, NULL, for the other end to close. */
static void await(weft_port port, const char *text)
{
    weft_message *message;
    int status = weft_port_receive(port, WEFT_FOREVER, &message);
    cr_assert_eq(status, text ? WEFT_OK : WEFT_ECLOSED);
    if (text) {
        cr_assert_str_eq(message->bytes, text);
        weft_message_release(message);
    }
}

Test(node, test_worker_message_channel)
{
    struct ports pair = ports_pair(), way = ports_pair();
    wi_thread thread;
    cr_assert_eq(wi_thread_create(&thread, 0, use_port, &way.two), WEFT_OK);
    cr_assert_eq(ports_send(way.one, pair.two), WEFT_OK);
    await(pair.one, "works");
    await(pair.one, NULL);
    wi_thread_join(&thread);
}

struct speaker {
    wi_thread thread;
    weft_port port;
    const char *first, *second;
};

static void *speak_and_end(void *context)
{
    struct speaker *speaker = context;
    ports_post(speaker->port, speaker->first);
    ports_post(speaker->port, speaker->second);
    weft_port_close(speaker->port);
    return NULL;
}

Test(node, test_worker_message_port_drain)
{
    struct ports pairs[] = {ports_pair(), ports_pair()};
    struct speaker speakers[] = {{.port = pairs[0].one, .first = "a", .second = "b"},
                                 {.port = pairs[1].one, .first = "c", .second = "d"}};
    for (int i = 0; i < 2; i++)
        cr_assert_eq(wi_thread_create(&speakers[i].thread, 0, speak_and_end, &speakers[i]), WEFT_OK);
    for (int i = 0; i < 2; i++) {
        wi_thread_join(&speakers[i].thread);
        ports_hear(pairs[i].two, speakers[i].first);
        ports_hear(pairs[i].two, speakers[i].second);
        ports_hear_nothing(pairs[i].two, WEFT_ECLOSED);
    }
}

/* ---- ends that close ---- */

Test(webmessaging, message_channels_close)
{
    struct ports pair = ports_pair(), way = ports_pair();
    ports_close(pair.one); /* to a closed port, also from one that has travelled */
    cr_assert_eq(ports_post(pair.two, "TEST"), WEFT_ECLOSED);
    cr_assert_eq(ports_send(way.one, pair.two), WEFT_OK);
    cr_assert_eq(ports_post(ports_fetch(way.two), "TEST"), WEFT_ECLOSED);
    ports_hear_nothing(pair.one, WEFT_ECLOSED);

    pair = ports_pair(); /* from a closed port */
    ports_close(pair.two);
    cr_assert_eq(ports_post(pair.two, "TEST"), WEFT_ECLOSED);
    ports_hear_nothing(pair.one, WEFT_ECLOSED);

    pair = ports_pair(); /* under way when the sender closes */
    ports_say(pair.two, "TEST");
    ports_close(pair.two);
    ports_hear(pair.one, "TEST");
    ports_hear_nothing(pair.one, WEFT_ECLOSED);

    pair = ports_pair(); /* under way when the receiver closes */
    ports_say(pair.two, "TEST");
    ports_say(pair.two, "DONE");
    ports_hear(pair.one, "TEST");
    ports_close(pair.one);
    ports_hear_nothing(pair.one, WEFT_ECLOSED);

    pair = ports_pair(); /* a closed port does not travel; its other end does */
    ports_close(pair.one);
    cr_assert_eq(ports_send(way.one, pair.one), WEFT_ECLOSED);
    cr_assert_eq(ports_send(way.one, pair.two), WEFT_OK);
    ports_hear_nothing(ports_fetch(way.two), WEFT_ECLOSED);
}

/* What an eventfd has been told, and forgets. */
static uint64_t told(int fd)
{
    uint64_t value;
    return read(fd, &value, sizeof value) == sizeof value ? value : 0;
}

struct waiter {
    wi_thread thread;
    weft_port port;
    int status;
};

static void *wait_for_end(void *context)
{
    struct waiter *waiter = context;
    weft_message *message;
    waiter->status = weft_port_receive(waiter->port, WEFT_FOREVER, &message);
    return NULL;
}

/* Somebody who waits at the port when `end(context)` closes its other end. */
static void is_woken_by(weft_port port, void (*end)(void *context), void *context)
{
    struct waiter waiter = {.port = port, .status = WEFT_OK};
    int fd = eventfd(0, EFD_NONBLOCK);
    cr_assert_eq(weft_port_set_event_fd(port, fd), WEFT_OK);
    cr_assert_eq(wi_thread_create(&waiter.thread, 0, wait_for_end, &waiter), WEFT_OK);
    end(context);
    wi_thread_join(&waiter.thread);
    cr_assert_eq(waiter.status, WEFT_ECLOSED);
    cr_assert_eq(told(fd), 1);
    close(fd);
}

static void close_it(void *context)
{
    ports_close(*(weft_port *)context);
}

static void *close_there(void *context)
{
    weft_port_close(*(weft_port *)context);
    return NULL;
}

static void close_in_a_thread(void *context)
{
    wi_thread thread;
    cr_assert_eq(wi_thread_create(&thread, 0, close_there, context), WEFT_OK);
    wi_thread_join(&thread);
}

Test(webmessaging, message_channels_close_event_explicitly_closed)
{
    struct ports pair = ports_pair(), way = ports_pair();
    int fd = eventfd(0, EFD_NONBLOCK);
    is_woken_by(pair.two, close_it, &pair.one);

    pair = ports_pair(); /* who closes is not told */
    cr_assert_eq(weft_port_set_event_fd(pair.one, fd), WEFT_OK);
    ports_close(pair.one);
    cr_assert_eq(told(fd), 0);
    close(fd);

    pair = ports_pair();
    is_woken_by(pair.two, close_in_a_thread, &pair.one);

    pair = ports_pair(); /* closed while the other end is under way */
    cr_assert_eq(ports_send(way.one, pair.two), WEFT_OK);
    ports_close(pair.one);
    await(ports_fetch(way.two), NULL);
}

/* What is in a message dies with it. */
static void release_message(void *context)
{
    cr_assert_eq(weft_message_release(context), WEFT_OK);
}

Test(webmessaging, message_channels_close_event_garbage_collected)
{
    struct ports pair = ports_pair(), way = ports_pair();
    weft_message *message;
    cr_assert_eq(ports_send(way.one, pair.two), WEFT_OK);
    cr_assert_eq(weft_port_try_receive(way.two, &message), WEFT_OK);
    is_woken_by(pair.one, release_message, message);
}

Test(webmessaging, message_channels_close_event_document_destroyed)
{
    struct ports pair = ports_pair(), way = ports_pair(), outer = ports_pair();
    cr_assert_eq(ports_send(way.one, pair.two), WEFT_OK);
    is_woken_by(pair.one, close_it, &way.two); /* pair.two waited there */

    pair = ports_pair();
    way = ports_pair();
    cr_assert_eq(ports_send(way.one, pair.two), WEFT_OK);
    cr_assert_eq(ports_send(outer.one, way.two), WEFT_OK);
    is_woken_by(pair.one, close_in_a_thread, &outer.two); /* ... there, and that there */
}

Test(node, test_worker_message_port_close)
{
    struct ports pair = ports_pair();
    int fd = eventfd(0, EFD_NONBLOCK);
    ports_close(pair.one);
    cr_assert_eq(weft_port_close(pair.one), WEFT_ECLOSED);
    cr_assert_eq(weft_port_set_event_fd(pair.one, fd), WEFT_ECLOSED);
    cr_assert_eq(weft_port_set_event_fd(pair.two, fd), WEFT_OK);
    cr_assert_eq(weft_port_needs_drain(pair.one), 0);
    cr_assert_eq(weft_port_needs_drain(pair.two), 0);
    cr_assert_eq(weft_port_drain(pair.one, WEFT_FOREVER), WEFT_ECLOSED);
    cr_assert_eq(weft_port_drain(pair.two, WEFT_FOREVER), WEFT_ECLOSED);
    await(pair.one, NULL);
    await(pair.two, NULL);
    cr_assert_eq(ports_post(pair.one, "x"), WEFT_ECLOSED);
    cr_assert_eq(ports_post(pair.two, "x"), WEFT_ECLOSED);
    cr_assert_eq(told(fd), 0);
    ports_close(pair.two);
    close(fd);
}

/* ---- what many hear ---- */

/* What is said by one of a name is heard by the others, in the order in which it was said. */
static void hear_in_order(void)
{
    weft_port one = ports_join("order"), two = ports_join("order"), three = ports_join("order");
    ports_say(one, "from one");
    ports_say(three, "from three");
    ports_say(two, "done");
    ports_hear(one, "from three");
    ports_hear(one, "done");
    ports_hear(two, "from one");
    ports_hear(two, "from three");
    ports_hear(three, "from one");
    ports_hear(three, "done");
    ports_hear_nothing(one, WEFT_EAGAIN);
    ports_hear_nothing(two, WEFT_EAGAIN);
    ports_hear_nothing(three, WEFT_EAGAIN);
}

static void hear_nothing_once_closed(void)
{
    weft_port one = ports_join("closed"), two = ports_join("closed"), three = ports_join("closed");
    weft_port four = ports_join("closed");
    ports_close(two);
    ports_say(one, "test");
    ports_close(three);
    ports_hear_nothing(two, WEFT_ECLOSED);
    ports_hear_nothing(three, WEFT_ECLOSED);
    ports_hear(four, "test");
    ports_hear_nothing(one, WEFT_EAGAIN);
}

static void come_and_go_while_others_speak(void)
{
    weft_port one = ports_join("come and go"), two = ports_join("come and go");
    ports_say(one, "first");
    ports_say(two, "second");
    ports_hear(two, "first");
    ports_close(two);
    weft_port three = ports_join("come and go");
    ports_say(one, "done");
    ports_hear(three, "done"); /* and not what was said before it came */
    ports_hear(one, "second");
    ports_hear_nothing(three, WEFT_EAGAIN);
}

static void go_with_messages_waiting(void)
{
    weft_port one = ports_join("go"), two = ports_join("go"), three = ports_join("go");
    ports_say(one, "first");
    ports_say(one, "done");
    ports_hear(two, "first");
    ports_close(two);
    ports_hear(three, "first");
    ports_hear(three, "done");
    ports_hear_nothing(two, WEFT_ECLOSED);
}

Test(webmessaging, broadcastchannel_basics)
{
    weft_port one = ports_join("eventType"), two = ports_join("eventType"), stranger = ports_join("other");
    ports_say(one, "hello world");
    ports_hear(two, "hello world");
    ports_hear_nothing(one, WEFT_EAGAIN);
    ports_hear_nothing(stranger, WEFT_EAGAIN);
    hear_in_order();
    hear_nothing_once_closed();
    come_and_go_while_others_speak();
    go_with_messages_waiting();
}
