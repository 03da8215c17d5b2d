/*
 * transfer/pingpong.c - 64 MiB to another thread and back: moved through ports, copied through pipes, moved by Node
 *
 * Each side adds one to the first byte and to the last before it gives the buffer back. A run is as many round trips
 * as the contender does in a fraction of a second; its time is that of one. Node runs in a process of its own, which is
 * told to begin by a line with the number of round trips, and answers with a line of its own: pingpong.js.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <weft/port.h>

#include "arena/measure.h"

#define BYTES (UINT64_C(64) << 20)

static void fail(const char *what)
{
    fprintf(stderr, "pingpong: %s\n", what);
    exit(1);
}

static void check(bool holds, const char *what)
{
    if (!holds)
        fail(what);
}

static void add_one(unsigned char *bytes)
{
    bytes[0]++;
    bytes[BYTES - 1]++;
}

/* What must come out of `turns` round trips: both bytes count two for each. */
static uint64_t verdict(const unsigned char *bytes, int turns)
{
    unsigned char due = (unsigned char)(2 * turns);
    return bytes[0] == due && bytes[BYTES - 1] == due;
}

/* ---- through ports ---- */

#define MOVES 2000

static weft_buffer receive(weft_port port)
{
    weft_message *message;
    check(weft_port_receive(port, WEFT_FOREVER, &message) == WEFT_OK, "receive");
    weft_buffer buffer = weft_message_take_buffer(message, 0);
    weft_message_release(message);
    return buffer;
}

static void post(weft_port port, weft_buffer buffer)
{
    weft_transfer list[] = {weft_transfer_buffer(buffer)};
    check(weft_port_post(port, NULL, 0, list, 1) == WEFT_OK, "post");
}

static void *return_buffers(void *context)
{
    weft_port port = *(weft_port *)context;
    for (int i = 0; i < MOVES; i++) {
        weft_buffer buffer = receive(port);
        add_one(weft_buffer_data(buffer));
        post(port, buffer);
    }
    return NULL;
}

static double run_ports(const void *argument, uint64_t *result)
{
    weft_port here, there;
    weft_buffer buffer;
    pthread_t thread;
    (void)argument;
    check(weft_port_pair(NULL, &here, &there) == WEFT_OK, "pair");
    check(weft_buffer_create(NULL, BYTES, BYTES, &buffer) == WEFT_OK, "buffer");
    pthread_create(&thread, NULL, return_buffers, &there);
    double begin = measure_now();
    for (int i = 0; i < MOVES; i++) {
        add_one(weft_buffer_data(buffer));
        post(here, buffer);
        buffer = receive(here);
    }
    double seconds = measure_now() - begin;
    pthread_join(thread, NULL);
    *result = verdict(weft_buffer_data(buffer), MOVES);
    weft_buffer_release(buffer);
    weft_port_close(here);
    weft_port_close(there);
    return seconds / MOVES;
}

/* ---- through pipes ---- */

#define COPIES 1

struct pipes {
    int there[2], back[2];
};

static void give(int fd, const unsigned char *bytes)
{
    for (uint64_t done = 0; done < BYTES;) {
        ssize_t count = write(fd, bytes + done, BYTES - done);
        check(count > 0, "write");
        done += (uint64_t)count;
    }
}

static void take(int fd, unsigned char *bytes)
{
    for (uint64_t done = 0; done < BYTES;) {
        ssize_t count = read(fd, bytes + done, BYTES - done);
        check(count > 0, "read");
        done += (uint64_t)count;
    }
}

static void *return_copies(void *context)
{
    const struct pipes *pipes = context;
    unsigned char *bytes = calloc(1, BYTES);
    check(bytes, "memory");
    for (int i = 0; i < COPIES; i++) {
        take(pipes->there[0], bytes);
        add_one(bytes);
        give(pipes->back[1], bytes);
    }
    free(bytes);
    return NULL;
}

static double run_pipes(const void *argument, uint64_t *result)
{
    struct pipes pipes;
    pthread_t thread;
    unsigned char *bytes = calloc(1, BYTES);
    (void)argument;
    check(bytes && pipe(pipes.there) == 0 && pipe(pipes.back) == 0, "pipes");
    memset(bytes, 0, BYTES);
    pthread_create(&thread, NULL, return_copies, &pipes);
    double begin = measure_now();
    for (int i = 0; i < COPIES; i++) {
        add_one(bytes);
        give(pipes.there[1], bytes);
        take(pipes.back[0], bytes);
    }
    double seconds = measure_now() - begin;
    pthread_join(thread, NULL);
    *result = verdict(bytes, COPIES);
    for (int i = 0; i < 2; i++) {
        close(pipes.there[i]);
        close(pipes.back[i]);
    }
    free(bytes);
    return seconds / COPIES;
}

/* ---- by Node ---- */

static FILE *to_node, *from_node;

/* Starts `node pingpong.js`; false if there is none. */
static bool start_node(const char *script)
{
    int to[2], from[2];
    double seconds;
    int ok;
    signal(SIGPIPE, SIG_IGN);
    check(pipe(to) == 0 && pipe(from) == 0, "pipes");
    if (fork() == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        close(to[1]);
        close(from[0]);
        execlp("node", "node", script, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    to_node = fdopen(to[1], "w");
    from_node = fdopen(from[0], "r");
    check(to_node && from_node, "pipes");
    fprintf(to_node, "1\n");
    fflush(to_node);
    return fscanf(from_node, "%lf %d", &seconds, &ok) == 2;
}

static double run_node(const void *argument, uint64_t *result)
{
    double seconds;
    int ok;
    (void)argument;
    fprintf(to_node, "%d\n", MOVES);
    fflush(to_node);
    check(fscanf(from_node, "%lf %d", &seconds, &ok) == 2, "node has ended");
    *result = (uint64_t)ok;
    return seconds / MOVES;
}

int main(int argc, char **argv)
{
    static const struct contender contenders[] = {
        {"weft-port", run_ports}, {"pipe", run_pipes}, {"node-postMessage", run_node}};
    int count = argc == 2 && start_node(argv[1]) ? 3 : 2;
    measure("buffer-ping-pong", contenders, count, NULL, 2, BYTES, 1, 1);
    return 0;
}
