/* What a pickle spells out in its bytes, read at a cursor: the numbers and lines that operations take, and the numbers,
 * texts and bytes that are values by themselves. Everything is NULL (or false) with a reason in p->why where the bytes
 * are not there, are not what they should be, or memory is out. */
#ifndef GB_WEIGHTS_READ_LITERAL_H
#define GB_WEIGHTS_READ_LITERAL_H

#include "pickle_reader.h"

/* ---- what operations take ---- */

/* Little-endian, of `width` bytes. */
bool gb_literal_number(gb_pickle *p, gb_bytes *from, int width, uint64_t *n);
/* Up to its newline, which is passed. */
bool gb_literal_line(gb_pickle *p, gb_bytes *from, const char **line, size_t *size);
/* A memo slot as a line of decimal digits. */
bool gb_literal_slot(gb_pickle *p, gb_bytes *from, uint64_t *slot);

/* ---- values; `width` is that of the number, or of the length in front ---- */

gb_value *gb_literal_unsigned(gb_pickle *p, gb_bytes *from, int width);
gb_value *gb_literal_int32(gb_pickle *p, gb_bytes *from);
/* Two's complement after its length; what does not fit into 64 bits stays bytes. */
gb_value *gb_literal_long(gb_pickle *p, gb_bytes *from, int width);
/* A line, where 00 and 01 are protocol 0's booleans. What does not fit into 64 bits stays bytes. */
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
