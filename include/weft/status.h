/*
 * weft/status.h - what a call of the library answers
 *
 * A status is an int: 0 (WEFT_OK) or one of the negative WEFT_E... below. Outcomes that are part of normal work (a
 * deque was empty, a race was lost) are not statuses; they have enumerations of their own.
 *
 *     weft_pool *pool;
 *     int status = weft_pool_create(NULL, &pool);
 *     if (status != WEFT_OK)
 *         fprintf(stderr, "no pool: %s\n", weft_status_message(status));
 *
 * What follows holds for every function of the library that does not say otherwise.
 *   Errors    a call that fails has no effect; the library never aborts, prints, or reports by errno. (Where
 *             weft/deque.h is used, liburcu-bp may; see there)
 *   Threads   any; lock-free
 */
#ifndef WEFT_STATUS_H
#define WEFT_STATUS_H

#include <weft/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every status: its name, its value (fixed for good), and its message. */
#define WEFT_STATUS_MAP(X)                                                                                             \
    X(OK, 0, "success")                                                                                                \
    X(EINVAL, -1, "an argument is of the wrong kind or has a value that is not allowed")                               \
    X(ENOMEM, -2, "out of memory")                                                                                     \
    X(ESYSTEM, -3, "the operating system refused a thread or another resource")                                        \
    X(ECLOSED, -4, "the pool is shut down, or the port is closed, and takes no more")                                  \
    X(ETIMEDOUT, -5, "the time was up before the call was done")                                                       \
    X(ECANCELED, -6, "the task was cancelled before it started")                                                       \
    X(EDEADLK, -7, "a task cannot wait for its own pool; fork and join instead")                                       \
    X(EFORKED, -8, "the pool belongs to the process before fork(); create a new one here")                             \
    X(ERANGE, -9, "a size or a place lies outside of what the object has")                                             \
    X(EALIGN, -10, "a place or a size is not a multiple of what it must be")                                           \
    X(ESTALE, -11, "the block was released, or there never was one")                                                   \
    X(ECORRUPT, -12, "what is in shared memory cannot be, or is no arena of this version")                             \
    X(EDETACHED, -13, "the buffer was moved or released")                                                              \
    X(EAGAIN, -14, "the call would have to wait, and does not")

enum weft_status {
#define WEFT_STATUS_ENUMERATOR(name, value, message) WEFT_##name = value,
    WEFT_STATUS_MAP(WEFT_STATUS_ENUMERATOR)
#undef WEFT_STATUS_ENUMERATOR
};

/* Returns the name of `status` ("WEFT_ENOMEM"), or "WEFT_E?" for a number that is none. Static storage. */
WEFT_API const char *weft_status_name(int status);

/* Returns one line in English that says what `status` means, without a full stop or a newline. Static storage. */
WEFT_API const char *weft_status_message(int status);

#ifdef __cplusplus
}
#endif

#endif
