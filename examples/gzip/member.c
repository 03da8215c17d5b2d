/*
 * gzip/member.c - header and trailer of a gzip member
 */
#include "member.h"

#include <string.h>

/* Fields of RFC 1952, 2.3.1. */
enum {
    MAGIC_1 = 0x1f,
    MAGIC_2 = 0x8b,
    METHOD_DEFLATE = 8,
    FLAG_NAME = 1 << 3,
    EXTRA_SLOWEST = 2,
    EXTRA_FASTEST = 4,
    SYSTEM_UNIX = 3
};

static void put_little_endian(uint32_t value, unsigned char *to)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

size_t member_header(const struct member_label *label, int level, unsigned char to[MEMBER_HEADER_MAX_BYTES])
{
    size_t name_bytes = label->name != NULL ? strlen(label->name) + 1 : 0;
    if (name_bytes > MEMBER_HEADER_MAX_BYTES - 10)
        name_bytes = 0;
    to[0] = MAGIC_1;
    to[1] = MAGIC_2;
    to[2] = METHOD_DEFLATE;
    to[3] = name_bytes > 0 ? FLAG_NAME : 0;
    put_little_endian(label->modified, to + 4);
    to[8] = level == 9 ? EXTRA_SLOWEST : level == 1 ? EXTRA_FASTEST : 0;
    to[9] = SYSTEM_UNIX;
    if (name_bytes > 0)
        memcpy(to + 10, label->name, name_bytes);
    return 10 + name_bytes;
}

void member_trailer(uint32_t crc, uint64_t bytes, unsigned char to[MEMBER_TRAILER_BYTES])
{
    put_little_endian(crc, to);
    put_little_endian((uint32_t)bytes, to + 4);
}
