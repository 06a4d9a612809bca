/* The literals of a pickle, read at a cursor: the numbers and lines that are arguments of operations, and the numbers,
 * texts and bytes that are values. All functions return NULL (or false) with a reason in p->why if the bytes are missing
 * or malformed, or if out of memory. */
#ifndef GB_WEIGHTS_READ_LITERAL_H
#define GB_WEIGHTS_READ_LITERAL_H

#include "pickle_reader.h"

/* ---- arguments of operations ---- */

/* Little-endian, of `width` bytes. */
bool gb_literal_number(gb_pickle *p, gb_bytes *from, int width, uint64_t *n);
/* Up to the newline, which is skipped. */
bool gb_literal_line(gb_pickle *p, gb_bytes *from, const char **line, size_t *size);
/* A memo slot as a line of decimal digits. */
bool gb_literal_slot(gb_pickle *p, gb_bytes *from, uint64_t *slot);

/* ---- values; `width` is the number of bytes of the number, or of the length before it ---- */

gb_value *gb_literal_unsigned(gb_pickle *p, gb_bytes *from, int width);
gb_value *gb_literal_int32(gb_pickle *p, gb_bytes *from);
/* Two's complement after its length; larger than 64 bits it stays bytes. */
gb_value *gb_literal_long(gb_pickle *p, gb_bytes *from, int width);
/* A line, where 00 and 01 are protocol 0's booleans. Larger than 64 bits it stays bytes. */
gb_value *gb_literal_int_line(gb_pickle *p, gb_bytes *from);
/* A line that may end in Python 2's L. */
gb_value *gb_literal_long_line(gb_pickle *p, gb_bytes *from);
/* A big-endian double. */
gb_value *gb_literal_double(gb_pickle *p, gb_bytes *from);
gb_value *gb_literal_float_line(gb_pickle *p, gb_bytes *from);

gb_value *gb_literal_str(gb_pickle *p, gb_bytes *from, int width);
gb_value *gb_literal_bytes(gb_pickle *p, gb_bytes *from, int width);
/* Python 2's repr of a str on a line: quoted, with backslash escapes. */
gb_value *gb_literal_quoted_line(gb_pickle *p, gb_bytes *from);
/* A line of latin-1 with \uXXXX and \UXXXXXXXX, made UTF-8. */
gb_value *gb_literal_unicode_line(gb_pickle *p, gb_bytes *from);

#endif
