/*
 * contenders/rayon.c - rayon, seen from C; what it does is in rayon.rs
 *
 * A program that rayon.rs has in Rust, as rayon_NAME, runs there from its root on. All others run here, with frames
 * like those of weft_frame.c.
 */
#include "bench.h"

#include "scratch.h"

typedef void frame_fn(void *frame);

void rayon_start(size_t workers);
void rayon_stop(void);
void rayon_root(frame_fn *body, void *frame);
void rayon_both(frame_fn *forked, void *left, frame_fn *called, void *right);
void rayon_sum(frame_fn *body, void *frames, size_t bytes, size_t count);
void rayon_loop(size_t count, size_t grain, range_fn *body, void *context);
void rayon_submit(struct job *job);
void rayon_wait(struct job *job);

#define TASK(R, name, A, a)                                                                                            \
    R rayon_##name(A a) __attribute__((weak));                                                                         \
    struct name##_frame {                                                                                              \
        A argument;                                                                                                    \
        R result;                                                                                                      \
    };                                                                                                                 \
    static R name(A a);                                                                                                \
    static void name##_body(void *pointer)                                                                             \
    {                                                                                                                  \
        struct name##_frame *frame = pointer;                                                                          \
        frame->result = name(frame->argument);                                                                         \
    }                                                                                                                  \
    static R name(A a)

#define BOTH(x, f, p, y, g, q)                                                                                         \
    do {                                                                                                               \
        struct f##_frame left_;                                                                                        \
        struct g##_frame right_;                                                                                       \
        left_.argument = (p);                                                                                          \
        right_.argument = (q);                                                                                         \
        rayon_both(f##_body, &left_, g##_body, &right_);                                                               \
        (x) = left_.result;                                                                                            \
        (y) = right_.result;                                                                                           \
    } while (0)

#define SUM(total, f, count, i, p)                                                                                     \
    do {                                                                                                               \
        size_t count_ = (count);                                                                                       \
        struct f##_frame *children_ = scratch_begin(count_, sizeof *children_);                                        \
        for (size_t i = 0; i < count_; i++)                                                                            \
            children_[i].argument = (p);                                                                               \
        rayon_sum(f##_body, children_, sizeof *children_, count_);                                                     \
        for (size_t i_ = 0; i_ < count_; i_++)                                                                         \
            (total) += children_[i_].result;                                                                           \
        scratch_end(children_, count_, sizeof *children_);                                                             \
    } while (0)

#define CALL(f, p) f(p)

#define ROOT(x, f, p)                                                                                                  \
    do {                                                                                                               \
        struct f##_frame root_;                                                                                        \
        root_.argument = (p);                                                                                          \
        if (rayon_##f != NULL)                                                                                         \
            root_.result = rayon_##f(root_.argument);                                                                  \
        else                                                                                                           \
            rayon_root(f##_body, &root_);                                                                              \
        (x) = root_.result;                                                                                            \
    } while (0)

#include "fork_join.h"

/* For rayon.rs, which does not see the programs' own parameters. */
long rayon_nqueens_size(void);
long rayon_nqueens_size(void)
{
    return nqueens_size;
}

struct rayon_job {
    struct job job;
    void *own[3]; /* rayon.rs checks that it suffices */
};

static void start(unsigned workers, bool has_jobs)
{
    (void)has_jobs;
    rayon_start(workers);
}

const struct contender contender = {
    .fork_join = fork_join,
    .job_bytes = sizeof(struct rayon_job),
    .start = start,
    .stop = rayon_stop,
    .parallel_for = rayon_loop,
    .submit = rayon_submit,
    .wait = rayon_wait,
};
