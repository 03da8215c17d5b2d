/*
 * engine/model.h - what scenarios and shims ask of the checker
 *
 * A scenario is one function. It runs as the thread `main` of a small world: it makes objects, spawns threads, joins
 * them and checks what is left. The checker runs it again and again, each time with another order of the threads'
 * operations and with other answers of their loads, until there is no other within the scenario's bounds.
 *
 *     MC_SCENARIO(event, wake, .preemptions = 3)
 *     {
 *         struct meeting *meeting = mc_new(sizeof *meeting);
 *         mc_spawn("waiter", wait_for_it, meeting);
 *         mc_spawn("waker", bring_it, meeting);
 *         mc_join_all();
 *         mc_check(wi_load_relaxed(&meeting->event.waiters) == 0);
 *     }
 *
 * What threads share comes from mc_new() or wi_alloc(): there, plain accesses are checked for races, and all accesses
 * for uses after free. A body does nothing but what follows from what the checker answered: no clock, no random
 * numbers, no static variables.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- operations: for the shims ---- */

enum mc_kind {
    MC_LOAD,
    MC_STORE,
    MC_EXCHANGE,
    MC_ADD,
    MC_OR,
    MC_AND,
    MC_CAS,
    MC_FENCE,
    MC_BARRIER
};

/* Orders, as a set. */
#define MC_RELAXED 0u
#define MC_ACQUIRE 1u
#define MC_RELEASE 2u
#define MC_SEQ_CST 4u

/* A place in the sources that has an atomic operation. All of them are found in one section of the program. */
struct mc_site {
    const char *file;
    const char *function;
    const char *expression;
    uint32_t line;
    enum mc_kind kind;
    uint32_t order;
    /* What a mutant changes: */
    bool is_skipped; /* the fence does nothing */
    bool is_torn;    /* the read-modify-write is a load and a store */
    uint64_t hits;   /* times executed */
};

/* The site of an operation at this place in the source. */
#define MC_HERE(kind_, order_, expression_)                                                                            \
    __extension__({                                                                                                    \
        static struct mc_site here = {.file = __FILE__,                                                                \
                                      .function = __func__,                                                            \
                                      .expression = expression_,                                                       \
                                      .line = __LINE__,                                                                \
                                      .kind = kind_,                                                                   \
                                      .order = order_};                                                                \
        static struct mc_site *const listed __attribute__((section("mc_sites"), used)) = &here;                        \
        &here;                                                                                                         \
    })

/* Begins the expression of a site that a patch brought in. */
#define MC_PATCHED "patched "

uint64_t mc_load(struct mc_site *site, const void *address, unsigned bytes);
void mc_store(struct mc_site *site, void *address, unsigned bytes, uint64_t value);
uint64_t mc_update(struct mc_site *site, void *address, unsigned bytes, uint64_t operand);
bool mc_cas(struct mc_site *site, void *address, unsigned bytes, void *expected, uint64_t desired);
void mc_fence(struct mc_site *site);

/* A fence in every thread, at once. */
void mc_barrier(struct mc_site *site);

/* Lets each of the others that can go on do an operation first. */
void mc_yield(void);

/* The thread may lose its turn here, and that is no preemption. */
void mc_turn(void);

/* Sleeping on a word. Returns false if the deadline passed. */
bool mc_futex_wait(const void *word, unsigned bytes, uint64_t expected, bool has_deadline);
void mc_futex_wake(const void *word, uint32_t count);

/* Readers' sections, and waiting until those under way have ended. */
void mc_reader_enter(void);
void mc_reader_leave(void);
void mc_reader_wait(void);

void *mc_alloc(size_t alignment, size_t bytes);
void mc_free(void *memory);

/* A step of a protocol that a patch of the sources can change at run time; see the README. */
struct mc_step {
    const char *name;
    const char *file;
    uint32_t line;
    bool is_changed;
    uint64_t hits;
};

#define MC_CHANGED(name_)                                                                                              \
    __extension__({                                                                                                    \
        static struct mc_step step = {.name = name_, .file = __FILE__, .line = __LINE__};                              \
        static struct mc_step *const listed __attribute__((section("mc_steps"), used)) = &step;                        \
        step.hits++;                                                                                                   \
        step.is_changed;                                                                                               \
    })

/* ---- scenarios ---- */

struct mc_scenario {
    const char *group, *name;
    int line;
    void (*run)(void);
    int preemptions;        /* bound on switches away from a thread that could go on; 0 for none at all */
    int stale;              /* bound on loads that do not read the newest value; 0 for none at all */
    int spurious;           /* sleeps that may end for no reason */
    const char *unordered;  /* a variable for which the README's second exception does no harm: see there */
    uint64_t random;        /* this many random executions instead of all */
    const char *outcomes;   /* a litmus test: exactly these, in order, separated by blanks */
    const char *fails_with; /* a test of the checker: it must report this */
};

/* As a bound. */
#define MC_ALL    0
#define MC_FEWEST (-1)

#define MC_SCENARIO(group_, name_, ...)                                                                                \
    static void group_##_##name_(void);                                                                                \
    static struct mc_scenario group_##_##name_##_scenario = {                                                          \
        .group = #group_, .name = #name_, .line = __LINE__, .run = group_##_##name_, __VA_ARGS__};                     \
    static struct mc_scenario *group_##_##name_##_listed __attribute__((section("mc_scenarios"), used)) =              \
        &group_##_##name_##_scenario;                                                                                  \
    static void group_##_##name_(void)

/* As the size of a stack: the system has no room for that thread. */
#define MC_NO_STACK SIZE_MAX

/* Starts a thread; its number. What the caller did happens before it. */
int mc_spawn(const char *name, void (*body)(void *context), void *context);

/* Waits for the end of one thread, or of all that the caller has not joined; what they did happens before. */
void mc_join(int thread);
void mc_join_all(void);

/* Gives memory, all zero; mc_delete() ends it, and any access that does not happen before that is an error. */
void *mc_new(size_t bytes);
void mc_delete(void *memory);

/* Ends the execution as wrong. */
void mc_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#define mc_check(condition)                                                                                            \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            mc_fail("%s:%d: does not hold: %s", __FILE__, __LINE__, #condition);                                       \
    } while (0)

/* A litmus test's outcome. */
void mc_outcome(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A number below `limit`, each in turn. */
uint32_t mc_choose(uint32_t limit);

/* Says that the pointer `value`, which the caller has loaded before, counts: if another thread overwrites that variable
 * and the load does not happen before that, it is an error. (Where loads may be delayed past later stores, as C11
 * allows and the checker does not do, such a load could answer what was written later.) */
void mc_counts(const void *value);

/* A moment in the calling thread, and whether one happens before another. */
#define MC_THREADS 6
struct mc_moment {
    int thread;
    int16_t clock[MC_THREADS];
};
struct mc_moment mc_now(void);
bool mc_is_before(const struct mc_moment *a, const struct mc_moment *b);

#endif
