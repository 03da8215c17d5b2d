/*
 * workloads/nqueens.h - all ways to place n queens: a fork for each safe square, small tasks, an uneven tree
 */
#ifndef WORKLOADS_NQUEENS_H
#define WORKLOADS_NQUEENS_H

#include "bench.h"

#define NQUEENS_MAX 16

/* Queens stand in the rows from 1 to `row`. */
struct board {
    signed char row, column_of[NQUEENS_MAX + 1];
};

/* The next queen on a board that lives until all that follows from it is counted. */
struct move {
    const struct board *board;
    signed char column;
};

static long nqueens_size;

static inline bool nqueens_is_safe(const struct board *board, int column)
{
    for (int row = 1; row <= board->row; row++) {
        int distance = board->column_of[row] - column, rows = board->row + 1 - row;
        if (distance == 0 || distance == rows || -distance == rows)
            return false;
    }
    return true;
}

static inline struct move nqueens_move(const struct board *board, signed char column)
{
    struct move move = {board, column};
    return move;
}

TASK(long, nqueens, struct move, move)
{
    struct board board = *move.board;
    signed char safe[NQUEENS_MAX];
    size_t count = 0;
    long solutions = 0;
    board.column_of[++board.row] = move.column;
    if (board.row == nqueens_size)
        return 1;
    for (signed char column = 0; column < nqueens_size; column++)
        if (nqueens_is_safe(&board, column))
            safe[count++] = column;
    SUM(solutions, nqueens, count, i, nqueens_move(&board, safe[i]));
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
    /* The first move fills row 0, where no queen stands. */
    const struct board empty = {-1, {0}};
    const struct move first = {&empty, 0};
    long solutions;
    ROOT(solutions, nqueens, first);
    run->result = (double)solutions;
}

static const struct workload nqueens_workload = {
    "nqueens", "ways to place n queens, without a cut-off", "n, 1 to 16", "12", 0, nqueens_prepare, nqueens_run, NULL,
    NULL,
};

#endif
