# The sources of cuda/ without a GPU: the same kernels and host code, compiled as C++ over an emulated runtime, held
# against the plain operations, and behind the program for the fixtures.
include(CheckLanguage)
check_language(CXX)
if(CMAKE_CXX_COMPILER)
  enable_language(CXX)
  add_subdirectory(cuda)
endif()
