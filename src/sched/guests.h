/*
 * sched/guests.h - who stays in a pool between the roots that it brings
 *
 * A guest has passed the gate (sched/roots.h) and holds it until it goes, so that it can bring roots although the gate
 * has been closed meanwhile. When the pool is shut down, guests are asked to leave: those that keep it from being
 * drained only if it is to be cancelled.
 *
 *   Threads   any; a short lock
 */
#ifndef WI_SCHED_GUESTS_H
#define WI_SCHED_GUESTS_H

#include <stdbool.h>

#include "os/lock.h"
#include "sched/roots.h"

struct wi_guest {
    void (*leave)(struct wi_guest *guest); /* asks it to leave, soon; once or more. With the lock held */
    struct wi_guest *next, **link;
    bool keeps; /* the pool from being drained */
};

struct wi_guests {
    struct wi_lock lock;
    struct wi_guest *first;
};

/* Lets a new guest in, whose `leave` is set, and who keeps the pool. False once the gate is closed. Ended by
 * wi_guests_part(), after which it is not asked any more. */
bool wi_guests_enter(struct wi_guests *guests, struct wi_roots *roots, struct wi_guest *guest);
void wi_guests_part(struct wi_guests *guests, struct wi_roots *roots, struct wi_guest *guest);

/* Says whether a guest keeps the pool. If not, and the gate is closed, it is asked to leave. */
void wi_guests_keep(struct wi_guests *guests, struct wi_roots *roots, struct wi_guest *guest, bool keeps);

/* The gate has been closed: asks guests to leave. */
void wi_guests_ask(struct wi_guests *guests, struct wi_roots *roots);

#endif
