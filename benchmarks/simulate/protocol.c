/*
 * simulate/protocol.c - the table of protocols
 */
#include "protocol.h"

#define PAIR(name) .pair_offset = offsetof(struct costs, pair_##name##_ps)

const struct protocol protocols[] = {
    {.name = "textbook",
     .what = "Chase-Lev: a fence in each pop, and one in each push for the event count",
     PAIR(textbook),
     .fences = 1,
     .has_open_cursor = true,
     .has_event_count = true},
    {.name = "asymmetric",
     .what = "Chase-Lev without fences: each steal and each sleep runs a barrier",
     PAIR(asymmetric),
     .has_open_cursor = true,
     .has_event_count = true,
     .steals_by_barrier = true},
    {.name = "request",
     .what = "private part, published when the owner next forks or joins after a thief has asked",
     PAIR(private),
     .has_private = true},
    {.name = "forced",
     .what = "request; a thief that searched in vain runs a barrier, then publishes itself, or sleeps",
     PAIR(private),
     .has_private = true,
     .force = FORCE_BY_BARRIER},
    {.name = "shared",
     .what = "forced; one barrier serves all who asked before it began",
     PAIR(private),
     .has_private = true,
     .shares_barriers = true,
     .force = FORCE_BY_BARRIER},
    {.name = "targeted",
     .what = "shared; a thief that sees private work runs a barrier to that one core",
     PAIR(private),
     .has_private = true,
     .shares_barriers = true,
     .force = FORCE_BY_TARGET},
    {.name = "scout",
     .what = "forced; only the last that searches runs a barrier, the others lie down without",
     PAIR(private),
     .has_private = true,
     .only_last_forces = true,
     .force = FORCE_BY_BARRIER},
    {.name = "ramp",
     .what = "shared; work wakes sleepers as long as fewer search than half of those that work",
     PAIR(private),
     .has_private = true,
     .shares_barriers = true,
     .searchers_percent = 50,
     .force = FORCE_BY_BARRIER},
    {.name = "symmetric",
     .what = "private part and a fence in each fork and join: thieves publish without a barrier",
     PAIR(private),
     .fences = 2,
     .has_private = true,
     .has_open_cursor = true,
     .force = FORCE_AT_ONCE},
    {.name = NULL},
};

uint64_t protocol_pair_ps(const struct protocol *protocol, const struct costs *costs)
{
    return *(const uint64_t *)((const char *)costs + protocol->pair_offset) + protocol->fences * costs->fence_ps;
}
