# find_package(ganbend) gives ganbend::shared; find_package(ganbend COMPONENTS static) gives ganbend::static as well,
# for which what is inside must be there too.
include(${CMAKE_CURRENT_LIST_DIR}/ganbend-shared.cmake)
if("static" IN_LIST ganbend_FIND_COMPONENTS)
  include(CMakeFindDependencyMacro)
  find_dependency(PNG)
  find_dependency(ZLIB)
  find_dependency(Threads)
  find_dependency(PkgConfig)
  pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
  include(${CMAKE_CURRENT_LIST_DIR}/ganbend-static.cmake)
endif()
