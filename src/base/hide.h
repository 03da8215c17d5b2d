/*
 * base/hide.h - keeping the library's own work from ThreadSanitizer, where the library is instrumented
 *
 * What the sanitizer saw of it would order the tasks and threads on whose behalf it is done; and where tasks are
 * threads of their own, it would take what a worker does for each of them for races. From begin to end nothing is seen,
 * nor can an edge be told. In a library that is not instrumented these are nothing.
 *
 *   Threads   any, each for itself; pairs may be nested
 */
#ifndef WI_BASE_HIDE_H
#define WI_BASE_HIDE_H

#include <stdbool.h>

/* Set by the build for all sources, also for those that are excepted. */
#if defined(WI_INSTRUMENTED)
#define WI_IS_INSTRUMENTED true
#else
#define WI_IS_INSTRUMENTED false
#endif

/* Whether there is to be anything to hide, from now on. */
void wi_hide_prepare(bool hides);

void wi_hide_begin_now(void);
void wi_hide_end_now(void);

static inline void wi_hide_begin(void)
{
    if (WI_IS_INSTRUMENTED)
        wi_hide_begin_now();
}

static inline void wi_hide_end(void)
{
    if (WI_IS_INSTRUMENTED)
        wi_hide_end_now();
}

#endif
