/*
 * base/random.h - small, fast random numbers for choices that need no secrecy
 *
 * One generator is one 64-bit word that its owner keeps. The same seed gives the same numbers on every machine.
 *
 *   Threads   the generator's owner only
 *   Source    Steele, Lea and Flood, Fast splittable pseudorandom number generators (OOPSLA 2014): SplitMix64
 */
#ifndef WI_BASE_RANDOM_H
#define WI_BASE_RANDOM_H

#include <stdint.h>

/* Returns the next number of `state`, all 64 bits equally good. */
static inline uint64_t wi_random_next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Returns a number below `limit`, which is not 0. */
static inline uint32_t wi_random_below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)(((wi_random_next(state) >> 32) * limit) >> 32);
}

#endif
