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

/* Lets another thread have the processor, where one waits for it. */
void wi_thread_yield(void);

#endif
