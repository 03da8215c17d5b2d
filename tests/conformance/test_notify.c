/*
 * conformance/test_notify.c - test262's files on Atomics.notify
 */
#include "conformance/agents.h"

#define AGENTS 3
#define WAITED 8  /* the cell that agents wait for */
#define OTHER  24 /* one that nobody waits for */

/* Starts agents that wait one after the other, so that the list has them in this order. */
static void start(struct agent *agents, uint32_t count, weft_arena *arena, uint32_t bytes)
{
    for (uint32_t i = 0; i < count; i++) {
        agents[i] = (struct agent){
            .arena = arena, .offset = WAITED, .bytes = bytes, .timeout_ns = WEFT_FOREVER, .is_async = false};
        agent_start(&agents[i]);
        agents_wait_until(arena, WAITED, i + 1);
    }
}

static void expect_notified(struct agent *agents, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        cr_assert_eq(agent_finish(&agents[i]), WEFT_NOTIFIED, "agent %u", i);
}

/* Of AGENTS that wait, a notify of `count` wakes the first `expected`, and another one wakes the others. */
static void wakes(uint32_t bytes, uint32_t count, uint32_t expected)
{
    weft_arena *arena = agents_arena(64);
    struct agent agents[AGENTS];
    start(agents, AGENTS, arena, bytes);
    cr_assert_eq(agents_notify(arena, bytes, WAITED, count), expected);
    expect_notified(agents, expected);
    cr_assert_eq(agents_waiting(arena, WAITED), AGENTS - expected);
    cr_assert_eq(agents_notify(arena, bytes, WAITED, WEFT_EVERYBODY), AGENTS - expected);
    expect_notified(agents + expected, AGENTS - expected);
    weft_arena_release(arena);
}

static void bad_range(uint32_t bytes)
{
    weft_arena *arena = agents_arena(64);
    const uint64_t bad[] = {64, 64 + bytes, 1000 * bytes, UINT64_C(1) << 32, -(uint64_t)bytes};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t woken = 77;
        cr_assert_eq(bytes == 4 ? weft_cell_notify_u32(arena, bad[i], 0, &woken)
                                : weft_cell_notify_u64(arena, bad[i], 0, &woken),
                     WEFT_ERANGE);
        cr_assert_eq(woken, 77);
    }
    weft_arena_release(arena);
}

Test(Atomics_notify, bad_range)
{
    bad_range(4);
}

Test(Atomics_notify, bigint_bad_range)
{
    bad_range(8);
}

Test(Atomics_notify, negative_index_throws)
{
    weft_arena *arena = agents_arena(64);
    uint32_t woken = 77;
    cr_assert_eq(weft_cell_notify_u32(arena, (uint64_t)-4, 1, &woken), WEFT_ERANGE);
    cr_assert_eq(weft_cell_notify_u32(arena, (uint64_t)-1, 1, &woken), WEFT_EALIGN);
    cr_assert_eq(woken, 77);
    weft_arena_release(arena);
}

Test(Atomics_notify, out_of_range_index_throws)
{
    weft_arena *arena = agents_arena(64);
    uint32_t woken = 77;
    cr_assert_eq(weft_cell_notify_u32(arena, 64, 1, &woken), WEFT_ERANGE);
    cr_assert_eq(weft_cell_notify_u64(arena, 64, 1, &woken), WEFT_ERANGE);
    cr_assert_eq(woken, 77);
    weft_arena_release(arena);
}

Test(Atomics_notify, non_int32_typedarray_throws)
{
    weft_arena *arena = agents_arena(64);
    uint32_t woken = 77;
    for (uint64_t offset = 1; offset < 4; offset++)
        cr_assert_eq(weft_cell_notify_u32(arena, offset, 1, &woken), WEFT_EALIGN);
    cr_assert_eq(woken, 77);
    weft_arena_release(arena);
}

Test(Atomics_notify, bigint_non_bigint64_typedarray_throws)
{
    weft_arena *arena = agents_arena(64);
    uint32_t woken = 77;
    for (uint64_t offset = 1; offset < 8; offset++)
        cr_assert_eq(weft_cell_notify_u64(arena, offset, 1, &woken), WEFT_EALIGN);
    cr_assert_eq(woken, 77);
    weft_arena_release(arena);
}

Test(Atomics_notify, not_a_typedarray_throws)
{
    uint32_t woken = 77;
    cr_assert_eq(weft_cell_notify_u32(NULL, 0, 1, &woken), WEFT_EINVAL);
    cr_assert_eq(woken, 77);
}

Test(Atomics_notify, count_boundary_cases)
{
    weft_arena *arena = agents_arena(64);
    static const uint32_t counts[] = {0, 1, 2, 0x7fffffff, 0x80000000, UINT32_MAX - 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        cr_assert_eq(agents_notify(arena, 4, WAITED, counts[i]), 0);
    weft_arena_release(arena);
    wakes(4, 0x80000000, AGENTS);
}

Test(Atomics_notify, count_defaults_to_infinity_missing)
{
    wakes(4, WEFT_EVERYBODY, AGENTS);
}

Test(Atomics_notify, count_defaults_to_infinity_undefined)
{
    wakes(8, WEFT_EVERYBODY, AGENTS);
}

Test(Atomics_notify, notify_all)
{
    wakes(4, WEFT_EVERYBODY, AGENTS);
    wakes(4, AGENTS, AGENTS);
}

Test(Atomics_notify, notify_one)
{
    wakes(4, 1, 1);
}

Test(Atomics_notify, notify_two)
{
    wakes(4, 2, 2);
}

Test(Atomics_notify, notify_zero)
{
    wakes(4, 0, 0);
}

Test(Atomics_notify, notify_nan)
{
    wakes(8, 0, 0);
}

/* Those who wait for the cell, and one who waits for another. */
static void notify_all_on_loc(uint32_t bytes)
{
    weft_arena *arena = agents_arena(64);
    struct agent agents[AGENTS];
    struct agent elsewhere = {.arena = arena, .offset = OTHER, .bytes = bytes, .timeout_ns = WEFT_FOREVER};
    start(agents, AGENTS, arena, bytes);
    agent_start(&elsewhere);
    agents_wait_until(arena, OTHER, 1);
    cr_assert_eq(agents_notify(arena, bytes, WAITED, WEFT_EVERYBODY), AGENTS);
    expect_notified(agents, AGENTS);
    cr_assert_eq(agents_waiting(arena, OTHER), 1);
    cr_assert_eq(agents_notify(arena, bytes, OTHER, WEFT_EVERYBODY), 1);
    expect_notified(&elsewhere, 1);
    weft_arena_release(arena);
}

Test(Atomics_notify, notify_all_on_loc)
{
    notify_all_on_loc(4);
}

Test(Atomics_notify, bigint_notify_all_on_loc)
{
    notify_all_on_loc(8);
}

Test(Atomics_notify, notify_in_order)
{
    for (int round = 0; round < 20; round++) {
        weft_arena *arena = agents_arena(64);
        struct agent agents[AGENTS];
        start(agents, AGENTS, arena, 4);
        for (int i = 0; i < AGENTS; i++) {
            cr_assert_eq(agents_notify(arena, 4, WAITED, 1), 1);
            expect_notified(&agents[i], 1);
        }
        weft_arena_release(arena);
    }
}

Test(Atomics_notify, notify_in_order_one_time)
{
    weft_arena *arena = agents_arena(64);
    struct agent agents[AGENTS];
    start(agents, AGENTS, arena, 4);
    for (int i = 0; i < AGENTS; i++) {
        cr_assert_eq(agents_notify(arena, 4, WAITED, 1), 1);
        cr_assert_eq(agents_waiting(arena, WAITED), AGENTS - 1 - (uint32_t)i);
        expect_notified(&agents[i], 1);
    }
    cr_assert_eq(agents_notify(arena, 4, WAITED, 1), 0);
    weft_arena_release(arena);
}

Test(Atomics_notify, notify_renotify_noop)
{
    weft_arena *arena = agents_arena(64);
    struct agent agent;
    start(&agent, 1, arena, 4);
    cr_assert_eq(agents_notify(arena, 4, WAITED, WEFT_EVERYBODY), 1);
    cr_assert_eq(agents_notify(arena, 4, WAITED, WEFT_EVERYBODY), 0, "whether it has run since or not");
    expect_notified(&agent, 1);
    cr_assert_eq(agents_notify(arena, 4, WAITED, WEFT_EVERYBODY), 0);
    weft_arena_release(arena);
}

Test(Atomics_notify, notify_with_no_agents_waiting)
{
    weft_arena *arena = agents_arena(64);
    cr_assert_eq(agents_notify(arena, 4, WAITED, 1), 0);
    weft_arena_release(arena);
}

Test(Atomics_notify, notify_with_no_matching_agents_waiting)
{
    weft_arena *arena = agents_arena(64);
    struct agent agent;
    start(&agent, 1, arena, 4);
    cr_assert_eq(agents_notify(arena, 4, OTHER, 1), 0);
    cr_assert_eq(agents_waiting(arena, WAITED), 1);
    cr_assert_eq(agents_notify(arena, 4, WAITED, 1), 1);
    expect_notified(&agent, 1);
    weft_arena_release(arena);
}

Test(Atomics_notify, undefined_index_defaults_to_zero)
{
    weft_arena *arena = agents_arena(64);
    struct agent agent = {.arena = arena, .bytes = 4, .timeout_ns = WEFT_FOREVER};
    agent_start(&agent);
    agents_wait_until(arena, 0, 1);
    cr_assert_eq(agents_notify(arena, 4, 0, 1), 1);
    expect_notified(&agent, 1);
    weft_arena_release(arena);
}
