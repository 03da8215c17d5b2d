/*
 * unit/test_options.c - options of another version's layout
 */
#include <criterion/criterion.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <weft/status.h>

#include "base/options.h"

/* The options as the library knows them, with no padding. */
struct known {
    size_t size;
    uint32_t first;
    uint32_t second;
    uint64_t third;
};

static const struct known garbage = {.size = 99, .first = 98, .second = 97, .third = 96};

/* Reads options of `bytes` that were laid out by another version: `first` = 1, `second` = 2, `third` = 3 as far as they
 * fit, then zeros, then `last` as their last byte. They stand in memory of their very size, so that AddressSanitizer
 * sees a read beyond them. */
static int read_other(struct known *known, size_t bytes, unsigned char last)
{
    const struct known full = {.size = bytes, .first = 1, .second = 2, .third = 3};
    unsigned char *given = calloc(1, bytes);
    cr_assert_not_null(given);
    memcpy(given, &full, bytes < sizeof full ? bytes : sizeof full);
    if (bytes > sizeof full)
        given[bytes - 1] = last;
    int status = wi_options_read(known, sizeof *known, given);
    free(given);
    return status;
}

static void assert_known(const struct known *known, uint32_t first, uint32_t second, uint64_t third)
{
    cr_assert_eq(known->size, sizeof *known);
    cr_assert_eq(known->first, first);
    cr_assert_eq(known->second, second);
    cr_assert_eq(known->third, third);
}

static void assert_untouched(const struct known *known)
{
    cr_assert_eq(memcmp(known, &garbage, sizeof garbage), 0);
}

Test(options, null_is_all_defaults)
{
    struct known known = garbage;
    cr_assert_eq(wi_options_read(&known, sizeof known, NULL), WEFT_OK);
    assert_known(&known, 0, 0, 0);
}

Test(options, the_same_layout_is_copied)
{
    struct known known = garbage;
    cr_assert_eq(read_other(&known, sizeof known, 0), WEFT_OK);
    assert_known(&known, 1, 2, 3);
}

Test(options, a_shorter_layout_is_filled_up_with_zeros)
{
    struct known known = garbage;
    cr_assert_eq(read_other(&known, offsetof(struct known, third), 0), WEFT_OK);
    assert_known(&known, 1, 2, 0);
    known = garbage;
    cr_assert_eq(read_other(&known, offsetof(struct known, second), 0), WEFT_OK);
    assert_known(&known, 1, 0, 0);
    known = garbage;
    cr_assert_eq(read_other(&known, sizeof(size_t), 0), WEFT_OK);
    assert_known(&known, 0, 0, 0);
}

Test(options, what_lies_beyond_the_given_size_is_not_read)
{
    const struct known given = {.size = offsetof(struct known, second), .first = 1, .second = 2, .third = 3};
    struct known known = garbage;
    cr_assert_eq(wi_options_read(&known, sizeof known, &given), WEFT_OK);
    assert_known(&known, 1, 0, 0);
}

Test(options, a_longer_layout_with_a_zero_tail_is_accepted)
{
    for (size_t tail = 1; tail <= 100; tail++) {
        struct known known = garbage;
        cr_assert_eq(read_other(&known, sizeof known + tail, 0), WEFT_OK);
        assert_known(&known, 1, 2, 3);
    }
}

Test(options, a_longer_layout_with_an_option_set_is_refused)
{
    for (size_t tail = 1; tail <= 100; tail++) {
        struct known known = garbage;
        cr_assert_eq(read_other(&known, sizeof known + tail, 0x80), WEFT_EINVAL);
        assert_untouched(&known);
    }
}

Test(options, every_byte_of_the_tail_is_looked_at)
{
    for (size_t i = 0; i < 16; i++) {
        struct {
            struct known known;
            unsigned char tail[16];
        } given = {.known = {.size = sizeof given}};
        given.tail[i] = 1;
        struct known known = garbage;
        cr_assert_eq(wi_options_read(&known, sizeof known, &given), WEFT_EINVAL);
        assert_untouched(&known);
    }
}

Test(options, a_size_that_has_no_room_for_itself_is_refused)
{
    for (size_t bytes = 0; bytes < sizeof(size_t); bytes++) {
        const struct known given = {.size = bytes};
        struct known known = garbage;
        cr_assert_eq(wi_options_read(&known, sizeof known, &given), WEFT_EINVAL);
        assert_untouched(&known);
    }
}

Test(options, the_given_ones_stay_as_they_are)
{
    const struct known given = {.size = sizeof given, .first = 1, .second = 2, .third = 3};
    struct known copy = given, known;
    cr_assert_eq(wi_options_read(&known, sizeof known, &copy), WEFT_OK);
    cr_assert_eq(memcmp(&copy, &given, sizeof given), 0);
}
