/*
 * shim/urcu/urcu-bp.h - a model of liburcu's grace periods
 *
 * The names are those of liburcu, as far as src/queue/reclaim.c uses them. The checker promises what liburcu does, and
 * nothing else: see mc_reader_wait().
 */
#ifndef SHIM_URCU_BP_H
#define SHIM_URCU_BP_H

#include "engine/model.h"

#define urcu_bp_read_lock()       mc_reader_enter()
#define urcu_bp_read_unlock()     mc_reader_leave()
#define urcu_bp_synchronize_rcu() mc_reader_wait()

/* No scenario forks. */
#define urcu_bp_before_fork()       ((void)0)
#define urcu_bp_after_fork_parent() ((void)0)
#define urcu_bp_after_fork_child()  ((void)0)

#endif
