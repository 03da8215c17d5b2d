/*
 * unit/test_status.c - statuses, and the version
 */
#include <criterion/criterion.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include <weft/status.h>
#include <weft/version.h>

struct entry {
    int value;
    const char *name;
    const char *message;
};

static const struct entry entries[] = {
#define ENTRY(name, value, message) {value, "WEFT_" #name, message},
    WEFT_STATUS_MAP(ENTRY)
#undef ENTRY
};

static const size_t count = sizeof entries / sizeof entries[0];

Test(status, ok_is_zero_and_the_others_are_negative)
{
    cr_assert_eq(WEFT_OK, 0);
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].name, "WEFT_OK") != 0)
            cr_assert_lt(entries[i].value, 0, "%s", entries[i].name);
}

Test(status, values_are_fixed_for_good)
{
    /* A program that was compiled long ago compares with these numbers. New ones are added below them. */
    cr_assert_eq(WEFT_EINVAL, -1);
    cr_assert_eq(WEFT_ENOMEM, -2);
    cr_assert_eq(WEFT_ESYSTEM, -3);
    cr_assert_eq(WEFT_ECLOSED, -4);
    cr_assert_eq(WEFT_ETIMEDOUT, -5);
    cr_assert_eq(WEFT_ECANCELED, -6);
    cr_assert_eq(WEFT_EDEADLK, -7);
    cr_assert_eq(WEFT_EFORKED, -8);
    cr_assert_eq(WEFT_ERANGE, -9);
    cr_assert_eq(WEFT_EALIGN, -10);
    cr_assert_eq(WEFT_ESTALE, -11);
    cr_assert_eq(WEFT_ECORRUPT, -12);
    cr_assert_eq(WEFT_EDETACHED, -13);
    cr_assert_eq(WEFT_EAGAIN, -14);
}

Test(status, values_names_and_messages_are_all_different)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            cr_assert_neq(entries[i].value, entries[j].value, "%s and %s", entries[i].name, entries[j].name);
            cr_assert_str_neq(entries[i].name, entries[j].name);
            cr_assert_str_neq(entries[i].message, entries[j].message);
        }
    }
}

Test(status, each_has_its_name_and_its_message)
{
    for (size_t i = 0; i < count; i++) {
        cr_assert_str_eq(weft_status_name(entries[i].value), entries[i].name);
        cr_assert_str_eq(weft_status_message(entries[i].value), entries[i].message);
    }
    cr_assert_str_eq(weft_status_name(-2), "WEFT_ENOMEM");
}

Test(status, a_message_is_one_line_without_a_full_stop)
{
    for (size_t i = 0; i < count; i++) {
        const char *message = weft_status_message(entries[i].value);
        size_t length = strlen(message);
        cr_assert_gt(length, 0, "%s", entries[i].name);
        cr_assert_null(strpbrk(message, "\n\r\t%%"), "%s", entries[i].name);
        cr_assert_null(strchr(". !", message[length - 1]), "%s", entries[i].name);
        cr_assert_null(strchr(" ABCDEFGHIJKLMNOPQRSTUVWXYZ", message[0]), "%s", entries[i].name);
    }
}

Test(status, a_number_that_is_none_is_unknown)
{
    int lowest = 0;
    for (size_t i = 0; i < count; i++)
        lowest = entries[i].value < lowest ? entries[i].value : lowest;
    const int none[] = {INT_MIN, -1000, lowest - 1, 1, 2, 22, INT_MAX};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        cr_assert_str_eq(weft_status_name(none[i]), "WEFT_E?", "%d", none[i]);
        cr_assert_str_eq(weft_status_message(none[i]), "unknown status", "%d", none[i]);
    }
}

Test(status, the_library_has_the_version_of_its_headers)
{
    cr_assert_eq(weft_version(), WEFT_VERSION);
}

Test(status, a_version_is_one_number_that_grows)
{
    const int major = WEFT_VERSION_MAJOR, minor = WEFT_VERSION_MINOR, patch = WEFT_VERSION_PATCH;
    cr_assert(minor >= 0 && minor < 100 && patch >= 0 && patch < 100 && major >= 0);
    cr_assert_eq(WEFT_VERSION / 10000, major);
    cr_assert_eq(WEFT_VERSION / 100 % 100, minor);
    cr_assert_eq(WEFT_VERSION % 100, patch);
}
