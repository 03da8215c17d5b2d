/*
 * contenders/weft.c - weft with typed tasks: typed.h
 */
#include "bench.h"

#include <weft/typed.h>

#include "contenders/weft_pool.h"
#include "scratch.h"

#define TASK(R, name, A, a) WEFT_TASK(R, name, (A, a))

#define BOTH(x, f, p, y, g, q)                                                                                         \
    do {                                                                                                               \
        struct f child_;                                                                                               \
        WEFT_FORK(f, &child_, p);                                                                                      \
        (y) = WEFT_CALL(g, q);                                                                                         \
        (x) = WEFT_JOIN(f, &child_);                                                                                   \
    } while (0)

#define SUM(total, f, count, i, p)                                                                                     \
    do {                                                                                                               \
        size_t count_ = (count);                                                                                       \
        struct f *children_ = scratch_begin(count_, sizeof *children_);                                                \
        for (size_t i = 0; i < count_; i++)                                                                            \
            WEFT_FORK(f, &children_[i], p);                                                                            \
        for (size_t i_ = count_; i_-- > 0;)                                                                            \
            (total) += WEFT_JOIN(f, &children_[i_]);                                                                   \
        scratch_end(children_, count_, sizeof *children_);                                                             \
    } while (0)

#define CALL(f, p) WEFT_CALL(f, p)

#define ROOT(x, f, p)                                                                                                  \
    do {                                                                                                               \
        struct f root_;                                                                                                \
        check(WEFT_RUN(pool, f, &root_, p));                                                                           \
        (x) = root_.value;                                                                                             \
    } while (0)

#include "fork_join.h"

const struct contender contender = WEFT_CONTENDER;
