/*
 * queue/reclaim.h - waiting until nobody can still be reading what was unlinked
 *
 * A reader brackets its accesses with enter and leave. Who has unlinked memory waits, and frees it then. The only file
 * that touches liburcu (flavour bp: a thread becomes a reader by itself, and ceases to be one when it ends).
 *
 *   Threads   any; enter and leave are wait-free and do not nest with a wait inside
 *   Ordering  what a reader did before leave happens before the return of a wait that began after its enter
 *   Source    Desnoyers, McKenney, Stern, Dagenais and Walpole, User-level implementations of read-copy update (2012)
 */
#ifndef WI_QUEUE_RECLAIM_H
#define WI_QUEUE_RECLAIM_H

#include <stdbool.h>

/* Begins and ends a reader's section. */
void wi_reclaim_enter(void);
void wi_reclaim_leave(void);

/* Waits until every section that was under way has ended. Returns false, at once, if that cannot be known: in a forked
 * child the readers' registry may be frozen in the middle of a change. The memory must then be kept. */
bool wi_reclaim_wait(void);

#endif
