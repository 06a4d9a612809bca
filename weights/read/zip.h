/* ZIP archives (PKWARE's APPNOTE.TXT): stored and deflated entries, ZIP64. Sizes come from the central directory, the
 * position of the data from the local header. Entries that overlap, share a name or are encrypted are refused. */
#ifndef GB_WEIGHTS_READ_ZIP_H
#define GB_WEIGHTS_READ_ZIP_H

#include <stdint.h>

#include "../arena.h"

typedef struct gb_zip_entry {
    const char *name;       /* zero-terminated; a name with a zero inside is refused */
    uint64_t packed, size;  /* bytes in the archive and unpacked */
    uint64_t header, data;  /* offsets of the local header and of the data */
    uint32_t crc;
    uint16_t method;
    const uint8_t *bytes;   /* once read */
    uint8_t *inflated;      /* owned by the archive; NULL for stored entries */
} gb_zip_entry;

typedef struct gb_zip gb_zip;

bool gb_zip_is(const void *bytes, size_t size);

/* Reads the directory; entries and names live in the arena. NULL with a reason. */
gb_zip *gb_zip_open(const void *bytes, size_t size, gb_arena *arena, gb_reason *why);
void gb_zip_close(gb_zip *z);

/* Makes an archive inside another one's entry share that one's limit of unpacked bytes. */
void gb_zip_share(gb_zip *z, const gb_zip *outer);

/* In the order of the central directory. */
size_t gb_zip_entries(const gb_zip *z, gb_zip_entry **list);
gb_zip_entry *gb_zip_find(const gb_zip *z, const char *name);

/* The entry's bytes (`size` of them, at entry->bytes), checked against their CRC; a stored one is a view. They are
 * valid until close. All entries of an archive together may unpack to 64 MiB + 16 × its size. */
bool gb_zip_read(gb_zip *z, gb_zip_entry *entry, gb_reason *why);

#endif
