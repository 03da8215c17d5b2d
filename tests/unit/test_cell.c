/*
 * unit/test_cell.c - atomic integers in an arena: the checks, and that each operation is one
 *
 * What the operations and the waits mean is in tests/conformance.
 */
#include <criterion/criterion.h>

#include <weft/cell.h>

#include "base/atomics.h"
#include "os/thread.h"

#define THREADS 4
#define ROUNDS  20000

static weft_arena *new_arena(uint64_t bytes)
{
    weft_arena *arena;
    cr_assert_eq(weft_arena_create(bytes, 100000, NULL, &arena), WEFT_OK);
    return arena;
}

#define DEFINE_CHECKS(suffix, type)                                                                                    \
    static void check_##suffix(weft_arena *arena, uint64_t offset, int expected)                                       \
    {                                                                                                                  \
        type value = 77;                                                                                               \
        cr_assert_eq(weft_cell_load_##suffix(arena, offset, &value), expected);                                        \
        cr_assert_eq(weft_cell_store_##suffix(arena, offset, 0), expected);                                            \
        cr_assert_eq(weft_cell_add_##suffix(arena, offset, 0, &value), expected);                                      \
        cr_assert_eq(weft_cell_sub_##suffix(arena, offset, 0, &value), expected);                                      \
        cr_assert_eq(weft_cell_and_##suffix(arena, offset, 0, &value), expected);                                      \
        cr_assert_eq(weft_cell_or_##suffix(arena, offset, 0, &value), expected);                                       \
        cr_assert_eq(weft_cell_xor_##suffix(arena, offset, 0, &value), expected);                                      \
        cr_assert_eq(weft_cell_exchange_##suffix(arena, offset, 0, &value), expected);                                 \
        cr_assert_eq(weft_cell_compare_exchange_##suffix(arena, offset, 0, 0, &value), expected);                      \
        cr_assert_eq(value, expected == WEFT_OK ? 0 : 77);                                                             \
        if (expected == WEFT_OK && arena) {                                                                            \
            cr_assert_eq(weft_cell_load_##suffix(arena, offset, NULL), WEFT_EINVAL);                                   \
            cr_assert_eq(weft_cell_add_##suffix(arena, offset, 1, NULL), WEFT_EINVAL);                                 \
            cr_assert_eq(weft_cell_compare_exchange_##suffix(arena, offset, 0, 1, NULL), WEFT_EINVAL);                 \
            cr_assert_eq(weft_cell_load_##suffix(arena, offset, &value), WEFT_OK);                                     \
            cr_assert_eq(value, 0);                                                                                    \
        }                                                                                                              \
    }
DEFINE_CHECKS(u8, uint8_t)
DEFINE_CHECKS(u16, uint16_t)
DEFINE_CHECKS(u32, uint32_t)
DEFINE_CHECKS(u64, uint64_t)

Test(cell, arguments_are_checked_in_order_and_nothing_is_changed)
{
    /* 101 bytes: the last cells that fit are not at the end. */
    weft_arena *arena = new_arena(101);
    check_u8(arena, 0, WEFT_OK), check_u8(arena, 100, WEFT_OK), check_u8(arena, 101, WEFT_ERANGE);
    check_u16(arena, 98, WEFT_OK), check_u16(arena, 100, WEFT_ERANGE), check_u16(arena, 99, WEFT_EALIGN);
    check_u32(arena, 96, WEFT_OK), check_u32(arena, 100, WEFT_ERANGE), check_u32(arena, 98, WEFT_EALIGN);
    check_u64(arena, 88, WEFT_OK), check_u64(arena, 96, WEFT_ERANGE), check_u64(arena, 92, WEFT_EALIGN);
    check_u64(arena, UINT64_MAX, WEFT_EALIGN), check_u64(arena, UINT64_MAX - 7, WEFT_ERANGE);
    check_u8(arena, UINT64_MAX, WEFT_ERANGE), check_u32(arena, 101, WEFT_EALIGN);
    check_u8(NULL, 0, WEFT_EINVAL), check_u64(NULL, 3, WEFT_EINVAL);
    weft_outcome outcome = WEFT_PENDING;
    uint32_t woken = 77;
    cr_assert_eq(weft_cell_wait_u32(NULL, 0, 0, 0, &outcome), WEFT_EINVAL);
    cr_assert_eq(weft_cell_wait_u32(arena, 0, 0, 0, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_cell_wait_u32(arena, 2, 0, 0, &outcome), WEFT_EALIGN);
    cr_assert_eq(weft_cell_wait_u64(arena, 4, 0, 0, &outcome), WEFT_EALIGN);
    cr_assert_eq(weft_cell_wait_u32(arena, 100, 0, 0, &outcome), WEFT_ERANGE);
    cr_assert_eq(weft_cell_wait_u64(arena, 96, 0, 0, &outcome), WEFT_ERANGE);
    cr_assert_eq(weft_cell_notify_u32(NULL, 0, 1, &woken), WEFT_EINVAL);
    cr_assert_eq(weft_cell_notify_u32(arena, 0, 1, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_cell_notify_u32(arena, 2, 1, &woken), WEFT_EALIGN);
    cr_assert_eq(weft_cell_notify_u64(arena, 96, 1, &woken), WEFT_ERANGE);
    cr_assert_eq(outcome, WEFT_PENDING);
    cr_assert_eq(woken, 77);
    weft_arena_release(arena);
}

Test(cell, grow_brings_more_within_reach)
{
    weft_arena *arena = new_arena(8);
    uint64_t value;
    cr_assert_eq(weft_cell_store_u64(arena, 8, 1), WEFT_ERANGE);
    cr_assert_eq(weft_arena_grow(arena, 16), WEFT_OK);
    cr_assert_eq(weft_cell_store_u64(arena, 8, 1), WEFT_OK);
    cr_assert_eq(weft_cell_load_u64(arena, 8, &value), WEFT_OK);
    cr_assert_eq(value, 1);
    weft_arena_release(arena);
}

/* Each thread adds to cells of every size, in the same eight bytes, so that neighbours must stay as they are. */
static void *count(void *context)
{
    weft_arena *arena = context;
    uint8_t before8;
    uint16_t before16;
    uint32_t before32;
    uint64_t before64;
    for (int i = 0; i < ROUNDS; i++) {
        weft_cell_add_u8(arena, 1, 1, &before8);
        weft_cell_add_u16(arena, 2, 1, &before16);
        weft_cell_sub_u32(arena, 4, 1, &before32);
        weft_cell_add_u64(arena, 8, UINT64_C(1) << 40 | 1, &before64);
    }
    return NULL;
}

Test(cell, exactly_once)
{
    weft_arena *arena = new_arena(16);
    wi_thread threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, count, arena), 0);
    for (int i = 0; i < THREADS; i++)
        wi_thread_join(&threads[i]);
    uint64_t total = (uint64_t)THREADS * ROUNDS;
    uint8_t value8;
    uint16_t value16;
    uint32_t value32;
    uint64_t value64;
    weft_cell_load_u8(arena, 0, &value8);
    cr_assert_eq(value8, 0);
    weft_cell_load_u8(arena, 1, &value8);
    cr_assert_eq(value8, (uint8_t)total);
    weft_cell_load_u16(arena, 2, &value16);
    cr_assert_eq(value16, (uint16_t)total);
    weft_cell_load_u32(arena, 4, &value32);
    cr_assert_eq(value32, (uint32_t)-total);
    weft_cell_load_u64(arena, 8, &value64);
    cr_assert_eq(value64, total * (UINT64_C(1) << 40 | 1));
    weft_arena_release(arena);
}

/* Data that is not atomic goes from one thread to the other by a cell. */
struct parcel {
    weft_arena *arena;
    uint64_t plain, seen;
};

static void *receive(void *context)
{
    struct parcel *parcel = context;
    for (uint32_t turn = 1; turn <= ROUNDS; turn++) {
        uint32_t value = 0;
        while (weft_cell_load_u32(parcel->arena, 0, &value) != WEFT_OK || value != turn)
            weft_cell_pause();
        parcel->seen += parcel->plain;
        weft_u32_store((uint32_t *)(void *)(parcel->arena->base + 4), turn);
    }
    return NULL;
}

Test(cell, what_was_written_before_a_store_is_seen_after_the_load)
{
    struct parcel parcel = {.arena = new_arena(8)};
    wi_thread thread;
    uint64_t sum = 0;
    cr_assert_eq(wi_thread_create(&thread, 0, receive, &parcel), 0);
    for (uint32_t turn = 1; turn <= ROUNDS; turn++) {
        parcel.plain = turn * UINT64_C(3);
        sum += parcel.plain;
        weft_cell_store_u32(parcel.arena, 0, turn);
        for (unsigned looks = 1; weft_u32_load((uint32_t *)(void *)(parcel.arena->base + 4)) != turn; looks++)
            if (looks % 1000 == 0)
                wi_thread_yield();
    }
    wi_thread_join(&thread);
    cr_assert_eq(parcel.seen, sum);
    weft_arena_release(parcel.arena);
}
