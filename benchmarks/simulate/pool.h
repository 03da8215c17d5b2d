/*
 * simulate/pool.h - workers, their deques, and the lines of memory between them
 *
 * Each worker has one event to come, unless it sleeps: the end of what it does now. Its phase says what that is. A step
 * reads and changes the state of the pool in one instant, and returns how long the worker is busy after that; what
 * takes time before it has an effect (a look, a compare-and-swap, a barrier) is split into the step that begins it and
 * the step that ends it. So two thieves can see the same task, and one of them comes too late.
 *
 * Memory. The line of a deque that thieves read has a version; a look at a version that was seen before is cheap.
 * Writes by thieves queue up for it. Owners pay when a thief has written or, where the cursor is open, read what they
 * write. The counts of searchers and sleepers are one more such line.
 *
 * Interrupts. What a barrier takes from a worker is added to its next event.
 *
 * Invariants
 *   I1  top <= split <= bottom: tasks below split are public. Without a private part split is bottom.
 *   I2  Steals take the oldest, so the youngest task of a deque is of the youngest frame that has any there.
 *   I3  Whoever waits for a stolen child has an empty deque.
 *
 *   Units     picoseconds; a function that returns a number returns the time that the caller is busy with it
 */
#ifndef SIMULATE_POOL_H
#define SIMULATE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap.h"
#include "simulate.h"

#define NOBODY UINT32_MAX
#define NEVER  UINT64_MAX

enum phase {
    PHASE_RUN,    /* executes its youngest frame */
    PHASE_PROBE,  /* is about to look at a victim */
    PHASE_LOOK,   /* sees a victim */
    PHASE_CLAIM,  /* has run a barrier for the task that it saw */
    PHASE_COMMIT, /* its compare-and-swap for the task takes effect */
    PHASE_SCAN,   /* has run a barrier to all */
    PHASE_FORCE,  /* its compare-and-swap that publishes a victim's work takes effect */
    PHASE_DOZE,   /* has said that it sleeps, and looks a last time */
    PHASE_SLEEP,  /* any work may wake it */
    PHASE_WAIT    /* only the end of its stolen child may wake it */
};

struct frame {
    struct node node;
    struct shape shape;
    uint64_t next;             /* children that were forked or called */
    uint64_t local;            /* forked and still in the deque */
    uint64_t stolen;           /* stolen and not done */
    uint64_t fetched;          /* stolen, with results to fetch from the thieves' lines */
    uint32_t home, home_frame; /* whose child it is, if it was stolen; or NOBODY */
    uint64_t begun_at;         /* by the worker's own clock, which interrupts stop */
    bool has_begun, has_worked;
};

struct task {
    struct node node;
    uint64_t forked_at;
    uint32_t frame;
};

struct line {
    uint64_t free_at; /* when the writes that queue for it are done */
    uint32_t version;
};

struct worker {
    enum phase phase;
    uint64_t owed, paid; /* to interrupts */
    uint64_t random;

    struct frame *frames;
    size_t depth, frames_capacity;
    uint32_t helps; /* stolen frames among them */

    struct task *tasks; /* a ring */
    uint64_t top, split, bottom, tasks_capacity;
    struct line line;
    bool is_flagged;        /* a thief has asked for private work */
    bool has_news;          /* a thief has written what the owner checks */
    bool is_top_foreign;    /* a thief has written the top */
    bool is_cursor_foreign; /* a thief has read the cursor */
    uint32_t counts_seen;

    uint64_t search_until, asked_at, waits_since;
    uint64_t top_seen;
    uint32_t victim;
    bool has_asked; /* all flags are raised, a barrier is due */
    bool is_woken;  /* while it was dozing */
    bool is_away;   /* has nothing to do: an idle gap */
};

struct pool {
    const struct settings *settings;
    const struct costs *costs;
    const struct protocol *protocol;
    const struct tree *tree;
    uint64_t pair_ps;

    uint64_t now;
    struct heap heap;
    struct worker *workers;
    uint32_t *seen; /* versions of lines, by reader and victim */
    uint32_t count;

    struct line counts; /* of those that search and sleep */
    uint32_t counts_writer;
    uint32_t searching;
    uint32_t *sleepers; /* willing ones, the last that lay down is the last */
    uint32_t sleeping;

    uint64_t lock_until;                 /* when the kernel's lock for barriers is free */
    uint64_t barrier_begin, barrier_end; /* of the last one to all */
    uint64_t idle_ps;
    uint64_t *latencies;
    size_t latencies_capacity;
    bool is_done;
    struct outcome outcome;
};

/* ---- lines of memory ---- */

/* How long the writes that queue for `line` take. */
uint64_t line_wait(const struct pool *pool, const struct line *line);

/* A write by another than the last writer: takes its place in the queue. */
uint64_t line_write(struct pool *pool, struct line *line);

/* A look of `reader` at the line of `victim`; and the version that it saw last. */
uint64_t line_read(struct pool *pool, uint32_t reader, uint32_t victim);
uint32_t *line_seen(struct pool *pool, uint32_t reader, uint32_t victim);

/* A look of `self` at the counts. */
uint64_t counts_read(struct pool *pool, uint32_t self);

/* ---- frames and tasks ---- */

struct frame *frame_last(const struct worker *worker);
void frame_push(struct worker *worker, struct node node, uint32_t home, uint32_t home_frame);
struct task *task_at(const struct worker *worker, uint64_t index);

/* ---- who searches, who sleeps ---- */

/* A search begins or ends, and is counted; or begins anew. */
uint64_t search_begin(struct pool *pool, uint32_t self);
uint64_t search_end(struct pool *pool, uint32_t self);
void search_restart(struct pool *pool, struct worker *worker, uint64_t at);

/* There is work: somebody shall search for it. */
uint64_t sleep_announce(struct pool *pool);

/* A sleeper gets up by itself. */
void sleep_leave(struct pool *pool, uint32_t self);

/* Works from now on. Those that sleep could not ask who was idle: so it has been asked. */
void work_begin(const struct pool *pool, struct worker *worker);

/* The last stolen child of `self`'s youngest frame is done: for whoever has done it. */
uint64_t work_resume(struct pool *pool, uint32_t self);

bool is_awake(const struct worker *worker);

/* ---- barriers ---- */

/* Interrupts all other cores that run a worker, and ends when they have all answered. */
uint64_t barrier_all(struct pool *pool, uint32_t self);

/* Interrupts that of `victim`. */
uint64_t barrier_one(struct pool *pool, uint32_t victim);

#endif
