/*
 * gzip/file.c - gzip's habits with files
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expand.h"
#include "output.h"
#include "report.h"

/* What an expanded file is called: its first suffix that is listed here makes way for the other. */
static const struct suffix {
    const char *packed;
    const char *plain;
} suffixes[] = {{".gz", ""}, {".tgz", ".tar"}, {".taz", ".tar"}, {"-gz", ""}, {".z", ""}, {"-z", ""}};

/* The input, and what is known of it. */
struct source {
    char *path; /* the caller's name for it, or that with .gz */
    int fd;
    struct stat status; /* when it was opened */
};

/* ---- names ---- */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Returns the suffix of a compressed file that `path` ends in, or NULL. A name that is nothing else has none. */
static const struct suffix *find_suffix(const char *path)
{
    size_t length = strlen(base_of(path));
    const char *end = path + strlen(path);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t own = strlen(suffixes[i].packed);
        if (length > own && strcmp(end - own, suffixes[i].packed) == 0)
            return &suffixes[i];
    }
    return NULL;
}

/* Gives the first `length` bytes of `start` with `end` behind them. */
static char *join(const char *start, size_t length, const char *end)
{
    size_t end_bytes = strlen(end) + 1;
    char *joined = malloc(length + end_bytes);
    if (joined == NULL)
        return NULL;
    memcpy(joined, start, length);
    memcpy(joined + length, end, end_bytes);
    return joined;
}

/* Gives the name of the file that `path` becomes; NULL if there is none, which has been reported. */
static char *target_path(const char *path, enum mode mode)
{
    const struct suffix *suffix = find_suffix(path);
    char *target = NULL;
    if (mode == MODE_COMPRESS) {
        if (suffix != NULL) {
            report_warning(path, "already has the suffix %s; left unchanged", suffix->packed);
            return NULL;
        }
        target = join(path, strlen(path), ".gz");
    } else {
        if (suffix == NULL) {
            report_warning(path, "has no suffix of a compressed file; left alone, use -c to expand it nevertheless");
            return NULL;
        }
        target = join(path, strlen(path) - strlen(suffix->packed), suffix->plain);
    }
    if (target == NULL)
        report_error(path, "out of memory");
    return target;
}

/* ---- the input ---- */

/* Reports why `source` must be left alone, unless it is a file that its output may take the place of. */
static bool is_replaceable(const struct source *source)
{
    const struct stat *status = &source->status;
    if (!S_ISREG(status->st_mode))
        return report_warning(source->path, "is not a regular file; left alone, use -c to read it");
    if (status->st_mode & (S_ISUID | S_ISGID | S_ISVTX))
        return report_warning(source->path, "has the set-user-ID, set-group-ID or sticky bit; left alone, use -f");
    if (status->st_nlink > 1)
        return report_warning(source->path, "has other hard links; left alone, use -f or -c");
    return true;
}

/* Opens `source->path`. Without -c and -f, what is no regular file must be neither followed nor waited for. */
static bool open_path(struct source *source, const struct options *options, bool is_strict)
{
    int cautious = is_strict ? O_NOFOLLOW | O_NONBLOCK : 0;
    source->fd = open(source->path, O_RDONLY | O_NOCTTY | O_CLOEXEC | cautious);
    if (source->fd >= 0 || errno != ENOENT || options->mode == MODE_COMPRESS || find_suffix(source->path) != NULL)
        return source->fd >= 0;
    char *longer = join(source->path, strlen(source->path), ".gz"); /* gzip -d NAME finds NAME.gz */
    if (longer == NULL)
        return false;
    free(source->path);
    source->path = longer;
    source->fd = open(source->path, O_RDONLY | O_NOCTTY | O_CLOEXEC | cautious);
    return source->fd >= 0;
}

static bool open_source(struct source *source, const char *name, const struct options *options)
{
    bool is_strict = !options->is_to_stdout && !options->is_forced && options->mode != MODE_TEST;
    source->path = join(name, strlen(name), "");
    source->fd = -1;
    if (source->path == NULL)
        return report_error(name, "out of memory");
    if (!open_path(source, options, is_strict)) {
        if (errno == ELOOP && is_strict)
            return report_error(source->path, "is a symbolic link; use -f or -c to follow it");
        return report_error(source->path, "cannot be opened: %s", strerror(errno));
    }
    if (fstat(source->fd, &source->status) != 0)
        return report_error(source->path, "cannot be examined: %s", strerror(errno));
    if (S_ISDIR(source->status.st_mode))
        return report_warning(source->path, "is a directory; left alone, name the files in it or pack it with tar");
    if (is_strict && !is_replaceable(source))
        return false;
    posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

static void close_source(struct source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    free(source->path);
}

/* Whether the name still leads to the file that was opened, and all of it was read and nothing else. */
static bool is_unchanged(const struct source *source, uint64_t read_bytes)
{
    const struct stat *then = &source->status;
    struct stat now;
    if (stat(source->path, &now) != 0 || now.st_dev != then->st_dev || now.st_ino != then->st_ino)
        return false;
    return !S_ISREG(now.st_mode) ||
           ((uint64_t)now.st_size == read_bytes && now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
            now.st_mtim.tv_nsec == then->st_mtim.tv_nsec);
}

/* Removes the input, unless that would lose what is not in the output. */
static void remove_source(const struct source *source, const struct transfer *transfer)
{
    if (!is_unchanged(source, transfer->read_bytes))
        report_warning(source->path, "changed while it was read; kept, check %s", transfer->output_name);
    else if (unlink(source->path) != 0)
        report_error(source->path, "is done, but cannot be removed: %s", strerror(errno));
}

/* ---- the work ---- */

static bool compress_with(struct batch *batch, struct transfer *transfer, const struct source *source)
{
    const struct options *options = batch->options;
    struct member_label label = {.name = NULL};
    if (batch->compressor == NULL) {
        int status = compressor_create(options->level, options->block_bytes, options->workers, &batch->compressor);
        if (status != WEFT_OK)
            return report_error(NULL, "cannot start compressing: %s; try a smaller -p or -b",
                                weft_status_message(status));
    }
    if (!options->is_nameless && S_ISREG(source->status.st_mode)) {
        time_t modified = source->status.st_mtim.tv_sec;
        if (source->path != NULL)
            label.name = base_of(source->path);
        label.modified = modified > 0 && modified <= (time_t)UINT32_MAX ? (uint32_t)modified : 0;
    }
    return compressor_run(batch->compressor, transfer, &label);
}

/* Moves `source` to the descriptor `output`. */
static bool convert(struct batch *batch, struct transfer *transfer, const struct source *source, int output,
                    const char *output_name)
{
    const struct options *options = batch->options;
    bool is_terminal_free = output != STDOUT_FILENO || !isatty(output);
    uint64_t bytes = S_ISREG(source->status.st_mode) ? (uint64_t)source->status.st_size : 0;
    *transfer = (struct transfer){.input = source->fd, .output = output, .output_name = output_name};
    transfer->input_name = source->path != NULL ? source->path : "standard input";
    progress_begin(&transfer->progress, transfer->input_name, bytes, !options->is_quiet && is_terminal_free);
    bool is_done = options->mode == MODE_COMPRESS ? compress_with(batch, transfer, source) : expand(transfer);
    progress_end(&transfer->progress);
    return is_done;
}

/* Prints what -v asks for: how much smaller the compressed side is, and what became of the input. */
static void describe(const struct batch *batch, const struct transfer *transfer, const char *became)
{
    bool is_compressing = batch->options->mode == MODE_COMPRESS;
    double plain = (double)(is_compressing ? transfer->read_bytes : transfer->written_bytes);
    double packed = (double)(is_compressing ? transfer->written_bytes : transfer->read_bytes);
    if (!batch->options->is_verbose)
        return;
    if (batch->options->mode == MODE_TEST)
        fprintf(stderr, "%s:\t OK\n", transfer->input_name);
    else
        fprintf(stderr, "%s:\t%5.1f%%%s%s\n", transfer->input_name, plain > 0 ? 100 * (plain - packed) / plain : 0.0,
                became, became[0] != '\0' ? transfer->output_name : "");
}

/* From `source` to a new file. */
static void replace(struct batch *batch, struct source *source)
{
    const struct options *options = batch->options;
    struct transfer transfer;
    struct output output;
    char *path = target_path(source->path, options->mode);
    if (path == NULL)
        return;
    if (output_create(&output, path, options->is_forced)) {
        if (!convert(batch, &transfer, source, output.fd, path)) {
            output_discard(&output);
        } else if (output_publish(&output, &source->status)) {
            describe(batch, &transfer, options->is_keeping ? " -- created " : " -- replaced with ");
            if (!options->is_keeping)
                remove_source(source, &transfer);
        }
    }
    free(path);
}

/* From `source` to standard output, or to nowhere for a test. */
static void stream(struct batch *batch, const struct source *source)
{
    const struct options *options = batch->options;
    bool is_test = options->mode == MODE_TEST;
    struct transfer transfer;
    if (!is_test && !options->is_forced && options->mode == MODE_COMPRESS && isatty(STDOUT_FILENO)) {
        report_error(NULL, "compressed data is not written to a terminal; use -f to force it, --help for help");
        return;
    }
    if (convert(batch, &transfer, source, is_test ? TRANSFER_NOWHERE : STDOUT_FILENO, "standard output"))
        describe(batch, &transfer, "");
}

static void process_stdin(struct batch *batch)
{
    const struct options *options = batch->options;
    struct source source = {.fd = STDIN_FILENO};
    if (fstat(STDIN_FILENO, &source.status) != 0)
        report_error("standard input", "cannot be read: %s", strerror(errno));
    else if (S_ISDIR(source.status.st_mode))
        report_warning("standard input", "is a directory; left alone");
    else if (options->mode != MODE_COMPRESS && !options->is_forced && isatty(STDIN_FILENO))
        report_error(NULL, "compressed data is not read from a terminal; use -f to force it, --help for help");
    else
        stream(batch, &source);
}

void file_process(struct batch *batch, const char *name)
{
    const struct options *options = batch->options;
    struct source source;
    if (name == NULL || strcmp(name, "-") == 0) {
        process_stdin(batch);
        return;
    }
    if (open_source(&source, name, options)) {
        if (options->is_to_stdout || options->mode == MODE_TEST)
            stream(batch, &source);
        else
            replace(batch, &source);
    }
    close_source(&source);
}
