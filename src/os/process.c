/*
 * os/process.c - telling a process from the one that it was forked from, by pthread_atfork
 *
 * Who touches what
 *   generation   written in a child before it has a second thread, read by any
 *   watched      written once, under pthread_once
 */
#include "os/process.h"

#include <pthread.h>

#include <weft/status.h>

static uint32_t generation;
static int watched;

static void in_child(void)
{
    generation++;
}

static void watch(void)
{
    watched = pthread_atfork(NULL, NULL, in_child) == 0 ? WEFT_OK : WEFT_ENOMEM;
}

int wi_process_watch(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch);
    return watched;
}

uint32_t wi_process_generation(void)
{
    return generation;
}
