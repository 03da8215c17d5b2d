/*
 * support/tree.h - a tree of files that a test makes for itself, as the kernel would show it
 *
 * The tree has a root of its own for each process. Give a suite tree_make as its init, and tree_remove as its fini.
 */
#ifndef SUPPORT_TREE_H
#define SUPPORT_TREE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char tree_root[] = P_tmpdir "/weft-tree-XXXXXX";

static inline int tree_remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about, (void)type, (void)where;
    return remove(path);
}

static inline void tree_make(void)
{
    cr_assert_not_null(mkdtemp(tree_root));
}

static inline void tree_remove(void)
{
    nftw(tree_root, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes the directories above `name` below the root, and gives its path. The caller frees it. */
static inline char *tree_path(const char *name)
{
    char *path = NULL;
    cr_assert_geq(asprintf(&path, "%s/%s", tree_root, name), 0);
    for (char *slash = path + sizeof tree_root; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        cr_assert(mkdir(path, 0700) == 0 || errno == EEXIST, "%s", path);
        *slash = '/';
    }
    return path;
}

static inline void tree_put_bytes(const char *name, const char *bytes, size_t length)
{
    char *path = tree_path(name);
    FILE *file = fopen(path, "we");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
    free(path);
}

static inline void tree_put(const char *name, const char *text)
{
    tree_put_bytes(name, text, strlen(text));
}

#endif
