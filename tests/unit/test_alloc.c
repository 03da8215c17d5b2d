/*
 * unit/test_alloc.c - memory, and requests that fail on purpose
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "os/thread.h"

#define PIECES 100
#define BYTES  24

/* In a program with LeakSanitizer, which by itself does not make a test fail: whether there is a leak now. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

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

Test(alloc, freed_memory_is_given_back)
{
    for (int i = 0; i < PIECES; i++)
        wi_free(wi_alloc(64, 1000));
    cr_assert(!__lsan_do_recoverable_leak_check || __lsan_do_recoverable_leak_check() == 0);
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

/* The other one in a stampede of two, which are as many as most machines can run at the same instant. */
struct other {
    wi_thread thread;
    wi_atomic_u32 begun; /* rounds that the test has begun */
    wi_atomic_u32 done;  /* rounds that the other has done its part of */
    unsigned rounds;
    unsigned requests; /* of each in each round */
    unsigned refusals;
};

static void wait_for(wi_atomic_u32 *rounds, uint32_t target)
{
    for (unsigned looks = 1; wi_load_acquire(rounds) != target; looks++) { /* [alloc.begun] [alloc.done] */
        wi_pause();
        if (looks % 1000 == 0)
            wi_thread_yield();
    }
}

static unsigned request(unsigned requests)
{
    unsigned refusals = 0;
    for (unsigned i = 0; i < requests; i++)
        refusals += wi_alloc_refuses();
    return refusals;
}

static void *request_in_rounds(void *context)
{
    struct other *other = context;
    for (unsigned i = 1; i <= other->rounds; i++) {
        wait_for(&other->begun, i);
        other->refusals += request(other->requests);
        wi_store_release(&other->done, i); /* [alloc.done] */
    }
    return NULL;
}

/* Two make `requests` each in every round, of which the `nth` is to be refused. */
static void stampede(unsigned rounds, unsigned requests, uint64_t nth)
{
    struct other other = {.rounds = rounds, .requests = requests};
    unsigned refusals = 0;
    cr_assert_eq(wi_thread_create(&other.thread, 0, request_in_rounds, &other), 0);
    for (unsigned i = 1; i <= rounds; i++) {
        wi_alloc_fail_at(nth);
        wi_store_release(&other.begun, i); /* [alloc.begun] */
        refusals += request(requests);
        wait_for(&other.done, i);
        wi_alloc_fail_at(0);
    }
    wi_thread_join(&other.thread);
    refusals += other.refusals;
    cr_assert_eq(refusals, rounds, "%u refusals in %u rounds", refusals, rounds);
}

Test(alloc, stampede_around_the_nth_request_has_one_that_is_refused)
{
    stampede(20000, 2, 2);
}

Test(alloc, stampede_of_requests_counts_each_of_them)
{
    /* Long enough to be interrupted many times, also on a single processor. */
    stampede(1, 10000000, 2 * 10000000);
}
