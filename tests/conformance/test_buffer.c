/*
 * conformance/test_buffer.c - test262's files on ArrayBuffer
 *
 * A fixed buffer is one whose capacity is its size. Lengths, capacities and contents are asserted.
 */
#include <criterion/criterion.h>
#include <string.h>

#include <weft/buffer.h>

#include "support/teardown.h"

static weft_arena *arena;

/* Begins a test with an arena whose small blocks were used before, and are not zero. */
static void setup(void)
{
    weft_buffer used[2];
    cr_assert_eq(weft_arena_create(0, UINT64_C(1) << 24, NULL, &arena), WEFT_OK);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(weft_buffer_create(arena, 16, 16, &used[i]), WEFT_OK);
        memset(weft_buffer_data(used[i]), 'x', 16);
    }
    for (int i = 0; i < 2; i++)
        cr_assert_eq(weft_buffer_release(used[i]), WEFT_OK);
}

static void teardown(void)
{
    weft_arena_usage usage;
    teardown_check(weft_arena_audit(arena, &usage) == WEFT_OK);
    teardown_check(usage.blocks == 0);
    teardown_check(weft_arena_release(arena) == WEFT_OK);
}

TestSuite(ArrayBuffer, .init = setup, .fini = teardown);

static weft_buffer new_buffer(uint64_t bytes, uint64_t capacity)
{
    weft_buffer buffer;
    cr_assert_eq(weft_buffer_create(arena, bytes, capacity, &buffer), WEFT_OK);
    return buffer;
}

/* A creation that must fail, without a trace. */
static void refuse(uint64_t bytes, uint64_t capacity)
{
    weft_buffer buffer = {0};
    cr_assert_eq(weft_buffer_create(arena, bytes, capacity, &buffer), WEFT_ERANGE);
    cr_assert_eq(buffer.id, 0);
}

/* Bytes 1, 2, 3, ... in a buffer of so many. */
static weft_buffer numbered(uint64_t bytes, uint64_t capacity)
{
    weft_buffer buffer = new_buffer(bytes, capacity);
    unsigned char *data = weft_buffer_data(buffer);
    for (uint64_t i = 0; i < bytes; i++)
        data[i] = (unsigned char)(i + 1);
    return buffer;
}

/* The buffer has that size and capacity, the first `count` bytes are `first`, `first` + 1, ..., the others are zero. */
static void expect(weft_buffer buffer, uint64_t bytes, uint64_t capacity, unsigned first, uint64_t count)
{
    const unsigned char *data = weft_buffer_data(buffer);
    cr_assert_not(weft_buffer_is_detached(buffer));
    cr_assert_eq(weft_buffer_size(buffer), bytes);
    cr_assert_eq(weft_buffer_capacity(buffer), capacity);
    for (uint64_t i = 0; i < bytes; i++)
        cr_assert_eq(data[i], i < count ? first + i : 0, "byte %u", (unsigned)i);
}

static void release(weft_buffer buffer)
{
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
}

/* A handle whose buffer has gone elsewhere, and been released there. */
static weft_buffer detached(uint64_t bytes, uint64_t capacity)
{
    weft_buffer buffer = numbered(bytes, capacity), moved;
    cr_assert_eq(weft_buffer_transfer(buffer, bytes, capacity, &moved), WEFT_OK);
    release(moved);
    return buffer;
}

Test(ArrayBuffer, allocation_limit)
{
    refuse(UINT64_C(7) << 50, UINT64_C(7) << 50);
}

Test(ArrayBuffer, init_zero)
{
    weft_buffer buffer = new_buffer(9, 9);
    expect(buffer, 9, 9, 0, 0);
    memset(weft_buffer_data(buffer), 'x', 9);
    release(buffer);
    buffer = new_buffer(9, 9);
    expect(buffer, 9, 9, 0, 0);
    release(buffer);
}

Test(ArrayBuffer, length_is_absent)
{
    weft_buffer buffer = new_buffer(0, 0);
    expect(buffer, 0, 0, 0, 0);
    release(buffer);
}

Test(ArrayBuffer, length_is_too_large_throws)
{
    refuse(UINT64_C(9007199254740992), UINT64_C(9007199254740992));
    refuse(UINT64_MAX, UINT64_MAX);
}

Test(ArrayBuffer, negative_length_throws)
{
    refuse((uint64_t)-1, (uint64_t)-1);
    refuse((uint64_t)INT64_MIN, (uint64_t)INT64_MIN);
}

Test(ArrayBuffer, options_maxbytelength_allocation_limit)
{
    refuse(0, UINT64_C(7) << 50);
}

Test(ArrayBuffer, options_maxbytelength_diminuitive)
{
    refuse(1, 0);
    refuse(100, 99);
}

Test(ArrayBuffer, options_maxbytelength_excessive)
{
    refuse(0, UINT64_C(9007199254740992));
    refuse(0, WEFT_ARENA_MAX + 1);
}

Test(ArrayBuffer, options_maxbytelength_negative)
{
    refuse(0, (uint64_t)-1);
}

Test(ArrayBuffer, options_maxbytelength_undefined)
{
    weft_buffer buffer = numbered(7, 7);
    cr_assert_eq(weft_buffer_resize(buffer, 8), WEFT_ERANGE);
    expect(buffer, 7, 7, 1, 7);
    release(buffer);
}

Test(ArrayBuffer, zero_length)
{
    weft_buffer buffer = new_buffer(0, 0);
    cr_assert_eq(weft_buffer_size(buffer), 0);
    cr_assert_not(weft_buffer_is_detached(buffer));
    release(buffer);
}

Test(ArrayBuffer, prototype_byteLength_return_bytelength)
{
    weft_buffer buffer = new_buffer(42, 42);
    cr_assert_eq(weft_buffer_size(buffer), 42);
    release(buffer);
}

Test(ArrayBuffer, prototype_byteLength_detached_buffer)
{
    cr_assert_eq(weft_buffer_size(detached(1, 1)), 0);
}

Test(ArrayBuffer, prototype_detached_detached_buffer)
{
    weft_buffer buffer = new_buffer(1, 1), moved;
    cr_assert_not(weft_buffer_is_detached(buffer));
    cr_assert_eq(weft_buffer_transfer(buffer, 1, 1, &moved), WEFT_OK);
    cr_assert(weft_buffer_is_detached(buffer));
    cr_assert_not(weft_buffer_is_detached(moved));
    release(moved);
    cr_assert(weft_buffer_is_detached(moved));
}

Test(ArrayBuffer, prototype_detached_detached_buffer_resizable)
{
    weft_buffer empty = new_buffer(0, 0), one = new_buffer(1, 1), more = new_buffer(1, 2), moved;
    cr_assert_not(weft_buffer_is_detached(empty) || weft_buffer_is_detached(one) || weft_buffer_is_detached(more));
    cr_assert_eq(weft_buffer_transfer(more, 1, 2, &moved), WEFT_OK);
    cr_assert(weft_buffer_is_detached(more));
    cr_assert_not(weft_buffer_is_detached(empty) || weft_buffer_is_detached(one) || weft_buffer_is_detached(moved));
    release(empty);
    release(one);
    release(moved);
}

Test(ArrayBuffer, prototype_maxByteLength_detached_buffer)
{
    cr_assert_eq(weft_buffer_capacity(detached(1, 1)), 0);
    cr_assert_eq(weft_buffer_capacity(detached(1, 23)), 0);
}

Test(ArrayBuffer, prototype_maxByteLength_return_maxbytelength_non_resizable)
{
    weft_buffer buffer = new_buffer(39, 39);
    cr_assert_eq(weft_buffer_capacity(buffer), 39);
    release(buffer);
}

Test(ArrayBuffer, prototype_maxByteLength_return_maxbytelength_resizable)
{
    weft_buffer buffer = new_buffer(0, 42);
    cr_assert_eq(weft_buffer_capacity(buffer), 42);
    cr_assert_eq(weft_buffer_resize(buffer, 41), WEFT_OK);
    cr_assert_eq(weft_buffer_capacity(buffer), 42);
    release(buffer);
}

Test(ArrayBuffer, prototype_resizable_return_resizable)
{
    weft_buffer fixed = new_buffer(1, 1), resizable = new_buffer(1, 2);
    cr_assert_eq(weft_buffer_resize(fixed, 2), WEFT_ERANGE);
    cr_assert_eq(weft_buffer_resize(resizable, 2), WEFT_OK);
    expect(fixed, 1, 1, 0, 0);
    expect(resizable, 2, 2, 0, 0);
    release(fixed);
    release(resizable);
}

/* ---- resize ---- */

/* Four numbered bytes, which may become five, are resized to `bytes`. */
static void resize(uint64_t bytes)
{
    weft_buffer buffer = numbered(4, 5);
    const void *data = weft_buffer_data(buffer);
    cr_assert_eq(weft_buffer_resize(buffer, bytes), WEFT_OK);
    cr_assert_eq(weft_buffer_data(buffer), data);
    expect(buffer, bytes, 5, 1, 4);
    cr_assert_eq(weft_buffer_resize(buffer, 5), WEFT_OK);
    expect(buffer, 5, 5, 1, bytes < 4 ? bytes : 4);
    release(buffer);
}

/* The same four bytes cannot have that size. */
static void resize_refuses(uint64_t bytes, uint64_t capacity)
{
    weft_buffer buffer = numbered(4, capacity);
    cr_assert_eq(weft_buffer_resize(buffer, bytes), WEFT_ERANGE);
    expect(buffer, 4, capacity, 1, 4);
    release(buffer);
}

static void resize_empty(void)
{
    weft_buffer buffer = new_buffer(0, 1);
    cr_assert_eq(weft_buffer_resize(buffer, 0), WEFT_OK);
    expect(buffer, 0, 1, 0, 0);
    release(buffer);
}

Test(ArrayBuffer, prototype_resize_new_length_excessive)
{
    resize_refuses(6, 5);
}

Test(ArrayBuffer, prototype_resize_new_length_negative)
{
    resize_refuses((uint64_t)-1, 5);
}

Test(ArrayBuffer, prototype_resize_resize_grow)
{
    resize(5);
}

Test(ArrayBuffer, prototype_resize_resize_same_size)
{
    resize(4);
}

Test(ArrayBuffer, prototype_resize_resize_same_size_zero_explicit)
{
    resize_empty();
}

Test(ArrayBuffer, prototype_resize_resize_same_size_zero_implicit)
{
    resize_empty();
}

Test(ArrayBuffer, prototype_resize_resize_shrink)
{
    resize(3);
}

Test(ArrayBuffer, prototype_resize_resize_shrink_zero_explicit)
{
    resize(0);
}

Test(ArrayBuffer, prototype_resize_resize_shrink_zero_implicit)
{
    resize(0);
}

Test(ArrayBuffer, prototype_resize_this_is_detached)
{
    cr_assert_eq(weft_buffer_resize(detached(1, 1), 1), WEFT_EDETACHED);
    cr_assert_eq(weft_buffer_resize(detached(1, 2), 0), WEFT_EDETACHED);
}

Test(ArrayBuffer, prototype_resize_this_is_not_arraybuffer_object)
{
    cr_assert_eq(weft_buffer_resize((weft_buffer){0}, 0), WEFT_EINVAL);
}

Test(ArrayBuffer, prototype_resize_this_is_not_resizable_arraybuffer_object)
{
    resize_refuses(5, 4);
}

/* ---- slice ---- */

/* A slice of eight numbered bytes holds those from `from` to before `to`, and is a buffer of its own. */
static void slice(int64_t start, int64_t end, unsigned from, unsigned to)
{
    weft_buffer buffer = numbered(8, 8), copy;
    cr_assert_eq(weft_buffer_slice(buffer, start, end, &copy), WEFT_OK);
    memset(weft_buffer_data(buffer), 'x', 8);
    expect(copy, to - from, to - from, from + 1, to - from);
    if (from != to)
        memset(weft_buffer_data(copy), 'y', to - from);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(((char *)weft_buffer_data(buffer))[i], 'x');
    release(buffer);
    release(copy);
}

Test(ArrayBuffer, prototype_slice_context_is_not_arraybuffer_object)
{
    weft_buffer copy = {0};
    cr_assert_eq(weft_buffer_slice((weft_buffer){0}, 0, 1, &copy), WEFT_EINVAL);
    cr_assert_eq(copy.id, 0);
}

Test(ArrayBuffer, prototype_slice_end_default_if_absent)
{
    slice(6, INT64_MAX, 6, 8);
}

Test(ArrayBuffer, prototype_slice_end_default_if_undefined)
{
    slice(-2, INT64_MAX, 6, 8);
}

Test(ArrayBuffer, prototype_slice_end_exceeds_length)
{
    slice(1, 12, 1, 8);
    slice(2, INT64_MAX, 2, 8);
}

Test(ArrayBuffer, prototype_slice_negative_end)
{
    slice(2, -4, 2, 4);
    slice(2, -10, 2, 2);
    slice(0, INT64_MIN, 0, 0);
}

Test(ArrayBuffer, prototype_slice_negative_start)
{
    slice(-5, 6, 3, 6);
    slice(-12, 6, 0, 6);
    slice(INT64_MIN, 6, 0, 6);
}

Test(ArrayBuffer, prototype_slice_start_default_if_absent)
{
    slice(0, 6, 0, 6);
}

Test(ArrayBuffer, prototype_slice_start_default_if_undefined)
{
    slice(0, -2, 0, 6);
}

Test(ArrayBuffer, prototype_slice_start_exceeds_end)
{
    slice(5, 4, 5, 5);
}

Test(ArrayBuffer, prototype_slice_start_exceeds_length)
{
    slice(10, 8, 8, 8);
    slice(0x100000000, 7, 7, 7);
    slice(INT64_MAX, 6, 6, 6);
}

/* ---- transfer ---- */

/* Four numbered bytes with room for `room` are given away as `bytes` with room for `capacity`. */
static void transfer(uint64_t room, uint64_t bytes, uint64_t capacity)
{
    weft_buffer buffer = numbered(4, room), moved;
    weft_view view;
    uint8_t byte = 77;
    cr_assert_eq(weft_view_create(buffer, 1, 0, 4, &view), WEFT_OK);
    cr_assert_eq(weft_buffer_transfer(buffer, bytes, capacity, &moved), WEFT_OK);
    cr_assert(weft_buffer_is_detached(buffer));
    cr_assert_eq(weft_buffer_size(buffer), 0);
    cr_assert_null(weft_buffer_data(buffer));
    cr_assert_eq(weft_view_count(&view), 0);
    cr_assert_eq(weft_view_get_u8(&view, 0, &byte), WEFT_EDETACHED);
    cr_assert_eq(byte, 77);
    expect(moved, bytes, capacity, 1, 4);
    release(moved);
}

static void transfer_refuses(weft_buffer buffer, uint64_t bytes, uint64_t capacity, int status)
{
    weft_buffer moved = {0};
    cr_assert_eq(weft_buffer_transfer(buffer, bytes, capacity, &moved), status);
    cr_assert_eq(moved.id, 0);
}

static void transfer_refuses_excess(void)
{
    weft_buffer buffer = numbered(4, 4);
    transfer_refuses(buffer, UINT64_C(9007199254740992), UINT64_C(9007199254740992), WEFT_ERANGE);
    transfer_refuses(buffer, 4, UINT64_MAX, WEFT_ERANGE);
    expect(buffer, 4, 4, 1, 4);
    release(buffer);
}

static void transfer_refuses_what_is_detached(void)
{
    transfer_refuses(detached(1, 1), 1, 1, WEFT_EDETACHED);
    transfer_refuses(detached(1, 2), 0, 2, WEFT_EDETACHED);
}

Test(ArrayBuffer, prototype_transfer_from_fixed_to_larger)
{
    transfer(4, 5, 5);
}

Test(ArrayBuffer, prototype_transfer_from_fixed_to_same)
{
    transfer(4, 4, 4);
}

Test(ArrayBuffer, prototype_transfer_from_fixed_to_smaller)
{
    transfer(4, 3, 3);
}

Test(ArrayBuffer, prototype_transfer_from_fixed_to_zero)
{
    transfer(4, 0, 0);
}

Test(ArrayBuffer, prototype_transfer_from_resizable_to_larger)
{
    transfer(8, 5, 8);
}

Test(ArrayBuffer, prototype_transfer_from_resizable_to_same)
{
    transfer(8, 4, 8);
}

Test(ArrayBuffer, prototype_transfer_from_resizable_to_smaller)
{
    transfer(8, 3, 8);
}

Test(ArrayBuffer, prototype_transfer_from_resizable_to_zero)
{
    transfer(8, 0, 8);
}

Test(ArrayBuffer, prototype_transfer_new_length_excessive)
{
    weft_buffer buffer = numbered(4, 8);
    transfer_refuses(buffer, 9, 8, WEFT_ERANGE);
    expect(buffer, 4, 8, 1, 4);
    release(buffer);
    transfer_refuses_excess();
}

Test(ArrayBuffer, prototype_transfer_this_is_detached)
{
    transfer_refuses_what_is_detached();
}

Test(ArrayBuffer, prototype_transfer_this_is_not_arraybuffer_object)
{
    transfer_refuses((weft_buffer){0}, 0, 0, WEFT_EINVAL);
}

Test(ArrayBuffer, prototype_transferToFixedLength_from_fixed_to_larger)
{
    transfer(4, 5, 5);
}

Test(ArrayBuffer, prototype_transferToFixedLength_from_fixed_to_same)
{
    transfer(4, 4, 4);
}

Test(ArrayBuffer, prototype_transferToFixedLength_from_fixed_to_smaller)
{
    transfer(4, 3, 3);
}

Test(ArrayBuffer, prototype_transferToFixedLength_from_fixed_to_zero)
{
    transfer(4, 0, 0);
}

Test(ArrayBuffer, prototype_transferToFixedLength_from_resizable_to_larger)
{
    transfer(8, 5, 5);
}

Test(ArrayBuffer, prototype_transferToFixedLength_from_resizable_to_same)
{
    transfer(8, 4, 4);
}

Test(ArrayBuffer, prototype_transferToFixedLength_from_resizable_to_smaller)
{
    transfer(8, 3, 3);
}

Test(ArrayBuffer, prototype_transferToFixedLength_from_resizable_to_zero)
{
    transfer(8, 0, 0);
}

Test(ArrayBuffer, prototype_transferToFixedLength_new_length_excessive)
{
    transfer_refuses_excess();
}

Test(ArrayBuffer, prototype_transferToFixedLength_this_is_detached)
{
    transfer_refuses_what_is_detached();
}

Test(ArrayBuffer, prototype_transferToFixedLength_this_is_not_arraybuffer_object)
{
    transfer_refuses((weft_buffer){0}, 0, 0, WEFT_EINVAL);
}
