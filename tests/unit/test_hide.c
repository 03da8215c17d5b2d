/*
 * Tests of base/hide.c, as far as they need no ThreadSanitizer; what it sees is for the programs in tests/tsan.
 */
#include "base/hide.h"

#include <criterion/criterion.h>

Test(hide, pairs_may_be_nested)
{
    wi_hide_prepare(true);
    wi_hide_begin_now();
    wi_hide_begin_now();
    wi_hide_end_now();
    wi_hide_end_now();
}
