/*
 * tsan/corpus.h - small programs of users' code, half of them right, half of them with one race
 *
 * A case is a function. In a wrong one, the lines that race end in "race" as a comment; the runner looks them up.
 */
#ifndef TSAN_CORPUS_H
#define TSAN_CORPUS_H

#include <weft/pool.h>
#include <weft/task.h>

typedef void corpus_case(weft_pool *pool);

/* Makes a case known, before main(). */
void corpus_add(const char *verdict, const char *name, const char *file, int line, corpus_case *run);

/* Defines a case; the body follows. */
#define RIGHT(name) CORPUS_CASE(name, "right")
#define WRONG(name) CORPUS_CASE(name, "wrong")

#define CORPUS_CASE(name, verdict)                                                                                     \
    static void name(weft_pool *pool);                                                                                 \
    __attribute__((constructor)) static void name##_is_known(void)                                                     \
    {                                                                                                                  \
        corpus_add(verdict, #name, __FILE__, __LINE__, name);                                                          \
    }                                                                                                                  \
    static void name(__attribute__((unused)) weft_pool *pool)

/* Defines a task's body; what it does follows. */
#define BODY(name)                                                                                                     \
    static void name(__attribute__((unused)) weft_worker *worker, __attribute__((unused)) weft_task *task)

/* Accesses that race must not meet: ThreadSanitizer may miss two at the very same time. This keeps them apart, and
 * orders nothing. */
#define APART(...)                                                                                                     \
    do {                                                                                                               \
        corpus_enter();                                                                                                \
        __VA_ARGS__;                                                                                                   \
        corpus_leave();                                                                                                \
    } while (0)

void corpus_enter(void);
void corpus_leave(void);

#endif
