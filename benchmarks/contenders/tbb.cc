/*
 * contenders/tbb.cc - oneTBB: task groups, loops, and an arena that jobs are enqueued into
 */
#include "bench.h"

#include <new>
#include <optional>

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include "scratch.h"

#define TASK(R, name, A, a) static R name(A a)

/* The first may run elsewhere: parallel_invoke() makes tasks of all but the last. */
#define BOTH(x, f, p, y, g, q) tbb::parallel_invoke([&] { (x) = f(p); }, [&] { (y) = g(q); })

#define SUM(total, f, count, i, p)                                                                                     \
    do {                                                                                                               \
        std::size_t count_ = (count);                                                                                  \
        auto *results_ = static_cast<__typeof__(total) *>(scratch_begin(count_, sizeof(total)));                       \
        tbb::task_group group_;                                                                                        \
        for (std::size_t i = 0; i < count_; i++)                                                                       \
            group_.run([result_ = &results_[i], argument_ = (p)] { *result_ = f(argument_); });                        \
        group_.wait();                                                                                                 \
        for (std::size_t i_ = 0; i_ < count_; i_++)                                                                    \
            (total) += results_[i_];                                                                                   \
        scratch_end(results_, count_, sizeof(total));                                                                  \
    } while (0)

#define CALL(f, p) f(p)

#define ROOT(x, f, p) (*arena).execute([&] { (x) = f(p); })

namespace
{

std::optional<tbb::task_scheduler_handle> scheduler;
std::optional<tbb::global_control> parallelism;
std::optional<tbb::task_arena> arena;

} // namespace

#include "fork_join.h"

namespace
{

struct group_job {
    struct job job;
    tbb::task_group group;
};

/* An arena has a slot for the main thread, which programs and loops use; for jobs, workers take them all. */
void start(unsigned workers, bool has_jobs)
{
    scheduler.emplace(tbb::attach{});
    parallelism.emplace(tbb::global_control::max_allowed_parallelism, workers + has_jobs);
    arena.emplace(static_cast<int>(workers), has_jobs ? 0u : 1u);
    arena->initialize();
}

void stop()
{
    arena.reset();
    parallelism.reset();
    tbb::finalize(*scheduler, std::nothrow);
    scheduler.reset();
}

void parallel_for(std::size_t count, std::size_t grain, range_fn *body, void *context)
{
    arena->execute([&] {
        tbb::parallel_for(tbb::blocked_range<std::size_t>(0, count, grain),
                          [=](const auto &range) { body(range.begin(), range.end(), context); });
    });
}

void submit(struct job *job)
{
    auto *own = new (job) group_job{*job, {}};
    arena->enqueue(own->group.defer([job] { job->run(job); }));
}

void wait_for(struct job *job)
{
    auto *own = reinterpret_cast<group_job *>(job);
    arena->execute([own] { own->group.wait(); });
    own->group.~task_group();
}

} // namespace

const struct contender contender = {
    .fork_join = fork_join,
    .job_bytes = sizeof(struct group_job),
    .submit_blocks = false,
    .start = start,
    .stop = stop,
    .stops_for_good = false,
    .parallel_for = parallel_for,
    .submit = submit,
    .wait = wait_for,
};
