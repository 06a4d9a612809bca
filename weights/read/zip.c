/* Reading ZIP archives from memory. */
#define ZLIB_CONST
#include "zip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bytes.h"

enum {
    LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50, END64 = 0x06064b50, LOCATOR64 = 0x07064b50,
    LOCAL_SIZE = 30, CENTRAL_SIZE = 46, END_SIZE = 22, END64_SIZE = 56, LOCATOR64_SIZE = 20,
    STORED = 0, DEFLATED = 8,
    DEFLATE_RATIO = 1032    /* the most bytes that one deflated byte unpacks to */
};

struct gb_zip {
    const uint8_t *bytes;
    size_t size;
    gb_arena *arena;
    gb_zip_entry *entries, **by_name;
    size_t count;
    uint64_t directory, directory_size;     /* where the central directory is */
    uint64_t inflate_left;
};

bool gb_zip_is(const void *bytes, size_t size) {
    if (size < 4)
        return false;
    uint32_t signature = gb_le32(bytes);
    return signature == LOCAL || signature == END;
}

/* The end record is the last in the file, except for a comment whose length it has. */
static const uint8_t *find_end(const gb_zip *z) {
    for (size_t comment = 0; comment <= 0xFFFF && comment + END_SIZE <= z->size; comment++) {
        const uint8_t *p = z->bytes + (z->size - END_SIZE - comment);
        if (gb_le32(p) == END && gb_le16(p + 20) == comment)
            return p;
    }
    return NULL;
}

static bool read_end(gb_zip *z, gb_reason *why) {
    const uint8_t *end = find_end(z);
    if (!end)
        return gb_because(why, "a zip archive cut off after %zu bytes; download it again", z->size);
    uint64_t at = (uint64_t)(end - z->bytes), count = gb_le16(end + 10);
    bool split = gb_le16(end + 4) != 0 && gb_le16(end + 4) != 0xFFFF;
    z->directory_size = gb_le32(end + 12);
    z->directory = gb_le32(end + 16);
    if (at >= LOCATOR64_SIZE && gb_le32(end - LOCATOR64_SIZE) == LOCATOR64) {
        uint64_t end64 = gb_le64(end - LOCATOR64_SIZE + 8);
        at -= LOCATOR64_SIZE;
        if (at < END64_SIZE || end64 > at - END64_SIZE || gb_le32(z->bytes + end64) != END64)
            return gb_because(why, "the ZIP64 end record is not at byte %" PRIu64, end64);
        const uint8_t *p = z->bytes + end64;
        at = end64;
        split = gb_le32(p + 16) != 0;
        count = gb_le64(p + 32);
        z->directory_size = gb_le64(p + 40);
        z->directory = gb_le64(p + 48);
    }
    if (split)
        return gb_because(why, "a zip archive split over several files");
    if (z->directory > at || z->directory_size > at - z->directory)
        return gb_because(why, "the zip directory (%" PRIu64 " bytes at %" PRIu64 ") is not inside the file",
                          z->directory_size, z->directory);
    if (count > z->directory_size / CENTRAL_SIZE)
        return gb_because(why, "%" PRIu64 " zip entries in a directory of %" PRIu64 " bytes", count, z->directory_size);
    z->count = (size_t)count;
    return true;
}

/* ZIP64's extra field has, in this order, those of the three numbers that are all ones in the entry itself. */
static bool read_zip64(gb_zip_entry *e, const uint8_t *extra, size_t size) {
    gb_bytes fields = {extra, size, 0};
    uint64_t *const wanted[] = {&e->size, &e->packed, &e->header};
    bool missing = e->size == UINT32_MAX || e->packed == UINT32_MAX || e->header == UINT32_MAX;
    while (missing && gb_bytes_left(&fields) >= 4) {
        const uint8_t *head = gb_bytes_take(&fields, 4);
        const uint8_t *body = gb_bytes_take(&fields, gb_le16(head + 2));
        if (!body)
            return false;
        if (gb_le16(head) != 1)
            continue;
        gb_bytes numbers = {body, gb_le16(head + 2), 0};
        for (int i = 0; i < 3; i++) {
            if (*wanted[i] != UINT32_MAX)
                continue;
            const uint8_t *number = gb_bytes_take(&numbers, 8);
            if (!number)
                return false;
            *wanted[i] = gb_le64(number);
        }
        return true;
    }
    return !missing;
}

/* Where the data is, by the local header, whose extra field is its own (torch pads there). */
static bool locate(const gb_zip *z, gb_zip_entry *e, size_t name_size, gb_reason *why) {
    if (e->header > z->directory || z->directory - e->header < LOCAL_SIZE + name_size)
        return gb_because(why, "its local header at byte %" PRIu64 " is not inside the file", e->header);
    const uint8_t *p = z->bytes + e->header;
    if (gb_le32(p) != LOCAL)
        return gb_because(why, "no local header at byte %" PRIu64, e->header);
    if (gb_le16(p + 26) != name_size || memcmp(p + LOCAL_SIZE, e->name, name_size) != 0)
        return gb_because(why, "the local header at byte %" PRIu64 " has another name", e->header);
    e->data = e->header + LOCAL_SIZE + name_size + gb_le16(p + 28);
    if (e->data > z->directory || e->packed > z->directory - e->data)
        return gb_because(why, "its %" PRIu64 " bytes at %" PRIu64 " are not inside the file", e->packed, e->data);
    return true;
}

static bool read_entry(gb_zip *z, gb_bytes *from, gb_zip_entry *e, gb_reason *why) {
    size_t at = (size_t)z->directory + from->at;
    const uint8_t *p = gb_bytes_take(from, CENTRAL_SIZE);
    if (!p || gb_le32(p) != CENTRAL)
        return gb_because(why, "no zip directory entry at byte %zu", at);
    size_t name_size = gb_le16(p + 28), extra_size = gb_le16(p + 30), comment_size = gb_le16(p + 32);
    const uint8_t *name = gb_bytes_take(from, name_size), *extra = gb_bytes_take(from, extra_size);
    if (!name || !extra || !gb_bytes_take(from, comment_size))
        return gb_because(why, "the zip directory entry at byte %zu is cut off", at);
    *e = (gb_zip_entry){.method = gb_le16(p + 10), .crc = gb_le32(p + 16), .packed = gb_le32(p + 20),
                        .size = gb_le32(p + 24), .header = gb_le32(p + 42)};
    if (name_size == 0 || memchr(name, 0, name_size))
        return gb_because(why, "the zip directory entry at byte %zu has no proper name", at);
    if (!(e->name = gb_arena_text(z->arena, (const char *)name, name_size)))
        return gb_arena_full(z->arena, why);
    if (gb_le16(p + 8) & 1)
        return gb_because(why, "%s is encrypted", e->name);
    if (!read_zip64(e, extra, extra_size))
        return gb_because(why, "%s: its ZIP64 sizes are missing", e->name);
    if (!locate(z, e, name_size, why))
        return gb_because_in(why, "%s", e->name);
    return true;
}

static int compare_names(const void *a, const void *b) {
    return strcmp((*(gb_zip_entry *const *)a)->name, (*(gb_zip_entry *const *)b)->name);
}

static int compare_places(const void *a, const void *b) {
    uint64_t x = (*(gb_zip_entry *const *)a)->header, y = (*(gb_zip_entry *const *)b)->header;
    return (x > y) - (x < y);
}

/* With overlapping entries a small archive can unpack to a huge one; ordinary writers do not make them. */
static bool check_places(gb_zip *z, gb_reason *why) {
    qsort(z->by_name, z->count, sizeof *z->by_name, compare_places);
    for (size_t i = 1; i < z->count; i++) {
        const gb_zip_entry *before = z->by_name[i - 1], *e = z->by_name[i];
        if (e->header < before->data + before->packed)
            return gb_because(why, "zip entries %s and %s overlap", before->name, e->name);
    }
    return true;
}

static bool check_names(gb_zip *z, gb_reason *why) {
    qsort(z->by_name, z->count, sizeof *z->by_name, compare_names);
    for (size_t i = 1; i < z->count; i++)
        if (strcmp(z->by_name[i - 1]->name, z->by_name[i]->name) == 0)
            return gb_because(why, "two zip entries are named %s", z->by_name[i]->name);
    return true;
}

static bool read_directory(gb_zip *z, gb_reason *why) {
    if (!read_end(z, why))
        return false;
    z->entries = gb_arena_take(z->arena, z->count * sizeof *z->entries);
    z->by_name = gb_arena_take(z->arena, z->count * sizeof *z->by_name);
    if (!z->entries || !z->by_name) {
        z->count = 0;
        return gb_arena_full(z->arena, why);
    }
    gb_bytes from = {z->bytes + z->directory, (size_t)z->directory_size, 0};
    for (size_t i = 0; i < z->count; i++) {
        z->by_name[i] = &z->entries[i];
        if (!read_entry(z, &from, &z->entries[i], why))
            return false;
    }
    return check_places(z, why) && check_names(z, why);
}

gb_zip *gb_zip_open(const void *bytes, size_t size, gb_arena *arena, gb_reason *why) {
    gb_zip *z = calloc(1, sizeof *z);
    if (!z) {
        gb_because_no_memory(why);
        return NULL;
    }
    *z = (gb_zip){.bytes = bytes, .size = size, .arena = arena,
                  .inflate_left = ((uint64_t)64 << 20) + 16 * (uint64_t)size};
    if (!read_directory(z, why)) {
        gb_zip_close(z);
        return NULL;
    }
    return z;
}

void gb_zip_share(gb_zip *z, const gb_zip *outer) {
    if (z->inflate_left > outer->inflate_left)
        z->inflate_left = outer->inflate_left;
}

void gb_zip_close(gb_zip *z) {
    if (!z)
        return;
    for (size_t i = 0; i < z->count; i++)
        free(z->entries[i].inflated);
    free(z);
}

size_t gb_zip_entries(const gb_zip *z, gb_zip_entry **list) {
    *list = z->entries;
    return z->count;
}

gb_zip_entry *gb_zip_find(const gb_zip *z, const char *name) {
    size_t low = 0, high = z->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(z->by_name[middle]->name, name);
        if (order == 0)
            return z->by_name[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Inflates into memory that grows with the output, up to e->size. */
static bool inflate_entry(gb_zip *z, gb_zip_entry *e, gb_reason *why) {
    if (e->size > z->inflate_left)
        return gb_because(why, "it unpacks to %" PRIu64 " bytes, more than a file of this size may", e->size);
    if (e->size / DEFLATE_RATIO > e->packed)
        return gb_because(why, "%" PRIu64 " bytes cannot unpack to %" PRIu64, e->packed, e->size);
    z_stream stream = {0};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)      /* nothing else can be wrong with these arguments */
        return gb_because_no_memory(why);
    uint64_t done = 0, fed = 0, room = 0;
    int status = Z_OK;
    bool no_memory = false;
    while (status == Z_OK) {
        if (done == room) {     /* one byte more than the size, to detect that more follows */
            room = room ? 2 * room : 4 * e->packed + 4096;
            if (room > e->size + 1)
                room = e->size + 1;
            if (done == room)
                break;
            uint8_t *more = realloc(e->inflated, (size_t)room);
            no_memory = !more;
            if (no_memory)
                break;
            e->inflated = more;
        }
        uInt in = e->packed - fed > (1u << 30) ? 1u << 30 : (uInt)(e->packed - fed);
        uInt out = room - done > (1u << 30) ? 1u << 30 : (uInt)(room - done);
        stream.next_in = z->bytes + e->data + fed;
        stream.avail_in = in;
        stream.next_out = e->inflated + done;
        stream.avail_out = out;
        status = inflate(&stream, Z_NO_FLUSH);
        fed += in - stream.avail_in;
        done += out - stream.avail_out;
    }
    inflateEnd(&stream);
    if (no_memory || status == Z_MEM_ERROR)
        return gb_because_no_memory(why);
    if (status != Z_STREAM_END || done != e->size)
        return gb_because(why, "its compressed data is damaged after %" PRIu64 " of %" PRIu64 " bytes; download it "
                          "again", done > e->size ? e->size : done, e->size);
    z->inflate_left -= e->size;
    e->bytes = e->inflated;
    return true;
}

bool gb_zip_read(gb_zip *z, gb_zip_entry *e, gb_reason *why) {
    if (e->bytes)
        return true;
    const uint8_t *bytes = z->bytes + e->data;
    bool good = false;
    switch (e->method) {
    case STORED:
        good = e->packed == e->size || gb_because(why, "stored in %" PRIu64 " bytes, but %" PRIu64 " long", e->packed,
                                                  e->size);
        break;
    case DEFLATED:
        good = inflate_entry(z, e, why);
        bytes = e->inflated;
        break;
    default:
        gb_because(why, "packed by method %u; stored and deflated ones can be read", e->method);
    }
    /* Writers that do not compute the sum (torch has an option) store 0. */
    if (good && e->crc != 0 && crc32_z(0, bytes, (size_t)e->size) != e->crc)
        good = gb_because(why, "its CRC-32 does not match: the file is damaged; download it again");
    if (!good)
        return gb_because_in(why, "%s", e->name);
    e->bytes = bytes;
    return true;
}
