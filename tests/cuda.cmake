# The sources of cuda/ without a GPU: the same kernels and host code, compiled as C++ over an emulated runtime, held
# against the plain operations, and behind the program for the fixtures.
# Its threads are fibers, which the thread sanitizer does not follow; and what is built for another machine, or by
# another compiler than the C++ one, is not mixed with it.
include(CheckLanguage)
if(NOT GANBEND_SANITIZE MATCHES "thread" AND NOT CMAKE_CROSSCOMPILING AND NOT GANBEND_FUZZ)
  check_language(CXX)
  if(CMAKE_CXX_COMPILER)
    enable_language(CXX)
    add_subdirectory(cuda)
  endif()
endif()
