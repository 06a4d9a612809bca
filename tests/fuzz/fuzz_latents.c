/* Latents: any file or list of numbers as z's and as w's of each reading. */
#define _GNU_SOURCE     /* memfd_create */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "small_model.h"
#include "tools/inputs/latents.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Looks at every value. */
static double total(const latents *l) {
    double sum = 0;
    for (size_t i = 0; i < l->count * (size_t)l->rows * l->width; i++)
        sum += (double)l->values[i];
    for (size_t k = 0; k < l->noise_count; k++)
        for (size_t i = 0; i < l->noises[k].count; i++)
            sum += (double)l->noises[k].values[i];
    return sum;
}

static void load(const char *path) {
    volatile double sum = 0;
    for (int reading = -1; reading <= LATENT_LAYERS; reading++) {
        latents l = {0};
        gb_error err = {0};
        if (reading < 0 ? load_z(path, small_model(), &l, &err)
                        : load_w(path, small_model(), (latent_reading)reading, &l, &err))
            check_refusal(&err);
        else
            sum += total(&l);
        free_latents(&l);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[48];
    char *text = size && data[0] == '[' ? malloc(size + 1) : NULL;
    if (text) {
        memcpy(text, data, size);
        text[size] = 0;
        if (is_number_list(text))
            load(text);
        free(text);
    }
    int fd = memfd_create("latents", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    load(path);
    close(fd);
    return 0;
}
