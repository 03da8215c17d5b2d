/*
 * unit/test_buffer.c - buffers: one owner, stale handles, destructors that run once, views
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <weft/buffer.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "memory/transfer.h"
#include "os/thread.h"
#include "support/teardown.h"
#include "unit/fault.h"

static weft_arena *arena;

static void setup(void)
{
    cr_assert_eq(weft_arena_create(0, UINT64_C(1) << 24, NULL, &arena), WEFT_OK);
}

/* Ends a test: every block is back. */
static void teardown(void)
{
    weft_arena_usage usage;
    teardown_check(weft_arena_audit(arena, &usage) == WEFT_OK);
    teardown_check(usage.blocks == 0);
    teardown_check(weft_arena_release(arena) == WEFT_OK);
}

TestSuite(buffer, .init = setup, .fini = teardown);

static weft_buffer new_buffer(uint64_t bytes, uint64_t capacity)
{
    weft_buffer buffer;
    cr_assert_eq(weft_buffer_create(arena, bytes, capacity, &buffer), WEFT_OK);
    return buffer;
}

/* Whether all that a stale handle can be asked is answered like that. */
static void is_stale(weft_buffer buffer)
{
    void *memory;
    uint64_t bytes;
    weft_buffer other;
    weft_view view;
    cr_assert(weft_buffer_is_detached(buffer));
    cr_assert_null(weft_buffer_data(buffer));
    cr_assert_eq(weft_buffer_size(buffer), 0);
    cr_assert_eq(weft_buffer_capacity(buffer), 0);
    cr_assert_eq(weft_buffer_resize(buffer, 0), WEFT_EDETACHED);
    cr_assert_eq(weft_buffer_slice(buffer, 0, 0, &other), WEFT_EDETACHED);
    cr_assert_eq(weft_buffer_transfer(buffer, 0, 0, &other), WEFT_EDETACHED);
    cr_assert_eq(weft_buffer_mark_untransferable(buffer), WEFT_EDETACHED);
    cr_assert_eq(weft_buffer_pin(buffer, &memory, &bytes), WEFT_EDETACHED);
    cr_assert_eq(weft_buffer_release(buffer), WEFT_EDETACHED);
    cr_assert_eq(weft_view_create(buffer, 1, 0, 0, &view), WEFT_EDETACHED);
}

Test(buffer, smoke)
{
    setenv("WEFT_TRAP_TRANSFERS", "0", 1);
    weft_buffer buffer = new_buffer(100, 4096), moved;
    unsigned char *data = weft_buffer_data(buffer);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(data[i], 0);
    memset(data, 'x', 100);
    cr_assert_eq(weft_buffer_transfer(buffer, 200, 4096, &moved), WEFT_OK);
    is_stale(buffer);
    cr_assert_eq(weft_buffer_data(moved), data);
    cr_assert_eq(weft_buffer_size(moved), 200);
    cr_assert(data[99] == 'x' && data[100] == 0 && data[199] == 0);
    cr_assert_eq(weft_buffer_release(moved), WEFT_OK);
    is_stale(moved);
}

Test(buffer, empty)
{
    weft_buffer none = {0}, buffer = new_buffer(0, 0);
    cr_assert_eq(weft_buffer_size(buffer), 0);
    cr_assert_not(weft_buffer_is_detached(buffer));
    cr_assert(weft_buffer_is_detached(none));
    cr_assert_eq(weft_buffer_release(none), WEFT_EINVAL);
    cr_assert_eq(weft_buffer_resize(none, 0), WEFT_EINVAL);
    cr_assert_eq(weft_buffer_release((weft_buffer){UINT64_MAX}), WEFT_EINVAL);
    cr_assert_eq(weft_buffer_create(arena, 0, 0, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
}

Test(buffer, create_refuses_what_cannot_be)
{
    weft_buffer buffer = {77};
    cr_assert_eq(weft_buffer_create(arena, 2, 1, &buffer), WEFT_ERANGE);
    cr_assert_eq(weft_buffer_create(arena, 0, WEFT_ARENA_MAX + 1, &buffer), WEFT_ERANGE);
    cr_assert_eq(weft_buffer_create(arena, 0, UINT64_C(1) << 30, &buffer), WEFT_ENOMEM);
    cr_assert_eq(buffer.id, 77);
}

Test(buffer, resize_stays_within_the_capacity_and_new_bytes_are_zero)
{
    weft_buffer buffer = new_buffer(8, 16);
    unsigned char *data = weft_buffer_data(buffer);
    memset(data, 'x', 8);
    cr_assert_eq(weft_buffer_resize(buffer, 17), WEFT_ERANGE);
    cr_assert_eq(weft_buffer_size(buffer), 8);
    cr_assert_eq(weft_buffer_resize(buffer, 4), WEFT_OK);
    cr_assert_eq(weft_buffer_resize(buffer, 16), WEFT_OK);
    cr_assert_eq(weft_buffer_data(buffer), data);
    cr_assert_eq(memcmp(data, "xxxx\0\0\0\0\0\0\0\0\0\0\0\0", 16), 0);
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
}

Test(buffer, a_transfer_that_needs_more_room_copies)
{
    weft_buffer buffer = new_buffer(4, 4), moved;
    memcpy(weft_buffer_data(buffer), "abcd", 4);
    cr_assert_eq(weft_buffer_transfer(buffer, 5, 4, &moved), WEFT_ERANGE);
    cr_assert_eq(weft_buffer_transfer(buffer, 5, UINT64_C(1) << 30, &moved), WEFT_ENOMEM);
    cr_assert_eq(weft_buffer_size(buffer), 4);
    cr_assert_eq(weft_buffer_transfer(buffer, 6, 600, &moved), WEFT_OK);
    cr_assert_eq(weft_buffer_capacity(moved), 600);
    cr_assert_eq(memcmp(weft_buffer_data(moved), "abcd\0", 6), 0);
    cr_assert_eq(weft_buffer_transfer(moved, 2, 2, &buffer), WEFT_OK);
    cr_assert_eq(weft_buffer_capacity(buffer), 2);
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
}

Test(buffer, a_slice_is_a_copy)
{
    weft_buffer buffer = new_buffer(8, 8), copy;
    memcpy(weft_buffer_data(buffer), "abcdefgh", 8);
    cr_assert_eq(weft_buffer_slice(buffer, -6, -2, &copy), WEFT_OK);
    memset(weft_buffer_data(buffer), 'x', 8);
    cr_assert_eq(weft_buffer_size(copy), 4);
    cr_assert_eq(memcmp(weft_buffer_data(copy), "cdef", 4), 0);
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
    cr_assert_eq(weft_buffer_release(copy), WEFT_OK);
}

Test(buffer, what_is_untransferable_stays)
{
    weft_buffer buffer = new_buffer(8, 16), moved;
    cr_assert_eq(weft_buffer_mark_untransferable(buffer), WEFT_OK);
    cr_assert_eq(weft_buffer_transfer(buffer, 8, 8, &moved), WEFT_EINVAL);
    cr_assert_eq(weft_buffer_resize(buffer, 16), WEFT_OK);
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
    buffer = new_buffer(8, 16);
    cr_assert_eq(weft_buffer_transfer(buffer, 8, 8, &moved), WEFT_OK);
    cr_assert_eq(weft_buffer_release(moved), WEFT_OK);
}

/* How often memory was given back, and how much of it. */
struct count {
    int calls;
    uint64_t bytes;
    void *memory;
};

static void count(void *memory, uint64_t bytes, void *context)
{
    struct count *seen = context;
    seen->calls++;
    seen->bytes = bytes;
    seen->memory = memory;
}

Test(buffer, a_destructor_runs_once_with_all_that_was_adopted)
{
    unsigned char bytes[16] = "0123456789abcde";
    struct count seen = {.calls = 0};
    weft_buffer buffer, moved, larger, copy;
    cr_assert_eq(weft_buffer_adopt(bytes, sizeof bytes, count, &seen, &buffer), WEFT_OK);
    cr_assert_eq(weft_buffer_data(buffer), bytes);
    cr_assert_eq(weft_buffer_slice(buffer, 0, 4, &copy), WEFT_OK);
    cr_assert_eq(weft_buffer_release(copy), WEFT_OK);
    cr_assert_eq(weft_buffer_transfer(buffer, 8, 8, &moved), WEFT_OK);
    cr_assert_eq(seen.calls, 0);
    cr_assert_eq(weft_buffer_transfer(moved, 8, 32, &larger), WEFT_OK);
    cr_assert(seen.calls == 1 && seen.bytes == sizeof bytes && seen.memory == bytes);
    cr_assert_eq(memcmp(weft_buffer_data(larger), "01234567", 8), 0);
    cr_assert_eq(weft_buffer_release(larger), WEFT_OK);
    cr_assert_eq(weft_buffer_adopt(bytes, sizeof bytes, count, &seen, &buffer), WEFT_OK);
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
    cr_assert_eq(weft_buffer_release(buffer), WEFT_EDETACHED);
    cr_assert_eq(seen.calls, 2);
    cr_assert_eq(weft_buffer_adopt(NULL, 1, NULL, NULL, &buffer), WEFT_EINVAL);
    cr_assert_eq(weft_buffer_adopt(bytes, WEFT_ARENA_MAX + 1, NULL, NULL, &buffer), WEFT_ERANGE);
}

Test(buffer, a_pin_keeps_the_bytes_where_they_are)
{
    unsigned char bytes[4];
    struct count seen = {.calls = 0};
    weft_buffer buffer, moved;
    void *memory;
    uint64_t size;
    cr_assert_eq(weft_buffer_adopt(bytes, sizeof bytes, count, &seen, &buffer), WEFT_OK);
    cr_assert_eq(weft_buffer_pin(buffer, &memory, &size), WEFT_OK);
    cr_assert(memory == bytes && size == 4);
    cr_assert_eq(weft_buffer_transfer(buffer, 4, 4, &moved), WEFT_EAGAIN);
    cr_assert_eq(weft_buffer_resize(buffer, 2), WEFT_EAGAIN);
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
    is_stale(buffer);
    cr_assert_eq(seen.calls, 0);
    cr_assert_eq(weft_buffer_unpin(buffer), WEFT_OK);
    cr_assert_eq(seen.calls, 1);
    cr_assert_eq(weft_buffer_unpin(buffer), WEFT_EINVAL);
}

Test(buffer, a_view_is_stale_with_its_buffer)
{
    weft_buffer buffer = new_buffer(16, 32), moved;
    weft_view view;
    uint32_t value = 77;
    cr_assert_eq(weft_view_create(buffer, 4, 4, 3, &view), WEFT_OK);
    cr_assert_eq(weft_view_count(&view), 3);
    cr_assert_eq(weft_view_set_u32(&view, 2, 0x01020304), WEFT_OK);
    cr_assert_eq(weft_view_get_u32(&view, 2, &value), WEFT_OK);
    cr_assert_eq(value, 0x01020304);
    cr_assert_eq(weft_view_get_u32(&view, 3, &value), WEFT_ERANGE);
    cr_assert_eq(weft_view_set_u64(&view, 0, 1), WEFT_EINVAL);
    cr_assert_eq(weft_buffer_resize(buffer, 15), WEFT_OK);
    cr_assert_eq(weft_view_count(&view), 0);
    cr_assert_eq(weft_view_get_u32(&view, 0, &value), WEFT_ERANGE);
    cr_assert_eq(weft_buffer_transfer(buffer, 16, 16, &moved), WEFT_OK);
    cr_assert_eq(weft_view_count(&view), 0);
    cr_assert_eq(weft_view_get_u32(&view, 0, &value), WEFT_EDETACHED);
    cr_assert_eq(weft_view_set_u32(&view, 0, 1), WEFT_EDETACHED);
    cr_assert_eq(value, 0x01020304);
    cr_assert_eq(weft_view_create(moved, 4, 2, 1, &view), WEFT_EALIGN);
    cr_assert_eq(weft_view_create(moved, 4, 12, 2, &view), WEFT_ERANGE);
    cr_assert_eq(weft_view_create(moved, 4, 20, 0, &view), WEFT_ERANGE);
    cr_assert_eq(weft_view_create(moved, 3, 0, 1, &view), WEFT_EINVAL);
    cr_assert_eq(weft_buffer_release(moved), WEFT_OK);
}

Test(buffer, oom)
{
    for (int heap = 0; heap < 2; heap++) {
        weft_arena *from = heap ? NULL : arena;
        weft_buffer buffer, other;
        uint64_t n = 1;
        for (;; n++) {
            wi_alloc_fail_at(n);
            int status = weft_buffer_create(from, 8, 8, &buffer);
            if (status == WEFT_OK)
                break;
            cr_assert_eq(status, WEFT_ENOMEM);
        }
        cr_assert_gt(n, 1);
        for (n = 1; wi_alloc_fail_at(n), weft_buffer_slice(buffer, 0, 8, &other) != WEFT_OK; n++)
            cr_assert_eq(weft_buffer_size(buffer), 8);
        cr_assert_gt(n, 1);
        cr_assert_eq(weft_buffer_release(other), WEFT_OK);
        for (n = 1; wi_alloc_fail_at(n), weft_buffer_transfer(buffer, 8, 100000, &other) != WEFT_OK; n++)
            cr_assert_eq(weft_buffer_size(buffer), 8);
        cr_assert(!heap || n > 1);
        wi_alloc_fail_at(0);
        cr_assert_eq(weft_buffer_release(other), WEFT_OK);
    }
}

/* Threads that race to move one buffer, and to look into it. */
#define RACERS 4
#define RACES  2000
static wi_atomic_u64 baton;

struct racer {
    wi_thread thread;
    uint64_t wins, wrongs;
};

static void *race(void *context)
{
    struct racer *racer = context;
    for (int i = 0; i < RACES; i++) {
        weft_buffer buffer = {wi_load_acquire(&baton)}, moved;
        weft_view view;
        if (weft_view_create(buffer, 8, 0, 1, &view) == WEFT_OK) {
            uint64_t value = 0;
            int status = weft_view_get_u64(&view, 0, &value);
            bool is_right = status == WEFT_OK ? value == 7 : status == WEFT_EDETACHED || status == WEFT_EAGAIN;
            racer->wrongs += !is_right;
        }
        uint64_t size = weft_buffer_size(buffer);
        racer->wrongs += size != 0 && size != 8;
        if (weft_buffer_transfer(buffer, 8, 8, &moved) == WEFT_OK) {
            racer->wins++;
            wi_store_release(&baton, moved.id);
        }
    }
    return NULL;
}

Test(buffer, stampede)
{
    weft_buffer buffer = new_buffer(8, 8);
    struct racer racers[RACERS] = {0};
    uint64_t wins = 0, seven = 7;
    memcpy(weft_buffer_data(buffer), &seven, 8);
    wi_store_release(&baton, buffer.id);
    for (int i = 0; i < RACERS; i++)
        cr_assert_eq(wi_thread_create(&racers[i].thread, 0, race, &racers[i]), WEFT_OK);
    for (int i = 0; i < RACERS; i++) {
        wi_thread_join(&racers[i].thread);
        wins += racers[i].wins;
        cr_assert_eq(racers[i].wrongs, 0);
    }
    cr_assert_gt(wins, 0);
    cr_assert_eq(weft_buffer_release((weft_buffer){wi_load_acquire(&baton)}), WEFT_OK);
}

/* ---- traps ---- */

static void expect_traps(weft_arena *from)
{
    weft_buffer buffer, moved;
    weft_transfer list[1];
    cr_assert_eq(weft_buffer_create(from, 100, 100, &buffer), WEFT_OK);
    char *first = weft_buffer_data(buffer);
    memset(first, 't', 100);
    cr_assert_eq(weft_buffer_transfer(buffer, 100, 100, &moved), WEFT_OK);
    cr_assert(faults(first, true));
    char *second = weft_buffer_data(moved);
    cr_assert(second[0] == 't' && second[99] == 't');
    list[0] = weft_transfer_buffer(moved);
    cr_assert_eq(wi_transfer_claim(list, 1), WEFT_OK);
    wi_transfer_move(list, 1);
    cr_assert(faults(second, true));
    weft_buffer last = {list[0].id};
    char *third = weft_buffer_data(last);
    cr_assert(third[0] == 't' && third[99] == 't');
    cr_assert_eq(weft_buffer_release(last), WEFT_OK);
    cr_assert(faults(third, true));
}

Test(buffer, a_pointer_that_is_kept_across_a_move_is_a_trap)
{
    setenv("WEFT_TRAP_TRANSFERS", "1", 1);
    expect_traps(NULL);
    expect_traps(arena);
}
