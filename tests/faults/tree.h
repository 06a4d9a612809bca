/* The files below a folder with their contents, to be compared later. For tests under faults; a test ends if this cannot be
 * done. Needs XSI (nftw). */
#ifndef GB_TESTS_FAULTS_TREE_H
#define GB_TESTS_FAULTS_TREE_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 20, FILES = 32 };

static inline void stop(const char *what) {
    perror(what);
    exit(1);
}

static inline size_t read_file(const char *path, char *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, room, file) : 0;
    if (file)
        fclose(file);
    return size;
}

static inline void write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        stop(path);
}

/* The files below a folder: their paths and contents. */
typedef struct tree {
    size_t count;
    struct { char *path, *bytes; size_t size; } files[FILES];
} tree;

static tree *filling;

static inline int take(const char *path, const struct stat *info, int kind, struct FTW *where) {
    (void)info, (void)where;
    static char bytes[LARGEST];
    if (kind == FTW_D)
        return 0;
    if (filling->count == FILES)
        exit(1);
    size_t size = read_file(path, bytes, LARGEST), i = filling->count++;
    filling->files[i].path = strdup(path);
    filling->files[i].bytes = malloc(size + 1);
    filling->files[i].size = size;
    if (!filling->files[i].path || !filling->files[i].bytes)
        stop("memory");
    memcpy(filling->files[i].bytes, bytes, size);
    return 0;
}

static inline int drop(const char *path, const struct stat *info, int kind, struct FTW *where) {
    (void)info, (void)kind;
    return where->level ? remove(path) : 0;
}

static inline void read_tree(const char *folder, tree *t) {
    t->count = 0;
    filling = t;
    if (nftw(folder, take, 8, FTW_PHYS))
        stop(folder);
}

static inline void free_tree(tree *t) {
    for (size_t i = 0; i < t->count; i++) {
        free(t->files[i].path);
        free(t->files[i].bytes);
    }
    t->count = 0;
}

static inline void empty(const char *folder) {
    if (nftw(folder, drop, 8, FTW_PHYS | FTW_DEPTH))
        stop(folder);
}

static inline bool same_file(const tree *a, size_t i, const tree *b) {
    for (size_t k = 0; k < b->count; k++)
        if (!strcmp(a->files[i].path, b->files[k].path))
            return a->files[i].size == b->files[k].size && !memcmp(a->files[i].bytes, b->files[k].bytes, a->files[i].size);
    return false;
}

#endif
