/*
 * scenarios/guests.c - who stays in a pool: whoever must leave is asked, and the gate is held until it has parted
 */
#include "sched/guests.h"

#include "os/clock.h"

struct inn {
    struct wi_roots roots;
    struct wi_guests guests;
    struct wi_guest guest;
    uint32_t *inside; /* plain: used by the guest, deleted when it is over */
    wi_atomic_u32 asked;
};

static void is_asked(struct wi_guest *guest)
{
    wi_fetch_add_acq_rel(&weft_entry(guest, struct inn, guest)->asked, 1);
}

static struct inn *set_up(void)
{
    struct inn *inn = mc_new(sizeof *inn);
    wi_roots_init(&inn->roots);
    inn->guest.leave = is_asked;
    inn->inside = mc_new(sizeof *inn->inside);
    return inn;
}

static void enters(void *context)
{
    struct inn *inn = context;
    if (!wi_guests_enter(&inn->guests, &inn->roots, &inn->guest))
        wi_fetch_add_acq_rel(&inn->asked, 1); /* it need not be */
}

static void lets_go(void *context)
{
    struct inn *inn = context;
    wi_guests_keep(&inn->guests, &inn->roots, &inn->guest, false);
}

static void cancels(void *context)
{
    struct inn *inn = context;
    wi_roots_close(&inn->roots, WI_CANCELLING);
    wi_guests_ask(&inn->guests, &inn->roots);
}

static void drains(void *context)
{
    struct inn *inn = context;
    wi_roots_close(&inn->roots, WI_DRAINING);
    wi_guests_ask(&inn->guests, &inn->roots);
}

static void check_asked(struct inn *inn)
{
    mc_join_all();
    mc_check(wi_load_relaxed(&inn->asked) > 0);
    mc_delete(inn->inside);
}

MC_SCENARIO(guests, enters_beside_a_cancel, .preemptions = MC_ALL)
{
    struct inn *inn = set_up();
    mc_spawn("guest", enters, inn);
    mc_spawn("closer", cancels, inn);
    check_asked(inn);
}

MC_SCENARIO(guests, lets_go_beside_a_drain, .preemptions = MC_ALL)
{
    struct inn *inn = set_up();
    enters(inn);
    mc_spawn("guest", lets_go, inn);
    mc_spawn("closer", drains, inn);
    check_asked(inn);
}

/* Parts when it has been asked, and uses what is taken down when the gate is sealed. */
static void stays(void *context)
{
    struct inn *inn = context;
    if (!wi_guests_enter(&inn->guests, &inn->roots, &inn->guest))
        return;
    mc_check(wi_roots_hold(&inn->roots));
    while (wi_load_acquire(&inn->asked) == 0)
        mc_yield();
    mc_check(*inn->inside == 0);
    wi_guests_part(&inn->guests, &inn->roots, &inn->guest);
    mc_check(*inn->inside == 0);
    wi_roots_release(&inn->roots);
}

static void takes_down(void *context)
{
    struct inn *inn = context;
    cancels(inn);
    while (!wi_roots_are_over(&inn->roots)) {
        uint32_t key = wi_event_prepare(&inn->roots.outside);
        if (wi_roots_are_over(&inn->roots))
            wi_event_cancel(&inn->roots.outside);
        else
            wi_event_wait(&inn->roots.outside, key, WI_NEVER);
    }
    mc_delete(inn->inside);
}

MC_SCENARIO(guests, taken_down_beside_one, .preemptions = 3, .stale = 2)
{
    struct inn *inn = set_up();
    mc_spawn("guest", stays, inn);
    mc_spawn("closer", takes_down, inn);
    mc_join_all();
}
