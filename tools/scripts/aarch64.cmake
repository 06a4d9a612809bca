# Cross-compiles for 64-bit ARM on a Debian machine of another architecture:
# cmake -DCMAKE_TOOLCHAIN_FILE=tools/scripts/aarch64.cmake -DGANBEND_OPENBLAS=OFF
# `sh tools/scripts/packages.sh arm` installs the compiler, the arm64 libraries and qemu-aarch64, which ctest uses to run
# the tests.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)

# pkg-config must find only the libraries of arm64.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
