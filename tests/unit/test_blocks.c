/*
 * unit/test_blocks.c - blocks of an arena: sizes, reuse, references, the books
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/arena.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "memory/arena.h"
#include "memory/stack.h"
#include "os/thread.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)

extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
extern int __asan_address_is_poisoned(const volatile void *address) __attribute__((weak));

static weft_arena *new_arena(uint64_t bytes, uint64_t max_bytes)
{
    weft_arena *arena;
    cr_assert_eq(weft_arena_create(bytes, max_bytes, NULL, &arena), WEFT_OK);
    return arena;
}

/* The books, which must be right: the parts make up the whole. */
static weft_arena_usage audit(const weft_arena *arena)
{
    weft_arena_usage usage;
    cr_assert_eq(weft_arena_audit(arena, &usage), WEFT_OK);
    cr_assert_eq(usage.fixed_bytes + usage.allocated_bytes + usage.cached_bytes + usage.free_bytes + usage.slack_bytes,
                 usage.size_bytes);
    cr_assert_eq(usage.size_bytes, weft_arena_size(arena));
    return usage;
}

/* Ends an arena that no block is left in: all of it can be had again. */
static void end(weft_arena *arena)
{
    void *all;
    cr_assert_eq(weft_arena_trim(arena), WEFT_OK);
    weft_arena_usage usage = audit(arena);
    cr_assert_eq(usage.allocated_bytes + usage.cached_bytes + usage.blocks, 0);
    uint64_t bytes = weft_arena_max(arena) / WI_PAGE_BYTES * WI_PAGE_BYTES - usage.fixed_bytes;
    if (bytes > 0) {
        cr_assert_eq(weft_arena_alloc(arena, 0, bytes, &all), WEFT_OK);
        cr_assert_eq(weft_arena_free(arena, all), WEFT_OK);
    }
    weft_arena_release(arena);
    cr_assert(!__lsan_do_recoverable_leak_check || __lsan_do_recoverable_leak_check() == 0);
}

Test(blocks, smoke)
{
    weft_arena *arena = new_arena(0, MIB);
    char *memory;
    cr_assert_eq(weft_arena_alloc(arena, 0, 100, (void **)&memory), WEFT_OK);
    memset(memory, 1, 100);
    cr_assert_eq(audit(arena).allocated_bytes, 112);
    cr_assert_eq(audit(arena).blocks, 1);
    cr_assert_eq(weft_arena_free(arena, memory), WEFT_OK);
    cr_assert_eq(audit(arena).allocated_bytes, 0);
    end(arena);
}

Test(blocks, every_size_is_large_enough_aligned_and_its_own)
{
    enum {
        MOST = 9000
    };
    weft_arena *arena = new_arena(0, 128 * MIB);
    static unsigned char *blocks[MOST + 1];
    for (size_t bytes = 1; bytes <= MOST; bytes++) {
        cr_assert_eq(weft_arena_alloc(arena, 0, bytes, (void **)&blocks[bytes]), WEFT_OK);
        cr_assert_eq((uintptr_t)blocks[bytes] % 16, 0);
        cr_assert_not_null(weft_arena_at(arena, (uint64_t)(blocks[bytes] - arena->base), bytes));
        memset(blocks[bytes], (int)bytes, bytes);
    }
    cr_assert_eq(audit(arena).blocks, MOST);
    for (size_t bytes = 1; bytes <= MOST; bytes++) {
        for (size_t i = 0; i < bytes; i++)
            cr_assert_eq(blocks[bytes][i], (unsigned char)bytes);
        cr_assert_eq(weft_arena_free(arena, blocks[bytes]), WEFT_OK);
    }
    end(arena);
}

Test(blocks, what_is_rounded_up_is_less_than_a_quarter_from_129_bytes_on)
{
    weft_arena *arena = new_arena(0, 64 * MIB);
    for (size_t bytes = 129; bytes <= 4096; bytes++) {
        void *memory;
        cr_assert_eq(weft_arena_alloc(arena, 0, bytes, &memory), WEFT_OK);
        uint64_t took = audit(arena).allocated_bytes;
        cr_assert(took >= bytes && took < bytes + bytes / 4 + 1, "%zu bytes take %zu", bytes, (size_t)took);
        weft_arena_free(arena, memory);
        bytes += 30;
    }
    end(arena);
}

Test(blocks, every_alignment_is_kept)
{
    static const size_t sizes[] = {1, 24, 100, 1000, 4096, 5000, 100000};
    weft_arena *arena = new_arena(0, 64 * MIB);
    for (size_t alignment = 1; alignment <= 2 * MIB; alignment *= 2) {
        void *blocks[7];
        for (int i = 0; i < 7; i++) {
            cr_assert_eq(weft_arena_alloc(arena, alignment, sizes[i], &blocks[i]), WEFT_OK);
            cr_assert_eq((uintptr_t)blocks[i] % alignment, 0, "%zu on %zu", sizes[i], alignment);
            memset(blocks[i], 1, sizes[i]);
        }
        for (int i = 0; i < 7; i++)
            cr_assert_eq(weft_arena_free(arena, blocks[i]), WEFT_OK);
    }
    end(arena);
}

Test(blocks, bad_requests_are_refused_and_change_nothing)
{
    weft_arena *arena = new_arena(0, MIB);
    void *memory = NULL;
    cr_assert_eq(weft_arena_alloc(arena, 0, 0, &memory), WEFT_EINVAL);
    cr_assert_eq(weft_arena_alloc(arena, 3, 8, &memory), WEFT_EINVAL);
    cr_assert_eq(weft_arena_alloc(arena, 48, 8, &memory), WEFT_EINVAL);
    cr_assert_eq(weft_arena_alloc(arena, 4 * MIB, 8, &memory), WEFT_EINVAL);
    cr_assert_eq(weft_arena_alloc(arena, 0, MIB + 1, &memory), WEFT_ENOMEM);
    cr_assert_eq(weft_arena_alloc(arena, 0, SIZE_MAX, &memory), WEFT_ENOMEM);
    cr_assert_eq(weft_arena_alloc(arena, 4096, SIZE_MAX - 4095, &memory), WEFT_ENOMEM);
    cr_assert_null(memory);
    cr_assert_eq(weft_arena_size(arena), 0);
    end(arena);
}

Test(blocks, bad_pointers_are_refused_and_change_nothing)
{
    weft_arena *arena = new_arena(0, MIB);
    unsigned char *small, *large;
    weft_ref ref = 5;
    cr_assert_eq(weft_arena_alloc(arena, 0, 48, (void **)&small), WEFT_OK);
    cr_assert_eq(weft_arena_alloc(arena, 0, 3 * WI_PAGE_BYTES, (void **)&large), WEFT_OK);
    weft_arena_usage before = audit(arena), after;
    unsigned char *stale[] = {small + 1, small + 16, small + 47, small + 48, large + 1, large + WI_PAGE_BYTES};
    for (size_t i = 0; i < sizeof stale / sizeof stale[0]; i++) {
        cr_assert_eq(weft_arena_free(arena, stale[i]), WEFT_ESTALE, "pointer %zu", i);
        cr_assert_eq(weft_arena_ref(arena, stale[i], &ref), WEFT_ESTALE);
    }
    unsigned char *outside[] = {arena->base + MIB, arena->base - 1, (unsigned char *)&ref, arena->base + 4 * MIB};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        cr_assert_eq(weft_arena_free(arena, outside[i]), WEFT_ERANGE, "pointer %zu", i);
        cr_assert_eq(weft_arena_ref(arena, outside[i], &ref), WEFT_ERANGE);
    }
    cr_assert_eq(ref, 5);
    after = audit(arena);
    cr_assert_eq(memcmp(&before, &after, sizeof before), 0);
    cr_assert_eq(weft_arena_free(arena, small), WEFT_OK);
    cr_assert_eq(weft_arena_free(arena, large), WEFT_OK);
    cr_assert_eq(weft_arena_free(arena, small), WEFT_ESTALE, "freed twice");
    cr_assert_eq(weft_arena_free(arena, large), WEFT_ESTALE, "freed twice");
    end(arena);
}

Test(blocks, a_reference_is_stale_once_its_block_is_freed)
{
    static const size_t sizes[] = {16, 1000, 4096, 20000};
    weft_arena *arena = new_arena(0, 4 * MIB);
    for (int i = 0; i < 4; i++) {
        void *memory, *found, *again;
        weft_ref ref, next;
        cr_assert_eq(weft_arena_alloc(arena, 0, sizes[i], &memory), WEFT_OK);
        cr_assert_eq(weft_arena_ref(arena, memory, &ref), WEFT_OK);
        cr_assert_neq(ref, 0);
        cr_assert_eq(weft_arena_resolve(arena, ref, &found), WEFT_OK);
        cr_assert_eq(found, memory);
        cr_assert_eq(weft_arena_free(arena, memory), WEFT_OK);
        found = NULL;
        cr_assert_eq(weft_arena_resolve(arena, ref, &found), WEFT_ESTALE);
        cr_assert_eq(weft_arena_alloc(arena, 0, sizes[i], &again), WEFT_OK);
        cr_assert_eq(again, memory, "the place that was used last is used first");
        cr_assert_eq(weft_arena_resolve(arena, ref, &found), WEFT_ESTALE);
        cr_assert_null(found);
        cr_assert_eq(weft_arena_ref(arena, again, &next), WEFT_OK);
        cr_assert_neq(next, ref);
        weft_arena_free(arena, again);
    }
    void *found;
    cr_assert_eq(weft_arena_resolve(arena, 0, &found), WEFT_ESTALE);
    cr_assert_eq(weft_arena_resolve(arena, UINT64_MAX, &found), WEFT_ERANGE);
    end(arena);
}

Test(blocks, a_reference_stays_stale_when_its_pages_get_another_use)
{
    weft_arena *arena = new_arena(0, WI_SLAB_BYTES);
    static weft_ref stale[4000];
    size_t count = 0;
    for (int round = 0; round < 30; round++) {
        size_t bytes = (size_t[]){16, 32, 48, 64, 512, 4096, 8192, 65536}[round * 5 % 8];
        void *memory;
        for (int i = 0; i < 100 && weft_arena_alloc(arena, 0, bytes, &memory) == WEFT_OK; i++) {
            cr_assert_eq(weft_arena_ref(arena, memory, &stale[count]), WEFT_OK);
            for (size_t j = 0; j < count; j++)
                cr_assert_neq(stale[count], stale[j], "round %d", round);
            count++;
        }
        for (size_t i = 0; i < count; i++)
            if (weft_arena_resolve(arena, stale[i], &memory) == WEFT_OK)
                cr_assert_eq(weft_arena_free(arena, memory), WEFT_OK);
        for (size_t i = 0; i < count; i++)
            cr_assert_eq(weft_arena_resolve(arena, stale[i], &memory), WEFT_ESTALE);
        weft_arena_trim(arena);
    }
    cr_assert_gt(count, 500);
    end(arena);
}

/* Allocates blocks of one size until there is no room; gives how many, linked through their first bytes. */
static uint64_t fill(weft_arena *arena, size_t bytes, void **last)
{
    uint64_t count = 0;
    void *memory;
    int status;
    *last = NULL;
    while ((status = weft_arena_alloc(arena, 0, bytes, &memory)) == WEFT_OK) {
        *(void **)memory = *last;
        *last = memory;
        count++;
    }
    cr_assert_eq(status, WEFT_ENOMEM);
    return count;
}

static void drain(weft_arena *arena, void *last)
{
    while (last) {
        void *next = *(void **)last;
        cr_assert_eq(weft_arena_free(arena, last), WEFT_OK);
        last = next;
    }
}

Test(blocks, a_full_arena_is_enomem_and_all_of_it_was_used)
{
    static const size_t sizes[] = {16, 48, 64, 1024, 4096, 10000, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        weft_arena *arena = new_arena(0, 1000000);
        void *last;
        uint64_t count = fill(arena, sizes[i], &last);
        weft_arena_usage usage = audit(arena);
        cr_assert_eq(usage.blocks, count);
        cr_assert_lt(usage.free_bytes + usage.cached_bytes, sizes[i] + WI_PAGE_BYTES, "%zu bytes", sizes[i]);
        cr_assert_leq(weft_arena_size(arena), 1000000);
        cr_assert_eq(weft_arena_grow(arena, 1000000), WEFT_OK, "growing is no matter of blocks");
        drain(arena, last);
        end(arena);
    }
}

Test(blocks, what_one_size_has_left_another_can_have)
{
    weft_arena *arena = new_arena(0, MIB);
    for (int round = 0; round < 3; round++) {
        for (size_t bytes = 16; bytes <= MIB; bytes *= 4) {
            void *last;
            fill(arena, bytes, &last);
            drain(arena, last);
        }
    }
    end(arena);
}

Test(blocks, a_slab_lives_as_long_as_any_of_its_blocks)
{
    weft_arena *arena = new_arena(0, MIB);
    void *blocks[16], *other, *found;
    weft_ref ref;
    for (int i = 0; i < 16; i++)
        cr_assert_eq(weft_arena_alloc(arena, 0, 4096, &blocks[i]), WEFT_OK);
    cr_assert_eq(weft_arena_ref(arena, blocks[7], &ref), WEFT_OK);
    for (int i = 0; i < 16; i++)
        if (i != 7)
            cr_assert_eq(weft_arena_free(arena, blocks[i]), WEFT_OK);
    cr_assert_eq(weft_arena_alloc(arena, 0, 64, &other), WEFT_OK);
    cr_assert_eq(weft_arena_free(arena, other), WEFT_OK);
    cr_assert_eq(weft_arena_trim(arena), WEFT_OK, "there is one slab to be given back, and one that is not");
    cr_assert_eq(audit(arena).blocks, 1);
    cr_assert_eq(weft_arena_resolve(arena, ref, &found), WEFT_OK);
    cr_assert_eq(weft_arena_free(arena, found), WEFT_OK);
    end(arena);
}

Test(blocks, the_fixed_part_is_never_handed_out)
{
    weft_arena *arena;
    weft_arena_options options = {.size = sizeof options, .fixed_bytes = 100000};
    cr_assert_eq(weft_arena_create(100000, MIB, &options, &arena), WEFT_OK);
    memset(arena->base, 0x55, 100000);
    void *last;
    fill(arena, 64, &last);
    for (void **block = last; block; block = *block)
        cr_assert_geq((uint64_t)((unsigned char *)block - arena->base), 100000);
    drain(arena, last);
    for (int i = 0; i < 100000; i++)
        cr_assert_eq(arena->base[i], 0x55);
    cr_assert_eq(audit(arena).fixed_bytes, 25 * WI_PAGE_BYTES);
    end(arena);
}

Test(blocks, an_arena_smaller_than_a_slab_hands_out_pages)
{
    weft_arena *arena = new_arena(0, 3 * WI_PAGE_BYTES + 100);
    void *blocks[4];
    for (int i = 0; i < 3; i++)
        cr_assert_eq(weft_arena_alloc(arena, 0, 1, &blocks[i]), WEFT_OK);
    cr_assert_eq(weft_arena_alloc(arena, 0, 1, &blocks[3]), WEFT_ENOMEM);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(weft_arena_free(arena, blocks[i]), WEFT_OK);
    end(arena);
}

Test(blocks, an_arena_without_a_page_has_no_blocks)
{
    weft_arena *arena = new_arena(100, 4000);
    void *memory;
    cr_assert_eq(weft_arena_alloc(arena, 0, 1, &memory), WEFT_ENOMEM);
    cr_assert_eq(audit(arena).slack_bytes, 100);
    end(arena);
}

Test(blocks, what_is_not_handed_out_is_poisoned)
{
    if (!__asan_address_is_poisoned)
        cr_skip_test("without AddressSanitizer");
    static const size_t sizes[] = {16, 100, 4096, 10000};
    weft_arena *arena = new_arena(0, MIB);
    for (int i = 0; i < 4; i++) {
        char *memory;
        cr_assert_eq(weft_arena_alloc(arena, 0, sizes[i], (void **)&memory), WEFT_OK);
        cr_assert_not(__asan_address_is_poisoned(memory));
        cr_assert_not(__asan_address_is_poisoned(memory + sizes[i] - 1));
        if (sizes[i] % 16 != 0)
            cr_assert(__asan_address_is_poisoned(memory + sizes[i]));
        cr_assert_eq(weft_arena_free(arena, memory), WEFT_OK);
        cr_assert(__asan_address_is_poisoned(memory));
        cr_assert(__asan_address_is_poisoned(memory + sizes[i] - 1));
    }
    unsigned char *base = arena->base;
    end(arena);
    cr_assert_not(__asan_address_is_poisoned(base), "whatever is mapped there next is not ours");
}

Test(blocks, books_that_are_wrong_are_noticed)
{
    weft_arena *open = new_arena(0, MIB);
    struct wi_arena *arena = wi_arena_of(open);
    void *memory;
    weft_arena_usage usage = {.blocks = 77};
    cr_assert_eq(weft_arena_alloc(open, 0, 64, &memory), WEFT_OK);
    uint64_t slab = (uint64_t)((unsigned char *)memory - open->base) / WI_SLAB_BYTES;
    arena->slabs[slab].free[0].value ^= UINT64_C(1) << 63;
    cr_assert_eq(weft_arena_audit(open, &usage), WEFT_ECORRUPT);
    arena->slabs[slab].free[0].value ^= UINT64_C(1) << 63;
    arena->taken[slab * WI_SLAB_PAGES / 64].value ^= UINT64_C(1) << slab * WI_SLAB_PAGES % 64;
    cr_assert_eq(weft_arena_audit(open, &usage), WEFT_ECORRUPT);
    arena->taken[slab * WI_SLAB_PAGES / 64].value ^= UINT64_C(1) << slab * WI_SLAB_PAGES % 64;
    cr_assert_eq(usage.blocks, 77);
    cr_assert_eq(weft_arena_free(open, memory), WEFT_OK);
    end(open);
}

Test(blocks, a_slab_may_be_listed_when_its_last_free_block_is_gone)
{
    /* Who returns a block sets its bit, then lists the slab. In between another may have taken the bit. */
    weft_arena *open = new_arena(0, MIB);
    struct wi_arena *arena = wi_arena_of(open);
    unsigned char *blocks[16], *next;
    for (int i = 0; i < 16; i++) {
        cr_assert_eq(weft_arena_alloc(open, 0, 4096, (void **)&blocks[i]), WEFT_OK);
        cr_assert_eq((uint64_t)(blocks[i] - open->base) / WI_SLAB_BYTES, 0, "a slab has 16 of them");
    }
    struct wi_slab *slab = &arena->slabs[0];
    wi_store_relaxed(&slab->state, wi_load_relaxed(&slab->state) | 1);
    struct wi_stack stack = {.head = &arena->header->classes[WI_CLASSES - 1].slabs,
                             .links = &slab->next,
                             .stride = sizeof *slab,
                             .count = (uint32_t)arena->slab_count};
    wi_stack_push(&stack, 0);
    cr_assert_eq(weft_arena_alloc(open, 0, 4096, (void **)&next), WEFT_OK);
    cr_assert_eq((uint64_t)(next - open->base) / WI_SLAB_BYTES, 1);
    cr_assert_eq(weft_arena_free(open, next), WEFT_OK);
    for (int i = 0; i < 16; i++)
        cr_assert_eq(weft_arena_free(open, blocks[i]), WEFT_OK);
    end(open);
}

/* ---- threads ---- */

#define THREADS 4
#define SLOTS   200
#define ROUNDS  20000

/* A block that travels: who takes it out of the table checks what the last one has written, and frees it. */
struct traveller {
    uint64_t bytes;
    unsigned char content[];
};

struct crowd {
    weft_arena *arena;
    wi_atomic_ptr slots[SLOTS];
};

static uint64_t check(const struct traveller *traveller)
{
    uint64_t mistakes = 0;
    for (uint64_t i = sizeof *traveller; i < traveller->bytes; i++)
        mistakes += traveller->content[i - sizeof *traveller] != (unsigned char)traveller->bytes;
    return mistakes;
}

static void *travel(void *context)
{
    struct crowd *crowd = context;
    uint64_t random = (uintptr_t)&random, mistakes = 0;
    for (int i = 0; i < ROUNDS; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint64_t bytes = 8 + (random >> 33) % (i % 50 == 0 ? 20000 : 600);
        struct traveller *traveller;
        if (weft_arena_alloc(crowd->arena, 0, bytes, (void **)&traveller) != WEFT_OK)
            traveller = NULL;
        if (traveller) {
            traveller->bytes = bytes;
            memset(traveller->content, (int)bytes, bytes - sizeof *traveller);
        }
        traveller = wi_exchange_acq_rel(&crowd->slots[(random >> 20) % SLOTS], (void *)traveller);
        if (traveller) {
            mistakes += check(traveller);
            mistakes += weft_arena_free(crowd->arena, traveller) != WEFT_OK;
        }
    }
    return (void *)(uintptr_t)mistakes;
}

static void run_crowd(uint64_t max_bytes)
{
    static struct crowd crowd;
    crowd.arena = new_arena(0, max_bytes);
    wi_thread threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, travel, &crowd), 0);
    for (int i = 0; i < THREADS; i++) {
        void *mistakes;
        pthread_join(threads[i].handle, &mistakes);
        cr_assert_null(mistakes);
    }
    weft_arena_usage usage = audit(crowd.arena);
    cr_assert_eq(usage.cached_bytes, 0, "threads that have ended keep nothing");
    uint64_t blocks = 0;
    for (int i = 0; i < SLOTS; i++) {
        blocks += crowd.slots[i].value != NULL;
        if (crowd.slots[i].value)
            cr_assert_eq(weft_arena_free(crowd.arena, crowd.slots[i].value), WEFT_OK);
    }
    cr_assert_eq(usage.blocks, blocks);
    end(crowd.arena);
}

Test(blocks, exactly_once)
{
    run_crowd(64 * MIB);
}

Test(blocks, exactly_once_where_memory_ends)
{
    run_crowd(256 * KIB);
}

/* Threads that allocate and free more at once than they keep, of a size of which a slab has few blocks: each slab is
 * emptied and filled again all the time, and who returns a block meets who takes it. */
#define AT_ONCE 40

static void *shuttle(void *context)
{
    void *blocks[AT_ONCE];
    uint64_t mistakes = 0;
    for (int i = 0; i < ROUNDS; i++) {
        for (int j = 0; j < AT_ONCE; j++) {
            mistakes += weft_arena_alloc(context, 0, 4096, &blocks[j]) != WEFT_OK;
            *(int *)blocks[j] = j;
        }
        for (int j = 0; j < AT_ONCE; j++) {
            mistakes += *(int *)blocks[j] != j;
            mistakes += weft_arena_free(context, blocks[j]) != WEFT_OK;
        }
    }
    return (void *)(uintptr_t)mistakes;
}

Test(blocks, stampede)
{
    weft_arena *arena = new_arena(0, 16 * MIB);
    wi_thread threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(wi_thread_create(&threads[i], 0, shuttle, arena), 0);
    for (int i = 0; i < THREADS; i++) {
        void *mistakes;
        pthread_join(threads[i].handle, &mistakes);
        cr_assert_null(mistakes);
    }
    cr_assert_eq(audit(arena).cached_bytes, 0);
    end(arena);
}

static void *keep_and_end(void *context)
{
    void *memory;
    if (weft_arena_alloc(context, 0, 64, &memory) != WEFT_OK)
        return NULL;
    return weft_arena_free(context, memory) == WEFT_OK ? context : NULL;
}

Test(blocks, a_thread_that_ends_gives_back_what_it_keeps)
{
    weft_arena *arena = new_arena(0, MIB);
    wi_thread thread;
    void *result;
    cr_assert_eq(wi_thread_create(&thread, 0, keep_and_end, arena), 0);
    pthread_join(thread.handle, &result);
    cr_assert_eq(result, arena);
    cr_assert_eq(audit(arena).cached_bytes, 0);
    end(arena);
}

struct outlived {
    wi_atomic_u32 step;
    weft_arena *arena;
};

static void await_step(struct outlived *outlived, uint32_t step)
{
    while (wi_load_acquire(&outlived->step) != step)
        wi_thread_yield();
}

static void *outlive(void *context)
{
    struct outlived *outlived = context;
    void *memory;
    if (weft_arena_alloc(outlived->arena, 0, 64, &memory) == WEFT_OK)
        weft_arena_free(outlived->arena, memory);
    wi_store_release(&outlived->step, 1);
    await_step(outlived, 2);
    return NULL;
}

Test(blocks, a_thread_may_end_after_an_arena_that_it_used)
{
    struct outlived outlived = {.arena = new_arena(0, MIB)};
    wi_thread thread;
    cr_assert_eq(wi_thread_create(&thread, 0, outlive, &outlived), 0);
    await_step(&outlived, 1);
    cr_assert_gt(audit(outlived.arena).cached_bytes, 0);
    weft_arena_release(outlived.arena);
    wi_store_release(&outlived.step, 2);
    wi_thread_join(&thread);
    cr_assert(!__lsan_do_recoverable_leak_check || __lsan_do_recoverable_leak_check() == 0);
}

Test(blocks, more_arenas_than_a_thread_has_seats_for)
{
    enum {
        ARENAS = 20
    };
    weft_arena *arenas[ARENAS];
    void *blocks[ARENAS];
    for (int i = 0; i < ARENAS; i++)
        arenas[i] = new_arena(0, MIB);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < ARENAS; i++)
            cr_assert_eq(weft_arena_alloc(arenas[i], 0, 100, &blocks[i]), WEFT_OK);
        for (int i = 0; i < ARENAS; i++)
            cr_assert_eq(weft_arena_free(arenas[i], blocks[i]), WEFT_OK);
    }
    for (int i = 0; i < ARENAS; i++)
        end(arenas[i]);
}

Test(blocks, a_forked_child_does_not_hand_out_what_its_parent_keeps)
{
    weft_arena *arena = new_arena(0, MIB);
    void *memory, *last;
    cr_assert_eq(weft_arena_alloc(arena, 0, 64, &memory), WEFT_OK);
    cr_assert_eq(weft_arena_free(arena, memory), WEFT_OK);
    uint64_t kept = audit(arena).cached_bytes;
    cr_assert_gt(kept, 0);
    pid_t child = fork();
    if (child == 0) {
        weft_arena_usage usage;
        fill(arena, 64, &last);
        int is_right = weft_arena_audit(arena, &usage) == WEFT_OK && usage.cached_bytes == kept;
        drain(arena, last);
        is_right &= weft_arena_release(arena) == WEFT_OK;
        _exit(is_right ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    cr_assert_eq(audit(arena).cached_bytes, kept);
    end(arena);
}

Test(blocks, oom)
{
    weft_arena *arena = new_arena(0, MIB);
    void *memory = NULL;
    wi_alloc_fail_at(1);
    cr_assert_eq(weft_arena_alloc(arena, 0, 8, &memory), WEFT_ENOMEM, "no memory for the thread's cache");
    wi_alloc_fail_at(1);
    cr_assert_eq(weft_arena_alloc(arena, 0, 8000, &memory), WEFT_OK, "needs none");
    cr_assert_eq(weft_arena_free(arena, memory), WEFT_OK);
    wi_alloc_fail_at(0);
    end(arena);
}

struct hand_over {
    weft_arena *arena;
    void *memory;
    int status;
};

static void *free_without_a_cache(void *context)
{
    struct hand_over *over = context;
    wi_alloc_fail_at(1);
    over->status = weft_arena_free(over->arena, over->memory);
    wi_alloc_fail_at(0);
    return NULL;
}

Test(blocks, freeing_needs_no_memory)
{
    struct hand_over over = {.arena = new_arena(0, MIB)};
    wi_thread thread;
    cr_assert_eq(weft_arena_alloc(over.arena, 0, 64, &over.memory), WEFT_OK);
    cr_assert_eq(wi_thread_create(&thread, 0, free_without_a_cache, &over), 0);
    wi_thread_join(&thread);
    cr_assert_eq(over.status, WEFT_OK);
    cr_assert_eq(audit(over.arena).blocks, 0);
    end(over.arena);
}
