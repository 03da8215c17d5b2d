/*
 * weft/inline.h - the few atomic operations of the functions that are inline in public headers
 *
 * The library's own atomics have their home in its sources; these are for code that is compiled into yours. Names that
 * end in an underscore are not for users.
 *
 *   Ordering  as C11 names it; WEFT_LIGHT_BARRIER_ keeps the compiler from moving accesses across it. The processor is
 *             held back by the other side of the pair, a thread that calls membarrier(2)
 */
#ifndef WEFT_INLINE_H
#define WEFT_INLINE_H

#include <stdint.h>

#define WEFT_LOAD_RELAXED_(p)     __atomic_load_n(&(p)->value, __ATOMIC_RELAXED)
#define WEFT_STORE_RELAXED_(p, v) __atomic_store_n(&(p)->value, (v), __ATOMIC_RELAXED)
#define WEFT_STORE_RELEASE_(p, v) __atomic_store_n(&(p)->value, (v), __ATOMIC_RELEASE)
#define WEFT_LIGHT_BARRIER_()     __atomic_signal_fence(__ATOMIC_SEQ_CST)

/* What is the owner's alone is plain. To ThreadSanitizer each task is a thread of its own, though, also where several
 * run on one worker: there it is relaxed, which orders nothing. */
#if defined(__SANITIZE_THREAD__)
#define WEFT_UNDER_TSAN_ 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEFT_UNDER_TSAN_ 1
#endif
#endif
#if defined(WEFT_UNDER_TSAN_)
#define WEFT_GET_OWN_(field)    __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define WEFT_SET_OWN_(field, v) __atomic_store_n(&(field), (v), __ATOMIC_RELAXED)
#else
#define WEFT_GET_OWN_(field)    (field)
#define WEFT_SET_OWN_(field, v) ((void)((field) = (v)))
#endif

#define WEFT_SELDOM_(condition) __builtin_expect(!!(condition), 0)
#define WEFT_COLD_              __attribute__((cold))

/* A word that threads share. */
typedef struct weft_word {
    uint64_t value;
} weft_word;

#endif
