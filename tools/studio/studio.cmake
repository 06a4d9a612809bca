# ganbend studio: the server around the clients of client.cmake, with the page and the demo models compiled in.
option(GANBEND_OSC "OSC in the studio (needs liblo)" ON)

# need(PREFIX MODULE PACKAGE OPTION): finds a library, or stops with instructions.
function(need prefix module package option)
  pkg_check_modules(${prefix} IMPORTED_TARGET GLOBAL ${module})
  if(NOT ${prefix}_FOUND)
    message(FATAL_ERROR "ganbend studio needs ${module}, which was not found: install ${package} (its name on Debian and "
                        "Ubuntu; 'sh tools/scripts/packages.sh' installs all of them), or configure with -D${option}=OFF")
  endif()
endfunction()
need(WEBSOCKETS libwebsockets libwebsockets-dev GANBEND_STUDIO)
need(TURBOJPEG libturbojpeg libturbojpeg0-dev GANBEND_STUDIO)
include(studio/client.cmake)

# CONFIGURE_DEPENDS: every file that is added to the page is served.
file(GLOB_RECURSE page_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/studio/page/*)
set(writer ${CMAKE_CURRENT_SOURCE_DIR}/studio/assets.cmake)
file(GLOB demo_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/weights/demo/*.gbw)
# The lists are dependencies too, so that removing a file is noticed.
file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/page_files.txt CONTENT "${page_files}")
file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/demo_files.txt CONTENT "${demo_files}")
add_custom_command(OUTPUT page_assets.c DEPENDS ${writer} ${page_files} ${CMAKE_CURRENT_BINARY_DIR}/page_files.txt
  COMMAND ${CMAKE_COMMAND} -DPAGE=${CMAKE_CURRENT_SOURCE_DIR}/studio/page -DOUT=page_assets.c -P ${writer} VERBATIM)
add_custom_command(OUTPUT demo_models.c DEPENDS ${writer} ${demo_files} ${CMAKE_CURRENT_BINARY_DIR}/demo_files.txt
  COMMAND ${CMAKE_COMMAND} -DMODELS=${PROJECT_SOURCE_DIR}/weights/demo -DOUT=demo_models.c -P ${writer} VERBATIM)

target_sources(ganbend PRIVATE
  studio/studio.c studio/server.c studio/connection.c studio/http.c studio/guard.c studio/places.c studio/frames_out.c studio/frame_pipe_${GB_SYSTEM}.c studio/nut.c studio/token.c studio/sockets.c studio/signals.c
  studio/programs_${GB_SYSTEM}.c page_assets.c demo_models.c)
target_include_directories(ganbend PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/studio)
target_link_libraries(ganbend PRIVATE gb_studio_client PkgConfig::WEBSOCKETS)
if(GANBEND_OSC)
  need(LIBLO liblo liblo-dev GANBEND_OSC)
  target_sources(ganbend PRIVATE studio/osc.c)
  target_link_libraries(ganbend PRIVATE PkgConfig::LIBLO)
else()
  target_sources(ganbend PRIVATE studio/osc_without_liblo.c)
endif()
