/* The .gbw file: docs/format.md, byte by byte. */
#ifndef GB_WEIGHTS_GBW_H
#define GB_WEIGHTS_GBW_H

#include "network.h"

/* Takes `size` bytes; false stops the writing. */
typedef bool (*gbw_sink)(void *arg, const void *bytes, size_t size);

/* Writes the network, tensors as float32 or (`half`) float16; vectors and matrices stay float32, noise maps excepted.
 * `why` says what cannot be stored or which value does not fit into half (then nothing was given to the sink yet), or
 * that the sink failed. */
bool gbw_write(const gb_network *n, bool half, gbw_sink sink, void *arg, gb_reason *why);

bool gbw_is(const void *bytes, size_t size);    /* begins like one */

/* Header, metadata and the tensor table are read and checked at once; tensors stay where they are, `bytes` must outlive
 * the network. */
gb_network *gbw_open(const void *bytes, size_t size, const char *name, gb_reason *why);

/* Compares a tensor's bytes with its CRC-32 in the table; false names the tensor. It does so every time: whoever
 * touches a tensor first remembers that it did. Thread-safe. */
bool gbw_verify(const gb_network *n, const char *tensor, gb_reason *why);

/* CRC-32 over the header, which covers every tensor's own: names the model in files made from it. 0 where the network
 * did not come from a file. */
uint32_t gbw_checksum(const gb_network *n);

#endif
