/* The table of endings. */
#include "output_names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "engine/platform/files.h"

/* Players expect even sides and the colour space of HD video. */
#define VIDEO_COLOURS \
    "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-colorspace", \
    "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"

static const char *const jpg_picture[] = {"-c:v", "mjpeg", "-pix_fmt", "yuvj444p", "-q:v", "2", "-f", "mjpeg", NULL};
static const char *const webp_picture[] = {"-c:v", "libwebp", "-quality", "92", "-f", "webp", NULL};
static const char *const webp_animation[] = {"-c:v", "libwebp_anim", "-quality", "90", "-loop", "0", "-f", "webp", NULL};
static const char *const gif_animation[] = {"-vf", "split[a][b];[a]palettegen[p];[b][p]paletteuse", "-loop", "0", "-f",
                                            "gif", NULL};
static const char *const apng_animation[] = {"-c:v", "apng", "-plays", "0", "-f", "apng", NULL};
static const char *const mp4_animation[] = {VIDEO_COLOURS, "-c:v", "libx264", "-preset", "medium", "-crf", "16",
                                            "-movflags", "+faststart", "-f", "mp4", NULL};
static const char *const webm_animation[] = {VIDEO_COLOURS, "-c:v", "libvpx-vp9", "-crf", "24", "-b:v", "0", "-row-mt",
                                             "1", "-f", "webm", NULL};

static const output_format formats[] = {
    {".png", WRITES_PICTURE, true, GB_OUTPUT_PNG, NULL, 0, 0, NULL, NULL},
    {".jpg", WRITES_PICTURE, false, 0, "\xff\xd8\xff", 3, 0, jpg_picture, NULL},
    {".jpeg", WRITES_PICTURE, false, 0, "\xff\xd8\xff", 3, 0, jpg_picture, NULL},
    {".webp", WRITES_PICTURE | WRITES_ANIMATION, false, 0, "WEBP", 4, 8, webp_picture, webp_animation},
    {".mp4", WRITES_ANIMATION, false, 0, "ftyp", 4, 4, NULL, mp4_animation},
    {".webm", WRITES_ANIMATION, false, 0, "\x1a\x45\xdf\xa3", 4, 0, NULL, webm_animation},
    {".gif", WRITES_ANIMATION, false, 0, "GIF8", 4, 0, NULL, gif_animation},
    {".apng", WRITES_ANIMATION, false, 0, "\x89PNG\r\n\x1a\n", 8, 0, NULL, apng_animation},
    {".npz", WRITES_ARRAYS, true, GB_OUTPUT_NPZ, NULL, 0, 0, NULL, NULL},
    {".npy", WRITES_ARRAY, true, GB_OUTPUT_NPY, NULL, 0, 0, NULL, NULL},
    {".gbw", WRITES_MODEL, true, GB_OUTPUT_GBW, NULL, 0, 0, NULL, NULL},
    {".yaml", WRITES_CLUSTERS, true, GB_OUTPUT_CLUSTERS, NULL, 0, 0, NULL, NULL},
    {".yml", WRITES_CLUSTERS, true, GB_OUTPUT_CLUSTERS, NULL, 0, 0, NULL, NULL},
};
enum { FORMATS = sizeof formats / sizeof *formats, LIST_TEXT = 160 };

static const struct { int kind; const char *one, *many; } kind_names[] = {
    {WRITES_PICTURE, "a picture", "pictures"},    {WRITES_ANIMATION, "an animation", "animations"},
    {WRITES_ARRAYS, "arrays", "arrays"},          {WRITES_ARRAY, "one array", "one array"},
    {WRITES_MODEL, "a model", "a model"},         {WRITES_CLUSTERS, "clusters", "clusters"},
};
enum { KINDS = sizeof kind_names / sizeof *kind_names };

static bool ends_in(const char *name, const char *ending) {
    size_t length = strlen(name), end = strlen(ending);
    if (length < end) return false;
    for (size_t i = 0; i < end; i++)
        if (tolower((unsigned char)name[length - end + i]) != ending[i]) return false;
    return true;
}

const output_format *output_format_of(const char *name) {
    for (size_t i = 0; i < FORMATS; i++)
        if (ends_in(name, formats[i].ending)) return &formats[i];
    return NULL;
}

bool output_is_file(const char *name) {
    return !strcmp(name, "-") || output_format_of(name) || host_is_device(name);
}

/* Appends "pictures (.png, .jpg, .webp)" for each kind, and "a folder". */
static void list_kinds(int kinds, char text[LIST_TEXT]) {
    size_t used = 0;
    *text = '\0';
    for (size_t k = 0; k < KINDS; k++) {
        const char *gap = " (";
        if (!(kinds & kind_names[k].kind)) continue;
        used += (size_t)snprintf(text + used, LIST_TEXT - used, "%s%s", used ? ", " : "", kind_names[k].many);
        for (size_t i = 0; i < FORMATS; i++) {
            if (!(formats[i].kinds & kind_names[k].kind)) continue;
            used += (size_t)snprintf(text + used, LIST_TEXT - used, "%s%s", gap, formats[i].ending);
            gap = ", ";
        }
        used += (size_t)snprintf(text + used, LIST_TEXT - used, ")");
    }
    if (kinds & WRITES_FOLDER) snprintf(text + used, LIST_TEXT - used, "%sa folder", used ? ", or " : "");
}

static const char *kind_name(int kinds) {
    size_t k = 0;
    while (k + 1 < KINDS && !(kinds & kind_names[k].kind)) k++;
    return kind_names[k].one;
}

/* An existing file that ffmpeg would replace must be empty or of the same format. */
static gb_status check_foreign(const char *name, const output_format *format, gb_error *err) {
    char bytes[16] = "";
    FILE *file = fopen(name, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file) fclose(file);
    if (!size || (format->magic_at + format->magic_size <= size &&
                  !memcmp(bytes + format->magic_at, format->magic, format->magic_size)))
        return GB_OK;
    return state(err, GB_BAD_ARGUMENT, "%s: exists and is not a %s file, so it is not replaced; give another name, or "
                 "--force", name, format->ending);
}

/* Told before anything is rendered. */
static bool has_folder(const char *name) {
    char folder[PATH_ROOM];
    host_output_folder(name, true, folder);
    return host_is_folder(folder);
}

static gb_status check_stream(int kinds, gb_error *err) {
    if (!(kinds & WRITES_STREAM))
        return state(err, GB_BAD_ARGUMENT, "-o -: this command does not write to standard output; give a file");
    if (host_stdout_is_terminal())
        return state(err, GB_BAD_ARGUMENT, "-o - would print binary data on this terminal; redirect it, or pipe it into "
                     "another program");
    return GB_OK;
}

gb_status check_output_name(const char *name, int kinds, bool force, gb_error *err) {
    const output_format *format = output_format_of(name);
    char list[LIST_TEXT];
    list_kinds(kinds, list);
    if (!strcmp(name, "-")) return check_stream(kinds, err);
    if (host_is_device(name)) return GB_OK;
    if (format && !(format->kinds & kinds))
        return state(err, GB_BAD_ARGUMENT, "%s: this name stands for %s; this command writes %s", name,
                     kind_name(format->kinds), list);
    if ((format || !(kinds & WRITES_FOLDER)) && !has_folder(name))
        return state(err, GB_IO, "%s: its folder does not exist", name);
    if (!format && (kinds & WRITES_MODEL)) return force ? GB_OK : gb_check_output(name, GB_OUTPUT_GBW, err);
    if (!format && !(kinds & WRITES_FOLDER))
        return state(err, GB_BAD_ARGUMENT, "%s: this name stands for a folder; this command writes %s", name, list);
    if (!format) return GB_OK;
    if (!format->own && !host_has_program("ffmpeg"))
        return state(err, GB_IO, "%s: ffmpeg, which writes %s files, was not found; install it, or give %s", name,
                     format->ending, kinds & WRITES_FOLDER ? "a folder for PNGs" : "a name that ends in .png");
    if (force) return GB_OK;
    return format->own ? gb_check_output(name, format->kind, err) : check_foreign(name, format, err);
}
