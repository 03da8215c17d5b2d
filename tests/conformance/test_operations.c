/*
 * conformance/test_operations.c - test262's files on Atomics.add to Atomics.xor, isLockFree and pause
 *
 * Each operation is applied by arena and offset, and compared with what a model says: the value before, and the one
 * after. Where test262 has views of signed and unsigned integers, here are integers without sign, which wrap alike.
 */
#include "conformance/agents.h"

enum operation {
    OP_add,
    OP_and,
    OP_compareExchange,
    OP_exchange,
    OP_load,
    OP_or,
    OP_store,
    OP_sub,
    OP_xor
};

/* Applies an operation to a cell of so many bytes. compareExchange expects `expected`; the others have no use for it.
 * store gives the value that it stores, as in ECMAScript. */
#define DEFINE_APPLY(suffix, type)                                                                                     \
    static int apply_##suffix(enum operation operation, weft_arena *arena, uint64_t offset, uint64_t expected,         \
                              uint64_t operand, uint64_t *before)                                                      \
    {                                                                                                                  \
        type value = (type)operand, result = value;                                                                    \
        int status = operation == OP_add     ? weft_cell_add_##suffix(arena, offset, value, &result)                   \
                     : operation == OP_and   ? weft_cell_and_##suffix(arena, offset, value, &result)                   \
                     : operation == OP_or    ? weft_cell_or_##suffix(arena, offset, value, &result)                    \
                     : operation == OP_sub   ? weft_cell_sub_##suffix(arena, offset, value, &result)                   \
                     : operation == OP_xor   ? weft_cell_xor_##suffix(arena, offset, value, &result)                   \
                     : operation == OP_load  ? weft_cell_load_##suffix(arena, offset, &result)                         \
                     : operation == OP_store ? weft_cell_store_##suffix(arena, offset, value)                          \
                     : operation == OP_exchange                                                                        \
                         ? weft_cell_exchange_##suffix(arena, offset, value, &result)                                  \
                         : weft_cell_compare_exchange_##suffix(arena, offset, (type)expected, value, &result);         \
        if (status == WEFT_OK)                                                                                         \
            *before = result;                                                                                          \
        return status;                                                                                                 \
    }
DEFINE_APPLY(u8, uint8_t)
DEFINE_APPLY(u16, uint16_t)
DEFINE_APPLY(u32, uint32_t)
DEFINE_APPLY(u64, uint64_t)

static int apply(enum operation operation, uint32_t bytes, weft_arena *arena, uint64_t offset, uint64_t expected,
                 uint64_t operand, uint64_t *before)
{
    return bytes == 1   ? apply_u8(operation, arena, offset, expected, operand, before)
           : bytes == 2 ? apply_u16(operation, arena, offset, expected, operand, before)
           : bytes == 4 ? apply_u32(operation, arena, offset, expected, operand, before)
                        : apply_u64(operation, arena, offset, expected, operand, before);
}

static uint64_t mask_of(uint32_t bytes)
{
    return UINT64_MAX >> (64 - 8 * bytes);
}

static uint64_t model(enum operation operation, uint32_t bytes, uint64_t before, uint64_t expected, uint64_t operand)
{
    uint64_t after = operation == OP_add               ? before + operand
                     : operation == OP_and             ? (before & operand)
                     : operation == OP_or              ? (before | operand)
                     : operation == OP_sub             ? before - operand
                     : operation == OP_xor             ? (before ^ operand)
                     : operation == OP_load            ? before
                     : operation == OP_compareExchange ? ((before ^ expected) & mask_of(bytes) ? before : operand)
                                                       : operand;
    return after & mask_of(bytes);
}

static uint64_t read_cell(const weft_arena *arena, uint64_t offset, uint32_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, arena->base + offset, bytes);
    return value;
}

static const uint64_t values[] = {0,
                                  1,
                                  2,
                                  0x55,
                                  0x7f,
                                  0x80,
                                  0xff,
                                  123,
                                  0x5555,
                                  0x7fff,
                                  0x8000,
                                  0xffff,
                                  12345,
                                  0x55555555,
                                  0x7fffffff,
                                  0x80000000,
                                  0xffffffff,
                                  123456789,
                                  UINT64_C(0x5555555555555555),
                                  INT64_MAX,
                                  UINT64_C(1) << 63,
                                  UINT64_MAX - 5,
                                  UINT64_MAX};
#define VALUES (sizeof values / sizeof values[0])

static void bad_range(enum operation operation, uint32_t bytes)
{
    weft_arena *arena = agents_arena(64);
    const uint64_t bad[] = {64, 64 + bytes, 128, 1000 * bytes, UINT64_C(1) << 32, INT64_MAX - 7, -(uint64_t)bytes};
    memset(arena->base, 0x11, 64);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t before = 77;
        cr_assert_eq(apply(operation, bytes, arena, bad[i], 0, 1, &before), WEFT_ERANGE, "offset %zu", i);
        cr_assert_eq(before, 77);
    }
    for (uint64_t i = 0; i < 64; i++)
        cr_assert_eq(arena->base[i], 0x11);
    weft_arena_release(arena);
}

static void good_views(enum operation operation, uint32_t bytes)
{
    weft_arena *arena = agents_arena(64);
    for (uint64_t offset = 0; offset < 64; offset += offset < 16 ? bytes : 16) {
        for (size_t i = 0; i < VALUES * VALUES; i++) {
            uint64_t old = values[i / VALUES] & mask_of(bytes), operand = values[i % VALUES], before;
            uint64_t expected = i % 3 ? old : operand;
            memset(arena->base, 0x11, 64);
            memcpy(arena->base + offset, &old, bytes);
            cr_assert_eq(apply(operation, bytes, arena, offset, expected, operand, &before), WEFT_OK);
            cr_assert_eq(before, operation == OP_store ? operand & mask_of(bytes) : old);
            cr_assert_eq(read_cell(arena, offset, bytes), model(operation, bytes, old, expected, operand));
            for (uint64_t j = 0; j < 64; j++)
                cr_assert(arena->base[j] == 0x11 || (j >= offset && j < offset + bytes), "a neighbour has changed");
        }
    }
    weft_arena_release(arena);
}

static void expected_return_value(enum operation operation)
{
    weft_arena *arena = agents_arena(16);
    const uint32_t newValue = 0x01010101, old = 0x11111111;
    uint64_t before;
    memcpy(arena->base, &old, sizeof old);
    cr_assert_eq(apply(operation, 4, arena, 0, old, newValue, &before), WEFT_OK);
    cr_assert_eq(before, operation == OP_store ? newValue : old);
    cr_assert_eq(read_cell(arena, 0, 4), model(operation, 4, old, old, newValue));
    weft_arena_release(arena);
}

/* Views whose elements are no integers of 1, 2, 4 or 8 bytes have no function here; a cell in the wrong place for its
 * size stands for them. */
static void wrong_views(enum operation operation)
{
    weft_arena *arena = agents_arena(64);
    uint64_t before = 77;
    for (uint32_t bytes = 2; bytes <= 8; bytes *= 2)
        for (uint64_t offset = 1; offset < 16; offset++)
            if (offset % bytes != 0)
                cr_assert_eq(apply(operation, bytes, arena, offset, 0, 1, &before), WEFT_EALIGN);
    cr_assert_eq(apply(operation, 4, NULL, 0, 0, 1, &before), WEFT_EINVAL);
    cr_assert_eq(before, 77);
    for (uint64_t i = 0; i < 64; i++)
        cr_assert_eq(arena->base[i], 0);
    weft_arena_release(arena);
}

#define OPERATION(name)                                                                                                \
    Test(Atomics_##name, bad_range)                                                                                    \
    {                                                                                                                  \
        bad_range(OP_##name, 1);                                                                                       \
        bad_range(OP_##name, 2);                                                                                       \
        bad_range(OP_##name, 4);                                                                                       \
    }                                                                                                                  \
    Test(Atomics_##name, bigint_bad_range)                                                                             \
    {                                                                                                                  \
        bad_range(OP_##name, 8);                                                                                       \
    }                                                                                                                  \
    Test(Atomics_##name, good_views)                                                                                   \
    {                                                                                                                  \
        good_views(OP_##name, 1);                                                                                      \
        good_views(OP_##name, 2);                                                                                      \
        good_views(OP_##name, 4);                                                                                      \
    }                                                                                                                  \
    Test(Atomics_##name, bigint_good_views)                                                                            \
    {                                                                                                                  \
        good_views(OP_##name, 8);                                                                                      \
    }                                                                                                                  \
    Test(Atomics_##name, expected_return_value)                                                                        \
    {                                                                                                                  \
        expected_return_value(OP_##name);                                                                              \
    }                                                                                                                  \
    Test(Atomics_##name, non_shared_int_views_throws)                                                                  \
    {                                                                                                                  \
        wrong_views(OP_##name);                                                                                        \
    }
OPERATION(add)
OPERATION(and)
OPERATION(compareExchange)
OPERATION(exchange)
OPERATION(load)
OPERATION(or)
OPERATION(store)
OPERATION(sub)
OPERATION(xor)

Test(Atomics_isLockFree, expected_return_value)
{
    cr_assert_eq(weft_cell_is_lock_free(4), 1);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(weft_cell_is_lock_free(1), __atomic_always_lock_free(1, 0));
        cr_assert_eq(weft_cell_is_lock_free(2), __atomic_always_lock_free(2, 0));
    }
}

Test(Atomics_isLockFree, bigint_expected_return_value)
{
    for (int i = 0; i < 3; i++)
        cr_assert_eq(weft_cell_is_lock_free(8), __atomic_always_lock_free(8, 0));
}

Test(Atomics_isLockFree, corner_cases)
{
    static const size_t others[] = {0, 3, 5, 6, 7, 9, 10, 11, 12, 16, 32, 64, SIZE_MAX};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_assert_eq(weft_cell_is_lock_free(others[i]), 0);
}

Test(Atomics_pause, returns_undefined)
{
    weft_arena *arena = agents_arena(64);
    weft_cell_pause();
    for (uint64_t i = 0; i < 64; i++)
        cr_assert_eq(arena->base[i], 0);
    weft_arena_release(arena);
}
