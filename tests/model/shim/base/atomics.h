/*
 * shim/base/atomics.h - the operations of src/base/atomics.h, as the checker does them
 *
 * Found before the library's own when its sources are compiled for the checker. Same names, same types, same arguments;
 * an operation that is missing here does not compile there.
 */
#ifndef WI_BASE_ATOMICS_H
#define WI_BASE_ATOMICS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/model.h"

typedef struct {
    uint32_t value;
} wi_atomic_u32;

typedef struct {
    _Alignas(8) uint64_t value;
} wi_atomic_u64;

typedef struct {
    void *value;
} wi_atomic_ptr;

#define wi_init(p, v) ((void)((p)->value = (v)))

/* What a slot of the workers' deque holds. */
struct weft_task;

/* What the checker answers, as the type of the variable. */
static inline uint32_t mc_as_u32(uint64_t value)
{
    return (uint32_t)value;
}

static inline uint64_t mc_as_u64(uint64_t value)
{
    return value;
}

static inline void *mc_as_pointer(uint64_t value)
{
    return (void *)(uintptr_t)value;
}

#define MC_AS(p, answer)                                                                                               \
    _Generic((p)->value,                                                                                               \
        uint32_t : mc_as_u32,                                                                                          \
        uint64_t : mc_as_u64,                                                                                          \
        void * : mc_as_pointer,                                                                                        \
        struct weft_task * : mc_as_pointer)(answer)
#define MC_NUMBER(v)                 ((uint64_t)(uintptr_t)(v))
#define MC_BYTES(p)                  ((unsigned)sizeof(p)->value)
#define MC_LOADS(p, text, order)     MC_AS(p, mc_load(MC_HERE(MC_LOAD, order, text), &(p)->value, MC_BYTES(p)))
#define MC_STORES(p, text, v, order) mc_store(MC_HERE(MC_STORE, order, text), &(p)->value, MC_BYTES(p), MC_NUMBER(v))
#define MC_UPDATES(kind, p, text, v, order)                                                                            \
    MC_AS(p, mc_update(MC_HERE(kind, order, text), &(p)->value, MC_BYTES(p), MC_NUMBER(v)))
#define MC_SWAPS(p, text, expected, desired, order)                                                                    \
    mc_cas(MC_HERE(MC_CAS, order, text), &(p)->value, MC_BYTES(p), (expected), MC_NUMBER(desired))

#define wi_load_relaxed(p)     MC_LOADS(p, #p, MC_RELAXED)
#define wi_load_acquire(p)     MC_LOADS(p, #p, MC_ACQUIRE)
#define wi_store_relaxed(p, v) MC_STORES(p, #p, v, MC_RELAXED)
#define wi_store_release(p, v) MC_STORES(p, #p, v, MC_RELEASE)

#define wi_exchange_acq_rel(p, v)  MC_UPDATES(MC_EXCHANGE, p, #p, v, MC_ACQUIRE | MC_RELEASE)
#define wi_fetch_add_relaxed(p, v) MC_UPDATES(MC_ADD, p, #p, v, MC_RELAXED)
#define wi_fetch_add_release(p, v) MC_UPDATES(MC_ADD, p, #p, v, MC_RELEASE)
#define wi_fetch_add_acq_rel(p, v) MC_UPDATES(MC_ADD, p, #p, v, MC_ACQUIRE | MC_RELEASE)
#define wi_fetch_or_acq_rel(p, v)  MC_UPDATES(MC_OR, p, #p, v, MC_ACQUIRE | MC_RELEASE)
#define wi_fetch_and_acq_rel(p, v) MC_UPDATES(MC_AND, p, #p, v, MC_ACQUIRE | MC_RELEASE)

#define wi_cas_acq_rel(p, expected, desired) MC_SWAPS(p, #p, expected, desired, MC_ACQUIRE | MC_RELEASE)
#define wi_cas_seq_cst(p, expected, desired) MC_SWAPS(p, #p, expected, desired, MC_ACQUIRE | MC_RELEASE | MC_SEQ_CST)

#define wi_fence_seq_cst() mc_fence(MC_HERE(MC_FENCE, MC_SEQ_CST, "a fence"))

/* For the patches in mutants/protocol. */
#define CHANGED(name)                   MC_CHANGED(name)
#define PATCHED_load_acquire(p)         MC_LOADS(p, MC_PATCHED #p, MC_ACQUIRE)
#define PATCHED_store_release(p, v)     MC_STORES(p, MC_PATCHED #p, v, MC_RELEASE)
#define PATCHED_fetch_or_acq_rel(p, v)  MC_UPDATES(MC_OR, p, MC_PATCHED #p, v, MC_ACQUIRE | MC_RELEASE)
#define PATCHED_fetch_add_relaxed(p, v) MC_UPDATES(MC_ADD, p, MC_PATCHED #p, v, MC_RELAXED)

#define wi_pause() mc_yield()

/* The checker's own edges say what these would. */
#define wi_tsan_release(object) ((void)(object))
#define wi_tsan_put(object)     ((void)(object))
#define wi_tsan_acquire(object) ((void)(object))

#endif
