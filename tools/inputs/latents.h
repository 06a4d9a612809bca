/* z's, w's and noise maps from files or as numbers in text: .npy, .npz (NVIDIA's projected_w.npz), .pt (network-bending's
 * {latent, noises}, rosinality's projector), pickled arrays and lists of them (ReStyle's latents.npy). */
#ifndef GANBEND_TOOLS_LATENTS_H
#define GANBEND_TOOLS_LATENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ganbend.h>

typedef struct latents {
    float *values;          /* [count, rows, width] */
    size_t count;
    int rows;               /* 1, or num_ws */
    size_t width;           /* z_dim or w_dim */
    struct noise_map {      /* in the order of the layers; none in most files */
        float *values;      /* [samples, 1, r, r] */
        size_t count, samples;
        char layer[128];    /* "synthesis.b8.conv1" */
    } *noises;
    size_t noise_count;
} latents;

/* True for "[0.5, -1.25]", which load_z() and load_w() take in place of a file. */
bool is_number_list(const char *text);
/* [count, rows, width] as such a text, [count, width] where all rows are alike, with digits that give the same floats; to
 * be freed. NULL where memory is out. */
char *numbers_text(const float *values, size_t count, size_t rows, size_t width);

/* How [n, w_dim] is read: --w-as. */
typedef enum latent_reading {
    LATENT_BY_SHAPE,        /* one w for each layer if n is their number, else n w's */
    LATENT_EACH_ROW,        /* n w's */
    LATENT_LAYERS,          /* a w for each layer, for as many images as there are */
} latent_reading;

/* [z_dim] or [n, z_dim]: an array called z, all arrays whose path ends in z, or all of that shape. */
gb_status load_z(const char *path, const gb_model *model, latents *l, gb_error *err);
/* [w_dim], [n, w_dim], [num_ws, w_dim] or [n, num_ws, w_dim], dimensions of 1 in front not counted: an array called w, ws,
 * latent, …, all arrays whose path ends so, or all of that shape. Noise maps beside them come along. */
gb_status load_w(const char *path, const gb_model *model, latent_reading reading, latents *l, gb_error *err);
void free_latents(latents *l);

/* Such a text as an array; `what` ("--z") is for messages. The caller frees *values. */
gb_status parse_numbers(const char *what, const char *text, gb_array_info *info, float **values, gb_error *err);

/* One array of a file as float32, with its info. The caller frees *values. */
gb_status read_array(const gb_file *file, const char *path, size_t index, gb_array_info *info, float **values,
                     gb_error *err);
/* "[2,3,64,64]" into `text`. */
enum { SHAPE_ROOM = 192 };
const char *shape_text(int ndim, const int64_t *shape, char text[SHAPE_ROOM]);

/* CRC-32 of the values' bytes: names a latent in a picture's settings without naming a file. */
uint32_t crc32_of(const float *values, size_t count);
uint32_t crc32_of_bytes(const void *bytes, size_t size);

#endif
