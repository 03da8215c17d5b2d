/*
 * unit/test_reclaim.c - waiting until nobody can still be reading what was unlinked
 */
#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomics.h"
#include "os/thread.h"
#include "queue/reclaim.h"

Test(reclaim, a_wait_without_readers_returns)
{
    wi_reclaim_wait();
    wi_reclaim_enter();
    wi_reclaim_leave();
    wi_reclaim_wait();
}

struct shelf {
    wi_atomic_ptr book;
    wi_atomic_u32 is_closed;
};

static void *reader(void *context)
{
    struct shelf *shelf = context;
    while (wi_load_acquire(&shelf->is_closed) == 0) {
        wi_reclaim_enter();
        const int *book = wi_load_acquire(&shelf->book);
        cr_assert_eq(*book, 42);
        wi_reclaim_leave();
    }
    return NULL;
}

static int *book_create(void)
{
    int *book = malloc(sizeof *book);
    *book = 42;
    return book;
}

/* A reader that still holds a freed book reads what is not 42, and is a report under the sanitizers. */
Test(reclaim, nothing_is_freed_under_a_reader)
{
    struct shelf shelf;
    wi_thread threads[2];
    wi_init(&shelf.book, book_create());
    wi_init(&shelf.is_closed, 0);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, reader, &shelf), 0);
    for (int i = 0; i < 200; i++) {
        int *old = wi_load_relaxed(&shelf.book);
        wi_store_release(&shelf.book, book_create());
        wi_reclaim_wait();
        *old = 0;
        free(old);
    }
    wi_store_release(&shelf.is_closed, 1);
    for (int i = 0; i < 2; i++)
        wi_thread_join(&threads[i]);
    free(wi_load_relaxed(&shelf.book));
}

/* A reader of the parent that is inside its section at the fork is not there to leave it in the child. */
static void *stay_inside(void *context)
{
    wi_atomic_u32 *step = context;
    wi_reclaim_enter();
    wi_store_release(step, 1);
    while (wi_load_acquire(step) == 1)
        wi_thread_yield();
    wi_reclaim_leave();
    return NULL;
}

Test(reclaim, a_forked_child_does_not_wait_for_readers_that_are_gone)
{
    wi_thread thread;
    wi_atomic_u32 step = {0};
    cr_assert_eq(wi_reclaim_watch(), 0);
    cr_assert_eq(wi_thread_create(&thread, 0, stay_inside, &step), 0);
    while (wi_load_acquire(&step) == 0)
        wi_thread_yield();
    pid_t child = fork();
    if (child == 0) {
        wi_reclaim_enter();
        wi_reclaim_leave();
        wi_reclaim_wait();
        _exit(0);
    }
    int result;
    cr_assert_eq(waitpid(child, &result, 0), child);
    cr_assert(WIFEXITED(result) && WEXITSTATUS(result) == 0);
    wi_store_release(&step, 2);
    wi_thread_join(&thread);
    wi_reclaim_wait();
}
