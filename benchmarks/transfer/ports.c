/*
 * transfer/ports.c - messages of 16 bytes from one thread to another, and from four to one
 *
 * Against GLib's GAsyncQueue, and liburcu's wait-free queue with a condition variable beside it, which is signalled by
 * who finds the queue empty. A message of theirs is a block of malloc's, as is weft's. The receiver checks that each
 * sender's messages come in order, and adds all up.
 */
#include <glib.h>
#include <pthread.h>
#include <string.h>
#include <urcu/wfcqueue.h>

#include <weft/port.h>

#include "arena/measure.h"

#define MESSAGES 200000 /* in all */
#define SENDERS  4      /* at most */

struct payload {
    uint64_t sender, number;
};

/* ---- the contenders ---- */

static weft_port in, out;

static void weft_begin(void)
{
    if (weft_port_pair(NULL, &in, &out) != WEFT_OK)
        exit(1);
}

static void weft_send(const struct payload *payload)
{
    if (weft_port_post(in, payload, sizeof *payload, NULL, 0) != WEFT_OK)
        exit(1);
}

static struct payload weft_receive(void)
{
    weft_message *message;
    struct payload payload;
    if (weft_port_receive(out, WEFT_FOREVER, &message) != WEFT_OK)
        exit(1);
    memcpy(&payload, message->bytes, sizeof payload);
    weft_message_release(message);
    return payload;
}

static void weft_end(void)
{
    weft_port_close(in);
    weft_port_close(out);
}

static GAsyncQueue *async_queue;

static void glib_begin(void)
{
    async_queue = g_async_queue_new();
}

static void glib_send(const struct payload *payload)
{
    struct payload *copy = malloc(sizeof *copy);
    *copy = *payload;
    g_async_queue_push(async_queue, copy);
}

static struct payload glib_receive(void)
{
    struct payload *copy = g_async_queue_pop(async_queue), payload = *copy;
    free(copy);
    return payload;
}

static void glib_end(void)
{
    g_async_queue_unref(async_queue);
}

struct node {
    struct cds_wfcq_node link;
    struct payload payload;
};

static struct cds_wfcq_head head;
static struct cds_wfcq_tail tail;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_filled = PTHREAD_COND_INITIALIZER;

static void urcu_begin(void)
{
    cds_wfcq_init(&head, &tail);
}

static void urcu_send(const struct payload *payload)
{
    struct node *node = malloc(sizeof *node);
    cds_wfcq_node_init(&node->link);
    node->payload = *payload;
    if (cds_wfcq_enqueue(&head, &tail, &node->link))
        return;
    pthread_mutex_lock(&mutex);
    pthread_cond_signal(&is_filled);
    pthread_mutex_unlock(&mutex);
}

static struct payload urcu_receive(void)
{
    struct cds_wfcq_node *link = __cds_wfcq_dequeue_blocking(&head, &tail);
    if (!link) {
        pthread_mutex_lock(&mutex);
        while (cds_wfcq_empty(&head, &tail))
            pthread_cond_wait(&is_filled, &mutex);
        pthread_mutex_unlock(&mutex);
        link = __cds_wfcq_dequeue_blocking(&head, &tail);
    }
    struct node *node = caa_container_of(link, struct node, link);
    struct payload payload = node->payload;
    free(node);
    return payload;
}

static void urcu_end(void)
{
    cds_wfcq_destroy(&head, &tail);
}

/* ---- the workload ---- */

struct queue {
    void (*begin)(void);
    void (*send)(const struct payload *payload);
    struct payload (*receive)(void);
    void (*end)(void);
};

struct sender {
    pthread_t thread;
    const struct queue *queue;
    uint64_t number, messages;
};

static void *send_all(void *context)
{
    const struct sender *sender = context;
    for (uint64_t i = 0; i < sender->messages; i++)
        sender->queue->send(&(struct payload){sender->number, i});
    return NULL;
}

/* What is computed: the sum of all numbers, or 0 if a message came out of its sender's order. */
static double run(const struct queue *queue, const void *argument, uint64_t *result)
{
    int senders = *(const int *)argument;
    struct sender sender[SENDERS];
    uint64_t next[SENDERS] = {0}, sum = 0;
    bool in_order = true;
    queue->begin();
    double begin = measure_now();
    for (int i = 0; i < senders; i++) {
        sender[i] = (struct sender){.queue = queue, .number = (uint64_t)i, .messages = MESSAGES / (uint64_t)senders};
        pthread_create(&sender[i].thread, NULL, send_all, &sender[i]);
    }
    for (int i = 0; i < MESSAGES; i++) {
        struct payload payload = queue->receive();
        in_order &= payload.number == next[payload.sender]++;
        sum += payload.number;
    }
    double seconds = measure_now() - begin;
    for (int i = 0; i < senders; i++)
        pthread_join(sender[i].thread, NULL);
    queue->end();
    *result = in_order ? sum : 0;
    return seconds;
}

#define CONTENDER(name)                                                                                                \
    static double run_##name(const void *argument, uint64_t *result)                                                   \
    {                                                                                                                  \
        static const struct queue queue = {name##_begin, name##_send, name##_receive, name##_end};                     \
        return run(&queue, argument, result);                                                                          \
    }

CONTENDER(weft)
CONTENDER(glib)
CONTENDER(urcu)

int main(void)
{
    static const struct contender contenders[] = {
        {"weft-port", run_weft}, {"GAsyncQueue", run_glib}, {"wfcqueue+cond", run_urcu}};
    static const int senders[] = {1, SENDERS};
    for (int i = 0; i < 2; i++) {
        uint64_t each = MESSAGES / (uint64_t)senders[i];
        measure(i == 0 ? "messages-1-to-1" : "messages-4-to-1", contenders, 3, &senders[i], senders[i] + 1, MESSAGES,
                MESSAGES, (uint64_t)senders[i] * (each * (each - 1) / 2));
    }
    return 0;
}
