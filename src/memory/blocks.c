/*
 * memory/blocks.c - blocks of an arena: slabs of small ones, runs of pages, and what each thread keeps
 *
 * A block of up to 4096 bytes lies in a slab, 16 pages with blocks of one class; a larger one is a run of pages, and so
 * is a small one where no slab can be had. A slab knows which of its blocks are not out by one bit for each. A thread
 * takes many at once, keeps them in its cache, and hands out and takes back without any read-modify-write; when it has
 * too many, it returns the older half.
 *
 * Invariants
 *   I1  each block of a slab is in one of three states: its bit is set (free), its generation is odd (handed out), or
 *       neither (in a cache, or on the way).
 *   I2  a slab with a bit set is listed in its class, or held by the thread that popped it, or about to be listed by
 *       the thread that set the bit. Only who holds it takes bits, and may take one before it is listed for it: so a
 *       slab may be listed with no bit left.
 *   I3  a slab of which nothing is out while it is held is the holder's alone.
 *   I4  no generation that a place has had comes again: pages remember the highest.
 *   I5  a page's entry is 0 unless it is in a slab or the first of a run.
 *
 * Who touches what
 *   slab.free        the holder (clear), who returns blocks (set)    the holder
 *   slab.state       by read-modify-writes: the holder, who returns
 *   page.entry       who has claimed the page                        any who asks about a pointer
 *   generation       who hands the block out or takes it back        any who asks about a reference
 *   cache            its thread; others only under live_lock, once the thread or the arena has ended
 *   live             under live_lock
 *
 * Edges
 *   [blocks.cached]  put by who frees a block -> acquire by who is given it next. Both are on one thread, which
 *                    carries it; ThreadSanitizer is told, since tasks on one thread are threads of their own to it.
 *   [blocks.bits]    or into slab.free -> and out of it: what was done with the block.
 *   [blocks.state]   CAS in put_bits -> load and CAS by the holder: bits that were set before. What is listed goes from
 *                    thread to thread by memory/stack.h.
 *
 * The argument is in memory/README.md.
 */
#include "memory/blocks.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hide.h"
#include "memory/pages.h"
#include "memory/stack.h"
#include "os/process.h"
#include "os/thread.h"

/* The classes: see WI_CLASSES. Multiplying an offset in a slab by the reciprocal, which is 2^32 / bytes rounded up,
 * gives the block's place in the upper 32 bits; the lower ones are below the reciprocal if and only if a block starts
 * there. */
#define CLASS(bytes)                                                                                                   \
    {                                                                                                                  \
        bytes, (uint32_t)(((UINT64_C(1) << 32) + (bytes)-1) / (bytes))                                                 \
    }
static const struct {
    uint32_t bytes, reciprocal;
} classes[WI_CLASSES] = {CLASS(16),   CLASS(32),   CLASS(48),   CLASS(64),   CLASS(80),   CLASS(96),   CLASS(112),
                         CLASS(128),  CLASS(160),  CLASS(192),  CLASS(224),  CLASS(256),  CLASS(320),  CLASS(384),
                         CLASS(448),  CLASS(512),  CLASS(640),  CLASS(768),  CLASS(896),  CLASS(1024), CLASS(1280),
                         CLASS(1536), CLASS(1792), CLASS(2048), CLASS(2560), CLASS(3072), CLASS(3584), CLASS(4096)};

#define SMALL_BYTES 4096

/* The class for more than so many granules, up to one more; filled once. */
static uint8_t class_for_granules[SMALL_BYTES / 16];

/* Blocks that one look at a slab takes. More make the shared part rarer and the caches larger. */
#define BATCH_MOST  64
#define BATCH_LEAST 8
#define BATCH_BYTES 65536

/* A block in a slab. */
struct block {
    unsigned char *memory;
    wi_atomic_u32 *generation;
};

/* Blocks of one class that a thread keeps, a stack: from `first` to before `top`, and at most to before `end`. */
struct bin {
    _Alignas(32) struct block *top; /* a power of two, since a bin is found by its number each time */
    struct block *first, *end;
};

struct wi_cache {
    struct wi_cache *next, *previous; /* under live_lock */
    struct bin bins[WI_CLASSES];
    struct block blocks[WI_CLASSES][2 * BATCH_MOST + 4]; /* 4 more: not all bins begin in the same sets of a cache */
};

/* A thread's caches, by the arena's id. Two arenas that meet in one seat take it from each other. */
#define SEATS 8
struct seat {
    uint64_t arena_id;
    struct wi_cache *cache;
};
static _Thread_local struct seat seats[SEATS] __attribute__((tls_model("initial-exec")));

/* The arenas of this process, for threads that end. */
static struct wi_lock live_lock;
static struct wi_arena *live;
static wi_exit_key exit_key;
static int exit_status;

/* A slab's state. */
enum {
    IS_LISTED = 1,
    ONE_OUT = 2
};

/* A page's entry: a class + 1, or this and the length of the run. */
#define RUN (UINT32_C(1) << 31)

static uint32_t class_of(size_t bytes)
{
    return class_for_granules[(bytes - 1) / WI_GRANULE];
}

static uint32_t blocks_of(uint32_t class)
{
    return (uint32_t)WI_SLAB_BYTES / classes[class].bytes;
}

static uint32_t batch_of(uint32_t class)
{
    uint32_t count = BATCH_BYTES / classes[class].bytes;
    return count > BATCH_MOST ? BATCH_MOST : count < BATCH_LEAST ? BATCH_LEAST : count;
}

/* What starts at an offset: a block of a slab, or a run. */
struct place {
    uint32_t entry;
    uint32_t turn; /* its generation's value */
    wi_atomic_u32 *generation;
};

/* Finds what starts at `offset` and is handed out. (What a slab has left over at its end, too small for a block, has a
 * number and a generation as well, which is never odd.) Freeing is as fast as this is. */
__attribute__((always_inline)) static inline int find(const struct wi_arena *arena, uint64_t offset,
                                                      struct place *place)
{
    uint64_t page = offset / WI_PAGE_BYTES;
    if (page >= arena->max_pages)
        return WEFT_ERANGE;
    uint32_t entry = wi_load_relaxed(&arena->pages[page].entry); /* hint: who asks has the block, or gets a status */
    *place = (struct place){.entry = entry, .generation = &arena->pages[page].generation};
    if (entry - 1 < WI_CLASSES) {
        uint64_t product = offset % WI_SLAB_BYTES * classes[entry - 1].reciprocal;
        if ((uint32_t)product >= classes[entry - 1].reciprocal)
            return WEFT_ESTALE;
        place->generation = &arena->generations[offset / WI_SLAB_BYTES * WI_SLAB_NUMBERS + (product >> 32)];
    } else if (!(entry & RUN) || offset % WI_PAGE_BYTES != 0) {
        return WEFT_ESTALE;
    }
    place->turn = wi_load_relaxed(place->generation); /* hint: as above */
    return place->turn % 2 ? WEFT_OK : WEFT_ESTALE;
}

/* Takes what was found, which is handed out to the caller: nobody else writes its generation. */
static inline void end_generation(const struct place *place)
{
    wi_store_relaxed(place->generation, place->turn + 1); /* owner's own */
}

/* Hands out a block that the caller has. */
static inline void begin_generation(wi_atomic_u32 *generation)
{
    wi_store_relaxed(generation, wi_load_relaxed(generation) + 1); /* owner's own */
}

/* ---- slabs ---- */

static struct wi_stack slabs_of(const struct wi_arena *arena, uint32_t class)
{
    return (struct wi_stack){.head = &arena->header->classes[class].slabs,
                             .links = &arena->slabs->next,
                             .stride = sizeof(struct wi_slab),
                             .count = (uint32_t)arena->slab_count};
}

static uint32_t words_of(uint32_t class)
{
    return (blocks_of(class) + 63) / 64;
}

/* The pages of a slab that the caller has to itself become `entry`, with this generation. */
static void mark_pages(struct wi_arena *arena, uint64_t slab, uint32_t entry, uint32_t generation)
{
    for (struct wi_page *page = &arena->pages[slab * WI_SLAB_PAGES]; page < &arena->pages[(slab + 1) * WI_SLAB_PAGES];
         page++) {
        wi_store_relaxed(&page->generation, generation); /* owner's own */
        wi_store_relaxed(&page->entry, entry);           /* owner's own */
    }
}

/* Ends a slab that the caller holds and of which nothing is out. */
static void retire(struct wi_arena *arena, uint32_t class, uint64_t number)
{
    struct wi_slab *slab = &arena->slabs[number];
    uint32_t highest = 0;
    for (uint32_t i = 0; i < blocks_of(class); i++) {
        uint32_t generation = wi_load_relaxed(&arena->generations[number * WI_SLAB_NUMBERS + i]); /* owner's own */
        highest = generation > highest ? generation : highest;
    }
    for (uint32_t i = 0; i < words_of(class); i++) {
        wi_exchange_acq_rel(&slab->free[i], 0); /* [blocks.bits] */
    }
    wi_store_relaxed(&slab->state, 0); /* owner's own */
    mark_pages(arena, number, 0, highest);
    wi_pages_release(arena, number * WI_SLAB_PAGES, WI_SLAB_PAGES);
}

/* Retires the slabs of which nothing is out. Returns whether there were any. */
static bool collect(struct wi_arena *arena)
{
    bool has_retired = false;
    if (wi_load_relaxed(&arena->header->empty_slabs) == 0) /* hint: too early or too late, the next one collects */
        return false;
    for (uint32_t class = 0; class < WI_CLASSES; class ++) {
        struct wi_stack stack = slabs_of(arena, class);
        uint32_t kept = 0;
        for (uint32_t number; (number = wi_stack_pop(&stack)) != WI_STACK_EMPTY;) {
            struct wi_slab *slab = &arena->slabs[number];
            if (wi_load_acquire(&slab->state) < ONE_OUT) {                       /* [blocks.state] */
                wi_fetch_add_relaxed(&arena->header->empty_slabs, (uint64_t)-1); /* hint: as above */
                retire(arena, class, number);
                has_retired = true;
            } else {
                wi_store_relaxed(&slab->next, kept); /* owner's own */
                kept = number + 1;
            }
        }
        while (kept != 0) {
            uint32_t number = kept - 1;
            kept = wi_load_relaxed(&arena->slabs[number].next); /* owner's own */
            wi_stack_push(&stack, number);
        }
    }
    return has_retired;
}

/* Takes pages for slabs and runs; the arena grows if it must. WEFT_ENOMEM. */
static int claim_pages(struct wi_arena *arena, uint64_t count, uint64_t alignment, uint64_t *first)
{
    uint64_t limit = wi_arena_size(arena) / WI_PAGE_BYTES;
    if (wi_pages_claim(arena, count, alignment, limit, first))
        return WEFT_OK;
    if (collect(arena) && wi_pages_claim(arena, count, alignment, limit, first))
        return WEFT_OK;
    if (!wi_pages_claim(arena, count, alignment, arena->max_pages, first))
        return WEFT_ENOMEM;
    int status = wi_arena_raise(arena, (*first + count) * WI_PAGE_BYTES);
    if (status != WEFT_OK)
        wi_pages_release(arena, *first, count);
    return status;
}

/* Makes a slab, which the caller holds. */
static uint32_t make_slab(struct wi_arena *arena, uint32_t class)
{
    uint64_t first;
    uint32_t highest = 0, left = blocks_of(class);
    if (claim_pages(arena, WI_SLAB_PAGES, WI_SLAB_PAGES, &first) != WEFT_OK)
        return WI_STACK_EMPTY;
    uint64_t number = first / WI_SLAB_PAGES;
    struct wi_slab *slab = &arena->slabs[number];
    for (uint64_t page = first; page < first + WI_SLAB_PAGES; page++) {
        uint32_t generation = wi_load_relaxed(&arena->pages[page].generation); /* owner's own */
        highest = generation > highest ? generation : highest;
    }
    for (uint32_t i = 0; highest > 0 && i < left; i++)
        wi_store_relaxed(&arena->generations[number * WI_SLAB_NUMBERS + i], highest); /* owner's own */
    wi_asan_poison(arena->open.base + first * WI_PAGE_BYTES, WI_SLAB_BYTES);
    mark_pages(arena, number, class + 1, highest);
    for (uint32_t i = 0; left > 0; i++) {
        uint32_t here = left < 64 ? left : 64;
        wi_store_release(&slab->free[i], UINT64_MAX >> (64 - here)); /* [blocks.bits] */
        left -= here;
    }
    wi_store_relaxed(&slab->state, IS_LISTED);            /* owner's own */
    wi_fetch_add_relaxed(&arena->header->empty_slabs, 1); /* hint: see collect() */
    return (uint32_t)number;
}

static uint32_t count_of(const struct bin *bin)
{
    return (uint32_t)(bin->top - bin->first);
}

/* Fills an empty bin from a slab that the caller holds. */
static void take_blocks(struct wi_arena *arena, uint32_t class, uint32_t number, struct bin *bin)
{
    struct wi_slab *slab = &arena->slabs[number];
    unsigned char *memory = arena->open.base + number * WI_SLAB_BYTES;
    wi_atomic_u32 *generations = arena->generations + number * WI_SLAB_NUMBERS;
    const struct block *full = bin->first + batch_of(class);
    for (uint32_t i = 0; i < words_of(class) && bin->top < full; i++) {
        uint64_t free = wi_load_relaxed(&slab->free[i]), taken = 0; /* [blocks.bits] */
        for (; free != 0 && bin->top < full; free &= free - 1) {
            uint64_t place = i * 64 + (uint32_t)__builtin_ctzll(free);
            *bin->top++ = (struct block){memory + place * classes[class].bytes, generations + place};
            taken |= free & -free;
        }
        if (taken != 0) {
            wi_fetch_and_acq_rel(&slab->free[i], ~taken); /* [blocks.bits] */
        }
    }
    if (wi_fetch_add_acq_rel(&slab->state, count_of(bin) * ONE_OUT) < ONE_OUT) /* [blocks.state] */
        wi_fetch_add_relaxed(&arena->header->empty_slabs, (uint64_t)-1);       /* hint: see collect() */
}

/* Ends the caller's hold: the slab is listed again if it has free blocks, or else by whoever returns the next. */
static void let_go(struct wi_arena *arena, uint32_t class, uint32_t number)
{
    struct wi_slab *slab = &arena->slabs[number];
    struct wi_stack stack = slabs_of(arena, class);
    for (;;) {
        uint32_t state = wi_load_acquire(&slab->state); /* [blocks.state] */
        for (uint32_t i = 0; i < words_of(class); i++) {
            if (wi_load_relaxed(&slab->free[i]) != 0) { /* hint: the next one to hold it takes them */
                wi_stack_push(&stack, number);
                return;
            }
        }
        if (wi_cas_acq_rel(&slab->state, &state, state & ~(uint32_t)IS_LISTED)) /* [blocks.state] */
            return;
    }
}

/* Fills an empty bin; false if there is no slab to be had. A listed slab may turn out to have nothing: see I2. */
static bool refill(struct wi_arena *arena, uint32_t class, struct bin *bin)
{
    struct wi_stack stack = slabs_of(arena, class);
    while (bin->top == bin->first) {
        uint32_t number = wi_stack_pop(&stack);
        if (number == WI_STACK_EMPTY)
            number = make_slab(arena, class);
        if (number == WI_STACK_EMPTY)
            return false;
        take_blocks(arena, class, number, bin);
        let_go(arena, class, number);
    }
    return true;
}

/* Returns `count` blocks of one word of a slab. */
static void put_bits(struct wi_arena *arena, uint32_t class, uint64_t word, uint64_t bits, uint32_t count)
{
    uint32_t number = (uint32_t)(word / (WI_SLAB_NUMBERS / 64));
    struct wi_slab *slab = &arena->slabs[number];
    wi_atomic_u64 *free = &slab->free[word % (WI_SLAB_NUMBERS / 64)];
    wi_fetch_or_acq_rel(free, bits);                      /* [blocks.bits] */
    uint32_t state = wi_load_relaxed(&slab->state), rest; /* [blocks.state] */
    do
        rest = (state - count * ONE_OUT) | IS_LISTED;
    while (!wi_cas_acq_rel(&slab->state, &state, rest)); /* [blocks.state] */
    if (rest < ONE_OUT)
        wi_fetch_add_relaxed(&arena->header->empty_slabs, 1); /* hint: see collect() */
    if (!(state & IS_LISTED)) {
        struct wi_stack stack = slabs_of(arena, class);
        wi_stack_push(&stack, number);
    }
}

/* A block's number: its slab's times WI_SLAB_NUMBERS plus its place in there. */
static uint64_t number_of(const struct wi_arena *arena, const struct block *block)
{
    return (uint64_t)(block->generation - arena->generations);
}

/* Returns blocks, in any order, and those of one word at once. */
static void return_blocks(struct wi_arena *arena, uint32_t class, struct block *blocks, uint32_t count)
{
    while (count > 0) {
        uint64_t word = number_of(arena, &blocks[0]) / 64, bits = 0;
        uint32_t left = 0;
        for (uint32_t i = 0; i < count; i++) {
            uint64_t number = number_of(arena, &blocks[i]);
            if (number / 64 == word)
                bits |= UINT64_C(1) << number % 64;
            else
                blocks[left++] = blocks[i];
        }
        put_bits(arena, class, word, bits, count - left);
        count = left;
    }
}

/* ---- caches ---- */

static void empty_cache(struct wi_arena *arena, struct wi_cache *cache)
{
    for (uint32_t class = 0; class < WI_CLASSES; class ++) {
        return_blocks(arena, class, cache->bins[class].first, count_of(&cache->bins[class]));
        cache->bins[class].top = cache->bins[class].first;
    }
}

/* Takes a cache whose thread, or whose arena, has come to its end. Under live_lock. */
static void end_cache(struct wi_arena *arena, struct wi_cache *cache)
{
    *(cache->previous ? &cache->previous->next : &arena->caches) = cache->next;
    if (cache->next)
        cache->next->previous = cache->previous;
    empty_cache(arena, cache);
    wi_free(cache);
}

/* Gives a seat up. If its arena is gone, so is the cache. */
static void leave(struct seat *seat)
{
    wi_lock_acquire(&live_lock);
    struct wi_arena *arena = live;
    while (arena && arena->id != seat->arena_id)
        arena = arena->next;
    if (arena)
        end_cache(arena, seat->cache);
    wi_lock_release(&live_lock);
    *seat = (struct seat){0};
}

static void leave_all(void *context)
{
    for (struct seat *seat = context; seat < (struct seat *)context + SEATS; seat++)
        if (seat->arena_id != 0)
            leave(seat);
}

/* Makes a cache for the calling thread; NULL if there is no memory for it. */
static struct wi_cache *take_seat(struct wi_arena *arena, struct seat *seat)
{
    if (seat->arena_id != 0)
        leave(seat);
    struct wi_cache *cache = wi_alloc(WI_CACHE_LINE, sizeof *cache);
    if (!cache || wi_thread_at_exit(exit_key, seats) != WEFT_OK) {
        wi_free(cache);
        return NULL;
    }
    for (uint32_t class = 0; class < WI_CLASSES; class ++) {
        struct block *first = cache->blocks[class];
        cache->bins[class] = (struct bin){.top = first, .first = first, .end = first + 2 * batch_of(class)};
    }
    wi_lock_acquire(&live_lock);
    cache->previous = NULL;
    cache->next = arena->caches;
    if (cache->next)
        cache->next->previous = cache;
    arena->caches = cache;
    wi_lock_release(&live_lock);
    *seat = (struct seat){arena->id, cache};
    return cache;
}

/* The calling thread's seat for the arena, and whether its cache for it is there. */
static inline struct seat *seat_of(const struct wi_arena *arena)
{
    return &seats[arena->id % SEATS];
}

static inline bool is_taken(const struct seat *seat, const struct wi_arena *arena)
{
    return seat->arena_id == arena->id;
}

/* The calling thread's cache, or NULL if it has none yet. */
static struct wi_cache *find_cache(const struct wi_arena *arena)
{
    const struct seat *seat = seat_of(arena);
    return is_taken(seat, arena) ? seat->cache : NULL;
}

/* The calling thread's cache; NULL if there is no memory for one. */
static struct wi_cache *make_cache(struct wi_arena *arena)
{
    struct wi_cache *cache = find_cache(arena);
    return cache ? cache : take_seat(arena, seat_of(arena));
}

static void before_fork(void)
{
    wi_lock_acquire(&live_lock);
}

static void in_parent(void)
{
    wi_lock_release(&live_lock);
}

/* The memory is shared, the caches are not: what they keep stays the parent's, whose threads will hand it out. */
static void in_child(void)
{
    for (struct wi_arena *arena = live; arena; arena = arena->next) {
        while (arena->caches) {
            struct wi_cache *cache = arena->caches;
            arena->caches = cache->next;
            wi_free(cache);
        }
    }
    memset(seats, 0, sizeof seats);
    wi_lock_release(&live_lock);
}

static void prepare(void)
{
    for (uint32_t class = 0, granules = 0; class < WI_CLASSES; class ++)
        for (; granules * WI_GRANULE < classes[class].bytes; granules++)
            class_for_granules[granules] = (uint8_t) class;
    exit_status = wi_thread_exit_key(&exit_key, leave_all);
    if (exit_status == WEFT_OK)
        exit_status = wi_process_around_fork(before_fork, in_parent, in_child);
}

int wi_blocks_begin(struct wi_arena *arena)
{
    static wi_once once = WI_ONCE;
    wi_process_once(&once, prepare);
    if (exit_status != WEFT_OK)
        return exit_status;
    wi_lock_acquire(&live_lock);
    arena->next = live;
    if (live)
        live->previous = arena;
    live = arena;
    wi_lock_release(&live_lock);
    return WEFT_OK;
}

void wi_blocks_end(struct wi_arena *arena)
{
    wi_lock_acquire(&live_lock);
    *(arena->previous ? &arena->previous->next : &live) = arena->next;
    if (arena->next)
        arena->next->previous = arena->previous;
    while (arena->caches)
        end_cache(arena, arena->caches);
    wi_lock_release(&live_lock);
}

/* ---- handing out and taking back ---- */

static uint64_t offset_of(const weft_arena *arena, const void *memory)
{
    return (uintptr_t)memory - (uintptr_t)arena->base;
}

/* A run of pages. */
static int alloc_run(struct wi_arena *arena, size_t alignment, size_t bytes, void **memory)
{
    uint64_t count = bytes / WI_PAGE_BYTES + (bytes % WI_PAGE_BYTES != 0), first;
    uint64_t pages = alignment > WI_PAGE_BYTES ? alignment / WI_PAGE_BYTES : 1;
    if (count > arena->max_pages || claim_pages(arena, count, pages, &first) != WEFT_OK)
        return WEFT_ENOMEM;
    struct wi_page *page = &arena->pages[first];
    begin_generation(&page->generation);
    wi_store_relaxed(&page->entry, RUN | (uint32_t)count); /* owner's own */
    *memory = arena->open.base + first * WI_PAGE_BYTES;
    wi_asan_poison(*memory, count * WI_PAGE_BYTES);
    wi_asan_unpoison(*memory, bytes);
    return WEFT_OK;
}

static void free_run(struct wi_arena *arena, void *memory, const struct place *place)
{
    uint64_t count = place->entry & ~RUN, first = offset_of(&arena->open, memory) / WI_PAGE_BYTES;
    wi_asan_poison(memory, count * WI_PAGE_BYTES);
    wi_store_relaxed(&arena->pages[first].entry, 0); /* owner's own */
    end_generation(place);
    wi_pages_release(arena, first, count);
}

/* The smallest class that does, where `bytes` and `alignment` are not above SMALL_BYTES. */
static uint32_t class_for(size_t alignment, size_t bytes)
{
    uint32_t class = class_of(bytes > alignment ? bytes : alignment);
    while (alignment > WI_GRANULE && classes[class].bytes % alignment != 0)
        class ++;
    return class;
}

/* The newest block of a bin that is not empty. */
static inline unsigned char *hand_out(struct bin *bin)
{
    const struct block *block = --bin->top;
    begin_generation(block->generation);
    return block->memory;
}

/* All that needs more than a look into the thread's own cache. */
__attribute__((noinline)) static int alloc_slowly(weft_arena *open, size_t alignment, size_t bytes, void **memory)
{
    if (!open || !memory || bytes == 0 || (alignment & (alignment - 1)) || alignment > WI_MAPPING_ALIGN)
        return WEFT_EINVAL;
    struct wi_arena *arena = wi_arena_of(open);
    if (bytes > SMALL_BYTES || alignment > SMALL_BYTES)
        return alloc_run(arena, alignment, bytes, memory);
    struct wi_cache *cache = make_cache(arena);
    if (!cache)
        return WEFT_ENOMEM;
    uint32_t class = class_for(alignment, bytes);
    struct bin *bin = &cache->bins[class];
    if (bin->top == bin->first && !refill(arena, class, bin)) {
        empty_cache(arena, cache); /* perhaps that makes a slab's worth of pages free */
        if (!refill(arena, class, bin))
            return alloc_run(arena, alignment, bytes, memory);
    }
    *memory = hand_out(bin);
    wi_asan_unpoison(*memory, bytes);
    return WEFT_OK;
}

/* All that the allocation of a block needs where a sanitizer is to be told of it, too. */
__attribute__((noinline)) static int alloc_told(weft_arena *open, size_t alignment, size_t bytes, void **memory)
{
    wi_hide_begin();
    int status = alloc_slowly(open, alignment, bytes, memory);
    wi_hide_end();
    if (status == WEFT_OK)
        wi_tsan_acquire(*memory); /* [blocks.cached] */
    return status;
}

/* A look into the thread's own cache comes first, where it is all that is needed. With a sanitizer it never is. */
int weft_arena_alloc(weft_arena *open, size_t alignment, size_t bytes, void **memory)
{
    if (open && memory && bytes - 1 < SMALL_BYTES && (alignment & ~WI_GRANULE) == 0 && !wi_is_watched()) {
        const struct seat *seat = seat_of(wi_arena_of(open));
        if (is_taken(seat, wi_arena_of(open))) {
            struct bin *bin = &seat->cache->bins[class_of(bytes)];
            if (bin->top != bin->first) {
                *memory = hand_out(bin);
                return WEFT_OK;
            }
        }
    }
    return alloc_told(open, alignment, bytes, memory);
}

/* A block becomes the newest of a bin that is not full. */
static inline void take_back(struct bin *bin, void *memory, const struct place *place)
{
    *bin->top++ = (struct block){memory, place->generation};
    end_generation(place);
}

/* All that needs more than room in the thread's own cache. */
static void free_found(struct wi_arena *arena, void *memory, const struct place *place)
{
    if (place->entry & RUN) {
        free_run(arena, memory, place);
        return;
    }
    uint32_t class = place->entry - 1;
    struct wi_cache *cache = make_cache(arena);
    struct block room;
    struct bin single = {&room, &room, &room + 1}, *bin = cache ? &cache->bins[class] : &single;
    if (bin->top == bin->end) {
        uint32_t older = count_of(bin) / 2;
        return_blocks(arena, class, bin->first, older);
        memmove(bin->first, bin->first + older, older * sizeof *bin->first);
        bin->top -= older;
    }
    wi_asan_poison(memory, classes[class].bytes);
    take_back(bin, memory, place);
    return_blocks(arena, class, single.first, count_of(&single));
}

/* The same, beginning with the search, where a sanitizer is to be told of it, too. */
__attribute__((noinline)) static int free_told(weft_arena *open, void *memory)
{
    struct wi_arena *arena = wi_arena_of(open);
    struct place place;
    int status = open && memory ? find(arena, offset_of(open, memory), &place) : WEFT_EINVAL;
    if (status != WEFT_OK)
        return status;
    wi_tsan_put(memory); /* [blocks.cached] */
    wi_hide_begin();
    free_found(arena, memory, &place);
    wi_hide_end();
    return WEFT_OK;
}

int weft_arena_free(weft_arena *open, void *memory)
{
    if (open && !wi_is_watched()) {
        const struct seat *seat = seat_of(wi_arena_of(open));
        struct place place;
        if (is_taken(seat, wi_arena_of(open)) && find(wi_arena_of(open), offset_of(open, memory), &place) == WEFT_OK &&
            place.entry <= WI_CLASSES) {
            struct bin *bin = &seat->cache->bins[place.entry - 1];
            if (bin->top != bin->end) {
                take_back(bin, memory, &place);
                return WEFT_OK;
            }
        }
    }
    return free_told(open, memory);
}

/* A reference has the granule in its lower bits, which reach for WEFT_ARENA_MAX, and the generation above. */
#define GRANULE_BITS 36

static weft_ref ref_of(uint64_t offset, const struct place *place)
{
    return (uint64_t)place->turn << GRANULE_BITS | offset / WI_GRANULE;
}

int weft_arena_ref(const weft_arena *arena, const void *memory, weft_ref *ref)
{
    struct place place;
    if (!arena || !memory || !ref)
        return WEFT_EINVAL;
    uint64_t offset = offset_of(arena, memory);
    int status = find(wi_arena_of(arena), offset, &place);
    if (status == WEFT_OK)
        *ref = ref_of(offset, &place);
    return status;
}

int weft_arena_resolve(const weft_arena *arena, weft_ref ref, void **memory)
{
    struct place place;
    if (!arena || !memory)
        return WEFT_EINVAL;
    uint64_t offset = (ref & ((UINT64_C(1) << GRANULE_BITS) - 1)) * WI_GRANULE;
    int status = find(wi_arena_of(arena), offset, &place);
    if (status == WEFT_OK && ref_of(offset, &place) != ref)
        status = WEFT_ESTALE;
    if (status == WEFT_OK)
        *memory = arena->base + offset;
    return status;
}

int weft_arena_trim(weft_arena *open)
{
    if (!open)
        return WEFT_EINVAL;
    struct wi_arena *arena = wi_arena_of(open);
    struct wi_cache *cache = find_cache(arena);
    if (cache)
        empty_cache(arena, cache);
    collect(arena);
    return WEFT_OK;
}

/* ---- the books ---- */

/* Adds up one slab. WEFT_ECORRUPT: a block is free and handed out at once, or the count of those that are out is
 * wrong. */
static int audit_slab(const struct wi_arena *arena, uint64_t number, uint32_t class, weft_arena_usage *usage)
{
    const struct wi_slab *slab = &arena->slabs[number];
    uint64_t count = blocks_of(class), allocated = 0, free = 0;
    for (uint64_t i = 0; i < count; i++) {
        const wi_atomic_u32 *generation = &arena->generations[number * WI_SLAB_NUMBERS + i];
        bool is_allocated = wi_load_relaxed(generation) % 2;               /* hint: exact only when all rests */
        bool is_free = wi_load_relaxed(&slab->free[i / 64]) >> i % 64 & 1; /* hint: as above */
        if (is_allocated && is_free)
            return WEFT_ECORRUPT;
        allocated += is_allocated;
        free += is_free;
    }
    if (wi_load_relaxed(&slab->state) / ONE_OUT != count - free) /* hint: as above */
        return WEFT_ECORRUPT;
    usage->blocks += allocated;
    usage->allocated_bytes += allocated * classes[class].bytes;
    usage->free_bytes += free * classes[class].bytes;
    usage->cached_bytes += (count - allocated - free) * classes[class].bytes;
    usage->slack_bytes += WI_SLAB_BYTES - count * classes[class].bytes;
    return WEFT_OK;
}

/* Adds up what begins at `*page`, and moves it on. */
static int audit_page(const struct wi_arena *arena, uint64_t *page, weft_arena_usage *usage)
{
    uint32_t entry = wi_load_relaxed(&arena->pages[*page].entry); /* hint: as in audit_slab() */
    uint64_t count = 1;
    int status = WEFT_OK;
    if (entry - 1 < WI_CLASSES) {
        count = WI_SLAB_PAGES;
        if (*page % count != 0)
            return WEFT_ECORRUPT;
        status = audit_slab(arena, *page / count, entry - 1, usage);
    } else if (entry & RUN) {
        count = entry & ~RUN;
        usage->allocated_bytes += count * WI_PAGE_BYTES;
        usage->blocks++;
    } else if (*page < arena->fixed_pages) {
        usage->fixed_bytes += WI_PAGE_BYTES;
    } else if (wi_pages_is_taken(arena, *page)) {
        return WEFT_ECORRUPT;
    } else {
        usage->free_bytes += WI_PAGE_BYTES;
    }
    for (uint64_t i = 0; i < count; i++)
        if (entry != 0 && !wi_pages_is_taken(arena, *page + i))
            return WEFT_ECORRUPT;
    *page += count;
    return status;
}

/* What the threads of this process keep. */
static uint64_t kept_bytes(const struct wi_arena *arena)
{
    uint64_t bytes = 0;
    wi_lock_acquire(&live_lock);
    for (const struct wi_cache *cache = arena->caches; cache; cache = cache->next)
        for (uint32_t class = 0; class < WI_CLASSES; class ++)
            bytes += (uint64_t)count_of(&cache->bins[class]) * classes[class].bytes;
    wi_lock_release(&live_lock);
    return bytes;
}

int weft_arena_audit(const weft_arena *open, weft_arena_usage *result)
{
    if (!open || !result)
        return WEFT_EINVAL;
    const struct wi_arena *arena = wi_arena_of(open);
    weft_arena_usage usage = {.size_bytes = wi_arena_size(arena)};
    uint64_t pages = usage.size_bytes / WI_PAGE_BYTES, page = 0;
    int status = WEFT_OK;
    while (status == WEFT_OK && page < pages)
        status = audit_page(arena, &page, &usage);
    if (status != WEFT_OK || page > pages || kept_bytes(arena) > usage.cached_bytes)
        return WEFT_ECORRUPT;
    usage.slack_bytes += usage.size_bytes % WI_PAGE_BYTES;
    *result = usage;
    return WEFT_OK;
}
