/*
 * workloads/uts.h - counting the nodes of an unbalanced tree: a fork for each node, nothing known before
 */
#ifndef WORKLOADS_UTS_H
#define WORKLOADS_UTS_H

#include "bench.h"
#include "workloads/uts_tree.h"

TASK(long, uts, struct uts_node, node)
{
    long nodes = 1;
    SUM(nodes, uts, (size_t)uts_child_count(&node), i, uts_child(&node, (int)i));
    return nodes;
}

static bool uts_prepare(struct run *run)
{
    if (!uts_read_tree(run->size))
        return false;
    run->expected = uts_count_nodes();
    run->tasks = run->expected - 1;
    return true;
}

static void uts_run(struct run *run)
{
    long nodes;
    ROOT(nodes, uts, uts_root());
    run->result = (double)nodes;
}

static const struct workload uts_workload = {
    "uts",
    "nodes of an unbalanced tree of SHA-1 values",
    "T1, T3, geometric:SHAPE:DEPTH:B:SEED with SHAPE 0 to 3, or binomial:B:Q:M:SEED with M * Q below 1",
    "T1",
    0,
    uts_prepare,
    uts_run,
    NULL,
    NULL,
};

#endif
