/* The table of operations, the choice of a row for a use, and the checks that all shape rules share. */
#include <limits.h>
#include <stdio.h>

#include "ops/device.h"
#include "ops/kernel.h"
#include "ops/simd/simd.h"

#define GB_OP(ID, name) extern const gb_op gb_op_##name;
#include "ops/list.h"

const gb_op *const gb_ops[GB_OPS] = {
#define GB_OP(ID, name) [GB_OP_##ID] = &gb_op_##name,
#include "ops/list.h"
};

/* The row of the highest rank among `best` and those of `rows` that can run this use; of equal ones the first. */
static const gb_op_row *better(const gb_cpu *cpu, const gb_desc *d, const gb_op_row *const *rows,
                               const gb_op_row *best) {
    for (; *rows; rows++) {
        const gb_op_row *row = *rows;
        if (row->op == d->op && row->rank <= cpu->rank && (!best || row->rank > best->rank) &&
            (!row->supports || row->supports(cpu, d)) && (!row->pays || row->pays(d)))
            best = row;
    }
    return best;
}

const gb_op_row *gb_op_find(const gb_cpu *cpu, const gb_desc *d) {
    if (cpu->device)
        return better(cpu, d, cpu->device->rows, NULL);
    const gb_op_row *best = &gb_ops[d->op]->plain;
    for (const gb_isa *isa = gb_isas; isa->name; isa++)
        if (isa->rows && isa->rank <= cpu->rank && (!isa->bf16 || cpu->bf16) && (!isa->enable || cpu->amx))
            best = better(cpu, d, isa->rows, best);
    return best;
}

bool gb_op_row_is_bf16(const gb_op_row *row) {
    for (const gb_isa *isa = gb_isas; isa->name; isa++)
        if (isa->bf16 && isa->rank == row->rank)
            return true;
    return false;
}

const gb_op_row *gb_op_row_at(size_t i) {
    if (i < GB_OPS)
        return &gb_ops[i]->plain;
    i -= GB_OPS;
    for (const gb_isa *isa = gb_isas; isa->name; isa++)
        for (const gb_op_row *const *row = isa->rows; row && *row; row++)
            if (i-- == 0)
                return *row;
    return NULL;
}

bool gb_shape_possible(const gb_shape *s) {
    const int most = 1 << 20, product = 1 << 28;
    if (s->n < 1 || s->c < 1 || s->h < 1 || s->w < 1 || s->n > most || s->c > most || s->h > most || s->w > most)
        return false;
    return s->h <= product / s->w && s->n <= product / s->c &&
           (uint64_t)s->n * s->c <= (UINT64_C(1) << 36) / ((uint64_t)s->h * s->w);
}

bool gb_shape_of_input(gb_desc *d, char *why, size_t why_size) {
    (void)why, (void)why_size;
    d->out = d->in[0];
    return true;
}

bool gb_op_shape(const gb_cpu *cpu, gb_desc *d, char *why, size_t why_size) {
    if ((int)d->op < 0 || d->op >= GB_OPS) {
        snprintf(why, why_size, "operation %d does not exist", (int)d->op);
        return false;
    }
    const gb_op *op = gb_ops[d->op];
    if (d->inputs < op->inputs_min || d->inputs > op->inputs_max) {
        snprintf(why, why_size, "%s: %d input%s; expected %d to %d", op->name, d->inputs, d->inputs == 1 ? "" : "s",
                 op->inputs_min, op->inputs_max);
        return false;
    }
    for (int i = 0; i < d->inputs; i++)
        if (!gb_shape_possible(&d->in[i]) || d->in[i].block < 1 || d->in[i].block > 1 << 20) {
            snprintf(why, why_size, "%s: input %d is [%d,%d,%d,%d] in blocks of %d channels", op->name, i, d->in[i].n,
                     d->in[i].c, d->in[i].h, d->in[i].w, d->in[i].block);
            return false;
        }
    if (!op->shape(d, why, why_size))
        return false;
    if (!gb_shape_possible(&d->out)) {
        snprintf(why, why_size, "%s: the result would be [%d,%d,%d,%d]", op->name, d->out.n, d->out.c, d->out.h,
                 d->out.w);
        return false;
    }
    d->out.block = gb_block(cpu, d->out.c, d->out.h, d->out.w);
    return true;
}

uint64_t gb_op_macs(const gb_desc *d) {
    const gb_op *op = gb_ops[d->op];
    return op->macs ? op->macs(d) : 0;
}

size_t gb_plain_packed_size(const gb_cpu *cpu, const gb_desc *d) {
    return gb_ops[d->op]->plain.packed_size(cpu, d);
}

void gb_plain_pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    gb_ops[d->op]->plain.pack(cpu, d, weights, packed);
}
