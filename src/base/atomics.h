/*
 * base/atomics.h - the one home of atomic operations, and of what the sanitizers must be told
 *
 * Every access that threads share goes through an operation named here, so that one search lists them all and one build
 * can replace them all. (What is inline in users' code is spelled in weft/inline.h and weft/cell.h.) An atomic
 * variable is a structure around its value: it cannot be read or written by accident.
 *
 * No stand-alone fence carries data: ThreadSanitizer does not model fences, and would report what they order. The one
 * fence here, wi_fence_seq_cst(), only orders a store before a later load of another location (store buffering); the
 * data always travels by a release and an acquire operation with the name of an edge.
 *
 * Each use says in its comment which edge it belongs to, in square brackets; or "owner's own" where no other thread
 * writes it and a race is impossible; or "hint:" and where what it read is checked again.
 */
#ifndef WI_BASE_ATOMICS_H
#define WI_BASE_ATOMICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t value;
} wi_atomic_u32;

typedef struct {
    _Alignas(8) uint64_t value;
} wi_atomic_u64;

typedef struct {
    void *value;
} wi_atomic_ptr;

/* Before the variable is shared, or after. */
#define wi_init(p, v) ((void)((p)->value = (v)))

#define wi_load_relaxed(p)     __atomic_load_n(&(p)->value, __ATOMIC_RELAXED)
#define wi_load_acquire(p)     __atomic_load_n(&(p)->value, __ATOMIC_ACQUIRE)
#define wi_store_relaxed(p, v) __atomic_store_n(&(p)->value, (v), __ATOMIC_RELAXED)
#define wi_store_release(p, v) __atomic_store_n(&(p)->value, (v), __ATOMIC_RELEASE)
#define wi_load_seq_cst(p)     __atomic_load_n(&(p)->value, __ATOMIC_SEQ_CST)

/* Read-modify-write; each gives the value before. */
#define wi_exchange_acq_rel(p, v)  __atomic_exchange_n(&(p)->value, (v), __ATOMIC_ACQ_REL)
#define wi_fetch_add_relaxed(p, v) __atomic_fetch_add(&(p)->value, (v), __ATOMIC_RELAXED)
#define wi_fetch_add_release(p, v) __atomic_fetch_add(&(p)->value, (v), __ATOMIC_RELEASE)
#define wi_fetch_add_acq_rel(p, v) __atomic_fetch_add(&(p)->value, (v), __ATOMIC_ACQ_REL)
#define wi_fetch_or_acq_rel(p, v)  WI_FETCH_KEEPING(__atomic_fetch_or, p, v)
#define wi_fetch_and_acq_rel(p, v) WI_FETCH_KEEPING(__atomic_fetch_and, p, v)

/* gcc 12 makes a loop of "and" and "or" whose result is used, and gets it wrong where it keeps the result in the
 * operand's register. An operand that is still needed afterwards has a register of its own. */
#define WI_FETCH_KEEPING(builtin, p, v)                                                                                \
    __extension__({                                                                                                    \
        __typeof__((p)->value) operand_ = (v), before_ = builtin(&(p)->value, operand_, __ATOMIC_ACQ_REL);             \
        __asm__ volatile("" : : "g"(operand_));                                                                        \
        before_;                                                                                                       \
    })

/* Compare-and-swap: true if `*p` was `*expected` and is now `desired`; otherwise `*expected` is what was there, read
 * relaxed. */
#define wi_cas_acq_rel(p, expected, desired)                                                                           \
    __atomic_compare_exchange_n(&(p)->value, (expected), (desired), false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)
#define wi_cas_seq_cst(p, expected, desired)                                                                           \
    __atomic_compare_exchange_n(&(p)->value, (expected), (desired), false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)

/* gcc warns that ThreadSanitizer does not model fences. It need not: this one carries no data. */
#if defined(__SANITIZE_THREAD__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan"
#endif
/* Orders this thread's stores before it against its loads after it, among all threads that do the same. */
static inline void wi_fence_seq_cst(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
#if defined(__SANITIZE_THREAD__)
#pragma GCC diagnostic pop
#endif

/* Tells the processor that this is a loop that waits. */
static inline void wi_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#endif
}

/* Edges that run through code which ThreadSanitizer cannot see (liburcu's assembly, the kernel, the library itself
 * where it is not instrumented): what the thread that calls wi_tsan_release(object) or wi_tsan_put(object) did before
 * happens before what follows a later wi_tsan_acquire(object). Releases add up; a put forgets those before it, which
 * is right where one thing is handed over at a place that others were handed over at. They order nothing themselves,
 * and do nothing in a program that is not built with -fsanitize=thread. */
extern void __tsan_release(void *object) __attribute__((weak));
extern void __tsan_acquire(void *object) __attribute__((weak));
extern void __tsan_java_release_store(void *object) __attribute__((weak)); /* of any address, in spite of its name */

static inline bool wi_tsan_is_here(void)
{
    return __tsan_release != NULL;
}

static inline void wi_tsan_release(void *object)
{
    if (__tsan_release)
        __tsan_release(object);
}

static inline void wi_tsan_put(void *object)
{
    if (__tsan_java_release_store)
        __tsan_java_release_store(object);
    else
        wi_tsan_release(object);
}

static inline void wi_tsan_acquire(void *object)
{
    if (__tsan_acquire)
        __tsan_acquire(object);
}

/* What was done to `memory` by others does not matter any more: it has become something new. Addresses are multiples
 * of 8. */
extern void __tsan_java_alloc(void *memory, uintptr_t bytes) __attribute__((weak));
extern void __tsan_java_free(void *memory, uintptr_t bytes) __attribute__((weak));

static inline void wi_tsan_forget(void *memory, size_t bytes)
{
    if (!__tsan_java_alloc || !__tsan_java_free)
        return;
    __tsan_java_free(memory, bytes); /* what is recorded of atomics there */
    __tsan_java_alloc(memory, bytes);
    __tsan_java_free(memory, bytes); /* and that there is something allocated */
}

/* Memory that nobody may touch until it is handed out again: AddressSanitizer reports who does. Addresses are multiples
 * of 8. They do nothing in a program that is not built with -fsanitize=address. */
extern void __asan_poison_memory_region(const volatile void *memory, size_t bytes) __attribute__((weak));
extern void __asan_unpoison_memory_region(const volatile void *memory, size_t bytes) __attribute__((weak));

/* Whether a sanitizer is here that must be told of each block of memory. */
static inline bool wi_is_watched(void)
{
    return __asan_poison_memory_region || __tsan_release;
}

static inline void wi_asan_poison(const void *memory, size_t bytes)
{
    if (__asan_poison_memory_region)
        __asan_poison_memory_region(memory, bytes);
}

static inline void wi_asan_unpoison(const void *memory, size_t bytes)
{
    if (__asan_unpoison_memory_region)
        __asan_unpoison_memory_region(memory, bytes);
}

#endif
