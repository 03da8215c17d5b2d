/*
 * tsan/deque.c - cases: the deque for schedulers of one's own
 */
#include <weft/deque.h>

#include <pthread.h>
#include <sched.h>

#include "tsan/corpus.h"

#define ITEMS 500

static weft_deque *deque;
static long numbers[ITEMS], sum;

static void *steal_all(void *context)
{
    (void)context;
    for (int stolen = 0; stolen < ITEMS;) {
        void *item;
        if (weft_deque_steal(deque, &item) != WEFT_STOLEN) {
            sched_yield();
            continue;
        }
        APART(sum += *(volatile long *)item); /* race: item_changed_after_the_push */
        stolen++;
    }
    return NULL;
}

/* Pushes more than fits at first, beside a thief. */
static void push_all(int changes)
{
    pthread_t thief;
    weft_deque_create(NULL, &deque);
    pthread_create(&thief, NULL, steal_all, NULL);
    for (long i = 0; i < ITEMS; i++) {
        numbers[i] = i;
        weft_deque_push(deque, &numbers[i]);
        if (changes)
            APART(numbers[i] = 1); /* race: item_changed_after_the_push */
        if (i % 50 == 0)
            weft_deque_reclaim(deque);
    }
    pthread_join(thief, NULL);
    weft_deque_destroy(deque);
}

RIGHT(item_written_before_the_push)
{
    push_all(0);
}

WRONG(item_changed_after_the_push)
{
    push_all(1);
}
