/*
 * gzip/output.c - nameless files, and hidden ones where those are not to be had
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

/* How many hidden names are tried. They contain the process's number: only leftovers of a killed one can be in the way.
 */
#define TEMPORARY_TRIES 100

/* ---- signals ---- */

/* The hidden file, if there is one. The main thread alone takes signals (the library blocks them in its workers), so it
 * interrupts no one but itself. `is_doomed` is set before the name exists and cleared after it is gone. */
static volatile sig_atomic_t is_doomed;
static int doomed_directory;
static char doomed_name[sizeof((struct output *)0)->temporary];

static void doom(const struct output *output)
{
    doomed_directory = output->directory;
    memcpy(doomed_name, output->temporary, sizeof doomed_name);
    is_doomed = 1;
}

static void spare(void)
{
    is_doomed = 0;
}

/* The signal's default action is back by now (SA_RESETHAND); it strikes when this returns. */
static void remove_doomed(int number)
{
    if (is_doomed)
        unlinkat(doomed_directory, doomed_name, 0);
    raise(number);
}

void output_guard_signals(void)
{
    static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU};
    struct sigaction action = {.sa_handler = remove_doomed, .sa_flags = (int)SA_RESETHAND}, before;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        if (sigaction(deadly[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(deadly[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* ---- creating ---- */

/* Opens the folder that `path` is in. */
static int open_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char *directory = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (directory == NULL)
        return -1;
    int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(directory);
    return fd;
}

/* Looks before the work whether the name is free or may be taken; output_publish() makes sure. */
static bool is_name_available(const struct output *output)
{
    struct stat present;
    if (fstatat(output->directory, output->base, &present, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || report_error(output->path, "cannot be created: %s", strerror(errno));
    if (S_ISDIR(present.st_mode))
        return report_error(output->path, "cannot be created: there is a directory of that name");
    return output->is_replacing || report_warning(output->path, "already exists; use -f to overwrite it");
}

/* The path by which a file without a name can be linked. */
static void link_path(const struct output *output, char path[32])
{
    snprintf(path, 32, "/proc/self/fd/%d", output->fd);
}

static bool create_nameless(struct output *output)
{
    char path[32];
    output->fd = openat(output->directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (output->fd < 0)
        return false;
    link_path(output, path);
    if (access(path, F_OK) == 0)
        return true;
    close(output->fd); /* no /proc: it could never get a name */
    return false;
}

/* Calls `make` with hidden names, until one is free. */
static bool with_hidden_name(struct output *output, bool (*make)(struct output *output))
{
    for (int i = 0; i < TEMPORARY_TRIES; i++) {
        snprintf(output->temporary, sizeof output->temporary, "." PROGRAM_NAME ".%ld.%d", (long)getpid(), i);
        doom(output);
        output->is_named = make(output);
        if (output->is_named)
            return true;
        spare();
        if (errno != EEXIST)
            return false;
    }
    return false;
}

static bool create_hidden(struct output *output)
{
    output->fd = openat(output->directory, output->temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    return output->fd >= 0;
}

bool output_create(struct output *output, const char *path, bool is_replacing)
{
    const char *slash = strrchr(path, '/');
    *output = (struct output){.fd = -1, .path = path, .is_replacing = is_replacing};
    output->base = slash != NULL ? slash + 1 : path;
    output->directory = open_directory_of(path);
    if (output->directory < 0)
        return report_error(path, "cannot be created: %s", strerror(errno));
    if (!is_name_available(output))
        return output_discard(output);
    if (create_nameless(output) || with_hidden_name(output, create_hidden))
        return true;
    report_error(path, "cannot be created: %s", strerror(errno));
    return output_discard(output);
}

/* ---- publishing ---- */

/* The group's rights are kept only with the group. Who may not give the file away stays its owner. */
static bool copy_attributes(int fd, const struct stat *like)
{
    const struct timespec times[2] = {like->st_atim, like->st_mtim};
    mode_t mode = like->st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
    if (fchown(fd, (uid_t)-1, like->st_gid) != 0)
        mode &= ~(mode_t)S_IRWXG;
    if (fchmod(fd, mode) != 0)
        return false;
    if (fchown(fd, like->st_uid, (gid_t)-1) != 0 && errno != EPERM && errno != EINVAL)
        return false;
    return futimens(fd, times) == 0;
}

/* File systems that write when a file is closed tell so now, while nothing has been published yet. */
static bool close_early(int fd)
{
    int twin = dup(fd);
    return twin >= 0 && close(twin) == 0;
}

static bool link_hidden(struct output *output)
{
    char path[32];
    link_path(output, path);
    return linkat(AT_FDCWD, path, output->directory, output->temporary, AT_SYMLINK_FOLLOW) == 0;
}

/* Renames the hidden file without replacing another. Where the file system cannot promise that, looking must do. */
static bool rename_to_new(const struct output *output)
{
    struct stat present;
    int directory = output->directory;
    if (renameat2(directory, output->temporary, directory, output->base, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    if (fstatat(directory, output->base, &present, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return false;
    }
    return renameat(directory, output->temporary, directory, output->base) == 0;
}

/* Gives the file its name. One that is to replace another gets a hidden name on the way: only a rename can replace. */
static bool give_name(struct output *output)
{
    char path[32];
    link_path(output, path);
    if (!output->is_named && !output->is_replacing)
        return linkat(AT_FDCWD, path, output->directory, output->base, AT_SYMLINK_FOLLOW) == 0;
    if (!output->is_named && !with_hidden_name(output, link_hidden))
        return false;
    bool is_renamed = output->is_replacing
                          ? renameat(output->directory, output->temporary, output->directory, output->base) == 0
                          : rename_to_new(output);
    if (!is_renamed)
        return false;
    spare();
    output->is_named = false;
    return true;
}

bool output_publish(struct output *output, const struct stat *like)
{
    bool is_published = copy_attributes(output->fd, like) && close_early(output->fd) && give_name(output);
    if (!is_published)
        report_error(output->path, "cannot be finished: %s", strerror(errno));
    output_discard(output); /* now only the descriptors */
    return is_published;
}

bool output_discard(struct output *output)
{
    if (output->is_named) {
        unlinkat(output->directory, output->temporary, 0);
        spare();
    }
    if (output->fd >= 0)
        close(output->fd);
    close(output->directory);
    output->is_named = false;
    return false;
}
