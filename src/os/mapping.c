/*
 * os/mapping.c - memory that processes can share, by memfd_create and mmap
 */
#include "os/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weft/status.h>

#include "base/alloc.h"

/* Nobody may make the file smaller; nobody may make it larger either, so that its size can be believed. */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int status_of(int error)
{
    return error == ENOMEM || error == ENOSPC || error == EFBIG ? WEFT_ENOMEM : WEFT_ESYSTEM;
}

/* Maps the whole file on a multiple of WI_MAPPING_ALIGN: reserves more than is needed, and gives back what lies before
 * and behind. */
static int map(struct wi_mapping *mapping)
{
    uint64_t reserved = mapping->bytes + WI_MAPPING_ALIGN;
    unsigned char *area = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED)
        return status_of(errno);
    uint64_t before = -(uintptr_t)area & (WI_MAPPING_ALIGN - 1);
    mapping->start = area + before;
    if (mmap(mapping->start, mapping->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, mapping->fd, 0) ==
        MAP_FAILED) {
        int status = status_of(errno);
        munmap(area, reserved);
        return status;
    }
    if (before > 0)
        munmap(area, before);
    munmap(mapping->start + mapping->bytes, WI_MAPPING_ALIGN - before);
    return WEFT_OK;
}

static int create(struct wi_mapping *mapping, uint64_t bytes)
{
    if (wi_alloc_refuses())
        return WEFT_ENOMEM;
    mapping->bytes = bytes;
    mapping->fd = memfd_create("weft", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (mapping->fd < 0)
        return status_of(errno);
    int status = WEFT_OK;
    if (ftruncate(mapping->fd, (off_t)bytes) != 0 || fcntl(mapping->fd, F_ADD_SEALS, SEALS) != 0)
        status = status_of(errno);
    else
        status = map(mapping);
    if (status != WEFT_OK)
        close(mapping->fd);
    return status;
}

static int attach(struct wi_mapping *mapping, int fd)
{
    struct stat file;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || fstat(fd, &file) != 0)
        return WEFT_EINVAL;
    if ((seals & SEALS) != SEALS || file.st_size <= 0 || file.st_size % sysconf(_SC_PAGESIZE) != 0)
        return WEFT_ECORRUPT;
    if (wi_alloc_refuses())
        return WEFT_ENOMEM;
    mapping->bytes = (uint64_t)file.st_size;
    mapping->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (mapping->fd < 0)
        return status_of(errno);
    int status = map(mapping);
    if (status != WEFT_OK)
        close(mapping->fd);
    return status;
}

int wi_mapping_create(struct wi_mapping *mapping, uint64_t bytes)
{
    int saved = errno;
    int status = create(mapping, bytes);
    errno = saved;
    return status;
}

int wi_mapping_attach(struct wi_mapping *mapping, int fd)
{
    int saved = errno;
    int status = attach(mapping, fd);
    errno = saved;
    return status;
}

void wi_mapping_end(struct wi_mapping *mapping)
{
    int saved = errno;
    munmap(mapping->start, mapping->bytes);
    close(mapping->fd);
    errno = saved;
}

int wi_mapping_commit(const struct wi_mapping *mapping, uint64_t from, uint64_t to)
{
    int saved = errno;
    bool is_done =
        from >= to || (!wi_alloc_refuses() && fallocate(mapping->fd, 0, (off_t)from, (off_t)(to - from)) == 0);
    errno = saved;
    return is_done ? WEFT_OK : WEFT_ENOMEM;
}

bool wi_mapping_huge(const struct wi_mapping *mapping, uint64_t from)
{
    int saved = errno;
    bool is_done = from < mapping->bytes && madvise(mapping->start + from, mapping->bytes - from, MADV_HUGEPAGE) == 0;
    errno = saved;
    return is_done;
}

bool wi_mapping_interleave(const struct wi_mapping *mapping, uint64_t from)
{
    /* Nodes that the process may use; the mask is as large as any kernel's is. */
    unsigned long nodes[1024 / (8 * sizeof(unsigned long))] = {0};
    int saved = errno;
    bool is_done = from < mapping->bytes &&
                   syscall(SYS_get_mempolicy, NULL, nodes, 8 * sizeof nodes, NULL, MPOL_F_MEMS_ALLOWED) == 0 &&
                   syscall(SYS_mbind, mapping->start + from, mapping->bytes - from, MPOL_INTERLEAVE, nodes,
                           8 * sizeof nodes, 0) == 0;
    errno = saved;
    return is_done;
}
