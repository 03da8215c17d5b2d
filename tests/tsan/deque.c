/*
 * tsan/deque.c - cases: the deque for schedulers of one's own
 */
#include <weft/deque.h>

#include <pthread.h>
#include <sched.h>

#include "tsan/corpus.h"

#define ROUNDS 10
#define ITEMS  100

static weft_deque *deque;
static long numbers[ITEMS], sum;
static int stolen;

static void *steal(void *context)
{
    (void)context;
    while (__atomic_load_n(&stolen, __ATOMIC_RELAXED) < ITEMS) {
        void *item;
        weft_steal outcome = weft_deque_steal(deque, &item);
        if (outcome == WEFT_STOLEN) {
            long number;
            APART(number = *(volatile long *)item); /* race: item_changed_after_the_push */
            __atomic_fetch_add(&sum, number, __ATOMIC_RELAXED);
            __atomic_fetch_add(&stolen, 1, __ATOMIC_RELAXED);
        } else if (outcome == WEFT_EMPTY) {
            sched_yield();
        }
    }
    return NULL;
}

/* Pushes to a deque that grows under the eyes of two thieves. */
static void push_all(int changes)
{
    weft_deque_options options = {.size = sizeof options, .capacity = 2};
    pthread_t first, second;
    stolen = 0;
    weft_deque_create(&options, &deque);
    pthread_create(&first, NULL, steal, NULL);
    pthread_create(&second, NULL, steal, NULL);
    for (long i = 0; i < ITEMS; i++) {
        numbers[i] = i;
        weft_deque_push(deque, &numbers[i]);
        if (changes)
            APART(numbers[i] = 1); /* race: item_changed_after_the_push */
        weft_deque_reclaim(deque);
    }
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    weft_deque_destroy(deque);
}

RIGHT(item_written_before_the_push)
{
    for (int i = 0; i < ROUNDS; i++)
        push_all(0);
}

WRONG(item_changed_after_the_push)
{
    push_all(1);
}
