/*
 * unit/test_lock.c - a lock of one word
 */
#include <criterion/criterion.h>

#include "os/lock.h"
#include "os/thread.h"

#define THREADS 4
#define ROUNDS  20000

struct guarded {
    struct wi_lock lock;
    uint64_t plain; /* what the lock guards */
};

static void *add(void *context)
{
    struct guarded *guarded = context;
    for (int i = 0; i < ROUNDS; i++) {
        wi_lock_acquire(&guarded->lock);
        guarded->plain++;
        if (i % 64 == 0)
            wi_thread_yield(); /* so that others find it held, and sleep */
        wi_lock_release(&guarded->lock);
    }
    return NULL;
}

Test(lock, smoke)
{
    struct wi_lock lock = {{0}};
    wi_lock_acquire(&lock);
    cr_assert_neq(wi_load_relaxed(&lock.word), 0);
    wi_lock_release(&lock);
    cr_assert_eq(wi_load_relaxed(&lock.word), 0);
}

Test(lock, stampede)
{
    struct guarded guarded = {.plain = 0};
    wi_thread threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, add, &guarded), 0);
    for (int i = 0; i < THREADS; i++)
        wi_thread_join(&threads[i]);
    cr_assert_eq(guarded.plain, THREADS * ROUNDS);
    cr_assert_eq(wi_load_relaxed(&guarded.lock.word), 0);
}
