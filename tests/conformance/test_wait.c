/*
 * conformance/test_wait.c - test262's files on Atomics.wait
 */
#include "conformance/waits.h"

static const struct kind four = {.is_async = false, .bytes = 4}, eight = {.is_async = false, .bytes = 8};

WAITS_SUITE(Atomics_wait, , four)
WAITS_SUITE(Atomics_wait, bigint_, eight)

Test(Atomics_wait, good_views)
{
    weft_arena *arena = agents_arena(1024);
    for (uint64_t offset = 0; offset < 64; offset += 4) {
        weft_outcome outcome;
        weft_cell_store_u32(arena, offset, 37);
        cr_assert_eq(weft_cell_wait_u32(arena, offset, 37, 1, &outcome), WEFT_OK);
        cr_assert_eq(outcome, WEFT_TIMED_OUT);
        cr_assert_eq(weft_cell_wait_u32(arena, offset, 36, WEFT_FOREVER, &outcome), WEFT_OK);
        cr_assert_eq(outcome, WEFT_NOT_EQUAL);
    }
    weft_arena_release(arena);
}

Test(Atomics_wait, wait_index_value_not_equal)
{
    waits_value_not_equal_agent(four);
}

Test(Atomics_wait, waiterlist_order_of_operations_is_fifo)
{
    waits_fifo(four);
}

Test(Atomics_wait, bigint_waiterlist_order_of_operations_is_fifo)
{
    waits_fifo(eight);
}

Test(Atomics_wait, non_int32_typedarray_throws)
{
    waits_wrong_view(four);
}

Test(Atomics_wait, bigint_non_bigint64_typedarray_throws)
{
    waits_wrong_view(eight);
}

Test(Atomics_wait, not_a_typedarray_throws)
{
    waits_no_arena(four);
}

Test(Atomics_wait, nan_for_timeout)
{
    waits_for_ever(four, WAITED);
}

Test(Atomics_wait, bigint_nan_for_timeout)
{
    waits_for_ever(eight, WAITED);
}

Test(Atomics_wait, undefined_for_timeout)
{
    waits_for_ever(four, OTHER);
}

Test(Atomics_wait, undefined_index_defaults_to_zero)
{
    waits_for_ever(four, 0);
}
