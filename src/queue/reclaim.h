/*
 * queue/reclaim.h - waiting until nobody can still be reading what was unlinked
 *
 * A reader brackets its accesses with enter and leave. Who has unlinked memory waits, and frees it then. The only file
 * that touches liburcu's grace periods (flavour bp: a thread becomes a reader by itself, and ceases to be one when it
 * ends).
 *
 *   Threads   any. Enter and leave are wait-free, but a thread's first enter, which takes a lock and allocates; liburcu
 *             ends the process where that fails. A thread does not wait between its own enter and leave
 *   Ordering  what a reader did before leave happens before the return of a wait that began after its enter
 *   Source    Desnoyers, McKenney, Stern, Dagenais and Walpole, User-level implementations of read-copy update (2012)
 */
#ifndef WI_QUEUE_RECLAIM_H
#define WI_QUEUE_RECLAIM_H

/* Prepares for fork(); to be called before the first enter or wait, any number of times. WEFT_ENOMEM. */
int wi_reclaim_watch(void);

/* Begins and ends a reader's section. */
void wi_reclaim_enter(void);
void wi_reclaim_leave(void);

/* Waits until every section that was under way has ended, also of readers that the program itself has made. */
void wi_reclaim_wait(void);

#endif
