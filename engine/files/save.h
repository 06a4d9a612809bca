/* Writes a canonical network as a .gbw: the file appears complete or not at all. */
#ifndef GB_ENGINE_SAVE_H
#define GB_ENGINE_SAVE_H

#include "engine/ganbend.h"
#include "weights/network.h"

gb_status gb_network_save(const gb_network *network, bool half, const char *path, gb_error *err);
/* The same to a caller's writer. */
gb_status gb_network_save_to(const gb_network *network, bool half, gb_writer *writer, gb_error *err);

#endif
