/*
 * os/process.h - telling a process from the one that it was forked from
 *
 * fork() copies the memory but only the calling thread: what other threads held or were about to do is frozen in the
 * child. An object that needs its threads remembers the generation that it was made in, and is dead in any other.
 *
 *   Threads   any; lock-free but wi_process_watch()
 */
#ifndef WI_OS_PROCESS_H
#define WI_OS_PROCESS_H

#include <stdint.h>

/* Makes fork() count from now on. Called any number of times. WEFT_ENOMEM. */
int wi_process_watch(void);

/* Returns how many forks lie between this process and the first that called wi_process_watch(). */
uint32_t wi_process_generation(void);

#endif
