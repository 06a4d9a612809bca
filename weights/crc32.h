/* The CRC-32 of zlib, PNG and .gbw files. */
#ifndef GANBEND_WEIGHTS_CRC32_H
#define GANBEND_WEIGHTS_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The sum of all bytes so far, whose sum is `crc`, and of `size` more; 0 for none. zlib's crc32_z(), but on processors with
 * carry-less multiplication about ten times as fast. */
uint32_t gb_crc32(uint32_t crc, const void *bytes, size_t size);

#endif
