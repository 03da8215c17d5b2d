/*
 * os/barrier.c - a memory barrier in all threads of the process, by membarrier(2)
 *
 * Who touches what
 *   refused   tests, while there is one thread
 */
#include "os/barrier.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool refused;

void wi_barrier_refuse(bool refuses)
{
    refused = refuses;
}

bool wi_barrier_prepare(void)
{
    return !refused && syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

bool wi_barrier_all(void)
{
    return !refused && syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}
