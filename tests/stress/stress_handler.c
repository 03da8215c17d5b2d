/*
 * stress/stress_handler.c - port handlers against all that ends them: no message is lost, and each ends once
 *
 * In each round several threads post messages with buffers to ports with handlers. Others stop handlers and start
 * them again, move the ports, let go of the pool, and close the other end; and in the end the pool is drained or
 * cancelled. After the round each handler has had one last call, all messages of a channel were seen in order, and each
 * buffer has ended.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <weft/port.h>

#include "support/stress.h"

#define CHANNELS 4
#define POSTS    200
#define ACTS     60

static atomic_ulong made, ended, started, finished, handled, moves;

struct channel {
    pthread_t poster, actor;
    weft_pool *pool;
    weft_port in, out;
    uint64_t random;
    uint64_t posted;
    uint64_t next;            /* plain: a handler's calls are ordered, and so are those of one and the next */
    atomic_uint inside, open; /* handlers in a call; handlers that have not had their last */
};

static void end_buffer(void *memory, uint64_t bytes, void *context)
{
    (void)bytes, (void)context;
    free(memory);
    atomic_fetch_add(&ended, 1);
}

static void see(struct channel *channel, const weft_message *message)
{
    uint64_t number;
    stress_check(message->size == sizeof number && message->count == 1);
    memcpy(&number, message->bytes, sizeof number);
    stress_check(number == channel->next); /* none is dropped while this end is open */
    channel->next++;
    atomic_fetch_add(&handled, 1);
}

static void handle(weft_worker *worker, weft_port port, weft_message *message, void *context)
{
    struct channel *channel = context;
    (void)port;
    stress_check(atomic_fetch_add(&channel->inside, 1) == 0);
    if (message) {
        stress_check(worker);
        see(channel, message);
        if (channel->next % 2 == 0)
            stress_check(weft_buffer_release(weft_message_take_buffer(message, 0)) == WEFT_OK);
    }
    atomic_fetch_sub(&channel->inside, 1);
    if (!message) {
        atomic_fetch_add(&finished, 1);
        atomic_fetch_sub(&channel->open, 1);
    }
}

static void *post(void *context)
{
    struct channel *channel = context;
    for (uint64_t i = 0; i < POSTS; i++) {
        weft_buffer buffer;
        stress_check(weft_buffer_adopt(malloc(8), 8, end_buffer, NULL, &buffer) == WEFT_OK);
        atomic_fetch_add(&made, 1);
        weft_transfer list[] = {weft_transfer_buffer(buffer)};
        int status = weft_port_post(channel->in, &i, sizeof i, list, 1);
        stress_check(status == WEFT_OK || status == WEFT_ECLOSED);
        channel->posted += status == WEFT_OK;
        if (status != WEFT_OK)
            stress_check(weft_buffer_release(buffer) == WEFT_OK);
    }
    return NULL;
}

/* Starts a handler, unless there is one whose last call has not come yet. */
static void start(struct channel *channel)
{
    if (atomic_load(&channel->open) != 0)
        return;
    atomic_fetch_add(&channel->open, 1);
    int status = weft_port_start(channel->out, channel->pool, handle, channel);
    stress_check(status == WEFT_OK || status == WEFT_ECLOSED || status == WEFT_EAGAIN);
    if (status == WEFT_OK)
        atomic_fetch_add(&started, 1);
    else
        atomic_fetch_sub(&channel->open, 1);
}

/* Sends the port on a journey through another channel, and has it back under a new handle. */
static void move(struct channel *channel)
{
    weft_port one, other;
    weft_message *message;
    weft_transfer list[] = {weft_transfer_port(channel->out)};
    stress_check(weft_port_pair(NULL, &one, &other) == WEFT_OK);
    int status = weft_port_post(one, NULL, 0, list, 1);
    if (status == WEFT_OK) {
        stress_check(weft_port_try_receive(other, &message) == WEFT_OK);
        channel->out = weft_message_take_port(message, 0);
        weft_message_release(message);
        atomic_fetch_add(&moves, 1);
    } else {
        stress_check(status == WEFT_EAGAIN || status == WEFT_ECLOSED);
    }
    stress_check(weft_port_close(one) == WEFT_OK && weft_port_close(other) == WEFT_OK);
}

static void *act(void *context)
{
    struct channel *channel = context;
    for (int i = 0; i < ACTS; i++) {
        switch (stress_below(&channel->random, 16)) {
        case 0:
        case 1:
            weft_port_stop(channel->out);
            break;
        case 2:
        case 3:
            move(channel);
            break;
        case 4:
            weft_port_unref(channel->out);
            break;
        case 5:
            weft_port_ref(channel->out);
            break;
        case 6:
            if (stress_below(&channel->random, 20) == 0)
                weft_port_close(channel->in);
            break;
        default:
            start(channel);
            sched_yield();
        }
    }
    return NULL;
}

static void drain(struct channel *channel)
{
    weft_message *message;
    while (weft_port_try_receive(channel->out, &message) == WEFT_OK) {
        see(channel, message);
        weft_message_release(message);
    }
}

/* One pool from its beginning to its end. */
static void play(uint64_t *random)
{
    static struct channel channels[CHANNELS];
    uint32_t workers = stress_below(random, 4);
    weft_pool_options options = {.size = sizeof options, .workers = workers == 0 ? WEFT_WORKERS_NONE : workers};
    bool cancels = stress_below(random, 2), closes_early = stress_below(random, 2);
    weft_pool *pool;
    stress_check(weft_pool_create(&options, &pool) == WEFT_OK);
    for (int c = 0; c < CHANNELS; c++) {
        struct channel *channel = &channels[c];
        memset(channel, 0, sizeof *channel);
        channel->pool = pool;
        channel->random = *random + (uint64_t)c;
        stress_check(weft_port_pair(NULL, &channel->in, &channel->out) == WEFT_OK);
        start(channel);
        stress_check(pthread_create(&channel->poster, NULL, post, channel) == 0);
        stress_check(pthread_create(&channel->actor, NULL, act, channel) == 0);
    }
    for (uint32_t yields = stress_below(random, 200); yields-- > 0;)
        sched_yield();
    if (closes_early) {
        int status = weft_pool_shutdown(pool, cancels ? WEFT_CANCEL_QUEUED : WEFT_DRAIN, 0);
        stress_check(status == WEFT_OK || status == WEFT_ETIMEDOUT);
    }
    for (int c = 0; c < CHANNELS; c++) {
        stress_check(pthread_join(channels[c].poster, NULL) == 0);
        stress_check(pthread_join(channels[c].actor, NULL) == 0);
        weft_port_unref(channels[c].out);
    }
    stress_check(weft_pool_shutdown(pool, cancels ? WEFT_CANCEL_QUEUED : WEFT_DRAIN, WEFT_FOREVER) == WEFT_OK);
    for (int c = 0; c < CHANNELS; c++) {
        struct channel *channel = &channels[c];
        stress_check(atomic_load(&channel->open) == 0);
        drain(channel);
        stress_check(channel->next == channel->posted);
        int status = weft_port_close(channel->in);
        stress_check(status == WEFT_OK || status == WEFT_ECLOSED);
        stress_check(weft_port_close(channel->out) == WEFT_OK);
    }
    stress_check(weft_pool_destroy(pool) == WEFT_OK);
    stress_check(atomic_load(&made) == atomic_load(&ended));
    stress_check(atomic_load(&started) == atomic_load(&finished));
}

int main(int argc, char **argv)
{
    struct stress stress = stress_begin(argc, argv, 200);
    for (uint64_t round = 0; round < stress.rounds; round++)
        play(&stress.random);
    printf("%lu handlers, %lu messages, %lu moves\n", atomic_load(&started), atomic_load(&handled),
           atomic_load(&moves));
    return 0;
}
