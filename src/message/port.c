/*
 * message/port.c - ports: channels, their ends, and how messages go from one to the others
 *
 * A channel has ends: two, or any number that have joined its name. An end is a row that a handle means, with the queue
 * of what was sent to it. What is posted to an end goes to the queues of all others of its channel. Who receives takes
 * all that waits out of the queue at once, and keeps for the next receives what it does not give: so senders and
 * receivers meet at the channel's lock once for many messages. Where the queue has a capacity, one at a time, since its
 * length counts. README.md has the argument.
 *
 * Invariants
 *   I1  an end is in its channel's list from its making until it is closed; one that is not has an empty queue
 *       and nothing ready.
 *   I2  a message in a queue, or ready, owns what is in its list. It is received once, or dropped once, by who took it
 *       out.
 *   I3  an end that travels has `within`, the end in which it waits. That never leads back to itself: a post that
 *       would close such a ring, out of which nobody could receive any more, is refused.
 *   I4  locks are taken in the order transit, receiving, channel; and names, channel. Two channels' only by who has
 *       transit, two ends' by nobody.
 *   I5  what is ready was sent before what is in the queue, which moves there only when nothing is ready.
 *
 * Who touches what
 *   channel.ends, end.next, queue, event_fd, listener   who has the channel's lock
 *   waiting                                             the same; any who looks before it tries
 *   ready                                               who has receiving; any who looks before it tries
 *   within                                              who has the transit lock
 *   users, next channel                                 who has the names' lock
 *   end.channel   written before the handle is good; any who has pinned or claimed the end
 *
 * What is done at ends is hidden from ThreadSanitizer (base/hide.h): only messages order who posts and who receives.
 *
 * Edges
 *   [port.message]   post -> receive, through the channel's lock, and the end's where it was ready; told to
 *                    ThreadSanitizer by the message.
 */
#include "message/port.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hide.h"
#include "base/layout.h"
#include "base/options.h"
#include "memory/handles.h"
#include "memory/transfer.h"
#include "message/message.h"
#include "os/clock.h"
#include "os/event_fd.h"
#include "os/lock.h"
#include "queue/event.h"

/* Before sleep a receiver looks for a message, after 1, 2, 4, ... and so many pauses: a few microseconds. More wastes
 * time where no message comes, fewer sleep where one is about to come. Looks soon one after the other would take the
 * cache line out of the sender's hands. */
#define MOST_PAUSES 64

struct end {
    _Alignas(WI_CACHE_LINE) struct wi_row row;
    struct channel *channel;
    struct wi_lock receiving;
    wi_atomic_ptr ready; /* what was sent first, out of the queue */
    struct end *within;
    _Alignas(WI_CACHE_LINE) struct wi_event event; /* of all that one may wait for at this end */
    int event_fd;
    struct wi_listener *listener;
    wi_atomic_u32 waiting; /* messages in the queue */
    struct wi_message *first, *last;
    struct end *next;
};

struct channel {
    struct wi_lock lock;
    struct end *ends; /* in order of creation */
    weft_port_options options;
    uint32_t users; /* rows that point here */
    struct channel *next;
    bool is_pair;
    char name[];
};

static struct wi_handles ports = {.row_bytes = sizeof(struct end), .most = WI_HANDLES_PORTS};
static struct wi_lock transit;
static struct wi_lock names;
static struct channel *named;

static struct end *end_of(struct wi_row *row)
{
    return (struct end *)(void *)row;
}

/* A stale handle's port was moved or closed: both are WEFT_ECLOSED. */
static int status_of(int status)
{
    return status == WEFT_EDETACHED ? WEFT_ECLOSED : status;
}

static int pin(weft_port port, struct end **end)
{
    struct wi_row *row;
    wi_hide_begin();
    int status = status_of(wi_handles_pin(&ports, port.id, &row));
    wi_hide_end();
    if (status == WEFT_OK)
        *end = end_of(row);
    return status;
}

/* ---- queues: with the channel's lock ---- */

static bool is_full(const struct end *end)
{
    uint32_t capacity = end->channel->options.capacity;
    return capacity != 0 && wi_load_relaxed(&end->waiting) >= capacity; /* owner's own: the lock's */
}

static bool is_half_full(const struct end *end)
{
    uint32_t capacity = end->channel->options.capacity;
    return capacity != 0 && wi_load_relaxed(&end->waiting) >= capacity / 2 + capacity % 2; /* owner's own: the lock's */
}

static void put(struct end *end, struct wi_message *message)
{
    message->next = NULL;
    *(end->last ? &end->last->next : &end->first) = message;
    end->last = message;
    wi_store_relaxed(&end->waiting, wi_load_relaxed(&end->waiting) + 1); /* owner's own: the lock's */
}

/* Makes ready what is in the queue: all of it, or, where its length counts, one message. With `receiving`, too. */
static void make_ready(struct end *end)
{
    bool is_bounded = end->channel->options.capacity != 0;
    struct wi_message *first = end->first, *rest = is_bounded && first ? first->next : NULL;
    if (rest)
        first->next = NULL;
    end->first = rest;
    end->last = rest ? end->last : NULL;
    wi_store_relaxed(&end->ready, first);                                           /* owner's own: the lock's */
    wi_store_relaxed(&end->waiting, rest ? wi_load_relaxed(&end->waiting) - 1 : 0); /* owner's own: the lock's */
}

/* Gives the first of what is ready, or NULL. With `receiving`. */
static struct wi_message *take(struct end *end)
{
    struct wi_message *message = wi_load_relaxed(&end->ready); /* owner's own: the lock's */
    if (message)
        wi_store_relaxed(&end->ready, message->next); /* owner's own: the lock's */
    return message;
}

/* Whether nothing is there to be received. A hint without both locks. */
static bool is_empty(struct end *end)
{
    return !wi_load_relaxed(&end->ready) && wi_load_relaxed(&end->waiting) == 0; /* hint: an attempt follows */
}

/* The first of an end's channel, or the next after `after`, that is another end. */
static struct end *other(const struct end *end, const struct end *after)
{
    struct end *next = after ? after->next : end->channel->ends;
    return next == end ? next->next : next;
}

/* Tells who has asked to be told without sleeping. */
static void ring(struct end *end)
{
    if (end->event_fd >= 0)
        wi_event_fd_add(end->event_fd);
    if (end->listener)
        end->listener->hear(end->listener, WI_PORT_NEWS);
}

/* Tells an end that something has changed. */
static void tell(struct end *end)
{
    wi_event_notify(&end->event);
    ring(end);
}

/* Tells an end of the message that was put last. Who sleeps found nothing, and was told of what came next, all of them;
 * to tell them again until they are awake would be a system call for each message. */
static void tell_of_message(struct end *end)
{
    if (end->first == end->last)
        wi_event_notify(&end->event);
    ring(end);
}

/* The handle becomes stale, or is: nobody is told any more. */
static void tell_last(struct end *end)
{
    end->event_fd = -1;
    if (end->listener)
        end->listener->hear(end->listener, WI_PORT_GONE);
    end->listener = NULL;
}

/* ---- channels ---- */

static struct channel *make_channel(const weft_port_options *options, const char *name, bool is_pair)
{
    size_t bytes = strlen(name) + 1;
    struct channel *channel = wi_alloc(_Alignof(struct channel), sizeof *channel + bytes);
    if (!channel)
        return NULL;
    *channel = (struct channel){.options = *options, .is_pair = is_pair};
    memcpy(channel->name, name, bytes);
    return channel;
}

/* Gives a new end, behind the channel's others, whose handle is not good yet. */
static int make_end(struct channel *channel, struct end **result)
{
    struct wi_row *row;
    int status = wi_handles_take(&ports, &row);
    if (status != WEFT_OK)
        return status;
    struct end *end = end_of(row);
    memset(&end->channel, 0, sizeof *end - offsetof(struct end, channel));
    end->channel = channel;
    end->event_fd = -1;
    channel->users++;
    wi_lock_acquire(&channel->lock);
    struct end **last = &channel->ends;
    while (*last)
        last = &(*last)->next;
    *last = end;
    wi_lock_release(&channel->lock);
    *result = end;
    return WEFT_OK;
}

/* Ends a use of a channel, and the channel if it was the last. */
static void leave_channel(struct channel *channel)
{
    wi_lock_acquire(&names);
    bool is_last = --channel->users == 0;
    struct channel **link = &named;
    while (is_last && *link && *link != channel)
        link = &(*link)->next;
    if (is_last && *link)
        *link = channel->next;
    wi_lock_release(&names);
    if (is_last)
        wi_free(channel);
}

static void unpin(struct end *end)
{
    struct channel *channel = end->channel;
    wi_hide_begin();
    if (wi_handles_unpin(&end->row)) {
        wi_handles_give_back(&ports, &end->row);
        leave_channel(channel);
    }
    wi_hide_end();
}

/* ---- ends that travel: with the transit lock ---- */

static void set_within(const struct wi_message *message, struct end *end)
{
    for (size_t i = 0; message->has_ports && i < message->open.count; i++)
        if (message->list[i].kind == WEFT_TRANSFER_PORT)
            end_of(wi_handles_peek(&ports, message->list[i].id))->within = end;
}

/* Whether a message for `end` would carry that end, or one in whose queue it waits. Its list is claimed. */
static bool is_ring(const struct wi_message *message, const struct end *end)
{
    for (; end; end = end->within)
        for (size_t i = 0; i < message->open.count; i++)
            if (message->list[i].kind == WEFT_TRANSFER_PORT &&
                end_of(wi_handles_peek(&ports, message->list[i].id)) == end)
                return true;
    return false;
}

/* ---- the end ---- */

/* Takes a retired end out of its channel, and puts what waits in it before `*doomed`. */
static void take_down(struct end *end, struct wi_message **doomed)
{
    wi_lock_acquire(&transit);
    wi_lock_acquire(&end->receiving);
    wi_lock_acquire(&end->channel->lock);
    while (!is_empty(end)) {
        struct wi_message *message = take(end);
        if (!message) {
            make_ready(end);
            continue;
        }
        set_within(message, NULL);
        message->next = *doomed;
        *doomed = message;
    }
    struct end **link = &end->channel->ends;
    while (*link != end)
        link = &(*link)->next;
    *link = end->next;
    wi_event_notify(&end->event); /* and no eventfd: who closes knows */
    tell_last(end);
    for (struct end *peer = end->channel->ends; peer; peer = peer->next)
        tell(peer);
    wi_lock_release(&end->channel->lock);
    wi_lock_release(&end->receiving);
    wi_lock_release(&transit);
}

/* Closes a port, and puts what waits in it before `*doomed`. */
static int shut(weft_port port, struct wi_message **doomed)
{
    struct wi_row *row;
    wi_hide_begin();
    int status = status_of(wi_handles_retire(&ports, port.id, &row));
    if (status == WEFT_OK) {
        take_down(end_of(row), doomed);
        unpin(end_of(row));
    }
    wi_hide_end();
    return status;
}

/* Releases what a message owns; what waits in its ports becomes doomed. Frees it. */
static void end_message(struct wi_message *message, struct wi_message **doomed)
{
    for (size_t i = 0; i < message->open.count; i++) {
        uint64_t port = wi_message_take(&message->open, i, WEFT_TRANSFER_PORT);
        if (port != 0)
            shut((weft_port){port}, doomed);
        else
            wi_transfer_end(&message->list[i]);
    }
    wi_free(message);
}

/* Drops messages, and those in the ports in them, and so on. */
static void drop(struct wi_message *doomed)
{
    while (doomed) {
        struct wi_message *message = doomed;
        wi_tsan_acquire(message); /* [port.message] */
        doomed = message->next;
        if (message->on_drop)
            message->on_drop(&message->open, message->context);
        end_message(message, &doomed);
    }
}

int weft_port_close(weft_port port)
{
    struct wi_message *doomed = NULL;
    int status = shut(port, &doomed);
    drop(doomed);
    return status;
}

int weft_message_release(weft_message *message)
{
    struct wi_message *doomed = NULL;
    if (message)
        end_message(wi_message_of(message), &doomed);
    drop(doomed);
    return WEFT_OK;
}

/* ---- in lists ---- */

static int claim(uint64_t id)
{
    struct wi_row *row;
    int status = status_of(wi_handles_claim(&ports, id, &row));
    if (status == WEFT_OK && !end_of(row)->channel->is_pair) {
        wi_handles_unclaim(row);
        return WEFT_EINVAL;
    }
    return status;
}

/* A listener that found the port claimed looks again. If the port is not good now, its next owner says so. */
static void unclaim(uint64_t id)
{
    wi_handles_unclaim(wi_handles_peek(&ports, id));
    wi_port_say((weft_port){id}, WI_PORT_NEWS);
}

static uint64_t move(uint64_t id)
{
    struct end *end = end_of(wi_handles_peek(&ports, id));
    wi_hide_begin();
    wi_lock_acquire(&end->channel->lock);
    tell_last(end);
    wi_lock_release(&end->channel->lock);
    wi_hide_end();
    return wi_handles_move(&ports, &end->row);
}

static void end_port(uint64_t id)
{
    weft_port_close((weft_port){id});
}

static const struct wi_transfer_kind port_transfers = {claim, unclaim, move, end_port};

/* ---- the beginning ---- */

int weft_port_pair(const weft_port_options *options, weft_port *one, weft_port *two)
{
    weft_port_options known;
    struct end *ends[2];
    int status = one && two ? wi_options_read(&known, sizeof known, options) : WEFT_EINVAL;
    if (status != WEFT_OK)
        return status;
    struct channel *channel = make_channel(&known, "", true);
    if (!channel)
        return WEFT_ENOMEM;
    wi_transfer_introduce(WEFT_TRANSFER_PORT, &port_transfers);
    status = make_end(channel, &ends[0]);
    if (status == WEFT_OK) {
        status = make_end(channel, &ends[1]);
        if (status != WEFT_OK)
            wi_handles_give_back(&ports, &ends[0]->row);
    }
    if (status != WEFT_OK) {
        wi_free(channel);
        return status;
    }
    one->id = wi_handles_open(&ports, &ends[0]->row);
    two->id = wi_handles_open(&ports, &ends[1]->row);
    return WEFT_OK;
}

/* Gives the channel of that name. With the names' lock. */
static struct channel *find_named(const char *name, const weft_port_options *options)
{
    struct channel *channel = named;
    while (channel && strcmp(channel->name, name) != 0)
        channel = channel->next;
    if (!channel && (channel = make_channel(options, name, false))) {
        channel->next = named;
        named = channel;
    }
    return channel;
}

int weft_port_join(const char *name, const weft_port_options *options, weft_port *port)
{
    weft_port_options known;
    struct end *end;
    int status = name && port ? wi_options_read(&known, sizeof known, options) : WEFT_EINVAL;
    if (status != WEFT_OK)
        return status;
    wi_transfer_introduce(WEFT_TRANSFER_PORT, &port_transfers);
    wi_hide_begin();
    wi_lock_acquire(&names);
    struct channel *channel = find_named(name, &known);
    status = channel ? make_end(channel, &end) : WEFT_ENOMEM;
    bool is_unused = channel && channel->users == 0;
    if (is_unused)
        named = channel->next;
    wi_lock_release(&names);
    wi_hide_end();
    if (is_unused)
        wi_free(channel);
    if (status == WEFT_OK)
        port->id = wi_handles_open(&ports, &end->row);
    return status;
}

/* ---- posting ---- */

/* Whether each end that the message is for can take it. With the locks. */
static int check(struct end *from, const struct wi_message *message)
{
    struct end *to = other(from, NULL);
    if (!to && from->channel->is_pair)
        return WEFT_ECLOSED;
    for (; to; to = other(from, to)) {
        if (is_full(to))
            return WEFT_EAGAIN;
        if (message->has_ports && is_ring(message, to))
            return WEFT_EINVAL;
    }
    return WEFT_OK;
}

/* Makes a copy of the message for each end but the first that it is for, in one chain. With the lock. */
static int multiply(struct end *from, struct wi_message *message)
{
    struct end *to = other(from, NULL);
    while (to && (to = other(from, to))) {
        struct wi_message *copy = wi_message_make(message->open.bytes, message->open.size, NULL, 0);
        if (!copy)
            return WEFT_ENOMEM;
        copy->next = message->next;
        message->next = copy;
    }
    return WEFT_OK;
}

/* Puts the messages of a chain into the queues of the others. With the locks. */
static void deliver(struct end *from, struct wi_message *message)
{
    for (struct end *to = other(from, NULL); to; to = other(from, to)) {
        struct wi_message *next = message->next;
        message->on_drop = from->channel->options.on_drop;
        message->context = from->channel->options.context;
        wi_hide_end();
        wi_transfer_move(message->list, message->open.count);
        wi_tsan_release(message); /* [port.message] */
        wi_hide_begin();
        if (message->has_ports)
            set_within(message, to);
        put(to, message);
        tell_of_message(to);
        message = next;
    }
}

static void free_chain(struct wi_message *message)
{
    while (message) {
        struct wi_message *next = message->next;
        wi_free(message);
        message = next;
    }
}

/* Posts a message whose list is claimed. On failure it is the caller's. */
static int send(struct end *from, struct wi_message *message)
{
    bool has_ports = message->has_ports;
    wi_hide_begin();
    if (has_ports)
        wi_lock_acquire(&transit);
    wi_lock_acquire(&from->channel->lock);
    bool is_alone = !other(from, NULL);
    int status = check(from, message);
    if (status == WEFT_OK)
        status = multiply(from, message);
    if (status == WEFT_OK)
        deliver(from, message);
    wi_lock_release(&from->channel->lock);
    if (has_ports)
        wi_lock_release(&transit);
    wi_hide_end();
    if (status == WEFT_OK && is_alone)
        wi_free(message);
    return status;
}

static bool has_port(const weft_transfer *list, size_t count, weft_port port)
{
    for (size_t i = 0; list && i < count; i++)
        if (list[i].kind == WEFT_TRANSFER_PORT && list[i].id == port.id)
            return true;
    return false;
}

int weft_port_post(weft_port port, const void *bytes, size_t size, const weft_transfer *list, size_t count)
{
    struct end *end;
    struct wi_message *message;
    if (has_port(list, count, port))
        return WEFT_EINVAL;
    int status = pin(port, &end);
    if (status != WEFT_OK)
        return status;
    bool is_allowed = count == 0 || end->channel->is_pair;
    status = is_allowed ? wi_message_pack(bytes, size, list, count, &message) : WEFT_EINVAL;
    if (status == WEFT_OK) {
        status = send(end, message);
        if (status != WEFT_OK) {
            wi_transfer_unclaim(message->list, count);
            free_chain(message);
        }
    }
    unpin(end);
    return status;
}

/* ---- receiving ---- */

/* Takes the oldest message; WEFT_EAGAIN, WEFT_ECLOSED. With `receiving`. */
static int take_from_queue(struct end *end, struct wi_message **message)
{
    int status = WEFT_OK;
    wi_lock_acquire(&end->channel->lock);
    bool was_half_full = is_half_full(end);
    make_ready(end);
    struct end *peer = other(end, NULL);
    *message = take(end);
    if (!*message)
        status = !peer && end->channel->is_pair ? WEFT_ECLOSED : WEFT_EAGAIN;
    for (; was_half_full && !is_half_full(end) && peer; peer = other(end, peer))
        tell(peer);
    wi_lock_release(&end->channel->lock);
    return status;
}

static int receive(struct end *end, struct wi_message **message)
{
    wi_lock_acquire(&end->receiving);
    *message = take(end);
    int status = *message ? WEFT_OK : take_from_queue(end, message);
    wi_lock_release(&end->receiving);
    if (status == WEFT_OK && (*message)->has_ports) {
        wi_lock_acquire(&transit);
        set_within(*message, NULL);
        wi_lock_release(&transit);
    }
    return status;
}

/* Gives what was received to the program. */
static void give(struct wi_message *received, weft_message **message)
{
    wi_tsan_acquire(received); /* [port.message] */
    *message = &received->open;
}

int weft_port_try_receive(weft_port port, weft_message **message)
{
    struct end *end;
    struct wi_message *received;
    int status = message ? pin(port, &end) : WEFT_EINVAL;
    if (status != WEFT_OK)
        return status;
    wi_hide_begin();
    status = receive(end, &received);
    wi_hide_end();
    if (status == WEFT_OK)
        give(received, message);
    unpin(end);
    return status;
}

/* Tries again whenever the end is told something, as long as the answer is WEFT_EAGAIN. A port that is closed
 * meanwhile is WEFT_ECLOSED. */
static int wait_for(weft_port port, struct end *end, uint64_t timeout_ns,
                    int (*attempt)(struct end *end, struct wi_message **message), struct wi_message **message)
{
    uint64_t deadline = wi_clock_deadline(timeout_ns);
    for (bool in_time = true;;) {
        uint32_t key = wi_event_prepare(&end->event);
        bool is_closed = !wi_handles_peek(&ports, port.id);
        int status = is_closed ? WEFT_ECLOSED : attempt(end, message);
        if (status != WEFT_EAGAIN || !in_time) {
            wi_event_cancel(&end->event);
            return status == WEFT_EAGAIN ? WEFT_ETIMEDOUT : status;
        }
        in_time = wi_event_wait(&end->event, key, deadline);
    }
}

int weft_port_receive(weft_port port, uint64_t timeout_ns, weft_message **message)
{
    struct end *end;
    struct wi_message *received;
    int status = message ? pin(port, &end) : WEFT_EINVAL;
    if (status != WEFT_OK)
        return status;
    wi_hide_begin();
    for (int pauses = 1; timeout_ns != 0 && pauses <= MOST_PAUSES && is_empty(end); pauses *= 2)
        for (int i = 0; i < pauses; i++)
            wi_pause();
    /* Who finds a message announces no wait, so that its sender need not wake anybody. */
    status = receive(end, &received);
    if (status == WEFT_EAGAIN)
        status = wait_for(port, end, timeout_ns, receive, &received);
    wi_hide_end();
    if (status == WEFT_OK)
        give(received, message);
    unpin(end);
    return status;
}

/* ---- flow ---- */

/* WEFT_EAGAIN while a queue that `from` posts to is half full. */
static int look_at_others(struct end *from, struct wi_message **message)
{
    (void)message;
    wi_lock_acquire(&from->channel->lock);
    struct end *to = other(from, NULL);
    int status = !to && from->channel->is_pair ? WEFT_ECLOSED : WEFT_OK;
    for (; to && status == WEFT_OK; to = other(from, to))
        status = is_half_full(to) ? WEFT_EAGAIN : WEFT_OK;
    wi_lock_release(&from->channel->lock);
    return status;
}

int weft_port_needs_drain(weft_port port)
{
    struct end *end;
    if (pin(port, &end) != WEFT_OK)
        return 0;
    wi_hide_begin();
    bool needs = look_at_others(end, NULL) == WEFT_EAGAIN;
    wi_hide_end();
    unpin(end);
    return needs;
}

int weft_port_drain(weft_port port, uint64_t timeout_ns)
{
    struct end *end;
    int status = pin(port, &end);
    if (status != WEFT_OK)
        return status;
    wi_hide_begin();
    status = wait_for(port, end, timeout_ns, look_at_others, NULL);
    wi_hide_end();
    unpin(end);
    return status;
}

int weft_port_set_event_fd(weft_port port, int fd)
{
    struct end *end;
    int status = pin(port, &end);
    if (status != WEFT_OK)
        return status;
    wi_hide_begin();
    wi_lock_acquire(&end->receiving);
    wi_lock_acquire(&end->channel->lock);
    end->event_fd = fd;
    if (!is_empty(end) && fd >= 0)
        wi_event_fd_add(fd);
    wi_lock_release(&end->channel->lock);
    wi_lock_release(&end->receiving);
    wi_hide_end();
    unpin(end);
    return WEFT_OK;
}

/* ---- listening ---- */

int wi_port_listen(weft_port port, struct wi_listener *listener)
{
    struct end *end;
    int status = pin(port, &end);
    if (status != WEFT_OK)
        return status;
    wi_hide_begin();
    wi_lock_acquire(&end->channel->lock);
    if (end->listener)
        status = WEFT_EINVAL;
    else
        end->listener = listener;
    wi_lock_release(&end->channel->lock);
    wi_hide_end();
    unpin(end);
    return status;
}

bool wi_port_ignore(weft_port port)
{
    struct end *end;
    if (pin(port, &end) != WEFT_OK)
        return false;
    wi_hide_begin();
    wi_lock_acquire(&end->channel->lock);
    bool was_heard = end->listener != NULL;
    end->listener = NULL;
    wi_lock_release(&end->channel->lock);
    wi_hide_end();
    unpin(end);
    return was_heard;
}

int wi_port_say(weft_port port, enum wi_word word)
{
    struct end *end;
    int status = pin(port, &end);
    if (status != WEFT_OK)
        return status;
    wi_hide_begin();
    wi_lock_acquire(&end->channel->lock);
    if (end->listener)
        end->listener->hear(end->listener, word);
    else
        status = WEFT_EINVAL;
    wi_lock_release(&end->channel->lock);
    wi_hide_end();
    unpin(end);
    return status;
}
