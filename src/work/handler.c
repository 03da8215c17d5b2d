/*
 * work/handler.c - port handlers: messages that are run as they come, one after the other, on a pool
 *
 * A handler listens to its port, and is a guest of its pool. When something happens that it must look at, it sends its
 * root, unless that is on its way or at work already.
 *
 * Invariants
 *   I1  BUSY is set while the root is queued or runs, and before the start is complete. Who sets it sends the root, and
 *       the root alone resets it, if nothing has been said since its last look.
 *   I2  the handler ends in its root, once: when its listener is not told any more, because the port was the first to
 *       say so (GONE) or because it was ignored.
 *
 * Who touches what
 *   state   who has something to say (sets), the root (resets)
 *   else    written before the start is complete, then not any more; `guest` is sched/guests.h's
 *
 * Edges
 *   [handler.turn]   change of state by one root, or at the start -> change of state by the next root: what the handler
 *                    did in between.
 *   [handler.news]   or of state by who speaks -> and, compare-and-swap by the root: it looks after what was said, or
 *                    BUSY is gone before. What the news are of is carried by the port's lock.
 */
#include "message/port.h"

#include "base/alloc.h"
#include "sched/pool.h"
#include "sched/worker.h"

/* Messages that a root runs, before it lets others in the queue go first. */
#define TURN 64

enum {
    BUSY = 1,
    NEWS = 2,    /* there may be something to receive */
    LEAVING = 4, /* ends when there is nothing to receive */
    STOPPED = 8, /* ends now */
    GONE = 16    /* the same, and has no port any more */
};

struct handler {
    struct wi_listener listener;
    struct wi_guest guest;
    weft_task task;
    weft_pool *pool;
    weft_port port;
    weft_port_fn *run;
    void *context;
    wi_atomic_u32 state;
};

static void run_root(weft_worker *worker, weft_task *task);

static void say(struct handler *handler, uint32_t what)
{
    if (!(wi_fetch_or_acq_rel(&handler->state, what | BUSY) & BUSY)) /* [handler.news] */
        wi_pool_send_as_guest(handler->pool, &handler->task, run_root);
}

static void hear(struct wi_listener *listener, enum wi_word word)
{
    struct handler *handler = weft_entry(listener, struct handler, listener);
    static const uint32_t meaning[] = {[WI_PORT_NEWS] = NEWS, [WI_PORT_GONE] = GONE, [WI_PORT_STOP] = STOPPED};
    if (word == WI_PORT_REF || word == WI_PORT_UNREF)
        wi_pool_keep(handler->pool, &handler->guest, word == WI_PORT_REF);
    else
        say(handler, meaning[word]);
}

static void leave(struct wi_guest *guest)
{
    say(weft_entry(guest, struct handler, guest), LEAVING);
}

/* ---- the root ---- */

/* Runs one message. Without a worker there is no more to run. WEFT_EAGAIN, WEFT_ECLOSED. */
static int run_next(struct handler *handler, weft_worker *worker)
{
    weft_message *message;
    int status = worker ? weft_port_try_receive(handler->port, &message) : WEFT_ECLOSED;
    if (status == WEFT_OK) {
        handler->run(worker, handler->port, message, handler->context);
        weft_message_release(message);
    }
    return status;
}

static void end(struct handler *handler, weft_worker *worker)
{
    handler->run(worker, handler->port, NULL, handler->context);
    if (!wi_pool_is_forked(handler->pool))
        wi_pool_part(handler->pool, &handler->guest);
    wi_free(handler);
}

static void run_root(weft_worker *worker, weft_task *task)
{
    struct handler *handler = weft_entry(task, struct handler, task);
    wi_tsan_acquire(&handler->state); /* [handler.turn] */
    for (int i = 0; i < TURN; i++) {
        uint32_t state = wi_fetch_and_acq_rel(&handler->state, ~(uint32_t)NEWS); /* [handler.news] [handler.turn] */
        int status = state & (STOPPED | GONE) ? WEFT_ECLOSED : run_next(handler, worker);
        if (wi_pool_is_forked(handler->pool)) /* by the handler */
            return;
        bool is_over = status == WEFT_ECLOSED || (status == WEFT_EAGAIN && (state & LEAVING) != 0);
        if (is_over && ((state & GONE) != 0 || wi_port_ignore(handler->port))) {
            end(handler, worker);
            return;
        }
        state &= ~(uint32_t)NEWS;
        if (status == WEFT_OK)
            continue;
        wi_tsan_release(&handler->state);                                     /* [handler.turn] */
        if (wi_cas_acq_rel(&handler->state, &state, state & ~(uint32_t)BUSY)) /* [handler.news] [handler.turn] */
            return;
    }
    wi_pool_send_as_guest(handler->pool, &handler->task, run_root);
}

/* ---- the public functions ---- */

int weft_port_start(weft_port port, weft_pool *pool, weft_port_fn *run, void *context)
{
    if (!pool || !run)
        return WEFT_EINVAL;
    struct handler *handler = wi_alloc(_Alignof(struct handler), sizeof *handler);
    if (!handler)
        return WEFT_ENOMEM;
    *handler = (struct handler){.listener = {hear}, .guest = {.leave = leave}, .pool = pool, .port = port};
    handler->run = run;
    handler->context = context;
    wi_init(&handler->state, BUSY);
    int status = wi_pool_enter(pool, &handler->guest);
    if (status != WEFT_OK) {
        wi_free(handler);
        return status;
    }
    status = wi_port_listen(port, &handler->listener);
    if (status == WEFT_OK) {
        wi_pool_send_as_guest(pool, &handler->task, run_root);
    } else {
        wi_pool_part(pool, &handler->guest);
        wi_free(handler);
    }
    return status;
}

int weft_port_stop(weft_port port)
{
    return wi_port_say(port, WI_PORT_STOP);
}

int weft_port_ref(weft_port port)
{
    return wi_port_say(port, WI_PORT_REF);
}

int weft_port_unref(weft_port port)
{
    return wi_port_say(port, WI_PORT_UNREF);
}
