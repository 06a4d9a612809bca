/* Sizes that the parts of a studio share. */
#ifndef GANBEND_STUDIO_SIZES_H
#define GANBEND_STUDIO_SIZES_H

enum { MAX_FOLDERS = 32, MODEL_NAME = 64, MAX_CLIENTS = 16, PROJECT_NAME = 65, PAGE_ID = 65 };

enum { UPLOAD_PIECE = 4 << 20 };        /* bytes of a piece of a file that a page sends, at most */
#define UPLOAD_BYTES (INT64_C(8) << 30) /* of the file, at most */

#endif
