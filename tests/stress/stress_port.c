/*
 * stress/stress_port.c - buffers through ports that are themselves transferred and closed
 *
 * Threads share 16 ports, the ends of 8 pairs. Each makes buffers, posts them, receives and passes on what others have
 * posted, moves a port through another one, or closes a pair's end and puts a new pair in its place, at random, until
 * it has made its share of buffers: a round is one that is made. At the end every buffer is looked for. Each is with
 * one thread, or in one queue, or its destructor has run; and the arena has a block for each that is left, and then
 * none.
 */
#include <pthread.h>
#include <stdatomic.h>

#include <weft/port.h>

#include "support/stress.h"

#define THREADS 8
#define PORTS   16
#define KEPT    4

struct world {
    weft_arena *arena;
    uint64_t share; /* of buffers, for each thread */
    _Atomic uint64_t ports[PORTS];
    _Atomic uint64_t ended, posted, received, moved_ports, closed;
};

struct thread {
    pthread_t handle;
    struct world *world;
    uint64_t random, made;
    weft_buffer kept[KEPT];
};

struct block {
    weft_arena *arena;
    struct world *world;
    _Atomic uint32_t is_live;
    bool is_found; /* at the end */
};

static void end_block(void *memory, uint64_t bytes, void *context)
{
    struct block *block = memory;
    struct world *world = context;
    stress_check(bytes == sizeof *block && block->world == world);
    stress_check(atomic_exchange(&block->is_live, 0) == 1);
    atomic_fetch_add(&world->ended, 1);
    stress_check(weft_arena_free(block->arena, block) == WEFT_OK);
}

static weft_buffer make(struct thread *thread)
{
    struct world *world = thread->world;
    struct block *block;
    weft_buffer buffer;
    stress_check(weft_arena_alloc(world->arena, 0, sizeof *block, (void **)&block) == WEFT_OK);
    block->arena = world->arena;
    block->world = world;
    atomic_init(&block->is_live, 1);
    block->is_found = false;
    stress_check(weft_buffer_adopt(block, sizeof *block, end_block, world, &buffer) == WEFT_OK);
    thread->made++;
    return buffer;
}

static void release(weft_buffer buffer)
{
    stress_check(buffer.id == 0 || weft_buffer_release(buffer) == WEFT_OK);
}

/* Takes the port out of a place, or gives 0 if somebody has it. */
static weft_port take(struct thread *thread, uint32_t *place)
{
    *place = stress_below(&thread->random, PORTS);
    return (weft_port){atomic_exchange(&thread->world->ports[*place], 0)};
}

/* Closes a port, once it is in nobody's list. */
static void close_port(weft_port port)
{
    int status = weft_port_close(port);
    while (status == WEFT_EAGAIN)
        status = weft_port_close(port);
    stress_check(status == WEFT_OK);
}

/* Puts a port where there is room, or closes it. */
static void put(struct thread *thread, weft_port port)
{
    uint32_t first = stress_below(&thread->random, PORTS);
    for (uint32_t i = 0; i < PORTS; i++) {
        uint64_t none = 0;
        if (atomic_compare_exchange_strong(&thread->world->ports[(first + i) % PORTS], &none, port.id))
            return;
    }
    close_port(port);
}

static weft_port any(struct thread *thread)
{
    return (weft_port){atomic_load(&thread->world->ports[stress_below(&thread->random, PORTS)])};
}

/* Posts two kept buffers, and perhaps a port. */
static void post(struct thread *thread)
{
    struct world *world = thread->world;
    weft_transfer list[3];
    size_t count = 0;
    uint32_t place, has_port = stress_below(&thread->random, 16) == 0;
    for (uint32_t i = 0; i < 2; i++) {
        if (thread->kept[i].id == 0)
            thread->kept[i] = make(thread);
        list[count++] = weft_transfer_buffer(thread->kept[i]);
    }
    weft_port port = has_port ? take(thread, &place) : (weft_port){0};
    if (port.id != 0)
        list[count++] = weft_transfer_port(port);
    uint32_t via = stress_below(&thread->random, PORTS);
    weft_port through = {atomic_load(&world->ports[via])};
    int status = weft_port_post(through, "x", 1, list, count);
    if (status == WEFT_ECLOSED && atomic_compare_exchange_strong(&world->ports[via], &through.id, 0))
        close_port(through);
    for (uint32_t i = 0; i < 2; i++) {
        stress_check(weft_buffer_is_detached(thread->kept[i]) == (status == WEFT_OK));
        if (status == WEFT_OK)
            thread->kept[i].id = 0;
    }
    if (status == WEFT_OK) {
        atomic_fetch_add(&world->posted, 1);
        atomic_fetch_add(&world->moved_ports, port.id != 0);
    } else if (port.id != 0) {
        put(thread, port);
    }
}

static void receive(struct thread *thread)
{
    weft_message *message;
    if (weft_port_try_receive(any(thread), &message) != WEFT_OK)
        return;
    atomic_fetch_add(&thread->world->received, 1);
    stress_check(message->count >= 2 && message->size == 1);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t slot = stress_below(&thread->random, KEPT);
        release(thread->kept[slot]);
        thread->kept[slot] = weft_message_take_buffer(message, i);
        struct block *block = weft_buffer_data(thread->kept[slot]);
        stress_check(block && atomic_load(&block->is_live) == 1);
    }
    if (message->count == 3)
        put(thread, weft_message_take_port(message, 2));
    stress_check(weft_message_release(message) == WEFT_OK);
}

/* Ends a port, now and then, or puts the ends of a new pair where there is room. */
static void replace(struct thread *thread)
{
    uint32_t place;
    weft_port port = take(thread, &place), one, other;
    if (port.id != 0 && stress_below(&thread->random, 8) != 0) {
        put(thread, port);
        return;
    }
    if (port.id != 0) {
        close_port(port);
        atomic_fetch_add(&thread->world->closed, 1);
    }
    stress_check(weft_port_pair(NULL, &one, &other) == WEFT_OK);
    put(thread, one);
    put(thread, other);
}

static void *live(void *context)
{
    struct thread *thread = context;
    while (thread->made < thread->world->share) {
        uint32_t choice = stress_below(&thread->random, 64);
        if (choice < 31)
            post(thread);
        else if (choice < 63)
            receive(thread);
        else
            replace(thread);
    }
    return NULL;
}

/* ---- the end ---- */

/* A buffer that has been found: it must be good, and found for the first time. */
static void count(weft_buffer buffer, uint64_t *found)
{
    if (buffer.id == 0)
        return;
    struct block *block = weft_buffer_data(buffer);
    stress_check(block && atomic_load(&block->is_live) == 1 && !block->is_found);
    block->is_found = true;
    (*found)++;
}

/* What has been received and is kept until the end. */
struct received {
    weft_message *message;
    struct received *next;
};

/* Receives all that waits in a port, and in the ports that come out of it, and so on. */
static void drain(weft_port port, struct received **all, uint64_t *found)
{
    weft_message *message;
    while (weft_port_try_receive(port, &message) == WEFT_OK) {
        struct received *received = malloc(sizeof *received);
        stress_check(received);
        *received = (struct received){message, *all};
        *all = received;
        for (size_t i = 0; i < message->count; i++) {
            if (message->list[i].kind == WEFT_TRANSFER_BUFFER)
                count((weft_buffer){message->list[i].id}, found);
            else
                drain((weft_port){message->list[i].id}, all, found);
        }
    }
}

static void release_all(struct received *all)
{
    while (all) {
        struct received *received = all;
        all = received->next;
        stress_check(weft_message_release(received->message) == WEFT_OK);
        free(received);
    }
}

static uint64_t blocks_of(weft_arena *arena)
{
    weft_arena_usage usage;
    stress_check(weft_arena_audit(arena, &usage) == WEFT_OK);
    stress_check((usage.allocated_bytes == 0) == (usage.blocks == 0));
    return usage.blocks;
}

int main(int argc, char **argv)
{
    static struct world world;
    static struct thread threads[THREADS];
    struct stress stress = stress_begin(argc, argv, 100000);
    struct received *all = NULL;
    uint64_t made = 0, found = 0;

    world.share = (stress.rounds + THREADS - 1) / THREADS;
    stress_check(weft_arena_create(0, UINT64_C(1) << 30, NULL, &world.arena) == WEFT_OK);
    for (int i = 0; i < PORTS; i += 2) {
        weft_port one, other;
        stress_check(weft_port_pair(NULL, &one, &other) == WEFT_OK);
        atomic_store(&world.ports[i], one.id);
        atomic_store(&world.ports[i + 1], other.id);
    }
    for (uint64_t i = 0; i < THREADS; i++) {
        threads[i].world = &world;
        threads[i].random = stress.seed * THREADS + i + 1;
        stress_check(pthread_create(&threads[i].handle, NULL, live, &threads[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i].handle, NULL);
        made += threads[i].made;
    }

    for (int i = 0; i < THREADS; i++)
        for (int k = 0; k < KEPT; k++)
            count(threads[i].kept[k], &found);
    uint64_t kept = found;
    for (int i = 0; i < PORTS; i++)
        drain((weft_port){world.ports[i]}, &all, &found);
    stress_check(found + world.ended == made);
    stress_check(blocks_of(world.arena) == found);

    for (int i = 0; i < THREADS; i++)
        for (int k = 0; k < KEPT; k++)
            release(threads[i].kept[k]);
    release_all(all);
    for (int i = 0; i < PORTS; i++)
        stress_check(world.ports[i] == 0 || weft_port_close((weft_port){world.ports[i]}) == WEFT_OK);
    stress_check(world.ended == made);
    stress_check(weft_arena_trim(world.arena) == WEFT_OK);
    stress_check(blocks_of(world.arena) == 0);
    stress_check(weft_arena_release(world.arena) == WEFT_OK);
    printf("%" PRIu64 " buffers, %" PRIu64 " posts (%" PRIu64 " with a port), %" PRIu64 " received, %" PRIu64
           " ports closed; %" PRIu64 " were kept and %" PRIu64 " queued at the end, and each destructor ran once\n",
           made, world.posted, world.moved_ports, world.received, world.closed, kept, found - kept);
    return 0;
}
