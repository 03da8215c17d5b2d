/*
 * simulate/thief.h - the thief's side: looking, stealing, forcing, lying down
 *
 * One step for each phase, to be taken when its event is due.
 */
#ifndef SIMULATE_THIEF_H
#define SIMULATE_THIEF_H

#include "pool.h"

uint64_t step_probe(struct pool *pool, uint32_t self);
uint64_t step_look(struct pool *pool, uint32_t self);
uint64_t step_claim(struct pool *pool, uint32_t self);
uint64_t step_commit(struct pool *pool, uint32_t self);
uint64_t step_scan(struct pool *pool, uint32_t self);
uint64_t step_force(struct pool *pool, uint32_t self);

/* Answers NEVER when it falls asleep. */
uint64_t step_doze(struct pool *pool, uint32_t self);

#endif
