/*
 * tsan/jobs.c - cases: jobs, their futures, and what they bring and give back
 */
#include <weft/job.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tsan/corpus.h"

static long global;

/* What a job is told: where its number is. */
struct order {
    long *number;
};

static long *number_of(weft_job *job)
{
    return ((const struct order *)weft_job_message(job)->bytes)->number;
}

static weft_job *submit(weft_pool *pool, weft_job_fn *run, long *number)
{
    struct order order = {number};
    weft_job *job = NULL;
    weft_submit(pool, run, &order, sizeof order, NULL, 0, &job);
    return job;
}

static void finish(weft_job *job)
{
    weft_job_wait(job, WEFT_FOREVER);
    weft_job_release(job);
}

/* Defines a job's function; what it does follows. */
#define JOB(name) static void name(__attribute__((unused)) weft_worker *worker, weft_job *job)

/* ---- the future ---- */

JOB(add_one)
{
    APART(++*number_of(job)); /* race: future_read_before_it_settles jobs_share argument_changed_after_the_submission */
}

RIGHT(future_read_after_a_wait)
{
    long number = 1;
    weft_job *job = submit(pool, add_one, &number);
    weft_job_wait(job, WEFT_FOREVER);
    global = number;
    weft_job_release(job);
}

RIGHT(future_read_when_it_has_settled)
{
    long number = 1;
    weft_job *job = submit(pool, add_one, &number);
    while (!weft_job_is_settled(job))
        weft_job_wait(job, 1000);
    global = number;
    weft_job_release(job);
}

WRONG(future_read_before_it_settles)
{
    long number = 1;
    weft_job *job = submit(pool, add_one, &number);
    APART(global = *(volatile long *)&number); /* race: future_read_before_it_settles */
    finish(job);
}

WRONG(argument_changed_after_the_submission)
{
    long number = 1;
    weft_job *job = submit(pool, add_one, &number);
    APART(number = 2); /* race: argument_changed_after_the_submission */
    finish(job);
}

static int is_told;

JOB(add_one_and_tell)
{
    APART(++*number_of(job)); /* race: told_by_a_relaxed_flag_instead_of_the_future */
    __atomic_store_n(&is_told, 1, __ATOMIC_RELAXED);
}

WRONG(told_by_a_relaxed_flag_instead_of_the_future)
{
    long number = 1;
    weft_job *job = submit(pool, add_one_and_tell, &number);
    while (!__atomic_load_n(&is_told, __ATOMIC_RELAXED))
        sched_yield();
    APART(global = *(volatile long *)&number); /* race: told_by_a_relaxed_flag_instead_of_the_future */
    finish(job);
}

/* ---- several jobs ---- */

WRONG(jobs_share)
{
    long number = 0;
    weft_job *first = submit(pool, add_one, &number), *second = submit(pool, add_one, &number);
    finish(first);
    finish(second);
}

RIGHT(jobs_in_turn)
{
    long number = 0;
    for (int i = 0; i < 5; i++)
        finish(submit(pool, add_one, &number));
    global = number;
}

RIGHT(jobs_apart)
{
    long numbers[5] = {0};
    weft_job *jobs[5];
    for (int i = 0; i < 5; i++)
        jobs[i] = submit(pool, add_one, &numbers[i]);
    for (int i = 0; i < 5; i++) {
        finish(jobs[i]);
        global += numbers[i];
    }
}

static weft_pool *own_pool;

JOB(submit_and_wait)
{
    long number = *number_of(job);
    finish(submit(own_pool, add_one, &number));
    *number_of(job) = number;
}

RIGHT(job_waits_for_a_job)
{
    long number = 1;
    own_pool = pool;
    finish(submit(pool, submit_and_wait, &number));
    global = number;
}

JOB(add_one_too)
{
    APART(++*number_of(job)); /* race: job_shares_with_the_one_it_waits_for */
}

JOB(submit_and_share)
{
    long *number = number_of(job);
    weft_job *inner = submit(own_pool, add_one_too, number);
    APART(++*number); /* race: job_shares_with_the_one_it_waits_for */
    finish(inner);
}

WRONG(job_shares_with_the_one_it_waits_for)
{
    long number = 1;
    own_pool = pool;
    finish(submit(pool, submit_and_share, &number));
}

/* ---- buffers ---- */

static void end_number(void *memory, uint64_t bytes, void *context)
{
    (void)bytes, (void)context;
    __atomic_fetch_add(&global, *(long *)memory, __ATOMIC_RELAXED);
    free(memory);
}

static weft_transfer new_number(long value)
{
    weft_buffer buffer = {0};
    long *memory = malloc(sizeof *memory);
    *memory = value;
    weft_buffer_adopt(memory, sizeof *memory, end_number, NULL, &buffer);
    return weft_transfer_buffer(buffer);
}

JOB(send_back)
{
    weft_transfer list[] = {weft_transfer_buffer(weft_message_take_buffer(weft_job_message(job), 0))};
    ++*(long *)weft_buffer_data((weft_buffer){list[0].id});
    weft_job_reply(job, NULL, 0, list, 1);
}

static weft_job *submit_buffer(weft_pool *pool, weft_job_fn *run, weft_transfer entry)
{
    weft_job *job = NULL;
    weft_submit(pool, run, NULL, 0, &entry, 1, &job); /* race: bytes_used_after_the_submission */
    return job;
}

RIGHT(buffer_goes_to_a_job_and_back)
{
    weft_job *job = submit_buffer(pool, send_back, new_number(1));
    weft_job_wait(job, WEFT_FOREVER);
    weft_message *reply = weft_job_take(job);
    weft_buffer buffer = weft_message_take_buffer(reply, 0);
    global = ++*(long *)weft_buffer_data(buffer);
    weft_buffer_release(buffer);
    weft_message_release(reply);
    weft_job_release(job);
}

/* Whoever holds a job last, its submitter or the pool, ends its reply. */
RIGHT(reply_that_goes_with_its_job)
{
    for (int i = 0; i < 100; i++) {
        weft_job *job = submit_buffer(pool, send_back, new_number(i));
        for (int yields = i % 10; yields > 0; yields--)
            sched_yield();
        weft_job_release(job);
    }
}

static long left_by_the_holder;
static int is_released;

static void look_and_end(void *memory, uint64_t bytes, void *context)
{
    long seen;
    (void)bytes, (void)context;
    free(memory);
    APART(seen = *(volatile long *)&left_by_the_holder); /* race: written_after_the_release_of_a_job */
    __atomic_fetch_add(&global, seen, __ATOMIC_RELAXED);
}

/* Replies when its submitter has let go of it, so that the pool is its last holder. */
JOB(reply_late)
{
    weft_buffer buffer = {0};
    weft_buffer_adopt(malloc(8), 8, look_and_end, NULL, &buffer);
    weft_transfer list[] = {weft_transfer_buffer(buffer)};
    while (!__atomic_load_n(&is_released, __ATOMIC_RELAXED))
        sched_yield();
    weft_job_reply(job, NULL, 0, list, 1);
}

RIGHT(written_before_the_release_of_a_job)
{
    weft_job *job = NULL;
    weft_submit(pool, reply_late, NULL, 0, NULL, 0, &job);
    left_by_the_holder = 3;
    weft_job_release(job);
    __atomic_store_n(&is_released, 1, __ATOMIC_RELAXED);
}

WRONG(written_after_the_release_of_a_job)
{
    weft_job *job = NULL;
    weft_submit(pool, reply_late, NULL, 0, NULL, 0, &job);
    weft_job_release(job);
    APART(left_by_the_holder = 3); /* race: written_after_the_release_of_a_job */
    __atomic_store_n(&is_released, 1, __ATOMIC_RELAXED);
}

WRONG(bytes_used_after_the_submission)
{
    weft_buffer buffer = {0};
    weft_buffer_create(NULL, 8, 8, &buffer);
    long *number = weft_buffer_data(buffer);
    *number = 1;
    weft_job *job =
        submit_buffer(pool, send_back, weft_transfer_buffer(buffer)); /* race: bytes_used_after_the_submission */
    *number = 2;                                                      /* race: bytes_used_after_the_submission */
    finish(job);
}

JOB(add_to_lent)
{
    APART(++*number_of(job)); /* race: buffer_lent_to_two_jobs */
}

WRONG(buffer_lent_to_two_jobs)
{
    weft_buffer buffer = {0};
    weft_buffer_create(NULL, 8, 8, &buffer);
    weft_job *first = submit(pool, add_to_lent, weft_buffer_data(buffer));
    weft_job *second = submit(pool, add_to_lent, weft_buffer_data(buffer));
    finish(first);
    finish(second);
    weft_buffer_release(buffer);
}

/* ---- the end of a pool ---- */

#define CANCELED 20

static int may_cancel, ended;

static void *cancel(void *context)
{
    while (!__atomic_load_n(&may_cancel, __ATOMIC_RELAXED))
        sched_yield();
    weft_pool_shutdown(context, WEFT_CANCEL_QUEUED, WEFT_FOREVER);
    return NULL;
}

static void count_end(void *memory, uint64_t bytes, void *context)
{
    end_number(memory, bytes, context);
    __atomic_fetch_add(&ended, 1, __ATOMIC_RELAXED);
}

/* Keeps its worker busy until all others are cancelled. */
JOB(stay)
{
    (void)job;
    while (__atomic_load_n(&ended, __ATOMIC_RELAXED) != CANCELED)
        sched_yield();
}

/* What was submitted is released by whoever cancels. */
RIGHT(jobs_cancelled_by_another_thread)
{
    weft_pool_options options = {.size = sizeof options, .workers = 1};
    weft_pool *mine;
    pthread_t thread;
    weft_pool_create(&options, &mine);
    pthread_create(&thread, NULL, cancel, mine);
    weft_submit(mine, stay, NULL, 0, NULL, 0, NULL);
    for (int i = 0; i < CANCELED; i++) {
        weft_buffer buffer = {0};
        long *memory = malloc(sizeof *memory);
        *memory = i;
        weft_buffer_adopt(memory, sizeof *memory, count_end, NULL, &buffer);
        weft_transfer list[] = {weft_transfer_buffer(buffer)};
        if (weft_submit(mine, send_back, NULL, 0, list, 1, NULL) != WEFT_OK)
            weft_buffer_release(buffer);
    }
    __atomic_store_n(&may_cancel, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    weft_pool_destroy(mine);
}
