/*
 * engine/explore.c - which thread goes next, and which executions there are
 *
 * The threads of a scenario are coroutines. Before each operation that others can notice, the thread asks which one
 * goes on; before each load, which write it reads. The answers of one execution are a path in a tree; the next
 * execution takes the same path up to the last answer that has an alternative (depth first). What an execution is worth
 * is decided by its graph alone: what each thread did and was answered, the order of writes in each location, the order
 * of fences. Where two paths lead to the same graph, with the same thread at work, the second is cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "engine/world.h"

/* ---- coroutines ---- */

#define STACK (128 * 1024)

static _Alignas(64) char stacks[MC_THREADS][STACK];
static jmp_buf bases[MC_THREADS], places[MC_THREADS], home;
static bool has_stacks;

struct thread threads[MC_THREADS];
int self;

/* Thread-local variables of the sources lie in one section; each thread has its own content. */
extern char __start_mc_tls[] __attribute__((weak)), __stop_mc_tls[] __attribute__((weak));
static char locals[MC_THREADS][256];

static size_t locals_bytes(void)
{
    size_t bytes = (size_t)(__stop_mc_tls - __start_mc_tls);
    return bytes < sizeof locals[0] ? bytes : sizeof locals[0];
}

static void thread_main(void);

/* Each stack has this at its bottom: `bases` leads here whenever a thread starts anew. */
static void stack_bottom(void)
{
    if (_setjmp(bases[self]) == 0)
        _longjmp(home, 1);
    thread_main();
}

static void make_stacks(void)
{
    for (self = 0; self < MC_THREADS; self++) {
        static ucontext_t context;
        getcontext(&context);
        context.uc_stack.ss_sp = stacks[self];
        context.uc_stack.ss_size = STACK;
        context.uc_link = NULL;
        makecontext(&context, stack_bottom, 0);
        if (_setjmp(home) == 0)
            setcontext(&context);
    }
    has_stacks = true;
}

static void go_to(int next)
{
    if (locals_bytes() > 0) {
        memcpy(locals[self], __start_mc_tls, locals_bytes());
        memcpy(__start_mc_tls, locals[next], locals_bytes());
    }
    self = next;
    _longjmp(places[next], 1);
}

/* Lets `next` run, and returns when this thread is chosen again. */
static void switch_to(int next)
{
    if (next != self && _setjmp(places[self]) == 0)
        go_to(next);
}

/* ---- the tree ---- */

#define DEPTH (MC_STEPS * 2)
static struct {
    uint16_t taken, width;
} path[DEPTH];
static uint32_t path_length, depth;

static const struct mc_scenario *scenario;
static uint64_t random_state;
static bool is_random;
bool is_tracing;

static uint32_t steps, preemptions, stales, spurious;

/* How the execution ends. */
enum ending {
    ENDED,
    SEEN_BEFORE,
    TOO_LONG,
    FAILED
};
static enum ending ending;
static bool must_restart;
static char message[300], outcome[64];

/* The execution so far, in a form that does not depend on what was learnt: whose turn it was for how many operations,
 * and all answers. As text: `0x12 1x7 / 0 2`. */
#define TURNS 1000
static struct turn {
    int thread;
    uint32_t operations;
} turns[TURNS];
static uint32_t turn_count;
static uint8_t answers[DEPTH];
static uint32_t answer_count;

/* What is replayed, or nothing. */
static struct turn given_turns[TURNS];
static uint32_t given_turn_count, given_turn;
static uint8_t given_answers[DEPTH];
static uint32_t given_answer_count;
static bool is_replay;

uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint32_t random_below(uint32_t limit)
{
    random_state = mix(random_state);
    return (uint32_t)((random_state >> 32) * limit >> 32);
}

void know(uint64_t what)
{
    threads[self].hash = mix(threads[self].hash ^ what);
}

static void finish(enum ending how)
{
    ending = how;
    _longjmp(home, 1);
}

void mc_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    finish(FAILED);
    abort(); /* not reached */
}

void give_up(void)
{
    finish(TOO_LONG);
}

/* The next answer on the path, or the first of a new branch. */
static uint32_t next_answer(uint32_t limit)
{
    if (depth == path_length) {
        path[path_length].taken = 0;
        path[path_length].width = (uint16_t)limit;
        path_length++;
    }
    return path[depth++].taken;
}

uint32_t pick(uint32_t limit)
{
    uint32_t picked = 0;
    if (limit <= 1)
        return 0;
    if (answer_count == DEPTH || depth == DEPTH)
        give_up();
    if (is_replay) {
        picked = answer_count < given_answer_count ? given_answers[answer_count] : 0;
    } else if (is_random) {
        picked = random_below(3) == 0 ? random_below(limit) : 0;
    } else {
        picked = next_answer(limit);
    }
    if (picked >= limit)
        mc_fail("the schedule is not one of this scenario");
    answers[answer_count++] = (uint8_t)picked;
    return picked;
}

uint32_t mc_choose(uint32_t limit)
{
    uint32_t picked = pick(limit);
    know(picked);
    return picked;
}

static bool is_within(uint32_t count, int bound)
{
    return bound == MC_ALL || (bound != MC_FEWEST && count < (uint32_t)bound);
}

bool may_be_stale(void)
{
    return is_within(stales, scenario->stale);
}

void was_stale(void)
{
    stales++;
}

/* Whether the scenario says that stores to this variable may come in any order. */
bool is_unordered(const char *expression)
{
    return scenario->unordered && strstr(expression, scenario->unordered);
}

bool may_wake_early(void)
{
    return spurious < (uint32_t)scenario->spurious;
}

void woke_early(void)
{
    spurious++;
}

/* ---- states that were seen ---- */

/* The least number of preemptions with which each was reached, in the lowest byte of its hash. */
static uint64_t *seen;
static uint64_t seen_size, seen_count;

static void seen_forget(void)
{
    if (!seen) {
        seen_size = 1 << 16;
        seen = calloc(seen_size, sizeof *seen);
    }
    memset(seen, 0, seen_size * sizeof *seen);
    seen_count = 0;
}

static uint64_t *seen_slot(uint64_t state)
{
    uint64_t i = (state >> 8) % seen_size;
    while (seen[i] && (seen[i] ^ state) >> 8)
        i = (i + 1) % seen_size;
    return &seen[i];
}

static void seen_grow(void)
{
    uint64_t *old = seen, old_size = seen_size;
    seen_size *= 2;
    seen = calloc(seen_size, sizeof *seen);
    for (uint64_t i = 0; i < old_size; i++)
        if (old[i])
            *seen_slot(old[i]) = old[i];
    free(old);
}

/* Whether the world was like this before, with no more preemptions used up. */
static bool was_seen(void)
{
    bool is_bounded = scenario->preemptions != MC_ALL;
    uint64_t state = memory_hash() + (is_bounded ? mix((uint64_t)self) : 0) +
                     (scenario->stale != MC_ALL ? mix(stales + 7) * 3 : 0) + mix(spurious) * 5;
    for (int t = 0; t < MC_THREADS; t++)
        state += mix(threads[t].hash ^ mix((uint64_t)t * 16 + threads[t].state) ^ mix(threads[t].yields_to));
    state = mix(state) | 0x100;
    uint64_t *slot = seen_slot(state);
    uint8_t used = (uint8_t)(is_bounded ? preemptions + 1 : 1);
    if (*slot && (*slot & 0xff) <= used)
        return true;
    if (!*slot && ++seen_count * 2 > seen_size) {
        seen_grow();
        slot = seen_slot(state);
    }
    *slot = (state & ~UINT64_C(0xff)) | used;
    return false;
}

/* ---- the threads take turns ---- */

/* Priorities for random executions (Burckhardt, Kothari, Musuvathi and Nagarakatte, A randomized scheduler with
 * probabilistic guarantees of finding bugs, ASPLOS 2010): the highest goes, and drops to the lowest at a few random
 * steps. */
#define DROPS 3
static uint32_t priorities[MC_THREADS], lowest, drops[DROPS], typical_steps;

static bool is_ready(int t)
{
    const struct thread *thread = &threads[t];
    return thread->state == THREAD_READY || (thread->state == THREAD_ASLEEP && thread->has_deadline) ||
           (thread->state == THREAD_BLOCKED && thread->is_unblocked(t));
}

static void stuck(void)
{
    char who[200] = "";
    for (int t = 0; t < MC_THREADS; t++)
        if (threads[t].state != THREAD_ABSENT && threads[t].state != THREAD_ENDED)
            snprintf(who + strlen(who), sizeof who - strlen(who), "%s%s is %s", *who ? ", " : "", threads[t].name,
                     threads[t].waits_in);
    mc_fail("nobody can go on: %s", who);
}

static int choose_random(const int *candidates, uint32_t count)
{
    for (int i = 0; i < DROPS; i++)
        if (steps == drops[i])
            priorities[self] = --lowest;
    int best = candidates[0];
    for (uint32_t i = 1; i < count; i++)
        if (priorities[candidates[i]] > priorities[best])
            best = candidates[i];
    return best;
}

/* The thread whose turn comes after the present one. */
static int choose_replayed(const int *candidates, uint32_t count)
{
    if (given_turn + 1 >= given_turn_count)
        return candidates[0];
    if (turns[turn_count - 1].operations < given_turns[given_turn].operations)
        return self;
    int thread = given_turns[++given_turn].thread;
    for (uint32_t i = 0; i < count; i++)
        if (candidates[i] == thread)
            return thread;
    mc_fail("the schedule is not one of this scenario");
}

/* The threads that can run, as bits. */
static uint32_t ready_threads(void)
{
    uint32_t ready = 0;
    for (int t = 0; t < MC_THREADS; t++)
        ready |= is_ready(t) ? 1u << t : 0;
    return ready;
}

/* Who goes next; the thread itself, if it can, comes first. */
static int choose_thread(void)
{
    int candidates[MC_THREADS];
    uint32_t count = 0, ready = ready_threads();
    bool can_go_on = threads[self].state == THREAD_READY && !(threads[self].yields_to & ready);
    if (can_go_on)
        candidates[count++] = self;
    if (!can_go_on || threads[self].is_willing || is_replay || is_within(preemptions, scenario->preemptions))
        for (int t = 0; t < MC_THREADS; t++)
            if (!(can_go_on && t == self) && (ready >> t & 1) && !(threads[t].yields_to & ready))
                candidates[count++] = t;
    for (int t = 0; count == 0 && t < MC_THREADS; t++) /* all let one another go first */
        if (ready >> t & 1)
            candidates[count++] = t;
    if (count == 0)
        stuck();
    int chosen = candidates[0];
    if (is_replay)
        chosen = choose_replayed(candidates, count);
    else if (is_random)
        chosen = choose_random(candidates, count);
    else if (count > 1) {
        if (depth == path_length && was_seen())
            finish(SEEN_BEFORE);
        chosen = candidates[next_answer(count)];
    }
    preemptions += can_go_on && !threads[self].is_willing && chosen != self;
    threads[self].is_willing = false;
    return chosen;
}

/* Gives the turn to whom it is due. Returns when it is this thread's again. */
static void give_turn(void)
{
    int chosen = choose_thread();
    if (chosen != self) {
        if (turn_count == TURNS)
            give_up();
        turns[turn_count++] = (struct turn){.thread = chosen};
    }
    threads[chosen].is_granted = true;
    threads[chosen].state = threads[chosen].state == THREAD_ENDED ? THREAD_ENDED : THREAD_READY;
    switch_to(chosen);
}

void point(const void *address, bool is_write)
{
    if (steps++ == MC_STEPS)
        mc_fail("more than %d operations: it does not seem to end", MC_STEPS);
    bool is_own = is_private(address, is_write) && !is_replay && !threads[self].yields_to;
    if (!is_own && !threads[self].is_granted)
        give_turn();
    threads[self].is_granted = false;
    for (int t = 0; t < MC_THREADS; t++)
        threads[t].yields_to = t == self ? 0 : threads[t].yields_to & ~(1u << self);
    threads[self].steps++;
    turns[turn_count - 1].operations++;
}

void mc_yield(void)
{
    threads[self].yields_to = ready_threads() & ~(1u << self);
    threads[self].is_granted = false;
    priorities[self] = --lowest;
}

void mc_turn(void)
{
    threads[self].is_willing = true;
}

void block(enum thread_state state, bool (*is_unblocked)(int thread), const char *where)
{
    threads[self].state = state;
    threads[self].is_unblocked = is_unblocked;
    threads[self].waits_in = where;
    give_turn();
}

/* ---- threads begin and end ---- */

static void thread_main(void)
{
    threads[self].body(threads[self].context);
    threads[self].state = THREAD_ENDED;
    give_turn();
    abort(); /* nobody gives the turn to one that has ended */
}

static void main_body(void *context)
{
    (void)context;
    scenario->run();
    mc_join_all();
    memory_check_leaks();
    finish(ENDED);
}

static int thread_create(const char *name, void (*body)(void *), void *context)
{
    int t = 0;
    while (t < MC_THREADS && threads[t].state != THREAD_ABSENT)
        t++;
    if (t == MC_THREADS)
        mc_fail("more than %d threads, raise MC_THREADS", MC_THREADS);
    threads[t] = (struct thread){
        .state = THREAD_READY, .name = name, .body = body, .context = context, .waits_in = "ready", .hash = mix(t)};
    memcpy(places[t], bases[t], sizeof places[t]);
    memset(locals[t], 0, sizeof locals[t]);
    return t;
}

int mc_spawn(const char *name, void (*body)(void *context), void *context)
{
    int t = thread_create(name, body, context);
    thread_begins(t, self);
    return t;
}

static bool has_joined(int waiter)
{
    return threads[threads[waiter].awaits].state == THREAD_ENDED;
}

void mc_join(int thread)
{
    threads[self].awaits = thread;
    if (!has_joined(self))
        block(THREAD_BLOCKED, has_joined, "joining");
    threads[thread].is_joined = true;
    thread_was_joined(thread);
}

void mc_join_all(void)
{
    for (int t = 1; t < MC_THREADS; t++)
        if (t != self && threads[t].state != THREAD_ABSENT && !threads[t].is_joined)
            mc_join(t);
}

bool is_alone(void)
{
    for (int t = 0; t < MC_THREADS; t++)
        if (t != self && threads[t].state != THREAD_ABSENT && threads[t].state != THREAD_ENDED)
            return false;
    return true;
}

void learn(void)
{
    must_restart = true;
}

void mc_outcome(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(outcome, sizeof outcome, format, arguments);
    va_end(arguments);
}

const char *file_name(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash ? slash + 1 : file;
}

/* The last lines of the trace, since what led to a failure is near its end. */
#define LINES 200
static char lines[LINES][240];
static uint32_t line_count;

void trace(const char *format, ...)
{
    char *line = lines[line_count++ % LINES];
    int length = snprintf(line, sizeof lines[0], "  %-10s ", threads[self].name);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + length, sizeof lines[0] - (size_t)length, format, arguments);
    va_end(arguments);
}

static void print_trace(void)
{
    uint32_t first = line_count > LINES ? line_count - LINES : 0;
    if (first > 0)
        printf("  ... %u lines before\n", first);
    for (uint32_t i = first; i < line_count; i++)
        printf("%s\n", lines[i % LINES]);
}

/* ---- executions ---- */

static void run_once(void)
{
    if (!has_stacks)
        make_stacks();
    self = 0;
    depth = steps = preemptions = stales = spurious = 0;
    answer_count = given_turn = 0;
    outcome[0] = '\0';
    memory_reset();
    for (int t = 0; t < MC_THREADS; t++)
        threads[t].state = THREAD_ABSENT;
    turns[0] = (struct turn){.thread = 0};
    turn_count = 1;
    thread_create("main", main_body, NULL);
    thread_begins(0, -1);
    if (locals_bytes() > 0)
        memset(__start_mc_tls, 0, locals_bytes());
    if (_setjmp(home) == 0)
        _longjmp(places[0], 1);
    if (steps > typical_steps)
        typical_steps = steps;
}

static void run_random(void)
{
    is_random = true;
    lowest = MC_STEPS * 2;
    for (int t = 0; t < MC_THREADS; t++)
        priorities[t] = lowest + 1 + random_below(1000);
    for (int i = 0; i < DROPS; i++)
        drops[i] = random_below(typical_steps);
    run_once();
    is_random = false;
}

/* Keeps the outcomes sorted, each once. */
static void outcome_add(char *outcomes, size_t size)
{
    char old[300], *word, *rest = old;
    bool is_in = outcome[0] == '\0';
    snprintf(old, sizeof old, "%s", outcomes);
    size_t length = 0;
    while ((word = strsep(&rest, " ")) || !is_in) {
        if (!is_in && (!word || *word == '\0' || strcmp(outcome, word) <= 0)) {
            is_in = true;
            length += (size_t)snprintf(outcomes + length, size - length, "%s%s", length ? " " : "", outcome);
            if (word && strcmp(outcome, word) == 0)
                continue;
        }
        if (word && *word)
            length += (size_t)snprintf(outcomes + length, size - length, "%s%s", length ? " " : "", word);
        if (!word)
            break;
    }
}

static void write_schedule(char *text, size_t size)
{
    size_t length = 0;
    for (uint32_t i = 0; i < turn_count && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, "%dx%u ", turns[i].thread, turns[i].operations);
    for (uint32_t i = 0; i < answer_count && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%u", i ? " " : "/ ", answers[i]);
}

static void account(struct result *result)
{
    if (ending == FAILED) {
        result->has_failed = true;
        snprintf(result->message, sizeof result->message, "%s", message);
        write_schedule(result->schedule, sizeof result->schedule);
    } else if (ending == ENDED) {
        result->executions++;
        outcome_add(result->outcomes, sizeof result->outcomes);
    } else if (ending == TOO_LONG) {
        result->too_long++;
    } else {
        result->pruned++;
    }
}

/* Goes to the next path; false if there is none. */
static bool next_path(void)
{
    while (path_length > 0 && path[path_length - 1].taken + 1 == path[path_length - 1].width)
        path_length--;
    if (path_length == 0)
        return false;
    path[path_length - 1].taken++;
    return true;
}

/* Random executions that come before all others: they show which variables are shared. */
#define FIRST 200

void explore(const struct mc_scenario *explored, uint64_t limit, struct result *result)
{
    scenario = explored;
    *result = (struct result){0};
    random_state = 1;
    typical_steps = 50;
    blind_stores = 0;
    memory_forget();
    uint64_t randoms = explored->random ? explored->random : FIRST;
    if (limit && randoms > limit)
        randoms = limit;
    for (uint64_t i = 0; i < randoms && !result->has_failed; i++) {
        run_random();
        account(result);
    }
    must_restart = true;
    while (!result->has_failed && !explored->random && (must_restart || next_path())) {
        if (must_restart) {
            must_restart = false;
            path_length = 0;
            seen_forget();
            result->executions = result->pruned = result->too_long = 0;
        }
        run_once();
        account(result);
        uint64_t tried = result->executions + result->pruned + result->too_long;
        if (limit && tried == limit)
            break;
    }
    result->blind = blind_stores;
}

/* Reads what write_schedule() wrote. */
static bool read_schedule(const char *text)
{
    given_turn_count = given_answer_count = 0;
    char *rest;
    for (;; text = rest) {
        long thread = strtol(text, &rest, 10);
        if (rest == text || *rest != 'x' || given_turn_count == TURNS)
            break;
        given_turns[given_turn_count++] = (struct turn){(int)thread, (uint32_t)strtoul(rest + 1, &rest, 10)};
    }
    text += strspn(text, " ");
    if (*text == '/')
        for (text++;; text = rest) {
            unsigned long answer = strtoul(text, &rest, 10);
            if (rest == text || given_answer_count == DEPTH)
                break;
            given_answers[given_answer_count++] = (uint8_t)answer;
        }
    return text[strspn(text, " ")] == '\0';
}

void replay(const struct mc_scenario *replayed, const char *text, struct result *result)
{
    scenario = replayed;
    *result = (struct result){0};
    memory_forget();
    if (!read_schedule(text)) {
        result->has_failed = true;
        snprintf(result->message, sizeof result->message, "this is no schedule");
        return;
    }
    is_replay = is_tracing = true;
    line_count = 0;
    run_once();
    is_replay = is_tracing = false;
    print_trace();
    account(result);
}
