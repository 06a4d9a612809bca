/* Photos given on the command line: files, folders of them, and lists in text files. */
#ifndef GANBEND_TOOLS_PHOTO_LIST_H
#define GANBEND_TOOLS_PHOTO_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include <ganbend.h>

typedef struct photo_list {
    char **paths, **names;      /* [count]; a name is that of the file without its ending */
    size_t count;
    bool is_list;               /* not just one file by its name */
} photo_list;

/* Each of the `count` texts is a file, a folder, whose pictures are taken by their endings in the order of their names, or a .txt
 * file with a path on each line, relative to the current folder. Two photos of one name are an error: their results have it. Call
 * free_photos() also if it fails. */
gb_status find_photos(const char *const *given, size_t count, photo_list *l, gb_error *err);
void free_photos(photo_list *l);

#endif
