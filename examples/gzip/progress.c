/*
 * gzip/progress.c - the bar, drawn with no more than a carriage return, so that any terminal will do
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Inputs smaller than this are done before a bar could be read. */
#define LARGE_BYTES (UINT64_C(16) << 20)
/* The time between two drawings. Shorter costs terminal traffic, longer looks stuck. */
#define REDRAW_NS UINT64_C(100000000)
/* Bounds for the line. The bar gets what the rest leaves free. */
#define COLUMNS_DEFAULT 80
#define COLUMNS_MAX     160

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* A job in the background leaves the terminal to the one in front. */
static bool is_in_front(void)
{
    return tcgetpgrp(STDERR_FILENO) == getpgrp();
}

/* How many columns a line may have. The last one stays empty: some terminals wrap as soon as it is written. */
static int line_columns(void)
{
    struct winsize size;
    int columns = COLUMNS_DEFAULT;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        columns = size.ws_col;
    return (columns < COLUMNS_MAX ? columns : COLUMNS_MAX) - 1;
}

static void draw(const struct progress *progress, uint64_t done_bytes)
{
    char line[COLUMNS_MAX + 1];
    int columns = line_columns();
    uint64_t done_mib = done_bytes >> 20;
    memset(line, ' ', sizeof line);
    if (progress->total_bytes == 0) {
        snprintf(line, sizeof line, "%.40s: %llu MiB", progress->name, (unsigned long long)done_mib);
    } else {
        uint64_t done = done_bytes < progress->total_bytes ? done_bytes : progress->total_bytes;
        int used = snprintf(line, sizeof line, "%.40s: %3d%% of %llu MiB [", progress->name,
                            (int)(100.0 * (double)done / (double)progress->total_bytes),
                            (unsigned long long)(progress->total_bytes >> 20));
        int width = columns - used - 1;
        int full = width > 0 ? (int)((double)width * (double)done / (double)progress->total_bytes) : 0;
        for (int i = 0; i < width; i++)
            line[used + i] = i < full ? '=' : ' ';
        if (width > 0)
            memcpy(line + used + width, "]", 2);
    }
    fprintf(stderr, "\r%-*.*s", columns, columns, line);
    fflush(stderr);
}

void progress_begin(struct progress *progress, const char *name, uint64_t total_bytes, bool is_wanted)
{
    *progress = (struct progress){
        .name = name,
        .total_bytes = total_bytes,
        .is_enabled = is_wanted && (total_bytes == 0 || total_bytes >= LARGE_BYTES) && isatty(STDERR_FILENO),
    };
}

void progress_update(struct progress *progress, uint64_t done_bytes)
{
    if (!progress->is_enabled || (progress->total_bytes == 0 && done_bytes < LARGE_BYTES))
        return;
    uint64_t now = now_ns();
    if ((progress->is_drawn && now - progress->drawn_at_ns < REDRAW_NS) || !is_in_front())
        return;
    draw(progress, done_bytes);
    progress->drawn_at_ns = now;
    progress->is_drawn = true;
}

void progress_end(struct progress *progress)
{
    if (progress->is_drawn)
        fprintf(stderr, "\r%*s\r", line_columns(), "");
    progress->is_drawn = progress->is_enabled = false;
}
