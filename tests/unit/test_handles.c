/*
 * unit/test_handles.c - handles: good, stale, never any; pinned and claimed
 */
#include <criterion/criterion.h>

#include <weft/status.h>

#include "base/alloc.h"
#include "memory/handles.h"
#include "os/thread.h"

struct thing {
    struct wi_row row;
    uint64_t value;
};

static struct wi_handles table = {.row_bytes = sizeof(struct thing), .most = 4096};

static uint64_t new_thing(struct wi_row **row)
{
    cr_assert_eq(wi_handles_take(&table, row), WEFT_OK);
    return wi_handles_open(&table, *row);
}

Test(handles, empty)
{
    struct wi_row *row;
    cr_assert_eq(wi_handles_pin(&table, 0, &row), WEFT_EINVAL);
    cr_assert_eq(wi_handles_claim(&table, UINT64_MAX, &row), WEFT_EINVAL);
    uint64_t handle = new_thing(&row);
    cr_assert_eq(wi_handles_pin(&table, 0, &row), WEFT_EINVAL);
    cr_assert_eq(wi_handles_pin(&table, handle + 1, &row), WEFT_EINVAL);
    cr_assert_null(wi_handles_pinned(&table, handle));
}

Test(handles, a_move_makes_the_old_handle_stale)
{
    struct wi_row *row, *same;
    uint64_t handle = new_thing(&row);
    cr_assert_eq(wi_handles_claim(&table, handle, &same), WEFT_OK);
    cr_assert_eq(row, same);
    uint64_t moved = wi_handles_move(&table, row);
    cr_assert_eq(wi_handles_pin(&table, handle, &same), WEFT_EDETACHED);
    cr_assert_null(wi_handles_peek(&table, handle));
    cr_assert_eq(wi_handles_peek(&table, moved), row);
}

Test(handles, pins_and_claims_exclude_each_other)
{
    struct wi_row *row;
    uint64_t handle = new_thing(&row);
    cr_assert_eq(wi_handles_pin(&table, handle, &row), WEFT_OK);
    cr_assert_eq(wi_handles_pin(&table, handle, &row), WEFT_OK);
    cr_assert_eq(wi_handles_claim(&table, handle, &row), WEFT_EAGAIN);
    cr_assert_not(wi_handles_unpin(row));
    cr_assert_not(wi_handles_unpin(row));
    cr_assert_eq(wi_handles_claim(&table, handle, &row), WEFT_OK);
    cr_assert_eq(wi_handles_pin(&table, handle, &row), WEFT_EAGAIN);
    cr_assert_eq(wi_handles_retire(&table, handle, &row), WEFT_EAGAIN);
    wi_handles_unclaim(row);
    cr_assert_eq(wi_handles_pin(&table, handle, &row), WEFT_OK);
}

Test(handles, the_last_pin_ends_what_was_retired)
{
    struct wi_row *row;
    uint64_t handle = new_thing(&row);
    cr_assert_eq(wi_handles_pin(&table, handle, &row), WEFT_OK);
    cr_assert_eq(wi_handles_retire(&table, handle, &row), WEFT_OK);
    cr_assert_eq(wi_handles_pin(&table, handle, &row), WEFT_EDETACHED);
    cr_assert_not(wi_handles_unpin(row));
    cr_assert_eq(wi_handles_pinned(&table, handle), row);
    cr_assert(wi_handles_unpin(row));
    wi_handles_give_back(&table, row);
    struct wi_row *again;
    uint64_t other = new_thing(&again);
    cr_assert_eq(again, row);
    cr_assert_neq(other, handle);
    cr_assert_eq(wi_handles_claim(&table, handle, &row), WEFT_EDETACHED);
}

Test(handles, a_handle_of_another_table_is_none)
{
    static struct wi_handles after = {.row_bytes = sizeof(struct thing), .first = 4096, .most = 4096};
    struct wi_row *row, *other;
    uint64_t before = new_thing(&row);
    cr_assert_eq(wi_handles_take(&after, &other), WEFT_OK);
    uint64_t handle = wi_handles_open(&after, other);
    cr_assert_eq(wi_handles_peek(&after, handle), other);
    cr_assert_eq(wi_handles_pin(&after, before, &row), WEFT_EINVAL);
    cr_assert_eq(wi_handles_claim(&table, handle, &row), WEFT_EINVAL);
    cr_assert_null(wi_handles_peek(&table, handle));
}

Test(handles, a_generation_to_come_is_none)
{
    struct wi_row *row;
    uint64_t handle = new_thing(&row);
    cr_assert_eq(wi_handles_claim(&table, handle, &row), WEFT_OK);
    uint64_t moved = wi_handles_move(&table, row);
    cr_assert_eq(wi_handles_pin(&table, handle, &row), WEFT_EDETACHED);
    cr_assert_eq(wi_handles_pin(&table, moved + (moved - handle), &row), WEFT_EINVAL);
}

Test(handles, a_full_table_is_enomem)
{
    struct wi_row *row;
    uint32_t count = 0;
    while (wi_handles_take(&table, &row) == WEFT_OK) {
        wi_handles_open(&table, row);
        count++;
    }
    cr_assert_eq(count, 4096);
}

Test(handles, oom)
{
    struct wi_row *row;
    for (uint64_t n = 1; n <= 2; n++) {
        wi_alloc_fail_at(n);
        cr_assert_eq(wi_handles_take(&table, &row), WEFT_ENOMEM);
    }
    wi_alloc_fail_at(0);
    new_thing(&row);
}

/* Two threads move one thing back and forth, as each finds it. */
#define MOVES 20000
static wi_atomic_u64 current;

static void *move_often(void *context)
{
    struct wi_row *row;
    uint64_t *moves = context;
    for (int i = 0; i < MOVES; i++) {
        uint64_t handle = wi_load_acquire(&current);
        if (wi_handles_claim(&table, handle, &row) != WEFT_OK)
            continue;
        ((struct thing *)row)->value++;
        (*moves)++;
        wi_store_release(&current, wi_handles_move(&table, row));
    }
    return NULL;
}

Test(handles, exactly_once)
{
    struct wi_row *row;
    wi_thread threads[2];
    uint64_t moves[2] = {0};
    wi_store_release(&current, new_thing(&row));
    ((struct thing *)row)->value = 0;
    for (int i = 0; i < 2; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, move_often, &moves[i]), WEFT_OK);
    for (int i = 0; i < 2; i++)
        wi_thread_join(&threads[i]);
    cr_assert_eq(((struct thing *)row)->value, moves[0] + moves[1]);
    cr_assert_gt(moves[0] + moves[1], 0);
}
