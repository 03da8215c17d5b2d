/*
 * scenarios/event.c - the event count: no wake-up is lost, early ends do no harm, and nobody is left counted
 */
#include "queue/event.h"

#include "os/clock.h"

struct meeting {
    struct wi_event event;
    wi_atomic_u32 is_ready[2]; /* the conditions */
    uint32_t note;             /* plain: written before a notify, read after the wait that it ended */
    uint64_t deadline;
    uint32_t notifiers;
};

static struct meeting *set_up(uint64_t deadline)
{
    struct meeting *meeting = mc_new(sizeof *meeting);
    meeting->deadline = deadline;
    meeting->notifiers = 1;
    return meeting;
}

/* All have ended, none has been forgotten. */
static void wind_up(struct meeting *meeting)
{
    mc_join_all();
    mc_check(wi_load_relaxed(&meeting->event.waiters) == 0);
}

static void wait_for(struct meeting *meeting, int condition)
{
    bool in_time = true;
    for (uint32_t ended = 0; in_time; ended++) {
        mc_check(ended <= meeting->notifiers); /* a wait that has not timed out was ended by a notify */
        uint32_t key = wi_event_prepare(&meeting->event);
        if (wi_load_relaxed(&meeting->is_ready[condition])) {
            wi_event_cancel(&meeting->event);
            return;
        }
        in_time = wi_event_wait(&meeting->event, key, meeting->deadline);
    }
    mc_check(meeting->deadline != WI_NEVER);
}

static void waits_for_0(void *context)
{
    wait_for(context, 0);
}

static void waits_for_1(void *context)
{
    wait_for(context, 1);
}

static void notifies_0(void *context)
{
    struct meeting *meeting = context;
    wi_store_relaxed(&meeting->is_ready[0], 1);
    wi_event_notify(&meeting->event);
}

static void notifies_1(void *context)
{
    struct meeting *meeting = context;
    wi_store_relaxed(&meeting->is_ready[1], 1);
    wi_event_notify(&meeting->event);
}

MC_SCENARIO(event, one_waits, .spurious = 1)
{
    struct meeting *meeting = set_up(WI_NEVER);
    mc_spawn("waiter", waits_for_0, meeting);
    mc_spawn("notifier", notifies_0, meeting);
    wind_up(meeting);
}

MC_SCENARIO(event, several_wait_for_one, .preemptions = 4)
{
    struct meeting *meeting = set_up(WI_NEVER);
    mc_spawn("waiter 1", waits_for_0, meeting);
    mc_spawn("waiter 2", waits_for_0, meeting);
    mc_spawn("notifier", notifies_0, meeting);
    wind_up(meeting);
}

MC_SCENARIO(event, each_waits_for_its_own, .preemptions = 2, .stale = 2)
{
    struct meeting *meeting = set_up(WI_NEVER);
    meeting->notifiers = 2;
    mc_spawn("waiter 0", waits_for_0, meeting);
    mc_spawn("waiter 1", waits_for_1, meeting);
    mc_spawn("notifier 0", notifies_0, meeting);
    mc_spawn("notifier 1", notifies_1, meeting);
    wind_up(meeting);
}

MC_SCENARIO(event, time_passes, .spurious = 1)
{
    struct meeting *meeting = set_up(1);
    mc_spawn("waiter", waits_for_0, meeting);
    mc_spawn("notifier", notifies_0, meeting);
    wind_up(meeting);
}

/* What was done before a notify is done when a wait that it ended returns, whatever the condition carries. */
static void waits_once(void *context)
{
    struct meeting *meeting = context;
    uint32_t key = wi_event_prepare(&meeting->event);
    if (wi_load_relaxed(&meeting->is_ready[0]))
        wi_event_cancel(&meeting->event);
    else if (wi_event_wait(&meeting->event, key, meeting->deadline))
        mc_check(meeting->note == 7);
}

static void writes_and_notifies(void *context)
{
    struct meeting *meeting = context;
    meeting->note = 7;
    notifies_0(meeting);
}

MC_SCENARIO(event, carries_what_was_before, .spurious = 1)
{
    struct meeting *meeting = set_up(1);
    mc_spawn("waiter", waits_once, meeting);
    mc_spawn("notifier", writes_and_notifies, meeting);
    wind_up(meeting);
}
