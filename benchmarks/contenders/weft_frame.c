/*
 * contenders/weft_frame.c - weft with frames: task.h as it is used by hand
 */
#include "bench.h"

#include <weft/task.h>

#include "contenders/weft_pool.h"
#include "scratch.h"

#define TASK(R, name, A, a)                                                                                            \
    struct name##_frame {                                                                                              \
        weft_task task;                                                                                                \
        A argument;                                                                                                    \
        R result;                                                                                                      \
    };                                                                                                                 \
    static R name(weft_worker *worker, A a);                                                                           \
    static void name##_body(weft_worker *worker, weft_task *task)                                                      \
    {                                                                                                                  \
        struct name##_frame *frame = weft_entry(task, struct name##_frame, task);                                      \
        frame->result = name(worker, frame->argument);                                                                 \
    }                                                                                                                  \
    static R name(__attribute__((unused)) weft_worker *worker, A a)

#define BOTH(x, f, p, y, g, q)                                                                                         \
    do {                                                                                                               \
        struct f##_frame child_;                                                                                       \
        child_.argument = (p);                                                                                         \
        weft_fork(worker, &child_.task, f##_body);                                                                     \
        (y) = g(worker, q);                                                                                            \
        weft_join(worker, &child_.task);                                                                               \
        (x) = child_.result;                                                                                           \
    } while (0)

#define SUM(total, f, count, i, p)                                                                                     \
    do {                                                                                                               \
        size_t count_ = (count);                                                                                       \
        struct f##_frame *children_ = scratch_begin(count_, sizeof *children_);                                        \
        for (size_t i = 0; i < count_; i++) {                                                                          \
            children_[i].argument = (p);                                                                               \
            weft_fork(worker, &children_[i].task, f##_body);                                                           \
        }                                                                                                              \
        for (size_t i_ = count_; i_-- > 0;) {                                                                          \
            weft_join(worker, &children_[i_].task);                                                                    \
            (total) += children_[i_].result;                                                                           \
        }                                                                                                              \
        scratch_end(children_, count_, sizeof *children_);                                                             \
    } while (0)

#define CALL(f, p) f(worker, p)

#define ROOT(x, f, p)                                                                                                  \
    do {                                                                                                               \
        struct f##_frame root_;                                                                                        \
        root_.argument = (p);                                                                                          \
        check(weft_run(pool, &root_.task, f##_body));                                                                  \
        (x) = root_.result;                                                                                            \
    } while (0)

#include "fork_join.h"

const struct contender contender = WEFT_CONTENDER;
