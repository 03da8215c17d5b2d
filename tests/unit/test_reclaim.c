/*
 * unit/test_reclaim.c - waiting until nobody can still be reading what was unlinked
 */
#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomics.h"
#include "os/process.h"
#include "os/thread.h"
#include "queue/reclaim.h"

Test(reclaim, a_wait_without_readers_returns)
{
    cr_assert(wi_reclaim_wait());
    wi_reclaim_enter();
    wi_reclaim_leave();
    cr_assert(wi_reclaim_wait());
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
        cr_assert(wi_reclaim_wait());
        *old = 0;
        free(old);
    }
    wi_store_release(&shelf.is_closed, 1);
    for (int i = 0; i < 2; i++)
        wi_thread_join(&threads[i]);
    free(wi_load_relaxed(&shelf.book));
}

Test(reclaim, a_forked_child_is_told_to_keep_its_memory)
{
    cr_assert_eq(wi_process_watch(), 0);
    pid_t child = fork();
    if (child == 0) {
        wi_reclaim_enter();
        wi_reclaim_leave();
        _exit(wi_reclaim_wait() ? 1 : 0);
    }
    int result;
    cr_assert_eq(waitpid(child, &result, 0), child);
    cr_assert(WIFEXITED(result) && WEXITSTATUS(result) == 0);
    cr_assert(wi_reclaim_wait());
}
