/*
 * unit/test_port.c - ports: order, ends, what travels, and what is left when nobody receives
 */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <weft/port.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "message/port.h"
#include "os/thread.h"

static weft_port a, b;

static void setup(void)
{
    cr_assert_eq(weft_port_pair(NULL, &a, &b), WEFT_OK);
}

static void post(weft_port port, int number)
{
    cr_assert_eq(weft_port_post(port, &number, sizeof number, NULL, 0), WEFT_OK);
}

static int number_of(const weft_message *message)
{
    int number;
    cr_assert_eq(message->size, sizeof number);
    memcpy(&number, message->bytes, sizeof number);
    return number;
}

/* The oldest message must be that number. */
static void expect(weft_port port, int number)
{
    weft_message *message;
    cr_assert_eq(weft_port_try_receive(port, &message), WEFT_OK);
    cr_assert_eq(number_of(message), number);
    cr_assert_eq(weft_message_release(message), WEFT_OK);
}

static void expect_nothing(weft_port port, int status)
{
    weft_message *message = NULL;
    cr_assert_eq(weft_port_try_receive(port, &message), status);
    cr_assert_null(message);
}

static void post_port(weft_port port, weft_port travels, int status)
{
    weft_transfer entry = weft_transfer_port(travels);
    cr_assert_eq(weft_port_post(port, NULL, 0, &entry, 1), status);
}

static weft_port receive_port(weft_port port)
{
    weft_message *message;
    cr_assert_eq(weft_port_try_receive(port, &message), WEFT_OK);
    weft_port travelled = weft_message_take_port(message, 0);
    cr_assert_neq(travelled.id, 0);
    weft_message_release(message);
    return travelled;
}

/* A buffer that counts its end. */
static int ends;

static void count(void *memory, uint64_t bytes, void *context)
{
    (void)memory;
    (void)bytes;
    (void)context;
    ends++;
}

static weft_buffer new_buffer(void)
{
    static unsigned char bytes[8];
    weft_buffer buffer;
    cr_assert_eq(weft_buffer_adopt(bytes, sizeof bytes, count, NULL, &buffer), WEFT_OK);
    return buffer;
}

TestSuite(port, .init = setup);

Test(port, smoke)
{
    weft_message *message;
    weft_buffer buffer = new_buffer();
    weft_transfer list[] = {weft_transfer_buffer(buffer)};
    cr_assert_eq(weft_port_post(a, "work", 5, list, 1), WEFT_OK);
    cr_assert(weft_buffer_is_detached(buffer));
    cr_assert_eq(weft_port_receive(b, WEFT_FOREVER, &message), WEFT_OK);
    cr_assert_str_eq(message->bytes, "work");
    buffer = weft_message_take_buffer(message, 0);
    cr_assert_eq(weft_buffer_size(buffer), 8);
    cr_assert_eq(weft_message_release(message), WEFT_OK);
    cr_assert_eq(ends, 0);
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
    cr_assert_eq(ends, 1);
    cr_assert_eq(weft_port_close(a), WEFT_OK);
    cr_assert_eq(weft_port_close(b), WEFT_OK);
}

Test(port, empty)
{
    weft_message *message;
    weft_port none = {0};
    expect_nothing(a, WEFT_EAGAIN);
    cr_assert_eq(weft_port_receive(a, 0, &message), WEFT_ETIMEDOUT);
    cr_assert_eq(weft_port_receive(a, 1000, &message), WEFT_ETIMEDOUT);
    cr_assert_eq(weft_port_close(none), WEFT_EINVAL);
    cr_assert_eq(weft_port_post(none, NULL, 0, NULL, 0), WEFT_EINVAL);
    cr_assert_eq(weft_port_post(a, NULL, 1, NULL, 0), WEFT_EINVAL);
    cr_assert_eq(weft_port_post(a, NULL, 0, NULL, 1), WEFT_EINVAL);
    cr_assert_eq(weft_port_pair(NULL, &a, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_port_join(NULL, NULL, &a), WEFT_EINVAL);
}

Test(port, order)
{
    for (int i = 0; i < 100; i++) {
        post(a, i);
        post(b, -i);
    }
    for (int i = 0; i < 100; i++) {
        expect(b, i);
        expect(a, -i);
    }
}

Test(port, a_closed_port_takes_nothing_and_the_caller_keeps_all)
{
    weft_buffer buffer = new_buffer();
    weft_transfer entry = weft_transfer_buffer(buffer);
    post(a, 1);
    cr_assert_eq(weft_port_close(a), WEFT_OK);
    cr_assert_eq(weft_port_post(a, NULL, 0, &entry, 1), WEFT_ECLOSED);
    cr_assert_eq(weft_port_post(b, NULL, 0, &entry, 1), WEFT_ECLOSED);
    cr_assert_eq(weft_buffer_size(buffer), 8);
    expect_nothing(a, WEFT_ECLOSED);
    expect(b, 1);
    expect_nothing(b, WEFT_ECLOSED);
    cr_assert_eq(weft_port_close(a), WEFT_ECLOSED);
    post_port(b, a, WEFT_ECLOSED);
}

Test(port, a_port_does_not_travel_through_itself)
{
    weft_port c, d;
    post_port(a, a, WEFT_EINVAL);
    post_port(a, b, WEFT_EINVAL);
    cr_assert_eq(weft_port_pair(NULL, &c, &d), WEFT_OK);
    post_port(c, b, WEFT_OK); /* b waits in d */
    post_port(a, d, WEFT_EINVAL);
    b = receive_port(d);
    post_port(a, d, WEFT_OK);
    post(c, 7);
    d = receive_port(b);
    expect(d, 7);
}

Test(port, order_is_kept_while_both_ends_travel)
{
    weft_port c, d;
    cr_assert_eq(weft_port_pair(NULL, &c, &d), WEFT_OK);
    for (int i = 0; i < 10; i++) {
        post(a, 3 * i);
        weft_port before = b;
        post_port(c, b, WEFT_OK);
        cr_assert_eq(weft_port_post(before, NULL, 0, NULL, 0), WEFT_ECLOSED);
        post(a, 3 * i + 1);
        post_port(c, a, WEFT_OK);
        b = receive_port(d);
        a = receive_port(d);
        post(a, 3 * i + 2);
    }
    for (int i = 0; i < 30; i++)
        expect(b, i);
}

static int dropped;

static void on_drop(weft_message *message, void *context)
{
    (void)message;
    (void)context;
    dropped++;
}

Test(port, destroy_nonempty)
{
    weft_port_options options = {.size = sizeof options, .on_drop = on_drop};
    weft_port outer, inner, kept[50];
    cr_assert_eq(weft_port_pair(&options, &kept[0], &outer), WEFT_OK);
    weft_port top = outer;
    /* Ports in the queues of ports, each with a buffer. */
    for (int i = 1; i < 50; i++) {
        weft_transfer list[2];
        cr_assert_eq(weft_port_pair(&options, &kept[i], &inner), WEFT_OK);
        list[0] = weft_transfer_buffer(new_buffer());
        list[1] = weft_transfer_port(inner);
        cr_assert_eq(weft_port_post(kept[i - 1], NULL, 0, list, 2), WEFT_OK);
    }
    cr_assert_eq(weft_port_close(top), WEFT_OK);
    cr_assert_eq(ends, 49);
    cr_assert_eq(dropped, 49);
    for (int i = 0; i < 50; i++) {
        cr_assert_eq(weft_port_post(kept[i], NULL, 0, NULL, 0), WEFT_ECLOSED);
        cr_assert_eq(weft_port_close(kept[i]), WEFT_OK);
    }
}

/* The first receive takes all that waits out of the queue. What it leaves still waits in the port: it travels along, it
 * is counted, it keeps the port out of rings, and it is dropped. */
Test(port, what_one_receive_leaves_still_waits_in_the_port)
{
    uint64_t value;
    int fd = eventfd(0, EFD_NONBLOCK);
    weft_port_options options = {.size = sizeof options, .on_drop = on_drop};
    weft_port c, d, e, f;
    cr_assert_eq(weft_port_pair(&options, &c, &d), WEFT_OK);
    cr_assert_eq(weft_port_pair(NULL, &e, &f), WEFT_OK);
    post(c, 0);
    post(c, 1);
    post_port(c, b, WEFT_OK);
    post(c, 3);
    expect(d, 0);
    post_port(a, d, WEFT_EINVAL);
    cr_assert_eq(weft_port_set_event_fd(d, fd), WEFT_OK);
    cr_assert_eq(read(fd, &value, sizeof value), sizeof value);
    post_port(e, d, WEFT_OK);
    post(c, 4);
    d = receive_port(f);
    expect(d, 1);
    post(a, 5);
    cr_assert_eq(weft_port_close(d), WEFT_OK);
    cr_assert_eq(dropped, 3);
    cr_assert_eq(weft_port_post(a, NULL, 0, NULL, 0), WEFT_ECLOSED); /* b was closed with its message */
    close(fd);
}

Test(port, what_is_not_taken_is_released_with_its_message)
{
    weft_message *message;
    weft_transfer entry = weft_transfer_buffer(new_buffer());
    cr_assert_eq(weft_port_post(a, NULL, 0, &entry, 1), WEFT_OK);
    cr_assert_eq(weft_port_try_receive(b, &message), WEFT_OK);
    cr_assert_eq(ends, 0);
    cr_assert_eq(weft_message_release(message), WEFT_OK);
    cr_assert_eq(ends, 1);
}

Test(port, a_full_queue_refuses_and_says_so_before)
{
    weft_port_options options = {.size = sizeof options, .capacity = 4};
    cr_assert_eq(weft_port_pair(&options, &a, &b), WEFT_OK);
    weft_transfer entry = weft_transfer_buffer(new_buffer());
    post(a, 0);
    cr_assert_eq(weft_port_needs_drain(a), 0);
    post(a, 1);
    cr_assert_eq(weft_port_needs_drain(a), 1);
    cr_assert_eq(weft_port_drain(a, 0), WEFT_ETIMEDOUT);
    post(a, 2);
    post(a, 3);
    cr_assert_eq(weft_port_post(a, NULL, 0, &entry, 1), WEFT_EAGAIN);
    cr_assert_eq(ends, 0);
    expect(b, 0);
    post(a, 4);
    cr_assert_eq(weft_port_post(a, NULL, 0, &entry, 1), WEFT_EAGAIN); /* one came out, one went in */
    cr_assert_eq(weft_buffer_release((weft_buffer){entry.id}), WEFT_OK);
    for (int i = 1; i < 4; i++)
        expect(b, i);
    cr_assert_eq(weft_port_drain(a, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(weft_port_close(b), WEFT_OK);
    cr_assert_eq(weft_port_drain(a, WEFT_FOREVER), WEFT_ECLOSED);
}

Test(port, an_eventfd_counts_messages_and_the_close)
{
    uint64_t value;
    int fd = eventfd(0, EFD_NONBLOCK);
    post(a, 1);
    cr_assert_eq(weft_port_set_event_fd(b, fd), WEFT_OK);
    post(a, 2);
    cr_assert_eq(weft_port_close(a), WEFT_OK);
    cr_assert_eq(read(fd, &value, sizeof value), sizeof value);
    cr_assert_eq(value, 3);
    cr_assert_eq(weft_port_close(b), WEFT_OK);
    cr_assert_lt(read(fd, &value, sizeof value), 0); /* who closes is not told */
    close(fd);
}

Test(port, what_is_posted_to_a_name_is_heard_by_the_others)
{
    weft_port one, two, three, stranger;
    weft_transfer entry = weft_transfer_buffer(new_buffer());
    cr_assert_eq(weft_port_join("name", NULL, &one), WEFT_OK);
    post(one, 0);
    cr_assert_eq(weft_port_join("name", NULL, &two), WEFT_OK);
    cr_assert_eq(weft_port_join("name", NULL, &three), WEFT_OK);
    cr_assert_eq(weft_port_join("other", NULL, &stranger), WEFT_OK);
    post(one, 1);
    cr_assert_eq(weft_port_close(three), WEFT_OK);
    post(two, 2);
    expect(two, 1);
    expect_nothing(two, WEFT_EAGAIN);
    expect(one, 2);
    expect_nothing(one, WEFT_EAGAIN);
    expect_nothing(stranger, WEFT_EAGAIN);
    cr_assert_eq(weft_port_post(one, NULL, 0, &entry, 1), WEFT_EINVAL);
    post_port(a, one, WEFT_EINVAL);
    cr_assert_eq(weft_port_close(one), WEFT_OK);
    cr_assert_eq(weft_port_close(two), WEFT_OK);
    cr_assert_eq(weft_port_close(stranger), WEFT_OK);
}

Test(port, oom)
{
    weft_buffer buffer = new_buffer();
    weft_transfer entry = weft_transfer_buffer(buffer);
    weft_port c = {0}, d = {0};
    uint64_t n = 1;
    for (; wi_alloc_fail_at(n), weft_port_post(a, "x", 1, &entry, 1) != WEFT_OK; n++)
        cr_assert_eq(weft_buffer_size(buffer), 8);
    cr_assert_gt(n, 1);
    for (n = 1; wi_alloc_fail_at(n), weft_port_pair(NULL, &c, &d) != WEFT_OK; n++)
        cr_assert_eq(c.id, 0);
    cr_assert_gt(n, 3);
    wi_alloc_fail_at(0);
    post(c, 1);
    expect(d, 1);
    for (n = 1; wi_alloc_fail_at(n), weft_port_join("name", NULL, &c) != WEFT_OK; n++)
        continue;
    wi_alloc_fail_at(0);
    cr_assert_eq(weft_port_join("name", NULL, &d), WEFT_OK);
    cr_assert_eq(weft_port_join("name", NULL, &b), WEFT_OK);
    for (n = 1; n <= 2; n++) {
        wi_alloc_fail_at(n);
        cr_assert_eq(weft_port_post(c, "x", 1, NULL, 0), WEFT_ENOMEM);
        expect_nothing(d, WEFT_EAGAIN);
    }
}

/* Many senders to one receiver; each sender's messages come in its order. */
#define SENDERS  4
#define MESSAGES 3000

static void *send_all(void *context)
{
    int sender = *(int *)context;
    for (int i = 0; i < MESSAGES; i++) {
        int number = sender * MESSAGES + i;
        weft_port_post(a, &number, sizeof number, NULL, 0);
    }
    return NULL;
}

Test(port, exactly_once)
{
    wi_thread threads[SENDERS];
    int senders[SENDERS], next[SENDERS] = {0};
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = i;
        cr_assert_eq(wi_thread_create(&threads[i], 0, send_all, &senders[i]), WEFT_OK);
    }
    for (int i = 0; i < SENDERS * MESSAGES; i++) {
        weft_message *message;
        cr_assert_eq(weft_port_receive(b, WEFT_FOREVER, &message), WEFT_OK);
        int number = number_of(message);
        cr_assert_eq(number % MESSAGES, next[number / MESSAGES]++);
        weft_message_release(message);
    }
    expect_nothing(b, WEFT_EAGAIN);
    for (int i = 0; i < SENDERS; i++)
        wi_thread_join(&threads[i]);
}

/* Sends back what it receives, until the other end is closed. */
static void *echo(void *context)
{
    weft_message *message;
    while (weft_port_receive(b, WEFT_FOREVER, &message) == WEFT_OK) {
        weft_port_post(b, message->bytes, message->size, NULL, 0);
        weft_message_release(message);
    }
    return context;
}

/* Only who puts a message into an empty queue wakes, so that must be enough for all who sleep. A hang is a failure. */
Test(port, no_starvation)
{
    wi_thread threads[2];
    for (int i = 0; i < 2; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, echo, NULL), WEFT_OK);
    for (int i = 0; i < 3000; i++) {
        int burst = 1 + i % 3;
        for (int j = 0; j < burst; j++)
            post(a, i);
        for (int j = 0; j < burst; j++) {
            weft_message *message;
            cr_assert_eq(weft_port_receive(a, WEFT_FOREVER, &message), WEFT_OK);
            cr_assert_eq(number_of(message), i);
            weft_message_release(message);
        }
    }
    cr_assert_eq(weft_port_close(a), WEFT_OK);
    for (int i = 0; i < 2; i++)
        wi_thread_join(&threads[i]);
}

static void *receive_one(void *context)
{
    weft_message *message;
    *(int *)context = weft_port_receive(b, WEFT_FOREVER, &message);
    return NULL;
}

Test(port, a_close_ends_the_waits_at_both_ends)
{
    for (int own = 0; own < 2; own++) {
        wi_thread thread;
        int status = WEFT_OK;
        cr_assert_eq(weft_port_pair(NULL, &a, &b), WEFT_OK);
        cr_assert_eq(wi_thread_create(&thread, 0, receive_one, &status), WEFT_OK);
        wi_thread_yield();
        cr_assert_eq(weft_port_close(own ? b : a), WEFT_OK);
        wi_thread_join(&thread);
        cr_assert_eq(status, WEFT_ECLOSED);
    }
}

/* ---- listening ---- */

static int news;

static void count_news(struct wi_listener *listener, enum wi_word word)
{
    (void)listener;
    news += word == WI_PORT_NEWS;
}

Test(port, a_listener_is_told_when_a_post_of_its_port_has_failed)
{
    struct wi_listener listener = {count_news};
    weft_transfer list[] = {weft_transfer_port(b), {WEFT_TRANSFER_PORT, UINT64_C(3) << 24}};
    weft_port one, other;
    cr_assert_eq(weft_port_pair(NULL, &one, &other), WEFT_OK);
    cr_assert_eq(wi_port_listen(b, &listener), WEFT_OK);
    cr_assert_neq(weft_port_post(one, NULL, 0, list, 2), WEFT_OK);
    cr_assert_eq(news, 1, "while the port was in the list, a look at it would have found nothing");
    cr_assert(wi_port_ignore(b));
    cr_assert_not(wi_port_ignore(b));
}
