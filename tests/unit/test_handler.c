/*
 * unit/test_handler.c - port handlers: each message once, in order, one at a time, and one last call
 */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/port.h>

#include "base/alloc.h"
#include "base/atomics.h"
#include "os/thread.h"
#include "support/teardown.h"
#include "unit/blocker.h"

static weft_pool *pool;
static weft_port here, there; /* the handler is there */

static void make_pool(uint32_t workers)
{
    weft_pool_options options = {.size = sizeof options, .workers = workers};
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
}

static void begin(void)
{
    make_pool(2);
    cr_assert_eq(weft_port_pair(NULL, &here, &there), WEFT_OK);
}

static void end(void)
{
    teardown_check(weft_pool_destroy(pool) == WEFT_OK);
}

TestSuite(handler, .init = begin, .fini = end);

/* What a handler has seen. All but the atomics is plain: its calls are ordered. */
struct log {
    char text[1001];
    size_t messages;
    weft_port port;
    bool had_worker;
    wi_atomic_u32 calls, inside, ends;
};

static struct log logged;

static void wait_for(wi_atomic_u32 *counter, uint32_t least)
{
    while (wi_load_acquire(counter) < least)
        wi_thread_yield();
}

/* Writes down the first byte of each message. */
static void write_down(weft_worker *worker, weft_port port, weft_message *message, void *context)
{
    struct log *log = context;
    cr_assert_eq(wi_fetch_add_acq_rel(&log->inside, 1), 0, "one at a time");
    cr_assert_eq(wi_load_acquire(&log->ends), 0, "nothing comes after the last call");
    log->port = port;
    log->had_worker = worker != NULL;
    if (message)
        log->text[log->messages++] = *(const char *)message->bytes;
    wi_fetch_add_acq_rel(&log->inside, (uint32_t)-1);
    wi_fetch_add_acq_rel(message ? &log->calls : &log->ends, 1);
}

static void post(weft_port port, const char *letters)
{
    for (; *letters; letters++)
        cr_assert_eq(weft_port_post(port, letters, 1, NULL, 0), WEFT_OK);
}

static void start(weft_port port)
{
    cr_assert_eq(weft_port_start(port, pool, write_down, &logged), WEFT_OK);
}

static void expect(const char *letters)
{
    wait_for(&logged.calls, (uint32_t)strlen(letters));
    cr_assert_str_eq(logged.text, letters);
    cr_assert(logged.had_worker);
}

static void expect_end(const char *letters)
{
    wait_for(&logged.ends, 1);
    cr_assert_str_eq(logged.text, letters);
    logged = (struct log){.messages = 0};
}

Test(handler, smoke)
{
    start(there);
    post(here, "abc");
    expect("abc");
    cr_assert_eq(logged.port.id, there.id);
    cr_assert_eq(weft_port_close(here), WEFT_OK);
    expect_end("abc");
    cr_assert_eq(weft_port_close(there), WEFT_OK, "its port is not closed by the end of the handler");
}

Test(handler, empty)
{
    start(there);
    cr_assert_eq(weft_port_close(there), WEFT_OK);
    expect_end("");
}

Test(handler, many)
{
    enum {
        MESSAGES = 1000
    };
    start(there);
    for (int i = 0; i < MESSAGES; i++)
        post(here, i % 2 ? "b" : "a");
    wait_for(&logged.calls, MESSAGES);
    for (int i = 0; i < MESSAGES; i++)
        cr_assert_eq(logged.text[i], i % 2 ? 'b' : 'a', "%d", i);
    weft_port_close(there);
}

Test(handler, what_waits_is_run_at_the_start)
{
    post(here, "abc");
    cr_assert_eq(weft_port_close(here), WEFT_OK);
    start(there);
    expect_end("abc");
}

Test(handler, both_ends_have_one)
{
    static struct log back;
    start(there);
    cr_assert_eq(weft_port_start(here, pool, write_down, &back), WEFT_OK);
    post(here, "ab");
    post(there, "xyz");
    expect("ab");
    wait_for(&back.calls, 3);
    cr_assert_str_eq(back.text, "xyz");
    weft_port_close(here);
    wait_for(&back.ends, 1);
    expect_end("ab");
}

Test(handler, there_is_one_at_a_time)
{
    start(there);
    cr_assert_eq(weft_port_start(there, pool, write_down, &logged), WEFT_EINVAL);
    post(here, "a");
    expect("a");
    weft_port_close(there);
}

Test(handler, all_of_a_name_have_one)
{
    static struct log other;
    weft_port ports[3];
    for (int i = 0; i < 3; i++)
        cr_assert_eq(weft_port_join("handlers", NULL, &ports[i]), WEFT_OK);
    start(ports[1]);
    cr_assert_eq(weft_port_start(ports[2], pool, write_down, &other), WEFT_OK);
    post(ports[0], "all");
    expect("all");
    wait_for(&other.calls, 3);
    cr_assert_str_eq(other.text, "all");
    for (int i = 0; i < 3; i++)
        weft_port_close(ports[i]);
}

/* ---- what is in messages ---- */

static wi_atomic_u32 destroyed;

static void destroy(void *memory, uint64_t bytes, void *context)
{
    (void)memory, (void)bytes, (void)context;
    wi_fetch_add_acq_rel(&destroyed, 1);
}

static weft_transfer new_entry(void)
{
    static char memory[8];
    weft_buffer buffer;
    cr_assert_eq(weft_buffer_adopt(memory, sizeof memory, destroy, NULL, &buffer), WEFT_OK);
    return weft_transfer_buffer(buffer);
}

static wi_atomic_u64 taken;

static void take_first(weft_worker *worker, weft_port port, weft_message *message, void *context)
{
    (void)worker, (void)port, (void)context;
    if (message)
        wi_store_release(&taken, weft_message_take_buffer(message, 0).id);
}

Test(handler, what_it_does_not_take_is_released)
{
    weft_transfer list[] = {new_entry(), new_entry()};
    cr_assert_eq(weft_port_start(there, pool, take_first, NULL), WEFT_OK);
    cr_assert_eq(weft_port_post(here, NULL, 0, list, 2), WEFT_OK);
    wait_for(&destroyed, 1);
    weft_buffer first = {wi_load_acquire(&taken)};
    cr_assert_eq(weft_buffer_size(first), 8);
    cr_assert_eq(weft_buffer_release(first), WEFT_OK);
    cr_assert_eq(wi_load_acquire(&destroyed), 2);
    weft_port_close(there);
}

/* ---- its end ---- */

/* Says "stop" to itself in the message "s", closes the port in "c", and the other end in "o". */
static void obey(weft_worker *worker, weft_port port, weft_message *message, void *context)
{
    char order = message ? *(const char *)message->bytes : ' ';
    write_down(worker, port, message, context);
    if (order == 's')
        cr_assert_eq(weft_port_stop(port), WEFT_OK);
    if (order == 'c')
        cr_assert_eq(weft_port_close(port), WEFT_OK);
    if (order == 'o')
        cr_assert_eq(weft_port_close(here), WEFT_OK);
}

static void post_and_obey(const char *letters)
{
    post(here, letters);
    cr_assert_eq(weft_port_start(there, pool, obey, &logged), WEFT_OK);
}

Test(handler, stopped_it_leaves_the_rest_to_others)
{
    weft_message *message;
    post_and_obey("asbc");
    expect_end("as");
    cr_assert_eq(weft_port_stop(there), WEFT_EINVAL, "there is none any more");
    cr_assert_eq(weft_port_try_receive(there, &message), WEFT_OK);
    cr_assert_eq(*(const char *)message->bytes, 'b');
    weft_message_release(message);
    start(there);
    expect("c");
    weft_port_close(there);
}

Test(handler, nothing_comes_once_it_has_closed_its_port)
{
    post_and_obey("acb");
    expect_end("ac");
}

Test(handler, what_came_before_the_other_end_was_closed_is_run)
{
    post_and_obey("aob");
    expect_end("aob");
    cr_assert_eq(weft_port_close(there), WEFT_OK);
}

Test(handler, a_port_that_is_moved_takes_the_queue_along)
{
    weft_port one, other, moved;
    weft_message *message;
    struct blocker blocker = {.has_begun = {0}}, second = {.has_begun = {0}};
    cr_assert_eq(weft_port_pair(NULL, &one, &other), WEFT_OK);
    cr_assert_eq(weft_start(pool, &blocker.task, block), WEFT_OK);
    cr_assert_eq(weft_start(pool, &second.task, block), WEFT_OK);
    blocker_await_begin(&blocker);
    blocker_await_begin(&second);
    start(there); /* the workers are busy */
    post(here, "ab");
    weft_transfer list[] = {weft_transfer_port(there)};
    cr_assert_eq(weft_port_post(one, NULL, 0, list, 1), WEFT_OK);
    blocker_release(&blocker);
    blocker_release(&second);
    cr_assert_eq(weft_wait(pool, &blocker.task), WEFT_OK);
    cr_assert_eq(weft_wait(pool, &second.task), WEFT_OK);
    expect_end("");
    cr_assert_eq(weft_port_try_receive(other, &message), WEFT_OK);
    moved = weft_message_take_port(message, 0);
    weft_message_release(message);
    start(moved);
    post(here, "c");
    expect("abc");
    cr_assert_eq(logged.port.id, moved.id);
    weft_port_close(moved);
    weft_port_close(one);
    weft_port_close(other);
}

/* ---- it and its pool ---- */

Test(handler, keeps_its_pool_from_being_drained)
{
    start(there);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, 0), WEFT_ETIMEDOUT);
    post(here, "a");
    expect("a");
    cr_assert_eq(weft_port_close(here), WEFT_OK);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    expect_end("a");
    weft_port_close(there);
}

Test(handler, that_need_not_be_kept_up_for_ends_when_nothing_is_left)
{
    weft_message *message;
    start(there);
    cr_assert_eq(weft_port_unref(there), WEFT_OK);
    post(here, "ab");
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    expect_end("ab");
    post(here, "c");
    cr_assert_eq(weft_port_start(there, pool, write_down, &logged), WEFT_ECLOSED);
    cr_assert_eq(weft_port_try_receive(there, &message), WEFT_OK, "the port lives on");
    weft_message_release(message);
    weft_port_close(there);
}

Test(handler, lets_go_of_a_pool_that_is_being_drained)
{
    start(there);
    cr_assert_eq(weft_port_unref(there), WEFT_OK);
    cr_assert_eq(weft_port_ref(there), WEFT_OK);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, 0), WEFT_ETIMEDOUT);
    cr_assert_eq(weft_port_unref(there), WEFT_OK);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    expect_end("");
    weft_port_close(there);
}

Test(handler, of_a_pool_that_is_cancelled_has_no_worker_in_its_last_call)
{
    weft_message *message;
    struct blocker blocker = {.has_begun = {0}};
    end();
    make_pool(1);
    cr_assert_eq(weft_start(pool, &blocker.task, block), WEFT_OK);
    blocker_await_begin(&blocker);
    start(there);
    post(here, "a");
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_CANCEL_QUEUED, 0), WEFT_ETIMEDOUT);
    blocker_release(&blocker);
    cr_assert_eq(weft_wait(pool, &blocker.task), WEFT_OK);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_CANCEL_QUEUED, WEFT_FOREVER), WEFT_OK);
    cr_assert_not(logged.had_worker);
    expect_end("");
    cr_assert_eq(weft_port_try_receive(there, &message), WEFT_OK, "what it did not run is still in the port");
    weft_message_release(message);
    weft_port_close(there);
}

Test(handler, needs_no_thread_of_its_pool)
{
    end();
    make_pool(WEFT_WORKERS_NONE);
    start(there);
    post(here, "ab");
    weft_port_unref(there);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    expect_end("ab");
    weft_port_close(there);
}

static wi_atomic_u32 others;

static void count_other(weft_worker *worker, weft_task *task)
{
    (void)worker, (void)task;
    wi_fetch_add_acq_rel(&others, 1);
}

/* Posts as many as it receives, until somebody else has had a turn. */
static void go_round(weft_worker *worker, weft_port port, weft_message *message, void *context)
{
    if (message && wi_load_acquire(&others) == 0)
        cr_assert_eq(weft_port_post(here, "r", 1, NULL, 0), WEFT_OK);
    else if (message)
        weft_port_close(port);
    else
        write_down(worker, port, message, context);
}

Test(handler, lets_others_go_first_after_a_while)
{
    weft_task other;
    end();
    make_pool(1);
    post(here, "r");
    cr_assert_eq(weft_port_start(there, pool, go_round, &logged), WEFT_OK);
    cr_assert_eq(weft_start(pool, &other, count_other), WEFT_OK);
    wait_for(&others, 1); /* by the worker: nobody helps */
    cr_assert_eq(weft_wait(pool, &other), WEFT_OK);
    wait_for(&logged.ends, 1);
}

Test(handler, a_forked_child_leaves_it_to_its_parent)
{
    weft_task after;
    end();
    make_pool(1);
    start(there);
    post(here, "a");
    expect("a");
    cr_assert_eq(weft_start(pool, &after, count_other), WEFT_OK);
    wait_for(&others, 1); /* now the one worker has done with the port, which the child would find locked otherwise */
    cr_assert_eq(weft_wait(pool, &after), WEFT_OK);
    pid_t child = fork();
    if (child == 0) {
        weft_port one, other;
        bool is_good =
            weft_port_post(here, "x", 1, NULL, 0) == WEFT_OK && weft_port_pair(NULL, &one, &other) == WEFT_OK;
        _exit(is_good && weft_port_start(one, pool, write_down, &logged) == WEFT_EFORKED ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    post(here, "b");
    expect("ab");
    weft_port_close(there);
}

/* ---- misuse ---- */

Test(handler, bad_input)
{
    weft_port none = {0};
    cr_assert_eq(weft_port_start(there, NULL, write_down, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_port_start(there, pool, NULL, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_port_start(none, pool, write_down, NULL), WEFT_EINVAL);
    cr_assert_eq(weft_port_stop(none), WEFT_EINVAL);
    cr_assert_eq(weft_port_ref(there), WEFT_EINVAL);
    cr_assert_eq(weft_port_unref(there), WEFT_EINVAL);
    weft_port_close(there);
    cr_assert_eq(weft_port_start(there, pool, write_down, NULL), WEFT_ECLOSED);
    cr_assert_eq(weft_port_stop(there), WEFT_ECLOSED);
}

Test(handler, without_memory_nothing_is_started)
{
    wi_alloc_fail_at(1);
    int status = weft_port_start(there, pool, write_down, &logged);
    cr_assert_eq(status, WEFT_ENOMEM);
    start(there);
    weft_port_close(there);
    expect_end("");
}
