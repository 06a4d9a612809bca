# What the compiler and the linker can do against an error that is still in the code, and for builds that are the same in
# every folder. docs/security.md lists it; tests/tools/test_hardening.sh looks at the program.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)
include(CheckPIESupported)

# No path of the machine that built it, neither in messages of the compiler's own nor in debugging information.
check_c_compiler_flag(-ffile-prefix-map=a=b GB_COMPILER_HAS_PREFIX_MAP)
if(GB_COMPILER_HAS_PREFIX_MAP)
  add_compile_options($<$<COMPILE_LANGUAGE:C>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.>
                      $<$<COMPILE_LANGUAGE:C>:-ffile-prefix-map=${CMAKE_BINARY_DIR}=build>)
endif()

set(GB_HARDENED OFF)
if(GANBEND_HARDENING AND NOT GANBEND_SANITIZE AND NOT GANBEND_FUZZ)     # the sanitizers find more, and bring their own
  set(GB_HARDENED ON)
  check_pie_supported(LANGUAGES C)
  set(flags -fstack-protector-strong -fcf-protection -mbranch-protection=standard)
  if(NOT WIN32)         # where every page of the stack is touched in order anyway, and GCC 12 fails with it
    list(APPEND flags -fstack-clash-protection)
  endif()
  foreach(flag IN LISTS flags)
    string(MAKE_C_IDENTIFIER "GB_COMPILER_HAS${flag}" known)
    check_c_compiler_flag(${flag} ${known})
    if(${known})
      add_compile_options($<$<COMPILE_LANGUAGE:C>:${flag}>)
    endif()
  endforeach()
  foreach(flag -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
    string(MAKE_C_IDENTIFIER "GB_LINKER_HAS${flag}" known)
    check_linker_flag(C ${flag} ${known})
    if(${known})
      add_link_options(${flag})
    endif()
  endforeach()
  if(WIN32)             # where the C library does not have what stack guards and checked copies call
    set(GB_HARDENING_LIBRARIES ssp)
  endif()
  # Level 3 also checks sizes that are known only at run time. It needs optimisation.
  if(CMAKE_BUILD_TYPE MATCHES "Rel")
    add_compile_options($<$<COMPILE_LANGUAGE:C>:-U_FORTIFY_SOURCE> $<$<COMPILE_LANGUAGE:C>:-D_FORTIFY_SOURCE=3>)
  endif()
endif()
