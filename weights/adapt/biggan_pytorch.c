/* BigGAN and BigGAN-deep as BigGAN-PyTorch saves them (G_ema.pth, G.pth): a bare state dict that says nothing of the
 * architecture. Names and shapes give nearly all of it: the class embedding (shared.weight, or one per norm), the parts of z
 * (the inputs of the norms beyond the embedding), the channels, the attention. They cannot tell the norms' eps, nor, for a
 * deep network with channels of its own, the number of blocks in a stage; --config, a JSON of the constructor's arguments,
 * can. */

#include "biggan.h"
#include "families.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- inferring ---- */

static bool find_blocks(bg_generator *g) {
    char conv1[64], last[64], attention[64];
    g->deep = bg_find_weight(g, "blocks.0.0.conv4") != NULL;
    for (int i = 0;; i++) {
        snprintf(conv1, sizeof conv1, "blocks.%d.0.conv1", i);
        snprintf(last, sizeof last, "blocks.%d.0.%s", i, g->deep ? "conv4" : "conv1");
        snprintf(attention, sizeof attention, "blocks.%d.1", i);
        if (i && !bg_find_weight(g, conv1))
            break;
        if (i == BG_BLOCKS)
            return gb_because(g->why, "has more than %d residual blocks", BG_BLOCKS);
        if (!bg_weight_extent(g, conv1, 4, 1, &g->in[i]) || !bg_weight_extent(g, last, 4, 0, &g->out[i]))
            return false;
        if (i && g->in[i] != g->out[i - 1])
            return gb_because(g->why, "blocks.%d takes %" PRId64 " feature maps, but the block before it gives %"
                              PRId64, i, g->in[i], g->out[i - 1]);
        if (g->deep && g->out[i] > g->in[i])
            return gb_because(g->why, "blocks.%d leads from %" PRId64 " to %" PRId64 " feature maps; BigGAN-deep's "
                              "shortcut can only drop some", i, g->in[i], g->out[i]);
        if (bg_find(g, attention, ".gamma"))
            g->attention_after[g->attentions++] = i;
        g->blocks = i + 1;
    }
    return true;
}

/* The inputs of `linear` and of the norms are the embedding and z, or its chunks. */
static bool infer_latents(bg_generator *g) {
    int64_t first, latents, condition = 0, classes;
    bool shared = bg_find(g, "shared", ".weight") != NULL;
    if (!bg_weight_extent(g, "linear", 2, 1, &latents) || !bg_weight_extent(g, "linear", 2, 0, &first) ||
        (shared && (!bg_extent(g, "shared", ".weight", 2, 0, &g->c_dim) ||
                    !bg_extent(g, "shared", ".weight", 2, 1, &g->shared_dim))) ||
        !bg_weight_extent(g, "blocks.0.0.bn1.gain", 2, 1, &condition) ||
        !bg_weight_extent(g, "blocks.0.0.bn1.gain", 2, 0, &classes))
        return false;
    g->bottom_width = (int64_t)lround(sqrt((double)first / (double)g->in[0]));
    if (g->bottom_width < 1 || g->bottom_width * g->bottom_width * g->in[0] != first)
        return gb_because(g->why, "'linear' gives %" PRId64 " values, which do not make a square of %" PRId64
                          " feature maps", first, g->in[0]);
    if (!shared) {
        if (g->deep)
            return gb_because(g->why, "no tensor '%sshared.weight', and BigGAN-deep has no other embedding",
                              g->source.prefix);
        g->c_dim = classes;
        g->z_dim = latents;
        return true;
    }
    if (g->deep) {
        g->z_dim = latents - g->shared_dim;
        return g->z_dim > 0 ||
            gb_because(g->why, "'linear' takes %" PRId64 " values, of which the class gives %" PRId64 ": no z is left",
                       latents, g->shared_dim);
    }
    g->z_chunk = condition - g->shared_dim;
    g->z_dim = g->z_chunk ? latents * (g->blocks + 1) : latents;
    if (g->z_chunk && g->z_chunk != latents)
        return gb_because(g->why, "the norms take %" PRId64 " values, expected %" PRId64 " of the class and, for a "
                          "hierarchical z, as many more as 'linear' takes, which is %" PRId64, condition,
                          g->shared_dim, latents);
    return true;
}

/* The published network that has these channels if a stage is `depth` blocks; NULL if there is none. */
static const bg_stages *recognise_widths(const bg_generator *g, int depth) {
    for (const bg_stages *p = bg_published; p->resolution; p++) {
        int64_t ch = g->in[0] / p->width[0];
        bool fits = g->blocks == p->count * depth;
        for (int i = 0; i < g->blocks && fits; i++)
            fits = g->in[i] == ch * p->width[i / depth] && g->out[i] == ch * p->width[(i + 1) / depth];
        if (fits)
            return p;
    }
    return NULL;
}

/* Every block of the standard network enlarges, of the deep one each stage's last. */
static bool infer_depth(bg_generator *g, const gb_value *config, int *depth, const bg_stages **network) {
    *network = NULL;
    *depth = g->deep ? 0 : 1;
    for (int d = 1; d <= g->blocks && !*network; d++)
        if (d == *depth || !*depth)
            if ((*network = recognise_widths(g, d)))
                *depth = d;
    if (g->deep && !*depth) {
        *depth = (int)gb_value_int(gb_value_get(config, "G_depth"), 0);
        if (*depth < 1 || *depth > g->blocks) {
            *depth = 2;
            if (!gb_network_note(g->network, "the channels are those of no published BigGAN-deep, so two blocks were "
                                 "taken to make a stage; --config with G_depth can give another number"))
                return bg_no_memory(g);
        }
    }
    if (g->deep && !bg_agree(g, config, "G_depth", *depth))
        return false;
    if (g->blocks % *depth)
        return gb_because(g->why, "its %d residual blocks cannot be divided into stages of %d", g->blocks, *depth);
    for (int i = 0; i < g->blocks; i++) {
        g->up[i] = (i + 1) % *depth == 0;
        if (!g->up[i] && g->in[i] != g->out[i])
            return gb_because(g->why, "blocks.%d leads from %" PRId64 " to %" PRId64 " feature maps, which only the "
                              "last of a stage's %d blocks can; --config with the right G_depth may help", i, g->in[i],
                              g->out[i], *depth);
    }
    return true;
}

/* ---- --config ---- */

/* G_attn: "64" or "32_64", the resolutions that attend; "0" is none. The constructor looks for powers of two from 8 up
 * to the picture's size. */
static bool agree_attention(bg_generator *g, const gb_value *config) {
    const gb_value *v = gb_value_get(config, "G_attn");
    char number[24], have[BG_BLOCKS * 6] = "";
    snprintf(number, sizeof number, "%" PRId64, gb_value_int(v, 0));
    const char *text = gb_value_str(v, number);
    if (!v || v->kind == GB_VALUE_NONE)
        return true;
    int64_t size = g->bottom_width;
    bool fits = true;
    for (int i = 0, next = 0; i < g->blocks; i++) {
        bool attends = next < g->attentions && g->attention_after[next] == i, wanted = false;
        size *= g->up[i] ? 2 : 1;
        next += attends;
        for (const char *p = text; *p && g->up[i];) {
            char *end;
            wanted = wanted || (strtoll(p, &end, 10) == size && end != p);
            p += strcspn(p, "_");
            p += *p == '_';
        }
        fits = fits && attends == wanted;
        if (attends)
            snprintf(have + strlen(have), sizeof have - strlen(have), "%s%" PRId64, *have ? "_" : "", size);
    }
    return fits || gb_because(g->why, "--config: G_attn is '%s', but for these tensors it would be '%s'", text,
                              *have ? have : "0");
}

static bool agree_text(bg_generator *g, const gb_value *config, const char *key, const char *const *right) {
    const gb_value *v = gb_value_get(config, key);
    const char *text = gb_value_str(v, NULL);
    if (!v || v->kind == GB_VALUE_NONE)
        return true;
    for (const char *const *r = right; *r; r++)
        if (text && !strcmp(text, *r))
            return true;
    return gb_because(g->why, "--config: '%s' is '%s'; ganbend runs '%s' and '%s'", key,
                      text ? text : gb_value_kind_name(v), right[0], right[1]);
}

static bool agree_channels(bg_generator *g, const gb_value *config, const bg_stages *network) {
    const gb_value *v = gb_value_get(config, "G_ch");
    int64_t ch = network ? g->in[0] / network->width[0] : 0;
    if (!v || !network)
        return true;
    return bg_agree(g, config, "G_ch", ch);
}

/* dim_z is rounded down to equal chunks. */
static bool agree_z(bg_generator *g, const gb_value *config) {
    int64_t z = gb_value_int(gb_value_get(config, "dim_z"), INT64_MIN), slots = g->blocks + 1;
    if (g->z_chunk && z > 0 && z / slots == g->z_chunk)
        return true;
    return bg_agree(g, config, "dim_z", g->z_dim);
}

static bool agree(bg_generator *g, const gb_value *config, const bg_stages *network) {
    static const char *const norms[] = {"bn", "in", NULL};      /* the same with stored statistics */
    static const char *const relus[] = {"relu", "inplace_relu", "ir", NULL};
    static const char *const known[] = {
        "resolution", "G_ch", "G_attn", "dim_z", "bottom_width", "n_classes", "G_shared", "shared_dim", "hier",
        "G_depth", "BN_eps", "SN_eps", "norm_style", "G_nl", "G_activation",
        /* true of any network, or of training only */
        "G_kernel_size", "num_G_SVs", "num_G_SV_itrs", "cross_replica", "mybn", "G_param", "G_init", "skip_init",
        "no_optim", "G_lr", "G_B1", "G_B2", "adam_eps", "G_mixed_precision", "G_fp16", NULL,
    };
    int64_t shared_dim = gb_value_int(gb_value_get(config, "shared_dim"), 0);       /* 0 stands for dim_z */
    return bg_agree(g, config, "resolution", g->resolution) &&
        bg_agree(g, config, "bottom_width", g->bottom_width) &&
        bg_agree(g, config, "n_classes", g->c_dim) &&
        bg_agree_bool(g, config, "G_shared", g->shared_dim > 0) &&
        bg_agree_bool(g, config, "hier", g->deep || g->z_chunk > 0) &&
        (shared_dim == 0 || g->shared_dim == 0 || bg_agree(g, config, "shared_dim", g->shared_dim)) &&
        agree_z(g, config) && agree_channels(g, config, network) && agree_attention(g, config) &&
        agree_text(g, config, "norm_style", norms) && agree_text(g, config, "G_nl", relus) &&
        agree_text(g, config, "G_activation", relus) &&
        bg_read_eps(g, config, "SN_eps", &g->sn_eps) && bg_read_eps(g, config, "BN_eps", &g->norm_eps) &&
        bg_check_config(g, config, known);
}

/* Models converted from TF-Hub normalise with 1e-4. The one of 256×256 shows it: only there is attention at 128 and has z
 * 140 values. StudioGAN's code has 1e-4 in all norms, mmgeneration's 1e-5. */
static bool assume_eps(bg_generator *g, const gb_value *config) {
    const gb_value *v = gb_value_get(config, "BN_eps");
    bool hub = !g->deep && g->resolution == 256 && g->z_dim == 140 && g->attentions == 1 && g->attention_after[0] == 4;
    if (g->rename || (v && v->kind != GB_VALUE_NONE))
        return true;
    if (hub)
        g->norm_eps = 1e-4;
    return (hub ? gb_network_note(g->network, "attention at 128 and a z of 140 are those of TF-Hub's BigGAN, so the "
                                  "norms' eps was taken as 1e-4; --config with BN_eps can give another")
                : gb_network_note(g->network, "not in the file, so the default was taken: eps of the norms 1e-5; models "
                                  "converted from TF-Hub have 1e-4, which --config with BN_eps can give")) ||
        bg_no_memory(g);
}

/* ---- bringing over ---- */

/* Plain, mybn, cross-replica and torch's own. */
static bool bring_statistics(bg_generator *g, const char *path, int64_t channels) {
    static const char *const names[][2] = {
        {".stored_mean", ".stored_var"}, {".bn.stored_mean", ".bn.stored_var"},
        {".bn.running_mean", ".bn.running_var"}, {".running_mean", ".running_var"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bg_find(g, path, names[i][0]))
            return bg_bring(g, path, names[i][0], ".mean", BG_ONE_ROW, (bg_shape){2, {1, channels}}) &&
                bg_bring(g, path, names[i][1], ".var", BG_ONE_ROW, (bg_shape){2, {1, channels}});
    return gb_because(g->why, "no statistics at '%s%s'; ganbend runs batch norm with stored statistics, not "
                      "norm_style 'gn' or 'nonorm'", g->source.prefix, path);
}

static bool bring_norm(bg_generator *g, const char *block, int number, int64_t channels, int64_t condition) {
    char path[48], gain[64], bias[64];
    bg_layout layout = g->shared_dim ? BG_AS_IS : BG_TRANSPOSED;
    bg_shape shape = {2, {channels, condition}};
    snprintf(path, sizeof path, "%s.bn%d", block, number);
    snprintf(gain, sizeof gain, "%s.gain", path);
    snprintf(bias, sizeof bias, "%s.bias", path);
    return bg_bring_weight(g, gain, layout, shape) && bg_bring_weight(g, bias, layout, shape) &&
        bring_statistics(g, path, channels);
}

/* Standard: norm, 3×3, norm, 3×3 and a 1×1 on the shortcut. Deep: norm before each of 1×1, 3×3, 3×3, 1×1, the middle at
 * a quarter of the width. */
static bool bring_block(bg_generator *g, int i, int64_t condition) {
    char block[32], conv[64];
    int64_t in = g->in[i], out = g->out[i], middle = g->deep ? in / 4 : out;
    int convs = g->deep ? 4 : 2;
    snprintf(block, sizeof block, "blocks.%d.0", i);
    for (int k = 1; k <= convs; k++) {
        int64_t from = k == 1 ? in : middle, to = k == convs ? out : middle;
        snprintf(conv, sizeof conv, "%s.conv%d", block, k);
        if (!bring_norm(g, block, k, from, condition) ||
            !bg_bring_conv(g, conv, to, from, g->deep && (k == 1 || k == convs) ? 1 : 3))
            return false;
    }
    snprintf(conv, sizeof conv, "%s.conv_sc", block);
    return g->deep || bg_bring_conv(g, conv, out, in, 1);
}

static bool bring_all(bg_generator *g) {
    static const char *const attention_names[4] = {".theta", ".phi", ".g", ".o"};
    char attention[64];
    int64_t condition = g->deep ? g->shared_dim + g->z_dim : g->shared_dim ? g->shared_dim + g->z_chunk : g->c_dim;
    int64_t latents = g->deep ? condition : g->z_chunk ? g->z_chunk : g->z_dim, last = g->out[g->blocks - 1];
    int64_t first = g->in[0] * g->bottom_width * g->bottom_width;
    if ((g->shared_dim && !bg_bring_weight(g, "shared", BG_TRANSPOSED, (bg_shape){2, {g->shared_dim, g->c_dim}})) ||
        !bg_bring_weight(g, "linear", BG_AS_IS, (bg_shape){2, {first, latents}}) ||
        !bg_bring(g, "linear", ".bias", ".bias", BG_AS_IS, (bg_shape){1, {first}}))
        return false;
    for (int i = 0, next = 0; i < g->blocks; i++) {
        snprintf(attention, sizeof attention, "blocks.%d.1", i);
        bool attends = next < g->attentions && g->attention_after[next] == i;
        next += attends;
        if (!bring_block(g, i, condition) ||
            (attends && !bg_bring_attention(g, attention, attention_names, g->out[i])))
            return false;
    }
    return bg_bring(g, "output_layer.0", ".gain", ".gain", BG_AS_IS, (bg_shape){1, {last}}) &&
        bg_bring(g, "output_layer.0", ".bias", ".bias", BG_AS_IS, (bg_shape){1, {last}}) &&
        bring_statistics(g, "output_layer.0", last) && bg_bring_conv(g, "output_layer.2", 3, last, 3);
}

static bool ends(const char *name, const char *tail) {
    size_t size = strlen(name), tail_size = strlen(tail);
    return size >= tail_size && !strcmp(name + size - tail_size, tail);
}

/* Logs of singular values and vectors of further ones (".sv0", ".u1"), counters. */
static bool ignored(const char *name) {
    const char *leaf = strrchr(name, '.');
    if (leaf && (!strncmp(leaf, ".sv", 3) || !strncmp(leaf, ".u", 2))) {
        const char *digits = leaf + (leaf[1] == 's' ? 3 : 2);
        return isdigit((unsigned char)*digits) && strspn(digits, "0123456789") == strlen(digits);
    }
    return ends(name, ".accumulation_counter") || ends(name, ".num_batches_tracked");
}

static bool read_generator(bg_generator *g, const gb_value *config) {
    const bg_stages *network;
    int depth;
    if (!find_blocks(g) || !infer_latents(g) || !infer_depth(g, config, &depth, &network) || !bg_set_resolution(g))
        return false;
    return bg_note_found(g) && agree(g, config, network) && assume_eps(g, config);
}

/* ---- the same network in other code bases ---- */

/* "blocks.3.1.theta.weight": block 3, attention, "theta.weight". */
typedef struct block_name {
    int block;
    bool attention;
    const char *rest;
} block_name;

static bool parse_block(const char *name, block_name *b) {
    int part, end = 0;
    if (sscanf(name, "blocks.%4d.%1d.%n", &b->block, &part, &end) != 2 || !end)
        return false;
    b->attention = part == 1;
    b->rest = name + end;
    return true;
}

/* There attention layers are numbered among the blocks. */
static int place_of(const bg_generator *g, const block_name *b) {
    int place = b->block + b->attention;
    for (int i = 0; i < g->attentions && g->attention_after[i] < b->block; i++)
        place++;
    return place;
}

/* One module's name for another's; the rest of the tensor's name stays. */
typedef struct renaming {
    const char *canonical, *in_file;
} renaming;

static bool renamed(const renaming *table, const char *name, const char *before, char out[BG_PATH]) {
    for (const renaming *r = table; r->canonical; r++) {
        size_t n = strlen(r->canonical);
        if (!strncmp(name, r->canonical, n)) {
            snprintf(out, BG_PATH, "%s%s%s", before, r->in_file, name + n);
            return true;
        }
    }
    return false;
}

static void rename_with(const bg_generator *g, const char *name, const char *list, const renaming *modules,
                        const renaming *parts, char out[BG_PATH]) {
    block_name b;
    char before[48] = "";
    bool in_block = parse_block(name, &b);
    if (in_block)
        snprintf(before, sizeof before, "%s%d%s", list, place_of(g, &b), strcmp(list, "blocks.") ? "." : ".0.");
    if (!renamed(in_block ? parts : modules, in_block ? b.rest : name, before, out))
        snprintf(out, BG_PATH, "%s%s", before, in_block ? b.rest : name);
}

static void rename_studiogan(const bg_generator *g, const char *name, char out[BG_PATH]) {
    static const renaming modules[] = {
        {"linear.", "linear0."}, {"output_layer.0.gain", "bn4.weight"}, {"output_layer.0.", "bn4."},
        {"output_layer.2.", "conv2d5."}, {NULL, NULL},
    }, parts[] = {
        {"conv_sc.", "conv2d0."}, {"conv1.", "conv2d1."}, {"conv2.", "conv2d2."}, {"conv3.", "conv2d3."},
        {"conv4.", "conv2d4."}, {"theta.", "conv1x1_theta."}, {"phi.", "conv1x1_phi."}, {"g.", "conv1x1_g."},
        {"o.", "conv1x1_attn."}, {"gamma", "sigma"}, {NULL, NULL},
    };
    rename_with(g, name, "blocks.", modules, parts, out);
}

static void rename_mmgeneration(const bg_generator *g, const char *name, char out[BG_PATH]) {
    static const renaming modules[] = {
        {"linear.", "noise2feat."}, {"shared.", "shared_embedding."}, {"output_layer.0.gain", "output_layer.bn.weight"},
        {"output_layer.0.", "output_layer.bn."}, {"output_layer.2.", "output_layer.conv."}, {NULL, NULL},
    }, parts[] = {
        {"conv_sc.", "shortcut.conv."}, {"conv1.", "conv1.conv."}, {"conv2.", "conv2.conv."}, {"conv4.", "conv4.conv."}, {"theta.", "theta.conv."},
        {"phi.", "phi.conv."}, {"g.", "g.conv."}, {"o.", "o.conv."}, {NULL, NULL},
    };
    rename_with(g, name, "conv_blocks.", modules, parts, out);
}

/* Its deep variant concatenates z and the class the other way round, and lays the first maps out channels last. */
static bool check_mmgeneration(bg_generator *g) {
    return !bg_find_weight(g, "blocks.0.0.conv4") ||
        gb_because(g->why, "a BigGAN-deep of mmgeneration; ganbend runs those of BigGAN-PyTorch, StudioGAN and the Hugging "
                   "Face port");
}

static bool adapt_as(bg_generator g, const char *const *within, const gb_checkpoint *c, const char *prefix,
                     const gb_value *config, gb_network *n, gb_reason *why) {
    bool good = bg_open(&g, c, prefix, n, why) && (g.rename != rename_mmgeneration || check_mmgeneration(&g)) &&
        read_generator(&g, config) && bg_put_metadata(&g) && bring_all(&g) && bg_finish(&g, within, ignored);
    gb_source_close(&g.source);
    return good;
}

static bool adapt(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n, gb_reason *why) {
    static const char *const within[] = {"shared", "linear.", "blocks.", "output_layer.", NULL};
    return adapt_as((bg_generator){
        .family = "biggan-pytorch", .code = "BigGAN-PyTorch", .naming = "pytorch", .rng = "torch", .n_stats = 1,
        .norm_eps = 1e-5, .output_norm_eps = 1e-5, .sn_eps = 1e-12,
    }, within, c, prefix, config, n, why);
}

static bool adapt_studiogan(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n,
                            gb_reason *why) {
    static const char *const within[] = {"shared", "linear0.", "blocks.", "bn4.", "conv2d5.", NULL};
    return adapt_as((bg_generator){
        .family = "biggan-studiogan", .code = "StudioGAN", .naming = "pytorch", .rng = "torch", .n_stats = 1,
        .norm_eps = 1e-4, .output_norm_eps = 1e-4, .sn_eps = 1e-6, .rename = rename_studiogan,
    }, within, c, prefix, config, n, why);
}

static bool adapt_mmgeneration(const gb_checkpoint *c, const char *prefix, const gb_value *config, gb_network *n,
                               gb_reason *why) {
    static const char *const within[] = {"shared_embedding.", "noise2feat.", "conv_blocks.", "output_layer.", NULL};
    return adapt_as((bg_generator){
        .family = "biggan-mmgeneration", .code = "mmgeneration", .naming = "pytorch", .rng = "torch", .n_stats = 1,
        .norm_eps = 1e-5, .output_norm_eps = 1e-5, .sn_eps = 1e-6, .rename = rename_mmgeneration,
    }, within, c, prefix, config, n, why);
}

const gb_family gb_biggan_pytorch = {
    .name = "biggan-pytorch",
    .summary = "BigGAN and BigGAN-deep of BigGAN-PyTorch: G_ema.pth, G.pth",
    .source = "BigGAN-PyTorch, TF-Hub's BigGAN converted by it",
    .landmarks = {"output_layer.0.gain", "linear.bias"},
    .adapt = adapt,
};

const gb_family gb_biggan_studiogan = {
    .name = "biggan-studiogan",
    .summary = "BigGAN and BigGAN-deep of PyTorch-StudioGAN",
    .source = "PyTorch-StudioGAN: model=G_ema-….pth",
    .landmarks = {"linear0.bias", "bn4.weight", "shared.weight"},
    .adapt = adapt_studiogan,
};

const gb_family gb_biggan_mmgeneration = {
    .name = "biggan-mmgeneration",
    .summary = "BigGAN of mmgeneration and mmediting (MMagic)",
    .source = "mmgeneration, mmediting 1.x (MMagic)",
    .landmarks = {"noise2feat.bias", "output_layer.bn.weight"},
    .adapt = adapt_mmgeneration,
};
