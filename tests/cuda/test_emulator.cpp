/* The emulated GPU catches what hardware punishes: every fault has a kernel or a call that is wrong on purpose, and
 * where it helps a correct one beside it. This file is instrumented, so that races are seen. */
#include "emulated/counts.h"
#include "tests/cuda/emulator_checks.h"

/* ------------------------------------------------------------------------------------------------ barriers, copies */

static void diverging_barrier(float *) {
    if (threadIdx.x % 2)
        __syncthreads();
    else
        __syncwarp();
    __syncthreads();
}

static void copy_without_wait(const float *from) {
    GB_SHARED(to);
    copy_async16(to + 4 * threadIdx.x, from + 4 * threadIdx.x, 16);
    copy_commit();
}

static void misaligned_copy(const float *from) {
    GB_SHARED(to);
    copy_async16(to + 4 * threadIdx.x, from + 1, 16);
    copy_commit();
    copy_wait<0>();
}

static void read_before_the_wait(const float *from, float *out) {
    GB_SHARED(to);
    copy_async16(to + 4 * threadIdx.x, from, 16);
    copy_commit();
    out[threadIdx.x] = __uint_as_float(to[4 * threadIdx.x]);
    copy_wait<0>();
}

static void read_before_the_barrier(const float *from, float *out) {
    GB_SHARED(to);
    copy_async16(to + 4 * threadIdx.x, from, 16);
    copy_commit();
    copy_wait<0>();
    out[threadIdx.x] = __uint_as_float(to[4 * ((threadIdx.x + 32) % THREADS)]);
}

static void copy_over_what_is_read(const float *from, float *out) {
    GB_SHARED(to);
    to[4 * threadIdx.x] = 0;
    __syncthreads();
    out[threadIdx.x] = __uint_as_float(to[4 * ((threadIdx.x + 1) % THREADS)]);
    copy_async16(to + 4 * threadIdx.x, from, 16);
    copy_commit();
    copy_wait<0>();
}

static void correct_copy(const float *from, float *out) {
    GB_SHARED(to);
    copy_async16(to + 4 * threadIdx.x, from, 16);
    copy_commit();
    copy_wait<0>();
    __syncthreads();
    out[threadIdx.x] = __uint_as_float(to[4 * ((threadIdx.x + 32) % THREADS)]);
}

/* Copies the memory to itself, with 1 added by the threads while the copy is under way. */
static void write_the_source(float *from) {
    GB_SHARED(to);
    from[4 * threadIdx.x] = 0.0f;
    copy_async16(to + 4 * threadIdx.x, from + 4 * threadIdx.x, 16);
    copy_commit();
    __syncthreads();
    from[4 * threadIdx.x] = 1.0f;
    copy_wait<0>();
    from[4 * threadIdx.x + 1] = __uint_as_float(to[4 * threadIdx.x]);
}

static void check_copies(void) {
    size_t room = 16 * THREADS;
    expect_caught("deadlock", diverging_barrier, 1, room, memory);
    expect_caught("without waiting for its asynchronous copies", copy_without_wait, 1, room, memory);
    expect_caught("not aligned to 16 bytes", misaligned_copy, 1, room, memory);
    expect_caught("an asynchronous copy may be arriving", read_before_the_wait, 1, room, memory, memory);
    expect_caught("race: a thread ", read_before_the_barrier, 1, room, memory, memory);
    expect_caught("race: a thread ", copy_over_what_is_read, 1, room, memory, memory);
    expect_clean("a correct copy passes", correct_copy, 1, room, memory, memory);
    int early = 0, late = 0;
    launch(write_the_source, 1, room, memory);
    for (int i = 0; i < THREADS; i++)
        memory[4 * i + 1] == 0.0f ? early++ : late++;
    expect(early && late, "asynchronous copies arrive early or late");
}

/* ------------------------------------------------------------------------------------------------ shared memory */

static void read_static_memory(float *out) {
    __shared__ float never_written[THREADS];
    out[threadIdx.x] = never_written[threadIdx.x];
    __syncthreads();
    never_written[threadIdx.x] = 1.0f;
}

static void read_dynamic_memory(float *out) {
    GB_SHARED(never_written);
    out[threadIdx.x] = __uint_as_float(never_written[threadIdx.x]);
    __syncthreads();
    never_written[threadIdx.x] = 0;
}

static void write_dynamic_memory(int offset) {
    GB_SHARED(words);
    words[(int)threadIdx.x + offset] = 0;
}

static bool all_nan(int count) {
    for (int i = 0; i < count; i++)
        if (memory[i] == memory[i])
            return false;
    return true;
}

static void check_shared_memory(void) {
    launch(read_static_memory, BLOCKS, 0, memory);
    expect(all_nan(THREADS), "static shared memory begins as NaN in every block");
    launch(read_dynamic_memory, BLOCKS, 4 * THREADS, memory);
    expect(all_nan(THREADS), "dynamic shared memory begins as NaN in every block");
    expect_caught("beyond the block's dynamic shared memory", write_dynamic_memory, BLOCKS, 4 * THREADS, 1);
    expect_caught("beyond the block's dynamic shared memory", write_dynamic_memory, BLOCKS, 4 * THREADS, -1);
    expect_clean("accesses within it pass", write_dynamic_memory, BLOCKS, 4 * THREADS, 0);
}

static void write_one_word(float *out) {
    __shared__ float word;
    word = 1.0f;
    __syncthreads();
    out[threadIdx.x] = word;
}

static void write_after_reading(float *out, bool barrier) {
    __shared__ float word[THREADS];
    word[threadIdx.x] = 1.0f;
    __syncthreads();
    float other = word[(threadIdx.x + 7) % THREADS];
    if (barrier)
        __syncthreads();
    word[threadIdx.x] = 2.0f;
    out[threadIdx.x] = other;
}

static void exchange_in_a_warp(float *out, bool barrier) {
    __shared__ float word[THREADS];
    word[threadIdx.x] = 1.0f;
    if (barrier)
        __syncwarp();
    out[threadIdx.x] = word[threadIdx.x ^ 1];
}

static void exchange_between_warps(float *out, int) {
    __shared__ float word[THREADS];
    word[threadIdx.x] = 1.0f;
    __syncwarp();
    out[threadIdx.x] = word[threadIdx.x ^ 32];
}

static void load_vector(const float *from, float *out) {
    float4 v = *(const float4 *)from;
    out[threadIdx.x] = v.x + v.y;
}

static void check_races(void) {
    expect_caught("two threads write the same word", write_one_word, 1, 0, memory);
    expect_caught("race: a thread ", write_after_reading, 1, 0, memory, false);
    expect_clean("a barrier orders reads and writes", write_after_reading, 1, 0, memory, true);
    expect_caught("race: a thread ", exchange_in_a_warp, 1, 0, memory, false);
    expect_clean("a barrier of a warp orders its lanes", exchange_in_a_warp, 1, 0, memory, true);
    expect_caught("race: a thread ", exchange_between_warps, 1, 0, memory, 0);
    expect_caught("not aligned to its type", load_vector, 1, 0, memory + 1, memory);
    expect_clean("an aligned access passes", load_vector, 1, 0, memory, memory);
}

/* ------------------------------------------------------------------------------------------------ launches */

static void depend_on_the_order(float *sum) {
    if (threadIdx.x == 0)
        *sum = 0.5f * *sum + (float)blockIdx.x;
}

static void do_nothing(int) {}

struct large { char bytes[4100]; };
static void take_large_parameters(large) {}

static float sum_of_blocks(void) {
    float zero = 0.0f;
    cudaMemcpyAsync(memory, &zero, sizeof zero, cudaMemcpyHostToDevice, stream);
    launch(depend_on_the_order, BLOCKS, 0, memory);
    return *memory;
}

static cudaError_t with_shared_memory(const char *capability, size_t kilobytes) {
    setenv("EMULATED_CAPABILITY", capability, 1);
    cudaError_t error = cudaFuncSetAttribute(do_nothing, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                             (int)(kilobytes << 10));
    unsetenv("EMULATED_CAPABILITY");
    return error ? error : launch(do_nothing, 1, kilobytes << 10, 0);
}

static void check_launches(void) {
    float first = sum_of_blocks();
    bool differs = false;
    for (int i = 0; i < 4; i++)
        differs = differs || sum_of_blocks() != first;
    expect(differs, "a kernel whose result depends on the order of blocks changes from launch to launch");
    expect(launch(do_nothing, 1, 49 << 10, 0) == cudaErrorInvalidValue, "more than 48 KB must be asked for");
    expect(with_shared_memory("90", 227) == cudaSuccess, "sm_90 has 227 KB");
    expect(with_shared_memory("90", 228) == cudaErrorInvalidValue, "sm_90 has no more than 227 KB");
    expect(with_shared_memory("86", 100) == cudaErrorInvalidValue, "sm_86 has no more than 99 KB");
    expect(with_shared_memory("75", 65) == cudaErrorInvalidValue, "sm_75 has no more than 64 KB");
    expect(launch(do_nothing, dim3(1, 65536), 0, 0) == cudaErrorInvalidConfiguration, "grid.y is at most 65535");
    expect(launch(do_nothing, dim3(1, 1, 65536), 0, 0) == cudaErrorInvalidConfiguration, "grid.z is at most 65535");
    expect(launch(do_nothing, 0, 0, 0) == cudaErrorInvalidConfiguration, "a grid has blocks");
    expect(launch(take_large_parameters, 1, 0, large()) == cudaErrorInvalidValue, "parameters take at most 4 KB");
}

/* ------------------------------------------------------------------------------------------------ streams */

static void check_streams(void) {
    float *pinned, here[2] = {1.0f, 2.0f};
    cudaMallocHost((void **)&pinned, sizeof here);
    memcpy(pinned, here, sizeof here);
    cudaMemcpyAsync(memory, pinned, sizeof here, cudaMemcpyHostToDevice, stream);
    cudaMemcpyAsync(memory + 2, here, sizeof here, cudaMemcpyHostToDevice, stream);
    pinned[0] = here[0] = 7.0f;                     /* too early */
    cudaStreamSynchronize(stream);
    expect(memory[0] == 7.0f, "a copy from pinned memory reads it when the stream runs");
    expect(memory[2] == 1.0f, "other memory may change as soon as the copy has been queued");
    memory[0] = 9.0f;
    cudaMemcpyAsync(pinned, memory, sizeof here, cudaMemcpyDeviceToHost, stream);
    expect(pinned[0] == 7.0f, "a copy to pinned memory has not arrived before somebody waits");
    cudaStreamSynchronize(stream);
    expect(pinned[0] == 9.0f, "and has arrived after it");
    cudaFreeHost(pinned);

    cudaEvent_t event;
    cudaEventCreate(&event);
    cudaEventRecord(event, stream);
    float ms;
    expect(cudaEventElapsedTime(&ms, event, event) != cudaSuccess, "an event that has not happened has no time");
    cudaEventSynchronize(event);
    expect(cudaEventElapsedTime(&ms, event, event) == cudaSuccess && ms == 0.0f, "one that has happened has one");
    cudaEventDestroy(event);
}

static void check_captures(void) {
    static const char *const names[] = {"allocating", "waiting for the stream", "copying", "freeing", "launching"};
    for (int i = 0; i < 5; i++) {
        cudaGraph_t graph;
        void *p = memory;
        float zero = 0.0f;
        cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
        cudaError_t error = i == 0   ? cudaMalloc(&p, 16)
                            : i == 1 ? cudaStreamSynchronize(stream)
                            : i == 2 ? cudaMemcpyAsync(memory, &zero, sizeof zero, cudaMemcpyHostToDevice, stream)
                            : i == 3 ? cudaFree(memory)
                                     : emulated_launch(NULL, [] {}, 0, 1, 1, 0, stream);
        cudaError_t end = cudaStreamEndCapture(stream, &graph);
        bool allowed = i == 4;
        expect(error == (allowed ? cudaSuccess : cudaErrorStreamCaptureUnsupported) &&
                   end == (allowed ? cudaSuccess : cudaErrorStreamCaptureInvalidated) && !graph == !allowed,
               names[i]);
        if (graph)
            cudaGraphDestroy(graph);
    }
}

static void check_failing_calls(void) {
    void *p;
    emulated_failing.call = 2;
    expect(cudaMalloc(&p, 16) == cudaSuccess, "the first call succeeds");
    expect(cudaStreamSynchronize(stream) == cudaErrorUnknown, "the second one fails");
    expect(cudaStreamSynchronize(stream) == cudaSuccess, "the third one succeeds");
    cudaFree(p);
}

int main(void) {
    cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
    cudaMalloc((void **)&memory, sizeof(float) * THREADS * BLOCKS);
    memset(memory, 0, sizeof(float) * THREADS * BLOCKS);
    check_copies();
    check_shared_memory();
    check_races();
    check_launches();
    check_streams();
    check_captures();
    check_failing_calls();
    check_hopper();
    cudaFree(memory);
    cudaStreamDestroy(stream);
    printf(failures ? "%d failures\n" : "everything is caught\n", failures);
    return failures ? 1 : 0;
}
