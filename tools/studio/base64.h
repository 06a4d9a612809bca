/* Base64 (RFC 4648, section 4), with padding. */
#ifndef GANBEND_STUDIO_BASE64_H
#define GANBEND_STUDIO_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes that a text of this form decodes to, by its length and padding alone; 0 if it has no such length. */
size_t base64_size(const char *text);
/* Decodes exactly `count` bytes, with padding at the end. */
bool base64_read(const char *text, unsigned char *bytes, size_t count);
/* The text of the bytes, which the caller frees; NULL if out of memory. */
char *base64_text(const char *bytes, size_t size);

#endif
