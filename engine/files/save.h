/* Writing a canonical network as a .gbw, whole or not at all. */
#ifndef GB_ENGINE_SAVE_H
#define GB_ENGINE_SAVE_H

#include "weights/network.h"
#include "engine/ganbend.h"

gb_status gb_network_save(const gb_network *network, bool half, const char *path, gb_error *err);

#endif
