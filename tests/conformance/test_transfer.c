/*
 * conformance/test_transfer.c - what web-platform-tests and Node say of what messages give away, and what they share
 */
#include "conformance/ports.h"

#include "os/thread.h"

/* ---- lists that are wrong ---- */

/* One thing that can be given away: a buffer of one byte, or an end of a channel. */
struct thing {
    weft_transfer entry;
    struct ports pair;
};

static struct thing new_thing(weft_transfer_kind kind)
{
    struct thing thing = {.pair = ports_pair()};
    thing.entry =
        kind == WEFT_TRANSFER_PORT ? weft_transfer_port(thing.pair.one) : weft_transfer_buffer(ports_buffer(1, 'x'));
    return thing;
}

/* The thing must still be its owner's, and good. */
static void is_kept(const struct thing *thing)
{
    if (thing->entry.kind == WEFT_TRANSFER_BUFFER) {
        ports_is_buffer((weft_buffer){thing->entry.id}, 1, 'x');
    } else {
        ports_say(thing->pair.one, "kept");
        ports_hear(thing->pair.two, "kept");
    }
}

static void transfer_errors_of(weft_transfer_kind kind)
{
    struct ports way = ports_pair();
    struct thing thing = new_thing(kind);
    int gone = kind == WEFT_TRANSFER_PORT ? WEFT_ECLOSED : WEFT_EDETACHED;
    weft_transfer twice[] = {thing.entry, thing.entry};

    cr_assert_eq(weft_port_post(way.one, NULL, 0, twice, 2), WEFT_EINVAL);
    is_kept(&thing);
    ports_hear_nothing(way.two, WEFT_EAGAIN);

    cr_assert_eq(weft_port_post(way.one, NULL, 0, &thing.entry, 1), WEFT_OK);
    cr_assert_eq(weft_port_post(way.one, NULL, 0, &thing.entry, 1), gone);

    /* Bytes that cannot be copied are noticed before what is detached. */
    cr_assert_eq(weft_port_post(way.one, NULL, 1, &thing.entry, 1), WEFT_EINVAL);
}

/* Entries of no kind come to nothing, whatever they name: there is none for an arena. */
static void refuse_arena(weft_port port)
{
    weft_arena *arena;
    struct thing before = new_thing(WEFT_TRANSFER_BUFFER);
    cr_assert_eq(weft_arena_create(0, 0, NULL, &arena), WEFT_OK);
    for (int kind = 0; kind < 8; kind++) {
        weft_transfer list[] = {before.entry, {(weft_transfer_kind)kind, (uint64_t)(uintptr_t)arena}};
        if (kind == WEFT_TRANSFER_BUFFER || kind == WEFT_TRANSFER_PORT)
            continue;
        cr_assert_eq(weft_port_post(port, NULL, 0, list, 2), WEFT_EINVAL);
        is_kept(&before);
    }
    weft_arena_release(arena);
}

Test(structured_data, transfer_errors)
{
    refuse_arena(ports_pair().one);
    transfer_errors_of(WEFT_TRANSFER_BUFFER);
    transfer_errors_of(WEFT_TRANSFER_PORT);
}

Test(webmessaging, postMessage_dup_transfer_objects)
{
    struct ports way = ports_pair(), given = ports_pair();
    weft_transfer list[] = {weft_transfer_port(given.one), weft_transfer_port(given.one)};
    cr_assert_eq(weft_port_post(way.one, "ports", 6, list, 2), WEFT_EINVAL);
    ports_hear_nothing(way.two, WEFT_EAGAIN);
    ports_say(given.one, "kept");
    ports_hear(given.two, "kept");
}

/* A port that was closed stands in the list behind a buffer: neither goes anywhere. */
static void transfer_closed(weft_port via, weft_port closed)
{
    weft_buffer buffer = ports_buffer(10, 'x');
    weft_transfer list[] = {weft_transfer_buffer(buffer), weft_transfer_port(closed)};
    cr_assert_eq(weft_port_post(via, NULL, 0, list, 2), WEFT_ECLOSED);
    ports_is_buffer(buffer, 10, 'x');
    cr_assert_eq(weft_buffer_release(buffer), WEFT_OK);
}

Test(node, test_worker_message_port_transfer_closed)
{
    struct ports pair = ports_pair(), other = ports_pair();
    ports_close(pair.one);
    transfer_closed(pair.two, pair.one);
    transfer_closed(other.one, pair.one);
    ports_close(pair.two);
    transfer_closed(pair.two, pair.one);
    transfer_closed(pair.one, pair.two);
    transfer_closed(other.one, pair.two);
    ports_hear_nothing(other.two, WEFT_EAGAIN);
}

Test(node, test_worker_message_port_transfer_self)
{
    struct ports pair = ports_pair();
    cr_assert_eq(ports_send(pair.one, pair.one), WEFT_EINVAL);
    ports_say(pair.one, "2");
    ports_hear(pair.two, "2");
    ports_close(pair.one);
    ports_hear_nothing(pair.two, WEFT_ECLOSED);
    cr_assert_eq(ports_post(pair.two, "3"), WEFT_ECLOSED);
}

Test(node, test_worker_message_port_transfer_target)
{
    struct ports pair = ports_pair();
    weft_buffer buffer = ports_buffer(10, 'x');
    weft_transfer list[] = {weft_transfer_port(pair.one), weft_transfer_buffer(buffer)};
    cr_assert_eq(weft_port_post(pair.two, NULL, 0, list, 2), WEFT_EINVAL);
    ports_is_buffer(buffer, 10, 'x');
    ports_hear_nothing(pair.one, WEFT_EAGAIN);
    ports_say(pair.two, "not lost");
    ports_hear(pair.one, "not lost");
}

Test(node, test_worker_message_port_transfer_duplicate)
{
    struct ports way = ports_pair(), given = ports_pair();
    weft_buffer buffer = ports_buffer(10, 'x');
    weft_transfer port = weft_transfer_port(given.one), bytes = weft_transfer_buffer(buffer);
    cr_assert_eq(weft_port_post(way.one, NULL, 0, (weft_transfer[]){port, port}, 2), WEFT_EINVAL);
    cr_assert_eq(weft_port_post(way.one, NULL, 0, (weft_transfer[]){bytes, bytes}, 2), WEFT_EINVAL);
    cr_assert_eq(weft_port_post(way.one, NULL, 0, (weft_transfer[]){bytes, port, bytes}, 3), WEFT_EINVAL);
    ports_hear_nothing(way.two, WEFT_EAGAIN);
    ports_is_buffer(buffer, 10, 'x');
    ports_say(given.one, "kept");
    ports_hear(given.two, "kept");
}

/* ---- lists that are right ---- */

/* Receives a message of one buffer. */
static weft_buffer fetch_buffer(weft_port from)
{
    weft_message *message;
    cr_assert_eq(weft_port_receive(from, WEFT_FOREVER, &message), WEFT_OK);
    cr_assert_eq(message->count, 1);
    weft_buffer buffer = weft_message_take_buffer(message, 0);
    cr_assert_eq(weft_message_release(message), WEFT_OK);
    return buffer;
}

static int send_buffer(weft_port via, weft_buffer buffer)
{
    weft_transfer entry = weft_transfer_buffer(buffer);
    return weft_port_post(via, NULL, 0, &entry, 1);
}

Test(structured_clone, structured_clone_battery_of_tests_with_transferables)
{
    struct ports way = ports_pair(), given = ports_pair();
    weft_buffer buffer = ports_buffer(1, 1), empty = ports_buffer(0, 0), fixed = ports_buffer(1, 1);

    cr_assert_eq(send_buffer(way.one, buffer), WEFT_OK);
    cr_assert_eq(weft_buffer_size(buffer), 0);
    ports_is_buffer(fetch_buffer(way.two), 1, 1);

    cr_assert_eq(ports_send(way.one, given.two), WEFT_OK);
    ports_say(ports_fetch(way.two), "ohai");
    ports_hear(given.one, "ohai");

    cr_assert_eq(send_buffer(way.one, empty), WEFT_OK);
    cr_assert_eq(send_buffer(way.one, empty), WEFT_EDETACHED);
    cr_assert_eq(ports_send(way.one, given.one), WEFT_OK);
    cr_assert_eq(ports_send(way.one, given.one), WEFT_ECLOSED);

    cr_assert_eq(weft_buffer_mark_untransferable(fixed), WEFT_OK);
    cr_assert_eq(send_buffer(way.one, fixed), WEFT_EINVAL);
    ports_is_buffer(fixed, 1, 1);
}

Test(node, test_worker_message_port_arraybuffer)
{
    struct ports way = ports_pair();
    weft_buffer buffer = ports_buffer(40, 0);
    weft_view view;
    uint32_t word = 0;
    cr_assert_eq(weft_view_create(buffer, 4, 0, 10, &view), WEFT_OK);
    cr_assert_eq(weft_view_set_u32(&view, 0, 0x12345678), WEFT_OK);
    cr_assert_eq(send_buffer(way.one, buffer), WEFT_OK);
    buffer = fetch_buffer(way.two);
    cr_assert_eq(weft_view_create(buffer, 4, 0, 10, &view), WEFT_OK);
    cr_assert_eq(weft_view_get_u32(&view, 0, &word), WEFT_OK);
    cr_assert_eq(word, 0x12345678);
}

/* ---- memory that is shared, not given away ---- */

/* A message that names an arena, and holds a reference to it for its receiver. */
static void share(weft_port port, weft_arena *arena)
{
    weft_arena_retain(arena);
    cr_assert_eq(weft_port_post(port, &arena, sizeof arena, NULL, 0), WEFT_OK);
}

static weft_arena *fetch_arena(weft_port port)
{
    weft_message *message;
    weft_arena *arena = NULL;
    if (weft_port_receive(port, WEFT_FOREVER, &message) != WEFT_OK)
        return NULL;
    if (message->size == sizeof arena)
        memcpy(&arena, message->bytes, sizeof arena);
    weft_message_release(message);
    return arena;
}

/* A thread that adds 1 to the first byte of each arena that comes, and passes it on. */
struct hop {
    wi_thread thread;
    weft_port from, to;
};

static void *increment(void *context)
{
    struct hop *hop = context;
    for (weft_arena *arena; (arena = fetch_arena(hop->from));) {
        arena->base[0]++;
        weft_port_post(hop->to, &arena, sizeof arena, NULL, 0);
    }
    return NULL;
}

static weft_arena *new_arena(uint64_t bytes)
{
    weft_arena *arena;
    cr_assert_eq(weft_arena_create(bytes, bytes, NULL, &arena), WEFT_OK);
    return arena;
}

/* Over so many threads, one after the other, and back: it is the same memory everywhere. */
static void share_over(int hops)
{
    struct hop hop[3];
    struct ports way[4];
    weft_arena *arena = new_arena(1);
    for (int i = 0; i <= hops; i++)
        way[i] = ports_pair();
    for (int i = 0; i < hops; i++) {
        hop[i] = (struct hop){.from = way[i].two, .to = way[i + 1].one};
        cr_assert_eq(wi_thread_create(&hop[i].thread, 0, increment, &hop[i]), WEFT_OK);
    }
    arena->base[0] = 1;
    share(way[0].one, arena);
    weft_arena *back = fetch_arena(way[hops].two);
    cr_assert_eq(arena->base[0], 1 + hops);
    back->base[0] = 77;
    cr_assert_eq(arena->base[0], 77);
    weft_arena_release(back);
    for (int i = 0; i < hops; i++) {
        ports_close(way[i].one);
        wi_thread_join(&hop[i].thread);
    }
    cr_assert_eq(arena->base[0], 77);
    weft_arena_release(arena);
}

Test(structured_data, shared_array_buffers_no_transferring)
{
    refuse_arena(ports_pair().one);
    refuse_arena(ports_join("no-transferring"));
}

Test(structured_data, shared_array_buffers_identity_not_preserved)
{
    share_over(0);
    share_over(1);
}

Test(structured_data, shared_array_buffers_window_messagechannel_success)
{
    share_over(1);
}

Test(structured_data, shared_array_buffers_nested_worker_success)
{
    share_over(2);
    share_over(3);
}

Test(structured_data, shared_array_buffers_broadcastchannel_success)
{
    weft_arena *arena = new_arena(1);
    weft_port from = ports_join("shared"), one = ports_join("shared"), two = ports_join("shared");
    weft_arena_retain(arena); /* two will receive it */
    share(from, arena);
    arena->base[0] = 1;
    weft_arena *seen = fetch_arena(one), *also_seen = fetch_arena(two);
    seen->base[0]++;
    cr_assert_eq(also_seen->base[0]++, 2);
    cr_assert_eq(arena->base[0], 3);
    weft_arena_release(seen);
    weft_arena_release(also_seen);
    weft_arena_release(arena);
}

static void *write_world(void *context)
{
    weft_port port = *(weft_port *)context;
    weft_arena *arena = fetch_arena(port);
    if (arena) {
        memcpy(arena->base + 6, "world!", 6);
        weft_arena_release(arena);
    }
    weft_port_post(port, "written!", 9, NULL, 0);
    return NULL;
}

Test(node, test_worker_message_channel_sharedarraybuffer)
{
    struct ports way = ports_pair();
    weft_arena *arena = new_arena(12);
    weft_message *message;
    wi_thread thread;
    cr_assert_eq(wi_thread_create(&thread, 0, write_world, &way.two), WEFT_OK);
    share(way.one, arena);
    memcpy(arena->base, "Hello ", 6);
    cr_assert_eq(weft_port_receive(way.one, WEFT_FOREVER, &message), WEFT_OK);
    cr_assert_str_eq(message->bytes, "written!");
    cr_assert_eq(memcmp(arena->base, "Hello world!", 12), 0);
    weft_message_release(message);
    wi_thread_join(&thread);
    cr_assert_eq(arena->base[11], '!');
    weft_arena_release(arena);
}
