/*
 * bench.h - the contract between the runner, the workloads and the contenders
 *
 * A contender is a scheduler behind a small table of primitives, and a workload is something to measure. One process
 * has one contender, runs one workload, and prints what it measured: schedulers keep global state, and some cannot live
 * in one process. What is measured natively, the fork-join programs, is in fork_join.h.
 *
 * What follows holds for every function that does not say otherwise.
 *   Units     times in nanoseconds of CLOCK_MONOTONIC, samples in microseconds
 *   Errors    bench_fail() ends the process: a benchmark that goes wrong has nothing to report
 *   Threads   the main thread, which belongs to no pool; `submit` and `wait` any thread outside of the pool
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a thread from outside gives to a pool. A contender's own structure begins with it. */
struct job {
    void (*run)(struct job *job);
};

/* A piece of a loop: the indices from `begin` to before `end`. */
typedef void range_fn(size_t begin, size_t end, void *context);

/* What a workload needs of a contender. */
enum needs {
    NEEDS_LOOP = 1,   /* parallel_for */
    NEEDS_POOL = 2,   /* start and stop */
    NEEDS_SUBMIT = 4, /* submit and wait */
    NEEDS_ASYNC = 8,  /* a submit that returns before its job has run */
    NEEDS_STOP = 16,  /* a stop after which there can be a new start */
};

/* One measurement in the making. The workload reads `size`, and fills in the rest. */
struct run {
    const char *size;
    unsigned workers;
    double result;      /* of this run */
    double expected;    /* what the result must be, */
    double tolerance;   /* give or take this much */
    double tasks;       /* forked, submitted or looped over in one run; 0: the word has no meaning here */
    double seconds;     /* of this run, if the workload measures it itself; 0: the time of the whole call counts */
    double *samples_us; /* each latency of this run, in a block of the workload's own; NULL: it has none */
    size_t sample_count;
};

/* Something to measure. State that its functions share is static: a process runs one workload. */
struct workload {
    const char *name;
    const char *what;      /* half a line */
    const char *size_what; /* what --size means here */
    const char *size;      /* without --size */
    unsigned needs;        /* enum needs; 0 for fork-join programs, which come with their contender */
    /* Reads the size, allocates, and finds out what the result must be. False: that is no size. */
    bool (*prepare)(struct run *run);
    void (*run)(struct run *run);   /* is timed, repeatedly */
    void (*reset)(struct run *run); /* comes before each run, untimed; NULL: nothing is to be done */
    void (*check)(struct run *run); /* comes after each run, untimed, and finds the result; NULL: run() has found it */
};

/* A scheduler. What it lacks is NULL. */
struct contender {
    const struct workload *const *fork_join; /* its native programs, up to a NULL */
    size_t job_bytes;                        /* of its own structure that begins with a struct job */
    bool submit_blocks;                      /* submit() returns only when the job has run */
    /* `has_jobs`: jobs will be submitted; otherwise the main thread will only wait for programs and loops, and may well
     * be one of the workers. */
    void (*start)(unsigned workers, bool has_jobs);
    void (*stop)(void);
    bool stops_for_good; /* no start() after a stop() */
    /* Calls `body` for pieces that together are [0, count). `grain`: about so many indices make a sensible piece. */
    void (*parallel_for)(size_t count, size_t grain, range_fn *body, void *context);
    void (*submit)(struct job *job); /* lends the job until wait() returns, which must follow on the same thread */
    void (*wait)(struct job *job);
};

/* The contender of this program. */
extern const struct contender contender;

/* Prints one line and ends the process with exit code 1. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* malloc() that does not fail; zeroed. */
void *bench_alloc(size_t count, size_t bytes);

/* Reads a whole number from `least` to `most`. */
bool bench_read_size(const char *text, long least, long most, long *value);

static inline uint64_t bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Keeps the CPU busy until that much time has passed. */
static inline void bench_spin_ns(uint64_t duration_ns)
{
    uint64_t end = bench_now_ns() + duration_ns;
    while (bench_now_ns() < end)
        ;
}

/* Sleeps for that long, or somewhat longer. */
static inline void bench_sleep_ns(uint64_t duration_ns)
{
    struct timespec duration;
    duration.tv_sec = (time_t)(duration_ns / 1000000000);
    duration.tv_nsec = (long)(duration_ns % 1000000000);
    nanosleep(&duration, NULL);
}

/* Makes the compiler believe that `value` may have changed, so that it cannot leave out what computes it. */
static inline long bench_opaque(long value)
{
    __asm__ volatile("" : "+r"(value));
    return value;
}

/* A step of a linear congruential generator, Knuth's MMIX: data that looks random and is always the same. */
static inline uint64_t bench_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 32;
}

#ifdef __cplusplus
}
#endif

#endif
