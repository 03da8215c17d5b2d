/*
 * weft/typed.h - typed tasks: arguments and result by value, and a fork that costs next to nothing
 *
 * WEFT_TASK defines a function as it stands and makes a task of it. Inside, WEFT_FORK lets a call of such a function
 * run in parallel, WEFT_CALL makes one here, and WEFT_JOIN gives the result of a fork. A fork that nobody steals is a
 * few stores beside an ordinary call, which the compiler may inline.
 *
 *     WEFT_TASK(long, fib, (int, n))
 *     {
 *         if (n < 2)
 *             return n;
 *         struct fib left;
 *         WEFT_FORK(fib, &left, n - 1);
 *         long right = WEFT_CALL(fib, n - 2);
 *         return WEFT_JOIN(fib, &left) + right;
 *     }
 *
 *     struct fib root;
 *     if (WEFT_RUN(pool, fib, &root, 40) == WEFT_OK)
 *         printf("%ld\n", root.value);
 *
 * For a task `name` there are afterwards
 *   name           the function, with two arguments more, by which it knows its worker and its place in the deque
 *   struct name    a frame for one fork: `value` is the result, `arg` holds the arguments, `task` is a weft_task of
 *                  weft/task.h, of which this is another spelling: both forms call one another and share a pool
 *
 * What follows holds for everything here.
 *   Rule      what weft/task.h says, and: forks are joined in reverse order, the newest first. With assertions (no
 *             NDEBUG), a join out of order fails one
 *   Errors    forking cannot fail. Where weft_join() would answer WEFT_EFORKED, in a forked child, a result is
 *             indeterminate
 *   Threads   FORK, CALL, JOIN and SELF inside the body of a typed task, on its thread; RUN and CALL_ON as weft_run()
 *             and weft_call()
 *   Ordering  as in weft/task.h
 *   Source    by-value tasks with a cursor in a register: van Dijk and van de Pol, Lace (2014)
 */
#ifndef WEFT_TYPED_H
#define WEFT_TYPED_H

#include <assert.h>

#include <weft/pool.h>
#include <weft/task.h>

/* Defines the task `name`, a static function that returns `result` and has one to eight parameters, each written
 * (type, name). The body follows. */
#define WEFT_TASK(result, name, ...)                                                                                   \
    WEFT_DEFINE_(result, name, result value;, weft_frame_->value =, return weft_frame_->value, __VA_ARGS__)

/* The same for a function without a result; its frame has no `value`. */
#define WEFT_VOID_TASK(name, ...) WEFT_DEFINE_(void, name, , , (void)weft_frame_, __VA_ARGS__)

/* Lets the call name(...) run in parallel from now on. Lends the frame until the join. */
#define WEFT_FORK(name, frame, ...) ((void)(weft_next_ = name##_fork_(weft_self_, weft_next_, (frame), __VA_ARGS__)))

/* Calls name(...) here and now. */
#define WEFT_CALL(name, ...) name(weft_self_, weft_next_, __VA_ARGS__)

/* Waits for what was forked with `frame`, as weft_join() does, and is its result. */
#define WEFT_JOIN(name, frame)                                                                                         \
    __extension__({                                                                                                    \
        struct name *weft_frame_ = (frame);                                                                            \
        weft_next_ = name##_join_(weft_self_, weft_next_, weft_frame_);                                                \
        name##_value_(weft_frame_);                                                                                    \
    })

/* The worker, for functions that take one: those of weft/task.h, weft/parallel.h, and your own. */
#define WEFT_SELF() (WEFT_SET_OWN_(weft_self_->next, weft_next_), weft_self_)

/* weft_run() of the call name(...), from any thread: a status. The result is in the frame. */
#define WEFT_RUN(pool, name, frame, ...) weft_run((pool), name##_set_((frame), __VA_ARGS__), name##_run_)

/* Calls name(...) on a worker that a task of weft/task.h was given. */
#define WEFT_CALL_ON(worker, name, ...) name##_on_((worker), __VA_ARGS__)

/* ---- what these are made of ---- */

#define WEFT_LOCAL_ static inline __attribute__((unused))
#define WEFT_HERE_  weft_worker *weft_self_ __attribute__((unused)), weft_slot *weft_next_ __attribute__((unused))

#define WEFT_DEFINE_(result, name, FIELD, STORE, VALUE, ...)                                                           \
    struct name {                                                                                                      \
        weft_task task;                                                                                                \
        struct {                                                                                                       \
            WEFT_EACH_(WEFT_FIELD_, __VA_ARGS__)                                                                       \
        } arg;                                                                                                         \
        FIELD                                                                                                          \
    };                                                                                                                 \
    WEFT_LOCAL_ result name(WEFT_HERE_ WEFT_EACH_(WEFT_PARAMETER_, __VA_ARGS__));                                      \
    WEFT_LOCAL_ void name##_run_(weft_worker *weft_self_, weft_task *weft_task_)                                       \
    {                                                                                                                  \
        struct name *weft_frame_ = weft_entry(weft_task_, struct name, task);                                          \
        weft_slot *weft_next_ = WEFT_GET_OWN_(weft_self_->next);                                                       \
        STORE name(weft_self_, weft_next_ WEFT_EACH_(WEFT_STORED_, __VA_ARGS__));                                      \
        WEFT_SET_OWN_(weft_self_->next, weft_next_); /* the body may have used WEFT_SELF() */                          \
    }                                                                                                                  \
    WEFT_LOCAL_ weft_task *name##_set_(struct name *weft_frame_ WEFT_EACH_(WEFT_PARAMETER_, __VA_ARGS__))              \
    {                                                                                                                  \
        WEFT_EACH_(WEFT_STORE_, __VA_ARGS__)                                                                           \
        return &weft_frame_->task;                                                                                     \
    }                                                                                                                  \
    WEFT_LOCAL_ weft_slot *name##_fork_(WEFT_HERE_, struct name *weft_frame_ WEFT_EACH_(WEFT_PARAMETER_, __VA_ARGS__)) \
    {                                                                                                                  \
        WEFT_EACH_(WEFT_STORE_, __VA_ARGS__)                                                                           \
        return weft_fork_at_(weft_self_, weft_next_, &weft_frame_->task, name##_run_);                                 \
    }                                                                                                                  \
    WEFT_LOCAL_ weft_slot *name##_join_(WEFT_HERE_, struct name *weft_frame_)                                          \
    {                                                                                                                  \
        weft_slot *weft_at_ = weft_next_ - 1;                                                                          \
        assert(weft_is_newest_(weft_self_, weft_at_, &weft_frame_->task));                                             \
        if (!weft_take_back_(weft_self_, weft_at_))                                                                    \
            return weft_join_slow_(weft_self_, weft_at_, &weft_frame_->task);                                          \
        STORE name(weft_self_, weft_at_ WEFT_EACH_(WEFT_STORED_, __VA_ARGS__));                                        \
        return weft_at_;                                                                                               \
    }                                                                                                                  \
    WEFT_LOCAL_ result name##_value_(struct name *weft_frame_)                                                         \
    {                                                                                                                  \
        VALUE;                                                                                                         \
    }                                                                                                                  \
    WEFT_LOCAL_ result name##_on_(weft_worker *weft_self_ WEFT_EACH_(WEFT_PARAMETER_, __VA_ARGS__))                    \
    {                                                                                                                  \
        struct name weft_here_, *weft_frame_ = &weft_here_;                                                            \
        name##_run_(weft_self_, name##_set_(weft_frame_ WEFT_EACH_(WEFT_ARGUMENT_, __VA_ARGS__)));                     \
        VALUE;                                                                                                         \
    }                                                                                                                  \
    WEFT_LOCAL_ result name(WEFT_HERE_ WEFT_EACH_(WEFT_PARAMETER_, __VA_ARGS__))

/* Whether a join in the slot `at` is in order. Tasks that had no slot have run: then bound is above every address. */
static inline int weft_is_newest_(weft_worker *worker, weft_slot *at, weft_task *task)
{
    return WEFT_LOAD_RELAXED_(at) == task || WEFT_LOAD_RELAXED_(&worker->bound) >> 62 != 0; /* owner's own */
}

/* What becomes of each (type, name). */
#define WEFT_FIELD_(type, name)     type name;
#define WEFT_PARAMETER_(type, name) , type name
#define WEFT_ARGUMENT_(type, name)  , name
#define WEFT_STORE_(type, name)     weft_frame_->arg.name = name;
#define WEFT_STORED_(type, name)    , weft_frame_->arg.name

/* Applies `what` to each of one to eight arguments in parentheses. */
#define WEFT_EACH_(what, ...)                                                                                          \
    WEFT_GLUE_(WEFT_EACH_, WEFT_COUNT_(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0))(what, __VA_ARGS__)
#define WEFT_COUNT_(a, b, c, d, e, f, g, h, count, ...) count
#define WEFT_GLUE_(a, b)                                WEFT_GLUED_(a, b)
#define WEFT_GLUED_(a, b)                               a##b
#define WEFT_EACH_1(what, a)                            what a
#define WEFT_EACH_2(what, a, ...)                       what a WEFT_EACH_1(what, __VA_ARGS__)
#define WEFT_EACH_3(what, a, ...)                       what a WEFT_EACH_2(what, __VA_ARGS__)
#define WEFT_EACH_4(what, a, ...)                       what a WEFT_EACH_3(what, __VA_ARGS__)
#define WEFT_EACH_5(what, a, ...)                       what a WEFT_EACH_4(what, __VA_ARGS__)
#define WEFT_EACH_6(what, a, ...)                       what a WEFT_EACH_5(what, __VA_ARGS__)
#define WEFT_EACH_7(what, a, ...)                       what a WEFT_EACH_6(what, __VA_ARGS__)
#define WEFT_EACH_8(what, a, ...)                       what a WEFT_EACH_7(what, __VA_ARGS__)

#endif
