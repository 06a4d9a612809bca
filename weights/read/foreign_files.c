/* Signatures of other formats, and text. */
#include "foreign_files.h"

#include <stdint.h>
#include <string.h>

#define READS "ganbend reads PyTorch, pickle, safetensors and numpy files"
#define UNPACK "; unpack it and give the checkpoint inside"

static const struct { size_t at, size; const char *bytes, *what; } signatures[] = {
    {0, 2, "\x1f\x8b", "a gzip file" UNPACK},
    {0, 6, "\xfd" "7zXZ\0", "an xz file" UNPACK},
    {0, 3, "BZh", "a bzip2 file" UNPACK},
    {0, 4, "\x28\xb5\x2f\xfd", "a zstd file" UNPACK},
    {0, 6, "7z\xbc\xaf\x27\x1c", "a 7z archive" UNPACK},
    {0, 4, "Rar!", "a RAR archive" UNPACK},
    {257, 5, "ustar", "a tar archive" UNPACK "; if PyTorch wrote it, before 2017, load and save it there again"},
    {0, 26, "version https://git-lfs.gi", "a Git LFS pointer, not the file itself; `git lfs pull` fetches the file"},
    {0, 6, "\x89HDF\r\n", "an HDF5 file (Keras); " READS},
    {0, 6, "\x89PNG\r\n", "a PNG picture, not a checkpoint"},
    {0, 3, "\xff\xd8\xff", "a JPEG picture, not a checkpoint"},
    {0, 5, "%PDF-", "a PDF document, not a checkpoint"},
    {0, 4, "GGUF", "a GGUF file; " READS},
    {4, 4, "TFL3", "a TensorFlow Lite model; " READS},
};

/* An ONNX model is a protobuf message: the format's version, then who produced the model. */
static bool is_onnx(const uint8_t *p, size_t size) {
    if (size < 5 || p[0] != 0x08 || p[1] == 0 || p[1] > 0x20 || p[2] != 0x12 || p[3] == 0 || p[3] > size - 4)
        return false;
    for (size_t i = 0; i < p[3]; i++)
        if (p[4 + i] < 0x20 || p[4 + i] > 0x7e)
            return false;
    return true;
}

bool gb_foreign_file(const void *bytes, size_t size, gb_reason *why) {
    const uint8_t *p = bytes;
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        if (signatures[i].at + signatures[i].size <= size &&
            memcmp(p + signatures[i].at, signatures[i].bytes, signatures[i].size) == 0) {
            gb_because(why, "%s", signatures[i].what);
            return true;
        }
    if (is_onnx(p, size)) {
        gb_because(why, "an ONNX model; ganbend needs the PyTorch checkpoint it was exported from");
        return true;
    }
    return false;
}

/* ---- text ------------------------------------------------------------------------------------------------------ */

enum { LOOKED_AT = 65536, SHOWN = 100 };

/* UTF-8 without control characters, up to a character cut at the end. */
static bool is_text(const uint8_t *p, size_t size) {
    for (size_t i = 0; i < size;) {
        uint8_t c = p[i++];
        int more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : -1;
        if (more < 0 || (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || c == 0x7f)
            return false;
        for (; more > 0 && i < size; more--)
            if ((p[i++] & 0xc0) != 0x80)
                return false;
    }
    return true;
}

static bool is_utf16(const uint8_t *p, size_t size) {
    return size >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff));
}

bool gb_foreign_text(const void *bytes, size_t size, gb_reason *why) {
    const uint8_t *p = bytes;
    if (is_utf16(p, size)) {
        gb_because(why, "a text in UTF-16, not a checkpoint");
        return true;
    }
    if (size >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
        size -= 3;
    }
    if (!is_text(p, size < LOOKED_AT ? size : LOOKED_AT))
        return false;
    while (size && memchr(" \t\r\n\f", *p, 5)) {
        p++;
        size--;
    }
    size_t line = 0;
    while (line < size && line < SHOWN && p[line] != '\n' && p[line] != '\r')
        line++;
    if (line == SHOWN && line < size)
        while (line && (p[line] & 0xc0) == 0x80)    /* not in the middle of a character */
            line--;
    if (!line)
        gb_because(why, "an empty text, not a checkpoint: probably a failed download; download it again");
    else
        gb_because(why, "a text or web page, not a checkpoint: probably a failed download. It begins '%.*s'", (int)line,
                   (const char *)p);
    return true;
}
