/*
 * os/region.c - address space that becomes memory when it is touched, by mmap
 */
#include "os/region.h"

#include <sys/mman.h>

#include "base/alloc.h"

static void *map(size_t bytes)
{
    void *region = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return region == MAP_FAILED ? NULL : region;
}

void *wi_region_reserve(size_t *bytes, size_t least)
{
    void *region = NULL;
    if (wi_alloc_refuses())
        return NULL;
    while (!(region = map(*bytes)) && *bytes / 2 >= least)
        *bytes /= 2;
    return region;
}

void wi_region_release(void *region, size_t bytes)
{
    if (region)
        munmap(region, bytes);
}
