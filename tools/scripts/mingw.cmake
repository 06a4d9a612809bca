# Cross-compiles for Windows on x86-64 on a Debian machine: tools/scripts/windows.sh, which also builds the libraries. The program is
# static: it needs no other file.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY BOTH)     # those that windows.sh built are elsewhere
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
