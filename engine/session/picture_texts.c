/* The texts of pictures: "Settings" are options of `ganbend render`, "Latent" the numbers of a z or w that did not come from a
 * seed, "Recipe", "Recipe 2", … the recipes. What cannot be said so is a remark in parentheses. */
#include "picture_texts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "engine/base/error.h"
#include "weights/number_text.h"

typedef struct text {
    char *bytes;
    size_t used, room;
    bool failed;
} text;

static void put(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(text *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (t->failed || length < 0)
        return;
    if (t->used + (size_t)length >= t->room) {
        size_t room = 2 * (t->used + (size_t)length) + 64;
        char *grown = realloc(t->bytes, room);
        if (!grown) {
            t->failed = true;
            return;
        }
        t->bytes = grown;
        t->room = room;
    }
    va_start(args, format);
    vsnprintf(t->bytes + t->used, t->room - t->used, format, args);
    va_end(args);
    t->used += (size_t)length;
}

static void put_float(text *t, float x) {
    put(t, "%s", gb_double_text(gb_float_as_written(x)).text);
}

static unsigned long crc_of(const void *bytes, size_t size) {
    return crc32_z(crc32_z(0, NULL, 0), bytes, size);
}

/* "[0.5, -1]", or a list of rows. */
static void put_numbers(text *t, const float *values, size_t rows, size_t columns) {
    put(t, "%s", rows > 1 ? "[" : "");
    for (size_t i = 0; i < rows; i++) {
        put(t, "%s[", i ? ", " : "");
        for (size_t k = 0; k < columns; k++) {
            put(t, "%s", k ? ", " : "");
            put_float(t, values[i * columns + k]);
        }
        put(t, "]");
    }
    put(t, "%s", rows > 1 ? "]" : "");
}

/* The first sample's own value of a node, or NULL. */
static const gb_shared_value *value_of(const gb_session *session, gb_role role, gb_node *node) {
    *node = gb_graph_find_role(session->graph, role, 0);
    return *node == GB_NO_NODE ? NULL : session->now.value[*node];
}

/* False if z or w are numbers, which are in `latent`. */
static void put_latent(const gb_session *session, text *t, text *latent) {
    static const char *const rngs[] = {[GB_RNG_NUMPY] = "numpy", [GB_RNG_TORCH] = "torch", [GB_RNG_TRUNCNORM] = "truncnorm"};
    gb_node node;
    const gb_shared_value *ws = value_of(session, GB_ROLE_WS, &node), *v = ws;
    if (!ws) {
        v = value_of(session, GB_ROLE_Z, &node);
        if (session->now.seeded) {
            put(t, "--seeds %" PRIu64 " --rng %s", session->now.seed & UINT32_MAX, rngs[session->now.rng]);
            return;
        }
    }
    if (!v)
        return;
    const gb_graph_node *n = &session->graph->nodes[node];
    size_t rows = ws ? (size_t)n->shape[0] : 1, columns = (size_t)n->shape[n->ndim - 1];
    put_numbers(latent, v->data, rows, columns);
    put(t, "--%c crc32:%08lx", ws ? 'w' : 'z', crc_of(v->data, rows * columns * sizeof(float)));
}

static void put_class(const gb_session *session, text *t) {
    gb_node node;
    const gb_shared_value *label = value_of(session, GB_ROLE_LABEL, &node);
    int64_t classes = label ? session->graph->nodes[node].shape[0] : 0, set = 0, last = 0;
    for (int64_t i = 0; i < classes; i++)
        if (label->data[i] != 0) {
            set++;
            last = i;
        }
    if (!set)
        return;
    put(t, " --class ");
    if (set == 1 && label->data[last] == 1) {
        put(t, "%" PRId64, last);
        return;
    }
    for (int64_t i = 0; i < classes; i++)
        if (label->data[i] != 0) {
            put(t, "%s%" PRId64 ":", i > 0 && t->bytes[t->used - 1] != ' ' ? "," : "", i);
            put_float(t, label->data[i]);
        }
}

static void put_noise(const gb_session *session, text *t) {
    if (gb_graph_find_role(session->graph, GB_ROLE_NOISE, 0) == GB_NO_NODE)
        return;
    if (session->now.noise_off)
        put(t, " --noise none");
    else if (session->now.noise_drawn)
        put(t, " --noise random:%" PRIu64, session->now.noise_seed);
    else
        put(t, " --noise const");
    if (session->now.noise_maps)
        put(t, " (and noise maps)");
}

static void put_recipes(const gb_session *session, text *t, gb_picture_texts *texts) {
    const gb_told *told = session->now.told.told;
    if (!session->now.bends.count)
        return;
    if (!gb_told_is_complete(&session->now.told, &session->now.bends)) {
        put(t, " (and bends that no recipe has)");
        return;
    }
    for (int i = 0; i < told->count; i++) {
        const char *recipe = told->recipes[i].text->text;
        snprintf(texts->keys[i], sizeof texts->keys[i], i ? "Recipe %d" : "Recipe", i + 1);
        texts->list[texts->count++] = (gb_text){texts->keys[i], recipe};
        put(t, " --bend crc32:%08lx", crc_of(recipe, strlen(recipe)));
    }
    for (int i = 0; i < told->count; i++)
        put(t, "%s", told->recipes[i].set->text);
    if (session->now.image)
        put(t, " --redraw-as %" PRIu64, session->now.image);
}

/* Boundaries that were fed, and a mean w of the program's. */
static void put_other_values(const gb_session *session, text *t) {
    gb_node ws = gb_graph_find_role(session->graph, GB_ROLE_WS, 0);
    int fed = 0;
    for (gb_node i = 0; i < session->graph->count; i++)
        fed += session->now.value[i] && !session->graph->nodes[i].is_input && i != ws;
    if (session->now.w_avg)
        put(t, " (and a mean w)");
    if (fed)
        put(t, " (and %d boundar%s with given values)", fed, fed == 1 ? "y" : "ies");
}

gb_status gb_picture_texts_of(const gb_session *session, gb_picture_texts *texts, gb_error *err) {
    text t = {0}, latent = {0};
    gb_node node;
    *texts = (gb_picture_texts){.count = 4};
    snprintf(texts->software, sizeof texts->software, "ganbend %s", gb_version());
    snprintf(texts->checksum, sizeof texts->checksum, "%08" PRIx32, session->model->weights.checksum);
    put_latent(session, &t, &latent);
    put_class(session, &t);
    if (!value_of(session, GB_ROLE_WS, &node)) {
        put(&t, " --trunc ");
        put_float(&t, session->now.psi);
    }
    if (session->now.cutoff >= 0)
        put(&t, " --cutoff %d", session->now.cutoff);
    put_noise(session, &t);
    put_recipes(session, &t, texts);
    put_other_values(session, &t);
    texts->settings = t.bytes;
    texts->latent = latent.bytes;
    if (t.failed || latent.failed || !t.bytes)
        return gb_fail(err, GB_NO_MEMORY, "out of memory for the picture's texts");
    texts->list[0] = (gb_text){"Software", texts->software};
    texts->list[1] = (gb_text){"Model checksum", texts->checksum};
    texts->list[2] = (gb_text){"Settings", t.bytes + (*t.bytes == ' ')};
    texts->list[3] = (gb_text){"Instruction set", gb_session_processor(session)->isa};
    if (latent.bytes)
        texts->list[texts->count++] = (gb_text){"Latent", latent.bytes};
    return GB_OK;
}

void gb_picture_texts_free(gb_picture_texts *texts) {
    free(texts->settings);
    free(texts->latent);
}
