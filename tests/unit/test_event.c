/*
 * unit/test_event.c - the event count
 */
#include <criterion/criterion.h>

#include "base/atomics.h"
#include "os/clock.h"
#include "os/thread.h"
#include "queue/event.h"

Test(event, smoke)
{
    struct wi_event event = {{0}, {0}};
    uint32_t key = wi_event_prepare(&event);
    wi_event_notify(&event);
    cr_assert(wi_event_wait(&event, key, WI_NEVER));
}

Test(event, a_notify_without_waiters_leaves_no_trace)
{
    struct wi_event event = {{0}, {0}};
    wi_event_notify(&event);
    uint32_t key = wi_event_prepare(&event);
    cr_assert_not(wi_event_wait(&event, key, wi_clock_now()));
    key = wi_event_prepare(&event);
    wi_event_cancel(&event);
    wi_event_notify(&event);
    cr_assert_eq(wi_load_relaxed(&event.epoch), key);
    cr_assert_eq(wi_load_relaxed(&event.waiters), 0);
}

Test(event, a_deadline_ends_a_wait_and_not_before)
{
    struct wi_event event = {{0}, {0}};
    uint64_t deadline = wi_clock_now() + 2000000;
    uint32_t key = wi_event_prepare(&event);
    cr_assert_not(wi_event_wait(&event, key, deadline));
    cr_assert_geq(wi_clock_now(), deadline);
    cr_assert_eq(wi_load_relaxed(&event.waiters), 0);
}

Test(event, wrap)
{
    struct wi_event event = {{UINT32_MAX}, {0}};
    uint32_t key = wi_event_prepare(&event);
    wi_event_notify(&event);
    cr_assert(wi_event_wait(&event, key, WI_NEVER));
    cr_assert_eq(wi_load_relaxed(&event.epoch), 0);
}

/* Two threads pass a turn to and fro. Each look, announcement and wait falls on every step of the other's notify in
 * time; a wake-up that is lost once stops both for good, and the test's time-out tells. */
struct rally {
    struct wi_event event[2];
    wi_atomic_u32 turn;
    uint32_t plain; /* what the turn protects */
    uint32_t strokes;
};

static void play(struct rally *rally, uint32_t me)
{
    for (uint32_t i = 0; i < rally->strokes; i++) {
        while (wi_load_acquire(&rally->turn) != me) {
            for (uint32_t delay = i % 100; delay > 0; delay--)
                wi_pause();
            uint32_t key = wi_event_prepare(&rally->event[me]);
            if (wi_load_acquire(&rally->turn) == me)
                wi_event_cancel(&rally->event[me]);
            else
                wi_event_wait(&rally->event[me], key, WI_NEVER);
        }
        rally->plain++;
        wi_store_release(&rally->turn, !me);
        wi_event_notify(&rally->event[!me]);
    }
}

static void *second_player(void *context)
{
    play(context, 1);
    return NULL;
}

Test(event, no_wake_up_is_lost)
{
    struct rally rally = {.turn = {0}, .strokes = 20000};
    wi_thread other;
    cr_assert_eq(wi_thread_create(&other, 0, second_player, &rally), 0);
    play(&rally, 0);
    wi_thread_join(&other);
    cr_assert_eq(rally.plain, 2 * rally.strokes);
}

/* Many wait for one condition: one notify ends all their waits. */
struct gate {
    struct wi_event event;
    wi_atomic_u32 is_open;
    wi_atomic_u32 through;
};

static void *passer(void *context)
{
    struct gate *gate = context;
    for (;;) {
        uint32_t key = wi_event_prepare(&gate->event);
        if (wi_load_acquire(&gate->is_open)) {
            wi_event_cancel(&gate->event);
            break;
        }
        wi_event_wait(&gate->event, key, WI_NEVER);
    }
    wi_fetch_add_relaxed(&gate->through, 1);
    return NULL;
}

Test(event, stampede)
{
    for (int round = 0; round < 50; round++) {
        struct gate gate = {.is_open = {0}};
        wi_thread threads[8];
        for (int i = 0; i < 8; i++)
            cr_assert_eq(wi_thread_create(&threads[i], 0, passer, &gate), 0);
        wi_store_release(&gate.is_open, 1);
        wi_event_notify(&gate.event);
        for (int i = 0; i < 8; i++)
            wi_thread_join(&threads[i]);
        cr_assert_eq(wi_load_relaxed(&gate.through), 8);
        cr_assert_eq(wi_load_relaxed(&gate.event.waiters), 0);
    }
}
