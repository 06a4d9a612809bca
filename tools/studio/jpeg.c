/* One compressor per client, with a buffer that grows to the largest picture so far. */
#include "jpeg.h"

#include <turbojpeg.h>

#include "tools/program/arguments.h"

enum { SMALL_SIDE = 512 };

gb_status jpeg_compress(jpeg *j, const uint8_t *pixels, int width, int height, bool grey, int quality, gb_error *err) {
    int samples = grey ? TJSAMP_GRAY : width <= SMALL_SIDE && height <= SMALL_SIDE ? TJSAMP_444 : TJSAMP_420;
    unsigned long most = tjBufSize(width, height, samples);
    if (most == (unsigned long)-1)
        return state(err, GB_BAD_ARGUMENT, "a JPEG cannot have %dx%d pixels", width, height);
    if (!j->compressor && !(j->compressor = tjInitCompress())) return state(err, GB_NO_MEMORY, "out of memory");
    if (most > j->room) {
        tjFree(j->bytes);
        j->room = 0;
        j->bytes = tjAlloc((int)most);
        if (!j->bytes) return state(err, GB_NO_MEMORY, "out of memory for a JPEG of %dx%d", width, height);
        j->room = most;
    }
    j->size = j->room;
    if (tjCompress2(j->compressor, pixels, width, 0, height, grey ? TJPF_GRAY : TJPF_RGB, &j->bytes, &j->size, samples,
                    quality, TJFLAG_NOREALLOC) == 0)
        return GB_OK;
    return state(err, GB_BAD_ARGUMENT, "JPEG of %dx%d: %s", width, height, tjGetErrorStr2(j->compressor));
}

void jpeg_free(jpeg *j) {
    if (j->compressor) tjDestroy(j->compressor);
    tjFree(j->bytes);
    *j = (jpeg){0};
}
