/* The table of architectures. */
#include "models.h"

#include <string.h>

const gb_architecture *const gb_architectures[] = {&gb_stylegan2_architecture, NULL};

const gb_architecture *gb_architecture_of(const gb_network *network) {
    const char *name = gb_network_str(network, "architecture", "");
    const gb_architecture *const *row = gb_architectures;
    while (*row && strcmp((*row)->name, name))
        row++;
    return *row;
}
