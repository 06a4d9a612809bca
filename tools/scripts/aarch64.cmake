# 64-bit ARM from another Debian machine: cmake -DCMAKE_TOOLCHAIN_FILE=tools/scripts/aarch64.cmake -DGANBEND_OPENBLAS=OFF.
# `sh tools/scripts/packages.sh arm` installs the compiler, the arm64 libraries and qemu-aarch64, under which ctest runs what was
# built.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)

# Libraries of all architectures lie side by side: pkg-config must look at arm64's alone.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
