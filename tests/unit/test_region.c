/*
 * test_region - address space that becomes memory when it is touched
 */
#include <criterion/criterion.h>

#include "base/alloc.h"
#include "os/region.h"

Test(region, smoke)
{
    size_t bytes = (size_t)1 << 30;
    char *region = wi_region_reserve(&bytes, WI_REGION_BYTES);
    cr_assert_not_null(region);
    cr_assert_eq(region[0], 0);
    region[bytes - 1] = 1;
    cr_assert_eq(region[bytes - 2], 0);
    wi_region_release(region, bytes);
    wi_region_release(NULL, 0);
}

Test(region, oom)
{
    size_t bytes = WI_REGION_BYTES;
    wi_alloc_fail_at(1);
    cr_assert_null(wi_region_reserve(&bytes, WI_REGION_BYTES));
    wi_alloc_fail_at(0);
}

Test(region, takes_less_where_there_is_less)
{
    size_t bytes = (size_t)1 << 50;
    char *region = wi_region_reserve(&bytes, WI_REGION_BYTES);
    cr_assert_not_null(region);
    cr_assert_lt(bytes, (size_t)1 << 50, "no machine has so much address space");
    region[bytes - 1] = 1;
    wi_region_release(region, bytes);
    bytes = (size_t)1 << 50;
    cr_assert_null(wi_region_reserve(&bytes, (size_t)1 << 49));
}
