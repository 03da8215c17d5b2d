/*
 * unit/test_job.c - jobs: what they bring and give back, and that each settles once
 *
 * Buffers are adopted memory whose destructor counts: at the end of each test as many have been destroyed as were made.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/job.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "os/thread.h"
#include "sched/worker.h"
#include "support/teardown.h"
#include "unit/blocker.h"

static weft_pool *pool;
static wi_atomic_u32 made, destroyed;

static void make_pool(uint32_t workers)
{
    weft_pool_options options = {.size = sizeof options, .workers = workers};
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
}

static void begin(void)
{
    make_pool(2);
}

static void end(void)
{
    teardown_check(weft_pool_destroy(pool) == WEFT_OK);
    teardown_check(wi_load_acquire(&destroyed) == wi_load_acquire(&made)); /* each buffer is released once */
}

TestSuite(job, .init = begin, .fini = end);

static void destroy(void *memory, uint64_t bytes, void *context)
{
    (void)bytes, (void)context;
    free(memory);
    wi_fetch_add_acq_rel(&destroyed, 1);
}

static weft_buffer new_buffer(unsigned char first)
{
    weft_buffer buffer;
    unsigned char *memory = malloc(8);
    memset(memory, first, 8);
    cr_assert_eq(weft_buffer_adopt(memory, 8, destroy, NULL, &buffer), WEFT_OK);
    wi_fetch_add_acq_rel(&made, 1);
    return buffer;
}

/* Takes the buffer out of the message and checks that it is the one. */
static void expect_buffer(weft_message *message, unsigned char first)
{
    weft_buffer buffer = weft_message_take_buffer(message, 0);
    const unsigned char *bytes = weft_buffer_data(buffer);
    cr_assert(bytes && bytes[0] == first && bytes[7] == first);
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
}

/* ---- functions ---- */

static wi_atomic_u32 runs;

static void count(weft_worker *worker, weft_job *job)
{
    (void)worker, (void)job;
    wi_fetch_add_acq_rel(&runs, 1);
}

/* Gives back all that it was given, the bytes in capitals. */
static void answer(weft_worker *worker, weft_job *job)
{
    weft_message *message = weft_job_message(job);
    char text[16] = "";
    count(worker, job);
    for (size_t i = 0; i < message->size; i++)
        text[i] = (char)(((const char *)message->bytes)[i] & ~0x20);
    weft_transfer list[] = {weft_transfer_buffer(weft_message_take_buffer(message, 0))};
    cr_assert_eq(weft_job_reply(job, text, message->size, list, 1), WEFT_OK);
}

static wi_atomic_u32 has_begun, may_end;

static void wait_for(wi_atomic_u32 *flag)
{
    while (wi_load_acquire(flag) == 0)
        wi_thread_yield();
}

static void stay(weft_worker *worker, weft_job *job)
{
    (void)worker, (void)job;
    wi_store_release(&has_begun, 1);
    wait_for(&may_end);
}

static weft_job *submit(weft_job_fn *run)
{
    weft_job *job = NULL;
    cr_assert_eq(weft_submit(pool, run, NULL, 0, NULL, 0, &job), WEFT_OK);
    return job;
}

static void finish(weft_job *job, int status)
{
    cr_assert_eq(weft_job_wait(job, WEFT_FOREVER), status);
    cr_assert_eq(weft_job_is_settled(job), 1);
    cr_assert_eq(weft_job_release(job), WEFT_OK);
}

/* ---- what it brings and gives back ---- */

Test(job, smoke)
{
    weft_job *job;
    weft_buffer buffer = new_buffer('b');
    weft_transfer list[] = {weft_transfer_buffer(buffer)};
    char text[] = "text";
    cr_assert_eq(weft_submit(pool, answer, text, 4, list, 1, &job), WEFT_OK);
    cr_assert(weft_buffer_is_detached(buffer));
    memset(text, 'x', sizeof text); /* a copy was taken */
    cr_assert_eq(weft_job_wait(job, WEFT_FOREVER), WEFT_OK);
    weft_message *reply = weft_job_take(job);
    cr_assert_not_null(reply);
    cr_assert(reply->size == 4 && memcmp(reply->bytes, "TEXT", 4) == 0);
    cr_assert_eq(reply->count, 1);
    expect_buffer(reply, 'b');
    cr_assert_null(weft_job_take(job), "there is one reply");
    cr_assert_null(weft_job_message(job));
    cr_assert_eq(weft_message_release(reply), WEFT_OK);
    finish(job, WEFT_OK);
}

Test(job, empty)
{
    weft_job *job = submit(count);
    cr_assert_eq(weft_job_wait(job, WEFT_FOREVER), WEFT_OK);
    cr_assert_null(weft_job_take(job));
    cr_assert_eq(wi_load_acquire(&runs), 1);
    finish(job, WEFT_OK);
}

Test(job, many)
{
    enum {
        JOBS = 500
    };
    static weft_job *jobs[JOBS];
    for (int i = 0; i < JOBS; i++) {
        weft_transfer list[] = {weft_transfer_buffer(new_buffer((unsigned char)i))};
        cr_assert_eq(weft_submit(pool, answer, "m", 1, list, 1, &jobs[i]), WEFT_OK);
    }
    for (int i = 0; i < JOBS; i++) {
        cr_assert_eq(weft_job_wait(jobs[i], WEFT_FOREVER), WEFT_OK);
        weft_message *reply = weft_job_take(jobs[i]);
        expect_buffer(reply, (unsigned char)i);
        weft_message_release(reply);
        cr_assert_eq(weft_job_release(jobs[i]), WEFT_OK);
    }
    cr_assert_eq(wi_load_acquire(&runs), JOBS);
}

Test(job, what_nobody_takes_is_released)
{
    weft_job *job;
    weft_transfer first = weft_transfer_buffer(new_buffer(1)), second = weft_transfer_buffer(new_buffer(2));
    cr_assert_eq(weft_submit(pool, answer, "a", 1, &first, 1, &job), WEFT_OK);
    finish(job, WEFT_OK);
    cr_assert_eq(wi_load_acquire(&destroyed), 1, "an untaken reply goes with its job");
    cr_assert_eq(weft_submit(pool, count, "b", 1, &second, 1, &job), WEFT_OK);
    cr_assert_eq(weft_job_wait(job, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(wi_load_acquire(&destroyed), 2, "what the function left in its message goes when it returns");
    finish(job, WEFT_OK);
}

Test(job, a_forgotten_job_runs)
{
    weft_transfer list[] = {weft_transfer_buffer(new_buffer(3))};
    cr_assert_eq(weft_submit(pool, answer, "f", 1, list, 1, NULL), WEFT_OK);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(wi_load_acquire(&runs), 1);
}

Test(job, a_job_that_is_released_before_it_has_run_runs)
{
    weft_job *blocker = submit(stay), *other = submit(stay);
    wait_for(&has_begun);
    weft_transfer list[] = {weft_transfer_buffer(new_buffer(4))};
    weft_job *job;
    cr_assert_eq(weft_submit(pool, answer, "r", 1, list, 1, &job), WEFT_OK);
    cr_assert_eq(weft_job_release(job), WEFT_OK);
    wi_store_release(&may_end, 1);
    finish(blocker, WEFT_OK);
    finish(other, WEFT_OK);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(wi_load_acquire(&runs), 1);
}

static void reply_twice(weft_worker *worker, weft_job *job)
{
    (void)worker;
    weft_buffer buffer = new_buffer(5);
    weft_transfer list[] = {weft_transfer_buffer(buffer), weft_transfer_buffer(buffer)};
    cr_assert_eq(weft_job_reply(job, "x", 1, list, 2), WEFT_EINVAL, "twice in the list");
    cr_assert_eq(weft_job_reply(job, NULL, 1, list, 1), WEFT_EINVAL);
    cr_assert_eq(weft_job_reply(job, "x", 1, NULL, 1), WEFT_EINVAL);
    cr_assert_not(weft_buffer_is_detached(buffer));
    cr_assert_eq(weft_job_reply(job, "x", 1, list, 1), WEFT_OK);
    cr_assert_eq(weft_job_reply(job, "y", 1, NULL, 0), WEFT_EINVAL, "there is a reply");
}

Test(job, there_is_one_reply)
{
    weft_job *job = submit(reply_twice);
    cr_assert_eq(weft_job_wait(job, WEFT_FOREVER), WEFT_OK);
    weft_message *reply = weft_job_take(job);
    cr_assert(reply && reply->size == 1 && *(const char *)reply->bytes == 'x');
    expect_buffer(reply, 5);
    weft_message_release(reply);
    finish(job, WEFT_OK);
}

Test(job, a_port_travels_with_a_job)
{
    weft_port here, there;
    weft_job *job;
    cr_assert_eq(weft_port_pair(NULL, &here, &there), WEFT_OK);
    weft_transfer list[] = {weft_transfer_port(there)};
    cr_assert_eq(weft_submit(pool, count, NULL, 0, list, 1, &job), WEFT_OK);
    finish(job, WEFT_OK);
    cr_assert_eq(weft_port_post(here, "x", 1, NULL, 0), WEFT_ECLOSED, "it was closed with the message");
    cr_assert_eq(weft_port_close(here), WEFT_OK);
}

/* ---- bad input ---- */

Test(job, bad_input)
{
    weft_job *job = NULL;
    weft_buffer buffer = new_buffer(6), stale = new_buffer(7);
    cr_assert_eq(weft_buffer_release(stale), WEFT_OK);
    weft_transfer list[] = {weft_transfer_buffer(buffer), weft_transfer_buffer(stale)};
    cr_assert_eq(weft_submit(NULL, count, NULL, 0, NULL, 0, &job), WEFT_EINVAL);
    cr_assert_eq(weft_submit(pool, NULL, NULL, 0, NULL, 0, &job), WEFT_EINVAL);
    cr_assert_eq(weft_submit(pool, count, NULL, 1, NULL, 0, &job), WEFT_EINVAL);
    cr_assert_eq(weft_submit(pool, count, NULL, 0, NULL, 1, &job), WEFT_EINVAL);
    cr_assert_eq(weft_submit(pool, count, NULL, 0, list, 2, &job), WEFT_EDETACHED);
    cr_assert_null(job);
    cr_assert_eq(weft_buffer_size(buffer), 8, "all or nothing");
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
    cr_assert_eq(weft_job_wait(NULL, 0), WEFT_EINVAL);
    cr_assert_eq(weft_job_reply(NULL, NULL, 0, NULL, 0), WEFT_EINVAL);
    cr_assert_eq(weft_job_is_settled(NULL), 0);
    cr_assert_null(weft_job_take(NULL));
    cr_assert_null(weft_job_message(NULL));
    cr_assert_eq(weft_job_release(NULL), WEFT_OK);
    cr_assert_eq(wi_load_acquire(&runs), 0);
}

Test(job, a_pool_that_is_shut_down_takes_no_job)
{
    weft_job *job = NULL;
    weft_buffer buffer = new_buffer(8);
    weft_transfer list[] = {weft_transfer_buffer(buffer)};
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(weft_submit(pool, count, "x", 1, list, 1, &job), WEFT_ECLOSED);
    cr_assert_null(job);
    cr_assert_eq(weft_buffer_size(buffer), 8);
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
}

static void reply_without_memory(weft_worker *worker, weft_job *job)
{
    (void)worker;
    weft_message *message = weft_job_message(job);
    weft_buffer buffer = weft_message_take_buffer(message, 0);
    weft_transfer list[] = {weft_transfer_buffer(buffer)};
    wi_alloc_fail_at(1);
    cr_assert_eq(weft_job_reply(job, "x", 1, list, 1), WEFT_ENOMEM);
    wi_alloc_fail_at(0);
    cr_assert_eq(weft_buffer_size(buffer), 8);
    cr_assert_eq(weft_job_reply(job, "x", 1, list, 1), WEFT_OK);
}

Test(job, oom)
{
    weft_job *job = NULL;
    weft_buffer buffer = new_buffer(9);
    weft_transfer list[] = {weft_transfer_buffer(buffer)};
    uint64_t n = 1;
    for (; wi_alloc_fail_at(n), weft_submit(pool, reply_without_memory, "x", 1, list, 1, &job) != WEFT_OK; n++) {
        cr_assert_null(job);
        cr_assert_eq(weft_buffer_size(buffer), 8);
    }
    cr_assert_eq(n, 3);
    finish(job, WEFT_OK);
}

/* ---- waiting ---- */

Test(job, a_wait_has_a_limit)
{
    weft_job *job = submit(stay);
    cr_assert_eq(weft_job_is_settled(job), 0);
    cr_assert_eq(weft_job_wait(job, 0), WEFT_ETIMEDOUT);
    cr_assert_eq(weft_job_wait(job, 1000000), WEFT_ETIMEDOUT);
    cr_assert_null(weft_job_take(job), "nothing is to be had yet");
    wi_store_release(&may_end, 1);
    finish(job, WEFT_OK);
}

static void *wait_as_well(void *job)
{
    cr_assert_eq(weft_job_wait(job, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(weft_job_is_settled(job), 1);
    return NULL;
}

Test(job, several_may_wait)
{
    weft_job *job = submit(stay);
    wi_thread threads[3];
    for (int i = 0; i < 3; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, wait_as_well, job), WEFT_OK);
    wait_for(&has_begun);
    wi_store_release(&may_end, 1);
    for (int i = 0; i < 3; i++)
        wi_thread_join(&threads[i]);
    finish(job, WEFT_OK);
}

static void submit_and_wait(weft_worker *worker, weft_job *job)
{
    int depth = *(const int *)weft_job_message(job)->bytes - 1;
    weft_job *inner;
    count(worker, job);
    if (depth == 0)
        return;
    cr_assert_eq(weft_submit(weft_worker_pool(worker), submit_and_wait, &depth, sizeof depth, NULL, 0, &inner),
                 WEFT_OK);
    finish(inner, WEFT_OK);
}

Test(job, a_job_may_wait_for_another_of_its_own_pool)
{
    int depth = 10;
    weft_job *job;
    cr_assert_eq(weft_submit(pool, submit_and_wait, &depth, sizeof depth, NULL, 0, &job), WEFT_OK);
    finish(job, WEFT_OK);
    cr_assert_eq(wi_load_acquire(&runs), 10);
}

Test(job, who_waits_for_a_pool_without_threads_executes)
{
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    make_pool(WEFT_WORKERS_NONE);
    weft_job *first = submit(count), *second = submit(count);
    cr_assert_eq(weft_job_wait(second, 0), WEFT_ETIMEDOUT);
    cr_assert_eq(wi_load_acquire(&runs), 0);
    cr_assert_eq(weft_job_wait(second, 60000000000), WEFT_OK);
    cr_assert_eq(wi_load_acquire(&runs), 2, "first come, first served");
    finish(first, WEFT_OK);
    finish(second, WEFT_OK);
}

struct caller {
    wi_thread thread;
    struct blocker blocker;
};

static void *call(void *caller)
{
    cr_assert_eq(weft_run(pool, &((struct caller *)caller)->blocker.task, block), WEFT_OK);
    return NULL;
}

/* Waits for a job while the only worker and all callers' slots are taken, one of which then goes on. */
static void wait_without_a_slot(bool worker_goes_on)
{
    static struct caller callers[WI_CALLER_SLOTS];
    wi_thread waiter;
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    make_pool(1);
    weft_job *blocker = submit(stay), *job;
    wait_for(&has_begun);
    for (int i = 0; i < WI_CALLER_SLOTS; i++) {
        cr_assert_eq(wi_thread_create(&callers[i].thread, 0, call, &callers[i]), WEFT_OK);
        blocker_await_begin(&callers[i].blocker);
    }
    job = submit(count);
    cr_assert_eq(wi_thread_create(&waiter, 0, wait_as_well, job), WEFT_OK);
    while (wi_load_acquire(&pool->roots.outside.waiters) == 0)
        wi_thread_yield();
    wi_store_release(worker_goes_on ? &may_end : &callers[0].blocker.may_end, 1);
    wi_thread_join(&waiter);
    wi_store_release(&may_end, 1);
    for (int i = 0; i < WI_CALLER_SLOTS; i++) {
        blocker_release(&callers[i].blocker);
        wi_thread_join(&callers[i].thread);
    }
    finish(blocker, WEFT_OK);
    finish(job, WEFT_OK);
}

Test(job, who_waits_executes_as_soon_as_there_is_a_slot)
{
    wait_without_a_slot(false);
}

Test(job, who_waits_to_execute_is_told_when_a_worker_has_the_job)
{
    wait_without_a_slot(true);
}

/* ---- the end ---- */

Test(job, a_cancelled_job_gives_back_what_was_submitted)
{
    weft_job *blockers[2] = {submit(stay), submit(stay)}, *job;
    weft_transfer list[] = {weft_transfer_buffer(new_buffer(10))}, lost[] = {weft_transfer_buffer(new_buffer(11))};
    wait_for(&has_begun);
    cr_assert_eq(weft_submit(pool, answer, "back", 4, list, 1, &job), WEFT_OK);
    cr_assert_eq(weft_submit(pool, answer, "lost", 4, lost, 1, NULL), WEFT_OK);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_CANCEL_QUEUED, 0), WEFT_ETIMEDOUT);
    wi_store_release(&may_end, 1);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_CANCEL_QUEUED, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(weft_job_wait(job, WEFT_FOREVER), WEFT_ECANCELED);
    weft_message *message = weft_job_take(job);
    cr_assert(message && message->size == 4 && memcmp(message->bytes, "back", 4) == 0);
    expect_buffer(message, 10);
    weft_message_release(message);
    cr_assert_eq(wi_load_acquire(&destroyed), 2, "a forgotten one that is cancelled releases what it had");
    cr_assert_eq(wi_load_acquire(&runs), 0);
    finish(job, WEFT_ECANCELED);
    for (int i = 0; i < 2; i++) {
        int status = weft_job_wait(blockers[i], 0);
        cr_assert(status == WEFT_OK || status == WEFT_ECANCELED);
        weft_job_release(blockers[i]);
    }
}

Test(job, a_settled_job_outlives_its_pool)
{
    weft_job *job = submit(count);
    cr_assert_eq(weft_pool_destroy(pool), WEFT_OK);
    make_pool(1);
    finish(job, WEFT_OK);
}

Test(job, a_forked_child_is_told)
{
    weft_job *job = submit(stay), *settled = submit(count);
    wait_for(&has_begun);
    cr_assert_eq(weft_job_wait(settled, WEFT_FOREVER), WEFT_OK);
    pid_t child = fork();
    if (child == 0)
        _exit(weft_job_wait(job, WEFT_FOREVER) == WEFT_EFORKED && weft_job_wait(settled, 0) == WEFT_OK &&
                      weft_submit(pool, count, NULL, 0, NULL, 0, NULL) == WEFT_EFORKED
                  ? 0
                  : 1);
    int result;
    cr_assert_eq(waitpid(child, &result, 0), child);
    cr_assert_eq(result, 0);
    wi_store_release(&may_end, 1);
    finish(job, WEFT_OK);
    finish(settled, WEFT_OK);
}
