/*
 * unit/test_arena.c - the life of an arena, its size, and what is refused
 */
#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/arena.h>
#include <weft/cell.h>

#include "base/alloc.h"
#include "base/random.h"
#include "memory/arena.h"
#include "os/thread.h"

#define KIB UINT64_C(1024)

extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static weft_arena *new_arena(uint64_t bytes, uint64_t max_bytes)
{
    weft_arena *arena;
    cr_assert_eq(weft_arena_create(bytes, max_bytes, NULL, &arena), WEFT_OK);
    return arena;
}

Test(arena, smoke)
{
    weft_arena *arena = new_arena(10 * KIB, 20 * KIB);
    cr_assert_eq(weft_arena_size(arena), 10 * KIB);
    cr_assert_eq(weft_arena_max(arena), 20 * KIB);
    unsigned char *bytes = weft_arena_at(arena, 0, 10 * KIB);
    cr_assert_not_null(bytes);
    for (uint64_t i = 0; i < 10 * KIB; i++)
        cr_assert_eq(bytes[i], 0);
    memset(bytes, 1, 10 * KIB);
    cr_assert_eq(weft_arena_grow(arena, 20 * KIB), WEFT_OK);
    cr_assert_eq(weft_arena_at(arena, 0, 20 * KIB), bytes);
    for (uint64_t i = 0; i < 20 * KIB; i++)
        cr_assert_eq(bytes[i], i < 10 * KIB);
    cr_assert_eq(weft_arena_release(arena), WEFT_OK);
}

Test(arena, empty)
{
    weft_arena *arena = new_arena(0, 0), *copy;
    cr_assert_eq(weft_arena_size(arena), 0);
    cr_assert_eq(weft_arena_grow(arena, 0), WEFT_OK);
    cr_assert_eq(weft_arena_grow(arena, 1), WEFT_ERANGE);
    cr_assert_not_null(weft_arena_at(arena, 0, 0));
    cr_assert_null(weft_arena_at(arena, 0, 1));
    cr_assert_eq(weft_arena_slice(arena, 0, 10, &copy), WEFT_OK);
    cr_assert_eq(weft_arena_size(copy), 0);
    weft_arena_release(copy);
    weft_arena_release(arena);
}

Test(arena, sizes_that_cannot_be_are_erange)
{
    weft_arena *arena = NULL;
    cr_assert_eq(weft_arena_create(2, 1, NULL, &arena), WEFT_ERANGE);
    cr_assert_eq(weft_arena_create(0, WEFT_ARENA_MAX + 1, NULL, &arena), WEFT_ERANGE);
    cr_assert_eq(weft_arena_create(0, UINT64_MAX, NULL, &arena), WEFT_ERANGE);
    cr_assert_eq(weft_arena_create(UINT64_MAX, UINT64_MAX, NULL, &arena), WEFT_ERANGE);
    weft_arena_options options = {.size = sizeof options, .fixed_bytes = 101};
    cr_assert_eq(weft_arena_create(100, 1000, &options, &arena), WEFT_ERANGE);
    options = (weft_arena_options){.size = sizeof options, .features = 8};
    cr_assert_eq(weft_arena_create(100, 1000, &options, &arena), WEFT_EINVAL);
    options = (weft_arena_options){.size = 3};
    cr_assert_eq(weft_arena_create(100, 1000, &options, &arena), WEFT_EINVAL);
    cr_assert_null(arena);
}

Test(arena, an_address_space_that_is_too_small_is_enomem)
{
    struct rlimit limit = {.rlim_cur = UINT64_C(4) << 30, .rlim_max = UINT64_C(4) << 30};
    weft_arena *arena = NULL;
    if (__lsan_do_recoverable_leak_check || __tsan_release || setrlimit(RLIMIT_AS, &limit) != 0)
        cr_skip_test("a sanitizer needs more addresses than that");
    cr_assert_eq(weft_arena_create(0, UINT64_C(1) << 36, NULL, &arena), WEFT_ENOMEM);
    cr_assert_null(arena);
}

Test(arena, null_is_einval_and_changes_nothing)
{
    weft_arena *arena = new_arena(64, 128), *copy = NULL;
    uint64_t offset = 7;
    weft_arena_usage usage;
    void *memory = NULL;
    weft_ref ref;
    cr_assert_eq(weft_arena_create(0, 0, NULL, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_arena_attach(0, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_arena_attach(-1, &copy), WEFT_EINVAL);
    cr_assert_eq(weft_arena_retain(NULL), WEFT_EINVAL);
    cr_assert_eq(weft_arena_release(NULL), WEFT_OK);
    cr_assert_eq(weft_arena_grow(NULL, 0), WEFT_EINVAL);
    cr_assert_eq(weft_arena_slice(NULL, 0, 0, &copy), WEFT_EINVAL);
    cr_assert_eq(weft_arena_slice(arena, 0, 0, NULL), WEFT_EINVAL);
    cr_assert_null(weft_arena_at(NULL, 0, 0));
    cr_assert_eq(weft_arena_offset(NULL, &usage, &offset), WEFT_EINVAL);
    cr_assert_eq(weft_arena_offset(arena, arena->base, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_arena_alloc(NULL, 0, 1, &memory), WEFT_EINVAL);
    cr_assert_eq(weft_arena_alloc(arena, 0, 1, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_arena_free(NULL, &usage), WEFT_EINVAL);
    cr_assert_eq(weft_arena_free(arena, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_arena_ref(NULL, &usage, &ref), WEFT_EINVAL);
    cr_assert_eq(weft_arena_resolve(NULL, 1, &memory), WEFT_EINVAL);
    cr_assert_eq(weft_arena_resolve(arena, 1, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_arena_trim(NULL), WEFT_EINVAL);
    cr_assert_eq(weft_arena_audit(NULL, &usage), WEFT_EINVAL);
    cr_assert_eq(weft_arena_audit(arena, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_arena_size(NULL) + weft_arena_max(NULL) + weft_arena_features(NULL), 0);
    cr_assert_eq(weft_arena_fd(NULL), -1);
    cr_assert_null(copy);
    cr_assert_null(memory);
    cr_assert_eq(offset, 7);
    weft_arena_release(arena);
}

Test(arena, memory_is_taken_as_it_is_touched)
{
    weft_arena *arena = new_arena(UINT64_C(1) << 34, UINT64_C(1) << 36);
    struct stat file;
    cr_assert_eq(fstat(weft_arena_fd(arena), &file), 0);
    cr_assert_lt(file.st_blocks * 512, 1 << 20);
    weft_arena_release(arena);
}

Test(arena, with_commit_it_is_taken_by_growing)
{
    weft_arena_options options = {.size = sizeof options, .features = WEFT_ARENA_COMMIT};
    weft_arena *arena;
    struct stat file;
    cr_assert_eq(weft_arena_create(64 * KIB, 4096 * KIB, &options, &arena), WEFT_OK);
    cr_assert_eq(weft_arena_features(arena), WEFT_ARENA_COMMIT);
    cr_assert_eq(weft_arena_grow(arena, 2048 * KIB), WEFT_OK);
    cr_assert_eq(fstat(weft_arena_fd(arena), &file), 0);
    cr_assert_geq(file.st_blocks * 512, (off_t)(2048 * KIB));
    wi_alloc_fail_at(1);
    cr_assert_eq(weft_arena_grow(arena, 4096 * KIB), WEFT_ENOMEM);
    cr_assert_eq(weft_arena_size(arena), 2048 * KIB);
    cr_assert_eq(weft_arena_grow(arena, 4096 * KIB), WEFT_OK);
    weft_arena_release(arena);
}

Test(arena, wishes_to_the_system_are_granted_or_not_and_reported)
{
    weft_arena_options options = {.size = sizeof options, .features = WEFT_ARENA_HUGE | WEFT_ARENA_INTERLEAVE};
    weft_arena *arena;
    cr_assert_eq(weft_arena_create(4096 * KIB, 8192 * KIB, &options, &arena), WEFT_OK);
    cr_assert_eq(weft_arena_features(arena) & ~options.features, 0);
    memset(weft_arena_at(arena, 0, 4096 * KIB), 1, 4096 * KIB);
    weft_arena_release(arena);
    cr_assert_eq(weft_arena_create(0, 0, &options, &arena), WEFT_OK);
    cr_assert_eq(weft_arena_features(arena), 0, "there is no page to be huge");
    weft_arena_release(arena);
}

Test(arena, grow_refuses_what_is_smaller_or_above_the_maximum)
{
    weft_arena *arena = new_arena(100, 200);
    static const uint64_t refused[] = {0, 99, 201, UINT64_MAX, (uint64_t)INT64_MAX + 1};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        cr_assert_eq(weft_arena_grow(arena, refused[i]), WEFT_ERANGE);
        cr_assert_eq(weft_arena_size(arena), 100);
    }
    cr_assert_eq(weft_arena_grow(arena, 100), WEFT_OK);
    cr_assert_eq(weft_arena_grow(arena, 200), WEFT_OK);
    cr_assert_eq(weft_arena_grow(arena, 150), WEFT_ERANGE);
    cr_assert_eq(weft_arena_size(arena), 200);
    weft_arena_release(arena);
}

/* Each grows to its own sizes; what succeeds must have been a step up. */
#define THREADS 4
#define STEPS   5000

struct climber {
    wi_thread thread;
    weft_arena *arena;
    uint64_t first, mistakes;
    uint8_t has[STEPS];
};

static void *climb(void *context)
{
    struct climber *climber = context;
    for (uint64_t i = 0; i < STEPS; i++) {
        uint64_t bytes = climber->first + i * THREADS;
        int status = weft_arena_grow(climber->arena, bytes);
        climber->has[i] = status == WEFT_OK;
        climber->mistakes += status != WEFT_OK && status != WEFT_ERANGE;
        climber->mistakes += weft_arena_size(climber->arena) < bytes;
        climber->mistakes += weft_arena_at(climber->arena, bytes - 1, 1) == NULL;
    }
    return NULL;
}

Test(arena, racing_grows_are_in_one_order)
{
    weft_arena *arena = new_arena(0, THREADS * STEPS + 1);
    static struct climber climbers[THREADS];
    for (uint64_t i = 0; i < THREADS; i++) {
        climbers[i] = (struct climber){.arena = arena, .first = i + 1};
        cr_assert_eq(wi_thread_create(&climbers[i].thread, 0, climb, &climbers[i]), 0);
    }
    uint64_t steps = 0;
    for (int i = 0; i < THREADS; i++) {
        wi_thread_join(&climbers[i].thread);
        cr_assert_eq(climbers[i].mistakes, 0);
        for (int j = 0; j < STEPS; j++)
            steps += climbers[i].has[j];
    }
    cr_assert_eq(weft_arena_size(arena), THREADS * STEPS);
    cr_assert_geq(steps, STEPS, "the one that was ahead never failed");
    cr_assert(climbers[THREADS - 1].has[STEPS - 1]);
    weft_arena_release(arena);
}

Test(arena, slices_count_from_both_ends)
{
    static const struct {
        int64_t start, end;
        uint64_t from, bytes;
    } cases[] = {{0, 8, 0, 8},         {2, 4, 2, 2},         {-3, 8, 5, 3},        {0, -3, 0, 5},
                 {-5, -2, 3, 3},       {6, 4, 6, 0},         {0, 100, 0, 8},       {100, 200, 8, 0},
                 {-100, 3, 0, 3},      {INT64_MIN, 8, 0, 8}, {0, INT64_MIN, 0, 0}, {0, INT64_MAX, 0, 8},
                 {INT64_MAX, 8, 8, 0}, {INT64_MIN, 0, 0, 0}};
    weft_arena *arena = new_arena(8, 16), *copy;
    for (unsigned char i = 0; i < 8; i++)
        arena->base[i] = i + 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_eq(weft_arena_slice(arena, cases[i].start, cases[i].end, &copy), WEFT_OK);
        cr_assert_eq(weft_arena_size(copy), cases[i].bytes, "case %zu", i);
        cr_assert_eq(weft_arena_max(copy), cases[i].bytes);
        cr_assert_eq(memcmp(copy->base, arena->base + cases[i].from, cases[i].bytes), 0, "case %zu", i);
        weft_arena_release(copy);
    }
    cr_assert_eq(weft_arena_slice(arena, 0, 8, &copy), WEFT_OK);
    arena->base[0] = 100;
    cr_assert_eq(copy->base[0], 1, "a copy is not the same memory");
    weft_arena_release(copy);
    weft_arena_release(arena);
}

Test(arena, pointers_and_offsets_are_checked)
{
    weft_arena *arena = new_arena(100, 10000);
    uint64_t offset = 7;
    cr_assert_not_null(weft_arena_at(arena, 100, 0));
    cr_assert_null(weft_arena_at(arena, 100, 1));
    cr_assert_null(weft_arena_at(arena, 101, 0));
    cr_assert_null(weft_arena_at(arena, UINT64_MAX, 2));
    cr_assert_null(weft_arena_at(arena, 2, UINT64_MAX));
    cr_assert_eq(weft_arena_offset(arena, arena->base + 100, &offset), WEFT_ERANGE);
    cr_assert_eq(weft_arena_offset(arena, &offset, &offset), WEFT_ERANGE);
    cr_assert_eq(weft_arena_offset(arena, NULL, &offset), WEFT_ERANGE);
    cr_assert_eq(offset, 7);
    cr_assert_eq(weft_arena_offset(arena, arena->base + 99, &offset), WEFT_OK);
    cr_assert_eq(offset, 99);
    weft_arena_release(arena);
}

Test(arena, the_last_owner_ends_it)
{
    weft_arena *arena = new_arena(100, 100);
    cr_assert_eq(weft_arena_retain(arena), WEFT_OK);
    cr_assert_eq(weft_arena_release(arena), WEFT_OK);
    arena->base[99] = 1;
    cr_assert_eq(weft_arena_size(arena), 100);
    cr_assert_eq(weft_arena_release(arena), WEFT_OK);
    cr_assert(!__lsan_do_recoverable_leak_check || __lsan_do_recoverable_leak_check() == 0);
}

Test(arena, what_is_attached_is_the_same_arena)
{
    weft_arena_options options = {.size = sizeof options, .fixed_bytes = 50};
    weft_arena *arena, *other;
    cr_assert_eq(weft_arena_create(100, 100000, &options, &arena), WEFT_OK);
    arena->base[99] = 42;
    cr_assert_eq(weft_arena_attach(weft_arena_fd(arena), &other), WEFT_OK);
    cr_assert_eq(weft_arena_size(other), 100);
    cr_assert_eq(weft_arena_max(other), 100000);
    cr_assert_eq(other->base[99], 42);
    cr_assert_eq(weft_arena_grow(other, 5000), WEFT_OK);
    cr_assert_eq(weft_arena_size(arena), 5000);
    cr_assert_not_null(weft_arena_at(arena, 4999, 1));
    void *memory;
    weft_ref ref;
    cr_assert_eq(weft_arena_alloc(other, 0, 5000, &memory), WEFT_OK);
    cr_assert_eq(weft_arena_ref(other, memory, &ref), WEFT_OK);
    void *here;
    cr_assert_eq(weft_arena_resolve(arena, ref, &here), WEFT_OK);
    cr_assert_eq((char *)here - (char *)arena->base, (char *)memory - (char *)other->base);
    weft_arena_release(arena);
    weft_arena_release(other);
}

/* Where the fields are that attach must not believe. */
static const size_t fields[] = {offsetof(struct wi_header, magic),     offsetof(struct wi_header, version),
                                offsetof(struct wi_header, max_bytes), offsetof(struct wi_header, fixed_bytes),
                                offsetof(struct wi_header, features),  offsetof(struct wi_header, size)};

Test(arena, a_corrupted_header_is_not_attached)
{
    weft_arena *arena = new_arena(100, 100000), *other = NULL;
    int fd = weft_arena_fd(arena);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        uint64_t right, wrong = UINT64_MAX;
        cr_assert_eq(pread(fd, &right, sizeof right, (off_t)fields[i]), sizeof right);
        cr_assert_eq(pwrite(fd, &wrong, sizeof wrong, (off_t)fields[i]), sizeof wrong);
        cr_assert_eq(weft_arena_attach(fd, &other), WEFT_ECORRUPT, "field %zu", i);
        cr_assert_eq(pwrite(fd, &right, sizeof right, (off_t)fields[i]), sizeof right);
    }
    uint64_t larger = UINT64_C(1) << 34;
    cr_assert_eq(pwrite(fd, &larger, sizeof larger, offsetof(struct wi_header, max_bytes)), sizeof larger);
    cr_assert_eq(weft_arena_attach(fd, &other), WEFT_ECORRUPT, "a maximum that does not fit the file");
    cr_assert_null(other);
    weft_arena_release(arena);
    cr_assert(!__lsan_do_recoverable_leak_check || __lsan_do_recoverable_leak_check() == 0);
}

/* All that goes by the header: each call returns, with whatever status, and touches nothing outside the arena. */
static void use(weft_arena *arena)
{
    weft_arena_usage usage;
    weft_outcome outcome;
    uint32_t woken;
    void *blocks[] = {NULL, NULL, NULL};
    cr_assert_leq(weft_arena_size(arena), weft_arena_max(arena));
    for (size_t i = 0; i < 3; i++)
        if (weft_arena_alloc(arena, 0, 60 + 3000 * i, &blocks[i]) == WEFT_OK)
            memset(blocks[i], 1, 60 + 3000 * i);
    weft_cell_wait_u32(arena, 8, 0, 1, &outcome);
    weft_cell_notify_u32(arena, 8, WEFT_EVERYBODY, &woken);
    weft_arena_grow(arena, 90000);
    weft_arena_audit(arena, &usage);
    for (size_t i = 0; i < 3; i++)
        weft_arena_free(arena, blocks[i]);
    weft_arena_trim(arena);
}

Test(arena, a_header_with_anything_in_it_does_no_harm)
{
    weft_arena_options options = {.size = sizeof options, .fixed_bytes = 4096};
    uint64_t random = 1, attached = 0, refused = 0;
    for (int round = 0; round < 2000; round++) {
        weft_arena *arena, *other = NULL;
        cr_assert_eq(weft_arena_create(70000, 100000, &options, &arena), WEFT_OK);
        uint32_t changes = 1 + wi_random_below(&random, 3);
        for (uint32_t i = 0; i < changes; i++) {
            /* Every other time one of the fields that are checked; values near 0, near the largest, or any. */
            uint32_t words = round % 2 ? (uint32_t)(sizeof(struct wi_header) / 8) : 9;
            off_t at = (off_t)(8 * wi_random_below(&random, words));
            uint64_t value = wi_random_next(&random) >> wi_random_below(&random, 64);
            value = wi_random_below(&random, 4) == 0 ? 0 - value : value;
            cr_assert_eq(pwrite(weft_arena_fd(arena), &value, sizeof value, at), sizeof value);
        }
        int status = weft_arena_attach(weft_arena_fd(arena), &other);
        cr_assert(status == WEFT_OK || status == WEFT_ECORRUPT);
        attached += status == WEFT_OK;
        refused += status != WEFT_OK;
        if (status == WEFT_OK)
            use(other);
        weft_arena_release(other);
        weft_arena_release(arena);
    }
    cr_assert_gt(attached, 100);
    cr_assert_gt(refused, 100);
}

/* Maps the arena a second time, as a process would that was given the file, and works on what it finds. */
static int live_elsewhere(int fd, const weft_arena *inherited, weft_ref ref)
{
    weft_arena *arena;
    weft_outcome outcome;
    weft_ref answer;
    uint32_t woken;
    void *memory;
    if (weft_arena_attach(fd, &arena) != WEFT_OK || arena->base == inherited->base)
        return 1;
    if (weft_arena_resolve(arena, ref, &memory) != WEFT_OK || strcmp(memory, "asked") != 0)
        return 2;
    if (weft_arena_free(arena, memory) != WEFT_OK || weft_arena_alloc(arena, 0, 100, &memory) != WEFT_OK)
        return 3;
    strcpy(memory, "answered");
    if (weft_arena_ref(arena, memory, &answer) != WEFT_OK || weft_cell_store_u64(arena, 0, answer) != WEFT_OK)
        return 4;
    if (weft_cell_notify_u64(arena, 0, 1, &woken) != WEFT_OK)
        return 5;
    while (weft_cell_wait_u64(arena, 8, 0, WEFT_FOREVER, &outcome) == WEFT_OK && outcome != WEFT_NOT_EQUAL)
        continue;
    return weft_arena_release(arena) == WEFT_OK ? 0 : 6;
}

Test(arena, another_process_attaches_it_and_both_work_in_it)
{
    weft_arena_options options = {.size = sizeof options, .fixed_bytes = 4096};
    weft_arena *arena;
    weft_outcome outcome;
    weft_ref ref, answer = 0;
    uint32_t woken;
    int status;
    void *memory, *gone;
    cr_assert_eq(weft_arena_create(4096, 1024 * KIB, &options, &arena), WEFT_OK);
    cr_assert_eq(weft_arena_alloc(arena, 0, 100, &memory), WEFT_OK);
    strcpy(memory, "asked");
    cr_assert_eq(weft_arena_ref(arena, memory, &ref), WEFT_OK);
    pid_t child = fork();
    if (child == 0)
        _exit(live_elsewhere(weft_arena_fd(arena), arena, ref));
    while (weft_cell_wait_u64(arena, 0, 0, WEFT_FOREVER, &outcome) == WEFT_OK && outcome != WEFT_NOT_EQUAL)
        continue;
    cr_assert_eq(weft_cell_load_u64(arena, 0, &answer), WEFT_OK);
    cr_assert_eq(weft_arena_resolve(arena, answer, &memory), WEFT_OK);
    cr_assert_str_eq(memory, "answered");
    cr_assert_eq(weft_arena_resolve(arena, ref, &gone), WEFT_ESTALE, "the other process has freed it");
    cr_assert_eq(weft_cell_store_u64(arena, 8, 1), WEFT_OK);
    cr_assert_eq(weft_cell_notify_u64(arena, 8, 1, &woken), WEFT_OK);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0, "%d", WEXITSTATUS(status));
    cr_assert_eq(weft_arena_free(arena, memory), WEFT_OK);
    weft_arena_release(arena);
}

Test(arena, a_size_that_cannot_be_is_not_believed_later_either)
{
    weft_arena *arena = new_arena(100, 5000);
    uint64_t wrong = UINT64_MAX;
    cr_assert_eq(pwrite(weft_arena_fd(arena), &wrong, sizeof wrong, offsetof(struct wi_header, size)), sizeof wrong);
    cr_assert_eq(weft_arena_size(arena), 5000);
    cr_assert_null(weft_arena_at(arena, 5000, 1));
    weft_arena_release(arena);
}

Test(arena, oom)
{
    int status = WEFT_ENOMEM, failures = 0;
    for (uint64_t nth = 1; status != WEFT_OK; nth++) {
        weft_arena *arena = NULL;
        wi_alloc_fail_at(nth);
        status = weft_arena_create(100, 100, NULL, &arena);
        wi_alloc_fail_at(0);
        cr_assert(status == WEFT_OK ? arena != NULL : status == WEFT_ENOMEM && arena == NULL);
        failures += status != WEFT_OK;
        weft_arena_release(arena);
    }
    cr_assert_geq(failures, 2);
    cr_assert(!__lsan_do_recoverable_leak_check || __lsan_do_recoverable_leak_check() == 0);
}
