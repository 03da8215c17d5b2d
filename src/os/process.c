/*
 * os/process.c - telling a process from the one that it was forked from, by pthread_atfork
 *
 * Who touches what
 *   generation   written in a child before it has a second thread, read by any
 *   watched      written once, under wi_process_once()
 */
#include "os/process.h"

#include <pthread.h>

#include <weft/status.h>

static uint32_t generation;
static int watched;

void wi_process_once(wi_once *once, void (*body)(void))
{
    pthread_once(once, body);
}

static void count_fork(void)
{
    generation++;
}

static void watch(void)
{
    watched = wi_process_around_fork(NULL, NULL, count_fork);
}

int wi_process_around_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    return pthread_atfork(before, in_parent, in_child) == 0 ? WEFT_OK : WEFT_ENOMEM;
}

int wi_process_watch(void)
{
    static wi_once once = WI_ONCE;
    wi_process_once(&once, watch);
    return watched;
}

uint32_t wi_process_generation(void)
{
    return generation;
}
