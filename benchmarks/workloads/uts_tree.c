/*
 * workloads/uts_tree.c - see uts_tree.h
 */
#include "workloads/uts_tree.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No node but a binomial root has more children. */
#define CHILDREN_MAX 100

enum shape {
    SHAPE_LINEAR,
    SHAPE_EXPONENTIAL,
    SHAPE_CYCLIC,
    SHAPE_FIXED,
    SHAPES
};

struct tree {
    const char *name;
    double nodes; /* if known */
    bool is_binomial;
    int shape, depth; /* geometric */
    double b;         /* mean of the root's number of children */
    double q;         /* binomial */
    int m;
    uint32_t seed;
};

/* The published sample trees that fit a small machine. */
static const struct tree known_trees[] = {
    {.name = "T1", .nodes = 4130071, .shape = SHAPE_FIXED, .depth = 10, .b = 4, .seed = 19},
    {.name = "T3", .nodes = 4112897, .is_binomial = true, .b = 2000, .q = 0.124875, .m = 8, .seed = 42},
};

static struct tree tree;

static uint32_t rotate(uint32_t word, int bits)
{
    return word << bits | word >> (32 - bits);
}

/* The SHA-1 of `count` words, most significant byte first; at most 13, so that they and the padding are one block. */
static void sha1(const uint32_t *words, size_t count, uint32_t digest[5])
{
    uint32_t w[80] = {0};
    uint32_t a = 0x67452301, b = 0xefcdab89, c = 0x98badcfe, d = 0x10325476, e = 0xc3d2e1f0;
    memcpy(w, words, count * sizeof *w);
    w[count] = 0x80000000;
    w[15] = (uint32_t)count * 32;
    for (int t = 16; t < 80; t++)
        w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    for (int t = 0; t < 80; t++) {
        uint32_t mixed = t < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                         : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                         : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                                  : (b ^ c ^ d) + 0xca62c1d6;
        uint32_t next = rotate(a, 5) + mixed + e + w[t];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    digest[0] = a + 0x67452301;
    digest[1] = b + 0xefcdab89;
    digest[2] = c + 0x98badcfe;
    digest[3] = d + 0x10325476;
    digest[4] = e + 0xc3d2e1f0;
}

bool uts_read_tree(const char *text)
{
    int end = 0;
    for (size_t i = 0; i < sizeof known_trees / sizeof *known_trees; i++)
        if (strcmp(text, known_trees[i].name) == 0) {
            tree = known_trees[i];
            return true;
        }
    tree = (struct tree){0};
    if (sscanf(text, "geometric:%d:%d:%lf:%u%n", &tree.shape, &tree.depth, &tree.b, &tree.seed, &end) == 4 &&
        text[end] == '\0')
        return tree.shape >= 0 && tree.shape < SHAPES && tree.depth > 0 && tree.b > 0;
    tree.is_binomial = true;
    /* With m * q of 1 or more the tree may have no end. */
    return sscanf(text, "binomial:%lf:%lf:%d:%u%n", &tree.b, &tree.q, &tree.m, &tree.seed, &end) == 4 &&
           text[end] == '\0' && tree.b >= 0 && tree.q >= 0 && tree.m >= 0 && tree.m <= CHILDREN_MAX &&
           tree.q * tree.m < 1;
}

struct uts_node uts_root(void)
{
    struct uts_node root = {.depth = 0};
    uint32_t words[5] = {0, 0, 0, 0, tree.seed};
    sha1(words, 5, root.value);
    return root;
}

struct uts_node uts_child(const struct uts_node *node, int index)
{
    struct uts_node child = {.depth = node->depth + 1};
    uint32_t words[6];
    memcpy(words, node->value, sizeof node->value);
    words[5] = (uint32_t)index;
    sha1(words, 6, child.value);
    return child;
}

/* The mean number of children at a depth, geometric trees. */
static double mean_at(int depth)
{
    if (depth == 0)
        return tree.b;
    switch (tree.shape) {
    case SHAPE_LINEAR:
        return tree.b * (1 - (double)depth / tree.depth);
    case SHAPE_EXPONENTIAL:
        return tree.b * pow(depth, -log(tree.b) / log(tree.depth));
    case SHAPE_CYCLIC:
        return depth > 5 * tree.depth ? 0 : pow(tree.b, sin(2 * 3.141592653589793 * depth / tree.depth));
    default:
        return depth < tree.depth ? tree.b : 0;
    }
}

int uts_child_count(const struct uts_node *node)
{
    double random = (node->value[4] & 0x7fffffff) / 2147483648.0;
    if (tree.is_binomial)
        return node->depth == 0 ? (int)tree.b : random < tree.q ? tree.m : 0;
    double leaf = 1 / (1 + mean_at(node->depth)); /* the distribution's parameter */
    double count = floor(log(1 - random) / log(1 - leaf));
    return count < CHILDREN_MAX ? (int)count : CHILDREN_MAX;
}

double uts_count_nodes(void)
{
    struct level {
        struct uts_node node;
        int next, children;
    } * levels;
    size_t depth = 0, room = 1024;
    double nodes = 1;
    if (tree.nodes > 0)
        return tree.nodes;
    levels = bench_alloc(room, sizeof *levels);
    levels[0] = (struct level){.node = uts_root()};
    levels[0].children = uts_child_count(&levels[0].node);
    for (;;) {
        struct level *level = &levels[depth];
        if (level->next == level->children) {
            if (depth-- == 0)
                break;
            continue;
        }
        if (++depth == room && (levels = realloc(levels, (room *= 2) * sizeof *levels)) == NULL)
            bench_fail("no memory for a tree of depth %zu", depth);
        level = &levels[depth - 1];
        levels[depth] = (struct level){.node = uts_child(&level->node, level->next++)};
        levels[depth].children = uts_child_count(&levels[depth].node);
        nodes++;
    }
    free(levels);
    return nodes;
}
