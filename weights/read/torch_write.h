/* Writing what torch.save() writes: dictionaries, lists and float32 tensors, as a zip archive of a pickle and the tensors'
 * bytes. */
#ifndef GB_WEIGHTS_READ_TORCH_WRITE_H
#define GB_WEIGHTS_READ_TORCH_WRITE_H

#include <stdint.h>

#include "zip_write.h"

typedef struct gb_torch_writer gb_torch_writer;

gb_torch_writer *gb_torch_writer_new(void);        /* NULL if out of memory */
void gb_torch_writer_free(gb_torch_writer *t);

/* The object, in order: a dictionary holds a key and a value alternately. A failure for lack of memory is kept until
 * gb_torch_writer_finish(). */
void gb_torch_begin_dict(gb_torch_writer *t);
void gb_torch_end_dict(gb_torch_writer *t);
void gb_torch_begin_list(gb_torch_writer *t);
void gb_torch_end_list(gb_torch_writer *t);
void gb_torch_key(gb_torch_writer *t, const char *text);
/* A contiguous tensor of up to 8 dimensions and fewer than 2³¹ elements; `values` must stay until gb_torch_writer_finish(). */
void gb_torch_tensor(gb_torch_writer *t, int ndim, const int64_t *shape, const float *values);

/* Writes the file. */
bool gb_torch_writer_finish(gb_torch_writer *t, gb_byte_sink sink, void *arg, gb_reason *why);

#endif
