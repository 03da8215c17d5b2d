/*
 * unit/test_misuse.c - what programs do wrong with buffers, ports and lists: each has its status, and changes nothing
 *
 * A list is given in every way there is: posted, submitted, and replied. Beside what is wrong stand a buffer and a port
 * that are right, which must still be their owner's and good afterwards.
 */
#include <criterion/criterion.h>
#include <string.h>

#include <weft/job.h>

#define BYTES 16

static weft_pool *pool;
static weft_port way, far_end; /* what lists are posted to, and where they would arrive */
static weft_port port, peer;   /* a port that stands in lists, and its other end */
static weft_buffer buffer;

static weft_buffer new_buffer(void)
{
    weft_buffer made;
    cr_assert_eq(weft_buffer_create(NULL, BYTES, BYTES, &made), WEFT_OK);
    memset(weft_buffer_data(made), 'x', BYTES);
    return made;
}

static void setup(void)
{
    weft_pool_options options = {.size = sizeof options, .workers = 1};
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
    cr_assert_eq(weft_port_pair(NULL, &way, &far_end), WEFT_OK);
    cr_assert_eq(weft_port_pair(NULL, &port, &peer), WEFT_OK);
    buffer = new_buffer();
}

static void teardown(void)
{
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
}

TestSuite(misuse, .init = setup, .fini = teardown);

/* ---- nothing has changed ---- */

static void expect_nothing(weft_port from, int status)
{
    weft_message *message = NULL;
    cr_assert_eq(weft_port_try_receive(from, &message), status);
    cr_assert_null(message);
}

static void expect_way(weft_port from, weft_port to)
{
    weft_message *message;
    cr_assert_eq(weft_port_post(from, "way", 4, NULL, 0), WEFT_OK);
    cr_assert_eq(weft_port_try_receive(to, &message), WEFT_OK);
    cr_assert_str_eq(message->bytes, "way");
    cr_assert_eq(weft_message_release(message), WEFT_OK);
}

static void expect_buffer(weft_buffer good)
{
    const unsigned char *data = weft_buffer_data(good);
    cr_assert_eq(weft_buffer_size(good), BYTES);
    cr_assert_eq(weft_buffer_capacity(good), BYTES);
    for (int i = 0; i < BYTES; i++)
        cr_assert_eq(data[i], 'x');
    cr_assert_eq(weft_buffer_resize(good, BYTES), WEFT_OK); /* and nobody has it claimed */
}

static void expect_all(void)
{
    expect_nothing(far_end, WEFT_EAGAIN);
    expect_buffer(buffer);
    expect_way(port, peer);
    expect_way(peer, port);
}

/* ---- the ways in which lists are given ---- */

static const weft_transfer *given;
static size_t given_count;
static int replied;

static void reply(weft_worker *worker, weft_job *job)
{
    (void)worker;
    replied = weft_job_reply(job, NULL, 0, given, given_count);
}

static int give_by_reply(const weft_transfer *list, size_t count)
{
    weft_job *job;
    given = list;
    given_count = count;
    cr_assert_eq(weft_submit(pool, reply, NULL, 0, NULL, 0, &job), WEFT_OK);
    cr_assert_eq(weft_job_wait(job, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(weft_job_release(job), WEFT_OK);
    return replied;
}

/* A list with that entry must be refused with that status, wherever it is given and wherever the entry stands. */
static void refuse(weft_transfer wrong, int status)
{
    for (int place = 0; place < 3; place++) {
        weft_transfer right[] = {weft_transfer_buffer(buffer), weft_transfer_port(port)}, list[3];
        for (int i = 0, next = 0; i < 3; i++)
            list[i] = i == place ? wrong : right[next++];
        weft_job *job = NULL;
        cr_assert_eq(weft_port_post(way, NULL, 0, list, 3), status);
        expect_all();
        cr_assert_eq(weft_submit(pool, reply, NULL, 0, list, 3, &job), status);
        cr_assert_null(job);
        expect_all();
        cr_assert_eq(give_by_reply(list, 3), status);
        expect_all();
    }
}

/* ---- handles that mean nothing here ---- */

/* Every function that takes a buffer must answer with that status; unpin has no pin to end, whatever the handle. */
static void refuse_buffer(weft_buffer wrong, int status)
{
    weft_buffer made = {0};
    weft_view view = {.count = 0};
    void *memory = NULL;
    uint64_t bytes = 0;
    cr_assert_null(weft_buffer_data(wrong));
    cr_assert_eq(weft_buffer_size(wrong), 0);
    cr_assert_eq(weft_buffer_capacity(wrong), 0);
    cr_assert_eq(weft_buffer_is_detached(wrong), 1);
    cr_assert_eq(weft_buffer_resize(wrong, 1), status);
    cr_assert_eq(weft_buffer_slice(wrong, 0, 1, &made), status);
    cr_assert_eq(weft_buffer_transfer(wrong, 1, 1, &made), status);
    cr_assert_eq(weft_buffer_mark_untransferable(wrong), status);
    cr_assert_eq(weft_buffer_pin(wrong, &memory, &bytes), status);
    cr_assert_eq(weft_buffer_unpin(wrong), WEFT_EINVAL);
    cr_assert_eq(weft_view_create(wrong, 1, 0, 1, &view), status);
    cr_assert_eq(weft_buffer_release(wrong), status);
    cr_assert_eq(made.id, 0);
    cr_assert_null(memory);
    refuse(weft_transfer_buffer(wrong), status);
}

static void refuse_port(weft_port wrong, int status)
{
    weft_message *message = NULL;
    weft_transfer list[] = {weft_transfer_buffer(buffer)};
    cr_assert_eq(weft_port_post(wrong, NULL, 0, list, 1), status);
    cr_assert_eq(weft_port_try_receive(wrong, &message), status);
    cr_assert_eq(weft_port_receive(wrong, WEFT_FOREVER, &message), status);
    cr_assert_eq(weft_port_needs_drain(wrong), 0);
    cr_assert_eq(weft_port_drain(wrong, WEFT_FOREVER), status);
    cr_assert_eq(weft_port_set_event_fd(wrong, -1), status);
    cr_assert_eq(weft_port_close(wrong), status);
    cr_assert_null(message);
    refuse(weft_transfer_port(wrong), status);
}

Test(misuse, a_ports_handle_is_no_buffers)
{
    refuse_buffer((weft_buffer){peer.id}, WEFT_EINVAL);
    refuse_buffer((weft_buffer){way.id}, WEFT_EINVAL);
}

Test(misuse, a_buffers_handle_is_no_ports)
{
    weft_buffer other = new_buffer();
    refuse_port((weft_port){other.id}, WEFT_EINVAL);
    expect_buffer(other);
}
