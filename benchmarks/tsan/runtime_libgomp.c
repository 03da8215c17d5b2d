/*
 * tsan/runtime_libgomp.c - OpenMP's tasks
 */
#include <stddef.h>

#include "runtime.h"

void runtime_run(unsigned workers, body_fn *root, void *argument)
{
#pragma omp parallel num_threads(workers)
#pragma omp single
    root(NULL, argument);
}

void runtime_fork(struct place *place, unsigned count, body_fn *const *bodies, void *const *arguments,
                  body_fn *meanwhile, void *argument)
{
    for (unsigned i = 0; i < count; i++) {
        body_fn *body = bodies[i];
        void *own = arguments[i];
#pragma omp task firstprivate(body, own, place)
        body(place, own);
    }
    if (meanwhile)
        meanwhile(place, argument);
#pragma omp taskwait
}
