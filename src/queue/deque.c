/*
 * queue/deque.c - the Chase-Lev work-stealing deque
 *
 * Items lie in a ring at the indices from `top` to before `bottom`. Indices only count up (bottom also back down, when
 * the owner pops); their difference is what is compared, as a signed number, so they may wrap around.
 *
 * Invariants
 *   I1  Every index leaves the deque once: by the one compare-and-swap that moves top over it, or, if it is not the
 *       last one, by the owner's lowering bottom below it while top is known to be lower.
 *   I2  A slot is not written while a thief that can still win holds its index: the owner writes slot i + capacity only
 *       after it has seen top above i.
 *   I3  An outgrown ring keeps its items and is written no more; who still reads it reads what the new one holds, too.
 *   I4  A ring is freed only after every thief that might have found it has left.
 *
 * Who touches what
 *   field    writes                      reads
 *   top      thieves, owner (CAS, up)    all
 *   bottom   owner                       all
 *   ring     owner                       all; thieves between wi_reclaim_enter() and _leave()
 *   slots    owner                       all; what a thief read counts only if its CAS on top succeeds
 *   retired  owner                       owner
 *
 * Edges
 *   [deque.item]  store of bottom in push (and each later one in pop) -> load of bottom in wi_deque_look(): the slot,
 *                 the ring that holds it, and all that the owner did before the push. ThreadSanitizer is told by the
 *                 slot, so that what the owner does after the push is not ordered.
 *   [deque.ring]  store of ring in grow -> load of ring in wi_deque_look(): the copied items of the new ring.
 *   [deque.top]   CAS of top in wi_deque_take() -> load of top in push: the thief has read the slot that is written
 *                 next.
 *   [deque.last]  fence in pop <-> fence in wi_deque_look(): either the owner sees the thief's top, or the thief sees
 *                 the lowered bottom. Carries no data; the CAS on top settles who has the last item.
 *
 * The README in this folder has the argument.
 */
#include "queue/deque.h"

#include "base/alloc.h"
#include "base/options.h"
#include "queue/reclaim.h"

struct wi_ring {
    uint64_t mask; /* capacity - 1 */
    struct wi_ring *older;
    wi_atomic_ptr slots[];
};

/* What a new deque has: a ring in which nothing fits, so that the first push grows it. */
static struct wi_ring no_ring = {.mask = UINT64_MAX};

/* How far `to` lies above `from`; below 0 where it lies under it. */
static int64_t distance(uint64_t from, uint64_t to)
{
    return (int64_t)(to - from);
}

static wi_atomic_ptr *slot(struct wi_ring *ring, uint64_t index)
{
    return &ring->slots[index & ring->mask];
}

static struct wi_ring *ring_create(uint64_t capacity)
{
    struct wi_ring *ring = NULL;
    if (capacity <= (SIZE_MAX - sizeof *ring) / sizeof ring->slots[0])
        ring = wi_alloc(_Alignof(struct wi_ring), sizeof *ring + (size_t)capacity * sizeof ring->slots[0]);
    if (ring) {
        ring->mask = capacity - 1;
        ring->older = NULL;
    }
    return ring;
}

static void rings_free(struct wi_ring *ring)
{
    while (ring && ring != &no_ring) {
        struct wi_ring *older = ring->older;
        wi_free(ring);
        ring = older;
    }
}

/* Moves the items to a ring of twice the size. Returns it, or NULL with nothing changed. */
static struct wi_ring *grow(weft_deque *deque, struct wi_ring *ring, uint64_t top, uint64_t bottom)
{
    struct wi_ring *larger = ring_create(ring == &no_ring ? deque->first_capacity : (ring->mask + 1) * 2);
    if (!larger)
        return NULL;
    for (uint64_t i = top; i != bottom; i++) {
        wi_store_relaxed(slot(larger, i), wi_load_relaxed(slot(ring, i))); /* owner's own, until [deque.ring] */
        wi_tsan_put(slot(larger, i));                                      /* [deque.item] */
    }
    wi_store_release(&deque->ring, larger); /* [deque.ring] */
    if (ring != &no_ring) {
        ring->older = deque->retired;
        deque->retired = ring;
    }
    return larger;
}

void wi_deque_init(weft_deque *deque, size_t capacity, uint64_t first_index)
{
    wi_init(&deque->top, first_index);
    wi_init(&deque->bottom, first_index);
    wi_init(&deque->ring, &no_ring);
    deque->retired = NULL;
    deque->first_capacity = capacity;
}

void wi_deque_fini(weft_deque *deque)
{
    rings_free(deque->retired);
    rings_free(wi_load_relaxed(&deque->ring)); /* owner's own: nobody else is left */
}

int weft_deque_create(const weft_deque_options *options, weft_deque **deque)
{
    weft_deque_options given;
    if (!deque || wi_options_read(&given, sizeof given, options) != WEFT_OK)
        return WEFT_EINVAL;
    if (given.capacity == 0)
        given.capacity = WI_DEQUE_CAPACITY;
    if ((given.capacity & (given.capacity - 1)) != 0 || (uint64_t)given.capacity > UINT64_C(1) << 32)
        return WEFT_EINVAL;
    if (wi_reclaim_watch() != WEFT_OK)
        return WEFT_ENOMEM;
    weft_deque *created = wi_alloc(_Alignof(weft_deque), sizeof *created);
    if (!created)
        return WEFT_ENOMEM;
    wi_deque_init(created, given.capacity, given.first_index);
    *deque = created;
    return WEFT_OK;
}

void weft_deque_destroy(weft_deque *deque)
{
    if (!deque)
        return;
    wi_deque_fini(deque);
    wi_free(deque);
}

int weft_deque_push(weft_deque *deque, void *item)
{
    if (!deque || !item)
        return WEFT_EINVAL;
    uint64_t bottom = wi_load_relaxed(&deque->bottom);    /* owner's own */
    uint64_t top = wi_load_acquire(&deque->top);          /* [deque.top] */
    struct wi_ring *ring = wi_load_relaxed(&deque->ring); /* owner's own */
    if (distance(top, bottom) > (int64_t)ring->mask) {
        ring = grow(deque, ring, top, bottom);
        if (!ring)
            return WEFT_ENOMEM;
    }
    wi_store_relaxed(slot(ring, bottom), item);   /* owner's own, until [deque.item] */
    wi_tsan_put(slot(ring, bottom));              /* [deque.item] */
    wi_store_release(&deque->bottom, bottom + 1); /* [deque.item] */
    return WEFT_OK;
}

void *weft_deque_pop(weft_deque *deque)
{
    if (!deque)
        return NULL;
    uint64_t bottom = wi_load_relaxed(&deque->bottom) - 1; /* owner's own */
    wi_store_release(&deque->bottom, bottom);              /* [deque.item] of the items that stay */
    wi_fence_seq_cst();                                    /* [deque.last] */
    uint64_t top = wi_load_relaxed(&deque->top);           /* hint: the CAS below decides where it matters */
    if (distance(top, bottom) > 0)
        return wi_load_relaxed(slot(wi_load_relaxed(&deque->ring), bottom)); /* owner's own */

    void *item = NULL;
    if (top == bottom) {
        item = wi_load_relaxed(slot(wi_load_relaxed(&deque->ring), bottom)); /* owner's own */
        if (!wi_cas_seq_cst(&deque->top, &top, top + 1))                     /* [deque.last] */
            item = NULL;
    }
    wi_store_release(&deque->bottom, bottom + 1); /* [deque.item] of nothing: the deque is empty */
    return item;
}

bool wi_deque_look(weft_deque *deque, struct wi_steal *seen)
{
    if (!wi_deque_has_items(deque)) /* before a section and a fence are paid for */
        return false;
    wi_reclaim_enter();
    uint64_t top = wi_load_acquire(&deque->top);       /* [deque.top] */
    wi_fence_seq_cst();                                /* [deque.last] */
    uint64_t bottom = wi_load_acquire(&deque->bottom); /* [deque.item] */
    bool has_item = distance(top, bottom) > 0;
    if (has_item) {
        struct wi_ring *ring = wi_load_acquire(&deque->ring); /* [deque.ring] */
        seen->item = wi_load_relaxed(slot(ring, top));        /* hint: counts if the CAS in wi_deque_take() succeeds */
        wi_tsan_acquire(slot(ring, top));                     /* [deque.item] */
        seen->index = top;
    }
    wi_reclaim_leave();
    return has_item;
}

bool wi_deque_take(weft_deque *deque, const struct wi_steal *seen)
{
    uint64_t top = seen->index;
    return wi_cas_seq_cst(&deque->top, &top, top + 1); /* [deque.top] [deque.last] */
}

weft_steal weft_deque_steal(weft_deque *deque, void **item)
{
    struct wi_steal seen;
    if (!deque || !item || !wi_deque_look(deque, &seen))
        return WEFT_EMPTY;
    if (!wi_deque_take(deque, &seen))
        return WEFT_LOST;
    *item = seen.item;
    return WEFT_STOLEN;
}

size_t weft_deque_size(const weft_deque *deque)
{
    if (!deque)
        return 0;
    uint64_t top = wi_load_acquire(&deque->top);       /* hint: the answer is old when it arrives */
    uint64_t bottom = wi_load_acquire(&deque->bottom); /* hint: the answer is old when it arrives */
    int64_t size = distance(top, bottom);
    return size > 0 ? (size_t)size : 0;
}

bool wi_deque_has_items(const weft_deque *deque)
{
    return weft_deque_size(deque) > 0;
}

void weft_deque_reclaim(weft_deque *deque)
{
    if (!deque || !deque->retired)
        return;
    wi_reclaim_wait();
    rings_free(deque->retired);
    deque->retired = NULL;
}
