/*
 * conformance/test_wait_async.c - test262's files on Atomics.waitAsync
 */
#include "conformance/waits.h"

static const struct kind four = {.is_async = true, .bytes = 4}, eight = {.is_async = true, .bytes = 8};

WAITS_SUITE(Atomics_waitAsync, , four)
WAITS_SUITE(Atomics_waitAsync, bigint_, eight)

/* A wait for each of several cells, one after the other. */
static void good_views(struct kind kind)
{
    weft_arena *arena = agents_arena(1024);
    for (uint64_t offset = 0; offset < 128; offset += kind.bytes) {
        struct agent agent = waits_agent(kind, arena, offset, WEFT_FOREVER);
        weft_outcome outcome;
        weft_cell_store_u32(arena, offset, 42);
        cr_assert_eq(waits_call(kind, arena, offset, 42, 0, &outcome), WEFT_OK);
        cr_assert_eq(outcome, WEFT_TIMED_OUT);
        cr_assert_eq(waits_call(kind, arena, offset, 0, WEFT_FOREVER, &outcome), WEFT_OK);
        cr_assert_eq(outcome, WEFT_NOT_EQUAL);
        agent.expected = 42;
        agent_start(&agent);
        cr_assert(agent.was_pending);
        cr_assert_eq(agents_notify(arena, kind.bytes, offset, WEFT_EVERYBODY), 1);
        cr_assert_eq(agent_finish(&agent), WEFT_NOTIFIED);
    }
    weft_arena_release(arena);
}

Test(Atomics_waitAsync, good_views)
{
    good_views(four);
}

Test(Atomics_waitAsync, bigint_good_views)
{
    good_views(eight);
}

Test(Atomics_waitAsync, value_not_equal_agent)
{
    waits_value_not_equal_agent(four);
}

Test(Atomics_waitAsync, bigint_value_not_equal_agent)
{
    waits_value_not_equal_agent(eight);
}

Test(Atomics_waitAsync, non_int32_typedarray_throws)
{
    waits_wrong_view(four);
}

Test(Atomics_waitAsync, bigint_non_bigint64_typedarray_throws)
{
    waits_wrong_view(eight);
}

Test(Atomics_waitAsync, not_a_typedarray_throws)
{
    waits_no_arena(four);
}

Test(Atomics_waitAsync, bigint_not_a_typedarray_throws)
{
    waits_no_arena(eight);
}

Test(Atomics_waitAsync, implicit_infinity_for_timeout)
{
    waits_for_ever(four, OTHER);
}

Test(Atomics_waitAsync, nan_for_timeout_agent)
{
    waits_for_ever(four, WAITED);
}

Test(Atomics_waitAsync, bigint_nan_for_timeout_agent)
{
    waits_for_ever(eight, WAITED);
}

Test(Atomics_waitAsync, undefined_for_timeout)
{
    waits_for_ever(four, WAITED);
}

Test(Atomics_waitAsync, bigint_undefined_for_timeout)
{
    waits_for_ever(eight, WAITED);
}

Test(Atomics_waitAsync, undefined_for_timeout_agent)
{
    waits_for_ever(four, OTHER);
}

Test(Atomics_waitAsync, bigint_undefined_for_timeout_agent)
{
    waits_for_ever(eight, OTHER);
}

Test(Atomics_waitAsync, undefined_index_defaults_to_zero_agent)
{
    waits_for_ever(four, 0);
}

Test(Atomics_waitAsync, bigint_undefined_index_defaults_to_zero_agent)
{
    waits_for_ever(eight, 0);
}

Test(Atomics_waitAsync, returns_result_object_value_is_promise_resolves_to_ok)
{
    weft_arena *arena = agents_arena(64);
    struct agent agent = waits_agent(four, arena, WAITED, 3600 * 1000 * MILLISECOND);
    agent_start(&agent);
    cr_assert(agent.was_pending);
    cr_assert_eq(agents_notify(arena, 4, WAITED, WEFT_EVERYBODY), 1);
    cr_assert_eq(agent_finish(&agent), WEFT_NOTIFIED);
    weft_arena_release(arena);
}

Test(Atomics_waitAsync, returns_result_object_value_is_promise_resolves_to_timed_out)
{
    weft_arena *arena = agents_arena(64);
    struct agent agent = waits_agent(four, arena, WAITED, MILLISECOND);
    agent_start(&agent);
    cr_assert(agent.was_pending);
    cr_assert_eq(agent_finish(&agent), WEFT_TIMED_OUT);
    weft_arena_release(arena);
}

Test(Atomics_waitAsync, returns_result_object_value_is_string_not_equal)
{
    weft_arena *arena = agents_arena(64);
    weft_outcome outcome;
    cr_assert_eq(waits_call(four, arena, WAITED, 42, WEFT_FOREVER, &outcome), WEFT_OK);
    cr_assert_eq(outcome, WEFT_NOT_EQUAL);
    weft_arena_release(arena);
}

Test(Atomics_waitAsync, returns_result_object_value_is_string_timed_out)
{
    weft_arena *arena = agents_arena(64);
    weft_outcome outcome;
    cr_assert_eq(waits_call(four, arena, WAITED, 0, 0, &outcome), WEFT_OK);
    cr_assert_eq(outcome, WEFT_TIMED_OUT);
    weft_arena_release(arena);
}
