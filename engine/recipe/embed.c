/* A recipe that needs no other files: the clusters, vectors, directions, masks and images that it names in files are written
 * into it instead, in the forms that recipes have for them (docs/recipes.md). This is what a picture carries.
 *
 * The recipe's JSON is parsed again, the copy is changed, and written. Names that mean different things in different files get
 * numbers: "nose" of a second library becomes "nose-2". A kind of thing of which a file is missing or cannot be written so is left
 * as it is, whole; of the pictures, each alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/platform.h"
#include "recipe.h"
#include "weights/number_text.h"

enum { MOST_NAMES = 1024, NAME_ROOM = 64, HAS_PICTURES = 1, HAS_OTHERS = 2 };

/* A name that was written into the recipe, and where it comes from. */
typedef struct named {
    struct named *next;
    const char *file, *name, *as;
} named;

typedef struct embedding {
    gb_recipe *recipe;
    gb_arena *arena;
    gb_yaml *root, *bends;      /* the copy; bends is NULL in network-bending's format */
    gb_error *err;              /* a status means that the kind of thing is left out; GB_NO_MEMORY ends it all, */
    bool unreadable;            /* and so does a file that is there and cannot be read */
} embedding;

/* ------------------------------------------------------------------------------------------------ the tree */

static bool no_memory(embedding *e) {
    gb_fail(e->err, GB_NO_MEMORY, "%s: out of memory", e->recipe->name);
    return false;
}

/* Reading that file has failed. */
static bool not_read(embedding *e, const char *file) {
    char *path = NULL;
    gb_error why = {0};
    e->unreadable = e->err->status == GB_IO && !gb_recipe_path(e->recipe, file, &path, &why) && gb_file_exists(path);
    free(path);
    return false;
}

static gb_yaml *new_node(embedding *e, gb_yaml_kind kind) {
    gb_yaml *node = gb_arena_take(e->arena, sizeof *node);
    if (node)
        node->kind = kind;
    else
        no_memory(e);
    return node;
}

static gb_yaml *new_scalar(embedding *e, const char *text, bool plain) {
    gb_yaml *node = new_node(e, GB_YAML_SCALAR);
    if (node && !(node->text = gb_arena_text(e->arena, text, strlen(text))))
        return no_memory(e), NULL;
    if (node)
        node->plain = plain;
    return node;
}

/* Puts it before the other items or keys: lists are made from their last item on, and the order of keys has no meaning. */
static bool put_item(gb_yaml *list, gb_yaml *item) {
    if (!item)
        return false;
    item->next = list->first;
    list->first = item;
    list->count++;
    return true;
}

static bool put_key(embedding *e, gb_yaml *map, const char *name, gb_yaml *value) {
    gb_yaml *key = value ? new_scalar(e, name, false) : NULL;
    if (key)
        key->value = value;
    return put_item(map, key);
}

static gb_yaml *number_list(embedding *e, const float *values, int64_t count) {
    gb_yaml *list = new_node(e, GB_YAML_LIST);
    for (int64_t i = count - 1; list && i >= 0; i--)
        if (!put_item(list, new_scalar(e, gb_double_text(gb_float_as_written(values[i])).text, true)))
            return NULL;
    return list;
}

static void drop_key(gb_yaml *map, const char *name) {
    for (gb_yaml **at = &map->first; *at; at = &(*at)->next)
        if (!strcmp((*at)->text, name)) {
            *at = (*at)->next;
            map->count--;
            return;
        }
}

static gb_yaml *key_of(const gb_yaml *map, const char *name) {
    for (gb_yaml *key = map->first; key; key = key->next)
        if (!strcmp(key->text, name))
            return key;
    return NULL;
}

/* Sets the value of a key of the top level. */
static bool put_top(embedding *e, const char *name, gb_yaml *value) {
    gb_yaml *key = key_of(e->root, name);
    if (!key)
        return put_key(e, e->root, name, value);
    key->value = value;
    return true;
}

static void set_text(gb_yaml *node, const char *text) {
    node->text = text;
    node->plain = false;
}

/* ------------------------------------------------------------------------------------------------ names */

/* The name under which `name` of `file` is in `map`: *known, or one that is free there. */
static const char *name_of(embedding *e, named **list, const gb_yaml *map, const char *file, const char *name, bool *known) {
    char as[NAME_ROOM];
    for (named *n = *list; n; n = n->next)
        if (!strcmp(n->file, file) && !strcmp(n->name, name)) {
            *known = true;
            return n->as;
        }
    *known = false;
    snprintf(as, sizeof as, "%.48s", name);
    for (int i = 2; gb_yaml_get(map, as); i++)
        snprintf(as, sizeof as, "%.48s-%d", name, i);
    named *added = gb_arena_take(e->arena, sizeof *added);
    const char *copies[] = {gb_arena_text(e->arena, file, strlen(file)), gb_arena_text(e->arena, name, strlen(name)),
                            gb_arena_text(e->arena, as, strlen(as))};
    if (!added || !copies[0] || !copies[1] || !copies[2])
        return no_memory(e), NULL;
    *added = (named){*list, copies[0], copies[1], copies[2]};
    *list = added;
    return copies[2];
}

/* The map under that key of the top level, or an empty one in place of a file's name. */
static gb_yaml *map_under(embedding *e, const char *name) {
    gb_yaml *map = gb_yaml_get(e->root, name);
    return map && map->kind == GB_YAML_MAP ? map : new_node(e, GB_YAML_MAP);
}

static bool is_full(embedding *e, const gb_yaml *map) {
    return map->count >= MOST_NAMES && gb_fail(e->err, GB_BAD_ARGUMENT, "more than %d names", MOST_NAMES);
}

/* ------------------------------------------------------------------------------------------------ directions */

/* {vector, deviation, layers, space} */
static gb_yaml *direction_map(embedding *e, const gb_direction *d) {
    char layers[32];
    gb_yaml *map = new_node(e, GB_YAML_MAP);
    snprintf(layers, sizeof layers, "%d-%d", d->first_layer, d->last_layer);
    if (!map || !put_key(e, map, "vector", number_list(e, d->vector, d->width)) ||
        (d->last_layer >= 0 && !put_key(e, map, "layers", new_scalar(e, layers, false))) ||
        (d->space == GB_LATENT_Z && !put_key(e, map, "space", new_scalar(e, "z", false))) ||
        !put_key(e, map, "deviation", new_scalar(e, gb_double_text(gb_float_as_written(d->deviation)).text, true)))
        return NULL;
    return map;
}

typedef struct direction_names {
    named *list;
    gb_yaml *map;
    gb_directions *open;        /* those of `file` */
    const char *file;
} direction_names;

static bool embed_direction(embedding *e, direction_names *names, const gb_recipe_direction *d, gb_yaml *node) {
    const char *file = d->file ? d->file : e->recipe->directions;
    gb_direction found;
    bool known;
    if (!file)
        return true;
    if (!names->file || strcmp(names->file, file)) {
        gb_directions_free(names->open);
        names->open = NULL;
        names->file = file;
        if (gb_recipe_directions_file(e->recipe, file, &names->open, e->err))
            return not_read(e, file);
    }
    if (gb_recipe_direction_find(file, names->open, d->name, &found, e->err) || is_full(e, names->map))
        return false;
    const char *as = name_of(e, &names->list, names->map, file, found.name, &known);
    if (!as || (!known && !put_key(e, names->map, as, direction_map(e, &found))))
        return false;
    if (node->kind == GB_YAML_SCALAR) {
        set_text(node, as);
        return true;
    }
    set_text(gb_yaml_get(node, "name"), as);
    drop_key(node, "file");
    return true;
}

static bool embed_directions(embedding *e) {
    direction_names names = {.map = map_under(e, "directions")};
    bool good = names.map;
    int i = 0;
    for (gb_yaml *item = e->bends ? e->bends->first : NULL; item && good; item = item->next, i++)
        if (e->recipe->steps[i].direction)
            good = embed_direction(e, &names, e->recipe->steps[i].direction, gb_yaml_get(item, "direction"));
    gb_directions_free(names.open);
    return good && (!names.list || put_top(e, "directions", names.map));
}

/* ------------------------------------------------------------------------------------------------ vectors */

typedef struct vector_names {
    named *list;
    gb_yaml *map;
} vector_names;

/* The name of a vector of a file of its own: "nose" of "faces/nose.pt". */
static void name_file(const char *file, char name[NAME_ROOM]) {
    const char *base = gb_base_name(file), *dot = strrchr(base, '.');
    snprintf(name, NAME_ROOM, "%.*s", (int)(dot - base < 48 ? dot - base : 48), base);
    if (!*name || !strcmp(name, "keep"))
        strcpy(name, "vector");
}

static bool embed_vector(embedding *e, vector_names *names, const gb_recipe_step *step, gb_yaml *node) {
    float *values = NULL;
    int count;
    bool known = false;
    char own[NAME_ROOM];
    const char *name = node->text, *file = gb_recipe_vector_file(e->recipe, step, name), *as = NULL;
    if (!file)
        return true;
    if (is_full(e, names->map))
        return false;
    if (gb_recipe_vector_read(e->recipe, step, name, &values, &count, e->err))
        return not_read(e, file);
    if (file == name)
        name_file(file, own);
    gb_yaml *list = number_list(e, values, count);
    free(values);
    if (list)
        as = name_of(e, &names->list, names->map, file, file == name ? own : name, &known);
    if (!as || (!known && !put_key(e, names->map, as, list)))
        return false;
    set_text(node, as);
    return true;
}

static bool embed_paint(embedding *e, vector_names *names, const gb_recipe_step *step, gb_yaml *node) {
    if (node->kind == GB_YAML_SCALAR)
        return embed_vector(e, names, step, node);
    gb_yaml *vector = gb_yaml_get(node, "vector"), *colours = gb_yaml_get(node, "colours");
    if (vector && !embed_vector(e, names, step, vector))
        return false;
    for (gb_yaml *key = colours ? colours->first : NULL; key; key = key->next)
        if (strcmp(key->value->text, "keep") && !embed_vector(e, names, step, key->value))
            return false;
    drop_key(node, "library");
    return true;
}

static bool embed_vectors(embedding *e) {
    vector_names names = {.map = map_under(e, "vectors")};
    bool good = names.map;
    int i = 0;
    for (gb_yaml *item = e->bends ? e->bends->first : NULL; item && good; item = item->next, i++)
        if (e->recipe->steps[i].kind == GB_STEP_PAINT)
            good = embed_paint(e, &names, &e->recipe->steps[i], gb_yaml_get(item, "paint"));
    return good && (!names.list || put_top(e, "vectors", names.map));
}

/* ------------------------------------------------------------------------------------------------ clusters */

/* Each layer's list of the features of each cluster. */
static gb_yaml *cluster_map(embedding *e, const gb_clusters *clusters) {
    gb_yaml *map = new_node(e, GB_YAML_MAP);
    for (const gb_yaml *key = clusters->tree->first; map && key; key = key->next) {
        gb_cluster_member *members;
        int count;
        gb_yaml *lists = NULL, *list = NULL;
        if (key->value->kind == GB_YAML_SCALAR)
            continue;
        if (gb_cluster_members(clusters->name, key->value, &members, &count, e->err))
            return NULL;
        int last = count ? members[count - 1].cluster : -1;
        bool good = (lists = new_node(e, GB_YAML_LIST)) != NULL;
        if (last >= 2 * count + 16)         /* nearly all of them would be empty */
            good = !gb_fail(e->err, GB_BAD_FILE, "%s: cluster %d of %d features", clusters->name, last, count);
        for (int c = last; c >= 0 && good; c--) {
            good = (list = new_node(e, GB_YAML_LIST)) != NULL;
            for (; good && count && members[count - 1].cluster == c; count--) {
                char number[16];
                snprintf(number, sizeof number, "%d", members[count - 1].feature);
                good = put_item(list, new_scalar(e, number, true));
            }
            good = good && put_item(lists, list);
        }
        free(members);
        if (!good || !put_key(e, map, key->text, lists))
            return NULL;
    }
    return map;
}

/* A recipe has one set of clusters of its own, so only one file can be embedded. */
static bool embed_clusters(embedding *e) {
    const gb_recipe *recipe = e->recipe;
    const gb_recipe_features *of = NULL;
    gb_clusters clusters = {0};
    bool one = !recipe->set_clusters.tree && !recipe->own_clusters;
    int i = 0;
    for (int k = 0; k < recipe->step_count && one; k++) {
        const gb_recipe_features *f = &recipe->steps[k].features;
        const char *file = f->file ? f->file : recipe->clusters;
        if (f->kind != GB_CHOOSE_CLUSTER)
            continue;
        one = file && (!of || !strcmp(file, of->file ? of->file : recipe->clusters));
        of = f;
    }
    if (!one || !of)
        return true;
    if (gb_clusters_open(recipe, of, &clusters, e->err))
        return not_read(e, of->file ? of->file : recipe->clusters);
    gb_yaml *map = cluster_map(e, &clusters);
    gb_clusters_close(&clusters);
    if (!map || !put_top(e, "clusters", map))
        return false;
    for (gb_yaml *item = e->bends ? e->bends->first : NULL; item; item = item->next, i++)
        if (recipe->steps[i].features.kind == GB_CHOOSE_CLUSTER)
            drop_key(gb_yaml_get(item, "features"), "file");
    return true;
}

/* ------------------------------------------------------------------------------------------------ pictures */

static bool embed_picture(embedding *e, const gb_recipe_picture *picture, gb_yaml *node) {
    char *text;
    if (gb_recipe_picture_text(e->recipe, picture, &text, e->err))
        return not_read(e, picture->file);
    const char *copy = gb_arena_text(e->arena, text, strlen(text));
    free(text);
    if (!copy)
        return no_memory(e);
    set_text(node, copy);
    return true;
}

static bool embed_pictures(embedding *e) {
    int i = 0;
    for (gb_yaml *item = e->bends ? e->bends->first : NULL; item; item = item->next, i++) {
        const gb_recipe_step *s = &e->recipe->steps[i];
        const gb_recipe_picture *picture = s->mask ? s->mask : s->image;
        if (!picture || !picture->file)
            continue;
        gb_yaml *in = gb_yaml_get(item, s->mask ? "paint" : s->add ? "add" : "set");
        if (!embed_picture(e, picture, gb_yaml_get(in, s->mask ? "mask" : "image")) &&
            (e->err->status == GB_NO_MEMORY || e->unreadable))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------ all of it */

/* Whether the recipe names files that can be embedded. */
static int named_files(const gb_recipe *recipe) {
    int has = 0;
    for (int i = 0; i < recipe->step_count; i++) {
        const gb_recipe_step *s = &recipe->steps[i];
        const gb_recipe_picture *picture = s->mask ? s->mask : s->image;
        if (picture && picture->file)
            has |= HAS_PICTURES;
        if (s->kind == GB_STEP_PAINT || (s->direction && (s->direction->file || recipe->directions)) ||
            (s->features.kind == GB_CHOOSE_CLUSTER && (s->features.file || recipe->clusters)))
            has |= HAS_OTHERS;
    }
    return has;
}

/* Each kind begins with a copy of its own, so that one that fails changes nothing. GB_NO_MEMORY, GB_IO, or *json has what can be
 * embedded of them. */
static gb_status embed_kind(gb_recipe *recipe, bool (*kind)(embedding *e), char **json, gb_error *err) {
    const char *text = *json ? *json : recipe->json;
    gb_error why = {0};
    embedding e = {.recipe = recipe, .arena = gb_arena_new(gb_arena_limit_for(strlen(text))), .err = &why};
    char *changed = NULL;
    gb_recipe *check = NULL;
    e.root = e.arena ? gb_yaml_parse(e.arena, text, strlen(text), recipe->name, &why) : NULL;
    if (!e.arena)
        no_memory(&e);
    if (e.root) {
        e.bends = gb_yaml_get(e.root, "bends");
        if (kind(&e))
            why.status = gb_recipe_write_json(recipe->name, e.root, &changed, &why);
    }
    gb_arena_free(e.arena);
    if (changed && !gb_recipe_parse(changed, strlen(changed), recipe->name, &check, &why)) {
        free(*json);
        *json = changed;
        changed = NULL;
    }
    gb_recipe_free(check);
    free(changed);
    if (why.status == GB_NO_MEMORY)
        return gb_fail(err, GB_NO_MEMORY, "%s: out of memory", recipe->name);
    return e.unreadable ? gb_fail(err, GB_IO, "%s", why.message) : GB_OK;
}

gb_status gb_recipe_embed(gb_recipe *recipe, const char **text, gb_error *err) {
    gb_status status = gb_recipe_json(recipe, text, err);
    int has = named_files(recipe);
    if (!status && has && !recipe->embedded) {
        char *json = NULL;
        if (has & HAS_OTHERS)
            status = embed_kind(recipe, embed_directions, &json, err);
        if (!status && has & HAS_OTHERS)
            status = embed_kind(recipe, embed_vectors, &json, err);
        if (!status && has & HAS_OTHERS)
            status = embed_kind(recipe, embed_clusters, &json, err);
        if (!status && has & HAS_PICTURES)
            status = embed_kind(recipe, embed_pictures, &json, err);
        if (status)
            free(json);
        else
            recipe->embedded = json;
    }
    if (!status && recipe->embedded)
        *text = recipe->embedded;
    return status;
}
