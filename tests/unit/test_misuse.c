/*
 * unit/test_misuse.c - what programs do wrong with buffers, ports and lists: each has its status, and changes nothing
 *
 * A list is given in every way there is: posted, submitted, and replied. Beside what is wrong stand a buffer and a port
 * that are right, which must still be their owner's and good afterwards.
 */
#include <criterion/criterion.h>
#include <string.h>

#include <weft/job.h>

#include "os/thread.h"
#include "support/teardown.h"

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
    teardown_check(weft_pool_destroy(pool) == WEFT_OK);
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

/* No number, all bits, rows that were never used, generations that are even or to come. */
Test(misuse, a_made_up_handle_is_none)
{
    uint64_t to_come = UINT64_C(1) << 25;
    uint64_t numbers[] = {
        0, 1, UINT64_MAX, UINT64_C(1) << 63, buffer.id + 1000, buffer.id + to_come, port.id + 1000, port.id + to_come};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        refuse_buffer((weft_buffer){numbers[i]}, WEFT_EINVAL);
        refuse_port((weft_port){numbers[i]}, WEFT_EINVAL);
    }
}

/* ---- use after transfer ---- */

static weft_message *receive(weft_port from)
{
    weft_message *message;
    cr_assert_eq(weft_port_try_receive(from, &message), WEFT_OK);
    return message;
}

Test(misuse, use_of_a_buffer_after_its_transfer)
{
    weft_view view;
    uint8_t value = 0;
    weft_buffer lost = new_buffer();
    cr_assert_eq(weft_view_create(lost, 1, 0, BYTES, &view), WEFT_OK);
    weft_transfer list[] = {weft_transfer_buffer(lost)};
    cr_assert_eq(weft_port_post(way, NULL, 0, list, 1), WEFT_OK);
    weft_message *message = receive(far_end);
    refuse_buffer(lost, WEFT_EDETACHED);
    weft_buffer received = weft_message_take_buffer(message, 0);
    refuse_buffer(lost, WEFT_EDETACHED);
    cr_assert_eq(weft_view_count(&view), 0);
    cr_assert_eq(weft_view_get_u8(&view, 0, &value), WEFT_EDETACHED);
    cr_assert_eq(weft_view_set_u8(&view, 0, 'y'), WEFT_EDETACHED);
    cr_assert_eq(value, 0);
    expect_buffer(received);
    cr_assert_eq(weft_message_release(message), WEFT_OK);
    cr_assert_eq(weft_buffer_release(received), WEFT_OK);
    refuse_buffer(received, WEFT_EDETACHED);
    refuse_buffer(lost, WEFT_EDETACHED);
}

Test(misuse, use_of_a_port_after_its_transfer)
{
    weft_port lost, other;
    cr_assert_eq(weft_port_pair(NULL, &lost, &other), WEFT_OK);
    weft_transfer list[] = {weft_transfer_port(lost)};
    cr_assert_eq(weft_port_post(way, NULL, 0, list, 1), WEFT_OK);
    weft_message *message = receive(far_end);
    refuse_port(lost, WEFT_ECLOSED);
    weft_port received = weft_message_take_port(message, 0);
    refuse_port(lost, WEFT_ECLOSED);
    expect_way(other, received);
    expect_way(received, other);
    cr_assert_eq(weft_message_release(message), WEFT_OK);
}

/* What was taken out of a message is not there a second time, nor as a thing of the other kind. */
Test(misuse, taking_twice)
{
    weft_transfer list[] = {weft_transfer_buffer(new_buffer()), weft_transfer_port(peer)};
    cr_assert_eq(weft_port_post(way, NULL, 0, list, 2), WEFT_OK);
    weft_message *message = receive(far_end);
    cr_assert_eq(weft_message_take_port(message, 0).id, 0);
    cr_assert_eq(weft_message_take_buffer(message, 1).id, 0);
    cr_assert_eq(weft_message_take_buffer(message, 2).id, 0);
    weft_buffer taken = weft_message_take_buffer(message, 0);
    peer = weft_message_take_port(message, 1);
    cr_assert_eq(weft_message_take_buffer(message, 0).id, 0);
    cr_assert_eq(weft_message_take_port(message, 1).id, 0);
    cr_assert_eq(weft_message_release(message), WEFT_OK);
    expect_buffer(taken);
    expect_all();
}

/* ---- double transfer ---- */

Test(misuse, the_same_twice_in_a_list)
{
    refuse(weft_transfer_buffer(buffer), WEFT_EINVAL);
    refuse(weft_transfer_port(port), WEFT_EINVAL);
}

Test(misuse, the_same_in_two_lists)
{
    weft_port lost, other;
    cr_assert_eq(weft_port_pair(NULL, &lost, &other), WEFT_OK);
    weft_transfer list[] = {weft_transfer_buffer(new_buffer()), weft_transfer_port(lost)};
    cr_assert_eq(weft_port_post(way, NULL, 0, list, 2), WEFT_OK);
    weft_message *message = receive(far_end);
    refuse(list[0], WEFT_EDETACHED);
    refuse(list[1], WEFT_ECLOSED);
    expect_buffer(weft_message_take_buffer(message, 0));
    expect_way(other, weft_message_take_port(message, 1));
    cr_assert_eq(weft_message_release(message), WEFT_OK);
}

#define LISTS 2000

static weft_transfer both[LISTS];

struct counts {
    uint32_t posted, late;
};

static void *post_each(void *context)
{
    struct counts *counts = context;
    for (int i = 0; i < LISTS; i++) {
        int status = weft_port_post(way, &i, sizeof i, &both[i], 1);
        counts->posted += status == WEFT_OK;
        counts->late += status == WEFT_EDETACHED || status == WEFT_EAGAIN;
    }
    return NULL;
}

Test(misuse, the_same_in_two_lists_at_once)
{
    wi_thread threads[2];
    struct counts counts[2] = {{0}, {0}};
    for (int i = 0; i < LISTS; i++)
        both[i] = weft_transfer_buffer(new_buffer());
    for (int i = 0; i < 2; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, post_each, &counts[i]), WEFT_OK);
    for (int i = 0; i < 2; i++)
        wi_thread_join(&threads[i]);
    cr_assert_eq(counts[0].posted + counts[1].posted, LISTS);
    cr_assert_eq(counts[0].late + counts[1].late, LISTS);
    for (int i = 0; i < LISTS; i++) {
        weft_message *message = receive(far_end);
        expect_buffer(weft_message_take_buffer(message, 0));
        cr_assert_eq(weft_message_release(message), WEFT_OK);
    }
    expect_nothing(far_end, WEFT_EAGAIN);
}

/* ---- closed ports ---- */

Test(misuse, use_of_a_closed_port)
{
    weft_port closed, other;
    cr_assert_eq(weft_port_pair(NULL, &closed, &other), WEFT_OK);
    cr_assert_eq(weft_port_close(closed), WEFT_OK);
    refuse_port(closed, WEFT_ECLOSED);
    weft_transfer list[] = {weft_transfer_buffer(buffer), weft_transfer_port(port)};
    cr_assert_eq(weft_port_post(other, NULL, 0, list, 2), WEFT_ECLOSED);
    expect_nothing(other, WEFT_ECLOSED);
    expect_all();
    cr_assert_eq(weft_port_close(other), WEFT_OK);
    refuse_port(other, WEFT_ECLOSED);
}

/* ---- lists with what cannot be in them ---- */

Test(misuse, a_list_with_an_arena)
{
    weft_arena *arena;
    cr_assert_eq(weft_arena_create(BYTES, BYTES, NULL, &arena), WEFT_OK);
    for (int kind = 0; kind < 6; kind++)
        refuse((weft_transfer){(weft_transfer_kind)kind, (uint64_t)(uintptr_t)arena}, WEFT_EINVAL);
    cr_assert_eq(weft_arena_release(arena), WEFT_OK);
}

Test(misuse, a_list_with_an_untransferable_buffer)
{
    weft_buffer fixed = new_buffer();
    cr_assert_eq(weft_buffer_mark_untransferable(fixed), WEFT_OK);
    refuse(weft_transfer_buffer(fixed), WEFT_EINVAL);
    expect_buffer(fixed);
}

Test(misuse, a_list_with_a_pinned_buffer)
{
    void *memory;
    uint64_t bytes;
    weft_buffer pinned = new_buffer();
    cr_assert_eq(weft_buffer_pin(pinned, &memory, &bytes), WEFT_OK);
    refuse(weft_transfer_buffer(pinned), WEFT_EAGAIN);
    cr_assert_eq(weft_buffer_unpin(pinned), WEFT_OK);
    expect_buffer(pinned);
}

Test(misuse, a_list_with_a_port_of_a_name)
{
    weft_port joined;
    cr_assert_eq(weft_port_join("misuse", NULL, &joined), WEFT_OK);
    refuse(weft_transfer_port(joined), WEFT_EINVAL);
    cr_assert_eq(weft_port_close(joined), WEFT_OK);
}

Test(misuse, a_list_for_all_of_a_name)
{
    weft_port one, two;
    weft_transfer list[] = {weft_transfer_buffer(buffer), weft_transfer_port(port)};
    cr_assert_eq(weft_port_join("misuse", NULL, &one), WEFT_OK);
    cr_assert_eq(weft_port_join("misuse", NULL, &two), WEFT_OK);
    cr_assert_eq(weft_port_post(one, NULL, 0, list, 2), WEFT_EINVAL);
    expect_nothing(two, WEFT_EAGAIN);
    expect_all();
}

/* Either end of the pair that a message goes through, before and behind a buffer. */
Test(misuse, a_port_that_would_travel_through_itself)
{
    weft_port ends[] = {way, far_end};
    for (int i = 0; i < 2; i++) {
        weft_transfer list[] = {weft_transfer_buffer(buffer), weft_transfer_port(ends[i]), weft_transfer_port(port)};
        cr_assert_eq(weft_port_post(way, NULL, 0, list, 3), WEFT_EINVAL);
        cr_assert_eq(weft_port_post(way, NULL, 0, list + 1, 2), WEFT_EINVAL);
        expect_all();
        expect_way(way, far_end);
    }
}
