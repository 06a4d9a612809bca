/* Memory for a processor's tensors: of the host or of a device. */
#ifndef GB_ENGINE_MEMORY_H
#define GB_ENGINE_MEMORY_H

#include "engine/base/platform.h"
#include "ops/device.h"

static inline void *gb_memory_alloc(const gb_cpu *cpu, size_t bytes) {
    return cpu->device ? cpu->device->alloc(cpu->device, bytes) : gb_aligned_alloc_with(cpu->allocator, bytes);
}

static inline void gb_memory_free(const gb_cpu *cpu, void *memory) {
    if (!cpu->device)
        gb_aligned_free(memory);
    else if (memory)
        cpu->device->free(cpu->device, memory);
}

#endif
