/*
 * simulate/measure.c - what the primitives cost on this machine
 *
 * A helper thread on another CPU does what each measurement needs: writes lines, spins, or sleeps. The two take turns
 * through `turn`, which each hands to the other; nothing is timed while it changes hands.
 */
#include "measure.h"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <weft/deque.h>

#include "costs.h"
#include "random.h"
#include "report.h"

#define ROUNDS         201
#define OPERATIONS     100000
#define LINES          256
#define LINE_GAP_BYTES 1024
#define CPUS_MAX       1024
#define HALT_NS        1000000
#define SPIN_NS        20000000
#define SPINNERS_MAX   64

struct line {
    _Alignas(64) atomic_uint word;
    unsigned next;
    char gap[LINE_GAP_BYTES]; /* so that no prefetcher takes one for the neighbour of another */
};

/* Whose turn it is. A helper that is told to stop gives the turn back itself, so that it cannot miss that. */
enum turn {
    TURN_MAIN,
    TURN_HELPER,
    TURN_STOP
};

struct helper {
    pthread_t thread;
    int cpu;
    void (*body)(struct helper *);
    _Alignas(64) _Atomic enum turn turn;
    atomic_bool is_over;
    _Alignas(64) atomic_uint bell;
    _Atomic uint64_t woken_at, spins;
};

static struct line lines[LINES];
static struct helper helpers[SPINNERS_MAX];

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, compare);
    return samples[count / 2];
}

/* The median of the time that one call of `operations` takes for each of its `count` operations. */
static double time_of(void (*operations)(void), unsigned count)
{
    double samples[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t begin = now_ns();
        operations();
        samples[i] = (double)(now_ns() - begin) / count;
    }
    return median(samples, ROUNDS);
}

/* ---- alone ---- */

static void look_often(void)
{
    for (unsigned i = 0, at = 0; i < OPERATIONS; i++)
        at = atomic_load_explicit(&lines[at].word, memory_order_relaxed);
}

static void pause_often(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++)
#if defined(__x86_64__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        __asm__ volatile("isb");
#else
        atomic_signal_fence(memory_order_seq_cst);
#endif
}

static void fence_often(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        atomic_store_explicit(&lines[0].word, 0, memory_order_relaxed);
        atomic_thread_fence(memory_order_seq_cst);
    }
}

static void swap_often(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        unsigned expected = 0;
        atomic_compare_exchange_strong(&lines[0].word, &expected, 0);
    }
}

static weft_deque *deque;

static void push_and_pop_often(void)
{
    for (unsigned i = 0; i < OPERATIONS; i++) {
        weft_deque_push(deque, &lines[0]);
        weft_deque_pop(deque);
    }
}

static void barrier_often(void)
{
    for (unsigned i = 0; i < 100; i++)
        syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

static bool can_barrier(void)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

static bool can_barrier_one(void)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0) == 0;
}

static void measure_alone(FILE *file)
{
    costs_print_one("look", time_of(look_often, OPERATIONS), file);
    costs_print_one("pause", time_of(pause_often, OPERATIONS), file);
    costs_print_one("fence", time_of(fence_often, OPERATIONS), file);
    costs_print_one("cas_own", time_of(swap_often, OPERATIONS), file);
    if (weft_deque_create(NULL, &deque) == WEFT_OK) {
        costs_print_one("pair_textbook", time_of(push_and_pop_often, OPERATIONS), file);
        weft_deque_destroy(deque);
    }
    if (can_barrier())
        costs_print_one("barrier_alone", time_of(barrier_often, 100), file);
}

/* ---- with helpers ---- */

static void pin(int cpu)
{
    cpu_set_t *set = CPU_ALLOC(CPUS_MAX);
    if (set == NULL)
        report_fatal("there is no memory for a set of CPUs");
    CPU_ZERO_S(CPU_ALLOC_SIZE(CPUS_MAX), set);
    CPU_SET_S(cpu, CPU_ALLOC_SIZE(CPUS_MAX), set);
    sched_setaffinity(0, CPU_ALLOC_SIZE(CPUS_MAX), set);
    CPU_FREE(set);
}

/* The CPUs that the process may use; returns how many. */
static unsigned find_cpus(int *cpus, unsigned most)
{
    unsigned count = 0;
    cpu_set_t *set = CPU_ALLOC(CPUS_MAX);
    if (set != NULL && sched_getaffinity(0, CPU_ALLOC_SIZE(CPUS_MAX), set) == 0)
        for (int i = 0; i < CPUS_MAX && count < most; i++)
            if (CPU_ISSET_S(i, CPU_ALLOC_SIZE(CPUS_MAX), set))
                cpus[count++] = i;
    CPU_FREE(set);
    return count;
}

static void await_turn(struct helper *helper, enum turn turn)
{
    while (atomic_load(&helper->turn) != turn)
        sched_yield();
}

/* Lets the helper do its body once. */
static void let_help(struct helper *helper)
{
    atomic_store(&helper->turn, TURN_HELPER);
    await_turn(helper, TURN_MAIN);
}

static void *help(void *context)
{
    struct helper *helper = context;
    pin(helper->cpu);
    for (;;) {
        await_turn(helper, TURN_HELPER);
        if (atomic_load(&helper->is_over))
            return NULL;
        helper->body(helper);
    }
}

static void helper_start(struct helper *helper, int cpu)
{
    helper->cpu = cpu;
    if (pthread_create(&helper->thread, NULL, help, helper) != 0)
        report_fatal("a thread cannot be started");
}

static void helper_stop(struct helper *helper)
{
    atomic_store(&helper->is_over, true);
    atomic_store(&helper->turn, TURN_HELPER);
    pthread_join(helper->thread, NULL);
}

static void write_lines(struct helper *helper)
{
    for (unsigned i = 0; i < LINES; i++)
        atomic_fetch_add(&lines[i].word, 1);
    atomic_store(&helper->turn, TURN_MAIN);
}

/* Goes through the lines; each address depends on the line before. */
static unsigned follow_lines(bool is_swapping)
{
    unsigned at = 0;
    for (unsigned i = 0; i < LINES; i++) {
        unsigned word = atomic_load_explicit(&lines[at].word, memory_order_relaxed);
        if (is_swapping)
            atomic_compare_exchange_strong(&lines[at].word, &word, word + 1);
        at = lines[at].next;
    }
    return at;
}

/* Links them in one cycle, in an order that no prefetcher foresees. */
static void shuffle_lines(void)
{
    uint64_t random = 1;
    for (unsigned i = 0; i < LINES; i++)
        lines[i].next = i;
    for (unsigned i = LINES - 1; i > 0; i--) {
        unsigned other = random_below(&random, i), next = lines[i].next;
        lines[i].next = lines[other].next;
        lines[other].next = next;
    }
}

static double time_of_lines(struct helper *helper, bool is_swapping)
{
    double samples[ROUNDS];
    helper->body = write_lines;
    for (unsigned i = 0; i < ROUNDS; i++) {
        let_help(helper);
        uint64_t begin = now_ns();
        follow_lines(is_swapping);
        samples[i] = (double)(now_ns() - begin) / LINES;
    }
    return median(samples, ROUNDS);
}

/* Counts as fast as it can until it is told to stop. */
static void spin(struct helper *helper)
{
    uint64_t spins = 0;
    while (atomic_load_explicit(&helper->turn, memory_order_relaxed) != TURN_STOP)
        atomic_store_explicit(&helper->spins, ++spins, memory_order_relaxed);
    atomic_store(&helper->turn, TURN_MAIN);
}

/* A barrier's time while `count` helpers spin; `*victim_ns` is what the first of them loses to each. */
static double time_of_barriers(unsigned count, int command, int cpu, double *victim_ns)
{
    double samples[ROUNDS];
    unsigned flags = command == MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ ? MEMBARRIER_CMD_FLAG_CPU : 0;
    for (unsigned i = 0; i < count; i++) {
        helpers[i].body = spin;
        atomic_store(&helpers[i].spins, 0);
        atomic_store(&helpers[i].turn, TURN_HELPER);
    }
    for (unsigned i = 0; i < count; i++)
        while (atomic_load(&helpers[i].spins) == 0)
            sched_yield();

    uint64_t begin = now_ns(), spins = atomic_load(&helpers[0].spins);
    while (now_ns() - begin < SPIN_NS)
        ;
    double free_rate = (double)(atomic_load(&helpers[0].spins) - spins) / (double)(now_ns() - begin);

    begin = now_ns();
    spins = atomic_load(&helpers[0].spins);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t before = now_ns();
        syscall(SYS_membarrier, command, flags, cpu);
        samples[i] = (double)(now_ns() - before);
    }
    double elapsed = (double)(now_ns() - begin);
    double worked = (double)(atomic_load(&helpers[0].spins) - spins) / free_rate;
    *victim_ns = worked < elapsed ? (elapsed - worked) / ROUNDS : 0;

    for (unsigned i = 0; i < count; i++) {
        atomic_store(&helpers[i].turn, TURN_STOP);
        await_turn(&helpers[i], TURN_MAIN);
    }
    return median(samples, ROUNDS);
}

static void sleep_once(struct helper *helper)
{
    unsigned bell = atomic_load(&helper->bell);
    atomic_store(&helper->turn, TURN_MAIN);
    while (atomic_load(&helper->bell) == bell)
        syscall(SYS_futex, &helper->bell, FUTEX_WAIT_PRIVATE, bell, NULL, NULL, 0);
    atomic_store(&helper->woken_at, now_ns());
}

/* A wake of a helper whose CPU has had the time to halt. */
static double time_of_wakes(struct helper *helper, double *delay_ns)
{
    double wakes[ROUNDS], delays[ROUNDS];
    const struct timespec halt = {.tv_nsec = HALT_NS};
    helper->body = sleep_once;
    for (unsigned i = 0; i < ROUNDS; i++) {
        atomic_store(&helper->woken_at, 0);
        let_help(helper);
        clock_nanosleep(CLOCK_MONOTONIC, 0, &halt, NULL);
        atomic_fetch_add(&helper->bell, 1);
        uint64_t begin = now_ns(), woken_at;
        syscall(SYS_futex, &helper->bell, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
        wakes[i] = (double)(now_ns() - begin);
        while ((woken_at = atomic_load(&helper->woken_at)) == 0)
            sched_yield();
        delays[i] = woken_at > begin ? (double)(woken_at - begin) : 0;
    }
    *delay_ns = median(delays, ROUNDS);
    return median(wakes, ROUNDS);
}

static void measure_together(const int *cpus, unsigned count, FILE *file)
{
    unsigned spinners = count - 1;
    helper_start(&helpers[0], cpus[1]);
    costs_print_one("line", time_of_lines(&helpers[0], false), file);
    costs_print_one("cas_foreign", time_of_lines(&helpers[0], true), file);
    double delay_ns, victim_ns, wake_ns = time_of_wakes(&helpers[0], &delay_ns);
    costs_print_one("wake", wake_ns, file);
    costs_print_one("wake_delay", delay_ns, file);
    if (can_barrier()) {
        double first_ns = time_of_barriers(1, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, &victim_ns);
        costs_print_one("barrier_first", first_ns, file);
        costs_print_one("barrier_victim", victim_ns, file);
        if (can_barrier_one())
            costs_print_one("barrier_one",
                            time_of_barriers(1, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, cpus[1], &victim_ns), file);
        for (unsigned i = 1; i < spinners; i++)
            helper_start(&helpers[i], cpus[i + 1]);
        if (spinners > 1) {
            double all_ns = time_of_barriers(spinners, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, &victim_ns);
            costs_print_one("barrier_each", all_ns > first_ns ? (all_ns - first_ns) / (spinners - 1) : 0, file);
        }
        for (unsigned i = 1; i < spinners; i++)
            helper_stop(&helpers[i]);
    }
    helper_stop(&helpers[0]);
}

void measure(FILE *file)
{
    int cpus[SPINNERS_MAX + 1];
    unsigned count = find_cpus(cpus, SPINNERS_MAX + 1);
    shuffle_lines();
    if (count > 0)
        pin(cpus[0]);
    measure_alone(file);
    if (count > 1)
        measure_together(cpus, count, file);
}
