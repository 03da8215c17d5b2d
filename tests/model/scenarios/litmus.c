/*
 * scenarios/litmus.c - the checker itself: each small program has exactly the outcomes that C11 allows it
 *
 * With the exceptions that the README names: load buffering, and stores that overtake one another (2+2W), do not occur.
 */
#include "base/alloc.h"
#include "base/atomics.h"

struct litmus {
    wi_atomic_u64 x, y;
    uint64_t a, b, c, d; /* what the threads have read; each written by one */
};

static struct litmus *litmus;

/* Runs up to four bodies beside one another. */
static void together(void (*one)(void *), void (*two)(void *), void (*three)(void *), void (*four)(void *))
{
    litmus = mc_new(sizeof *litmus);
    void (*bodies[])(void *) = {one, two, three, four};
    static const char *const names[] = {"one", "two", "three", "four"};
    for (int i = 0; i < 4; i++)
        if (bodies[i])
            mc_spawn(names[i], bodies[i], litmus);
    mc_join_all();
}

static void outcome_of_two(void)
{
    mc_outcome("%d%d", (int)litmus->a, (int)litmus->b);
}

static void outcome_of_four(void)
{
    mc_outcome("%d%d%d%d", (int)litmus->a, (int)litmus->b, (int)litmus->c, (int)litmus->d);
}

#define BODY(name)                                                                                                     \
    static void name##_in(struct litmus *l);                                                                           \
    static void name(void *context)                                                                                    \
    {                                                                                                                  \
        name##_in(context);                                                                                            \
    }                                                                                                                  \
    static void name##_in(struct litmus *l)

/* ---- message passing ---- */

BODY(write_relaxed)
{
    wi_store_relaxed(&l->x, 1);
    wi_store_relaxed(&l->y, 1);
}

BODY(write_release)
{
    wi_store_relaxed(&l->x, 1);
    wi_store_release(&l->y, 1);
}

BODY(write_fenced)
{
    wi_store_relaxed(&l->x, 1);
    wi_fence_seq_cst();
    wi_store_relaxed(&l->y, 1);
}

BODY(read_relaxed)
{
    l->a = wi_load_relaxed(&l->y);
    l->b = wi_load_relaxed(&l->x);
}

BODY(read_acquire)
{
    l->a = wi_load_acquire(&l->y);
    l->b = wi_load_relaxed(&l->x);
}

BODY(read_fenced)
{
    l->a = wi_load_relaxed(&l->y);
    wi_fence_seq_cst();
    l->b = wi_load_relaxed(&l->x);
}

MC_SCENARIO(litmus, message_passing, .outcomes = "00 01 11")
{
    together(write_release, read_acquire, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, message_passing_relaxed, .outcomes = "00 01 10 11")
{
    together(write_relaxed, read_relaxed, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, message_passing_release_only, .outcomes = "00 01 10 11")
{
    together(write_release, read_relaxed, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, message_passing_acquire_only, .outcomes = "00 01 10 11")
{
    together(write_relaxed, read_acquire, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, message_passing_fences, .outcomes = "00 01 11")
{
    together(write_fenced, read_fenced, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, message_passing_fence_to_acquire, .outcomes = "00 01 11")
{
    together(write_fenced, read_acquire, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, message_passing_release_to_fence, .outcomes = "00 01 11")
{
    together(write_release, read_fenced, NULL, NULL);
    outcome_of_two();
}

/* ---- release sequences: a read-modify-write continues one, a store by the same thread does not (C++20) ---- */

BODY(write_then_overwrite)
{
    wi_store_relaxed(&l->x, 1);
    wi_store_release(&l->y, 1);
    wi_store_relaxed(&l->y, 2);
}

BODY(add_relaxed)
{
    wi_fetch_add_relaxed(&l->y, 1);
}

BODY(write_then_add)
{
    wi_store_relaxed(&l->x, 1);
    wi_store_release(&l->y, 1);
    wi_fetch_add_relaxed(&l->y, 1);
}

MC_SCENARIO(litmus, release_sequence_by_store, .outcomes = "00 01 11 20 21")
{
    together(write_then_overwrite, read_acquire, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, release_sequence_by_update, .outcomes = "00 01 11 21")
{
    together(write_then_add, read_acquire, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, release_sequence_by_another, .outcomes = "00 01 10 11 21")
{
    together(write_release, read_acquire, add_relaxed, NULL);
    outcome_of_two();
}

/* ---- store buffering ---- */

BODY(store_x_load_y)
{
    wi_store_release(&l->x, 1);
    l->a = wi_load_acquire(&l->y);
}

BODY(store_y_load_x)
{
    wi_store_release(&l->y, 1);
    l->b = wi_load_acquire(&l->x);
}

BODY(store_x_fence_load_y)
{
    wi_store_relaxed(&l->x, 1);
    wi_fence_seq_cst();
    l->a = wi_load_relaxed(&l->y);
}

BODY(store_y_fence_load_x)
{
    wi_store_relaxed(&l->y, 1);
    wi_fence_seq_cst();
    l->b = wi_load_relaxed(&l->x);
}

BODY(add_x_load_y)
{
    wi_fetch_add_acq_rel(&l->x, 1);
    l->a = wi_load_acquire(&l->y);
}

BODY(add_y_load_x)
{
    wi_fetch_add_acq_rel(&l->y, 1);
    l->b = wi_load_acquire(&l->x);
}

BODY(store_x_barrier_load_y)
{
    wi_store_relaxed(&l->x, 1);
    mc_barrier(MC_HERE(MC_BARRIER, MC_SEQ_CST, "a barrier"));
    l->a = wi_load_relaxed(&l->y);
}

/* What an asymmetric barrier leaves of the other side's fence: an order that the compiler keeps. */
BODY(store_y_light_load_x)
{
    wi_store_relaxed(&l->y, 1);
    l->b = wi_load_relaxed(&l->x);
}

MC_SCENARIO(litmus, store_buffering, .outcomes = "00 01 10 11")
{
    together(store_x_load_y, store_y_load_x, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, store_buffering_fences, .outcomes = "01 10 11")
{
    together(store_x_fence_load_y, store_y_fence_load_x, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, store_buffering_one_fence, .outcomes = "00 01 10 11")
{
    together(store_x_fence_load_y, store_y_load_x, NULL, NULL);
    outcome_of_two();
}

/* An update is no fence for what follows. */
MC_SCENARIO(litmus, store_buffering_updates, .outcomes = "00 01 10 11")
{
    together(add_x_load_y, add_y_load_x, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, store_buffering_asymmetric, .outcomes = "01 10 11")
{
    together(store_x_barrier_load_y, store_y_light_load_x, NULL, NULL);
    outcome_of_two();
}

/* ---- seq_cst accesses ---- */

#define STORE_SEQ_CST(p, v) MC_STORES(p, #p, v, MC_RELEASE | MC_SEQ_CST)
#define LOAD_SEQ_CST(p)     MC_LOADS(p, #p, MC_ACQUIRE | MC_SEQ_CST)

BODY(store_x_load_y_seq_cst)
{
    STORE_SEQ_CST(&l->x, 1);
    l->a = LOAD_SEQ_CST(&l->y);
}

BODY(store_y_load_x_seq_cst)
{
    STORE_SEQ_CST(&l->y, 1);
    l->b = LOAD_SEQ_CST(&l->x);
}

MC_SCENARIO(litmus, store_buffering_seq_cst, .outcomes = "01 10 11")
{
    together(store_x_load_y_seq_cst, store_y_load_x_seq_cst, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, store_buffering_seq_cst_to_fence, .outcomes = "01 10 11")
{
    together(store_x_load_y_seq_cst, store_y_fence_load_x, NULL, NULL);
    outcome_of_two();
}

/* ---- independent reads of independent writes ---- */

BODY(store_x)
{
    wi_store_release(&l->x, 1);
}

BODY(store_y)
{
    wi_store_release(&l->y, 1);
}

BODY(store_x_seq_cst)
{
    STORE_SEQ_CST(&l->x, 1);
}

BODY(store_y_seq_cst)
{
    STORE_SEQ_CST(&l->y, 1);
}

BODY(read_x_y)
{
    l->a = wi_load_acquire(&l->x);
    l->b = wi_load_acquire(&l->y);
}

BODY(read_y_x)
{
    l->c = wi_load_acquire(&l->y);
    l->d = wi_load_acquire(&l->x);
}

BODY(read_x_fence_y)
{
    l->a = wi_load_relaxed(&l->x);
    wi_fence_seq_cst();
    l->b = wi_load_relaxed(&l->y);
}

BODY(read_y_fence_x)
{
    l->c = wi_load_relaxed(&l->y);
    wi_fence_seq_cst();
    l->d = wi_load_relaxed(&l->x);
}

BODY(read_x_y_seq_cst)
{
    l->a = LOAD_SEQ_CST(&l->x);
    l->b = LOAD_SEQ_CST(&l->y);
}

BODY(read_y_x_seq_cst)
{
    l->c = LOAD_SEQ_CST(&l->y);
    l->d = LOAD_SEQ_CST(&l->x);
}

#define ALL_BUT_1010 "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1011 1100 1101 1110 1111"

MC_SCENARIO(litmus, iriw, .outcomes = "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111")
{
    together(store_x, store_y, read_x_y, read_y_x);
    outcome_of_four();
}

MC_SCENARIO(litmus, iriw_fences, .outcomes = ALL_BUT_1010)
{
    together(store_x, store_y, read_x_fence_y, read_y_fence_x);
    outcome_of_four();
}

MC_SCENARIO(litmus, iriw_seq_cst, .outcomes = ALL_BUT_1010)
{
    together(store_x_seq_cst, store_y_seq_cst, read_x_y_seq_cst, read_y_x_seq_cst);
    outcome_of_four();
}

/* ---- one location: reads do not go back; updates do not lose one another ---- */

BODY(read_twice)
{
    l->a = wi_load_relaxed(&l->x);
    l->b = wi_load_relaxed(&l->x);
}

MC_SCENARIO(litmus, coherence, .outcomes = "00 01 11")
{
    together(store_x, read_twice, NULL, NULL);
    outcome_of_two();
}

BODY(take_turn)
{
    uint64_t turn = wi_load_relaxed(&l->x);
    while (!wi_cas_acq_rel(&l->x, &turn, turn + 1))
        continue;
    *(turn == 0 ? &l->a : &l->b) += 1;
}

MC_SCENARIO(litmus, cas_takes_turns, .outcomes = "11")
{
    together(take_turn, take_turn, NULL, NULL);
    outcome_of_two();
}

/* ---- what the checker does not have ---- */

BODY(load_x_store_y)
{
    l->a = wi_load_relaxed(&l->x);
    wi_store_relaxed(&l->y, 1);
}

BODY(load_y_store_x)
{
    l->b = wi_load_relaxed(&l->y);
    wi_store_relaxed(&l->x, 1);
}

/* C11 allows 11 as well. */
MC_SCENARIO(litmus, load_buffering_is_not_covered, .outcomes = "00 01 10")
{
    together(load_x_store_y, load_y_store_x, NULL, NULL);
    outcome_of_two();
}

BODY(store_x1_y2)
{
    wi_store_relaxed(&l->x, 1);
    wi_store_relaxed(&l->y, 2);
}

BODY(store_y1_x2)
{
    wi_store_relaxed(&l->y, 1);
    wi_store_relaxed(&l->x, 2);
}

/* C11 allows 11 as well. Some of these stores meet writes that they do not know, which the checker counts. */
MC_SCENARIO(litmus, stores_that_overtake_are_not_covered, .outcomes = "12 21 22")
{
    together(store_x1_y2, store_y1_x2, NULL, NULL);
    litmus->a = wi_load_relaxed(&litmus->x);
    litmus->b = wi_load_relaxed(&litmus->y);
    outcome_of_two();
}

/* But a load that is said to count must happen before what overwrites it. */
BODY(load_that_counts)
{
    uint64_t answer = wi_load_relaxed(&l->x);
    mc_counts((const void *)(uintptr_t)answer);
    wi_store_relaxed(&l->y, 1);
}

BODY(overwrite_when_told)
{
    if (wi_load_acquire(&l->y))
        wi_store_relaxed(&l->x, 1);
}

MC_SCENARIO(litmus, load_that_counts_is_overtaken, .fails_with = "overtakes")
{
    together(load_that_counts, overwrite_when_told, NULL, NULL);
}

/* ---- write-to-read causality ---- */

BODY(pass_on)
{
    l->a = wi_load_acquire(&l->x);
    wi_store_release(&l->y, l->a);
}

BODY(read_passed_on)
{
    l->b = wi_load_acquire(&l->y);
    l->c = wi_load_relaxed(&l->x);
}

MC_SCENARIO(litmus, causality, .outcomes = "0000 0010 1000 1010 1110")
{
    together(store_x, pass_on, read_passed_on, NULL);
    outcome_of_four();
}

/* ---- plain accesses, ends of lives, sleep ---- */

BODY(write_plain_release)
{
    l->d = 7;
    wi_store_release(&l->x, 1);
}

BODY(write_plain_relaxed)
{
    l->d = 7;
    wi_store_relaxed(&l->x, 1);
}

BODY(read_plain_acquire)
{
    if (wi_load_acquire(&l->x))
        mc_check(l->d == 7);
}

MC_SCENARIO(litmus, no_race, .outcomes = "")
{
    together(write_plain_release, read_plain_acquire, NULL, NULL);
}

MC_SCENARIO(litmus, race, .fails_with = "race: ")
{
    together(write_plain_relaxed, read_plain_acquire, NULL, NULL);
}

BODY(delete_unless_seen)
{
    if (wi_load_relaxed(&l->y) == 0)
        mc_delete(l);
}

MC_SCENARIO(litmus, use_after_free, .fails_with = "freed")
{
    together(read_relaxed, delete_unless_seen, NULL, NULL);
}

/* Also where the free comes last in time, if nothing says that it must. */
BODY(read_then_flag_relaxed)
{
    l->a = wi_load_relaxed(&l->x);
    wi_store_relaxed(&l->y, 1);
}

BODY(delete_if_flagged)
{
    if (wi_load_acquire(&l->y))
        mc_delete(l);
}

MC_SCENARIO(litmus, free_that_races, .fails_with = "race: a free")
{
    together(read_then_flag_relaxed, delete_if_flagged, NULL, NULL);
}

/* ---- readers' sections ---- */

BODY(read_in_section)
{
    mc_reader_enter();
    struct litmus *linked = (struct litmus *)(uintptr_t)wi_load_acquire(&l->x);
    if (linked)
        l->a = wi_load_relaxed(&linked->x);
    mc_reader_leave();
}

BODY(unlink_wait_delete)
{
    struct litmus *linked = (struct litmus *)(uintptr_t)wi_load_relaxed(&l->x);
    wi_store_relaxed(&l->x, 0);
    mc_reader_wait();
    mc_delete(linked);
}

BODY(unlink_delete)
{
    struct litmus *linked = (struct litmus *)(uintptr_t)wi_load_relaxed(&l->x);
    wi_store_relaxed(&l->x, 0);
    mc_delete(linked);
}

static void beside_a_reader(void (*body)(void *))
{
    litmus = mc_new(sizeof *litmus);
    wi_init(&litmus->x, (uint64_t)(uintptr_t)mc_new(sizeof *litmus));
    mc_spawn("reader", read_in_section, litmus);
    mc_spawn("deleter", body, litmus);
    mc_join_all();
}

MC_SCENARIO(litmus, delete_after_readers, .outcomes = "")
{
    beside_a_reader(unlink_wait_delete);
}

MC_SCENARIO(litmus, delete_beside_readers, .fails_with = "free")
{
    beside_a_reader(unlink_delete);
}

/* ---- sleeping on a word ---- */

struct word {
    wi_atomic_u32 value;
    bool is_timed, has_timed_out;
};

static void sleep_while_zero(void *context)
{
    struct word *word = context;
    while (wi_load_acquire(&word->value) == 0 && !word->has_timed_out)
        word->has_timed_out = !mc_futex_wait(&word->value, 4, 0, word->is_timed);
}

static void store_and_wake(void *context)
{
    struct word *word = context;
    wi_store_release(&word->value, 1);
    mc_futex_wake(&word->value, 1);
}

static void wake_and_store(void *context)
{
    struct word *word = context;
    mc_futex_wake(&word->value, 1);
    wi_store_release(&word->value, 1);
}

static void beside_a_sleeper(void (*body)(void *), bool is_timed)
{
    struct word *word = mc_new(sizeof *word);
    word->is_timed = is_timed;
    mc_spawn("sleeper", sleep_while_zero, word);
    mc_spawn("waker", body, word);
    mc_join_all();
    mc_outcome("%d", word->has_timed_out);
}

MC_SCENARIO(litmus, sleep_and_wake, .outcomes = "0", .spurious = 2)
{
    beside_a_sleeper(store_and_wake, false);
}

MC_SCENARIO(litmus, sleep_and_wake_too_early, .fails_with = "nobody can go on: ")
{
    beside_a_sleeper(wake_and_store, false);
}

MC_SCENARIO(litmus, sleep_with_deadline, .outcomes = "0 1")
{
    beside_a_sleeper(wake_and_store, true);
}

/* ---- waiting in a loop ends, and one that cannot is noticed ---- */

BODY(wait_for_x)
{
    while (wi_load_acquire(&l->x) == 0)
        wi_pause();
}

MC_SCENARIO(litmus, wait_in_a_loop, .outcomes = "00")
{
    together(store_x, wait_for_x, NULL, NULL);
    outcome_of_two();
}

MC_SCENARIO(litmus, wait_in_a_loop_for_ever, .fails_with = "does not seem to end")
{
    together(wait_for_x, read_twice, NULL, NULL);
}

MC_SCENARIO(litmus, leak, .fails_with = "never freed")
{
    wi_alloc(8, 8);
}
