/*
 * os/thread.h - threads
 *
 *   Threads   any, for different objects
 *   Ordering  what happens before wi_thread_create() happens before the body; the body happens before the return of
 *             wi_thread_join()
 */
#ifndef WI_OS_THREAD_H
#define WI_OS_THREAD_H

#include <pthread.h>
#include <stddef.h>

typedef struct wi_thread {
    pthread_t handle;
} wi_thread;

typedef void *wi_thread_fn(void *context);

/* Starts a thread that runs `body(context)` with `stack_bytes` of stack (0: the system's default). It takes no
 * asynchronous signals: those go to the program's own threads. WEFT_EINVAL: a stack size that the system does not
 * allow. WEFT_ESYSTEM, WEFT_ENOMEM: no thread to be had. */
int wi_thread_create(wi_thread *thread, size_t stack_bytes, wi_thread_fn *body, void *context);

/* Waits until the thread's body has returned. */
void wi_thread_join(wi_thread *thread);

/* Names the calling thread for debuggers and ps; a name of more than 15 bytes is ignored. */
void wi_thread_name(const char *name);

/* Something that a thread may leave behind, to be cleared up at its end. */
typedef pthread_key_t wi_exit_key;

/* Gives a key whose `at_exit(context)` runs at the end of each thread that has left a context with it; never again
 * released. WEFT_ESYSTEM: the process has too many. */
int wi_thread_exit_key(wi_exit_key *key, void (*at_exit)(void *context));

/* Leaves `context`, which is not NULL, for the end of the calling thread. WEFT_ENOMEM. */
int wi_thread_at_exit(wi_exit_key key, void *context);

/* Lets another thread have the processor, where one waits for it. */
void wi_thread_yield(void);

#endif
