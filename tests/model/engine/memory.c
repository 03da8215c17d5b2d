/*
 * engine/memory.c - memory as C11 has it: what a load may answer, what happens before what, which accesses race
 *
 * Each location keeps all that was written to it in this execution, in modification order, which is the order of
 * execution. A write carries a view: what who reads it with acquire knows from then on. A load may answer any write
 * that the thread does not know to be overwritten. The rules are those of the view machines of Kang, Hur, Lahav,
 * Vafeiadis and Dreyer (A promising semantics for relaxed-memory concurrency, POPL 2017) without promises, with the
 * seq_cst of RC11 (Lahav, Vafeiadis, Kang, Hur and Dreyer, Repairing sequential consistency in C/C++11, PLDI 2017).
 *
 * Plain accesses of what the arena holds are told by the compiler's own instrumentation for ThreadSanitizer, and are
 * checked by vector clocks.
 */
#include <stdio.h>
#include <string.h>

#include "engine/world.h"

/* ---- views ---- */

static void join(struct view *a, const struct view *b)
{
    for (int i = 0; i < 8; i++)
        a->clock[i] = a->clock[i] > b->clock[i] ? a->clock[i] : b->clock[i];
    for (int i = 0; i < MC_LOCATIONS; i++)
        a->seen[i] = a->seen[i] > b->seen[i] ? a->seen[i] : b->seen[i];
}

/* As join(), but what happened before is not passed on: only what was overwritten is. */
static void join_seen(struct view *a, const struct view *b)
{
    for (int i = 0; i < MC_LOCATIONS; i++)
        a->seen[i] = a->seen[i] > b->seen[i] ? a->seen[i] : b->seen[i];
}

/* ---- locations ---- */

struct message {
    uint64_t value;
    int thread;
    bool is_update; /* follows the write before it: no other can come between */
    struct view view;
};

struct location {
    const void *address;
    unsigned bytes;
    /* Learnt over all executions of a scenario: */
    uint32_t readers, writers;
    /* Of this execution: */
    uint32_t execution;
    uint32_t count;
    uint32_t first;              /* writes before it are overwritten for all, by a plain access */
    int16_t counted[MC_THREADS]; /* when each thread last read what it then said counts */
    uint64_t hash;
    uint16_t messages[MC_WRITES];
};

static struct location locations[MC_LOCATIONS];
static uint32_t location_count;
static uint16_t location_at[1024]; /* index + 1, by the hash of the address */

#define MESSAGES 8192
static struct message messages[MESSAGES];
static uint32_t message_count;

static uint32_t execution;
static uint64_t locations_hash, fences_hash, grace_hash;
static struct view fences; /* what seq_cst fences passed on to later ones */
static struct view waits;  /* what reader_wait() callers knew when they began */
static struct view exits[MC_THREADS];
static uint32_t nesting[MC_THREADS], awaited_sections[MC_THREADS], sections[MC_THREADS];
uint64_t blind_stores;

static struct location *location_of(const void *address)
{
    uint32_t i = (uint32_t)(mix((uintptr_t)address) % 1024);
    while (location_at[i] && locations[location_at[i] - 1].address != address)
        i = (i + 1) % 1024;
    if (!location_at[i]) {
        if (location_count == MC_LOCATIONS)
            mc_fail("more than %d atomic variables, raise MC_LOCATIONS", MC_LOCATIONS);
        locations[location_count] = (struct location){.address = address};
        location_at[i] = (uint16_t)++location_count;
    }
    return &locations[location_at[i] - 1];
}

static uint64_t physical(const struct location *location)
{
    uint64_t value = 0;
    memcpy(&value, location->address, location->bytes);
    return value;
}

static struct message *message(const struct location *location, uint32_t index)
{
    return &messages[location->messages[index]];
}

static struct message *newest(const struct location *location)
{
    return message(location, location->count - 1);
}

static uint32_t index_of(const struct location *location)
{
    return (uint32_t)(location - locations);
}

static struct message *append(struct location *location, uint64_t value, int thread)
{
    if (location->count == MC_WRITES || message_count == MESSAGES)
        give_up();
    struct message *added = &messages[message_count];
    location->messages[location->count++] = (uint16_t)message_count++;
    added->value = value;
    added->thread = thread;
    added->is_update = false;
    return added;
}

/* The location as it is in this execution. What plain code has written there comes in as one more write, which nobody
 * can look behind: who uses the location must have synchronised with it, or it is a race. */
static struct location *use(const void *address, unsigned bytes)
{
    struct location *location = location_of(address);
    if (location->execution != execution) {
        location->execution = execution;
        location->bytes = bytes;
        location->count = location->first = 0;
        location->hash = 0;
        memset(location->counted, 0, sizeof location->counted);
    }
    if (location->bytes != bytes)
        mc_fail("one address, accessed with %u and with %u bytes", location->bytes, bytes);
    if (location->count == 0 || newest(location)->value != physical(location)) {
        memset(&append(location, physical(location), -1)->view, 0, sizeof(struct view));
        location->first = location->count - 1;
    }
    return location;
}

static bool is_quiet(const struct location *location)
{
    return location->writers == 0 || (location->readers & (location->readers - 1)) == 0;
}

bool is_private(const void *address, bool is_write)
{
    if (is_alone())
        return true;
    if (!address)
        return false;
    struct location *location = location_of(address);
    bool was_quiet = is_quiet(location), was_used = location->readers != 0;
    location->readers |= 1u << self;
    location->writers |= is_write ? 1u << self : 0;
    if (was_used && was_quiet && !is_quiet(location))
        learn();
    return is_quiet(location);
}

static void location_changed(struct location *location)
{
    locations_hash -= mix(location->hash);
    location->hash =
        mix(location->hash ^ mix((uintptr_t)location->address) ^ ((uint64_t)self << 32 | threads[self].steps));
    locations_hash += mix(location->hash);
}

uint64_t memory_hash(void)
{
    return locations_hash + mix(fences_hash) + mix(grace_hash + 1);
}

/* ---- the arena: its memory, who may use it, and who has ---- */

/* Each thread has its own part, so that addresses do not depend on the order of the threads. */
#define PART   (64 * 1024)
#define ARENA  (PART * MC_THREADS)
#define GRAIN  4
#define POISON 0xa5

static _Alignas(4096) unsigned char arena[ARENA];
static uint32_t used[MC_THREADS];

enum grain_state {
    GRAIN_FREE,
    GRAIN_LIVE,
    GRAIN_DEAD
};

/* The last uses of four bytes by each thread. */
struct grain {
    uint32_t execution;
    int16_t written_at;
    int16_t written_by;
    int16_t read[MC_THREADS], atomic_read[MC_THREADS], atomic_write[MC_THREADS];
};

static struct grain grains[ARENA / GRAIN];
static uint8_t grain_states[ARENA / GRAIN];

#define BLOCKS 512
static struct block {
    uint32_t offset, bytes;
    bool is_live;
    bool is_allocated; /* by wi_alloc(), so that it must be freed */
} blocks[BLOCKS];
static uint32_t block_count;

static bool is_in_arena(const void *address)
{
    return (uintptr_t)address - (uintptr_t)arena < ARENA;
}

static struct grain *grain_of(uint32_t index)
{
    struct grain *grain = &grains[index];
    if (grain->execution != execution) {
        memset(grain, 0, sizeof *grain);
        grain->execution = execution;
        grain->written_by = -1;
    }
    return grain;
}

static void check_alive(uint32_t index, const char *what)
{
    if (grain_states[index] != GRAIN_LIVE)
        mc_fail("%s of memory %s, by %s", what, grain_states[index] == GRAIN_DEAD ? "that was freed" : "never given",
                threads[self].name);
}

static void check_before(const int16_t *clocks, const char *what, const char *earlier)
{
    const int16_t *known = threads[self].cur.clock;
    for (int t = 0; t < MC_THREADS; t++)
        if (t != self && clocks[t] > known[t])
            mc_fail("race: %s by %s, and %s by %s", what, threads[self].name, earlier, threads[t].name);
}

static void check_written_before(const struct grain *grain, const char *what)
{
    int by = grain->written_by;
    if (by >= 0 && by != self && grain->written_at > threads[self].cur.clock[by])
        mc_fail("race: %s by %s, and a plain write by %s", what, threads[self].name, threads[by].name);
}

static void plain_read(uintptr_t address, size_t bytes)
{
    uint32_t first = (uint32_t)(address - (uintptr_t)arena) / GRAIN;
    uint32_t last = (uint32_t)(address + bytes - 1 - (uintptr_t)arena) / GRAIN;
    for (uint32_t i = first; i <= last; i++) {
        struct grain *grain = grain_of(i);
        check_alive(i, "a read");
        check_written_before(grain, "a plain read");
        check_before(grain->atomic_write, "a plain read", "an atomic write");
        grain->read[self] = threads[self].cur.clock[self];
    }
}

static void plain_write(uint32_t first, uint32_t last, const char *what)
{
    for (uint32_t i = first; i <= last; i++) {
        struct grain *grain = grain_of(i);
        check_alive(i, what);
        check_written_before(grain, what);
        check_before(grain->read, what, "a plain read");
        check_before(grain->atomic_read, what, "an atomic read");
        check_before(grain->atomic_write, what, "an atomic write");
        grain->written_by = (int16_t)self;
        grain->written_at = threads[self].cur.clock[self];
    }
}

static void atomic_access(const void *address, unsigned bytes, bool is_write)
{
    if (!is_in_arena(address))
        return;
    uint32_t first = (uint32_t)((uintptr_t)address - (uintptr_t)arena) / GRAIN;
    for (uint32_t i = first; i < first + bytes / GRAIN; i++) {
        struct grain *grain = grain_of(i);
        check_alive(i, "an atomic access");
        check_written_before(grain, "an atomic access");
        if (is_write) {
            check_before(grain->read, "an atomic write", "a plain read");
            grain->atomic_write[self] = threads[self].cur.clock[self];
        } else {
            grain->atomic_read[self] = threads[self].cur.clock[self];
        }
    }
}

static void *give(size_t alignment, size_t bytes, int fill, bool is_allocated)
{
    uint32_t offset = ((used[self] + (uint32_t)alignment - 1) & ~((uint32_t)alignment - 1));
    bytes = (bytes + GRAIN - 1) & ~(size_t)(GRAIN - 1);
    if (offset + bytes > PART || block_count == BLOCKS)
        mc_fail("the arena is full");
    used[self] = offset + (uint32_t)bytes;
    offset += (uint32_t)self * PART;
    blocks[block_count++] = (struct block){offset, (uint32_t)bytes, true, is_allocated};
    memset(&grain_states[offset / GRAIN], GRAIN_LIVE, bytes / GRAIN);
    memset(&arena[offset], fill, bytes);
    return &arena[offset];
}

static void take_back(void *memory)
{
    for (uint32_t i = 0; i < block_count; i++) {
        struct block *block = &blocks[i];
        if (&arena[block->offset] != (unsigned char *)memory)
            continue;
        if (!block->is_live)
            mc_fail("freed twice, by %s", threads[self].name);
        uint32_t first = block->offset / GRAIN, count = block->bytes / GRAIN;
        plain_write(first, first + count - 1, "a free");
        memset(&grain_states[first], GRAIN_DEAD, count);
        memset(memory, POISON, block->bytes);
        block->is_live = false;
        return;
    }
    mc_fail("freed, but never given, by %s", threads[self].name);
}

void *mc_alloc(size_t alignment, size_t bytes)
{
    return give(alignment, bytes, POISON, true);
}

void *mc_new(size_t bytes)
{
    return give(64, bytes, 0, false);
}

void mc_free(void *memory)
{
    if (memory)
        take_back(memory);
}

void mc_delete(void *memory)
{
    take_back(memory);
}

void memory_check_leaks(void)
{
    for (uint32_t i = 0; i < block_count; i++)
        if (blocks[i].is_live && blocks[i].is_allocated)
            mc_fail("%u bytes were never freed", blocks[i].bytes);
}

/* ---- an execution begins ---- */

void memory_reset(void)
{
    execution++;
    message_count = 0;
    locations_hash = fences_hash = grace_hash = 0;
    memset(&fences, 0, sizeof fences);
    memset(&waits, 0, sizeof waits);
    memset(exits, 0, sizeof exits);
    memset(nesting, 0, sizeof nesting);
    memset(sections, 0, sizeof sections);
    for (int t = 0; t < MC_THREADS; t++) {
        memset(&grain_states[t * PART / GRAIN], GRAIN_FREE, used[t] / GRAIN + 1);
        used[t] = 0;
    }
    block_count = 0;
}

void memory_forget(void)
{
    location_count = 0;
    memset(location_at, 0, sizeof location_at);
}

void thread_begins(int thread, int parent)
{
    struct thread *t = &threads[thread];
    if (parent >= 0) {
        t->cur = threads[parent].cur;
        threads[parent].cur.clock[parent]++;
    } else {
        memset(&t->cur, 0, sizeof t->cur);
    }
    t->cur.clock[thread]++;
    t->acquired = t->cur;
    memset(&t->released, 0, sizeof t->released);
    memset(t->stale, 0, sizeof t->stale);
}

void thread_was_joined(int thread)
{
    join(&threads[self].cur, &threads[thread].cur);
    join(&threads[self].acquired, &threads[self].cur);
    know(threads[thread].hash);
}

/* ---- operations ---- */

static uint64_t truncated(uint64_t value, unsigned bytes)
{
    return bytes == 4 ? (uint32_t)value : value;
}

static void trace_access(const struct mc_site *site, const struct location *location, const char *what, uint64_t value,
                         uint32_t index)
{
    if (!is_tracing)
        return;
    const char *order = site->order & MC_SEQ_CST                                                 ? "seq_cst"
                        : (site->order & (MC_ACQUIRE | MC_RELEASE)) == (MC_ACQUIRE | MC_RELEASE) ? "acq_rel"
                        : site->order & MC_ACQUIRE                                               ? "acquire"
                        : site->order & MC_RELEASE                                               ? "release"
                                                                                                 : "relaxed";
    char number[32];
    snprintf(number, sizeof number, value > 0xffff ? "0x%llx" : "%lld", (long long)value);
    trace("%s:%u  %s of %s (%s): %s, write %u of %u%s%s", file_name(site->file), site->line, what, site->expression,
          order, number, index, location->count - 1, index + 1 < location->count ? ", STALE; it was by " : "",
          index + 1 < location->count
              ? (message(location, index)->thread < 0 ? "nobody" : threads[message(location, index)->thread].name)
              : "");
}

static struct location *begin(struct mc_site *site, const void *address, unsigned bytes, bool is_write)
{
    point(address, is_write);
    site->hits++;
    atomic_access(address, bytes, is_write);
    return use(address, bytes);
}

static void end(void)
{
    threads[self].cur.clock[self]++;
    threads[self].acquired.clock[self]++;
}

/* Reads the write with this index. */
static uint64_t read_message(struct location *location, uint32_t index, uint32_t order)
{
    struct thread *t = &threads[self];
    const struct message *read = message(location, index);
    uint32_t l = index_of(location);
    if (t->cur.seen[l] < index)
        t->cur.seen[l] = (uint8_t)index;
    join(&t->acquired, &read->view);
    if (t->acquired.seen[l] < t->cur.seen[l])
        t->acquired.seen[l] = t->cur.seen[l];
    if (order & MC_ACQUIRE)
        join(&t->cur, &read->view);
    if (index + 1 < location->count) {
        t->stale[l]++;
        was_stale();
    } else {
        t->stale[l] = 0;
    }
    know(mix((uintptr_t)location->address) + index);
    return read->value;
}

/* The oldest write that the thread may read. */
static uint32_t oldest(const struct location *location, uint32_t order)
{
    const struct thread *t = &threads[self];
    uint32_t l = index_of(location), bound = t->cur.seen[l];
    if (bound < location->first)
        bound = location->first;
    if ((order & MC_SEQ_CST) && bound < fences.seen[l])
        bound = fences.seen[l];
    if (t->stale[l] >= MC_STALE_IN_A_ROW || !may_be_stale())
        bound = location->count - 1;
    return bound;
}

static void write_message(struct location *location, uint64_t value, uint32_t order, const struct view *continued)
{
    struct thread *t = &threads[self];
    uint32_t l = index_of(location), index = location->count;
    uint32_t known = t->cur.seen[l] > location->first ? t->cur.seen[l] : location->first;
    for (uint32_t i = known + 1; !continued && i < index; i++)
        blind_stores += !message(location, i)->is_update;
    for (int other = 0; other < MC_THREADS; other++)
        if (other != self && location->counted[other] > t->cur.clock[other])
            mc_fail("overtakes: %s writes what %s could still be reading", t->name, threads[other].name);
    struct message *written = append(location, value, self);
    memcpy((void *)(uintptr_t)location->address, &value, location->bytes);
    t->cur.seen[l] = t->acquired.seen[l] = (uint8_t)index;
    written->view = order & MC_RELEASE ? t->cur : t->released;
    written->view.seen[l] = (uint8_t)index;
    if (continued) {
        join(&written->view, continued);
        written->is_update = true;
    }
    if (order & MC_SEQ_CST)
        fences.seen[l] = (uint8_t)index;
    know(mix((uintptr_t)location->address) + index);
    location_changed(location);
}

/* The last loads of each thread, so that it can say of one that it counts. */
#define RECENT 16
static struct recent {
    uint32_t execution;
    uint32_t location;
    uint64_t value;
    int16_t clock;
} recents[MC_THREADS][RECENT];

static void remember(const struct location *location, uint64_t value)
{
    struct thread *t = &threads[self];
    recents[self][t->steps % RECENT] = (struct recent){execution, index_of(location), value, t->cur.clock[self]};
}

void mc_counts(const void *value)
{
    for (uint32_t i = 0; i < RECENT; i++) {
        const struct recent *recent = &recents[self][(threads[self].steps - i) % RECENT];
        if (recent->execution == execution && recent->value == (uintptr_t)value) {
            locations[recent->location].counted[self] = recent->clock;
            return;
        }
    }
    mc_fail("what counts was not loaded");
}

static uint64_t load(struct mc_site *site, const void *address, unsigned bytes, uint32_t order)
{
    struct location *location = begin(site, address, bytes, false);
    uint32_t last = location->count - 1, index = last - pick(last - oldest(location, order) + 1);
    uint64_t value = read_message(location, index, order);
    remember(location, value);
    trace_access(site, location, "load", value, index);
    end();
    return value;
}

uint64_t mc_load(struct mc_site *site, const void *address, unsigned bytes)
{
    return load(site, address, bytes, site->order);
}

static void store(struct mc_site *site, void *address, unsigned bytes, uint64_t value, uint32_t order)
{
    struct location *location = begin(site, address, bytes, true);
    uint64_t blind = blind_stores;
    write_message(location, truncated(value, bytes), order, NULL);
    if (is_unordered(site->expression))
        blind_stores = blind;
    trace_access(site, location, "store", truncated(value, bytes), location->count - 1);
    end();
}

void mc_store(struct mc_site *site, void *address, unsigned bytes, uint64_t value)
{
    store(site, address, bytes, value, site->order);
}

/* Reads the newest write and follows it with `value`: nothing can come between. */
static void replace(struct location *location, uint64_t value, uint32_t order)
{
    struct view continued = newest(location)->view;
    read_message(location, location->count - 1, order);
    write_message(location, value, order, &continued);
}

static uint64_t result_of(enum mc_kind kind, uint64_t before, uint64_t operand)
{
    switch (kind) {
    case MC_ADD:
        return before + operand;
    case MC_OR:
        return before | operand;
    case MC_AND:
        return before & operand;
    default:
        return operand;
    }
}

uint64_t mc_update(struct mc_site *site, void *address, unsigned bytes, uint64_t operand)
{
    if (site->is_torn) {
        uint64_t before = load(site, address, bytes, site->order);
        store(site, address, bytes, result_of(site->kind, before, operand), site->order);
        return before;
    }
    struct location *location = begin(site, address, bytes, true);
    uint64_t before = newest(location)->value;
    uint64_t after = truncated(result_of(site->kind, before, operand), bytes);
    replace(location, after, site->order);
    trace_access(site, location, "update", after, location->count - 1);
    end();
    return before;
}

bool mc_cas(struct mc_site *site, void *address, unsigned bytes, void *expected, uint64_t desired)
{
    uint64_t wanted = 0;
    memcpy(&wanted, expected, bytes);
    if (site->is_torn) {
        uint64_t before = load(site, address, bytes, site->order);
        if (before == wanted)
            store(site, address, bytes, desired, site->order);
        memcpy(expected, &before, bytes);
        return before == wanted;
    }
    struct location *location = begin(site, address, bytes, true);
    /* It succeeds on the newest write, or fails on any other that the thread may read and that differs. */
    uint32_t candidates[MC_WRITES], count = 0, last = location->count - 1;
    if (newest(location)->value == wanted)
        candidates[count++] = last;
    for (uint32_t i = last + 1; i-- > oldest(location, MC_RELAXED);)
        if (message(location, i)->value != wanted)
            candidates[count++] = i;
    uint32_t chosen = candidates[pick(count)];
    bool is_success = message(location, chosen)->value == wanted;
    if (is_success) {
        replace(location, truncated(desired, bytes), site->order);
        trace_access(site, location, "compare-and-swap", desired, location->count - 1);
    } else {
        uint64_t value = read_message(location, chosen, MC_RELAXED);
        trace_access(site, location, "failed compare-and-swap", value, chosen);
        memcpy(expected, &value, bytes);
    }
    end();
    return is_success;
}

static uint64_t content_hash(const struct view *view)
{
    uint64_t hash = 0;
    for (uint32_t l = 0; l < location_count; l++)
        if (view->seen[l])
            hash += mix(mix((uintptr_t)locations[l].address) + view->seen[l]);
    return hash;
}

static void fence_of(int thread)
{
    struct thread *t = &threads[thread];
    join(&t->cur, &t->acquired);
    join_seen(&fences, &t->cur);
    join_seen(&t->cur, &fences);
    fences_hash = content_hash(&fences);
    t->acquired = t->released = t->cur;
    t->hash = mix(t->hash ^ fences_hash);
}

void mc_fence(struct mc_site *site)
{
    site->hits++;
    if (site->is_skipped)
        return;
    point(NULL, true);
    fence_of(self);
    if (is_tracing)
        trace("%s:%u  %s", file_name(site->file), site->line, site->expression);
    end();
}

void mc_barrier(struct mc_site *site)
{
    site->hits++;
    if (site->is_skipped)
        return;
    point(NULL, true);
    fence_of(self);
    for (int t = 0; t < MC_THREADS; t++)
        if (threads[t].state != THREAD_ABSENT) /* one that has ended has left nothing unseen, either */
            fence_of(t);
    fence_of(self);
    if (is_tracing)
        trace("%s:%u  %s", file_name(site->file), site->line, site->expression);
    end();
}

/* ---- sleeping on a word ---- */

/* For each location: what the wakers of this word knew of it. A sleeper that looks at the word after a wake sees what
 * was there before that wake. */
static struct {
    uint32_t execution;
    uint32_t seen;
} wakes[MC_LOCATIONS];

bool mc_futex_wait(const void *word, unsigned bytes, uint64_t expected, bool has_deadline)
{
    point(word, true);
    atomic_access(word, bytes, false);
    struct thread *t = &threads[self];
    struct location *location = use(word, bytes);
    uint32_t l = index_of(location), last = location->count - 1, first = oldest(location, MC_RELAXED);
    if (wakes[l].execution == execution && first < wakes[l].seen)
        first = wakes[l].seen;
    uint32_t index = last - pick(last - first + 1);
    bool sleeps = read_message(location, index, MC_RELAXED) == expected;
    if (is_tracing)
        trace("wait on a word: %s", sleeps ? "sleeps" : "it has changed");
    location_changed(location);
    end();
    if (!sleeps)
        return true;
    if (may_wake_early() && pick(2) == 1) {
        woke_early();
        return true;
    }
    t->word = word;
    t->has_deadline = has_deadline;
    block(THREAD_ASLEEP, NULL, "asleep on a word");
    bool in_time = t->word == NULL;
    t->word = NULL;
    t->has_deadline = false;
    know(in_time);
    if (is_tracing)
        trace("%s", in_time ? "woken" : "timed out");
    return in_time;
}

void mc_futex_wake(const void *word, uint32_t count)
{
    point(word, true);
    if (is_in_arena(word))
        check_alive((uint32_t)((uintptr_t)word - (uintptr_t)arena) / GRAIN, "a wake");
    struct location *location = location_of(word);
    uint32_t l = index_of(location), known = threads[self].cur.seen[l];
    if (wakes[l].execution != execution || wakes[l].seen < known) {
        wakes[l].execution = execution;
        wakes[l].seen = known;
    }
    for (int t = 0; t < MC_THREADS && count > 0; t++)
        if (threads[t].state == THREAD_ASLEEP && threads[t].word == word) {
            threads[t].word = NULL;
            threads[t].state = THREAD_READY;
            count--;
        }
    location_changed(location);
    if (is_tracing)
        trace("wake");
    end();
}

/* ---- readers' sections ---- */

/* A wait ends after each section that was under way when it began; a section that begins later knows what the waiter
 * knew. That is all that is promised. */

void mc_reader_enter(void)
{
    point(&waits, false);
    if (nesting[self]++ == 0) {
        join(&threads[self].cur, &waits);
        join(&threads[self].acquired, &waits);
        know(content_hash(&waits));
    }
    end();
}

void mc_reader_leave(void)
{
    point(&waits, false);
    if (--nesting[self] == 0) {
        exits[self] = threads[self].cur;
        sections[self]++;
    }
    know(nesting[self]);
    end();
}

static bool are_sections_over(int waiter)
{
    for (int t = 0; t < MC_THREADS; t++)
        if (t != waiter && nesting[t] > 0 && sections[t] == awaited_sections[t])
            return false;
    return true;
}

void mc_reader_wait(void)
{
    point(&waits, true);
    join(&waits, &threads[self].cur);
    memcpy(awaited_sections, sections, sizeof sections);
    grace_hash = mix(grace_hash ^ ((uint64_t)self << 32 | threads[self].steps));
    end();
    block(THREAD_BLOCKED, are_sections_over, "waiting for readers");
    for (int t = 0; t < MC_THREADS; t++)
        if (t != self) {
            join(&threads[self].cur, &exits[t]);
            join(&threads[self].acquired, &exits[t]);
        }
    grace_hash = mix(grace_hash ^ ((uint64_t)self << 32 | threads[self].steps));
    if (is_tracing)
        trace("no reader is left");
    end();
}

/* ---- moments ---- */

struct mc_moment mc_now(void)
{
    struct mc_moment now = {.thread = self};
    memcpy(now.clock, threads[self].cur.clock, sizeof now.clock);
    return now;
}

bool mc_is_before(const struct mc_moment *a, const struct mc_moment *b)
{
    return b->clock[a->thread] >= a->clock[a->thread];
}

/* ---- what the compiler tells of plain accesses ---- */

#define TELL(bytes)                                                                                                    \
    void __tsan_read##bytes(void *address);                                                                            \
    void __tsan_write##bytes(void *address);                                                                           \
    void __tsan_unaligned_read##bytes(void *address);                                                                  \
    void __tsan_unaligned_write##bytes(void *address);                                                                 \
    void __tsan_read##bytes(void *address)                                                                             \
    {                                                                                                                  \
        __tsan_read_range(address, bytes);                                                                             \
    }                                                                                                                  \
    void __tsan_write##bytes(void *address)                                                                            \
    {                                                                                                                  \
        __tsan_write_range(address, bytes);                                                                            \
    }                                                                                                                  \
    void __tsan_unaligned_read##bytes(void *address)                                                                   \
    {                                                                                                                  \
        __tsan_read_range(address, bytes);                                                                             \
    }                                                                                                                  \
    void __tsan_unaligned_write##bytes(void *address)                                                                  \
    {                                                                                                                  \
        __tsan_write_range(address, bytes);                                                                            \
    }

void __tsan_init(void);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_read_range(void *address, unsigned long bytes);
void __tsan_write_range(void *address, unsigned long bytes);

void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller)
{
    (void)caller;
}

void __tsan_func_exit(void)
{
}

void __tsan_read_range(void *address, unsigned long bytes)
{
    if (is_in_arena(address) && bytes > 0)
        plain_read((uintptr_t)address, bytes);
}

void __tsan_write_range(void *address, unsigned long bytes)
{
    if (!is_in_arena(address) || bytes == 0)
        return;
    uintptr_t offset = (uintptr_t)address - (uintptr_t)arena;
    plain_write((uint32_t)(offset / GRAIN), (uint32_t)((offset + bytes - 1) / GRAIN), "a plain write");
}

TELL(1)
TELL(2)
TELL(4)
TELL(8)
TELL(16)
