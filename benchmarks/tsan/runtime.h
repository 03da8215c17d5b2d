/*
 * tsan/runtime.h - what the cases ask of a scheduler: fork and join
 *
 * Each runtime_*.c says it in its own words.
 */
#ifndef TSAN_RUNTIME_H
#define TSAN_RUNTIME_H

#ifdef __cplusplus
extern "C" {
#endif

/* Where a task runs: handed on to what it calls. */
struct place;

typedef void body_fn(struct place *place, void *argument);

/* Forks at most so many tasks before they are joined. */
#define GROUP_MOST 8

/* Runs `root` in a pool of so many workers, and waits for it. */
void runtime_run(unsigned workers, body_fn *root, void *argument);

/* Forks a task for each argument, runs `meanwhile` if there is one, and joins them all. */
void runtime_fork(struct place *place, unsigned count, body_fn *const *bodies, void *const *arguments,
                  body_fn *meanwhile, void *argument);

#ifdef __cplusplus
}
#endif

#endif
