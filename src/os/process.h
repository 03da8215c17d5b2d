/*
 * os/process.h - telling a process from the one that it was forked from
 *
 * fork() copies the memory but only the calling thread: what other threads held or were about to do is frozen in the
 * child. An object that needs its threads remembers the generation that it was made in, and is dead in any other.
 *
 *   Threads   any; lock-free but what registers or runs once
 */
#ifndef WI_OS_PROCESS_H
#define WI_OS_PROCESS_H

#include <pthread.h>
#include <stdint.h>

/* Something that is done once in a process, however many threads ask for it. */
typedef pthread_once_t wi_once;
#define WI_ONCE PTHREAD_ONCE_INIT

/* Runs `body` if it has not been run for `once`, and returns when it has. */
void wi_process_once(wi_once *once, void (*body)(void));

/* Makes fork() count from now on. WEFT_ENOMEM. Called any number of times. */
int wi_process_watch(void);

/* What to do around each fork() from now on: `before` it, and after it in the parent and in the child. WEFT_ENOMEM. */
int wi_process_around_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void));

/* Returns how many forks lie between this process and the first that called wi_process_watch(). */
uint32_t wi_process_generation(void);

#endif
