/*
 * contenders/openmp.c - OpenMP: tasks, loops and regions; with gcc it is libgomp, with clang libomp
 *
 * The main thread is one of the team's. OpenMP takes no jobs from outside: the nearest thing is a parallel region,
 * which returns when all of the team are done.
 */
#include "bench.h"

#include <omp.h>

#include "scratch.h"

#define TASK(R, name, A, a)                                                                                            \
    typedef A name##_argument;                                                                                         \
    static R name(A a)

#define DIRECTIVE(text) _Pragma(#text)

#define BOTH(x, f, p, y, g, q)                                                                                         \
    do {                                                                                                               \
        DIRECTIVE(omp task shared(x))                                                                                  \
        (x) = f(p);                                                                                                    \
        (y) = g(q);                                                                                                    \
        DIRECTIVE(omp taskwait)                                                                                        \
    } while (0)

#define SUM(total, f, count, i, p)                                                                                     \
    do {                                                                                                               \
        size_t count_ = (count);                                                                                       \
        __typeof__(total) *results_ = scratch_begin(count_, sizeof *results_);                                         \
        for (size_t i = 0; i < count_; i++) {                                                                          \
            f##_argument argument_ = (p);                                                                              \
            DIRECTIVE(omp task)                                                                                        \
            results_[i] = f(argument_);                                                                                \
        }                                                                                                              \
        DIRECTIVE(omp taskwait)                                                                                        \
        for (size_t i_ = 0; i_ < count_; i_++)                                                                         \
            (total) += results_[i_];                                                                                   \
        scratch_end(results_, count_, sizeof *results_);                                                               \
    } while (0)

#define CALL(f, p) f(p)

#define ROOT(x, f, p)                                                                                                  \
    do {                                                                                                               \
        DIRECTIVE(omp parallel)                                                                                        \
        DIRECTIVE(omp single)                                                                                          \
        (x) = f(p);                                                                                                    \
    } while (0)

#include "fork_join.h"

static void start(unsigned workers, bool has_jobs)
{
    (void)has_jobs;
    omp_set_dynamic(false);
    omp_set_num_threads((int)workers);
#pragma omp parallel
    ;
}

static void stop(void)
{
    omp_pause_resource_all(omp_pause_hard);
}

static void parallel_for(size_t count, size_t grain, range_fn *body, void *context)
{
    size_t pieces = (count + grain - 1) / grain;
#pragma omp parallel for schedule(guided)
    for (size_t i = 0; i < pieces; i++)
        body(i * grain, i + 1 < pieces ? (i + 1) * grain : count, context);
}

/* Both threads of a region would do; which one takes the job is left to them. */
static void submit(struct job *job)
{
#pragma omp parallel
#pragma omp single
    job->run(job);
}

static void wait_for(struct job *job)
{
    (void)job;
}

const struct contender contender = {
    .fork_join = fork_join,
    .job_bytes = sizeof(struct job),
    .submit_blocks = true,
    .start = start,
    .stop = stop,
    .parallel_for = parallel_for,
    .submit = submit,
    .wait = wait_for,
};
