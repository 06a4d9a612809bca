/* JPEG: one compressor per client, with a buffer that grows to the largest picture so far. */
#include "encoder.h"

#include <turbojpeg.h>

#include "tools/program/arguments.h"

enum { SMALL_SIDE = 512 };

const char encoder_format[] = "image/jpeg";

gb_status encode_picture(encoder *e, const uint8_t *pixels, int width, int height, bool grey, int quality, gb_error *err) {
    int samples = grey ? TJSAMP_GRAY : width <= SMALL_SIDE && height <= SMALL_SIDE ? TJSAMP_444 : TJSAMP_420;
    unsigned long most = tjBufSize(width, height, samples);
    if (most == (unsigned long)-1)
        return state(err, GB_BAD_ARGUMENT, "a JPEG cannot have %dx%d pixels", width, height);
    if (!e->compressor && !(e->compressor = tjInitCompress())) return state(err, GB_NO_MEMORY, "out of memory");
    if (most > e->room) {
        tjFree(e->bytes);
        e->room = 0;
        e->bytes = tjAlloc((int)most);
        if (!e->bytes) return state(err, GB_NO_MEMORY, "out of memory for a JPEG of %dx%d", width, height);
        e->room = most;
    }
    e->size = e->room;
    if (tjCompress2(e->compressor, pixels, width, 0, height, grey ? TJPF_GRAY : TJPF_RGB, &e->bytes, &e->size, samples,
                    quality, TJFLAG_NOREALLOC) == 0)
        return GB_OK;
    return state(err, GB_BAD_ARGUMENT, "JPEG of %dx%d: %s", width, height, tjGetErrorStr2(e->compressor));
}

void encoder_free(encoder *e) {
    if (e->compressor) tjDestroy(e->compressor);
    tjFree(e->bytes);
    *e = (encoder){0};
}
