/*
 * simulate/workload.c - trees of tasks
 */
#include "workload.h"

#include "memory.h"
#include "random.h"

#define NS            UINT64_C(1000)
#define PROMPT_WORK   (100000 * NS)
#define PROMPT_FORKS  4
#define BURST_DEPTH   9
#define BURST_GAP     (1000000 * NS)
#define GEOMETRIC     4
#define BINOMIAL      8
#define BINOMIAL_PART UINT64_C(536334041) /* 0.124875 of 2^32 */

static uint32_t level_of_size(const struct tree *tree)
{
    return (uint32_t)tree->size;
}

static uint32_t level_zero(const struct tree *tree)
{
    (void)tree;
    return 0;
}

static uint32_t level_below(const struct node *node, uint64_t index)
{
    (void)index;
    return node->level - 1;
}

static uint32_t level_above(const struct node *node, uint64_t index)
{
    (void)index;
    return node->level + 1;
}

static struct shape inner(uint64_t children)
{
    return (struct shape){.children = children};
}

static struct shape leaf(uint64_t work_ps)
{
    return (struct shape){.work_ps = work_ps};
}

/* fib: the tree of the recursive Fibonacci function; the work is in the leaves. */
static struct shape fib_shape(const struct tree *tree, const struct node *node)
{
    return node->level < 2 ? leaf(tree->work_ps) : inner(2);
}

static uint32_t fib_child_level(const struct node *node, uint64_t index)
{
    return node->level - 1 - (uint32_t)index;
}

/* flat: a loop. */
static struct shape flat_shape(const struct tree *tree, const struct node *node)
{
    return node->level > 0 ? leaf(tree->work_ps) : inner(tree->size);
}

/* geometric: as many children as coin tosses until the first failure, GEOMETRIC in the mean. */
static struct shape geometric_shape(const struct tree *tree, const struct node *node)
{
    struct shape shape = leaf(tree->work_ps);
    uint64_t random = node->id;
    if (node->level == 0)
        shape.children = GEOMETRIC;
    else if (node->level < tree->size)
        while (random_below(&random, GEOMETRIC + 1) != 0)
            shape.children++;
    return shape;
}

/* binomial: BINOMIAL children, or none; just few enough that the tree ends. */
static struct shape binomial_shape(const struct tree *tree, const struct node *node)
{
    struct shape shape = leaf(tree->work_ps);
    if (node->level == 0)
        shape.children = tree->size;
    else if (node->id >> 32 < BINOMIAL_PART)
        shape.children = BINOMIAL;
    return shape;
}

/* prompt: rounds of some short children that are forked, and a long leaf (level 0) that is called. */
static struct shape prompt_shape(const struct tree *tree, const struct node *node)
{
    switch (node->level) {
    case 3:
        return (struct shape){.children = tree->size, .is_serial = true};
    case 2:
        return inner(PROMPT_FORKS + 1);
    case 1:
        return leaf(PROMPT_WORK);
    default:
        return leaf(tree->work_ps);
    }
}

static uint32_t prompt_root_level(const struct tree *tree)
{
    (void)tree;
    return 3;
}

static uint32_t prompt_child_level(const struct node *node, uint64_t index)
{
    return node->level == 2 && index == PROMPT_FORKS ? 0 : node->level - 1;
}

/* bursts: a binary tree after each gap. */
static struct shape bursts_shape(const struct tree *tree, const struct node *node)
{
    if (node->level > BURST_DEPTH)
        return (struct shape){.children = tree->size, .is_serial = true};
    struct shape shape = node->level == 0 ? leaf(tree->work_ps) : inner(2);
    if (node->level == BURST_DEPTH)
        shape.idle_ps = BURST_GAP;
    return shape;
}

static uint32_t bursts_root_level(const struct tree *tree)
{
    (void)tree;
    return BURST_DEPTH + 1;
}

const struct workload workloads[] = {
    {"fib", "fib(SIZE) as a tree: 2 children a node, work in the leaves", 30, 40, 14, 1000, level_of_size, fib_shape,
     fib_child_level},
    {"flat", "a loop that forks SIZE tasks", 1000000, 100000000, 500, 10, level_zero, flat_shape, level_above},
    {"geometric", "a random tree of depth SIZE, 4 children a node in the mean", 10, 14, 5, 100, level_zero,
     geometric_shape, level_above},
    {"binomial", "a random tree: SIZE children of the root, then 8 with probability 0.124875", 1000, 100000, 5, 100,
     level_zero, binomial_shape, level_above},
    {"prompt", "SIZE rounds: fork 4 tasks of 0.1 ms, then compute 1 ms without a fork", 200, 100000, 5, 1000000,
     prompt_root_level, prompt_shape, prompt_child_level},
    {"bursts", "SIZE binary trees of 512 leaves, 1 ms after the end of the one before", 20, 100000, 3, 10000,
     bursts_root_level, bursts_shape, level_below},
    {.name = NULL},
};

struct node tree_root(const struct tree *tree)
{
    return (struct node){random_mix(tree->seed + 1), tree->workload->root_level(tree)};
}

struct node tree_child(const struct tree *tree, const struct node *node, uint64_t index)
{
    uint64_t id = random_mix(node->id + (index + 1) * UINT64_C(0x9e3779b97f4a7c15));
    return (struct node){id, tree->workload->child_level(node, index)};
}

void census_add(struct census *census, const struct node *node, const struct shape *shape)
{
    census->nodes++;
    census->work_ps += shape->work_ps;
    census->checksum += random_mix(node->id);
    if (!shape->is_serial && shape->children > 0)
        census->forks += shape->children - 1;
}

/* Depth first, with a stack of its own: a tree may be deeper than the program's. */
struct census census_of(const struct tree *tree)
{
    struct visit {
        struct node node;
        uint64_t next, children;
    } *path = NULL;
    size_t depth = 0, capacity = 0;
    struct census census = {0};
    struct node node = tree_root(tree);
    for (;;) {
        struct shape shape = tree->workload->shape(tree, &node);
        census_add(&census, &node, &shape);
        path = memory_room(path, depth, &capacity, sizeof *path);
        path[depth++] = (struct visit){node, 0, shape.children};
        while (depth > 0 && path[depth - 1].next == path[depth - 1].children)
            depth--;
        if (depth == 0)
            break;
        struct visit *last = &path[depth - 1];
        node = tree_child(tree, &last->node, last->next++);
    }
    memory_free(path);
    return census;
}
