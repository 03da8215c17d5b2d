/*
 * stress/stress_arena.c - an arena under all its operations at once, and books that are right at the end
 *
 * Threads grow one arena, allocate, free each other's blocks, wait with and without blocking, and notify, at random. A
 * block carries a pattern that whoever frees it checks. At the end every block is freed and the books must be empty;
 * of the waits each is accounted for, and as many were notified as the notifies have counted. WEFT_STRESS_SECONDS in
 * the environment makes it run so long instead of a number of rounds.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include <weft/arena.h>
#include <weft/cell.h>

#include "support/stress.h"

#define THREADS 8
#define SLOTS   512
#define CELLS   16
#define FIXED   4096
#define MAXIMUM (UINT64_C(8) << 20)
#define PENDING 4

struct block {
    uint64_t bytes;
    unsigned char pattern[];
};

struct world {
    weft_arena *arena;
    uint64_t rounds;
    time_t end; /* 0: by rounds */
    _Atomic(struct block *) slots[SLOTS];
};

struct thread {
    pthread_t handle;
    struct world *world;
    uint64_t random;
    uint64_t waits, notified, not_equal, timed_out; /* of this thread's waits */
    uint64_t woken;                                 /* by this thread's notifies */
    uint64_t allocations, refusals, grows;
    weft_async async[PENDING];
    bool is_pending[PENDING];
};

static void count(struct thread *thread, weft_outcome outcome)
{
    thread->notified += outcome == WEFT_NOTIFIED;
    thread->not_equal += outcome == WEFT_NOT_EQUAL;
    thread->timed_out += outcome == WEFT_TIMED_OUT;
}

static void finish(struct thread *thread, uint32_t i)
{
    weft_outcome outcome;
    if (!thread->is_pending[i])
        return;
    stress_check(weft_async_finish(&thread->async[i], &outcome) == WEFT_OK);
    count(thread, outcome);
    thread->is_pending[i] = false;
}

static void release(struct thread *thread, struct block *block)
{
    if (!block)
        return;
    for (uint64_t i = 0; i < block->bytes - sizeof *block; i++)
        stress_check(block->pattern[i] == (unsigned char)(block->bytes + i));
    stress_check(weft_arena_free(thread->world->arena, block) == WEFT_OK);
}

static void allocate(struct thread *thread)
{
    uint32_t kind = stress_below(&thread->random, 100);
    size_t bytes = sizeof(struct block) + stress_below(&thread->random, kind < 90 ? 1024 : kind < 99 ? 20000 : 2000000);
    size_t alignment = kind % 10 == 0 ? (size_t)1 << stress_below(&thread->random, 15) : 0;
    struct block *block;
    int status = weft_arena_alloc(thread->world->arena, alignment, bytes, (void **)&block);
    stress_check(status == WEFT_OK || status == WEFT_ENOMEM);
    thread->allocations++;
    thread->refusals += status != WEFT_OK;
    if (status != WEFT_OK)
        return;
    stress_check(alignment == 0 || (uintptr_t)block % alignment == 0);
    block->bytes = bytes;
    for (uint64_t i = 0; i < bytes - sizeof *block; i++)
        block->pattern[i] = (unsigned char)(bytes + i);
    release(thread, atomic_exchange(&thread->world->slots[stress_below(&thread->random, SLOTS)], block));
}

static uint64_t some_cell(struct thread *thread)
{
    return 8 * stress_below(&thread->random, CELLS);
}

static void wait_for_a_cell(struct thread *thread)
{
    uint64_t timeout_ns = stress_below(&thread->random, 8) == 0 ? 0 : 1 + stress_below(&thread->random, 200000);
    uint32_t expected = stress_below(&thread->random, 8) == 0;
    weft_outcome outcome;
    stress_check(weft_cell_wait_u32(thread->world->arena, some_cell(thread), expected, timeout_ns, &outcome) ==
                 WEFT_OK);
    thread->waits++;
    count(thread, outcome);
}

static void wait_without_blocking(struct thread *thread)
{
    uint32_t i = stress_below(&thread->random, PENDING);
    weft_outcome outcome;
    finish(thread, i);
    thread->async[i] = (weft_async){.pool = NULL};
    stress_check(weft_cell_wait_async_u64(thread->world->arena, some_cell(thread), 0,
                                          stress_below(&thread->random, 400000), &thread->async[i],
                                          &outcome) == WEFT_OK);
    thread->waits++;
    thread->is_pending[i] = outcome == WEFT_PENDING;
    count(thread, outcome);
}

static void notify(struct thread *thread)
{
    uint32_t woken, most = stress_below(&thread->random, 4) == 0 ? WEFT_EVERYBODY : stress_below(&thread->random, 4);
    stress_check(weft_cell_notify_u32(thread->world->arena, some_cell(thread), most, &woken) == WEFT_OK);
    stress_check(woken <= most);
    thread->woken += woken;
}

static void grow(struct thread *thread)
{
    weft_arena *arena = thread->world->arena;
    uint64_t size = weft_arena_size(arena), bytes = size + stress_below(&thread->random, 100000);
    int status = weft_arena_grow(arena, bytes);
    stress_check(status == WEFT_OK || status == WEFT_ERANGE);
    stress_check(status != WEFT_OK || weft_arena_size(arena) >= bytes);
    stress_check(weft_arena_size(arena) >= size && weft_arena_size(arena) <= MAXIMUM);
    thread->grows += status == WEFT_OK;
}

static void *live(void *context)
{
    struct thread *thread = context;
    struct world *world = thread->world;
    for (uint64_t round = 0; world->end != 0 ? time(NULL) < world->end : round < world->rounds; round++) {
        uint32_t choice = stress_below(&thread->random, 100);
        if (choice < 45)
            allocate(thread);
        else if (choice < 85)
            release(thread, atomic_exchange(&world->slots[stress_below(&thread->random, SLOTS)], NULL));
        else if (choice < 87)
            wait_for_a_cell(thread);
        else if (choice < 90)
            wait_without_blocking(thread);
        else if (choice < 99)
            notify(thread);
        else
            grow(thread);
    }
    for (uint32_t i = 0; i < PENDING; i++)
        finish(thread, i);
    return NULL;
}

int main(int argc, char **argv)
{
    static struct world world;
    static struct thread threads[THREADS];
    struct stress stress = stress_begin(argc, argv, 20000);
    const char *seconds = getenv("WEFT_STRESS_SECONDS");
    weft_arena_options options = {.size = sizeof options, .fixed_bytes = FIXED};
    weft_arena_usage usage;
    struct thread all = {.waits = 0};

    world.rounds = stress.rounds;
    world.end = seconds && *seconds ? time(NULL) + strtol(seconds, NULL, 10) : 0;
    stress_check(weft_arena_create(FIXED, MAXIMUM, &options, &world.arena) == WEFT_OK);
    for (uint64_t i = 0; i < THREADS; i++) {
        threads[i].world = &world;
        threads[i].random = stress.seed * THREADS + i + 1;
        stress_check(pthread_create(&threads[i].handle, NULL, live, &threads[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i].handle, NULL);
        all.waits += threads[i].waits;
        all.notified += threads[i].notified;
        all.not_equal += threads[i].not_equal;
        all.timed_out += threads[i].timed_out;
        all.woken += threads[i].woken;
        all.allocations += threads[i].allocations;
        all.refusals += threads[i].refusals;
        all.grows += threads[i].grows;
    }
    stress_check(weft_arena_audit(world.arena, &usage) == WEFT_OK);
    stress_check(usage.cached_bytes == 0);
    uint64_t blocks = 0;
    for (int i = 0; i < SLOTS; i++)
        blocks += world.slots[i] != NULL;
    stress_check(usage.blocks == blocks);
    for (int i = 0; i < SLOTS; i++)
        release(&(struct thread){.world = &world}, world.slots[i]);
    stress_check(weft_arena_trim(world.arena) == WEFT_OK);
    stress_check(weft_arena_audit(world.arena, &usage) == WEFT_OK);
    stress_check(usage.blocks == 0 && usage.allocated_bytes == 0 && usage.cached_bytes == 0);
    stress_check(usage.fixed_bytes + usage.free_bytes + usage.slack_bytes == usage.size_bytes);
    stress_check(all.notified + all.not_equal + all.timed_out == all.waits);
    stress_check(all.notified == all.woken);
    stress_check(weft_arena_release(world.arena) == WEFT_OK);
    printf("%" PRIu64 " allocations (%" PRIu64 " refused), %" PRIu64 " grows, %" PRIu64 " waits: %" PRIu64
           " notified, %" PRIu64 " timed out, %" PRIu64 " not equal; the books are right\n",
           all.allocations, all.refusals, all.grows, all.waits, all.notified, all.timed_out, all.not_equal);
    return 0;
}
