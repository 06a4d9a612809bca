# Debian packages, made by `sh tools/packages/deb.sh OUT`: ganbend (the program, with the studio), libganbend0.1 (the shared
# library) and libganbend-dev (headers, static library, CMake and pkg-config files). The parts are the components of install():
# program, library, development.
set(GANBEND_MAINTAINER "The ganbend authors <ganbend@ganbend.invalid>" CACHE STRING "whom the packages name as their maintainer")
set(abi ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(library libganbend${abi})
file(READ ${CMAKE_CURRENT_LIST_DIR}/description.txt description)
string(STRIP "${description}" description)

foreach(part "program;ganbend" "library;${library}" "development;libganbend-dev")
  list(GET part 0 component)
  list(GET part 1 package)
  # Debian wants both beside each package.
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/copyright ${PROJECT_SOURCE_DIR}/CHANGELOG.md
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()
install(FILES ${CMAKE_CURRENT_LIST_DIR}/overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
        COMPONENT library RENAME ${library} EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "${GANBEND_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debian_files.cmake)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_COMPONENTS_ALL program library development)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME ganbend)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION graphics)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "ffmpeg")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "StyleGAN2 and BigGAN generators, open at every layer\n${description}")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME ${library})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/packages/shlibs ${PROJECT_BINARY_DIR}/packages/triggers
    ${PROJECT_BINARY_DIR}/packages/symbols)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "StyleGAN2 and BigGAN generators in C: shared library\n${description}")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libganbend-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${library} (= ${PROJECT_VERSION}-1)")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "zlib1g-dev, libpng-dev, libyaml-dev, libopenblas-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "StyleGAN2 and BigGAN generators in C: development files\n${description}")

# Control files of the library: what depends on it, and which functions it has.
file(WRITE ${PROJECT_BINARY_DIR}/packages/shlibs "libganbend ${abi} ${library} (>= ${PROJECT_VERSION})\n")
file(WRITE ${PROJECT_BINARY_DIR}/packages/triggers "activate-noawait ldconfig\n")
configure_file(${CMAKE_CURRENT_LIST_DIR}/symbols ${PROJECT_BINARY_DIR}/packages/symbols COPYONLY)
include(CPack)
