/*
 * simulate/protocol.h - how owners, thieves and sleepers deal with one another
 *
 * A protocol is a row of a table: what its owner pays, what its thieves may do, and what they pay for it.
 */
#ifndef SIMULATE_PROTOCOL_H
#define SIMULATE_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "costs.h"

/* What a thief does about private work, once it has asked for it. */
enum force {
    FORCE_NEVER,      /* waits for the owner */
    FORCE_AT_ONCE,    /* publishes it: the owner's fences allow that */
    FORCE_BY_BARRIER, /* publishes it after a barrier to all, when it has searched in vain */
    FORCE_BY_TARGET   /* the same, with a barrier to the one victim that it found */
};

struct protocol {
    const char *name;
    const char *what;
    size_t pair_offset;         /* which cost a fork and its join have */
    uint32_t fences;            /* that the owner passes for each fork and join, beyond that cost */
    bool has_private;           /* part of the deque is the owner's alone; thieves ask for it with a flag */
    bool has_open_cursor;       /* thieves read the line that the owner writes at each fork and join */
    bool has_event_count;       /* each fork looks whether somebody sleeps; otherwise the flag tells */
    bool steals_by_barrier;     /* each steal that sees a task runs a barrier */
    bool shares_barriers;       /* one barrier serves all that asked before it began */
    bool only_last_forces;      /* a thief that has searched in vain while others search lies down */
    uint32_t searchers_percent; /* work wakes a sleeper while fewer search, in parts of those that work; at least one */
    enum force force;
};

/* All protocols, up to one whose name is NULL. */
extern const struct protocol protocols[];

/* What the owner pays for a fork and its join when no thief is near. */
uint64_t protocol_pair_ps(const struct protocol *protocol, const struct costs *costs);

#endif
