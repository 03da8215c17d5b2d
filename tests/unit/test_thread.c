/*
 * unit/test_thread.c - threads
 */
#include <criterion/criterion.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include <weft/status.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "os/thread.h"

#define THREADS 16

/* What a thread finds out about itself. */
struct self {
    int runs;
    pthread_t handle;
    size_t stack_bytes;
    sigset_t blocked;
    char name[16];
};

static void *look(void *context)
{
    struct self *self = context;
    self->runs++;
    self->handle = pthread_self();
    pthread_sigmask(SIG_SETMASK, NULL, &self->blocked);
    pthread_attr_t attributes;
    void *stack;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &stack, &self->stack_bytes);
        pthread_attr_destroy(&attributes);
    }
    return NULL;
}

/* Creates a thread with `stack_bytes` that looks at itself, and joins it. */
static struct self looked(size_t stack_bytes)
{
    struct self self = {0};
    wi_thread thread;
    cr_assert_eq(wi_thread_create(&thread, stack_bytes, look, &self), WEFT_OK);
    wi_thread_join(&thread);
    cr_assert_eq(self.runs, 1);
    return self;
}

static size_t default_stack_bytes(void)
{
    pthread_attr_t attributes;
    size_t bytes = 0;
    cr_assert_eq(pthread_getattr_default_np(&attributes), 0);
    cr_assert_eq(pthread_attr_getstacksize(&attributes, &bytes), 0);
    pthread_attr_destroy(&attributes);
    return bytes;
}

/* Whether a signal is raised by what the thread itself does, so that blocking it would kill. */
static bool is_own_fault(int signal_number)
{
    static const int own_fault[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    for (size_t i = 0; i < sizeof own_fault / sizeof own_fault[0]; i++)
        if (own_fault[i] == signal_number)
            return true;
    return false;
}

static bool masks_are_equal(const sigset_t *one, const sigset_t *other)
{
    for (int i = 1; i < NSIG; i++)
        if (sigismember(one, i) != sigismember(other, i))
            return false;
    return true;
}

Test(thread, smoke)
{
    struct self self = looked(0);
    cr_assert_not(pthread_equal(self.handle, pthread_self()));
}

Test(thread, many_at_once_run_each_on_its_own)
{
    wi_thread threads[THREADS];
    struct self selves[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, look, &selves[i]), WEFT_OK);
    for (int i = 0; i < THREADS; i++) {
        wi_thread_join(&threads[i]);
        cr_assert_eq(selves[i].runs, 1);
        cr_assert(pthread_equal(selves[i].handle, threads[i].handle));
    }
}

static void *increment(void *context)
{
    ++*(int *)context;
    return NULL;
}

Test(thread, order_runs_from_create_through_the_body_to_join)
{
    /* Plain data: ThreadSanitizer sees a race if create or join carries no order. */
    int number = 0;
    for (int i = 0; i < 100; i++) {
        wi_thread thread;
        number++;
        cr_assert_eq(wi_thread_create(&thread, 0, increment, &number), WEFT_OK);
        wi_thread_join(&thread);
        cr_assert_eq(number, 2 * (i + 1));
    }
}

Test(thread, the_stack_is_as_large_as_asked)
{
    size_t bytes = 2 * default_stack_bytes();
    cr_assert_geq(looked(bytes).stack_bytes, bytes);
    /* The C library rounds to pages, down. */
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    cr_assert_geq(looked(bytes + 12345).stack_bytes, (bytes + 12345) / page_bytes * page_bytes);
}

Test(thread, the_stack_may_be_smaller_than_the_default)
{
    size_t bytes = default_stack_bytes() / 8;
    size_t got = looked(bytes).stack_bytes;
    cr_assert_geq(got, bytes);
    /* The C library may give a stack that it had left over, up to four times as large. */
    cr_assert_lt(got, default_stack_bytes());
}

Test(thread, the_default_stack_is_the_systems)
{
    cr_assert_geq(looked(0).stack_bytes, default_stack_bytes());
}

Test(thread, a_stack_that_is_too_small_is_refused)
{
    const size_t sizes[] = {1, 1000, 4096, (size_t)PTHREAD_STACK_MIN - 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct self self = {0};
        wi_thread thread;
        cr_assert_eq(wi_thread_create(&thread, sizes[i], look, &self), WEFT_EINVAL, "%zu bytes", sizes[i]);
        cr_assert_eq(self.runs, 0);
    }
}

Test(thread, a_stack_that_no_memory_can_hold_is_refused)
{
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    struct self self = {0};
    wi_thread thread;
    cr_assert_eq(wi_thread_create(&thread, (size_t)1 << 62, look, &self), WEFT_ESYSTEM);
    cr_assert_eq(self.runs, 0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    cr_assert(masks_are_equal(&before, &after));
}

Test(thread, oom)
{
    struct self self = {0};
    wi_thread thread;
    wi_alloc_fail_at(2);
    cr_assert_eq(wi_thread_create(&thread, 0, look, &self), WEFT_OK);
    wi_thread_join(&thread);
    cr_assert_eq(wi_thread_create(&thread, 0, look, &self), WEFT_ESYSTEM);
    cr_assert_eq(self.runs, 1);
    cr_assert_eq(wi_thread_create(&thread, 0, look, &self), WEFT_OK);
    wi_thread_join(&thread);
    cr_assert_eq(self.runs, 2);
}

Test(thread, all_signals_are_blocked_but_those_of_its_own_fault)
{
    struct self self = looked(0);
    for (int i = 1; i < SIGRTMIN; i++) {
        /* The kernel lets nobody block the first two, the C library has what is between SIGSYS and SIGRTMIN. */
        if (i == SIGKILL || i == SIGSTOP || i > SIGSYS)
            continue;
        cr_assert_eq(sigismember(&self.blocked, i), is_own_fault(i) ? 0 : 1, "signal %d", i);
    }
    for (int i = SIGRTMIN; i <= SIGRTMAX; i++)
        cr_assert_eq(sigismember(&self.blocked, i), 1, "signal %d", i);
}

Test(thread, its_creator_keeps_its_signals)
{
    sigset_t mask, after;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigaddset(&mask, SIGTERM);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    looked(0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    cr_assert(masks_are_equal(&mask, &after));
}

/* A thread that has a name and stays until others have read it. */
struct named {
    const char *name;
    char seen[16];
    wi_atomic_u32 is_named;
    wi_atomic_u32 may_go;
};

static void *take_name(void *context)
{
    struct named *named = context;
    wi_thread_name(named->name);
    pthread_getname_np(pthread_self(), named->seen, sizeof named->seen);
    wi_store_release(&named->is_named, 1);       /* [thread.named] */
    while (wi_load_acquire(&named->may_go) == 0) /* [thread.go] */
        wi_thread_yield();
    return NULL;
}

Test(thread, its_name_is_seen_by_itself_and_by_others)
{
    static const char *const names[] = {"weft/0", "a", "fifteen bytes!!", ""};
    char before[16], after[16];
    cr_assert_eq(pthread_getname_np(pthread_self(), before, sizeof before), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct named named = {.name = names[i]};
        wi_thread thread;
        char seen[16] = "?";
        cr_assert_eq(wi_thread_create(&thread, 0, take_name, &named), WEFT_OK);
        while (wi_load_acquire(&named.is_named) == 0) /* [thread.named] */
            wi_thread_yield();
        int failure = pthread_getname_np(thread.handle, seen, sizeof seen);
        wi_store_release(&named.may_go, 1); /* [thread.go] */
        wi_thread_join(&thread);
        cr_assert_eq(failure, 0);
        cr_assert_str_eq(seen, names[i]);
        cr_assert_str_eq(named.seen, names[i]);
    }
    cr_assert_eq(pthread_getname_np(pthread_self(), after, sizeof after), 0);
    cr_assert_str_eq(before, after);
}

static int clearings;

static void clear_up(void *context)
{
    clearings += *(int *)context;
}

static void *leave_something(void *context)
{
    static int something = 5;
    return wi_thread_at_exit(*(wi_exit_key *)context, &something) == WEFT_OK ? context : NULL;
}

static void *leave_nothing(void *context)
{
    return context;
}

Test(thread, what_a_thread_leaves_is_cleared_up_at_its_end)
{
    wi_exit_key key;
    wi_thread thread;
    cr_assert_eq(wi_thread_exit_key(&key, clear_up), WEFT_OK);
    cr_assert_eq(wi_thread_create(&thread, 0, leave_something, &key), WEFT_OK);
    wi_thread_join(&thread);
    cr_assert_eq(clearings, 5);
    cr_assert_eq(wi_thread_create(&thread, 0, leave_nothing, &key), WEFT_OK);
    wi_thread_join(&thread);
    cr_assert_eq(clearings, 5);
}
