/*
 * gzip/member.h - the bytes around the deflate stream of a gzip member
 *
 *   Source    RFC 1952
 */
#ifndef GZIP_MEMBER_H
#define GZIP_MEMBER_H

#include <stddef.h>
#include <stdint.h>

/* The fixed part of a header, and the longest name that a Linux file system knows with the NUL after it. */
#define MEMBER_HEADER_MAX_BYTES (10 + 255 + 1)
#define MEMBER_TRAILER_BYTES    8

/* What a header says of the file. */
struct member_label {
    const char *name;  /* without folders; NULL or too long for the header: none is stored */
    uint32_t modified; /* seconds since 1970; 0: unknown */
};

/* Writes the header of a member that is compressed at `level` to `to`. Returns its length. */
size_t member_header(const struct member_label *label, int level, unsigned char to[MEMBER_HEADER_MAX_BYTES]);

/* Writes the trailer of a member whose content has `bytes` and the checksum `crc` to `to`. */
void member_trailer(uint32_t crc, uint64_t bytes, unsigned char to[MEMBER_TRAILER_BYTES]);

#endif
