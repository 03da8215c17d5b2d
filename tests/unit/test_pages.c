/*
 * unit/test_pages.c - which pages of an arena are taken
 */
#include <criterion/criterion.h>

#include "memory/pages.h"
#include "os/thread.h"

#define PAGES UINT64_C(200)

static struct wi_arena *new_arena(uint64_t pages, uint64_t fixed)
{
    weft_arena *arena;
    weft_arena_options options = {.size = sizeof options, .fixed_bytes = fixed * WI_PAGE_BYTES};
    cr_assert_eq(weft_arena_create(pages * WI_PAGE_BYTES, pages * WI_PAGE_BYTES, &options, &arena), WEFT_OK);
    return wi_arena_of(arena);
}

static uint64_t taken(const struct wi_arena *arena)
{
    uint64_t count = 0;
    for (uint64_t page = 0; page < arena->max_pages; page++)
        count += wi_pages_is_taken(arena, page);
    return count;
}

Test(pages, smoke)
{
    struct wi_arena *arena = new_arena(PAGES, 0);
    uint64_t first;
    cr_assert(wi_pages_claim(arena, 3, 1, PAGES, &first));
    cr_assert_eq(first, 0);
    cr_assert(wi_pages_is_taken(arena, 0) && wi_pages_is_taken(arena, 2) && !wi_pages_is_taken(arena, 3));
    wi_pages_release(arena, first, 3);
    cr_assert_eq(taken(arena), 0);
    weft_arena_release(&arena->open);
}

Test(pages, those_that_are_fixed_are_never_given)
{
    struct wi_arena *arena = new_arena(PAGES, 70);
    uint64_t first;
    cr_assert_not(wi_pages_claim(arena, PAGES - 69, 1, PAGES, &first));
    cr_assert(wi_pages_claim(arena, PAGES - 70, 1, PAGES, &first));
    cr_assert_eq(first, 70);
    weft_arena_release(&arena->open);
}

Test(pages, all_of_them_one_by_one_and_then_none)
{
    struct wi_arena *arena = new_arena(PAGES, 0);
    uint64_t first;
    for (uint64_t page = 0; page < PAGES; page++) {
        cr_assert(wi_pages_claim(arena, 1, 1, PAGES, &first));
        cr_assert_eq(first, page);
    }
    cr_assert_not(wi_pages_claim(arena, 1, 1, PAGES, &first));
    wi_pages_release(arena, 63, 2);
    cr_assert_not(wi_pages_claim(arena, 3, 1, PAGES, &first));
    cr_assert(wi_pages_claim(arena, 2, 1, PAGES, &first));
    cr_assert_eq(first, 63);
    weft_arena_release(&arena->open);
}

Test(pages, a_run_may_be_as_long_as_the_arena)
{
    for (uint64_t pages = 1; pages <= PAGES; pages++) {
        struct wi_arena *arena = new_arena(pages, 0);
        uint64_t first;
        cr_assert_not(wi_pages_claim(arena, pages + 1, 1, pages, &first));
        cr_assert(wi_pages_claim(arena, pages, 1, pages, &first));
        cr_assert_eq(taken(arena), pages);
        wi_pages_release(arena, 0, pages);
        cr_assert_eq(taken(arena), 0);
        weft_arena_release(&arena->open);
    }
}

Test(pages, a_run_starts_on_a_multiple_of_its_alignment)
{
    struct wi_arena *arena = new_arena(PAGES, 1);
    for (uint64_t alignment = 1; alignment <= 64; alignment *= 2) {
        uint64_t first;
        cr_assert(wi_pages_claim(arena, 5, alignment, PAGES, &first));
        cr_assert_eq(first % alignment, 0);
    }
    cr_assert_eq(taken(arena), 1 + 7 * 5);
    weft_arena_release(&arena->open);
}

Test(pages, none_at_or_above_the_limit)
{
    struct wi_arena *arena = new_arena(PAGES, 0);
    uint64_t first;
    cr_assert_not(wi_pages_claim(arena, 1, 1, 0, &first));
    cr_assert(wi_pages_claim(arena, 100, 1, 100, &first));
    cr_assert_not(wi_pages_claim(arena, 1, 1, 100, &first));
    cr_assert(wi_pages_claim(arena, 1, 1, 101, &first));
    cr_assert_eq(first, 100);
    weft_arena_release(&arena->open);
}

/* Several claim runs that cross words, note in plain memory that they have them, and release them. */
#define THREADS 4
#define ROUNDS  4000

struct crowd {
    struct wi_arena *arena;
    int owners[PAGES];
};

static void *claim_and_release(void *context)
{
    struct crowd *crowd = context;
    uint64_t mistakes = 0;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t count = 1 + i * 7 % 90, first;
        if (!wi_pages_claim(crowd->arena, count, 1, PAGES, &first))
            continue;
        for (uint64_t page = first; page < first + count; page++)
            mistakes += crowd->owners[page]++ != 0;
        for (uint64_t page = first; page < first + count; page++)
            mistakes += crowd->owners[page]-- != 1;
        wi_pages_release(crowd->arena, first, count);
    }
    return (void *)(uintptr_t)mistakes;
}

Test(pages, exactly_once)
{
    struct crowd crowd = {.arena = new_arena(PAGES, 0)};
    wi_thread threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, claim_and_release, &crowd), 0);
    for (int i = 0; i < THREADS; i++) {
        void *mistakes;
        pthread_join(threads[i].handle, &mistakes);
        cr_assert_null(mistakes);
    }
    cr_assert_eq(taken(crowd.arena), 0);
    uint64_t first;
    cr_assert(wi_pages_claim(crowd.arena, PAGES, 1, PAGES, &first), "what claims gave up is free again");
    weft_arena_release(&crowd.arena->open);
}
