/*
 * unit/blocker.h - a root that holds its worker until it is released
 */
#ifndef UNIT_BLOCKER_H
#define UNIT_BLOCKER_H

#include <criterion/criterion.h>

#include <weft/pool.h>

#include "base/atomics.h"
#include "os/thread.h"

struct blocker {
    weft_task task;
    wi_atomic_u32 has_begun, may_end;
};

static inline void blocker_await_begin(struct blocker *blocker)
{
    while (wi_load_acquire(&blocker->has_begun) == 0)
        wi_thread_yield();
}

static inline void blocker_release(struct blocker *blocker)
{
    wi_store_release(&blocker->may_end, 1);
}

/* Its body. */
static inline void block(weft_worker *worker, weft_task *task)
{
    struct blocker *blocker = weft_entry(task, struct blocker, task);
    (void)worker;
    wi_store_release(&blocker->has_begun, 1);
    while (wi_load_acquire(&blocker->may_end) == 0)
        wi_thread_yield();
}

#endif
