/*
 * arena/cells.c - operations on cells, checked and by pointer, against bare C11 atomics
 *
 * Each goes round 64 cells, so that the address is not a constant, and adds up what the operations give.
 */
#include <stdatomic.h>

#include <weft/cell.h>

#include "measure.h"

#define CELLS      64
#define OPERATIONS 2000000

static weft_arena *arena;

/* One loop for each contender and operation: cells begin at 0 and the i-th operation has the operand i. */
#define LOOP(name, type, statement)                                                                                    \
    static double name(const void *argument, uint64_t *result)                                                         \
    {                                                                                                                  \
        uint64_t sum = 0;                                                                                              \
        (void)argument;                                                                                                \
        for (uint64_t offset = 0; offset < CELLS * 8; offset++)                                                        \
            arena->base[offset] = 0;                                                                                   \
        double begin = measure_now();                                                                                  \
        for (uint64_t i = 0; i < OPERATIONS; i++) {                                                                    \
            uint64_t offset = i % CELLS * 8;                                                                           \
            type operand = (type)i, before = 0;                                                                        \
            statement;                                                                                                 \
            (void)operand;                                                                                             \
            sum += before;                                                                                             \
        }                                                                                                              \
        double seconds = measure_now() - begin;                                                                        \
        *result = sum;                                                                                                 \
        return seconds;                                                                                                \
    }

#define BARE(type)   ((_Atomic type *)(void *)(arena->base + offset))
#define INLINE(type) ((type *)(void *)(arena->base + offset))

#define OPERATIONS_OF(suffix, type)                                                                                    \
    LOOP(bare_load_##suffix, type, before = atomic_load(BARE(type)))                                                   \
    LOOP(inline_load_##suffix, type, before = weft_##suffix##_load(INLINE(type)))                                      \
    LOOP(checked_load_##suffix, type, weft_cell_load_##suffix(arena, offset, &before))                                 \
    LOOP(bare_store_##suffix, type, atomic_store(BARE(type), operand))                                                 \
    LOOP(inline_store_##suffix, type, weft_##suffix##_store(INLINE(type), operand))                                    \
    LOOP(checked_store_##suffix, type, weft_cell_store_##suffix(arena, offset, operand))                               \
    LOOP(bare_add_##suffix, type, before = atomic_fetch_add(BARE(type), operand))                                      \
    LOOP(inline_add_##suffix, type, before = weft_##suffix##_add(INLINE(type), operand))                               \
    LOOP(checked_add_##suffix, type, weft_cell_add_##suffix(arena, offset, operand, &before))                          \
    LOOP(bare_xor_##suffix, type, before = atomic_fetch_xor(BARE(type), operand))                                      \
    LOOP(inline_xor_##suffix, type, before = weft_##suffix##_xor(INLINE(type), operand))                               \
    LOOP(checked_xor_##suffix, type, weft_cell_xor_##suffix(arena, offset, operand, &before))                          \
    LOOP(bare_exchange_##suffix, type, before = atomic_exchange(BARE(type), operand))                                  \
    LOOP(inline_exchange_##suffix, type, before = weft_##suffix##_exchange(INLINE(type), operand))                     \
    LOOP(checked_exchange_##suffix, type, weft_cell_exchange_##suffix(arena, offset, operand, &before))                \
    LOOP(bare_compare_exchange_##suffix, type, atomic_compare_exchange_strong(BARE(type), &before, operand))           \
    LOOP(inline_compare_exchange_##suffix, type,                                                                       \
         before = weft_##suffix##_compare_exchange(INLINE(type), before, operand))                                     \
    LOOP(checked_compare_exchange_##suffix, type,                                                                      \
         weft_cell_compare_exchange_##suffix(arena, offset, 0, operand, &before))
OPERATIONS_OF(u8, uint8_t)
OPERATIONS_OF(u32, uint32_t)
OPERATIONS_OF(u64, uint64_t)

#define MEASURE(operation, suffix)                                                                                     \
    do {                                                                                                               \
        struct contender contenders[] = {{"c11", bare_##operation##_##suffix},                                         \
                                         {"weft-inline", inline_##operation##_##suffix},                               \
                                         {"weft-checked", checked_##operation##_##suffix}};                            \
        uint64_t expected;                                                                                             \
        bare_##operation##_##suffix(NULL, &expected);                                                                  \
        measure("cell-" #operation "-" #suffix, contenders, 3, NULL, 1, OPERATIONS, OPERATIONS, expected);             \
    } while (0)
#define MEASURE_ALL(suffix)                                                                                            \
    MEASURE(load, suffix);                                                                                             \
    MEASURE(store, suffix);                                                                                            \
    MEASURE(add, suffix);                                                                                              \
    MEASURE(xor, suffix);                                                                                              \
    MEASURE(exchange, suffix);                                                                                         \
    MEASURE(compare_exchange, suffix)

int main(void)
{
    if (weft_arena_create(4096, 4096, NULL, &arena) != WEFT_OK)
        return 1;
    MEASURE_ALL(u8);
    MEASURE_ALL(u32);
    MEASURE_ALL(u64);
    weft_arena_release(arena);
    return 0;
}
