/*
 * simulate/owner.h - the owner's side of a deque: forks, joins, answers to requests
 */
#ifndef SIMULATE_OWNER_H
#define SIMULATE_OWNER_H

#include "pool.h"

/* Forks `child` in the youngest frame of `self`. */
uint64_t owner_fork(struct pool *pool, uint32_t self, struct node child);

/* Joins the youngest child, which nobody has stolen: makes it the youngest frame. */
uint64_t owner_pop(struct pool *pool, struct worker *worker);

#endif
