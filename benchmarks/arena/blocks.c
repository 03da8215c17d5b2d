/*
 * arena/blocks.c - blocks of an arena against malloc and mimalloc, on one thread and on two
 *
 *   pair    allocate and free one block of a size, over and over
 *   batch   allocate 100, free them in the same order
 *   mixed   random sizes up to 1 KiB over 4096 places, each freed when its place is taken again
 *
 * Each block's first byte is written, and its address goes into nothing: what is computed is how many bytes were asked
 * for. mimalloc is loaded beside the C library, which it would otherwise replace.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include <weft/arena.h>

#include "measure.h"

#define OPERATIONS 1000000
#define PLACES     4096
#define BATCH      100
#define MIXED      0 /* instead of a size */

struct load {
    int workers;
    size_t bytes;
    bool is_batch;
};

static weft_arena *arena;
static void *(*mi_malloc_fn)(size_t);
static void (*mi_free_fn)(void *);

static uint32_t next(uint32_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return *random;
}

#define WEFT_ALLOC(place, bytes)                                                                                       \
    do {                                                                                                               \
        void *memory = NULL;                                                                                           \
        if (weft_arena_alloc(arena, 0, bytes, &memory) != WEFT_OK)                                                     \
            abort();                                                                                                   \
        (place) = memory;                                                                                              \
    } while (0)
#define WEFT_FREE(place)                                                                                               \
    do {                                                                                                               \
        if (weft_arena_free(arena, place) != WEFT_OK)                                                                  \
            abort();                                                                                                   \
    } while (0)
#define MALLOC(place, bytes)    ((place) = malloc(bytes))
#define MI_MALLOC(place, bytes) ((place) = mi_malloc_fn(bytes))

/* The same loops for each contender, with its calls spelled in them. */
#define CONTENDER(name, ALLOC, FREE)                                                                                   \
    static uint64_t name##_pair(size_t bytes)                                                                          \
    {                                                                                                                  \
        for (int i = 0; i < OPERATIONS; i++) {                                                                         \
            char *block;                                                                                               \
            ALLOC(block, bytes);                                                                                       \
            *(volatile char *)block = 1;                                                                               \
            FREE(block);                                                                                               \
        }                                                                                                              \
        return OPERATIONS * bytes;                                                                                     \
    }                                                                                                                  \
    static uint64_t name##_batch(size_t bytes)                                                                         \
    {                                                                                                                  \
        char *blocks[BATCH];                                                                                           \
        for (int i = 0; i < OPERATIONS / BATCH; i++) {                                                                 \
            for (int j = 0; j < BATCH; j++) {                                                                          \
                ALLOC(blocks[j], bytes);                                                                               \
                *(volatile char *)blocks[j] = 1;                                                                       \
            }                                                                                                          \
            for (int j = 0; j < BATCH; j++)                                                                            \
                FREE(blocks[j]);                                                                                       \
        }                                                                                                              \
        return OPERATIONS * bytes;                                                                                     \
    }                                                                                                                  \
    static uint64_t name##_mixed(size_t unused)                                                                        \
    {                                                                                                                  \
        static _Thread_local char *places[PLACES];                                                                     \
        uint32_t random = 12345;                                                                                       \
        uint64_t total = unused;                                                                                       \
        for (int i = 0; i < OPERATIONS; i++) {                                                                         \
            uint32_t r = next(&random), place = r % PLACES;                                                            \
            size_t bytes = 16 + (r >> 12) % 1009;                                                                      \
            if (places[place])                                                                                         \
                FREE(places[place]);                                                                                   \
            ALLOC(places[place], bytes);                                                                               \
            *(volatile char *)places[place] = 1;                                                                       \
            total += bytes;                                                                                            \
        }                                                                                                              \
        for (int i = 0; i < PLACES; i++) {                                                                             \
            if (places[i])                                                                                             \
                FREE(places[i]);                                                                                       \
            places[i] = NULL;                                                                                          \
        }                                                                                                              \
        return total;                                                                                                  \
    }                                                                                                                  \
    static void *name##_work(void *context)                                                                            \
    {                                                                                                                  \
        const struct load *load = context;                                                                             \
        bool is_mixed = load->bytes == MIXED;                                                                          \
        uint64_t (*loop)(size_t) = is_mixed ? name##_mixed : load->is_batch ? name##_batch : name##_pair;              \
        uint64_t total = loop(load->bytes);                                                                            \
        return (void *)(uintptr_t)total;                                                                               \
    }                                                                                                                  \
    static double name(const void *argument, uint64_t *result)                                                         \
    {                                                                                                                  \
        return run(name##_work, argument, result);                                                                     \
    }

static double run(void *(*work)(void *), const struct load *load, uint64_t *result)
{
    pthread_t threads[2];
    *result = 0;
    double begin = measure_now();
    for (int i = 0; i < load->workers; i++)
        pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)load);
    for (int i = 0; i < load->workers; i++) {
        void *total;
        pthread_join(threads[i], &total);
        *result += (uintptr_t)total;
    }
    return measure_now() - begin;
}

CONTENDER(glibc, MALLOC, free)
CONTENDER(mimalloc, MI_MALLOC, mi_free_fn)
CONTENDER(weft, WEFT_ALLOC, WEFT_FREE)

int main(void)
{
    static const struct contender contenders[] = {{"weft", weft}, {"glibc", glibc}, {"mimalloc", mimalloc}};
    static const size_t sizes[] = {16, 64, 256, 1024};
    void *library = dlopen("libmimalloc.so.2", RTLD_NOW | RTLD_LOCAL);
    if (library) {
        *(void **)&mi_malloc_fn = dlsym(library, "mi_malloc");
        *(void **)&mi_free_fn = dlsym(library, "mi_free");
    }
    int count = mi_malloc_fn && mi_free_fn ? 3 : 2;
    if (weft_arena_create(0, UINT64_C(1) << 30, NULL, &arena) != WEFT_OK)
        return 1;
    for (int workers = 1; workers <= 2; workers++) {
        for (int i = 0; i < 4; i++) {
            uint64_t total = (uint64_t)workers * OPERATIONS * sizes[i];
            struct load pair = {.workers = workers, .bytes = sizes[i]}, batch = pair;
            batch.is_batch = true;
            measure("alloc-pair", contenders, count, &pair, workers, sizes[i], OPERATIONS, total);
            measure("alloc-batch", contenders, count, &batch, workers, sizes[i], OPERATIONS, total);
        }
        struct load mixed = {.workers = workers, .bytes = MIXED};
        uint64_t expected;
        glibc(&mixed, &expected);
        measure("alloc-mixed", contenders, count, &mixed, workers, 1024, OPERATIONS, expected);
    }
    weft_arena_release(arena);
    return 0;
}
