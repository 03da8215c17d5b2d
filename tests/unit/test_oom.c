/*
 * unit/test_oom.c - each allocation fails in turn, and everybody keeps what he has
 *
 * What takes a list is tried with its first allocation failing, then with its second, and so on until it succeeds.
 * After each failure all that was in the list is its owner's and as it was; after the success it is the receiver's; and
 * at the end everything has been released once.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <weft/job.h>

#include "base/alloc.h"
#include "support/teardown.h"

#define BYTES       64
#define ARENA_BYTES (UINT64_C(1) << 20)

/* What stands in the list: buffers of the heap, of an arena, and of the program; a port whose queue holds one more
 * buffer, and one that waits for nothing. */
enum {
    HEAP,
    ARENA,
    ADOPTED,
    FULL,
    BARE,
    COUNT
};

static weft_arena *arena;
static weft_pool *pool;
static weft_port way, far_end;
static weft_transfer list[COUNT];
static weft_port full_peer, bare_peer;
static int adopted, destroyed;

static void destroy(void *memory, uint64_t bytes, void *context)
{
    cr_assert_eq(bytes, BYTES);
    cr_assert_eq(context, &destroyed);
    free(memory);
    destroyed++;
}

static weft_buffer adopt(void)
{
    weft_buffer buffer;
    void *memory = malloc(BYTES);
    memset(memory, 'x', BYTES);
    cr_assert_eq(weft_buffer_adopt(memory, BYTES, destroy, &destroyed, &buffer), WEFT_OK);
    adopted++;
    return buffer;
}

static weft_buffer create(weft_arena *from)
{
    weft_buffer buffer;
    cr_assert_eq(weft_buffer_create(from, BYTES, BYTES, &buffer), WEFT_OK);
    memset(weft_buffer_data(buffer), 'x', BYTES);
    return buffer;
}

static void setup(void)
{
    weft_pool_options options = {.size = sizeof options, .workers = 1};
    weft_port full, bare;
    cr_assert_eq(weft_pool_create(&options, &pool), WEFT_OK);
    cr_assert_eq(weft_arena_create(0, ARENA_BYTES, NULL, &arena), WEFT_OK);
    cr_assert_eq(weft_port_pair(NULL, &way, &far_end), WEFT_OK);
    cr_assert_eq(weft_port_pair(NULL, &full, &full_peer), WEFT_OK);
    cr_assert_eq(weft_port_pair(NULL, &bare, &bare_peer), WEFT_OK);
    weft_transfer waits = weft_transfer_buffer(adopt());
    cr_assert_eq(weft_port_post(full_peer, "waits", 6, &waits, 1), WEFT_OK);
    list[HEAP] = weft_transfer_buffer(create(NULL));
    list[ARENA] = weft_transfer_buffer(create(arena));
    list[ADOPTED] = weft_transfer_buffer(adopt());
    list[FULL] = weft_transfer_port(full);
    list[BARE] = weft_transfer_port(bare);
}

static void teardown(void)
{
    weft_arena_usage usage;
    teardown_check(weft_pool_destroy(pool) == WEFT_OK);
    teardown_check(weft_port_close(way) == WEFT_OK);
    teardown_check(weft_port_close(far_end) == WEFT_OK);
    teardown_check(weft_port_close(full_peer) == WEFT_OK);
    teardown_check(weft_port_close(bare_peer) == WEFT_OK);
    teardown_check(destroyed == adopted);
    teardown_check(weft_arena_audit(arena, &usage) == WEFT_OK);
    teardown_check(usage.blocks == 0);
    teardown_check(weft_arena_release(arena) == WEFT_OK);
}

TestSuite(oom, .init = setup, .fini = teardown);

/* ---- who has what ---- */

static void expect_buffer(weft_buffer buffer)
{
    const unsigned char *data = weft_buffer_data(buffer);
    cr_assert_eq(weft_buffer_size(buffer), BYTES);
    for (int i = 0; i < BYTES; i++)
        cr_assert_eq(data[i], 'x');
    cr_assert_eq(weft_buffer_resize(buffer, BYTES), WEFT_OK); /* and nobody has it claimed */
}

static void expect_nothing(weft_port from)
{
    weft_message *message;
    cr_assert_eq(weft_port_try_receive(from, &message), WEFT_EAGAIN);
}

/* A port must hear what its peer says; nobody has it claimed. */
static void expect_way(weft_port peer, weft_port port)
{
    weft_message *message;
    cr_assert_eq(weft_port_post(peer, "x", 1, NULL, 0), WEFT_OK);
    cr_assert_eq(weft_port_try_receive(port, &message), WEFT_OK);
    cr_assert_eq(weft_message_release(message), WEFT_OK);
    cr_assert_eq(weft_port_set_event_fd(port, -1), WEFT_OK);
}

/* All in the list must be whoever's these handles are. */
static void expect_all(const weft_transfer *whose)
{
    for (int i = HEAP; i <= ADOPTED; i++)
        expect_buffer((weft_buffer){whose[i].id});
    expect_way((weft_port){whose[FULL].id}, full_peer); /* its own queue is left alone */
    expect_way(bare_peer, (weft_port){whose[BARE].id});
    cr_assert_eq(destroyed, 0);
}

/* A message must have brought all of it, the full port's queue included, and takes it along when it is released. */
static void end_received(weft_message *message)
{
    weft_message *waits;
    cr_assert_eq(message->count, COUNT);
    expect_all(message->list);
    for (int i = 0; i < COUNT; i++)
        cr_assert_neq(message->list[i].id, list[i].id);
    weft_port full = {message->list[FULL].id};
    cr_assert_eq(weft_port_try_receive(full, &waits), WEFT_OK);
    cr_assert_str_eq(waits->bytes, "waits");
    expect_buffer((weft_buffer){waits->list[0].id});
    cr_assert_eq(weft_message_release(waits), WEFT_OK);
    cr_assert_eq(weft_message_release(message), WEFT_OK);
}

/* Ends what is still in the list. */
static void release_all(void)
{
    for (int i = HEAP; i <= ADOPTED; i++)
        cr_assert_eq(weft_buffer_release((weft_buffer){list[i].id}), WEFT_OK);
    for (int i = FULL; i <= BARE; i++)
        cr_assert_eq(weft_port_close((weft_port){list[i].id}), WEFT_OK);
}

/* ---- one after the other ---- */

typedef int attempt_fn(void);

/* Makes the attempt with its n-th allocation failing, for n = 1, 2, ..., until it succeeds; `least` allocations at
 * least must have failed. Who is asked after each failure is `expect`. */
static void fail_each(attempt_fn *attempt, void (*expect)(void), uint64_t least)
{
    uint64_t n = 1;
    for (;; n++) {
        wi_alloc_fail_at(n);
        int status = attempt();
        wi_alloc_fail_at(0);
        if (status == WEFT_OK)
            break;
        cr_assert_eq(status, WEFT_ENOMEM);
        expect();
    }
    cr_assert_geq(n - 1, least);
}

static void all_is_kept(void)
{
    expect_nothing(far_end);
    expect_all(list);
}

static int post(void)
{
    return weft_port_post(way, "x", 1, list, COUNT);
}

Test(oom, post)
{
    weft_message *message;
    fail_each(post, all_is_kept, 1);
    cr_assert_eq(weft_port_try_receive(far_end, &message), WEFT_OK);
    end_received(message);
}

static weft_job *job;

static void ignore(weft_worker *worker, weft_job *self)
{
    (void)worker, (void)self;
}

static int submit(void)
{
    return weft_submit(pool, ignore, "x", 1, list, COUNT, &job);
}

Test(oom, submit)
{
    fail_each(submit, all_is_kept, 2);
    cr_assert_eq(weft_job_wait(job, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(weft_job_release(job), WEFT_OK);
    cr_assert_eq(destroyed, adopted);
}

static int submit_and_forget(void)
{
    return weft_submit(pool, ignore, "x", 1, list, COUNT, NULL);
}

Test(oom, submit_and_forget)
{
    fail_each(submit_and_forget, all_is_kept, 2);
    cr_assert_eq(weft_pool_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER), WEFT_OK);
    cr_assert_eq(destroyed, adopted);
}

static weft_job *replying;

static int reply(void)
{
    return weft_job_reply(replying, "x", 1, list, COUNT);
}

static void reply_at_last(weft_worker *worker, weft_job *self)
{
    (void)worker;
    replying = self;
    fail_each(reply, all_is_kept, 1);
}

Test(oom, reply)
{
    cr_assert_eq(weft_submit(pool, reply_at_last, NULL, 0, NULL, 0, &job), WEFT_OK);
    cr_assert_eq(weft_job_wait(job, WEFT_FOREVER), WEFT_OK);
    end_received(weft_job_take(job));
    cr_assert_eq(weft_job_release(job), WEFT_OK);
}

/* ---- without a list ---- */

static weft_buffer given, moved;

static int transfer(void)
{
    return weft_buffer_transfer(given, BYTES, ARENA_BYTES / 2, &moved);
}

static void given_is_kept(void)
{
    expect_buffer(given);
    all_is_kept();
}

/* To more room, so that new memory is needed: of the heap, of an arena that has no more, and of the heap in place of
 * what was the program's. */
Test(oom, transfer)
{
    given = create(NULL);
    fail_each(transfer, given_is_kept, 1);
    expect_buffer(moved);
    cr_assert_eq(weft_buffer_release(moved), WEFT_OK);

    given = create(arena);
    cr_assert_eq(weft_buffer_transfer(given, BYTES, ARENA_BYTES, &moved), WEFT_ENOMEM);
    given_is_kept();
    cr_assert_eq(transfer(), WEFT_OK);
    expect_buffer(moved);
    cr_assert_eq(weft_buffer_release(moved), WEFT_OK);

    given = adopt();
    fail_each(transfer, given_is_kept, 1);
    cr_assert_eq(destroyed, 1);
    expect_buffer(moved);
    cr_assert_eq(weft_buffer_release(moved), WEFT_OK);
    cr_assert_eq(destroyed, 1);
    release_all();
}

static weft_port speaker, hearers[3];

static int broadcast(void)
{
    return weft_port_post(speaker, "x", 1, NULL, 0);
}

static void nobody_has_heard(void)
{
    for (int i = 0; i < 3; i++)
        expect_nothing(hearers[i]);
}

Test(oom, broadcast)
{
    weft_message *message;
    cr_assert_eq(weft_port_join("oom", NULL, &speaker), WEFT_OK);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(weft_port_join("oom", NULL, &hearers[i]), WEFT_OK);
    fail_each(broadcast, nobody_has_heard, 3);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(weft_port_try_receive(hearers[i], &message), WEFT_OK);
        cr_assert_eq(weft_message_release(message), WEFT_OK);
        expect_nothing(hearers[i]);
    }
    release_all();
}
