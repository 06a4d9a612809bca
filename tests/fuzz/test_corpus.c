/* The fuzz targets without a fuzzer: every kept input in tests/fuzz/corpus/, and a few mutations of each, the same ones
 * every time. What a target promises of its input is in the target. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORPUS "tests/fuzz/corpus/"

#define TARGETS(X) \
    X(adapt) X(bend) X(checkpoint) X(config) X(gbw) X(model) X(npy) X(pickle) X(png) X(recipe) X(safetensors) X(torch) X(zip)
#define STUDIO_TARGETS(X) X(latents) X(studio) X(unread) X(guard)

#define DECLARE(name) int fuzz_##name(const uint8_t *data, size_t size);
#define ROW(name) {#name, fuzz_##name},

TARGETS(DECLARE)
#ifdef WITH_files
DECLARE(files)
#endif
#ifdef WITH_studio
STUDIO_TARGETS(DECLARE)
#endif
#ifdef WITH_osc
DECLARE(osc)
#endif

static const struct { const char *name; int (*run)(const uint8_t *data, size_t size); } targets[] = {
    TARGETS(ROW)
#ifdef WITH_files
    ROW(files)
#endif
#ifdef WITH_studio
    STUDIO_TARGETS(ROW)
#endif
#ifdef WITH_osc
    ROW(osc)
#endif
};

enum { LARGEST = 1 << 17, MUTATIONS = 10 };

static uint64_t random_state = 1;

/* SplitMix64, below `end`. */
static size_t draw(size_t end) {
    uint64_t z = random_state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (size_t)((z ^ z >> 31) % end);
}

/* Changes a few bytes, repeats a piece elsewhere, or cuts the end off. Returns the new size. */
static size_t mutate(uint8_t *bytes, size_t size) {
    size_t from, to, length;
    if (!size)
        return 0;
    switch (draw(4)) {
    case 0:
        for (size_t i = 1 + draw(4); i > 0; i--)
            bytes[draw(size)] ^= (uint8_t)(1u << draw(8));
        return size;
    case 1:
        for (size_t i = 1 + draw(4); i > 0; i--)
            bytes[draw(size)] = (uint8_t)draw(256);
        return size;
    case 2:
        from = draw(size);
        to = draw(size);
        length = draw(size - (from > to ? from : to)) + 1;
        memmove(bytes + to, bytes + from, length);
        return size;
    default: return draw(size);
    }
}

/* The input is a block of its own, so that a sanitizer sees what reads beyond it. */
static void run(int (*target)(const uint8_t *data, size_t size), const uint8_t *bytes, size_t size) {
    uint8_t *copy = malloc(size + !size);
    if (!copy)
        abort();
    memcpy(copy, bytes, size);
    target(copy, size);
    free(copy);
}

static int try_file(int (*target)(const uint8_t *data, size_t size), const char *path) {
    static uint8_t bytes[LARGEST], changed[LARGEST];
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    random_state = size;            /* the order of the files does not matter */
    run(target, bytes, size);
    for (int i = 0; i < MUTATIONS; i++) {
        memcpy(changed, bytes, size);
        run(target, changed, mutate(changed, size));
    }
    return 1;
}

int main(void) {
    int failed = 0;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        char path[512];
        int files = 0;
        snprintf(path, sizeof path, CORPUS "%s", targets[i].name);
        DIR *folder = opendir(path);
        for (struct dirent *e; folder && (e = readdir(folder));) {
            snprintf(path, sizeof path, CORPUS "%s/%.200s", targets[i].name, e->d_name);
            if (e->d_name[0] != '.')
                files += try_file(targets[i].run, path);
        }
        if (folder)
            closedir(folder);
        printf("%s: %d inputs\n", targets[i].name, files);
        failed |= !files;
    }
    return failed;
}
