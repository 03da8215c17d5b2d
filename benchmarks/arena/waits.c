/*
 * arena/waits.c - two threads that wake each other by turns, by cells, by a bare futex, by a condition variable
 *
 * The threads pass a number to and fro, each adding one to it while it has the turn. In a second workload each keeps
 * the turn for some 20 microseconds, so that a short look before sleep gains nothing.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weft/cell.h>

#include "measure.h"

#define TURNS 3000

struct rally {
    void (*await)(struct rally *rally, uint32_t turn);
    void (*pass)(struct rally *rally, uint32_t turn);
    uint32_t work; /* how long each keeps the turn */
    weft_arena *arena;
    _Atomic uint32_t turn;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t guarded;
    uint64_t number;
};

static void await_cell(struct rally *rally, uint32_t turn)
{
    uint32_t now;
    weft_outcome outcome;
    while (weft_cell_load_u32(rally->arena, 0, &now) == WEFT_OK && now != turn)
        weft_cell_wait_u32(rally->arena, 0, now, WEFT_FOREVER, &outcome);
}

static void pass_cell(struct rally *rally, uint32_t turn)
{
    uint32_t woken;
    weft_cell_store_u32(rally->arena, 0, turn);
    weft_cell_notify_u32(rally->arena, 0, 1, &woken);
}

static void await_futex(struct rally *rally, uint32_t turn)
{
    uint32_t now;
    while ((now = atomic_load(&rally->turn)) != turn)
        syscall(SYS_futex, &rally->turn, FUTEX_WAIT_PRIVATE, now, NULL, NULL, 0);
}

static void pass_futex(struct rally *rally, uint32_t turn)
{
    atomic_store(&rally->turn, turn);
    syscall(SYS_futex, &rally->turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void await_condition(struct rally *rally, uint32_t turn)
{
    pthread_mutex_lock(&rally->mutex);
    while (rally->guarded != turn)
        pthread_cond_wait(&rally->changed, &rally->mutex);
    pthread_mutex_unlock(&rally->mutex);
}

static void pass_condition(struct rally *rally, uint32_t turn)
{
    pthread_mutex_lock(&rally->mutex);
    rally->guarded = turn;
    pthread_mutex_unlock(&rally->mutex);
    pthread_cond_signal(&rally->changed);
}

static void play(struct rally *rally, uint32_t me)
{
    for (int i = 0; i < TURNS; i++) {
        rally->await(rally, me);
        rally->number++;
        for (uint32_t j = 0; j < rally->work; j++)
            weft_cell_pause();
        rally->pass(rally, !me);
    }
}

static void *second(void *context)
{
    play(context, 1);
    return NULL;
}

static double run(struct rally *rally, const void *argument, uint64_t *result)
{
    pthread_t thread;
    rally->work = *(const uint32_t *)argument;
    pthread_mutex_init(&rally->mutex, NULL);
    pthread_cond_init(&rally->changed, NULL);
    double begin = measure_now();
    pthread_create(&thread, NULL, second, rally);
    play(rally, 0);
    pthread_join(thread, NULL);
    double seconds = measure_now() - begin;
    *result = rally->number;
    return seconds;
}

static double run_futex(const void *argument, uint64_t *result)
{
    return run(&(struct rally){.await = await_futex, .pass = pass_futex}, argument, result);
}

static double run_condition(const void *argument, uint64_t *result)
{
    return run(&(struct rally){.await = await_condition, .pass = pass_condition}, argument, result);
}

static double run_cell(const void *argument, uint64_t *result)
{
    struct rally rally = {.await = await_cell, .pass = pass_cell};
    if (weft_arena_create(64, 64, NULL, &rally.arena) != WEFT_OK)
        return 0;
    double seconds = run(&rally, argument, result);
    weft_arena_release(rally.arena);
    return seconds;
}

int main(void)
{
    static const struct contender contenders[] = {
        {"futex", run_futex}, {"pthread-cond", run_condition}, {"weft-cell", run_cell}};
    static const uint32_t none = 0, long_enough = 2000;
    measure("ping-pong", contenders, 3, &none, 2, TURNS, 2 * TURNS, 2 * TURNS);
    measure("ping-pong-slow", contenders, 3, &long_enough, 2, TURNS, 2 * TURNS, 2 * TURNS);
    return 0;
}
