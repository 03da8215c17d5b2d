/*
 * unit/test_process.c - counting forks
 *
 * A child only looks and leaves, with what it saw as its exit status: it starts no thread, which ThreadSanitizer would
 * not allow in a child of a process that has several.
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/status.h>

#include "base/atomics.h"
#include "os/process.h"
#include "os/thread.h"

#define THREADS 4
#define WRONG   99

/* Runs `body` in a child and returns what it returns there. */
static int in_child(int (*body)(void))
{
    pid_t child = fork();
    if (child == 0)
        _exit(body());
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return WRONG;
    return WEXITSTATUS(status);
}

static int generation(void)
{
    return (int)wi_process_generation();
}

static int generation_of_a_child(void)
{
    return in_child(generation);
}

static int generation_of_a_grandchild(void)
{
    return in_child(generation_of_a_child);
}

static int generation_after_a_child(void)
{
    in_child(generation);
    return generation();
}

static int generation_after_watching(void)
{
    return wi_process_watch() == WEFT_OK ? generation() : WRONG;
}

static int generation_of_a_child_after_watching(void)
{
    return wi_process_watch() == WEFT_OK ? in_child(generation) : WRONG;
}

Test(process, the_first_generation_is_zero)
{
    cr_assert_eq(wi_process_generation(), 0);
    cr_assert_eq(wi_process_watch(), WEFT_OK);
    cr_assert_eq(wi_process_generation(), 0);
}

Test(process, a_fork_that_nobody_watches_is_not_counted)
{
    cr_assert_eq(in_child(generation), 0);
    cr_assert_eq(in_child(generation_after_watching), 0);
    cr_assert_eq(in_child(generation_of_a_child_after_watching), 1);
}

Test(process, each_fork_is_one_more_in_the_child_and_none_in_the_parent)
{
    cr_assert_eq(wi_process_watch(), WEFT_OK);
    cr_assert_eq(in_child(generation), 1);
    cr_assert_eq(wi_process_generation(), 0);
    cr_assert_eq(in_child(generation), 1, "of a second child");
    cr_assert_eq(in_child(generation_of_a_child), 2);
    cr_assert_eq(in_child(generation_of_a_grandchild), 3);
    cr_assert_eq(in_child(generation_after_a_child), 1);
    cr_assert_eq(wi_process_generation(), 0);
}

Test(process, watching_again_counts_no_fork_twice)
{
    for (int i = 0; i < 5; i++)
        cr_assert_eq(wi_process_watch(), WEFT_OK);
    cr_assert_eq(in_child(generation), 1);
    cr_assert_eq(in_child(generation_after_watching), 1);
    cr_assert_eq(in_child(generation_of_a_child_after_watching), 2);
}

struct watcher {
    wi_thread thread;
    wi_atomic_u32 *gate;
    int status;
};

static void *watch(void *context)
{
    struct watcher *watcher = context;
    while (wi_load_acquire(watcher->gate) == 0) /* [process.gate] */
        wi_thread_yield();
    watcher->status = wi_process_watch();
    return NULL;
}

Test(process, stampede_to_watch_counts_no_fork_twice)
{
    wi_atomic_u32 gate = {0};
    struct watcher watchers[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        watchers[i].gate = &gate;
        watchers[i].status = WRONG;
        cr_assert_eq(wi_thread_create(&watchers[i].thread, 0, watch, &watchers[i]), WEFT_OK);
    }
    wi_store_release(&gate, 1); /* [process.gate] */
    for (int i = 0; i < THREADS; i++) {
        wi_thread_join(&watchers[i].thread);
        cr_assert_eq(watchers[i].status, WEFT_OK);
    }
    cr_assert_eq(in_child(generation), 1);
}
