/*
 * workloads/uts_tree.h - the trees of the Unbalanced Tree Search benchmark
 *
 * A node is a 20-byte SHA-1 value; its i-th child is the SHA-1 of that value followed by i. So the tree is fixed by its
 * parameters, its shape cannot be foreseen, and whoever has a node can go on from there.
 *
 *   Geometric  the number of children is geometrically distributed; its mean depends on the depth by one of four
 *              shapes: linear (0), exponential (1), cyclic (2), fixed (3)
 *   Binomial   the root has b children; every other node has m with probability q, else none
 *   Source     Olivier, Huan, Liu, Prins, Dinan, Sadayappan, Tseng, UTS: An Unbalanced Tree Search Benchmark
 *              (LCPC 2006); FIPS 180-4 for SHA-1
 */
#ifndef WORKLOADS_UTS_TREE_H
#define WORKLOADS_UTS_TREE_H

#include "bench.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uts_node {
    uint32_t value[5];
    int depth;
};

/* Reads "T1", "T3", "geometric:SHAPE:DEPTH:B:SEED" or "binomial:B:Q:M:SEED". False: it is none of these. */
bool uts_read_tree(const char *text);

struct uts_node uts_root(void);
int uts_child_count(const struct uts_node *node);
struct uts_node uts_child(const struct uts_node *node, int index);

/* Counts the tree's nodes, one after the other, without recursion; known trees are not counted again. */
double uts_count_nodes(void);

#ifdef __cplusplus
}
#endif

#endif
