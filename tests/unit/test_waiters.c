/*
 * unit/test_waiters.c - who waits for a cell, in the order in which they came
 *
 * What the public waits mean is in tests/conformance; here are the ends of counters, strangers in one list, races of
 * notify and time-out, and other processes.
 */
#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/agents.h"
#include "memory/waiters.h"

#define AGENTS 8

static struct agent agent_on(weft_arena *arena, uint64_t offset, uint64_t timeout_ns)
{
    return (struct agent){.arena = arena, .offset = offset, .bytes = 4, .timeout_ns = timeout_ns};
}

Test(waiters, smoke)
{
    weft_arena *arena = agents_arena(1024);
    struct agent agent = agent_on(arena, 8, WEFT_FOREVER);
    agent_start(&agent);
    agents_wait_until(arena, 8, 1);
    cr_assert_eq(agents_notify(arena, 4, 8, 1), 1);
    cr_assert_eq(agent_finish(&agent), WEFT_NOTIFIED);
    cr_assert_eq(agents_waiting(arena, 8), 0);
    weft_arena_release(arena);
}

Test(waiters, strangers_in_one_list_do_not_disturb_each_other)
{
    /* There are more cells here than lists. */
    enum {
        BYTES = 4 * 4 * WI_BUCKETS
    };
    weft_arena *arena = agents_arena(BYTES);
    static struct agent agents[AGENTS];
    for (uint64_t i = 0; i < AGENTS; i++) {
        agents[i] = agent_on(arena, i * 404, WEFT_FOREVER);
        agent_start(&agents[i]);
    }
    for (uint64_t i = 0; i < AGENTS; i++)
        agents_wait_until(arena, i * 404, 1);
    for (uint64_t offset = 0; offset < BYTES; offset += 4)
        if (offset % 404 != 0 || offset / 404 >= AGENTS)
            cr_assert_eq(agents_notify(arena, 4, offset, WEFT_EVERYBODY), 0);
    for (uint64_t i = AGENTS; i-- > 0;) {
        cr_assert_eq(agents_notify(arena, 4, i * 404, WEFT_EVERYBODY), 1);
        cr_assert_eq(agent_finish(&agents[i]), WEFT_NOTIFIED);
    }
    weft_arena_release(arena);
}

Test(waiters, a_cell_of_eight_bytes_and_one_of_four_share_their_list)
{
    weft_arena *arena = agents_arena(64);
    struct agent four = agent_on(arena, 8, WEFT_FOREVER), eight = agent_on(arena, 8, WEFT_FOREVER);
    eight.bytes = 8;
    agent_start(&four);
    agents_wait_until(arena, 8, 1);
    agent_start(&eight);
    agents_wait_until(arena, 8, 2);
    cr_assert_eq(agents_notify(arena, 8, 8, 1), 1);
    cr_assert_eq(agent_finish(&four), WEFT_NOTIFIED);
    cr_assert_eq(agents_notify(arena, 4, 8, 1), 1);
    cr_assert_eq(agent_finish(&eight), WEFT_NOTIFIED);
    weft_arena_release(arena);
}

Test(waiters, order_of_many_asynchronous_waits_over_several_batches)
{
    enum {
        MANY = 100
    };
    weft_arena *arena = agents_arena(64);
    static struct agent agents[MANY];
    for (int i = 0; i < MANY; i++) {
        agents[i] = agent_on(arena, 8, WEFT_FOREVER);
        agents[i].is_async = true;
        agent_start(&agents[i]);
    }
    cr_assert_eq(agents_waiting(arena, 8), MANY);
    cr_assert_eq(agents_notify(arena, 4, 8, 70), 70);
    for (int i = 0; i < 70; i++)
        cr_assert_eq(agent_finish(&agents[i]), WEFT_NOTIFIED);
    cr_assert_eq(agents_waiting(arena, 8), MANY - 70);
    cr_assert_eq(agents_notify(arena, 4, 8, WEFT_EVERYBODY), MANY - 70);
    for (int i = 70; i < MANY; i++)
        cr_assert_eq(agent_finish(&agents[i]), WEFT_NOTIFIED);
    weft_arena_release(arena);
}

Test(waiters, more_than_there_is_room_for_is_enomem)
{
    weft_arena *open = agents_arena(64);
    struct wi_arena *arena = wi_arena_of(open);
    weft_outcome outcome = WEFT_PENDING;
    for (uint32_t i = 0; i < WI_WAITERS; i++)
        cr_assert_eq(wi_waiters_take(arena), i);
    cr_assert_eq(wi_waiters_take(arena), WI_NO_WAITER);
    cr_assert_eq(weft_cell_wait_u32(open, 0, 0, WEFT_FOREVER, &outcome), WEFT_ENOMEM);
    cr_assert_eq(outcome, WEFT_PENDING);
    cr_assert_eq(weft_cell_wait_u32(open, 0, 1, WEFT_FOREVER, &outcome), WEFT_OK);
    cr_assert_eq(outcome, WEFT_NOT_EQUAL);
    wi_waiters_give_back(arena, 5);
    cr_assert_eq(weft_cell_wait_u32(open, 0, 0, 1, &outcome), WEFT_OK);
    cr_assert_eq(outcome, WEFT_TIMED_OUT);
    cr_assert_eq(wi_waiters_take(arena), 5);
    weft_arena_release(open);
}

Test(waiters, bells_are_taken_once)
{
    weft_arena *open = agents_arena(64);
    struct wi_arena *arena = wi_arena_of(open);
    for (uint32_t i = 0; i < WI_BELLS; i++)
        cr_assert_eq(wi_bell_take(arena), i);
    cr_assert_eq(wi_bell_take(arena), WI_NO_BELL);
    struct agent agent = agent_on(open, 8, WEFT_FOREVER);
    agent.is_async = true;
    agent_start(&agent);
    cr_assert_eq(agent.status, WEFT_ENOMEM);
    wi_bell_give_back(arena, 3);
    cr_assert_eq(wi_bell_take(arena), 3);
    weft_arena_release(open);
}

Test(waiters, a_bell_gives_its_list_in_order)
{
    weft_arena *open = agents_arena(64);
    struct wi_arena *arena = wi_arena_of(open);
    cr_assert_eq(wi_bell_collect(arena, 2), WI_NO_WAITER);
    for (uint32_t i = 0; i < 5; i++)
        wi_bell_ring(arena, 2, 10 + i);
    uint32_t number = wi_bell_collect(arena, 2);
    for (uint32_t i = 0; i < 5; i++) {
        cr_assert_eq(number, 10 + i);
        number = wi_bell_next(arena, number);
    }
    cr_assert_eq(number, WI_NO_WAITER);
    cr_assert_eq(wi_bell_collect(arena, 2), WI_NO_WAITER);
    weft_arena_release(open);
}

/* Waits with timeouts of all lengths around the notifies: each wait ends as what it was counted as. */
struct race {
    weft_arena *arena;
    uint64_t notified, timed_out;
    wi_atomic_u32 over;
};

#define WAITS 3000

static void *wait_shortly(void *context)
{
    struct race *race = context;
    for (uint64_t i = 0; i < WAITS; i++) {
        weft_outcome outcome;
        if (weft_cell_wait_u32(race->arena, 8, 0, 1 + i * 37 % 20000, &outcome) != WEFT_OK)
            break;
        race->notified += outcome == WEFT_NOTIFIED;
        race->timed_out += outcome == WEFT_TIMED_OUT;
    }
    wi_fetch_add_release(&race->over, 1);
    return NULL;
}

Test(waiters, exactly_one_of_notify_and_time_out_wins)
{
    struct race race = {.arena = agents_arena(64)};
    wi_thread thread;
    uint64_t woken = 0;
    cr_assert_eq(wi_thread_create(&thread, 0, wait_shortly, &race), 0);
    while (wi_load_acquire(&race.over) == 0) {
        woken += agents_notify(race.arena, 4, 8, 1);
        wi_thread_yield();
    }
    wi_thread_join(&thread);
    cr_assert_eq(race.notified + race.timed_out, WAITS);
    cr_assert_eq(race.notified, woken);
    cr_assert_eq(agents_waiting(race.arena, 8), 0);
    weft_arena_release(race.arena);
}

/* Tokens: a cell counts them, takers wait while there are none. A wake-up that is lost stops the test. */
struct tokens {
    weft_arena *arena;
    uint64_t plain;
};

#define TOKENS 3000

static void *take_tokens(void *context)
{
    struct tokens *tokens = context;
    uint32_t *cell = weft_arena_at(tokens->arena, 8, 4);
    for (int taken = 0; taken < TOKENS;) {
        uint32_t value = weft_u32_load(cell);
        weft_outcome outcome;
        if (value == 0)
            weft_cell_wait_u32(tokens->arena, 8, 0, WEFT_FOREVER, &outcome);
        else if (weft_u32_compare_exchange(cell, value, value - 1) == value)
            taken++;
    }
    return NULL;
}

Test(waiters, no_wake_up_is_lost)
{
    struct tokens tokens = {.arena = agents_arena(64)};
    wi_thread threads[AGENTS];
    uint32_t before;
    for (int i = 0; i < AGENTS; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, take_tokens, &tokens), 0);
    for (int i = 0; i < AGENTS * TOKENS; i++) {
        weft_cell_add_u32(tokens.arena, 8, 1, &before);
        agents_notify(tokens.arena, 4, 8, 1);
    }
    for (int i = 0; i < AGENTS; i++)
        wi_thread_join(&threads[i]);
    uint32_t left;
    weft_cell_load_u32(tokens.arena, 8, &left);
    cr_assert_eq(left, 0);
    weft_arena_release(tokens.arena);
}

static void *pass_on(void *context)
{
    struct tokens *tokens = context;
    weft_outcome outcome;
    weft_cell_wait_u32(tokens->arena, 8, 0, WEFT_FOREVER, &outcome);
    tokens->plain *= 2;
    return NULL;
}

Test(waiters, what_was_done_before_a_notify_is_seen_after_the_wait)
{
    for (int round = 0; round < 200; round++) {
        struct tokens tokens = {.arena = agents_arena(64)};
        wi_thread thread;
        cr_assert_eq(wi_thread_create(&thread, 0, pass_on, &tokens), 0);
        if (round % 2)
            agents_wait_until(tokens.arena, 8, 1);
        tokens.plain = 21;
        while (agents_notify(tokens.arena, 4, 8, 1) == 0)
            wi_thread_yield();
        wi_thread_join(&thread);
        cr_assert_eq(tokens.plain, 42);
        weft_arena_release(tokens.arena);
    }
}

Test(waiters, processes_wait_for_and_notify_each_other)
{
    weft_arena *arena = agents_arena(64);
    pid_t child = fork();
    if (child == 0) {
        weft_outcome outcome = WEFT_PENDING;
        uint32_t woken = 0;
        int status = weft_cell_wait_u32(arena, 8, 0, WEFT_FOREVER, &outcome);
        while (status == WEFT_OK && woken == 0)
            status = weft_cell_notify_u32(arena, 16, WEFT_EVERYBODY, &woken);
        _exit(status == WEFT_OK && outcome == WEFT_NOTIFIED && woken == 1 ? 0 : 1);
    }
    agents_wait_until(arena, 8, 1);
    cr_assert_eq(agents_notify(arena, 4, 8, WEFT_EVERYBODY), 1);
    weft_outcome outcome;
    cr_assert_eq(weft_cell_wait_u32(arena, 16, 0, WEFT_FOREVER, &outcome), WEFT_OK);
    cr_assert_eq(outcome, WEFT_NOTIFIED);
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    weft_arena_release(arena);
}
