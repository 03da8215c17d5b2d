/*
 * conformance/test_handler.c - what web-platform-tests and Node say of ports that call a handler
 */
#include "conformance/ports.h"

#include "base/atomics.h"
#include "os/thread.h"

static weft_pool *pool;

static void begin(void)
{
    weft_pool_options options = {.size = sizeof options, .workers = 1};
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
}

/* What a handler has heard, one text behind the other. */
static struct {
    char text[100];
    wi_atomic_u32 count, is_over;
} heard;

static void hear(weft_worker *worker, weft_port port, weft_message *message, void *context)
{
    (void)worker, (void)port, (void)context;
    if (message)
        strcat(heard.text, message->bytes);
    wi_fetch_add_acq_rel(message ? &heard.count : &heard.is_over, 1);
}

static void wait_for(wi_atomic_u32 *counter, uint32_t least)
{
    while (wi_load_acquire(counter) < least)
        wi_thread_yield();
}

static void start(weft_port port)
{
    cr_assert_eq(weft_port_start(port, pool, hear, NULL), WEFT_OK);
}

/* Closes a port with a handler, which then has heard all that it will. */
static void expect(weft_port port, const char *text)
{
    ports_close(port);
    wait_for(&heard.is_over, 1);
    cr_assert_str_eq(heard.text, text);
}

/* ---- when it begins ---- */

/* Messages wait for the start, and no start of another port is theirs. */
Test(webmessaging, MessagePort_initial_disabled, .init = begin)
{
    struct ports pair = ports_pair(), other = ports_pair();
    ports_say(pair.one, "first");
    start(other.two);
    ports_say(other.one, "other");
    wait_for(&heard.count, 1);
    cr_assert_str_eq(heard.text, "other");
    ports_hear(pair.two, "first");
    expect(other.two, "other");
}

Test(webmessaging, MessagePort_onmessage_start, .init = begin)
{
    struct ports pair = ports_pair();
    ports_say(pair.one, "1");
    ports_say(pair.one, "2");
    start(pair.two);
    wait_for(&heard.count, 2);
    ports_say(pair.one, "3");
    wait_for(&heard.count, 3);
    expect(pair.two, "123");
}

Test(webmessaging, message_channels_implied_start, .init = begin)
{
    struct ports pair = ports_pair();
    ports_say(pair.one, "ping");
    start(pair.two);
    wait_for(&heard.count, 1);
    cr_assert_eq(weft_port_stop(pair.two), WEFT_OK);
    wait_for(&heard.is_over, 1);
    ports_say(pair.one, "pong");
    ports_hear(pair.two, "pong");
    cr_assert_str_eq(heard.text, "ping");
}

/* ---- what it holds up ---- */

static wi_atomic_u32 others;

static void count_other(weft_worker *worker, weft_task *task)
{
    (void)worker, (void)task;
    wi_fetch_add_acq_rel(&others, 1);
}

/* Answers every message, so that there is always one. */
static void answer(weft_worker *worker, weft_port port, weft_message *message, void *context)
{
    (void)worker, (void)context;
    if (message)
        weft_port_post(port, "again", 6, NULL, 0);
}

Test(node, test_worker_message_port_infinite_message_loop, .init = begin)
{
    struct ports pair = ports_pair();
    weft_task other;
    cr_assert_eq(weft_port_start(pair.one, pool, answer, NULL), WEFT_OK);
    cr_assert_eq(weft_port_start(pair.two, pool, answer, NULL), WEFT_OK);
    ports_say(pair.one, "again");
    cr_assert_eq(weft_start(pool, &other, count_other), WEFT_OK);
    wait_for(&others, 1); /* by the pool's only worker */
    cr_assert_eq(weft_wait(pool, &other), WEFT_OK);
    ports_close(pair.one);
    ports_close(pair.two);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

Test(node, test_worker_messageport_hasref, .init = begin)
{
    struct ports pair = ports_pair();
    cr_assert_eq(weft_port_ref(pair.two), WEFT_EINVAL, "nothing is held before the start");
    start(pair.two);
    cr_assert_eq(weft_port_unref(pair.two), WEFT_OK);
    cr_assert_eq(weft_port_ref(pair.two), WEFT_OK);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, 0), WEFT_ETIMEDOUT, "it is held");
    ports_say(pair.one, "still");
    wait_for(&heard.count, 1);
    cr_assert_eq(weft_port_unref(pair.two), WEFT_OK);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK, "it is held no longer");
    expect(pair.two, "still");
    cr_assert_eq(weft_port_unref(pair.two), WEFT_ECLOSED);
}
