/*
 * workloads/nqueens.h - all ways to place n queens: a fork for each safe square, small tasks, an uneven tree
 */
#ifndef WORKLOADS_NQUEENS_H
#define WORKLOADS_NQUEENS_H

#include "bench.h"

#define NQUEENS_MAX 16

struct board {
    signed char row, column_of[NQUEENS_MAX];
};

static long nqueens_size;

static inline bool nqueens_is_safe(const struct board *board, int column)
{
    for (int row = 0; row < board->row; row++) {
        int distance = board->column_of[row] - column;
        if (distance == 0 || distance == board->row - row || -distance == board->row - row)
            return false;
    }
    return true;
}

static inline struct board nqueens_place(struct board board, signed char column)
{
    board.column_of[board.row++] = column;
    return board;
}

TASK(long, nqueens, struct board, board)
{
    signed char safe[NQUEENS_MAX];
    size_t count = 0;
    long solutions = 0;
    if (board.row == nqueens_size)
        return 1;
    for (signed char column = 0; column < nqueens_size; column++)
        if (nqueens_is_safe(&board, column))
            safe[count++] = column;
    SUM(solutions, nqueens, count, i, nqueens_place(board, safe[i]));
    return solutions;
}

/* The same by another method, sets of columns and diagonals as bits. Counts each square that a queen is placed on. */
static long nqueens_count(unsigned all, unsigned columns, unsigned left, unsigned right, double *nodes)
{
    long solutions = 0;
    if (columns == all)
        return 1;
    for (unsigned safe = all & ~(columns | left | right); safe != 0; safe &= safe - 1) {
        unsigned square = safe & -safe;
        ++*nodes;
        solutions += nqueens_count(all, columns | square, (left | square) << 1, (right | square) >> 1, nodes);
    }
    return solutions;
}

static bool nqueens_prepare(struct run *run)
{
    if (!bench_read_size(run->size, 1, NQUEENS_MAX, &nqueens_size))
        return false;
    run->expected = (double)nqueens_count((1u << nqueens_size) - 1, 0, 0, 0, &run->tasks);
    return true;
}

static void nqueens_run(struct run *run)
{
    struct board empty = {0, {0}};
    long solutions;
    ROOT(solutions, nqueens, empty);
    run->result = (double)solutions;
}

static const struct workload nqueens_workload = {
    "nqueens", "ways to place n queens, without a cut-off", "n, 1 to 16", "12", 0, nqueens_prepare, nqueens_run, NULL,
    NULL,
};

#endif
