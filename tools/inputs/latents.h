/* Reads z's, w's and noise maps from text and from files: .npy, .npz (NVIDIA's projected_w.npz), .pt (network-bending's
 * {latent, noises}, rosinality's projector), pickled arrays and lists of arrays (ReStyle's latents.npy). */
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
    struct noise_map {      /* in the order of the layers; most files have none */
        float *values;      /* [samples, 1, r, r] */
        size_t count, samples;
        char layer[128];    /* node that adds the noise, "synthesis.b8.conv1.noise" */
    } *noises;
    size_t noise_count;
} latents;

/* True for "[0.5, -1.25]", which load_z() and load_w() accept instead of a path. */
bool is_number_list(const char *text);
/* Writes [count, rows, width] as such a text, or [count, width] if the rows of each latent are equal, with enough digits to
 * read back the same floats. The caller frees it; NULL if out of memory. */
char *numbers_text(const float *values, size_t count, size_t rows, size_t width);

/* How [n, w_dim] is read: --w-as. */
typedef enum latent_reading {
    LATENT_BY_SHAPE,        /* one w for each layer if n is the number of layers, otherwise n w's */
    LATENT_EACH_ROW,        /* n w's */
    LATENT_LAYERS,          /* one w for each layer, of n / num_ws images */
} latent_reading;

/* Loads z's, [z_dim] or [n, z_dim]: the array named z, all arrays whose path ends in z, or all arrays of that shape; and the
 * noise maps beside them. */
gb_status load_z(const char *path, const gb_model *model, latents *l, gb_error *err);
/* Loads w's, [w_dim], [n, w_dim], [num_ws, w_dim] or [n, num_ws, w_dim], ignoring leading dimensions of 1: the array named
 * w, ws, latent, …, all arrays whose path ends in such a name, or all arrays of that shape; and the noise maps beside
 * them. */
gb_status load_w(const char *path, const gb_model *model, latent_reading reading, latents *l, gb_error *err);
void free_latents(latents *l);

/* The space in which the direction moves this model's latents: z in models without w's, also if its file says w, as those of
 * other tools are taken to do. */
gb_latent_space direction_space(const gb_model *model, const gb_direction *d);

/* The node that adds the noise map which the node `map` (of the role NOISE) holds; GB_NO_NODE if there is none. */
gb_node noise_layer(const gb_model *model, gb_node map);

/* The forms of --w, for documentation: the shape, how it is read, and what writes it. */
typedef struct latent_form { const char *shape, *reading, *source; } latent_form;
bool latent_form_at(size_t index, latent_form *form);
/* Names by which arrays of w's are found; NULL past the last. */
const char *latent_name_at(size_t index);

/* Parses such a text; `what` ("--z") is used in messages. The caller frees *values. */
gb_status parse_numbers(const char *what, const char *text, gb_array_info *info, float **values, gb_error *err);

/* Reads one array of a file as float32, with its info. The caller frees *values. */
gb_status read_array(const gb_file *file, const char *path, size_t index, gb_array_info *info, float **values,
                     gb_error *err);
/* Writes "[2,3,64,64]" to `text`. */
enum { SHAPE_ROOM = 192 };
const char *shape_text(int ndim, const int64_t *shape, char text[SHAPE_ROOM]);

/* CRC-32, which identifies files in the settings of a picture without naming them. */
uint32_t crc32_of(const float *values, size_t count);
uint32_t crc32_of_bytes(const void *bytes, size_t size);

#endif
