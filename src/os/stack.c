/*
 * os/stack.c - what the calling thread has left behind on its stack, by mincore(2)
 *
 * Pages that were never written have no memory. So that this stays true of most of a stack, those far below the top
 * give theirs back once they have been visited.
 *
 * Who touches what
 *   stack   the thread itself
 */
#include "os/stack.h"

#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Pages that are asked about at once. Where none of them was written, the rest is taken to be untouched, too: only a
 * function whose variables leave this many pages unwritten breaks that. */
#define PAGES_AT_ONCE 64

/* Pages below the top that keep their memory, since they will be written again at once. The functions that are called
 * here must not need more. */
#define PAGES_KEPT 4

static _Thread_local struct {
    bool is_known;
    uintptr_t low, high;
    uintptr_t mapped; /* from here on; above `low` in a main thread only */
} stack;

static void find_stack(void)
{
    pthread_attr_t attributes;
    void *low;
    size_t bytes;
    stack.is_known = true;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    if (pthread_attr_getstack(&attributes, &low, &bytes) == 0) {
        stack.low = (uintptr_t)low;
        stack.high = stack.mapped = stack.low + bytes;
    }
    pthread_attr_destroy(&attributes);
}

/* Says for each of the pages from `begin` to `end` whether it has memory. False if not all of them are mapped. (By
 * syscall(), since ThreadSanitizer takes note of what mincore() writes.) */
static bool ask(uintptr_t begin, uintptr_t end, unsigned char *has_memory)
{
    return syscall(SYS_mincore, begin, end - begin, has_memory) == 0;
}

/* A main thread's stack is mapped as it grows: finds out how far it has. `end` is in it. */
static void follow_growth(uintptr_t end, size_t page)
{
    unsigned char ignored[PAGES_AT_ONCE];
    uintptr_t mapped = stack.mapped < end ? stack.mapped : end;
    for (size_t step = PAGES_AT_ONCE * page; step >= page; step /= 2)
        while (mapped >= stack.low + step && ask(mapped - step, mapped, ignored))
            mapped -= step;
    stack.mapped = mapped;
}

void wi_stack_visit_used(void *top, wi_range_fn *visit)
{
    static size_t page;
    unsigned char has_memory[PAGES_AT_ONCE];
    if (page == 0)
        page = (size_t)sysconf(_SC_PAGESIZE);
    if (!stack.is_known)
        find_stack();
    uintptr_t begin = (uintptr_t)top & ~(uintptr_t)7, end = begin & ~(page - 1), kept = end - PAGES_KEPT * page;
    if (begin > end)
        visit((void *)end, begin - end);
    if (begin <= stack.low || begin > stack.high) /* a stack that the thread has made itself */
        return;
    if (stack.mapped > stack.low && (stack.mapped >= end || ask(stack.mapped - page, stack.mapped, has_memory)))
        follow_growth(end, page);
    for (bool goes_on = true; goes_on && end > stack.mapped;) {
        size_t left = (end - stack.mapped) / page, pages = left < PAGES_AT_ONCE ? left : PAGES_AT_ONCE;
        end -= pages * page;
        goes_on = false;
        if (!ask(end, end + pages * page, has_memory))
            return;
        for (size_t i = 0; i < pages; i++) {
            uintptr_t used = end + i * page;
            if (!(has_memory[i] & 1))
                continue;
            visit((void *)used, page);
            if (used < kept) {
                syscall(SYS_madvise, used, page, MADV_DONTNEED);
                goes_on = true;
            }
        }
    }
}

static int visit_module(struct dl_phdr_info *module, size_t bytes, void *context)
{
    wi_range_fn *const *visit = context;
    if (bytes < offsetof(struct dl_phdr_info, dlpi_tls_data) + sizeof module->dlpi_tls_data || !module->dlpi_tls_data)
        return 0;
    for (size_t i = 0; i < module->dlpi_phnum; i++)
        if (module->dlpi_phdr[i].p_type == PT_TLS)
            (*visit)(module->dlpi_tls_data, module->dlpi_phdr[i].p_memsz);
    return 0;
}

void wi_stack_visit_locals(wi_range_fn *visit)
{
    dl_iterate_phdr(visit_module, &visit);
}
