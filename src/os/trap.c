/*
 * os/trap.c - memory that moves to other addresses, and leaves a trap behind at those where it was
 *
 * Without a sanitizer all such memory lies in one range of addresses that nobody may touch. Places in it are given out
 * from the lower end, and none comes back.
 *
 * Who touches what
 *   range, range_bytes, wanted   the first who asks, once; then any reads
 *   taken                        who wants a place
 */
#include "os/trap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "base/layout.h"
#include "os/process.h"

/* Address space for places; where the system refuses that much, half of it, and so on. */
#define RANGE_BYTES_MOST  ((size_t)1 << 42)
#define RANGE_BYTES_LEAST ((size_t)1 << 30)

static unsigned char *range;
static size_t range_bytes, page_bytes;
static wi_atomic_u64 taken;
static bool wanted;

static void prepare(void)
{
    const char *text = getenv("WEFT_TRAP_TRANSFERS");
    wanted = text && *text != '\0' ? strcmp(text, "0") != 0 : wi_is_watched();
    if (!wanted || wi_is_watched())
        return;
    page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    for (range_bytes = RANGE_BYTES_MOST; range_bytes >= RANGE_BYTES_LEAST; range_bytes /= 2) {
        void *mapped = mmap(NULL, range_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (mapped != MAP_FAILED) {
            range = mapped;
            return;
        }
    }
    range_bytes = 0;
}

bool wi_trap_is_wanted(void)
{
    static wi_once once = WI_ONCE;
    wi_process_once(&once, prepare);
    return wanted;
}

static size_t in_pages(size_t bytes)
{
    return (bytes + page_bytes - 1) & ~(page_bytes - 1);
}

/* Gives a place that nobody has had, or NULL. */
static void *take_place(size_t bytes)
{
    if (bytes > range_bytes)
        return NULL;
    uint64_t begin = wi_fetch_add_relaxed(&taken, bytes); /* hint: the count itself is all that is shared */
    return begin <= range_bytes - bytes ? range + begin : NULL;
}

void *wi_trap_alloc(size_t bytes)
{
    if (wi_is_watched())
        return wi_alloc(WI_CACHE_LINE, bytes);
    bytes = in_pages(bytes);
    void *place = wi_alloc_refuses() ? NULL : take_place(bytes);
    return place && mprotect(place, bytes, PROT_READ | PROT_WRITE) == 0 ? place : NULL;
}

/* What lies there from now on, though it has no memory any more, faults. */
static void close_place(void *memory, size_t bytes)
{
    madvise(memory, bytes, MADV_DONTNEED);
    mprotect(memory, bytes, PROT_NONE);
}

void wi_trap_free(void *memory, size_t bytes)
{
    if (wi_is_watched())
        wi_free(memory);
    else
        close_place(memory, in_pages(bytes));
}

void *wi_trap_move(void *memory, size_t bytes)
{
    if (wi_is_watched()) {
        void *copy = wi_alloc(WI_CACHE_LINE, bytes);
        if (!copy)
            return memory;
        memcpy(copy, memory, bytes);
        wi_free(memory);
        return copy;
    }
    bytes = in_pages(bytes);
    void *place = take_place(bytes);
    if (!place || mremap(memory, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, place) == MAP_FAILED)
        return memory;
    close_place(memory, bytes);
    return place;
}
