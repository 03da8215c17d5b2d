/*
 * stress/stress_job.c - jobs against the end of their pool: each settles once, and no buffer is lost
 *
 * In each round several threads submit jobs with buffers, and wait for them, ask, or forget them, while another shuts
 * the pool down in the middle. Every buffer counts its end: after the round as many have ended as were made, and a job
 * that was taken has run or was cancelled, once.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <weft/job.h>

#include "support/stress.h"

#define PRODUCERS 3
#define EACH      100
#define LIST_MOST 3

static atomic_ulong made, ended, runs;

struct producer {
    pthread_t thread;
    weft_pool *pool;
    uint64_t random;
    uint64_t ran, canceled, refused, forgotten;
};

static void end_buffer(void *memory, uint64_t bytes, void *context)
{
    (void)bytes, (void)context;
    free(memory);
    atomic_fetch_add(&ended, 1);
}

static void make_list(weft_transfer *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        weft_buffer buffer;
        void *memory = calloc(1, 16);
        stress_check(memory && weft_buffer_adopt(memory, 16, end_buffer, NULL, &buffer) == WEFT_OK);
        list[i] = weft_transfer_buffer(buffer);
        atomic_fetch_add(&made, 1);
    }
}

/* Writes to the first buffer, gives it back, and leaves the others in the message. */
static void run(weft_worker *worker, weft_job *job)
{
    weft_message *message = weft_job_message(job);
    (void)worker;
    stress_check(message->size == 3 && memcmp(message->bytes, "job", 3) == 0);
    atomic_fetch_add(&runs, 1);
    if (message->count == 0)
        return;
    weft_buffer buffer = weft_message_take_buffer(message, 0);
    *(unsigned char *)weft_buffer_data(buffer) += 1;
    weft_transfer list[] = {weft_transfer_buffer(buffer)};
    stress_check(weft_job_reply(job, NULL, 0, list, 1) == WEFT_OK);
}

/* Checks what came of a job that was submitted with `count` buffers, and takes it or not. */
static void settle(struct producer *producer, weft_job *job, size_t count)
{
    int status = WEFT_ETIMEDOUT;
    while (status == WEFT_ETIMEDOUT) {
        static const uint64_t patience[] = {0, 1000, 100000, WEFT_FOREVER};
        status = weft_job_wait(job, patience[stress_below(&producer->random, 4)]);
    }
    stress_check(status == WEFT_OK || status == WEFT_ECANCELED);
    producer->ran += status == WEFT_OK;
    producer->canceled += status == WEFT_ECANCELED;
    if (stress_below(&producer->random, 4) > 0) {
        weft_message *message = weft_job_take(job);
        stress_check((message != NULL) == (status == WEFT_ECANCELED || count > 0));
        if (message && message->count > 0) {
            weft_buffer buffer = weft_message_take_buffer(message, 0);
            stress_check(*(unsigned char *)weft_buffer_data(buffer) == (status == WEFT_OK));
            stress_check(weft_buffer_release(buffer) == WEFT_OK);
        }
        stress_check(weft_message_release(message) == WEFT_OK);
    }
    stress_check(weft_job_release(job) == WEFT_OK);
}

static void *produce(void *context)
{
    struct producer *producer = context;
    weft_job *jobs[EACH];
    size_t counts[EACH];
    int open = 0;
    for (int i = 0; i < EACH; i++) {
        weft_transfer list[LIST_MOST];
        size_t count = stress_below(&producer->random, LIST_MOST + 1);
        bool is_forgotten = stress_below(&producer->random, 4) == 0;
        make_list(list, count);
        int status = weft_submit(producer->pool, run, "job", 3, list, count, is_forgotten ? NULL : &jobs[open]);
        stress_check(status == WEFT_OK || status == WEFT_ECLOSED);
        if (status == WEFT_ECLOSED) {
            producer->refused++;
            for (size_t j = 0; j < count; j++)
                stress_check(weft_buffer_release((weft_buffer){list[j].id}) == WEFT_OK);
            continue;
        }
        if (is_forgotten) {
            producer->forgotten++;
        } else {
            counts[open++] = count;
        }
        if (open > 0 && stress_below(&producer->random, 3) == 0) {
            open--;
            settle(producer, jobs[open], counts[open]);
        }
    }
    while (open-- > 0)
        settle(producer, jobs[open], counts[open]);
    return NULL;
}

static void add(struct producer *total, const struct producer *one)
{
    total->ran += one->ran;
    total->canceled += one->canceled;
    total->refused += one->refused;
    total->forgotten += one->forgotten;
}

/* One pool from its beginning to its end. */
static struct producer play(uint64_t *random)
{
    struct producer producers[PRODUCERS], sum = {0};
    uint32_t workers = stress_below(random, 5);
    weft_pool_options options = {.size = sizeof options, .workers = workers == 0 ? WEFT_WORKERS_NONE : workers};
    weft_shutdown how = stress_below(random, 2) ? WEFT_DRAIN : WEFT_CANCEL_QUEUED;
    uint64_t ran_before = atomic_load(&runs);
    weft_pool *pool;
    stress_check(weft_pool_create(&options, &pool) == WEFT_OK);
    for (int p = 0; p < PRODUCERS; p++) {
        producers[p] = (struct producer){.pool = pool, .random = *random + (uint64_t)p};
        stress_check(pthread_create(&producers[p].thread, NULL, produce, &producers[p]) == 0);
    }
    for (uint32_t yields = stress_below(random, 60); yields-- > 0;)
        sched_yield();
    stress_check(weft_pool_shutdown(pool, how, WEFT_FOREVER) == WEFT_OK);
    for (int p = 0; p < PRODUCERS; p++) {
        stress_check(pthread_join(producers[p].thread, NULL) == 0);
        add(&sum, &producers[p]);
    }
    stress_check(weft_pool_destroy(pool) == WEFT_OK);
    uint64_t ran = atomic_load(&runs) - ran_before;
    stress_check(sum.ran + sum.canceled + sum.refused + sum.forgotten == PRODUCERS * EACH);
    stress_check(ran >= sum.ran && ran <= sum.ran + sum.forgotten);
    stress_check(how == WEFT_CANCEL_QUEUED || ran == sum.ran + sum.forgotten);
    stress_check(atomic_load(&made) == atomic_load(&ended));
    return sum;
}

int main(int argc, char **argv)
{
    struct stress stress = stress_begin(argc, argv, 200);
    struct producer total = {0};
    for (uint64_t round = 0; round < stress.rounds; round++) {
        struct producer sum = play(&stress.random);
        add(&total, &sum);
    }
    printf("%" PRIu64 " jobs ran, %" PRIu64 " were cancelled, %" PRIu64 " refused, %" PRIu64
           " forgotten; %lu buffers\n",
           total.ran, total.canceled, total.refused, total.forgotten, atomic_load(&made));
    return 0;
}
