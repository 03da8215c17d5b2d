/*
 * tsan/runtime_weft.c - weft's pools and frames
 */
#include <weft/pool.h>
#include <weft/task.h>

#include "runtime.h"

struct frame {
    weft_task task;
    body_fn *body;
    void *argument;
};

static void run(weft_worker *worker, weft_task *task)
{
    struct frame *frame = weft_entry(task, struct frame, task);
    frame->body((struct place *)worker, frame->argument);
}

void runtime_run(unsigned workers, body_fn *root, void *argument)
{
    weft_pool_options options = {.size = sizeof options, .workers = workers};
    struct frame frame = {.body = root, .argument = argument};
    weft_pool *pool;
    if (weft_pool_create(&options, &pool) != WEFT_OK)
        return;
    weft_start(pool, &frame.task, run);
    weft_wait(pool, &frame.task);
    weft_pool_destroy(pool);
}

void runtime_fork(struct place *place, unsigned count, body_fn *const *bodies, void *const *arguments,
                  body_fn *meanwhile, void *argument)
{
    weft_worker *worker = (weft_worker *)place;
    struct frame frames[GROUP_MOST];
    for (unsigned i = 0; i < count; i++) {
        frames[i].body = bodies[i];
        frames[i].argument = arguments[i];
        weft_fork(worker, &frames[i].task, run);
    }
    if (meanwhile)
        meanwhile(place, argument);
    while (count-- > 0)
        weft_join(worker, &frames[count].task);
}
