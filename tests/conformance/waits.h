/*
 * conformance/waits.h - what test262 wants of Atomics.wait and of Atomics.waitAsync alike
 *
 * Its files for the two differ in who waits: a blocked thread or nobody. So each function here takes the kind of wait,
 * and the size of the cell.
 */
#ifndef CONFORMANCE_WAITS_H
#define CONFORMANCE_WAITS_H

#include "conformance/agents.h"

#define WAITED 8
#define OTHER  24

/* How to wait: blocking or not, on a cell of 4 or of 8 bytes. */
struct kind {
    bool is_async;
    uint32_t bytes;
};

static inline struct agent waits_agent(struct kind kind, weft_arena *arena, uint64_t offset, uint64_t timeout_ns)
{
    return (struct agent){
        .arena = arena, .offset = offset, .bytes = kind.bytes, .is_async = kind.is_async, .timeout_ns = timeout_ns};
}

/* A call of the test's own thread, which must not have to block. */
static inline int waits_call(struct kind kind, weft_arena *arena, uint64_t offset, uint64_t expected,
                             uint64_t timeout_ns, weft_outcome *outcome)
{
    static struct agent agent;
    agent = waits_agent(kind, arena, offset, timeout_ns);
    agent.expected = expected;
    return kind.is_async ? agent_wait_async(&agent, outcome) : agent_wait_sync(&agent, outcome);
}

static inline void waits_bad_range(struct kind kind)
{
    weft_arena *arena = agents_arena(64);
    const uint64_t bad[] = {
        64, 64 + kind.bytes, 1000 * kind.bytes, UINT64_C(1) << 32, INT64_MAX - 7, -(uint64_t)kind.bytes};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        weft_outcome outcome = WEFT_PENDING;
        cr_assert_eq(waits_call(kind, arena, bad[i], 0, 0, &outcome), WEFT_ERANGE, "offset %zu", i);
        cr_assert_eq(outcome, WEFT_PENDING);
    }
    weft_arena_release(arena);
}

/* A cell that is in the wrong place for its size. */
static inline void waits_wrong_view(struct kind kind)
{
    weft_arena *arena = agents_arena(64);
    weft_outcome outcome = WEFT_PENDING;
    for (uint64_t offset = 1; offset < kind.bytes; offset++)
        cr_assert_eq(waits_call(kind, arena, offset, 0, 0, &outcome), WEFT_EALIGN);
    cr_assert_eq(outcome, WEFT_PENDING);
    weft_arena_release(arena);
}

static inline void waits_no_arena(struct kind kind)
{
    weft_outcome outcome = WEFT_PENDING;
    cr_assert_eq(waits_call(kind, NULL, 0, 0, 0, &outcome), WEFT_EINVAL);
    cr_assert_eq(outcome, WEFT_PENDING);
}

/* Timeouts that are over at once, and the one of 0. */
static inline void waits_negative_timeout(struct kind kind)
{
    weft_arena *arena = agents_arena(64);
    static const uint64_t timeouts[] = {0, (uint64_t)-2, (uint64_t)-1000, (uint64_t)INT64_MIN};
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        weft_outcome outcome;
        cr_assert_eq(waits_call(kind, arena, WAITED, 0, timeouts[i], &outcome), WEFT_OK);
        cr_assert_eq(outcome, WEFT_TIMED_OUT);
        cr_assert_eq(waits_call(kind, arena, WAITED, 42, timeouts[i], &outcome), WEFT_OK);
        cr_assert_eq(outcome, WEFT_NOT_EQUAL, "the value comes first");
    }
    cr_assert_eq(agents_waiting(arena, WAITED), 0);
    weft_arena_release(arena);
}

/* The same in an agent. */
static inline void waits_negative_timeout_agent(struct kind kind)
{
    weft_arena *arena = agents_arena(64);
    struct agent agent = waits_agent(kind, arena, WAITED, (uint64_t)-5);
    agent_start(&agent);
    cr_assert_eq(agent_finish(&agent), WEFT_TIMED_OUT);
    cr_assert_eq(agents_notify(arena, kind.bytes, WAITED, WEFT_EVERYBODY), 0);
    weft_arena_release(arena);
}

/* Timeouts that never come: only a notify ends the wait. */
static inline void waits_for_ever(struct kind kind, uint64_t offset)
{
    weft_arena *arena = agents_arena(64);
    struct agent agent = waits_agent(kind, arena, offset, WEFT_FOREVER);
    agent_start(&agent);
    agents_wait_until(arena, offset, 1);
    cr_assert_eq(agents_notify(arena, kind.bytes, offset, WEFT_EVERYBODY), 1);
    cr_assert_eq(agent_finish(&agent), WEFT_NOTIFIED);
    weft_arena_release(arena);
}

static inline void waits_value_not_equal(struct kind kind)
{
    weft_arena *arena = agents_arena(64);
    weft_outcome outcome;
    static const uint64_t wrong[] = {1, 42, UINT32_MAX, UINT64_MAX, UINT64_C(1) << 32};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0] - (kind.bytes == 4); i++) {
        cr_assert_eq(waits_call(kind, arena, WAITED, wrong[i], WEFT_FOREVER, &outcome), WEFT_OK);
        cr_assert_eq(outcome, WEFT_NOT_EQUAL);
    }
    weft_cell_store_u32(arena, WAITED, 42);
    cr_assert_eq(waits_call(kind, arena, WAITED, 0, WEFT_FOREVER, &outcome), WEFT_OK);
    cr_assert_eq(outcome, WEFT_NOT_EQUAL);
    cr_assert_eq(waits_call(kind, arena, WAITED, 42, 0, &outcome), WEFT_OK);
    cr_assert_eq(outcome, WEFT_TIMED_OUT);
    cr_assert_eq(agents_waiting(arena, WAITED), 0);
    weft_arena_release(arena);
}

static inline void waits_value_not_equal_agent(struct kind kind)
{
    weft_arena *arena = agents_arena(64);
    struct agent first = waits_agent(kind, arena, WAITED, WEFT_FOREVER), second = first;
    first.expected = 44;
    second.expected = 251;
    weft_cell_store_u32(arena, WAITED, 42);
    agent_start(&first);
    agent_start(&second);
    cr_assert_eq(agent_finish(&first), WEFT_NOT_EQUAL);
    cr_assert_eq(agent_finish(&second), WEFT_NOT_EQUAL);
    cr_assert_eq(agents_notify(arena, kind.bytes, WAITED, WEFT_EVERYBODY), 0);
    weft_arena_release(arena);
}

/* No cell but the one that is notified wakes its waiter, also not a neighbour of it. */
static inline void waits_location(struct kind kind)
{
    weft_arena *arena = agents_arena(64);
    struct agent agent = waits_agent(kind, arena, WAITED, WEFT_FOREVER);
    agent_start(&agent);
    agents_wait_until(arena, WAITED, 1);
    for (uint64_t offset = 0; offset < 64; offset += kind.bytes)
        if (offset != WAITED)
            cr_assert_eq(agents_notify(arena, kind.bytes, offset, WEFT_EVERYBODY), 0);
    cr_assert_eq(agents_waiting(arena, WAITED), 1);
    cr_assert_eq(agents_notify(arena, kind.bytes, WAITED, WEFT_EVERYBODY), 1);
    cr_assert_eq(agent_finish(&agent), WEFT_NOTIFIED);
    weft_arena_release(arena);
}

static inline void waits_fifo(struct kind kind)
{
    weft_arena *arena = agents_arena(64);
    struct agent agents[3];
    for (uint32_t i = 0; i < 3; i++) {
        agents[i] = waits_agent(kind, arena, WAITED, WEFT_FOREVER);
        agent_start(&agents[i]);
        agents_wait_until(arena, WAITED, i + 1);
    }
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(agents_notify(arena, kind.bytes, WAITED, 1), 1);
        cr_assert_eq(agent_finish(&agents[i]), WEFT_NOTIFIED, "the next is %u", i);
    }
    weft_arena_release(arena);
}

static inline void waits_woken_before_timeout(struct kind kind)
{
    weft_arena *arena = agents_arena(64);
    struct agent agent = waits_agent(kind, arena, WAITED, 3600 * 1000 * MILLISECOND);
    agent_start(&agent);
    agents_wait_until(arena, WAITED, 1);
    cr_assert_eq(agents_notify(arena, kind.bytes, WAITED, WEFT_EVERYBODY), 1);
    cr_assert_eq(agent_finish(&agent), WEFT_NOTIFIED);
    cr_assert_lt(agent.took_ns, agent.timeout_ns);
    weft_arena_release(arena);
}

/* Nothing happens: the time runs out, and not before. */
static inline void waits_no_operation(struct kind kind)
{
    weft_arena *arena = agents_arena(64);
    struct agent agent = waits_agent(kind, arena, WAITED, 20 * MILLISECOND);
    agent_start(&agent);
    cr_assert_eq(agent_finish(&agent), WEFT_TIMED_OUT);
    cr_assert_geq(agent.took_ns, agent.timeout_ns);
    cr_assert_eq(agents_waiting(arena, WAITED), 0);
    weft_arena_release(arena);
}

/* The value changes in one of seven ways while somebody waits: that wakes nobody. A notify does. */
enum change {
    CHANGE_add,
    CHANGE_and,
    CHANGE_compareExchange,
    CHANGE_exchange,
    CHANGE_or,
    CHANGE_store,
    CHANGE_sub,
    CHANGE_xor
};

static inline void waits_change(enum change change, uint32_t bytes, weft_arena *arena)
{
    uint64_t *eight = (uint64_t *)weft_arena_at(arena, WAITED, 8);
    uint32_t *four = (uint32_t *)weft_arena_at(arena, WAITED, 4);
    bool is_eight = bytes == 8;
    switch (change) {
    case CHANGE_add:
        is_eight ? (void)weft_u64_add(eight, 1) : (void)weft_u32_add(four, 1);
        break;
    case CHANGE_and:
        is_eight ? (void)weft_u64_and(eight, 1) : (void)weft_u32_and(four, 1);
        break;
    case CHANGE_compareExchange:
        is_eight ? (void)weft_u64_compare_exchange(eight, 2, 1) : (void)weft_u32_compare_exchange(four, 2, 1);
        break;
    case CHANGE_exchange:
        is_eight ? (void)weft_u64_exchange(eight, 1) : (void)weft_u32_exchange(four, 1);
        break;
    case CHANGE_or:
        is_eight ? (void)weft_u64_or(eight, 1) : (void)weft_u32_or(four, 1);
        break;
    case CHANGE_store:
        is_eight ? weft_u64_store(eight, 1) : weft_u32_store(four, 1);
        break;
    case CHANGE_sub:
        is_eight ? (void)weft_u64_sub(eight, 1) : (void)weft_u32_sub(four, 1);
        break;
    case CHANGE_xor:
        is_eight ? (void)weft_u64_xor(eight, 1) : (void)weft_u32_xor(four, 1);
        break;
    }
}

static inline void waits_no_spurious_wakeup(struct kind kind, enum change change)
{
    weft_arena *arena = agents_arena(64);
    weft_cell_store_u64(arena, WAITED, 2);
    struct agent patient = waits_agent(kind, arena, WAITED, WEFT_FOREVER);
    struct agent hurried = waits_agent(kind, arena, WAITED, 5 * MILLISECOND);
    patient.expected = hurried.expected = 2;
    agent_start(&patient);
    agents_wait_until(arena, WAITED, 1);
    agent_start(&hurried);
    waits_change(change, kind.bytes, arena);
    weft_outcome outcome = agent_finish(&hurried);
    /* It may have come after the change. */
    cr_assert(outcome == WEFT_TIMED_OUT || outcome == WEFT_NOT_EQUAL);
    if (outcome == WEFT_TIMED_OUT)
        cr_assert_geq(hurried.took_ns, hurried.timeout_ns);
    uint64_t value;
    weft_cell_load_u64(arena, WAITED, &value);
    cr_assert_neq(value, 2);
    cr_assert_eq(agents_waiting(arena, WAITED), 1);
    cr_assert_eq(agents_notify(arena, kind.bytes, WAITED, WEFT_EVERYBODY), 1);
    cr_assert_eq(agent_finish(&patient), WEFT_NOTIFIED);
    weft_arena_release(arena);
}

/* What both suites have, for both sizes of cells; `prefix` is empty or bigint_. */
#define WAITS_SUITE(suite, prefix, kind)                                                                               \
    Test(suite, prefix##bad_range)                                                                                     \
    {                                                                                                                  \
        waits_bad_range(kind);                                                                                         \
    }                                                                                                                  \
    Test(suite, prefix##negative_index_throws)                                                                         \
    {                                                                                                                  \
        waits_bad_range(kind);                                                                                         \
    }                                                                                                                  \
    Test(suite, prefix##out_of_range_index_throws)                                                                     \
    {                                                                                                                  \
        waits_bad_range(kind);                                                                                         \
    }                                                                                                                  \
    Test(suite, prefix##negative_timeout)                                                                              \
    {                                                                                                                  \
        waits_negative_timeout(kind);                                                                                  \
    }                                                                                                                  \
    Test(suite, prefix##negative_timeout_agent)                                                                        \
    {                                                                                                                  \
        waits_negative_timeout_agent(kind);                                                                            \
    }                                                                                                                  \
    Test(suite, prefix##value_not_equal)                                                                               \
    {                                                                                                                  \
        waits_value_not_equal(kind);                                                                                   \
    }                                                                                                                  \
    Test(suite, prefix##waiterlist_block_indexedposition_wake)                                                         \
    {                                                                                                                  \
        waits_location(kind);                                                                                          \
    }                                                                                                                  \
    Test(suite, prefix##was_woken_before_timeout)                                                                      \
    {                                                                                                                  \
        waits_woken_before_timeout(kind);                                                                              \
    }                                                                                                                  \
    Test(suite, prefix##no_spurious_wakeup_no_operation)                                                               \
    {                                                                                                                  \
        waits_no_operation(kind);                                                                                      \
    }                                                                                                                  \
    WAITS_NO_SPURIOUS_WAKEUP(suite, prefix, kind, add)                                                                 \
    WAITS_NO_SPURIOUS_WAKEUP(suite, prefix, kind, and)                                                                 \
    WAITS_NO_SPURIOUS_WAKEUP(suite, prefix, kind, compareExchange)                                                     \
    WAITS_NO_SPURIOUS_WAKEUP(suite, prefix, kind, exchange)                                                            \
    WAITS_NO_SPURIOUS_WAKEUP(suite, prefix, kind, or)                                                                  \
    WAITS_NO_SPURIOUS_WAKEUP(suite, prefix, kind, store)                                                               \
    WAITS_NO_SPURIOUS_WAKEUP(suite, prefix, kind, sub)                                                                 \
    WAITS_NO_SPURIOUS_WAKEUP(suite, prefix, kind, xor)

#define WAITS_NO_SPURIOUS_WAKEUP(suite, prefix, kind, change)                                                          \
    Test(suite, prefix##no_spurious_wakeup_on_##change)                                                                \
    {                                                                                                                  \
        waits_no_spurious_wakeup(kind, CHANGE_##change);                                                               \
    }

#endif
