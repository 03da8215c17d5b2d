/*
 * engine/world.h - what the parts of the checker share: the threads, and how an execution is steered
 */
#ifndef WORLD_H
#define WORLD_H

#include "engine/model.h"

/* Addresses that a scenario's threads use atomically, over all its executions. */
#define MC_LOCATIONS 256
/* Writes to one location in one execution. */
#define MC_WRITES 250
/* Operations in one execution; one that takes more does not end. */
#define MC_STEPS 3000
/* Loads in a row of one location by one thread that do not see its newest value. What is written is seen some time. */
#define MC_STALE_IN_A_ROW 3

/* What a thread, or a message, knows. */
struct view {
    int16_t clock[8];           /* of each thread: what it did up to here happened before */
    uint8_t seen[MC_LOCATIONS]; /* of each location: the oldest write that may still be read */
};

enum thread_state {
    THREAD_ABSENT,
    THREAD_READY,
    THREAD_ASLEEP,  /* on a word; see memory.c */
    THREAD_BLOCKED, /* until its condition holds */
    THREAD_ENDED
};

struct thread {
    enum thread_state state;
    const char *name;
    void (*body)(void *context);
    void *context;
    bool (*is_unblocked)(int thread);
    bool is_granted;    /* was chosen to run, and has done no operation since */
    uint32_t yields_to; /* threads, as bits, each of which does an operation before this one goes on */
    bool is_willing;    /* to lose its turn */
    bool has_deadline;  /* asleep, but may time out */
    bool is_joined;
    int awaits;       /* the thread that it joins */
    const void *word; /* asleep on */
    uint64_t hash;    /* of all it did and what it was answered */
    uint32_t steps;
    struct view cur;      /* what it knows */
    struct view acquired; /* what it would know after an acquire fence */
    struct view released; /* what a relaxed store of it carries: its view at its last release fence */
    uint8_t stale[MC_LOCATIONS];
    const char *waits_in; /* for the report */
};

extern struct thread threads[MC_THREADS];
extern int self;

/* What an operation is about to touch: NULL for a fence. Lets the others go first, in some executions. */
void point(const void *address, bool is_write);

/* Takes the calling thread out until it is made ready, or `is_unblocked` says so. */
void block(enum thread_state state, bool (*is_unblocked)(int thread), const char *where);

/* Ends an execution that is longer than the checker has room for. */
void give_up(void);

/* Picks a number below `limit`: each in turn over the executions. */
uint32_t pick(uint32_t limit);

/* Whether one more of a bounded kind is allowed; and counts it. */
bool may_be_stale(void);
void was_stale(void);
bool is_unordered(const char *expression);
bool may_wake_early(void);
void woke_early(void);

/* Hashes of the world, so that one that was seen before is not explored again. */
uint64_t mix(uint64_t x);
void know(uint64_t what); /* adds to the thread's */

/* memory.c: to begin an execution, or a scenario, whose addresses are not those of the last. */
void memory_reset(void);
void memory_forget(void);
uint64_t memory_hash(void);
void memory_check_leaks(void);
extern uint64_t blind_stores;
void thread_begins(int thread, int parent);
void thread_was_joined(int thread);

/* Whether an operation on the address needs no turn of the others: only one thread uses it, or nobody writes it. That
 * is learnt from all executions; learn() is told when it changes what earlier ones went by. */
bool is_private(const void *address, bool is_write);
bool is_alone(void);
void learn(void);

/* For the trace of a failed execution. */
extern bool is_tracing;
void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *file_name(const char *path);

/* What came of exploring a scenario. */
struct result {
    uint64_t executions; /* that ran to their end */
    uint64_t pruned;     /* that came to a state seen before */
    uint64_t too_long;   /* that were given up because the checker has no room for them */
    uint64_t blind;      /* stores beside a write that their thread does not know */
    bool has_failed;
    char message[300];
    char outcomes[300];
    char schedule[1200]; /* of the failed execution */
};

/* Runs a scenario in all ways within its bounds, but at most `limit` executions; 0 for no limit. */
void explore(const struct mc_scenario *scenario, uint64_t limit, struct result *result);

/* Runs it once, as the schedule says, and prints each step. */
void replay(const struct mc_scenario *scenario, const char *schedule, struct result *result);

#endif
