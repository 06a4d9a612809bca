/* What the families of networks that look at pictures share: taking tensors over under the names that they have in the
 * file, with their shapes checked, and the normalisation of pictures. */
#ifndef GB_WEIGHTS_ADAPT_VISION_H
#define GB_WEIGHTS_ADAPT_VISION_H

#include "../network.h"
#include "source.h"

typedef struct gb_vision {
    gb_source source;
    gb_network *network;
    gb_reason *why;
} gb_vision;

bool gb_vision_open(gb_vision *v, const gb_checkpoint *c, const char *prefix, gb_network *n, gb_reason *why);
void gb_vision_close(gb_vision *v);

bool gb_vision_no_memory(const gb_vision *v);

/* The file's tensor of that name, not counted as used; NULL if there is none. */
const gb_array *gb_vision_find(gb_vision *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes a tensor over under its own name. Its shape must be `shape`, in which −1 stands for any size and is replaced by
 * the size found; sizes go up to 65536. */
bool gb_vision_bring(gb_vision *v, const char *name, int ndim, int64_t *shape);
/* name.weight [cout, cin, kernel, kernel]; any number of them may be −1, as above. */
bool gb_vision_bring_conv(gb_vision *v, const char *name, int64_t shape[4]);
/* name.bias [c]. */
bool gb_vision_bring_bias(gb_vision *v, const char *name, int64_t c);
/* A batch norm of `c` channels: name.weight, bias, running_mean, running_var. */
bool gb_vision_bring_norm(gb_vision *v, const char *name, int64_t c);
/* A dense layer from `in` to any number of values, which becomes *out: name.weight, bias. */
bool gb_vision_bring_dense(gb_vision *v, const char *name, int64_t in, int64_t *out);

/* Adds the tensors normalise.scale and normalise.offset of (x − mean) / deviation for 3 channels. */
bool gb_vision_add_normalisation(gb_vision *v, const double mean[3], const double deviation[3]);
extern const double gb_imagenet_mean[3], gb_imagenet_deviation[3];

/* architecture, family, and the picture that the network looks at: its channels, size and range of values. */
bool gb_vision_describe(gb_vision *v, const char *architecture, const char *family, int64_t channels, int64_t size,
                        double low, double high);

/* False, with a reason, if a tensor that begins with one of `within` has no place in the network. */
bool gb_vision_finish(gb_vision *v, const char *what, const char *const *within);

/* Makes the network of LPIPS from that of a VGG-16, with the weights of its layers from the file `c`. */
bool gb_adapt_lpips(gb_network *n, const gb_checkpoint *c, gb_reason *why);

#endif
