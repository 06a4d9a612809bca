/* The fast row of product.c, for every instruction set: ops/simd/rows.h would include it after maps.h and list its row.
 * Maps have a vector of channels per pixel; other layouts are left to the plain row. */
static void product_band(void *arg, int i, int worker) {
    const gb_job *job = arg;
    map_band b = band_at(&job->d->out, i);
    channel_writer to = channel_writer_at(job->args->out, job->args->epilogue, b.n, b.c);
    const float *x = gb_plane(job->args->in[0], b.n, b.c), *y = gb_plane(job->args->in[1], b.n, b.c);
    (void)worker;
    for (size_t p = (size_t)b.first * job->d->out.w; p < (size_t)b.last * job->d->out.w; p++)
        store_channel(&to, p, vmul(vload(x + p * VL), vload(y + p * VL)));
}

static void product_run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    gb_job job = {cpu, d, args};
    each_band(cpu, &d->out, product_band, &job);
}

static const gb_op_row row_product = {
    .op = GB_OP_PRODUCT, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = maps_support, .run = product_run,
};
