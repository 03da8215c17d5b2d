/*
 * Tests of os/stack.c.
 */
#include "os/stack.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

static uintptr_t looked_for;
static bool is_visited;

static void look(void *memory, size_t bytes)
{
    if (looked_for >= (uintptr_t)memory && looked_for < (uintptr_t)memory + bytes)
        is_visited = true;
}

/* Leaves something at the deep end of `bytes`, and nothing above. */
__attribute__((noinline)) static void write_deep(size_t bytes)
{
    volatile char *deep = __builtin_alloca(bytes);
    deep[0] = 1;
    looked_for = (uintptr_t)deep;
}

__attribute__((noinline)) static bool is_seen(size_t bytes)
{
    is_visited = false;
    write_deep(bytes);
    wi_stack_visit_used(__builtin_frame_address(0), look);
    return is_visited;
}

static void check_multiples(void *memory, size_t bytes)
{
    cr_assert((uintptr_t)memory % 8 == 0 && bytes % 8 == 0);
}

Test(stack, what_is_visited_are_multiples_of_8)
{
    for (int i = 0; i < 16; i++)
        wi_stack_visit_used((char *)__builtin_frame_address(0) - i, check_multiples);
}

static void *check_stack(void *context)
{
    (void)context;
    cr_assert(is_seen(64), "beside the top");
    cr_assert(is_seen(10000), "on another page");
    cr_assert(is_seen(200000), "beyond pages that are untouched");
    cr_assert(is_seen(1000), "once more");
    return NULL;
}

Test(stack, what_was_written_below_is_visited)
{
    check_stack(NULL);
}

Test(stack, of_any_thread)
{
    pthread_t thread;
    cr_assert(pthread_create(&thread, NULL, check_stack, NULL) == 0);
    pthread_join(thread, NULL);
}

Test(stack, pages_far_below_are_visited_once)
{
    cr_assert(is_seen(200000));
    is_visited = false;
    wi_stack_visit_used(__builtin_frame_address(0), look);
    cr_assert(!is_visited);
}

static _Thread_local int local;

Test(stack, locals_are_visited)
{
    local = 1;
    is_visited = false;
    looked_for = (uintptr_t)&local;
    wi_stack_visit_locals(look);
    cr_assert(is_visited);
}
