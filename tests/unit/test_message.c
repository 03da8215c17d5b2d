/*
 * unit/test_message.c - messages by themselves
 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/alloc.h"
#include "message/message.h"

Test(message, smoke)
{
    weft_transfer list[] = {{WEFT_TRANSFER_BUFFER, 5}, {WEFT_TRANSFER_PORT, 6}};
    char bytes[] = "copied";
    struct wi_message *message = wi_message_make(bytes, 7, list, 2);
    memset(bytes, 0, sizeof bytes);
    cr_assert_str_eq(message->open.bytes, "copied");
    cr_assert(message->has_ports);
    cr_assert_eq(wi_message_take(&message->open, 0, WEFT_TRANSFER_PORT), 0);
    cr_assert_eq(weft_message_take_buffer(&message->open, 0).id, 5);
    cr_assert_eq(weft_message_take_buffer(&message->open, 0).id, 0);
    cr_assert_eq(weft_message_take_port(&message->open, 1).id, 6);
    cr_assert_eq(weft_message_take_port(&message->open, 2).id, 0);
    cr_assert_eq(weft_message_take_port(NULL, 0).id, 0);
    wi_free(message);
}

Test(message, empty)
{
    struct wi_message *message = wi_message_make(NULL, 0, NULL, 0);
    cr_assert_eq(message->open.size, 0);
    cr_assert_not(message->has_ports);
    wi_free(message);
    cr_assert_eq(weft_message_release(NULL), WEFT_OK);
}

Test(message, oom)
{
    wi_alloc_fail_at(1);
    cr_assert_null(wi_message_make(NULL, 0, NULL, 0));
    cr_assert_null(wi_message_make("", SIZE_MAX, NULL, 0));
}
