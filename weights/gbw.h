/* The .gbw file: docs/format.md, byte by byte. */
#ifndef GB_WEIGHTS_GBW_H
#define GB_WEIGHTS_GBW_H

#include "network.h"

/* Receives `size` bytes; returns false to stop the writing. */
typedef bool (*gbw_sink)(void *arg, const void *bytes, size_t size);

/* Writes the network, tensors as float32 or (`half`) float16; vectors and matrices stay float32, except noise maps.
 * `why` names what cannot be stored or the value that does not fit into half (the sink has then received nothing), or
 * reports that the sink failed. */
bool gbw_write(const gb_network *n, bool half, gbw_sink sink, void *arg, gb_reason *why);

bool gbw_is(const void *bytes, size_t size);    /* by its first bytes */

/* Reads and checks the header, the metadata and the tensor table. Tensors are views of `bytes`, which must outlive the
 * network. NULL with a reason on failure. */
gb_network *gbw_open(const void *bytes, size_t size, const char *name, gb_reason *why);

/* Compares a tensor's bytes with its CRC-32 in the table; false with a reason that names the tensor. Computes the sum at
 * every call: callers remember which tensors they have verified. Thread-safe. */
bool gbw_verify(const gb_network *n, const char *tensor, gb_reason *why);

/* CRC-32 of the header, which contains that of every tensor: identifies the model in files made from it. 0 if the network
 * did not come from a file. */
uint32_t gbw_checksum(const gb_network *n);

#endif
