/* Compiled into the program: the files of the page and the models of weights/demo/. assets.cmake writes the sources. */
#ifndef GANBEND_STUDIO_ASSETS_H
#define GANBEND_STUDIO_ASSETS_H

#include <stddef.h>

typedef struct asset {
    const char *path;           /* "/app.js", as it is requested */
    const char *type;           /* "text/javascript; charset=utf-8" */
    const char *etag;           /* of the content, with its quotes */
    const unsigned char *bytes;
    size_t size;
} asset;

extern const asset page_assets[];
extern const size_t page_asset_count;

typedef struct demo_model {
    const char *name;           /* "portraits-128" */
    const unsigned char *bytes; /* aligned to 64 */
    size_t size;
} demo_model;

extern const demo_model demo_models[];
extern const size_t demo_model_count;

#endif
