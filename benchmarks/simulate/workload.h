/*
 * simulate/workload.h - trees of tasks, made node by node as they are executed
 *
 * A node is executed as a function would be: it works, then forks its children in order, calls the last one, and joins
 * the others from the youngest to the oldest. Where `is_serial`, it calls each child instead. A node's shape and its
 * children follow from its identity alone, so that every schedule executes the same tree.
 *
 *   Units     picoseconds
 */
#ifndef SIMULATE_WORKLOAD_H
#define SIMULATE_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node {
    uint64_t id; /* another for each node of a tree */
    uint32_t level;
};

struct shape {
    uint64_t children;
    uint64_t work_ps;
    uint64_t idle_ps; /* before the work: nobody has anything to do, and the time does not count */
    bool is_serial;
};

struct tree {
    const struct workload *workload;
    uint64_t size;
    uint64_t work_ps;
    uint64_t seed;
};

struct workload {
    const char *name;
    const char *what;
    uint64_t size; /* by default; what it means is in `what` */
    uint64_t size_max;
    uint64_t check_size; /* small enough for tests */
    uint64_t work_ns;    /* by default */
    uint32_t (*root_level)(const struct tree *tree);
    struct shape (*shape)(const struct tree *tree, const struct node *node);
    uint32_t (*child_level)(const struct node *node, uint64_t index);
};

/* What a tree has in total. */
struct census {
    uint64_t nodes, forks, work_ps;
    uint64_t checksum; /* of the nodes' identities, in any order */
};

/* All workloads, up to one whose name is NULL. */
extern const struct workload workloads[];

struct node tree_root(const struct tree *tree);
struct node tree_child(const struct tree *tree, const struct node *node, uint64_t index);

/* Counts one node of that shape. */
void census_add(struct census *census, const struct node *node, const struct shape *shape);

/* Counts a whole tree, without a schedule. */
struct census census_of(const struct tree *tree);

#endif
