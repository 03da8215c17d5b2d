/*
 * base/status.c - names and messages of the statuses, and the version
 */
#include <weft/status.h>

int weft_version(void)
{
    return WEFT_VERSION;
}

const char *weft_status_name(int status)
{
    switch (status) {
#define NAME(name, value, message)                                                                                     \
    case value:                                                                                                        \
        return "WEFT_" #name;
        WEFT_STATUS_MAP(NAME)
#undef NAME
    default:
        return "WEFT_E?";
    }
}

const char *weft_status_message(int status)
{
    switch (status) {
#define MESSAGE(name, value, message)                                                                                  \
    case value:                                                                                                        \
        return message;
        WEFT_STATUS_MAP(MESSAGE)
#undef MESSAGE
    default:
        return "unknown status";
    }
}
