/*
 * tsan/ports.c - cases: messages, what travels in them, and handlers
 */
#include <weft/port.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tsan/corpus.h"

static long global;

struct end {
    weft_task task;
    weft_port port;
};

static weft_port port_of(weft_task *task)
{
    return weft_entry(task, struct end, task)->port;
}

/* A root that has the other end of a channel. */
static weft_port start_other(weft_pool *pool, struct end *end, weft_task_fn *run)
{
    weft_port here = {0};
    weft_port_pair(NULL, &here, &end->port);
    weft_start(pool, &end->task, run);
    return here;
}

static void finish_other(weft_pool *pool, struct end *end, weft_port here)
{
    weft_wait(pool, &end->task);
    weft_port_close(here);
    weft_port_close(end->port);
}

static weft_message *receive(weft_port port)
{
    weft_message *message = NULL;
    weft_port_receive(port, WEFT_FOREVER, &message);
    return message;
}

/* ---- messages ---- */

BODY(read_bytes)
{
    weft_message *message = receive(port_of(task));
    global = *(const long *)message->bytes;
    weft_message_release(message);
}

RIGHT(bytes_in_a_message)
{
    struct end end;
    long bytes = 3;
    weft_port here = start_other(pool, &end, read_bytes);
    weft_port_post(here, &bytes, sizeof bytes, NULL, 0);
    bytes = 4;
    finish_other(pool, &end, here);
}

BODY(read_by_pointer)
{
    weft_message *message = receive(port_of(task));
    long *number;
    memcpy(&number, message->bytes, sizeof number);
    APART(global = *(volatile long *)number); /* race: written_after_the_post */
    weft_message_release(message);
}

RIGHT(written_before_the_post)
{
    struct end end;
    long number = 0, *place = &number;
    weft_port here = start_other(pool, &end, read_by_pointer);
    number = 3;
    weft_port_post(here, &place, sizeof place, NULL, 0);
    finish_other(pool, &end, here);
}

WRONG(written_after_the_post)
{
    struct end end;
    long number = 0, *place = &number;
    weft_port here = start_other(pool, &end, read_by_pointer);
    weft_port_post(here, &place, sizeof place, NULL, 0);
    APART(number = 3); /* race: written_after_the_post */
    finish_other(pool, &end, here);
}

static long shared_by_ends;

BODY(receive_and_share)
{
    weft_message_release(receive(port_of(task)));
    APART(shared_by_ends++); /* race: shared_after_the_post */
}

WRONG(shared_after_the_post)
{
    struct end end;
    weft_port here = start_other(pool, &end, receive_and_share);
    weft_port_post(here, NULL, 0, NULL, 0);
    APART(shared_by_ends++); /* race: shared_after_the_post */
    finish_other(pool, &end, here);
}

/* ---- what nobody receives ---- */

static long dropped;

static void note_drop(weft_message *message, void *context)
{
    (void)context;
    dropped += *(const long *)message->bytes;
}

BODY(post_and_leave)
{
    long bytes = 5;
    weft_port_post(port_of(task), &bytes, sizeof bytes, NULL, 0);
    __atomic_store_n(&global, 1, __ATOMIC_RELAXED);
}

RIGHT(message_that_is_dropped)
{
    weft_port_options options = {.size = sizeof options, .on_drop = note_drop};
    struct end end;
    weft_port here = {0};
    weft_port_pair(&options, &here, &end.port);
    weft_start(pool, &end.task, post_and_leave);
    while (!__atomic_load_n(&global, __ATOMIC_RELAXED))
        sched_yield();
    weft_port_close(here);
    finish_other(pool, &end, (weft_port){0});
}

/* ---- buffers and ports ---- */

static weft_transfer new_buffer(long value)
{
    weft_buffer buffer = {0};
    weft_buffer_create(NULL, sizeof value, sizeof value, &buffer);
    *(long *)weft_buffer_data(buffer) = value;
    return weft_transfer_buffer(buffer);
}

BODY(add_to_a_buffer)
{
    weft_message *message = receive(port_of(task));
    weft_buffer buffer = weft_message_take_buffer(message, 0);
    global = ++*(long *)weft_buffer_data(buffer);
    weft_buffer_release(buffer);
    weft_message_release(message);
}

RIGHT(buffer_given_away)
{
    struct end end;
    weft_port here = start_other(pool, &end, add_to_a_buffer);
    weft_transfer list[] = {new_buffer(1)};
    weft_port_post(here, NULL, 0, list, 1);
    finish_other(pool, &end, here);
}

WRONG(bytes_used_after_the_post)
{
    struct end end;
    weft_port here = start_other(pool, &end, add_to_a_buffer);
    weft_transfer list[] = {new_buffer(1)};
    long *bytes = weft_buffer_data((weft_buffer){list[0].id});
    weft_port_post(here, NULL, 0, list, 1); /* race: bytes_used_after_the_post */
    *bytes = 2;                             /* race: bytes_used_after_the_post */
    finish_other(pool, &end, here);
}

WRONG(bytes_used_after_a_transfer)
{
    weft_buffer moved, buffer = {new_buffer(1).id};
    long *bytes = weft_buffer_data(buffer);
    weft_buffer_transfer(buffer, 8, 8, &moved); /* race: bytes_used_after_a_transfer */
    *bytes = 2;                                 /* race: bytes_used_after_a_transfer */
    weft_buffer_release(moved);
}

RIGHT(bytes_used_where_they_are_after_a_transfer)
{
    weft_buffer moved, buffer = {new_buffer(1).id};
    weft_buffer_transfer(buffer, 8, 8, &moved);
    ++*(long *)weft_buffer_data(moved);
    weft_buffer_release(moved);
}

BODY(take_a_port)
{
    weft_message *message = receive(port_of(task));
    weft_port port = weft_message_take_port(message, 0);
    weft_message *inner = receive(port);
    global += *(const long *)inner->bytes;
    weft_message_release(inner);
    weft_message_release(message);
    weft_port_close(port);
}

RIGHT(port_given_away_with_its_queue)
{
    struct end end;
    weft_port one, other, here = start_other(pool, &end, take_a_port);
    long bytes = 3;
    weft_port_pair(NULL, &one, &other);
    weft_port_post(one, &bytes, sizeof bytes, NULL, 0);
    weft_transfer list[] = {weft_transfer_port(other)};
    weft_port_post(here, NULL, 0, list, 1);
    finish_other(pool, &end, here);
    weft_port_close(one);
}

/* ---- handlers ---- */

struct tally {
    long messages, own;
    int is_over;
};

static void count_message(weft_worker *worker, weft_port port, weft_message *message, void *context)
{
    struct tally *tally = context;
    (void)worker, (void)port;
    if (message)
        APART(tally->messages++); /* race: handlers_share counted_while_the_handler_is_on */
    else
        __atomic_fetch_add(&tally->is_over, 1, __ATOMIC_RELEASE);
}

static void await_end(struct tally *tally, int handlers)
{
    while (__atomic_load_n(&tally->is_over, __ATOMIC_ACQUIRE) < handlers)
        sched_yield();
}

static void *post_some(void *context)
{
    for (int i = 0; i < 20; i++) {
        weft_port_post(*(weft_port *)context, NULL, 0, NULL, 0);
        sched_yield();
    }
    return NULL;
}

RIGHT(handler_with_a_plain_counter)
{
    struct tally tally = {.messages = 1};
    weft_port here, there;
    pthread_t thread;
    weft_port_pair(NULL, &here, &there);
    weft_port_start(there, pool, count_message, &tally);
    pthread_create(&thread, NULL, post_some, &here);
    post_some(&here);
    pthread_join(thread, NULL);
    weft_port_close(here);
    await_end(&tally, 1);
    global = tally.messages;
    weft_port_close(there);
}

WRONG(handlers_share)
{
    struct tally tally = {.messages = 1};
    weft_port here[2], there[2];
    for (int i = 0; i < 2; i++) {
        weft_port_pair(NULL, &here[i], &there[i]);
        weft_port_start(there[i], pool, count_message, &tally);
    }
    for (int i = 0; i < 2; i++) {
        weft_port_post(here[i], NULL, 0, NULL, 0);
        weft_port_close(here[i]);
    }
    await_end(&tally, 2);
    weft_port_close(there[0]);
    weft_port_close(there[1]);
}

WRONG(counted_while_the_handler_is_on)
{
    struct tally tally = {.messages = 1};
    weft_port here, there;
    weft_port_pair(NULL, &here, &there);
    weft_port_start(there, pool, count_message, &tally);
    weft_port_post(here, NULL, 0, NULL, 0);
    APART(global = *(volatile long *)&tally.messages); /* race: counted_while_the_handler_is_on */
    weft_port_close(here);
    await_end(&tally, 1);
    weft_port_close(there);
}
