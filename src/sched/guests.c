/*
 * sched/guests.c - who stays in a pool between the roots that it brings
 *
 * Invariants
 *   I1  a guest that must leave is asked: by who closes the gate, or, if it is not in the list yet or still keeps the
 *       pool at that time, when it enters, or keeps the pool no longer. Who closes raises the fate first and takes the
 *       lock afterwards; the others read it with the lock.
 *
 * Who touches what
 *   first, guest.next, link, keeps   who has the lock
 */
#include "sched/guests.h"

static bool must_leave(struct wi_roots *roots, const struct wi_guest *guest)
{
    return guest->keeps ? wi_roots_cancel(roots) : wi_roots_are_closing(roots);
}

static void ask(struct wi_roots *roots, struct wi_guest *guest)
{
    if (must_leave(roots, guest))
        guest->leave(guest);
}

bool wi_guests_enter(struct wi_guests *guests, struct wi_roots *roots, struct wi_guest *guest)
{
    if (!wi_roots_accept(roots))
        return false;
    wi_lock_acquire(&guests->lock);
    guest->keeps = true;
    guest->next = guests->first;
    guest->link = &guests->first;
    if (guest->next)
        guest->next->link = &guest->next;
    guests->first = guest;
    ask(roots, guest);
    wi_lock_release(&guests->lock);
    return true;
}

void wi_guests_part(struct wi_guests *guests, struct wi_roots *roots, struct wi_guest *guest)
{
    wi_lock_acquire(&guests->lock);
    *guest->link = guest->next;
    if (guest->next)
        guest->next->link = guest->link;
    wi_lock_release(&guests->lock);
    wi_roots_release(roots);
}

void wi_guests_keep(struct wi_guests *guests, struct wi_roots *roots, struct wi_guest *guest, bool keeps)
{
    wi_lock_acquire(&guests->lock);
    guest->keeps = keeps;
    ask(roots, guest);
    wi_lock_release(&guests->lock);
}

void wi_guests_ask(struct wi_guests *guests, struct wi_roots *roots)
{
    wi_lock_acquire(&guests->lock);
    for (struct wi_guest *guest = guests->first; guest; guest = guest->next)
        ask(roots, guest);
    wi_lock_release(&guests->lock);
}
