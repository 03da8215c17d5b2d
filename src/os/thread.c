/*
 * os/thread.c - threads, by pthreads
 */
#include "os/thread.h"

#include <sched.h>
#include <signal.h>

#include <weft/status.h>

#include "base/alloc.h"

/* A signal mask without those that a thread raises by its own fault, which it must take itself. */
static void asynchronous_signals(sigset_t *set)
{
    static const int own_fault[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    sigfillset(set);
    for (size_t i = 0; i < sizeof own_fault / sizeof own_fault[0]; i++)
        sigdelset(set, own_fault[i]);
}

int wi_thread_create(wi_thread *thread, size_t stack_bytes, wi_thread_fn *body, void *context)
{
    if (wi_alloc_refuses())
        return WEFT_ESYSTEM;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return WEFT_ENOMEM;
    if (stack_bytes != 0 && pthread_attr_setstacksize(&attributes, stack_bytes) != 0) {
        pthread_attr_destroy(&attributes);
        return WEFT_EINVAL;
    }
    sigset_t blocked, before;
    asynchronous_signals(&blocked);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    int failure = pthread_create(&thread->handle, &attributes, body, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failure == 0 ? WEFT_OK : WEFT_ESYSTEM;
}

void wi_thread_join(wi_thread *thread)
{
    pthread_join(thread->handle, NULL);
}

void wi_thread_name(const char *name)
{
    pthread_setname_np(pthread_self(), name);
}

int wi_thread_exit_key(wi_exit_key *key, void (*at_exit)(void *context))
{
    return pthread_key_create(key, at_exit) == 0 ? WEFT_OK : WEFT_ESYSTEM;
}

int wi_thread_at_exit(wi_exit_key key, void *context)
{
    return pthread_setspecific(key, context) == 0 ? WEFT_OK : WEFT_ENOMEM;
}

void wi_thread_yield(void)
{
    sched_yield();
}
