/*
 * base/layout.h - sizes and alignments that several folders agree on
 */
#ifndef WI_BASE_LAYOUT_H
#define WI_BASE_LAYOUT_H

/* Bytes that one core takes for itself when it writes. Fields that different threads write stand this far apart; larger
 * wastes memory, smaller lets threads slow one another down (false sharing). */
#define WI_CACHE_LINE 64

#endif
