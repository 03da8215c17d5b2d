/*
 * unit/test_transfer.c - lists: all of them or none
 */
#include <criterion/criterion.h>

#include "memory/transfer.h"

#define COUNT 5

static weft_buffer buffers[COUNT];
static weft_transfer list[COUNT];

static void setup(void)
{
    for (int i = 0; i < COUNT; i++) {
        cr_assert_eq(weft_buffer_create(NULL, 8, 8, &buffers[i]), WEFT_OK);
        list[i] = weft_transfer_buffer(buffers[i]);
    }
}

/* A list that must fail with `status`, and leave all but the buffer at `bad` as they were. */
static void refuse(int status, int bad)
{
    cr_assert_eq(wi_transfer_claim(list, COUNT), status);
    for (int i = 0; i < COUNT; i++)
        if (i != bad)
            cr_assert_eq(weft_buffer_resize(buffers[i], 8), WEFT_OK, "buffer %d", i);
}

Test(transfer, smoke, .init = setup)
{
    cr_assert_eq(wi_transfer_claim(list, COUNT), WEFT_OK);
    wi_transfer_move(list, COUNT);
    for (int i = 0; i < COUNT; i++) {
        cr_assert(weft_buffer_is_detached(buffers[i]));
        cr_assert_eq(weft_buffer_size((weft_buffer){list[i].id}), 8);
        wi_transfer_end(&list[i]);
        cr_assert(weft_buffer_is_detached((weft_buffer){list[i].id}));
    }
}

Test(transfer, empty)
{
    cr_assert_eq(wi_transfer_claim(NULL, 0), WEFT_OK);
    wi_transfer_move(NULL, 0);
    wi_transfer_end(&(weft_transfer){.kind = WEFT_TRANSFER_NONE});
}

Test(transfer, nothing_moves_if_one_is_detached, .init = setup)
{
    for (int bad = 0; bad < COUNT; bad++) {
        cr_assert_eq(weft_buffer_release(buffers[bad]), WEFT_OK);
        refuse(WEFT_EDETACHED, bad);
        cr_assert_eq(weft_buffer_create(NULL, 8, 8, &buffers[bad]), WEFT_OK);
        list[bad] = weft_transfer_buffer(buffers[bad]);
    }
}

Test(transfer, nothing_moves_if_one_is_untransferable, .init = setup)
{
    cr_assert_eq(weft_buffer_mark_untransferable(buffers[COUNT - 1]), WEFT_OK);
    refuse(WEFT_EINVAL, -1);
}

Test(transfer, nothing_moves_if_one_is_there_twice, .init = setup)
{
    for (int i = 1; i < COUNT; i++) {
        list[i] = list[i - 1];
        refuse(WEFT_EINVAL, -1);
        list[i] = weft_transfer_buffer(buffers[i]);
    }
}

Test(transfer, nothing_moves_if_one_is_pinned, .init = setup)
{
    void *memory;
    uint64_t bytes;
    cr_assert_eq(weft_buffer_pin(buffers[3], &memory, &bytes), WEFT_OK);
    refuse(WEFT_EAGAIN, 3);
    cr_assert_eq(weft_buffer_unpin(buffers[3]), WEFT_OK);
    cr_assert_eq(wi_transfer_claim(list, COUNT), WEFT_OK);
}

Test(transfer, nothing_moves_if_one_is_of_no_kind, .init = setup)
{
    list[2].kind = WEFT_TRANSFER_NONE;
    refuse(WEFT_EINVAL, -1);
    list[2].kind = (weft_transfer_kind)77;
    refuse(WEFT_EINVAL, -1);
}

Test(transfer, the_first_that_is_wrong_counts, .init = setup)
{
    cr_assert_eq(weft_buffer_mark_untransferable(buffers[4]), WEFT_OK);
    cr_assert_eq(weft_buffer_release(buffers[1]), WEFT_OK);
    refuse(WEFT_EDETACHED, 1);
}
