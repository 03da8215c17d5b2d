/*
 * unit/test_alloc.c - memory, and requests that fail on purpose
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "os/thread.h"

#define THREADS  4
#define REQUESTS 1000

/* Makes `count` requests; the bits of the answer say which of them, from bit 1 on, were refused. */
static uint64_t refused(int count)
{
    uint64_t bits = 0;
    for (int i = 1; i <= count; i++)
        bits |= (uint64_t)wi_alloc_refuses() << i;
    return bits;
}

Test(alloc, memory_is_aligned_and_all_of_it_is_usable)
{
    static const size_t sizes[] = {1, 7, 8, 63, 64, 65, 1000, 4096, 100000};
    for (size_t alignment = 8; alignment <= 4096; alignment *= 2) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            unsigned char *memory = wi_alloc(alignment, sizes[i]);
            cr_assert_not_null(memory);
            cr_assert_eq((uintptr_t)memory % alignment, 0, "%zu bytes on a multiple of %zu", sizes[i], alignment);
            memset(memory, 0xa5, sizes[i]);
            cr_assert_eq(memory[sizes[i] - 1], 0xa5);
            wi_free(memory);
        }
    }
}

Test(alloc, pieces_do_not_overlap)
{
    enum { PIECES = 100, BYTES = 24 };
    unsigned char *pieces[PIECES];
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = wi_alloc(8, BYTES);
        cr_assert_not_null(pieces[i]);
        memset(pieces[i], i, BYTES);
    }
    for (int i = 0; i < PIECES; i++) {
        for (int j = 0; j < BYTES; j++)
            cr_assert_eq(pieces[i][j], i);
        wi_free(pieces[i]);
    }
}

Test(alloc, a_size_that_cannot_be_rounded_up_is_refused)
{
    for (size_t alignment = 8; alignment <= 4096; alignment *= 2) {
        cr_assert_null(wi_alloc(alignment, SIZE_MAX));
        cr_assert_null(wi_alloc(alignment, SIZE_MAX - alignment + 1));
    }
}

Test(alloc, null_may_be_freed)
{
    wi_free(NULL);
}

Test(alloc, nothing_is_refused_at_first)
{
    cr_assert_eq(refused(60), 0);
}

Test(alloc, exactly_the_nth_request_is_refused)
{
    for (int nth = 1; nth <= 20; nth++) {
        wi_alloc_fail_at((uint64_t)nth);
        cr_assert_eq(refused(60), UINT64_C(1) << nth, "request %d", nth);
    }
}

Test(alloc, the_count_can_be_set_anew_and_taken_back)
{
    wi_alloc_fail_at(5);
    cr_assert_eq(refused(3), 0);
    wi_alloc_fail_at(5);
    cr_assert_eq(refused(4), 0);
    wi_alloc_fail_at(0);
    cr_assert_eq(refused(60), 0);
}

Test(alloc, a_request_for_memory_counts_and_can_be_refused)
{
    wi_alloc_fail_at(3);
    void *first = wi_alloc(8, 8);
    void *second = wi_alloc(64, 100);
    void *third = wi_alloc(8, 8);
    void *fourth = wi_alloc(8, 8);
    cr_assert_not_null(first);
    cr_assert_not_null(second);
    cr_assert_null(third);
    cr_assert_not_null(fourth);
    wi_free(first);
    wi_free(second);
    wi_free(fourth);
}

struct requester {
    wi_thread thread;
    wi_atomic_u32 *gate;
    unsigned refusals;
};

static void *request(void *context)
{
    struct requester *me = context;
    while (wi_load_acquire(me->gate) == 0) /* [alloc.gate] */
        wi_thread_yield();
    for (int i = 0; i < REQUESTS; i++)
        me->refusals += wi_alloc_refuses();
    return NULL;
}

Test(alloc, stampede_of_requests_has_one_that_is_refused)
{
    for (uint64_t nth = 1; nth <= THREADS * REQUESTS; nth += 397) {
        wi_atomic_u32 gate = {0};
        struct requester requesters[THREADS] = {0};
        for (int i = 0; i < THREADS; i++) {
            requesters[i].gate = &gate;
            cr_assert_eq(wi_thread_create(&requesters[i].thread, 0, request, &requesters[i]), 0);
        }
        wi_alloc_fail_at(nth);
        wi_store_release(&gate, 1); /* [alloc.gate] */
        unsigned refusals = 0;
        for (int i = 0; i < THREADS; i++) {
            wi_thread_join(&requesters[i].thread);
            refusals += requesters[i].refusals;
        }
        cr_assert_eq(refusals, 1, "request %u was refused %u times", (unsigned)nth, refusals);
        wi_alloc_fail_at(0);
    }
}
