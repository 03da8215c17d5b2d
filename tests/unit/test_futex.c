/*
 * unit/test_futex.c - sleeping on a word
 *
 * A wake that is lost makes these tests hang, and ctest ends them: a limit on the time would fail on a slow machine.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomics.h"
#include "os/clock.h"
#include "os/futex.h"
#include "os/thread.h"

#define MILLISECOND UINT64_C(1000000)
#define SLEEPERS    4
#define ROUNDS      500

/* Sleeps until `word` is no longer `value`. Returns whether a wait was ever said to have run out of time. */
static bool leave(wi_atomic_u32 *word, uint32_t value)
{
    bool ran_out = false;
    while (wi_load_acquire(word) == value) /* [futex.word] */
        ran_out |= !wi_futex_wait(word, value, WI_NEVER);
    return ran_out;
}

static void set(wi_atomic_u32 *word, uint32_t value, int count)
{
    wi_store_release(word, value); /* [futex.word] */
    wi_futex_wake(word, count);
}

Test(futex, a_wait_for_another_value_returns_at_once)
{
    wi_atomic_u32 word = {7};
    cr_assert(wi_futex_wait(&word, 8, WI_NEVER));
    cr_assert(wi_futex_wait(&word, 0, WI_NEVER));
    cr_assert(wi_futex_wait(&word, 8, wi_clock_deadline(3600 * 1000 * MILLISECOND)));
    cr_assert_eq(word.value, 7);
}

Test(futex, a_wait_whose_deadline_has_passed_returns_false)
{
    wi_atomic_u32 word = {7};
    cr_assert_not(wi_futex_wait(&word, 7, 0));
    cr_assert_not(wi_futex_wait(&word, 7, 1));
    cr_assert_not(wi_futex_wait(&word, 7, wi_clock_now() - 1));
    cr_assert_not(wi_futex_wait(&word, 7, wi_clock_deadline(0)));
}

Test(futex, a_wait_runs_out_of_time_at_its_deadline_and_not_before)
{
    static const uint64_t timeouts[] = {1, MILLISECOND / 2, MILLISECOND, 20 * MILLISECOND};
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        wi_atomic_u32 word = {0};
        uint64_t before = wi_clock_now();
        uint64_t deadline = wi_clock_deadline(timeouts[i]);
        while (wi_futex_wait(&word, 0, deadline))
            ;
        uint64_t after = wi_clock_now();
        cr_assert_geq(after, deadline);
        cr_assert_geq(after - before, timeouts[i]);
    }
}

Test(futex, a_wait_that_is_begun_again_keeps_its_deadline)
{
    /* The deadline is a point in time: the second wait has nothing left. */
    wi_atomic_u32 word = {0};
    uint64_t deadline = wi_clock_deadline(MILLISECOND);
    while (wi_futex_wait(&word, 0, deadline))
        ;
    cr_assert_not(wi_futex_wait(&word, 0, deadline));
}

Test(futex, a_wake_without_a_sleeper_is_not_kept)
{
    wi_atomic_u32 word = {0};
    wi_futex_wake(&word, 1);
    wi_futex_wake(&word, WI_FUTEX_ALL);
    cr_assert_eq(word.value, 0);
    uint64_t deadline = wi_clock_deadline(MILLISECOND);
    while (wi_futex_wait(&word, 0, deadline))
        ;
    cr_assert_geq(wi_clock_now(), deadline);
}

Test(futex, errno_is_kept)
{
    wi_atomic_u32 word = {7};
    errno = 12345;
    wi_futex_wait(&word, 8, WI_NEVER);
    cr_assert_eq(errno, 12345, "the value was another");
    wi_futex_wait(&word, 7, 0);
    cr_assert_eq(errno, 12345, "the deadline had passed");
    wi_futex_wake(&word, WI_FUTEX_ALL);
    cr_assert_eq(errno, 12345, "nobody slept");
    /* The last page is the kernel's own, which refuses. */
    wi_futex_wake((wi_atomic_u32 *)(UINTPTR_MAX - 4095), 1);
    cr_assert_eq(errno, 12345, "the wake was refused");
}

/* Two that write each other notes; each note is plain data behind the word. */
struct pair {
    wi_thread thread;
    wi_atomic_u32 word; /* whose turn it is */
    uint32_t note;
    bool ran_out;
    bool is_wrong;
};

static void *answer(void *context)
{
    struct pair *pair = context;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        pair->ran_out |= leave(&pair->word, 0);
        pair->is_wrong |= pair->note != 2 * i + 1;
        pair->note++;
        set(&pair->word, 0, 1);
    }
    return NULL;
}

Test(futex, order_is_carried_from_the_store_before_a_wake_to_the_load_after_a_wait)
{
    /* Not on the stack: clang 14 leaves out the fields of a local structure (google/sanitizers#1181). */
    static struct pair pair;
    cr_assert_eq(wi_thread_create(&pair.thread, 0, answer, &pair), 0);
    bool ran_out = false;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        pair.note++;
        set(&pair.word, 1, 1);
        ran_out |= leave(&pair.word, 1);
        cr_assert_eq(pair.note, 2 * i + 2);
    }
    wi_thread_join(&pair.thread);
    cr_assert_not(pair.is_wrong);
    cr_assert_not(ran_out || pair.ran_out);
}

/* Sleepers on one word, which they leave together. */
struct crowd {
    wi_atomic_u32 word;
    wi_atomic_u32 coming; /* sleepers that are about to sleep */
    wi_atomic_u32 back;   /* sleepers that have left the last round */
};

static void *follow(void *context)
{
    struct crowd *crowd = context;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        wi_fetch_add_release(&crowd->coming, 1); /* [futex.coming] */
        leave(&crowd->word, i);
    }
    wi_fetch_add_release(&crowd->back, 1); /* [futex.back] */
    wi_futex_wake(&crowd->back, 1);
    return NULL;
}

Test(futex, stampede_is_woken_by_a_wake_of_all)
{
    struct crowd crowd = {0};
    wi_thread threads[SLEEPERS];
    for (int i = 0; i < SLEEPERS; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, follow, &crowd), 0);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        while (wi_load_acquire(&crowd.coming) != (i + 1) * SLEEPERS) /* [futex.coming] */
            wi_thread_yield();
        set(&crowd.word, i + 1, WI_FUTEX_ALL);
    }
    for (uint32_t back; (back = wi_load_acquire(&crowd.back)) != SLEEPERS;) /* [futex.back] */
        wi_futex_wait(&crowd.back, back, WI_NEVER);
    for (int i = 0; i < SLEEPERS; i++)
        wi_thread_join(&threads[i]);
}

/* Takes one token from `word`, and sleeps while there is none. */
static void *take_tokens(void *context)
{
    wi_atomic_u32 *word = context;
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t tokens = wi_load_acquire(word); /* [futex.token] */
        while (tokens == 0 || !wi_cas_acq_rel(word, &tokens, tokens - 1)) {
            if (tokens == 0) {
                wi_futex_wait(word, 0, WI_NEVER);
                tokens = wi_load_acquire(word); /* [futex.token] */
            }
        }
    }
    return NULL;
}

Test(futex, no_starvation_when_each_token_wakes_one)
{
    wi_atomic_u32 word = {0};
    wi_thread threads[SLEEPERS];
    for (int i = 0; i < SLEEPERS; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, take_tokens, &word), 0);
    for (int i = 0; i < SLEEPERS * ROUNDS; i++) {
        wi_fetch_add_release(&word, 1); /* [futex.token] */
        wi_futex_wake(&word, 1);
    }
    for (int i = 0; i < SLEEPERS; i++)
        wi_thread_join(&threads[i]);
    cr_assert_eq(word.value, 0);
}

static void nothing(int signal_number)
{
    (void)signal_number;
}

/* One that sends signals to a sleeper until that says that it is awake. */
struct caller {
    wi_thread thread;
    pthread_t sleeper;
    wi_atomic_u32 is_awake;
};

static void *call(void *context)
{
    struct caller *caller = context;
    while (wi_load_acquire(&caller->is_awake) == 0) { /* [futex.awake] */
        pthread_kill(caller->sleeper, SIGUSR1);
        wi_thread_yield();
    }
    return NULL;
}

Test(futex, a_wait_cut_short_by_a_signal_has_not_run_out_of_time)
{
    struct sigaction action = {.sa_handler = nothing};
    cr_assert_eq(sigaction(SIGUSR1, &action, NULL), 0);
    struct caller caller = {.sleeper = pthread_self()};
    cr_assert_eq(wi_thread_create(&caller.thread, 0, call, &caller), 0);
    wi_atomic_u32 word = {0};
    errno = 12345;
    bool in_time = wi_futex_wait(&word, 0, wi_clock_deadline(3600 * 1000 * MILLISECOND));
    bool in_time_without_deadline = wi_futex_wait(&word, 0, WI_NEVER);
    int left = errno;
    wi_store_release(&caller.is_awake, 1); /* [futex.awake] */
    wi_thread_join(&caller.thread);
    cr_assert(in_time);
    cr_assert(in_time_without_deadline);
    cr_assert_eq(left, 12345);
}

/* A wake for memory that is shared must find who sleeps at another address of the same memory, here in a child. */
Test(futex, shared_words_meet_across_processes)
{
    wi_atomic_u32 *words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(words, MAP_FAILED);
    pid_t child = fork();
    if (child == 0) {
        wi_store_release(&words[1], 1); /* [futex.word] */
        wi_futex_wake_shared(&words[1], 1);
        while (wi_load_acquire(&words[0]) == 0) /* [futex.word] */
            wi_futex_wait_shared(&words[0], 0, WI_NEVER);
        _exit(0);
    }
    while (wi_load_acquire(&words[1]) == 0) /* [futex.word] */
        wi_futex_wait_shared(&words[1], 0, WI_NEVER);
    wi_store_release(&words[0], 1); /* [futex.word] */
    wi_futex_wake_shared(&words[0], WI_FUTEX_ALL);
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    cr_assert_not(wi_futex_wait_shared(&words[0], 1, wi_clock_now()));
}
