/*
 * os/mapping.h - memory that processes can share: a file without a name, mapped once and never moved
 *
 * The file has its full size from the start and is sealed, so that nobody can cut it off under a reader's feet; pages
 * come from the system when they are touched first, zero.
 *
 *   Units     bytes
 *   Threads   any, for different mappings
 *   Source    memfd_create(2), mmap(2), fcntl(2) on seals, madvise(2), mbind(2)
 */
#ifndef WI_OS_MAPPING_H
#define WI_OS_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every mapping starts on a multiple of this, also in another process: a huge page. */
#define WI_MAPPING_ALIGN (UINT64_C(1) << 21)

struct wi_mapping {
    unsigned char *start;
    uint64_t bytes;
    int fd;
};

/* Gives a new mapping of `bytes`, all zero, to be ended by wi_mapping_end(). WEFT_ENOMEM: no room for it in memory or
 * in the address space. WEFT_ESYSTEM: the system has no such files, or no more. */
int wi_mapping_create(struct wi_mapping *mapping, uint64_t bytes);

/* Maps the file `fd`, of which it keeps a duplicate. WEFT_ECORRUPT: it could be cut off. WEFT_ENOMEM, WEFT_ESYSTEM as
 * above; WEFT_EINVAL: no file. */
int wi_mapping_attach(struct wi_mapping *mapping, int fd);

/* Takes the mapping. */
void wi_mapping_end(struct wi_mapping *mapping);

/* Takes the memory for the bytes from `from` to `to` from the system now; WEFT_ENOMEM if it has none. */
int wi_mapping_commit(const struct wi_mapping *mapping, uint64_t from, uint64_t to);

/* Asks for huge pages from `from` on. False if the system does not know them. */
bool wi_mapping_huge(const struct wi_mapping *mapping, uint64_t from);

/* Lets pages from `from` on, as they are touched first, lie on all memory nodes by turns. False if the system refuses
 * or does not know nodes. */
bool wi_mapping_interleave(const struct wi_mapping *mapping, uint64_t from);

#endif
