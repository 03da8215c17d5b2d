/*
 * tsan/runtime_onetbb.cc - oneTBB's task groups
 */
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include "runtime.h"

using namespace oneapi::tbb;

void runtime_run(unsigned workers, body_fn *root, void *argument)
{
    global_control control(global_control::max_allowed_parallelism, workers);
    task_arena arena(static_cast<int>(workers));
    arena.execute([=] { root(nullptr, argument); });
}

void runtime_fork(place *place, unsigned count, body_fn *const *bodies, void *const *arguments, body_fn *meanwhile,
                  void *argument)
{
    task_group group;
    for (unsigned i = 0; i < count; i++) {
        body_fn *body = bodies[i];
        void *own = arguments[i];
        group.run([=] { body(place, own); });
    }
    if (meanwhile)
        meanwhile(place, argument);
    group.wait();
}
