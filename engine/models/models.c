/* The table of architectures, and functions that their builders share. */
#include "models.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const gb_architecture *const gb_architectures[] = {
    &gb_stylegan2_architecture, &gb_biggan_architecture, &gb_resnet_architecture, &gb_vgg16_architecture,
    &gb_lpips_architecture, &gb_feature_classifier_architecture, NULL};

const gb_architecture *gb_architecture_of(const gb_network *network) {
    const char *name = gb_network_str(network, "architecture", "");
    const gb_architecture *const *row = gb_architectures;
    while (*row && strcmp((*row)->name, name))
        row++;
    return *row;
}

gb_name_text gb_name(const char *format, ...) {
    gb_name_text name;
    va_list args;
    va_start(args, format);
    vsnprintf(name.text, sizeof name.text, format, args);
    va_end(args);
    return name;
}

int gb_config_int(gb_graph *graph, const char *key, int low, int high) {
    int64_t v = gb_network_int(graph->network, gb_name("config.%s", key).text, INT64_MIN);
    if (v == INT64_MIN)
        gb_graph_fail(graph, "config.%s is missing", key);
    else if (v < low || v > high)
        gb_graph_fail(graph, "config.%s is %lld; expected %d to %d", key, (long long)v, low, high);
    return v < low || v > high ? low : (int)v;
}
