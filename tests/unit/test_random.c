/*
 * unit/test_random.c - SplitMix64
 *
 * All seeds are fixed, so that what is said here about a distribution holds in every run or in none.
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "base/random.h"

#define DRAWS   100000
#define LARGEST 33

Test(random, seed_0_gives_the_published_numbers)
{
    static const uint64_t expected[] = {UINT64_C(0xe220a8397b1dcdaf), UINT64_C(0x6e789e6aa1b965f4),
                                        UINT64_C(0x06c45d188009454f), UINT64_C(0xf88bb8a8724c81ec),
                                        UINT64_C(0x1b39896a51a8749b)};
    uint64_t state = 0;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        cr_assert_eq(wi_random_next(&state), expected[i], "number %zu", i);
}

Test(random, seed_1234567_gives_the_published_numbers)
{
    static const uint64_t expected[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                        UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
                                        UINT64_C(16408922859458223821)};
    uint64_t state = 1234567;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        cr_assert_eq(wi_random_next(&state), expected[i], "number %zu", i);
}

Test(random, equal_seeds_give_equal_numbers_and_others_do_not)
{
    uint64_t one = 42, same = 42, other = 43;
    int equal = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t number = wi_random_next(&one);
        cr_assert_eq(wi_random_next(&same), number);
        equal += wi_random_next(&other) == number;
    }
    cr_assert_eq(equal, 0);
}

Test(random, every_bit_is_set_about_half_of_the_time)
{
    uint64_t state = 1;
    int set[64] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t number = wi_random_next(&state);
        for (int bit = 0; bit < 64; bit++)
            set[bit] += (int)(number >> bit & 1);
    }
    for (int bit = 0; bit < 64; bit++)
        cr_assert(set[bit] > DRAWS * 49 / 100 && set[bit] < DRAWS * 51 / 100, "bit %d: %d", bit, set[bit]);
}

Test(random, below_one_is_zero)
{
    uint64_t state = 5;
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(wi_random_below(&state, 1), 0);
}

Test(random, below_gives_every_value_about_equally_often)
{
    for (uint32_t limit = 2; limit <= LARGEST; limit++) {
        uint64_t state = limit;
        int seen[LARGEST] = {0};
        for (int i = 0; i < DRAWS; i++) {
            uint32_t number = wi_random_below(&state, limit);
            cr_assert_lt(number, limit);
            seen[number]++;
        }
        for (uint32_t number = 0; number < limit; number++) {
            int mean = DRAWS / (int)limit;
            cr_assert(seen[number] > mean * 9 / 10 && seen[number] < mean * 11 / 10, "%u of %u: %d", (unsigned)number,
                      (unsigned)limit, seen[number]);
        }
    }
}

Test(random, below_a_large_limit_reaches_from_end_to_end)
{
    static const uint32_t limits[] = {UINT32_C(1) << 31, (UINT32_C(1) << 31) + 1, UINT32_C(3) << 30, UINT32_MAX};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        uint64_t state = 9;
        int quarters[4] = {0};
        for (int j = 0; j < DRAWS; j++) {
            uint32_t number = wi_random_below(&state, limits[i]);
            cr_assert_lt(number, limits[i]);
            quarters[(uint64_t)number * 4 / limits[i]]++;
        }
        for (int j = 0; j < 4; j++)
            cr_assert(quarters[j] > DRAWS * 24 / 100 && quarters[j] < DRAWS * 26 / 100, "quarter %d of %u: %d", j,
                      (unsigned)limits[i], quarters[j]);
    }
}

Test(random, below_takes_one_number)
{
    /* Whoever replays a choice by its seed counts on it. */
    uint64_t state = 77, same = 77;
    wi_random_below(&state, 10);
    wi_random_next(&same);
    cr_assert_eq(state, same);
}
