/*
 * test_barrier - a memory barrier in all threads
 */
#include <criterion/criterion.h>

#include "base/atomics.h"
#include <weft/inline.h>
#include <weft/status.h>

#include "os/barrier.h"
#include "os/thread.h"

Test(barrier, smoke)
{
    cr_assert(wi_barrier_prepare());
    cr_assert(wi_barrier_all());
}

Test(barrier, can_be_refused)
{
    wi_barrier_refuse(true);
    cr_assert(!wi_barrier_prepare());
    cr_assert(!wi_barrier_all());
    wi_barrier_refuse(false);
    cr_assert(wi_barrier_prepare());
}

/* Store buffering with the fence of one side moved to the other: both may not miss one another. */
static wi_atomic_u32 often, seldom, turn, done;

static void *common_side(void *context)
{
    uint32_t *missed = context;
    for (uint32_t round = 1; round <= 2000; round++) {
        while (wi_load_acquire(&turn) != round)
            wi_pause();
        wi_store_relaxed(&often, round);
        WEFT_LIGHT_BARRIER_();
        missed[round] = wi_load_relaxed(&seldom) != round;
        wi_store_release(&done, round);
    }
    return NULL;
}

Test(barrier, orders_a_store_before_a_load_in_the_other_thread)
{
    static uint32_t missed[2001];
    wi_thread thread;
    cr_assert(wi_barrier_prepare());
    cr_assert_eq(wi_thread_create(&thread, 0, common_side, missed), WEFT_OK);
    for (uint32_t round = 1; round <= 2000; round++) {
        wi_store_release(&turn, round);
        wi_store_relaxed(&seldom, round);
        cr_assert(wi_barrier_all());
        bool is_missed = wi_load_relaxed(&often) != round;
        while (wi_load_acquire(&done) != round)
            wi_pause();
        cr_assert(!(is_missed && missed[round]), "neither saw the other in round %u", round);
    }
    wi_thread_join(&thread);
}
