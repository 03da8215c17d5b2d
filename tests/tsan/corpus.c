/*
 * tsan/corpus.c - runs one case
 *
 *     corpus --list          verdict, name, file and line of each
 *     corpus NAME WORKERS    runs it with that many workers
 */
#include "tsan/corpus.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES_MOST 200

static struct {
    const char *verdict, *name, *file;
    int line;
    corpus_case *run;
} cases[CASES_MOST];

static int count;

void corpus_add(const char *verdict, const char *name, const char *file, int line, corpus_case *run)
{
    cases[count].verdict = verdict;
    cases[count].name = name;
    cases[count].file = file;
    cases[count].line = line;
    cases[count++].run = run;
}

static int is_inside;

void corpus_enter(void)
{
    while (__atomic_exchange_n(&is_inside, 1, __ATOMIC_RELAXED))
        sched_yield();
}

void corpus_leave(void)
{
    __atomic_store_n(&is_inside, 0, __ATOMIC_RELAXED);
}

static int run(corpus_case *body, unsigned workers)
{
    weft_pool_options options = {.size = sizeof options, .workers = workers};
    weft_pool *pool;
    if (weft_pool_create(&options, &pool) != WEFT_OK)
        return 2;
    body(pool);
    return weft_pool_destroy(pool) == WEFT_OK ? 0 : 2;
}

int main(int argc, char **argv)
{
    for (int i = 0; argc == 2 && strcmp(argv[1], "--list") == 0 && i < count; i++)
        printf("%s %s %s %d\n", cases[i].verdict, cases[i].name, cases[i].file, cases[i].line);
    for (int i = 0; argc == 3 && i < count; i++)
        if (strcmp(argv[1], cases[i].name) == 0)
            return run(cases[i].run, (unsigned)strtoul(argv[2], NULL, 10));
    return argc == 2 ? 0 : 2;
}
