/*
 * conformance/test_arena.c - test262's files on SharedArrayBuffer
 *
 * Its own tests of grow() pass whatever happens, because they call what they have not declared inside a try; here
 * lengths and contents are asserted.
 */
#include "conformance/agents.h"

static weft_arena *new_arena(uint64_t bytes, uint64_t max_bytes)
{
    weft_arena *arena;
    cr_assert_eq(weft_arena_create(bytes, max_bytes, NULL, &arena), WEFT_OK);
    return arena;
}

/* A creation that must fail, without a trace. */
static void refuse(uint64_t bytes, uint64_t max_bytes, int expected)
{
    weft_arena *arena = NULL;
    cr_assert_eq(weft_arena_create(bytes, max_bytes, NULL, &arena), expected);
    cr_assert_null(arena);
}

/* Bytes 1, 2, 3, ... in an arena of so many. */
static weft_arena *numbered(uint64_t bytes)
{
    weft_arena *arena = new_arena(bytes, bytes);
    for (uint64_t i = 0; i < bytes; i++)
        arena->base[i] = (unsigned char)(i + 1);
    return arena;
}

/* A slice of eight numbered bytes holds those from `from` to before `to`. */
static void slice(int64_t start, int64_t end, unsigned from, unsigned to)
{
    weft_arena *arena = numbered(8), *copy;
    cr_assert_eq(weft_arena_slice(arena, start, end, &copy), WEFT_OK);
    cr_assert_neq(copy, arena);
    cr_assert_eq(weft_arena_size(copy), to - from);
    for (unsigned i = from; i < to; i++)
        cr_assert_eq(copy->base[i - from], i + 1);
    weft_arena_release(copy);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, allocation_limit)
{
    refuse(UINT64_C(7) << 50, UINT64_C(7) << 50, WEFT_ERANGE);
}

Test(SharedArrayBuffer, init_zero)
{
    weft_arena *arena = new_arena(9, 9);
    for (int i = 0; i < 9; i++)
        cr_assert_eq(arena->base[i], 0);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, length_is_absent)
{
    weft_arena *arena = new_arena(0, 0);
    cr_assert_eq(weft_arena_size(arena), 0);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, length_is_too_large_throws)
{
    refuse(UINT64_C(9007199254740992), UINT64_C(9007199254740992), WEFT_ERANGE);
    refuse(UINT64_MAX, UINT64_MAX, WEFT_ERANGE);
}

Test(SharedArrayBuffer, negative_length_throws)
{
    refuse((uint64_t)-1, (uint64_t)-1, WEFT_ERANGE);
    refuse((uint64_t)INT64_MIN, (uint64_t)INT64_MIN, WEFT_ERANGE);
}

Test(SharedArrayBuffer, options_maxbytelength_allocation_limit)
{
    refuse(0, UINT64_C(7) << 50, WEFT_ERANGE);
}

Test(SharedArrayBuffer, options_maxbytelength_diminuitive)
{
    refuse(1, 0, WEFT_ERANGE);
    refuse(100, 99, WEFT_ERANGE);
}

Test(SharedArrayBuffer, options_maxbytelength_excessive)
{
    refuse(0, UINT64_C(9007199254740992), WEFT_ERANGE);
    refuse(0, WEFT_ARENA_MAX + 1, WEFT_ERANGE);
}

Test(SharedArrayBuffer, options_maxbytelength_negative)
{
    refuse(0, (uint64_t)-1, WEFT_ERANGE);
}

Test(SharedArrayBuffer, options_maxbytelength_undefined)
{
    weft_arena *arena = new_arena(7, 7);
    cr_assert_eq(weft_arena_max(arena), 7);
    cr_assert_eq(weft_arena_grow(arena, 8), WEFT_ERANGE);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, zero_length)
{
    weft_arena *arena = new_arena(0, 0);
    cr_assert_eq(weft_arena_size(arena), 0);
    cr_assert_eq(weft_arena_max(arena), 0);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, prototype_byteLength_return_bytelength)
{
    weft_arena *arena = new_arena(42, 42);
    cr_assert_eq(weft_arena_size(arena), 42);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, prototype_grow_grow_larger_size)
{
    weft_arena *arena = new_arena(4, 5);
    memset(arena->base, 9, 4);
    cr_assert_eq(weft_arena_grow(arena, 5), WEFT_OK);
    cr_assert_eq(weft_arena_size(arena), 5);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(arena->base[i], i < 4 ? 9 : 0);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, prototype_grow_grow_same_size)
{
    weft_arena *arena = new_arena(4, 5);
    memset(arena->base, 9, 4);
    cr_assert_eq(weft_arena_grow(arena, 4), WEFT_OK);
    cr_assert_eq(weft_arena_size(arena), 4);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(arena->base[i], 9);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, prototype_grow_grow_smaller_size)
{
    weft_arena *arena = new_arena(4, 5);
    memset(arena->base, 9, 4);
    cr_assert_eq(weft_arena_grow(arena, 3), WEFT_ERANGE);
    cr_assert_eq(weft_arena_grow(arena, 0), WEFT_ERANGE);
    cr_assert_eq(weft_arena_size(arena), 4);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(arena->base[i], 9);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, prototype_grow_new_length_excessive)
{
    weft_arena *arena = new_arena(4, 4);
    cr_assert_eq(weft_arena_grow(arena, 5), WEFT_ERANGE);
    cr_assert_eq(weft_arena_size(arena), 4);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, prototype_grow_new_length_negative)
{
    weft_arena *arena = new_arena(4, 4);
    cr_assert_eq(weft_arena_grow(arena, (uint64_t)-1), WEFT_ERANGE);
    cr_assert_eq(weft_arena_size(arena), 4);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, prototype_grow_this_is_not_arraybuffer_object)
{
    cr_assert_eq(weft_arena_grow(NULL, 0), WEFT_EINVAL);
}

Test(SharedArrayBuffer, prototype_grow_this_is_not_resizable_arraybuffer_object)
{
    weft_arena *arena = numbered(8), *copy;
    cr_assert_eq(weft_arena_slice(arena, 0, 8, &copy), WEFT_OK);
    cr_assert_eq(weft_arena_grow(copy, 9), WEFT_ERANGE);
    cr_assert_eq(weft_arena_size(copy), 8);
    weft_arena_release(copy);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, prototype_growable_return_growable)
{
    weft_arena *fixed = new_arena(1, 1), *growable = new_arena(1, 2);
    cr_assert_eq(weft_arena_size(fixed), weft_arena_max(fixed));
    cr_assert_lt(weft_arena_size(growable), weft_arena_max(growable));
    cr_assert_eq(weft_arena_grow(growable, 2), WEFT_OK);
    weft_arena_release(fixed);
    weft_arena_release(growable);
}

Test(SharedArrayBuffer, prototype_maxByteLength_return_maxbytelength_growable)
{
    weft_arena *arena = new_arena(0, 42);
    cr_assert_eq(weft_arena_max(arena), 42);
    cr_assert_eq(weft_arena_grow(arena, 41), WEFT_OK);
    cr_assert_eq(weft_arena_max(arena), 42);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, prototype_maxByteLength_return_maxbytelength_non_growable)
{
    weft_arena *arena = new_arena(39, 39);
    cr_assert_eq(weft_arena_max(arena), 39);
    weft_arena_release(arena);
}

Test(SharedArrayBuffer, prototype_slice_context_is_not_arraybuffer_object)
{
    weft_arena *copy = NULL;
    cr_assert_eq(weft_arena_slice(NULL, 0, 1, &copy), WEFT_EINVAL);
    cr_assert_null(copy);
}

Test(SharedArrayBuffer, prototype_slice_end_default_if_absent)
{
    slice(6, INT64_MAX, 6, 8);
}

Test(SharedArrayBuffer, prototype_slice_end_default_if_undefined)
{
    slice(-2, INT64_MAX, 6, 8);
}

Test(SharedArrayBuffer, prototype_slice_end_exceeds_length)
{
    slice(1, 12, 1, 8);
    slice(2, INT64_MAX, 2, 8);
}

Test(SharedArrayBuffer, prototype_slice_negative_end)
{
    slice(2, -4, 2, 4);
    slice(2, -10, 2, 2);
    slice(0, INT64_MIN, 0, 0);
}

Test(SharedArrayBuffer, prototype_slice_negative_start)
{
    slice(-5, 6, 3, 6);
    slice(-12, 6, 0, 6);
    slice(INT64_MIN, 6, 0, 6);
}

Test(SharedArrayBuffer, prototype_slice_start_default_if_absent)
{
    slice(0, 6, 0, 6);
}

Test(SharedArrayBuffer, prototype_slice_start_default_if_undefined)
{
    slice(0, -2, 0, 6);
}

Test(SharedArrayBuffer, prototype_slice_start_exceeds_end)
{
    slice(5, 4, 5, 5);
}

Test(SharedArrayBuffer, prototype_slice_start_exceeds_length)
{
    slice(10, 8, 8, 8);
    slice(0x100000000, 7, 7, 7);
    slice(INT64_MAX, 6, 6, 6);
}
