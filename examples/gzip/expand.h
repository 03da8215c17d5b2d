/*
 * gzip/expand.h - gzip members become the bytes that they hold
 *
 * As gunzip does: any number of members, headers with all optional fields, checksums checked. Zeros behind the last
 * member are padding. Anything else there gets a warning, and what came before it counts.
 *
 *   Threads   the caller's, no other; blocking
 */
#ifndef GZIP_EXPAND_H
#define GZIP_EXPAND_H

#include <stdbool.h>

#include "transfer.h"

/* Moves what the transfer's input holds to its output. False: it failed, and the user has been told. */
bool expand(struct transfer *transfer);

#endif
