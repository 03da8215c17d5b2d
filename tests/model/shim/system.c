/*
 * shim/system.c - what the library asks of the system and of the allocator, as the checker does it
 *
 * Stands for src/base/alloc.c and the files of src/os.
 */
#include <stddef.h>

#include <weft/status.h>

#include "base/alloc.h"
#include "base/layout.h"
#include "os/barrier.h"
#include "os/clock.h"
#include "os/cluster.h"
#include "os/cpus.h"
#include "os/futex.h"
#include "os/process.h"
#include "os/region.h"
#include "os/thread.h"

void *wi_alloc(size_t alignment, size_t bytes)
{
    return mc_alloc(alignment, bytes);
}

void wi_free(void *memory)
{
    mc_free(memory);
}

bool wi_alloc_refuses(void)
{
    return false;
}

bool wi_futex_wait(wi_atomic_u32 *word, uint32_t expected, uint64_t deadline)
{
    return mc_futex_wait(&word->value, sizeof word->value, expected, deadline != WI_NEVER);
}

void wi_futex_wake(wi_atomic_u32 *word, int count)
{
    mc_futex_wake(&word->value, (uint32_t)count);
}

bool wi_futex_wait_shared(wi_atomic_u32 *word, uint32_t expected, uint64_t deadline)
{
    return wi_futex_wait(word, expected, deadline);
}

void wi_futex_wake_shared(wi_atomic_u32 *word, int count)
{
    wi_futex_wake(word, count);
}

bool wi_barrier_prepare(void)
{
    return true;
}

/* A small part of what is asked for: few slots for each worker. */
void *wi_region_reserve(size_t *bytes, size_t least)
{
    *bytes = least / WI_REGION_BYTES * WI_CACHE_LINE;
    return mc_new(*bytes);
}

void wi_region_release(void *region, size_t bytes)
{
    (void)bytes;
    if (region)
        mc_delete(region);
}

/* Each look at the clock is a millisecond after the last, so that all that was timed took long. Deadlines are out of
 * its reach, but a wait that has one may reach it. */
uint64_t wi_clock_now(void)
{
    static uint64_t now;
    return now += 1000000;
}

uint64_t wi_clock_deadline(uint64_t timeout_ns)
{
    return timeout_ns == 0 || timeout_ns == WI_NEVER ? timeout_ns : timeout_ns + (UINT64_C(1) << 62);
}

void wi_process_once(wi_once *once, void (*body)(void))
{
    (void)once;
    body();
}

int wi_process_around_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    (void)before;
    (void)in_parent;
    (void)in_child;
    return WEFT_OK;
}

int wi_process_watch(void)
{
    return WEFT_OK;
}

uint32_t wi_process_generation(void)
{
    return 0;
}

uint32_t wi_cluster_here(void)
{
    return WI_CLUSTER_ANY;
}

uint32_t wi_cpus_usable(void)
{
    return 1;
}

/* The checker's threads have no result. */
struct start {
    wi_thread_fn *body;
    void *context;
};

static void thread_body(void *context)
{
    struct start *start = context;
    start->body(start->context);
}

int wi_thread_create(wi_thread *thread, size_t stack_bytes, wi_thread_fn *body, void *context)
{
    if (stack_bytes == MC_NO_STACK)
        return WEFT_ENOMEM;
    struct start *start = mc_new(sizeof *start);
    *start = (struct start){.body = body, .context = context};
    thread->handle = (pthread_t)mc_spawn("worker", thread_body, start);
    return WEFT_OK;
}

void wi_thread_join(wi_thread *thread)
{
    mc_join((int)thread->handle);
}

void wi_thread_name(const char *name)
{
    (void)name;
}

void wi_thread_yield(void)
{
    mc_yield();
}
