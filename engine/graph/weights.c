/* Weights: checking, conversion to floats, packing, and a session's own values. */
#include "weights.h"

#include <stdlib.h>
#include <string.h>

#include "device_memory.h"
#include "engine/base/error.h"
#include "weights/gbw.h"

/* ------------------------------------------------------------------------------------------------ creating */

bool gb_weights_init(gb_weights *weights, gb_context *context, const gb_network *network) {
    const gb_named_array *arrays;
    size_t tensors = gb_network_arrays(network, &arrays);
    *weights = (gb_weights){.context = context, .network = network};
    weights->packed = calloc(tensors + 1, sizeof(gb_packed *));
    weights->checked = calloc(tensors + 1, sizeof *weights->checked);
    weights->held = calloc(tensors + 1, sizeof *weights->held);
    weights->floats = calloc(tensors + 1, sizeof(gb_floats *));
    weights->lock = gb_mutex_new();
    return weights->packed && weights->checked && weights->held && weights->floats && weights->lock;
}

static void free_floats(const gb_cpu *processor, gb_floats *entry) {
    while (entry) {
        gb_floats *next = entry->next;
        gb_aligned_free(entry->owned);
        gb_memory_free(processor, entry->on_device);
        free(entry);
        entry = next;
    }
}

static void free_packed(gb_packed *entry) {
    while (entry) {
        gb_packed *next = entry->next;
        gb_memory_free(entry->from.cpu, entry->bytes);
        free(entry);
        entry = next;
    }
}

void gb_weights_free(gb_weights *weights) {
    const gb_named_array *arrays;
    for (size_t i = weights->network ? gb_network_arrays(weights->network, &arrays) : 0; i-- > 0;) {
        if (weights->floats)
            free_floats(weights->context->processor, weights->floats[i]);
        if (weights->packed)
            free_packed(weights->packed[i]);
    }
    free(weights->packed);
    free(weights->floats);
    free(weights->checked);
    free(weights->held);
    gb_aligned_free(weights->room);
    gb_mutex_free(weights->lock);
}

/* ------------------------------------------------------------------------------------------------ floats */

static size_t index_of(const gb_network *network, const gb_array *array) {
    const gb_named_array *list;
    gb_network_arrays(network, &list);
    return (size_t)((const gb_named_array *)(const void *)((const char *)array - offsetof(gb_named_array, array)) -
                    list);
}

size_t gb_weights_tensor(const gb_network *network, const char *name) {
    const gb_named_array *list;
    const gb_array *array = name ? gb_network_array(network, name) : NULL;
    return array ? index_of(network, array) : gb_network_arrays(network, &list);
}

/* Without the lock while it reads the tensor; two threads may compare the same one. */
static gb_status check_tensor(gb_weights *weights, const gb_array *array, const char *name, gb_error *err) {
    const gb_named_array *list;
    size_t count = gb_network_arrays(weights->network, &list), index = index_of(weights->network, array);
    if (!weights->checksum || index >= count)
        return GB_OK;
    gb_mutex_lock(weights->lock);
    bool checked = weights->checked[index];
    gb_mutex_unlock(weights->lock);
    if (checked)
        return GB_OK;
    gb_reason why = {0};
    if (!gbw_verify(weights->network, name, &why))
        return gb_fail_because(err, GB_BAD_FILE, &why);
    gb_mutex_lock(weights->lock);
    weights->checked[index] = true;
    gb_mutex_unlock(weights->lock);
    return GB_OK;
}

static gb_status no_tensor(const char *name, gb_error *err) {
    return gb_fail(err, GB_BAD_FILE, "there is no tensor '%s'", name);
}

/* ------------------------------------------------------------------------------------------------ bytes of the file */

static size_t bytes_of(const gb_array *array) {
    return (size_t)gb_array_count(array) * gb_dtype_size(array->dtype);
}

/* The end of hold(). With `packed`, the bytes are not needed soon, and neither are they after later readers. */
static void let_go(gb_weights *weights, const gb_array *array, bool packed) {
    if (!weights->map.reloads)
        return;
    gb_held_bytes *held = &weights->held[index_of(weights->network, array)];
    gb_mutex_lock(weights->lock);
    held->packed |= packed;
    if (--held->readers == 0 && held->packed)
        held->discarded = gb_map_discard(&weights->map, array->data, bytes_of(array));
    gb_mutex_unlock(weights->lock);
}

/* Reads discarded bytes again. Without the lock; other threads wait. */
static gb_status reload(gb_weights *weights, const gb_array *array, const char *name, gb_error *err) {
    gb_reason why = {0};
    gb_status status = gb_map_reload(&weights->map, name, array->data, bytes_of(array), err);
    if (!status && !gbw_verify(weights->network, name, &why))
        status = gb_fail(err, GB_BAD_FILE, "tensor '%s': the file has changed since it was opened", name);
    return status;
}

static gb_status hold(gb_weights *weights, const gb_array *array, const char *name, gb_error *err) {
    if (weights->map.reloads) {
        gb_held_bytes *held = &weights->held[index_of(weights->network, array)];
        gb_mutex_lock(weights->lock);
        while (held->loading)
            gb_mutex_wait(weights->lock);
        held->readers++;
        bool loads = held->loading = held->discarded;
        gb_mutex_unlock(weights->lock);
        gb_status status = loads ? reload(weights, array, name, err) : GB_OK;
        if (loads) {
            gb_mutex_lock(weights->lock);
            held->loading = false;
            held->discarded = status != GB_OK;
            held->readers -= status != GB_OK;
            gb_mutex_wake(weights->lock);
            gb_mutex_unlock(weights->lock);
        }
        if (status)
            return status;
    }
    gb_status status = check_tensor(weights, array, name, err);
    if (status)
        let_go(weights, array, false);
    return status;
}

gb_status gb_weights_check(gb_weights *weights, const char *name, gb_error *err) {
    const gb_array *array = gb_network_array(weights->network, name);
    gb_status status = array ? hold(weights, array, name, err) : no_tensor(name, err);
    if (!status)
        let_go(weights, array, false);
    return status;
}

gb_status gb_weights_read(gb_weights *weights, const char *name, float *values, gb_error *err) {
    const gb_array *array = gb_network_array(weights->network, name);
    gb_status status = array ? hold(weights, array, name, err) : no_tensor(name, err);
    gb_reason why = {0};
    if (status)
        return status;
    if (!gb_array_to_f32(array, values, &why)) {
        gb_because_in(&why, "tensor '%s'", name);
        status = gb_fail_because(err, GB_BAD_FILE, &why);
    }
    let_go(weights, array, false);
    return status;
}

static bool is_plain_f32(const gb_array *a) {
    gb_array packed = *a;
    gb_array_pack_strides(&packed);
    return a->dtype == GB_F32 && !a->swapped && (uintptr_t)a->data % sizeof(float) == 0 &&
           !memcmp(packed.stride, a->stride, (size_t)a->ndim * sizeof *a->stride);
}

/* Memory for `count` floats of a weight while it is packed; *count becomes the number that fit into it. It is passed from one
 * weight to the next, because systems that take freed memory back at once would clear other pages for every weight. NULL if
 * out of memory. */
static float *take_room(gb_weights *weights, size_t *count) {
    gb_mutex_lock(weights->lock);
    float *room = weights->room;
    size_t have = weights->room_count;
    weights->room = NULL;
    weights->room_count = 0;
    gb_mutex_unlock(weights->lock);
    if (room && have >= *count) {
        *count = have;
        return room;
    }
    gb_aligned_free(room);
    return gb_aligned_alloc_with(weights->context->cpu.allocator, *count * sizeof *room);
}

/* Gives it to the next weight, or frees it if another thread has given larger memory. */
static void give_room(gb_weights *weights, float *room, size_t count) {
    float *other = room;
    gb_mutex_lock(weights->lock);
    if (count > weights->room_count) {
        other = weights->room;
        weights->room = room;
        weights->room_count = count;
    }
    gb_mutex_unlock(weights->lock);
    gb_aligned_free(other);
}

void gb_weights_end_packing(gb_weights *weights) {
    gb_mutex_lock(weights->lock);
    float *room = weights->room;
    weights->room = NULL;
    weights->room_count = 0;
    gb_mutex_unlock(weights->lock);
    gb_aligned_free(room);
}

/* as_floats() of a tensor that is held, or of the session's values. */
static gb_status convert(gb_weights *weights, const gb_own_weight *mine, const gb_array *array, const char *name, float gain,
                         size_t *room_count, const float **data, float **owned, gb_error *err) {
    if (gain == 1 && (mine || is_plain_f32(array))) {
        *data = mine ? mine->values : array->data;
        return GB_OK;
    }
    size_t count = (size_t)gb_array_count(array);
    gb_reason why = {0};
    if (room_count)
        *room_count = count;
    *owned = room_count ? take_room(weights, room_count)
                        : gb_aligned_alloc_with(weights->context->cpu.allocator, count * sizeof(float));
    if (!*owned)
        return gb_fail(err, GB_NO_MEMORY, "out of memory for tensor '%s'", name);
    if (mine) {
        memcpy(*owned, mine->values, count * sizeof(float));
    } else if (!gb_array_to_f32(array, *owned, &why)) {
        gb_aligned_free(*owned);
        *owned = NULL;
        gb_because_in(&why, "tensor '%s'", name);
        return gb_fail_because(err, GB_BAD_FILE, &why);
    }
    for (size_t i = 0; gain != 1 && i < count; i++)
        (*owned)[i] *= gain;
    *data = *owned;
    return GB_OK;
}

/* The weight as float32 × gain: a pointer to the session's values or into the file if possible, otherwise converted into
 * *owned. With `room_count`, *owned is memory of take_room(). *held: the caller has to let go of the tensor. */
static gb_status as_floats(gb_weights *weights, const gb_own_weights *own, const char *name, float gain, size_t *room_count,
                           const float **data, float **owned, bool *held, gb_error *err) {
    const gb_array *array = gb_network_array(weights->network, name);
    const gb_own_weight *mine = gb_own_weights_find(own, weights->network, name);
    *owned = NULL;
    *held = false;
    if (!array)
        return no_tensor(name, err);
    gb_status status = mine ? GB_OK : hold(weights, array, name, err);
    if (status)
        return status;
    status = convert(weights, mine, array, name, gain, room_count, data, owned, err);
    *held = !mine && !status;
    if (!mine && status)
        let_go(weights, array, false);
    return status;
}

/* Copies host memory to the processor's device; NULL if out of memory there. */
static void *copy_to_device(const gb_cpu *cpu, const void *bytes, size_t size) {
    void *there = gb_memory_alloc(cpu, size);
    if (there && !cpu->device->upload(cpu->device, there, bytes, size)) {
        gb_memory_free(cpu, there);
        there = NULL;
    }
    return there;
}

/* ------------------------------------------------------------------------------------------------ packing */

/* Drops the file's pages of a tensor that has been packed. */
static void release_pages(const gb_weights *weights, const char *name) {
    const gb_array *array = gb_network_array(weights->network, name);
    if (weights->map.bytes && array)
        gb_map_release(&weights->map, array->data, (size_t)gb_array_count(array) * gb_dtype_size(array->dtype));
}

/* A weight [out,in,…] whose outputs are in so many groups, rearranged: each group by itself. NULL if out of memory. */
static float *transposed(const gb_allocator *allocator, const gb_array *array, const float *w, size_t groups, bool flip) {
    size_t out = (size_t)array->shape[0], in = array->ndim > 1 ? (size_t)array->shape[1] : 1, taps = 1;
    for (int i = 2; i < array->ndim; i++)
        taps *= (size_t)array->shape[i];
    float *to = gb_aligned_alloc_with(allocator, out * in * taps * sizeof *to);
    size_t each = out / groups;
    for (size_t o = 0; to && o < out; o++)
        for (size_t i = 0; i < in; i++)
            for (size_t k = 0; k < taps; k++)
                to[((o / each * in + i) * each + o % each) * taps + k] = w[(o * in + i) * taps + (flip ? taps - 1 - k : k)];
    return to;
}

/* Packs into host memory `to`. */
static gb_status pack_on_host(gb_weights *weights, const gb_own_weights *own, const gb_packing *p, void *to,
                              gb_error *err) {
    const float *values[GB_MAX_WEIGHTS] = {NULL};
    float *owned[GB_MAX_WEIGHTS] = {NULL}, *room = NULL;
    bool held[GB_MAX_WEIGHTS] = {false};
    size_t room_count = 0;
    gb_status status = GB_OK;
    for (int i = 0; i < GB_MAX_WEIGHTS && p->weight[i] && !status; i++)
        status = as_floats(weights, own, p->weight[i], i ? 1 : p->gain, i ? NULL : &room_count, &values[i],
                           i ? &owned[i] : &room, &held[i], err);
    if (!status && p->transform != GB_AS_STORED) {
        float *rearranged = transposed(weights->context->cpu.allocator, gb_network_array(weights->network, p->weight[0]),
                                       values[0], p->desc.op == GB_OP_CONV2D ? (size_t)p->desc.conv2d.groups : 1,
                                       p->transform == GB_TRANSPOSED_FLIPPED);
        values[0] = owned[0] = rearranged;
        if (!rearranged)
            status = gb_fail(err, GB_NO_MEMORY, "out of memory for the weights of '%s'", p->node);
    }
    if (!status)
        p->row->pack(p->cpu, &p->desc, values, to);
    for (int i = 0; i < GB_MAX_WEIGHTS && p->weight[i]; i++) {
        gb_aligned_free(owned[i]);
        release_pages(weights, p->weight[i]);
        if (held[i])
            let_go(weights, gb_network_array(weights->network, p->weight[i]), true);
    }
    if (room)
        give_room(weights, room, room_count);
    return status;
}

/* Packs into new memory of the processor, or, if *packed is not NULL, to there. */
static gb_status pack(gb_weights *weights, const gb_own_weights *own, const gb_packing *p, void **packed, gb_error *err) {
    const gb_device *device = p->cpu->device;
    void *here = device || !*packed ? gb_aligned_alloc_with(p->cpu->allocator, p->size) : *packed;
    if (!here)
        return gb_fail(err, GB_NO_MEMORY, "out of memory for the weights of '%s'", p->node);
    gb_status status = pack_on_host(weights, own, p, here, err);
    if (!device) {
        if (status && !*packed)
            gb_aligned_free(here);
        else
            *packed = here;
        return status;
    }
    if (!status && *packed && !device->upload(device, *packed, here, p->size))
        status = gb_fail(err, GB_DEVICE, "the weights of '%s' could not be copied to %s", p->node, device->name);
    else if (!status && !*packed && !(*packed = copy_to_device(p->cpu, here, p->size)))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory on %s for the weights of '%s'", device->name, p->node);
    gb_aligned_free(here);
    return status;
}

static bool same_name(const char *a, const char *b) {
    return a == b || (a && b && !strcmp(a, b));
}

/* True if a form made from `a` serves `b`: everything that a row's pack() may depend on is equal. */
static bool serves(const gb_packing *a, const gb_packing *b) {
    bool same = a->row == b->row && a->cpu == b->cpu && a->transform == b->transform && a->gain == b->gain &&
                a->desc.inputs == b->desc.inputs && a->desc.in[0].c == b->desc.in[0].c &&
                a->desc.out.c == b->desc.out.c && a->size == b->size;
    for (int i = 0; same && i < GB_MAX_WEIGHTS; i++)
        same = same_name(a->weight[i], b->weight[i]);
    if (b->desc.op == GB_OP_CONV2D)
        return same && !memcmp(&a->desc.conv2d, &b->desc.conv2d, sizeof b->desc.conv2d);
    if (b->desc.op == GB_OP_MODULATED_CONV2D || b->desc.op == GB_OP_CONV_DOWN)
        return same && a->desc.conv.kernel == b->desc.conv.kernel && a->desc.conv.up == b->desc.conv.up &&
               a->desc.conv.demodulate == b->desc.conv.demodulate && a->desc.conv.wanted == b->desc.conv.wanted;
    return same;
}

/* The form in the list that serves `from`, once it is packed; if no form does, a new entry that is still to be packed: then
 * *makes. NULL if there is no memory for that. Lock held; released while another thread packs the form. */
static gb_packed *find_form(gb_weights *weights, gb_packed **list, const gb_packing *from, bool *makes) {
    gb_packed *form;
    for (;; gb_mutex_wait(weights->lock)) {
        form = *list;
        while (form && !serves(&form->from, from))
            form = form->next;
        if (!form || form->ready)
            break;
    }
    *makes = !form && (form = calloc(1, sizeof *form));
    if (*makes) {
        form->from = *from;
        form->next = *list;
        *list = form;
    }
    return form;
}

static void drop_form(gb_packed **list, gb_packed *form) {
    while (*list != form)
        list = &(*list)->next;
    *list = form->next;
    free(form);
}

/* Finds the form, or packs it, without the lock: planning of other sessions does not wait unless they need this form too. */
static gb_status share_form(gb_weights *weights, gb_own_weights *own, gb_packed **list, const gb_packing *from,
                            const void **packed, gb_error *err) {
    bool makes;
    gb_mutex_lock(weights->lock);
    gb_packed *form = find_form(weights, list, from, &makes);
    gb_mutex_unlock(weights->lock);
    if (!form)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (makes) {
        void *bytes = NULL;
        uint64_t version = own ? own->version : 0;
        gb_status status = pack(weights, own, from, &bytes, err);
        gb_mutex_lock(weights->lock);
        if (status) {
            drop_form(list, form);
        } else {
            form->bytes = bytes;
            form->version = version;
            form->ready = true;
        }
        gb_mutex_wake(weights->lock);
        gb_mutex_unlock(weights->lock);
        if (status)
            return status;
    }
    *packed = form->bytes;
    return GB_OK;
}

gb_status gb_weights_pack(gb_weights *weights, gb_own_weights *own, const gb_graph_node *node, const gb_cpu *cpu,
                          const gb_op_row *row, const gb_desc *desc, const void **packed, gb_error *err) {
    *packed = NULL;
    if (!row->packed_size || !node->weight[0])
        return GB_OK;
    const gb_array *array = gb_network_array(weights->network, node->weight[0]);
    if (!array)
        return no_tensor(node->weight[0], err);
    if (row->as_stored && node->transform == GB_AS_STORED && !cpu->device) {
        const float *floats = NULL;
        gb_status found = gb_weights_floats(weights, own, node->weight[0], node->weight_gain, &floats, err);
        *packed = floats;
        return found;
    }
    /* What is packed does not depend on the precision or instruction set of the processor, only on the row. */
    gb_packing from = {.node = node->name, .row = row, .cpu = cpu->device ? cpu : &weights->context->cpu, .transform = node->transform,
                       .gain = node->weight_gain, .desc = *desc, .size = row->packed_size(cpu, desc)};
    bool mine = false;
    for (int i = 0; i < GB_MAX_WEIGHTS && (from.weight[i] = node->weight[i]); i++)
        mine |= gb_own_weights_find(own, weights->network, node->weight[i]) != NULL;
    return share_form(weights, own, mine ? &own->packed : &weights->packed[index_of(weights->network, array)], &from,
                      packed, err);
}

/* The entry of a weight with this gain; each tensor has a list of them, usually of length 1. As find_form(). */
static gb_floats *find_floats(gb_weights *weights, gb_floats **list, const char *name, float gain, bool *makes) {
    gb_floats *entry;
    for (;; gb_mutex_wait(weights->lock)) {
        entry = *list;
        while (entry && (entry->gain != gain || !same_name(entry->name, name)))
            entry = entry->next;
        if (!entry || entry->ready)
            break;
    }
    *makes = !entry && (entry = calloc(1, sizeof *entry));
    if (*makes) {
        entry->name = name;
        entry->gain = gain;
        entry->next = *list;
        *list = entry;
    }
    return entry;
}

static void drop_floats(gb_floats **list, gb_floats *entry) {
    while (*list != entry)
        list = &(*list)->next;
    *list = entry->next;
    free(entry);
}

/* Finds the entry, or converts the weight, without the lock. */
static gb_status share_floats(gb_weights *weights, gb_own_weights *own, const char *name, float gain, gb_floats **found,
                              gb_error *err) {
    const gb_array *array = gb_network_array(weights->network, name);
    if (!array)
        return no_tensor(name, err);
    bool mine = gb_own_weights_find(own, weights->network, name) != NULL, makes;
    gb_floats **list = mine ? &own->floats : &weights->floats[index_of(weights->network, array)];
    gb_mutex_lock(weights->lock);
    gb_floats *entry = find_floats(weights, list, name, gain, &makes);
    gb_mutex_unlock(weights->lock);
    *found = entry;
    if (!entry)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!makes)
        return GB_OK;
    const float *data = NULL;
    float *owned = NULL;
    bool held;
    gb_status status = as_floats(weights, own, name, gain, NULL, &data, &owned, &held, err);
    if (held && owned)                  /* otherwise `data` points into the file, as long as the model is open */
        let_go(weights, array, false);
    gb_mutex_lock(weights->lock);
    if (status) {
        drop_floats(list, entry);
    } else {
        entry->owned = owned;
        entry->count = (size_t)gb_array_count(array);
        entry->version = mine ? own->version : 0;
        entry->data = data;
        entry->ready = true;
    }
    gb_mutex_wake(weights->lock);
    gb_mutex_unlock(weights->lock);
    return status;
}

gb_status gb_weights_floats(gb_weights *weights, gb_own_weights *own, const char *name, float gain, const float **data,
                            gb_error *err) {
    gb_floats *entry;
    gb_status status = share_floats(weights, own, name, gain, &entry, err);
    if (!status)
        *data = entry->data;
    return status;
}

gb_status gb_weights_device_floats(gb_weights *weights, gb_own_weights *own, const char *name, float gain,
                                   const float **data, gb_error *err) {
    const gb_cpu *cpu = weights->context->processor;
    gb_floats *entry;
    if (!cpu->device)
        return gb_weights_floats(weights, own, name, gain, data, err);
    gb_status status = share_floats(weights, own, name, gain, &entry, err);
    if (status)
        return status;
    gb_mutex_lock(weights->lock);
    if (!entry->on_device && !(entry->on_device = copy_to_device(cpu, entry->data, entry->count * sizeof(float))))
        status = gb_fail(err, GB_NO_MEMORY, "out of memory on %s for tensor '%s'", cpu->device->name, name);
    *data = entry->on_device;
    gb_mutex_unlock(weights->lock);
    return status;
}

/* ------------------------------------------------------------------------------------------------ a session's own values */

gb_own_weight *gb_own_weights_find(const gb_own_weights *own, const gb_network *network, const char *name) {
    if (!own || !own->count || !name)
        return NULL;
    const gb_array *array = gb_network_array(network, name);
    int at = array ? own->at[index_of(network, array)] : 0;
    return at ? &own->list[at - 1] : NULL;
}

gb_status gb_own_weights_add(gb_own_weights *own, gb_weights *weights, const char *name, gb_own_weight **added,
                             gb_error *err) {
    const gb_named_array *arrays;
    size_t tensors = gb_network_arrays(weights->network, &arrays), tensor = gb_weights_tensor(weights->network, name);
    if ((*added = gb_own_weights_find(own, weights->network, name)))
        return GB_OK;
    if (!own->at && !(own->at = calloc(tensors + 1, sizeof *own->at)))
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (own->count == own->room) {
        int room = own->room ? 2 * own->room : 32;
        gb_own_weight *grown = realloc(own->list, (size_t)room * sizeof *grown);
        if (!grown)
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        own->list = grown;
        own->room = room;
    }
    const gb_array *array = &arrays[tensor].array;
    gb_own_weight weight = {.name = arrays[tensor].name, .tensor = tensor, .count = (size_t)gb_array_count(array)};
    weight.values = gb_aligned_alloc_with(weights->context->cpu.allocator, weight.count * sizeof *weight.values);
    if (!weight.values)
        return gb_fail(err, GB_NO_MEMORY, "out of memory for tensor '%s'", name);
    gb_status status = gb_weights_read(weights, name, weight.values, err);
    if (status) {
        gb_aligned_free(weight.values);
        return status;
    }
    weight.version = ++own->version;
    *added = &own->list[own->count];
    **added = weight;
    own->at[tensor] = ++own->count;
    return GB_OK;
}

void gb_own_weight_changed(gb_own_weights *own, gb_own_weight *weight) {
    weight->version = ++own->version;
}

static bool is_newer(const gb_own_weights *own, const gb_network *network, const char *name, uint64_t than) {
    const gb_own_weight *weight = gb_own_weights_find(own, network, name);
    return weight && weight->version > than;
}

static bool is_stale(const gb_own_weights *own, const gb_network *network, const gb_packed *form) {
    bool stale = false;
    for (int i = 0; i < GB_MAX_WEIGHTS && form->from.weight[i]; i++)
        stale |= is_newer(own, network, form->from.weight[i], form->version);
    return stale;
}

bool gb_own_weights_are_stale(const gb_own_weights *own, const gb_network *network) {
    for (const gb_packed *form = own->packed; form; form = form->next)
        if (is_stale(own, network, form))
            return true;
    for (const gb_floats *form = own->floats; form; form = form->next)
        if (is_newer(own, network, form->name, form->version))
            return true;
    return false;
}

static gb_status refresh_floats(const gb_own_weights *own, const gb_weights *weights, gb_floats *form, gb_error *err) {
    const gb_own_weight *weight = gb_own_weights_find(own, weights->network, form->name);
    const gb_cpu *cpu = weights->context->processor;
    for (size_t i = 0; form->owned && i < form->count; i++)
        form->owned[i] = weight->values[i] * form->gain;
    if (form->on_device && !cpu->device->upload(cpu->device, form->on_device, form->data, form->count * sizeof(float)))
        return gb_fail(err, GB_DEVICE, "tensor '%s' could not be copied to %s", form->name, cpu->device->name);
    form->version = own->version;
    return GB_OK;
}

gb_status gb_own_weights_refresh(gb_own_weights *own, gb_weights *weights, gb_error *err) {
    gb_status status = GB_OK;
    for (gb_packed *form = own->packed; form && !status; form = form->next)
        if (is_stale(own, weights->network, form) &&
            !(status = pack(weights, own, &form->from, &form->bytes, err)))
            form->version = own->version;
    for (gb_floats *form = own->floats; form && !status; form = form->next)
        if (is_newer(own, weights->network, form->name, form->version))
            status = refresh_floats(own, weights, form, err);
    gb_weights_end_packing(weights);
    return status;
}

void gb_own_weights_free(gb_own_weights *own, const gb_cpu *processor) {
    free_packed(own->packed);
    free_floats(processor, own->floats);
    for (int i = 0; i < own->count; i++)
        gb_aligned_free(own->list[i].values);
    free(own->list);
    free(own->at);
}
