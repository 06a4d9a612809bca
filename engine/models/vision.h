/* What the builders of networks that look at pictures share. Nodes have the module paths of the network's origin; parts
 * of a module are named module.part: the node `features.0` is features.0.conv and its bias. */
#ifndef GB_ENGINE_MODELS_VISION_H
#define GB_ENGINE_MODELS_VISION_H

#include "engine/ganbend_graph.h"
#include "models.h"

/* The input `name` for a picture of the network's size, number `index` of its pictures. */
gb_node gb_vision_picture(gb_graph *graph, const char *name, int index);
/* (x − mean) / deviation, by the tensors normalise.scale and normalise.offset. */
gb_node gb_vision_normalise(gb_graph *graph, const char *name, gb_node x);

/* A convolution without bias, with the weight module.weight. */
gb_node gb_vision_conv(gb_graph *graph, const char *module, gb_node x, const gb_conv2d_options *options);
/* Batch norm with the tensors of torch.nn.BatchNorm2d. */
gb_node gb_vision_norm(gb_graph *graph, const char *module, gb_node x);
gb_node gb_vision_relu(gb_graph *graph, const char *name, gb_node x);
/* Adds module.bias: the node `module`. */
gb_node gb_vision_bias(gb_graph *graph, const char *module, gb_node x);
/* module.linear and its bias, `module`. */
gb_node gb_vision_dense(gb_graph *graph, const char *module, gb_node x);

/* The convolutions of VGG-16, from the normalised picture on. Node names begin with `prefix`; the weights' do not.
 * `tap`: the nodes after ReLU that LPIPS reads, or NULL. */
enum { GB_VGG_TAPS = 5 };
gb_node gb_vgg16_features(gb_graph *graph, const char *prefix, gb_node x, gb_node tap[GB_VGG_TAPS]);

#endif
