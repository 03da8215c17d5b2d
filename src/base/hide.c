/*
 * base/hide.c - keeping the library's own work from ThreadSanitizer
 *
 * Who touches what
 *   hides   the first that makes a pool, before there are tasks
 */
#include "base/hide.h"

extern void AnnotateIgnoreReadsBegin(const char *file, int line) __attribute__((weak));
extern void AnnotateIgnoreReadsEnd(const char *file, int line) __attribute__((weak));
extern void AnnotateIgnoreWritesBegin(const char *file, int line) __attribute__((weak));
extern void AnnotateIgnoreWritesEnd(const char *file, int line) __attribute__((weak));
extern void AnnotateIgnoreSyncBegin(const char *file, int line) __attribute__((weak));
extern void AnnotateIgnoreSyncEnd(const char *file, int line) __attribute__((weak));

static bool hides;

void wi_hide_prepare(bool now_hides)
{
    hides = now_hides && AnnotateIgnoreReadsBegin && AnnotateIgnoreReadsEnd && AnnotateIgnoreWritesBegin &&
            AnnotateIgnoreWritesEnd && AnnotateIgnoreSyncBegin && AnnotateIgnoreSyncEnd;
}

void wi_hide_begin_now(void)
{
    if (!hides)
        return;
    AnnotateIgnoreReadsBegin("weft", 0);
    AnnotateIgnoreWritesBegin("weft", 0);
    AnnotateIgnoreSyncBegin("weft", 0);
}

void wi_hide_end_now(void)
{
    if (!hides)
        return;
    AnnotateIgnoreSyncEnd("weft", 0);
    AnnotateIgnoreWritesEnd("weft", 0);
    AnnotateIgnoreReadsEnd("weft", 0);
}
