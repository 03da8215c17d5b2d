/*
 * scenarios/roots.c - the gate: when it is closed and nobody is inside, what lies behind it may be taken down
 */
#include "sched/roots.h"

#include "os/clock.h"
#include "sched/handshake.h"

struct house {
    struct wi_roots roots;
    uint32_t *inside; /* plain: used by those who hold the gate, deleted when it is over */
    wi_atomic_u64 visits;
    wi_atomic_u32 is_closed;
    weft_task task;
};

static struct house *set_up(void)
{
    struct house *house = mc_new(sizeof *house);
    wi_roots_init(&house->roots);
    house->inside = mc_new(sizeof *house->inside);
    return house;
}

static void live_inside(struct house *house)
{
    mc_check(*house->inside == 0);
}

static void enters(void *context)
{
    struct house *house = context;
    if (!wi_roots_accept(&house->roots))
        return;
    live_inside(house);
    wi_roots_release(&house->roots);
}

/* One who helps those inside, and comes as long as there are any. */
static void helps(void *context)
{
    struct house *house = context;
    if (!wi_roots_hold(&house->roots))
        return;
    live_inside(house);
    wi_roots_release(&house->roots);
}

static void wait_until_over(struct house *house)
{
    while (!wi_roots_are_over(&house->roots)) {
        uint32_t key = wi_event_prepare(&house->roots.outside);
        if (wi_roots_are_over(&house->roots))
            wi_event_cancel(&house->roots.outside);
        else
            wi_event_wait(&house->roots.outside, key, WI_NEVER);
    }
}

static void takes_down(void *context)
{
    struct house *house = context;
    wi_roots_close(&house->roots, WI_DRAINING);
    wait_until_over(house);
    mc_check(!wi_roots_accept(&house->roots) && !wi_roots_hold(&house->roots));
    mc_delete(house->inside);
}

MC_SCENARIO(roots, taken_down_beside_one, .preemptions = MC_ALL)
{
    struct house *house = set_up();
    mc_spawn("guest", enters, house);
    mc_spawn("closer", takes_down, house);
    mc_join_all();
}

MC_SCENARIO(roots, taken_down_beside_two, .preemptions = 3, .stale = 2)
{
    struct house *house = set_up();
    mc_spawn("guest", enters, house);
    mc_spawn("helper", helps, house);
    mc_spawn("closer", takes_down, house);
    mc_join_all();
}

/* ---- a root that is queued, and waited for outside ---- */

static void brings(void *context)
{
    struct house *house = context;
    if (wi_roots_accept(&house->roots)) {
        wi_task_reset(&house->task, NULL, WI_TASK_ROOT);
        wi_roots_put(&house->roots, &house->task);
    }
}

static void waits_for_a_root(void *context)
{
    struct house *house = context;
    weft_task *task;
    while (!(task = wi_roots_take(&house->roots))) {
        uint32_t key = wi_event_prepare(&house->roots.outside);
        if (wi_roots_are_none(&house->roots))
            wi_event_wait(&house->roots.outside, key, WI_NEVER);
        else {
            wi_event_cancel(&house->roots.outside);
            mc_yield();
        }
    }
    mc_check(task == &house->task);
    live_inside(house);
    wi_roots_release(&house->roots);
}

MC_SCENARIO(roots, brought_to_one_who_waits, .preemptions = 4)
{
    struct house *house = set_up();
    mc_spawn("bringer", brings, house);
    mc_spawn("taker", waits_for_a_root, house);
    mc_join_all();
}

MC_SCENARIO(roots, brought_and_taken_down, .preemptions = 2, .stale = 2)
{
    struct house *house = set_up();
    mc_check(wi_roots_accept(&house->roots)); /* released by the taker, for the root that is brought */
    mc_spawn("taker", waits_for_a_root, house);
    mc_spawn("closer", takes_down, house);
    wi_task_reset(&house->task, NULL, WI_TASK_ROOT);
    wi_roots_put(&house->roots, &house->task);
    mc_join_all();
}

/* ---- cancelling ---- */

static void cancels(void *context)
{
    struct house *house = context;
    wi_roots_close(&house->roots, WI_CANCELLING);
    wi_store_release(&house->is_closed, 1);
}

static void asks_after_closing(void *context)
{
    struct house *house = context;
    if (wi_load_acquire(&house->is_closed))
        mc_check(wi_roots_cancel(&house->roots) && !wi_roots_accept(&house->roots));
}

MC_SCENARIO(roots, cancelled_from_then_on, .preemptions = MC_ALL)
{
    struct house *house = set_up();
    mc_spawn("canceller", cancels, house);
    mc_spawn("taker", asks_after_closing, house);
    mc_join_all();
}

static void drains(void *context)
{
    struct house *house = context;
    wi_roots_close(&house->roots, WI_DRAINING);
}

MC_SCENARIO(roots, cancelled_beside_one_who_drains, .preemptions = MC_ALL)
{
    struct house *house = set_up();
    mc_spawn("canceller", cancels, house);
    mc_spawn("drainer", drains, house);
    mc_join_all();
    mc_check(wi_roots_cancel(&house->roots));
}
