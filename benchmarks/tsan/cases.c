/*
 * tsan/cases.c - fork and join in small programs, half of them right, half of them with one race
 *
 *     cases --list           verdict and name of each
 *     cases NAME WORKERS     runs it with that many workers
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime.h"

static volatile long shared, other;
static long numbers[GROUP_MOST];

static void *number(int i)
{
    return &numbers[i];
}

/* ---- bodies ---- */

static void nothing(struct place *place, void *argument)
{
    (void)place, (void)argument;
}

static void add_shared(struct place *place, void *argument)
{
    (void)place, (void)argument;
    shared++;
}

static void read_shared(struct place *place, void *argument)
{
    (void)place;
    *(volatile long *)argument = shared;
}

static void add_own(struct place *place, void *argument)
{
    (void)place;
    ++*(volatile long *)argument;
}

static void add_shared_atomically(struct place *place, void *argument)
{
    (void)place, (void)argument;
    __atomic_fetch_add(&shared, 1, __ATOMIC_RELAXED);
}

static void fork_two(struct place *place, body_fn *first, void *a, body_fn *second, void *b, body_fn *meanwhile)
{
    body_fn *bodies[] = {first, second};
    void *arguments[] = {a, b};
    runtime_fork(place, 2, bodies, arguments, meanwhile, NULL);
}

static void fork_one(struct place *place, body_fn *body, void *argument, body_fn *meanwhile)
{
    runtime_fork(place, 1, &body, &argument, meanwhile, NULL);
}

/* ---- siblings ---- */

static void siblings_share(struct place *place, void *argument)
{
    (void)argument;
    fork_two(place, add_shared, NULL, add_shared, NULL, NULL);
}

static void siblings_apart(struct place *place, void *argument)
{
    (void)argument;
    fork_two(place, add_own, number(0), add_own, number(1), NULL);
    shared = numbers[0] + numbers[1];
}

static void sibling_reads_what_another_writes(struct place *place, void *argument)
{
    (void)argument;
    fork_two(place, add_shared, NULL, read_shared, number(0), NULL);
}

static void siblings_only_read(struct place *place, void *argument)
{
    (void)argument;
    shared = 1;
    fork_two(place, read_shared, number(0), read_shared, number(1), NULL);
    shared = 2;
}

static void one_forgets_the_atomic(struct place *place, void *argument)
{
    (void)argument;
    fork_two(place, add_shared_atomically, NULL, add_shared, NULL, NULL);
}

static void both_add_atomically(struct place *place, void *argument)
{
    (void)argument;
    fork_two(place, add_shared_atomically, NULL, add_shared_atomically, NULL, NULL);
    shared++;
}

/* ---- a parent and its child ---- */

static void parent_writes_before_join(struct place *place, void *argument)
{
    (void)argument;
    fork_one(place, add_shared, NULL, add_shared);
}

static void parent_writes_before_fork_and_after_join(struct place *place, void *argument)
{
    (void)argument;
    shared = 1;
    fork_one(place, add_shared, NULL, nothing);
    shared++;
}

static void read_first_number(struct place *place, void *argument)
{
    (void)place, (void)argument;
    other = *(volatile long *)number(0);
}

static void result_read_before_join(struct place *place, void *argument)
{
    (void)argument;
    fork_one(place, add_own, number(0), read_first_number);
}

static void result_read_after_join(struct place *place, void *argument)
{
    fork_one(place, add_own, number(0), NULL);
    read_first_number(place, argument);
}

static void captured_pointer(struct place *place, void *argument)
{
    volatile long local = 0;
    body_fn *bodies[] = {add_own};
    void *arguments[] = {(void *)&local};
    (void)argument;
    runtime_fork(place, 1, bodies, arguments, add_own, (void *)&local);
}

static void captured_pointer_used_after_join(struct place *place, void *argument)
{
    volatile long local = 0;
    (void)argument;
    fork_one(place, add_own, (void *)&local, NULL);
    local++;
}

/* ---- one after the other ---- */

static void tasks_in_turn(struct place *place, void *argument)
{
    (void)argument;
    for (int i = 0; i < 5; i++) {
        fork_one(place, add_shared, NULL, NULL);
        shared++;
    }
}

static void one_of_two_in_turn(struct place *place, void *argument)
{
    (void)argument;
    fork_one(place, add_shared, NULL, NULL);
    fork_two(place, add_shared, NULL, add_shared, NULL, NULL);
}

/* ---- deeper ---- */

static void fork_adder(struct place *place, void *argument)
{
    (void)argument;
    fork_one(place, add_shared, NULL, NULL);
}

static void cousins_share(struct place *place, void *argument)
{
    (void)argument;
    fork_two(place, fork_adder, NULL, fork_adder, NULL, NULL);
}

static void grandchild_and_grandparent(struct place *place, void *argument)
{
    (void)argument;
    fork_one(place, fork_adder, NULL, add_shared);
}

static void grandchild_before_grandparent(struct place *place, void *argument)
{
    (void)argument;
    fork_one(place, fork_adder, NULL, NULL);
    shared++;
}

struct range {
    long from, to, sum;
};

static void sum_range(struct place *place, void *argument)
{
    struct range *range = (struct range *)argument;
    range->sum = range->from;
    if (range->to - range->from < 2)
        return;
    struct range halves[] = {{range->from, (range->from + range->to) / 2, 0},
                             {(range->from + range->to) / 2, range->to, 0}};
    fork_two(place, sum_range, &halves[0], sum_range, &halves[1], NULL);
    range->sum = halves[0].sum + halves[1].sum;
}

static void tree_of_sums(struct place *place, void *argument)
{
    struct range range = {0, 32, 0};
    (void)argument;
    sum_range(place, &range);
    shared = range.sum;
}

static void sum_range_into_one(struct place *place, void *argument)
{
    struct range *range = (struct range *)argument;
    if (range->to - range->from < 2) {
        shared += range->from;
        return;
    }
    struct range halves[] = {{range->from, (range->from + range->to) / 2, 0},
                             {(range->from + range->to) / 2, range->to, 0}};
    fork_two(place, sum_range_into_one, &halves[0], sum_range_into_one, &halves[1], NULL);
}

static void tree_with_a_shared_sum(struct place *place, void *argument)
{
    struct range range = {0, 32, 0};
    (void)argument;
    sum_range_into_one(place, &range);
}

/* ---- memory ---- */

static void use_and_free(struct place *place, void *argument)
{
    add_own(place, argument);
    free(argument);
}

static void freed_by_the_task(struct place *place, void *argument)
{
    (void)argument;
    long *memory = (long *)calloc(1, sizeof *memory);
    ++*memory;
    fork_one(place, use_and_free, memory, NULL);
}

static void freed_by_one_and_used_by_the_other(struct place *place, void *argument)
{
    (void)argument;
    long *memory = (long *)calloc(1, sizeof *memory);
    fork_two(place, add_own, memory, use_and_free, memory, NULL);
}

static void context_reused(struct place *place, void *argument)
{
    (void)argument;
    for (int i = 0; i < 5; i++) {
        numbers[0] = i;
        fork_one(place, add_own, number(0), NULL);
        shared += numbers[0];
    }
}

static void change_context(struct place *place, void *argument)
{
    (void)place, (void)argument;
    *(volatile long *)number(0) = 5;
}

static void context_changed_too_early(struct place *place, void *argument)
{
    (void)argument;
    fork_one(place, add_own, number(0), change_context);
}

static const struct {
    const char *verdict, *name;
    body_fn *root;
} cases[] = {
#define RIGHT(name)                                                                                                    \
    {                                                                                                                  \
        "right", #name, name                                                                                           \
    }
#define WRONG(name)                                                                                                    \
    {                                                                                                                  \
        "wrong", #name, name                                                                                           \
    }
    WRONG(siblings_share),
    RIGHT(siblings_apart),
    WRONG(sibling_reads_what_another_writes),
    RIGHT(siblings_only_read),
    WRONG(one_forgets_the_atomic),
    RIGHT(both_add_atomically),
    WRONG(parent_writes_before_join),
    RIGHT(parent_writes_before_fork_and_after_join),
    WRONG(result_read_before_join),
    RIGHT(result_read_after_join),
    WRONG(captured_pointer),
    RIGHT(captured_pointer_used_after_join),
    WRONG(one_of_two_in_turn),
    RIGHT(tasks_in_turn),
    WRONG(cousins_share),
    WRONG(grandchild_and_grandparent),
    RIGHT(grandchild_before_grandparent),
    WRONG(tree_with_a_shared_sum),
    RIGHT(tree_of_sums),
    WRONG(freed_by_one_and_used_by_the_other),
    RIGHT(freed_by_the_task),
    WRONG(context_changed_too_early),
    RIGHT(context_reused),
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (argc == 2 && strcmp(argv[1], "--list") == 0)
            printf("%s %s\n", cases[i].verdict, cases[i].name);
        else if (argc == 3 && strcmp(argv[1], cases[i].name) == 0)
            runtime_run((unsigned)strtoul(argv[2], NULL, 10), cases[i].root, NULL);
    }
    return 0;
}
