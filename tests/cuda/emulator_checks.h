/* What the tests of the emulated GPU have in common: launches, and launches in a child process that the emulator is expected to
 * end with a message. */
#ifndef GB_TESTS_EMULATOR_CHECKS_H
#define GB_TESTS_EMULATOR_CHECKS_H

#include "cuda/ptx.cuh"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 64, BLOCKS = 24 };

inline int failures;
inline dim3 threads = THREADS;      /* of a block */
inline cudaStream_t stream;
inline float *memory;               /* of the device, THREADS · BLOCKS floats */

/* test_emulator_hopper.cpp */
void check_hopper(void);

static inline void expect(bool holds, const char *sentence) {
    if (!holds) {
        failures++;
        printf("FAILED: %s\n", sentence);
    }
}

template <class... P, class... A> static cudaError_t launch(void (*kernel)(P...), dim3 grid, size_t shared, A... args) {
    auto call = [&](P... exact) {
        void *pointers[] = {(void *)&exact...};
        return cudaLaunchKernel(kernel, grid, threads, pointers, shared, stream);
    };
    cudaError_t error = call(args...);
    return error ? error : cudaStreamSynchronize(stream);
}

/* Runs the kernel in a child process. Returns what the emulator said before it ended the program; "" if it did not. */
template <class... A> static const char *last_words(A... args) {
    static char text[256];
    int ends[2];
    size_t length = 0;
    if (pipe(ends)) {
        perror("pipe");
        exit(2);
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 2);
        launch(args...);
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)got;
    text[length] = '\0';
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? text : "";
}

template <class... A> static void expect_caught(const char *message, A... args) {
    const char *words = last_words(args...);
    if (!strstr(words, message)) {
        failures++;
        printf("FAILED: '%s' is not caught (%s)\n", message, *words ? words : "nothing was");
    }
}

template <class... A> static void expect_clean(const char *sentence, A... args) {
    expect(!*last_words(args...), sentence);
}

#endif
