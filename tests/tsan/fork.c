/*
 * tsan/fork.c - cases: fork and join
 */
#include <weft/task.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tsan/corpus.h"

/* What most tasks here are: a place, a value, and a result. */
struct job {
    weft_task task;
    long *place;
    long value, result;
};

static long global, other;

static struct job *job_of(weft_task *task)
{
    return weft_entry(task, struct job, task);
}

static void run(weft_pool *pool, weft_task_fn *body)
{
    weft_task root;
    weft_run(pool, &root, body);
}

/* Two tasks beside one another. */
static void run_both(weft_worker *worker, weft_task_fn *left, weft_task_fn *right, long *a, long *b)
{
    struct job first = {.place = a, .value = 1}, second = {.place = b, .value = 2};
    weft_fork(worker, &first.task, left);
    weft_fork(worker, &second.task, right);
    weft_join(worker, &second.task);
    weft_join(worker, &first.task);
}

BODY(add)
{
    APART(*job_of(task)->place += job_of(task)->value); /* race: siblings_share */
}

BODY(set)
{
    APART(*job_of(task)->place = job_of(task)->value); /* race: parent_writes_before_join captured_pointer */
}

BODY(give)
{
    APART(job_of(task)->result = job_of(task)->value); /* race: result_before_join result_of_one_that_was_not_joined */
}

/* ---- siblings ---- */

BODY(siblings_share_root)
{
    run_both(worker, add, add, &global, &global);
}

WRONG(siblings_share)
{
    run(pool, siblings_share_root);
}

BODY(siblings_apart_root)
{
    run_both(worker, add, add, &global, &other);
    global += other;
}

RIGHT(siblings_apart)
{
    run(pool, siblings_apart_root);
}

BODY(read_neighbour)
{
    APART(global = *job_of(task)->place); /* race: sibling_reads_what_another_writes */
}

BODY(write_place)
{
    APART(*job_of(task)->place = 3); /* race: sibling_reads_what_another_writes */
}

BODY(sibling_reads_root)
{
    long place = 0;
    run_both(worker, read_neighbour, write_place, &place, &place);
}

WRONG(sibling_reads_what_another_writes)
{
    run(pool, sibling_reads_root);
}

BODY(read_only)
{
    job_of(task)->result = *job_of(task)->place;
}

BODY(siblings_read_root)
{
    long place = 5;
    run_both(worker, read_only, read_only, &place, &place);
    place = 6;
}

RIGHT(siblings_only_read)
{
    run(pool, siblings_read_root);
}

/* ---- one after the other ---- */

BODY(in_turn_root)
{
    long place = 0;
    for (int i = 0; i < 5; i++) {
        struct job job = {.place = &place, .value = i};
        weft_fork(worker, &job.task, add);
        weft_join(worker, &job.task);
        place++;
    }
}

RIGHT(tasks_in_turn)
{
    run(pool, in_turn_root);
}

/* ---- a parent and its child ---- */

BODY(parent_writes_root)
{
    struct job job = {.place = &global, .value = 1};
    weft_fork(worker, &job.task, set);
    APART(global = 2); /* race: parent_writes_before_join */
    weft_join(worker, &job.task);
}

WRONG(parent_writes_before_join)
{
    run(pool, parent_writes_root);
}

BODY(parent_waits_root)
{
    struct job job = {.place = &global, .value = 1};
    global = 2;
    weft_fork(worker, &job.task, set);
    other = 2;
    weft_join(worker, &job.task);
    global = 3;
}

RIGHT(parent_writes_after_join)
{
    run(pool, parent_waits_root);
}

BODY(before_join_root)
{
    struct job job = {.value = 7};
    weft_fork(worker, &job.task, give);
    APART(global = *(volatile long *)&job.result); /* race: result_before_join */
    weft_join(worker, &job.task);
}

WRONG(result_before_join)
{
    run(pool, before_join_root);
}

BODY(after_join_root)
{
    struct job job = {.value = 7};
    weft_fork(worker, &job.task, give);
    weft_join(worker, &job.task);
    global = job.result;
}

RIGHT(result_after_join)
{
    run(pool, after_join_root);
}

BODY(captured_root)
{
    long sum = 0;
    struct job job = {.place = &sum, .value = 1};
    weft_fork(worker, &job.task, set);
    APART(sum++); /* race: captured_pointer */
    weft_join(worker, &job.task);
}

WRONG(captured_pointer)
{
    run(pool, captured_root);
}

BODY(captured_apart_root)
{
    long sum[2] = {0};
    struct job job = {.place = &sum[1], .value = 1};
    weft_fork(worker, &job.task, set);
    sum[0]++;
    weft_join(worker, &job.task);
    global = sum[0] + sum[1];
}

RIGHT(captured_pointer_to_its_own)
{
    run(pool, captured_apart_root);
}

BODY(called)
{
    APART(global++); /* race: call_beside_a_fork */
}

BODY(forked)
{
    APART(global++); /* race: call_beside_a_fork */
}

BODY(call_beside_root)
{
    weft_task left, right;
    weft_fork(worker, &left, forked);
    weft_call(worker, &right, called);
    weft_join(worker, &left);
}

WRONG(call_beside_a_fork)
{
    run(pool, call_beside_root);
}

BODY(call_first_root)
{
    weft_task left, right;
    weft_call(worker, &right, called);
    weft_fork(worker, &left, forked);
    weft_join(worker, &left);
}

RIGHT(call_before_a_fork)
{
    run(pool, call_first_root);
}

/* ---- joins in another order ---- */

BODY(one_not_joined_root)
{
    struct job first = {.value = 1}, second = {.value = 2};
    weft_fork(worker, &first.task, give);
    weft_fork(worker, &second.task, give);
    weft_join(worker, &first.task);
    APART(global = *(volatile long *)&second.result); /* race: result_of_one_that_was_not_joined */
    weft_join(worker, &second.task);
}

WRONG(result_of_one_that_was_not_joined)
{
    run(pool, one_not_joined_root);
}

BODY(other_order_root)
{
    struct job first = {.value = 1}, second = {.value = 2}, third = {.value = 3};
    weft_fork(worker, &first.task, give);
    weft_fork(worker, &second.task, give);
    weft_fork(worker, &third.task, give);
    weft_join(worker, &second.task);
    global = second.result;
    weft_join(worker, &first.task);
    global += first.result;
    weft_join(worker, &third.task);
    global += third.result;
}

RIGHT(joined_in_another_order)
{
    run(pool, other_order_root);
}

/* ---- families ---- */

BODY(grandchild)
{
    APART(other++); /* race: nephew_and_uncle */
}

BODY(child)
{
    weft_task grand;
    weft_fork(worker, &grand, grandchild);
    weft_join(worker, &grand);
}

BODY(uncle)
{
    APART(other++); /* race: nephew_and_uncle */
}

BODY(nephew_root)
{
    run_both(worker, child, uncle, NULL, NULL);
}

WRONG(nephew_and_uncle)
{
    run(pool, nephew_root);
}

BODY(grandparent_root)
{
    weft_task only;
    other = 1;
    weft_fork(worker, &only, child);
    weft_join(worker, &only);
    other++;
}

RIGHT(grandchild_and_grandparent)
{
    run(pool, grandparent_root);
}

/* ---- recursion, and the stack that tasks share ---- */

struct tree {
    weft_task task;
    int depth;
    long *shared;
    long sum;
};

BODY(sum_tree)
{
    struct tree *tree = weft_entry(task, struct tree, task);
    if (tree->shared)
        APART(++*tree->shared); /* race: tree_with_a_shared_sum */
    if (tree->depth == 0) {
        tree->sum = 1;
        return;
    }
    struct tree left = {.depth = tree->depth - 1, .shared = tree->shared}, right = left;
    weft_fork(worker, &left.task, sum_tree);
    weft_call(worker, &right.task, sum_tree);
    weft_join(worker, &left.task);
    tree->sum = left.sum + right.sum + 1;
}

WRONG(tree_with_a_shared_sum)
{
    long sum = 0;
    struct tree root = {.depth = 4, .shared = &sum};
    weft_run(pool, &root.task, sum_tree);
}

RIGHT(tree_with_returned_sums)
{
    struct tree root = {.depth = 6};
    weft_run(pool, &root.task, sum_tree);
    global = root.sum;
}

/* Uses much of the stack, with holes. */
static long fill(volatile char *outer)
{
    volatile char block[6000], hole[40000], deep[100];
    memset((char *)block, 1, sizeof block);
    hole[0] = outer[0];
    memset((char *)deep, 2, sizeof deep);
    return block[10] + hole[0] + deep[99];
}

BODY(use_stack)
{
    volatile char here[300];
    memset((char *)here, (int)job_of(task)->value, sizeof here);
    job_of(task)->result = fill(here);
    if (job_of(task)->value > 0) {
        struct job deeper = {.value = job_of(task)->value - 1};
        weft_fork(worker, &deeper.task, use_stack);
        fill(here);
        weft_join(worker, &deeper.task);
    }
}

BODY(stack_root)
{
    struct job jobs[8] = {{.value = 0}};
    for (int i = 0; i < 8; i++) {
        jobs[i].value = i % 4;
        weft_fork(worker, &jobs[i].task, use_stack);
        struct job called = {.value = 1};
        weft_call(worker, &called.task, use_stack);
    }
    for (int i = 7; i >= 0; i--)
        weft_join(worker, &jobs[i].task);
}

RIGHT(stack_used_by_one_after_the_other)
{
    run(pool, stack_root);
}

/* ---- contexts ---- */

struct with_context {
    weft_task task;
    long *context;
};

BODY(read_context)
{
    long seen;
    APART(seen = *weft_entry(task, struct with_context, task)->context); /* race: context_reused */
    __atomic_fetch_add(&global, seen, __ATOMIC_RELAXED);
}

static void fork_with(weft_worker *worker, struct with_context *jobs, int count)
{
    for (int i = 0; i < count; i++)
        weft_fork(worker, &jobs[i].task, read_context);
    for (int i = count - 1; i >= 0; i--)
        weft_join(worker, &jobs[i].task);
}

BODY(context_reused_root)
{
    struct with_context first, second;
    long context = 1;
    first.context = second.context = &context;
    weft_fork(worker, &first.task, read_context);
    APART(context = 2); /* race: context_reused */
    weft_fork(worker, &second.task, read_context);
    weft_join(worker, &second.task);
    weft_join(worker, &first.task);
}

WRONG(context_reused)
{
    run(pool, context_reused_root);
}

BODY(contexts_root)
{
    struct with_context jobs[3];
    long contexts[3];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++) {
            contexts[i] = i + round;
            jobs[i].context = &contexts[i];
        }
        fork_with(worker, jobs, 3);
    }
}

RIGHT(contexts_of_their_own)
{
    run(pool, contexts_root);
}

/* ---- memory ---- */

BODY(fill_shared)
{
    for (int i = 0; i < 5; i++)
        APART(job_of(task)->place[i] = job_of(task)->value); /* race: overlapping_halves */
}

BODY(overlap_root)
{
    long numbers[8];
    run_both(worker, fill_shared, fill_shared, numbers, numbers + 3);
}

WRONG(overlapping_halves)
{
    run(pool, overlap_root);
}

BODY(halves_root)
{
    long numbers[10];
    run_both(worker, fill_shared, fill_shared, numbers, numbers + 5);
}

RIGHT(halves)
{
    run(pool, halves_root);
}

BODY(count_static)
{
    static long calls;
    APART(calls++); /* race: a_static_counter */
}

BODY(static_root)
{
    run_both(worker, count_static, count_static, NULL, NULL);
}

WRONG(a_static_counter)
{
    run(pool, static_root);
}

BODY(count_atomic)
{
    static long calls;
    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
}

BODY(atomic_root)
{
    run_both(worker, count_atomic, count_atomic, NULL, NULL);
}

RIGHT(an_atomic_counter)
{
    run(pool, atomic_root);
}

static struct {
    unsigned left : 4, right : 4;
} bits;

BODY(set_left)
{
    APART(bits.left = 1); /* race: neighbouring_bits */
}

BODY(set_right)
{
    APART(bits.right = 1); /* race: neighbouring_bits */
}

BODY(bits_root)
{
    run_both(worker, set_left, set_right, NULL, NULL);
    global = bits.left + bits.right;
}

WRONG(neighbouring_bits)
{
    run(pool, bits_root);
}

static char bytes[2];

BODY(set_first)
{
    bytes[0] = 1;
}

BODY(set_second)
{
    bytes[1] = 1;
}

BODY(bytes_root)
{
    run_both(worker, set_first, set_second, NULL, NULL);
}

RIGHT(neighbouring_bytes)
{
    run(pool, bytes_root);
}

BODY(add_number)
{
    long *place = job_of(task)->place;
    if (__atomic_load_n(&other, __ATOMIC_RELAXED) >= 0)
        place[1] += 1;
}

BODY(free_place)
{
    APART(free(job_of(task)->place)); /* race: freed_beside_a_reader */
}

BODY(read_freed)
{
    APART(global = *job_of(task)->place); /* race: freed_beside_a_reader */
}

BODY(freed_root)
{
    long *place = calloc(1, sizeof *place);
    run_both(worker, free_place, read_freed, place, place);
}

WRONG(freed_beside_a_reader)
{
    run(pool, freed_root);
}

BODY(freed_after_root)
{
    long *place = calloc(4, sizeof *place);
    run_both(worker, add_number, add_number, place, place + 2);
    free(place);
}

RIGHT(freed_after_the_joins)
{
    run(pool, freed_after_root);
}

/* ---- what belongs to the thread or the worker ---- */

static _Thread_local char scratch[100];

BODY(use_thread)
{
    errno = 0;
    memset(scratch, (int)job_of(task)->value, sizeof scratch);
    job_of(task)->result = scratch[5] + errno;
}

BODY(use_thread_root)
{
    run_both(worker, use_thread, use_thread, NULL, NULL);
}

RIGHT(errno_and_thread_local_scratch)
{
    run(pool, use_thread_root);
}

static char common[100];

BODY(use_common)
{
    APART(common[5] = (char)job_of(task)->value);                  /* race: scratch_that_is_not_thread_local */
    APART(job_of(task)->result = common[job_of(task)->value + 5]); /* race: scratch_that_is_not_thread_local */
}

BODY(use_common_root)
{
    run_both(worker, use_common, use_common, NULL, NULL);
}

WRONG(scratch_that_is_not_thread_local)
{
    run(pool, use_common_root);
}

static long counts[4096 + 64];

BODY(count_by_worker)
{
    APART(counts[weft_worker_index(worker)]++); /* race: counters_read_too_early */
}

BODY(count_by_worker_deep)
{
    counts[weft_worker_index(worker)]++;
    run_both(worker, count_by_worker, count_by_worker, NULL, NULL);
    counts[weft_worker_index(worker)]++;
}

BODY(count_by_worker_root)
{
    run_both(worker, count_by_worker_deep, count_by_worker, NULL, NULL);
}

RIGHT(counters_by_worker)
{
    run(pool, count_by_worker_root);
    for (uint32_t i = 0; i < weft_pool_slots(pool); i++)
        global += counts[i];
}

BODY(keep_counter_root)
{
    long *mine = &counts[weft_worker_index(worker)];
    ++*mine;
    run_both(worker, count_by_worker, count_by_worker, NULL, NULL);
    ++*mine;
}

RIGHT(counter_kept_across_joins)
{
    run(pool, keep_counter_root);
}

BODY(count_too_early_root)
{
    struct job job = {.value = 0};
    weft_fork(worker, &job.task, count_by_worker);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        APART(global += counts[i]); /* race: counters_read_too_early */
    weft_join(worker, &job.task);
}

WRONG(counters_read_too_early)
{
    run(pool, count_too_early_root);
}

BODY(count_and_share)
{
    counts[weft_worker_index(worker)]++;
}

BODY(share_only)
{
    APART(global++); /* race: one_relies_on_its_worker_and_one_does_not */
}

BODY(share_too)
{
    counts[weft_worker_index(worker)]++;
    APART(global++); /* race: one_relies_on_its_worker_and_one_does_not */
}

BODY(share_root)
{
    run_both(worker, share_only, share_too, NULL, NULL);
    run_both(worker, count_and_share, count_and_share, NULL, NULL);
}

WRONG(one_relies_on_its_worker_and_one_does_not)
{
    run(pool, share_root);
}
