/*
 * unit/test_mapping.c - memory that processes can share
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/status.h>

#include "base/alloc.h"
#include "os/mapping.h"

#define BYTES UINT64_C(65536)

Test(mapping, smoke)
{
    struct wi_mapping mapping;
    cr_assert_eq(wi_mapping_create(&mapping, BYTES), WEFT_OK);
    cr_assert_eq(mapping.bytes, BYTES);
    cr_assert_eq((uintptr_t)mapping.start % WI_MAPPING_ALIGN, 0);
    for (uint64_t i = 0; i < BYTES; i++)
        cr_assert_eq(mapping.start[i], 0);
    memset(mapping.start, 0xa5, BYTES);
    wi_mapping_end(&mapping);
}

Test(mapping, what_is_attached_is_the_same_memory_elsewhere)
{
    struct wi_mapping mapping, other;
    cr_assert_eq(wi_mapping_create(&mapping, BYTES), WEFT_OK);
    mapping.start[BYTES - 1] = 7;
    cr_assert_eq(wi_mapping_attach(&other, mapping.fd), WEFT_OK);
    cr_assert_neq(other.start, mapping.start);
    cr_assert_eq(other.bytes, BYTES);
    wi_mapping_end(&mapping);
    cr_assert_eq(other.start[BYTES - 1], 7);
    wi_mapping_end(&other);
}

Test(mapping, nobody_can_cut_it_off_or_make_it_longer)
{
    struct wi_mapping mapping;
    struct stat file;
    cr_assert_eq(wi_mapping_create(&mapping, BYTES), WEFT_OK);
    cr_assert_neq(ftruncate(mapping.fd, 0), 0);
    cr_assert_neq(ftruncate(mapping.fd, 2 * (off_t)BYTES), 0);
    cr_assert_neq(fcntl(mapping.fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
    cr_assert_eq(fstat(mapping.fd, &file), 0);
    cr_assert_eq(file.st_size, (off_t)BYTES);
    wi_mapping_end(&mapping);
}

Test(mapping, memory_is_taken_as_it_is_touched)
{
    struct wi_mapping mapping;
    struct stat file;
    cr_assert_eq(wi_mapping_create(&mapping, UINT64_C(1) << 36), WEFT_OK);
    cr_assert_eq(fstat(mapping.fd, &file), 0);
    cr_assert_eq(file.st_blocks, 0);
    mapping.start[UINT64_C(1) << 35] = 1;
    cr_assert_eq(fstat(mapping.fd, &file), 0);
    cr_assert_gt(file.st_blocks, 0);
    cr_assert_lt(file.st_blocks * 512, (off_t)(UINT64_C(4) << 20));
    wi_mapping_end(&mapping);
}

Test(mapping, what_is_committed_is_taken_at_once)
{
    struct wi_mapping mapping;
    struct stat file;
    cr_assert_eq(wi_mapping_create(&mapping, 4 * BYTES), WEFT_OK);
    cr_assert_eq(wi_mapping_commit(&mapping, BYTES, 3 * BYTES), WEFT_OK);
    cr_assert_eq(fstat(mapping.fd, &file), 0);
    cr_assert_geq(file.st_blocks * 512, (off_t)(2 * BYTES));
    cr_assert_eq(wi_mapping_commit(&mapping, BYTES, BYTES), WEFT_OK);
    wi_alloc_fail_at(1);
    cr_assert_eq(wi_mapping_commit(&mapping, 0, BYTES), WEFT_ENOMEM);
    wi_mapping_end(&mapping);
}

Test(mapping, more_than_there_are_addresses_is_enomem)
{
    struct wi_mapping mapping;
    errno = 12345;
    cr_assert_eq(wi_mapping_create(&mapping, UINT64_C(1) << 60), WEFT_ENOMEM);
    cr_assert_eq(errno, 12345);
}

Test(mapping, what_is_no_sealed_file_is_not_attached)
{
    struct wi_mapping mapping;
    int ordinary = open("/dev/null", O_RDWR), loose = memfd_create("loose", MFD_ALLOW_SEALING);
    cr_assert_eq(wi_mapping_attach(&mapping, -1), WEFT_EINVAL);
    cr_assert_eq(wi_mapping_attach(&mapping, ordinary), WEFT_EINVAL);
    cr_assert_eq(ftruncate(loose, 8192), 0);
    cr_assert_eq(wi_mapping_attach(&mapping, loose), WEFT_ECORRUPT);
    int odd = memfd_create("odd", MFD_ALLOW_SEALING);
    cr_assert_eq(ftruncate(odd, 100), 0);
    cr_assert_eq(fcntl(odd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
    cr_assert_eq(wi_mapping_attach(&mapping, odd), WEFT_ECORRUPT);
}

Test(mapping, a_wish_that_the_system_does_not_grant_does_no_harm)
{
    struct wi_mapping mapping;
    cr_assert_eq(wi_mapping_create(&mapping, 2 * WI_MAPPING_ALIGN), WEFT_OK);
    wi_mapping_huge(&mapping, 0);
    wi_mapping_interleave(&mapping, 0);
    cr_assert_not(wi_mapping_huge(&mapping, mapping.bytes));
    cr_assert_not(wi_mapping_interleave(&mapping, mapping.bytes));
    memset(mapping.start, 1, mapping.bytes);
    cr_assert_eq(mapping.start[mapping.bytes - 1], 1);
    wi_mapping_end(&mapping);
}

Test(mapping, oom)
{
    struct wi_mapping mapping, other;
    wi_alloc_fail_at(1);
    cr_assert_eq(wi_mapping_create(&mapping, BYTES), WEFT_ENOMEM);
    cr_assert_eq(wi_mapping_create(&mapping, BYTES), WEFT_OK);
    wi_alloc_fail_at(1);
    cr_assert_eq(wi_mapping_attach(&other, mapping.fd), WEFT_ENOMEM);
    wi_mapping_end(&mapping);
}
