/*
 * sched/pool.h - what the layers above need of a pool, beyond weft/pool.h
 *
 *   Threads   any; wi_pool_help executes and blocks, the others are lock-free
 */
#ifndef WI_SCHED_POOL_H
#define WI_SCHED_POOL_H

#include <weft/pool.h>

#include "sched/guests.h"

/* Lets in a root that wi_pool_send() then brings. WEFT_ECLOSED, WEFT_EFORKED. */
int wi_pool_admit(weft_pool *pool);

/* Brings a root that was let in, and that nobody waits for. `run` is called once, in any case: without a worker if the
 * root is cancelled. The frame is not touched after that. */
void wi_pool_send(weft_pool *pool, weft_task *task, weft_task_fn *run);

/* Lets in one who stays and sends roots, until it parts: see sched/guests.h. WEFT_ECLOSED, WEFT_EFORKED. */
int wi_pool_enter(weft_pool *pool, struct wi_guest *guest);
void wi_pool_part(weft_pool *pool, struct wi_guest *guest);
void wi_pool_keep(weft_pool *pool, struct wi_guest *guest, bool keeps);

/* Brings a guest's root, as wi_pool_send() does. Nothing in a forked child, where it would never run. */
void wi_pool_send_as_guest(weft_pool *pool, weft_task *task, weft_task_fn *run);

/* Executes what is queued, as a caller, until somebody has taken `task`, a root that was sent, or the deadline has
 * passed. Sleeps while there is nothing to be had, or no slot. Not inside a task of the pool's. */
void wi_pool_help(weft_pool *pool, weft_task *task, uint64_t deadline);

#endif
