/* Reads the keys from the session's nodes, so that seeds, files and truncation have been applied, and interpolates. */
#include "latent_keys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inputs/open_model.h"

/* Taps the latent and label nodes, or untaps them. */
static gb_status tap_nodes(const gb_model *model, const gb_node nodes[2], bool tap, gb_session *session, gb_error *err) {
    for (int i = 0; i < 2; i++) {
        gb_node_info info;
        if (nodes[i] == GB_NO_NODE) continue;
        gb_model_node(model, nodes[i], &info);
        if (tap ? gb_session_tap(session, info.name, err) : gb_session_untap(session, info.name, err)) return err->status;
    }
    return GB_OK;
}

static gb_status read_all(latent_keys *k, inputs *in, gb_node node, gb_node label, gb_session *session,
                          gb_error *err) {
    for (int i = 0; i < k->count; i++) {
        if (apply_inputs(in, (size_t)i, session, err) || gb_session_render(session, NULL, err) ||
            gb_session_read(session, node, k->values + (size_t)i * k->floats, err) ||
            (k->c_dim && gb_session_read(session, label, k->labels + (size_t)i * k->c_dim, err)))
            return err->status;
    }
    return apply_inputs(in, 0, session, err);
}

gb_status read_latent_keys(latent_keys *k, inputs *in, bool in_w, const gb_model *model, gb_session *session,
                           gb_error *err) {
    gb_node node = gb_model_find_role(model, in_w ? GB_ROLE_WS : GB_ROLE_Z, 0);
    gb_node label = in_w ? GB_NO_NODE : gb_model_find_role(model, GB_ROLE_LABEL, 0);
    const gb_node nodes[2] = {node, label};
    gb_node_info info;
    size_t count = in->count;
    *k = (latent_keys){.count = (int)count, .in_w = in_w};
    if (node == GB_NO_NODE) return state(err, GB_BAD_ARGUMENT, "this model has no %s", in_w ? "w's" : "z");
    gb_model_node(model, node, &info);
    k->floats = node_elements(&info);
    k->rows = (int)info.shape[0];
    if (label != GB_NO_NODE) {
        gb_model_node(model, label, &info);
        k->c_dim = node_elements(&info);
    }
    k->values = malloc((count + 1) * k->floats * sizeof *k->values);
    k->labels = malloc((count + 1) * k->c_dim * sizeof *k->labels + 1);
    if (!k->values || !k->labels) return state(err, GB_NO_MEMORY, "out of memory for %zu latents", count);
    k->value = k->values + count * k->floats;
    k->label = k->labels + count * k->c_dim;
    if (tap_nodes(model, nodes, true, session, err) || read_all(k, in, node, label, session, err)) return err->status;
    return tap_nodes(model, nodes, false, session, err);
}

void free_latent_keys(latent_keys *k) {
    free(k->values);
    free(k->labels);
    *k = (latent_keys){0};
}

/* Spherical interpolation: sin((1−t)Ω)/sin Ω · a + sin(tΩ)/sin Ω · b, where Ω is the angle between a and b; linear if Ω is
 * close to 0 or π. */
static void slerp(const float *a, const float *b, double t, size_t count, float *out) {
    double dot = 0, aa = 0, bb = 0, angle, of_a = 1 - t, of_b = t;
    for (size_t i = 0; i < count; i++) {
        dot += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    angle = aa > 0 && bb > 0 ? acos(fmin(fmax(dot / sqrt(aa * bb), -1), 1)) : 0;
    if (sin(angle) > 1e-4) {
        of_a = sin((1 - t) * angle) / sin(angle);
        of_b = sin(t * angle) / sin(angle);
    }
    for (size_t i = 0; i < count; i++) out[i] = (float)(of_a * (double)a[i] + of_b * (double)b[i]);
}

static void lerp(const float *a, const float *b, double t, size_t count, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = (float)mix((double)a[i], (double)b[i], t);
}

gb_status apply_latent_keys(latent_keys *k, between at, gb_session *session, gb_error *err) {
    const float *a = k->values + (size_t)at.from * k->floats, *b = k->values + (size_t)at.to * k->floats;
    if (at.share <= 0 || at.share >= 1) memcpy(k->value, at.share <= 0 ? a : b, k->floats * sizeof *a);
    else if (k->in_w) lerp(a, b, at.share, k->floats, k->value);
    else slerp(a, b, at.share, k->floats, k->value);
    if (k->in_w) return gb_session_set_ws(session, k->value, k->rows, err);
    if (k->c_dim) {
        lerp(k->labels + (size_t)at.from * k->c_dim, k->labels + (size_t)at.to * k->c_dim, at.share, k->c_dim, k->label);
        if (gb_session_set_label(session, k->label, err)) return err->status;
    }
    return gb_session_set_z(session, k->value, err);
}
