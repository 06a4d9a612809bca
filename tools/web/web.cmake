# WebAssembly: what is linked from the objects that every build has. tools/web/build.sh configures and builds it,
# docs/web.md describes it.
#   node/ganbend.js, node/ganbend-threads.js    the program, for node and its files
#   node/check_ops.js, node/test_activations.js the check of every row and of the activations (tests/ops), for node
#   studio/studio.js, studio/studio-threads.js  the sources listed in tools/web/sources, for a worker of a page
# Each has a .wasm beside it, and those with threads a .worker.js.
set(memory -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB)
set(node -sNODERAWFS=1 -sEXIT_RUNTIME=1 -sENVIRONMENT=node,worker --pre-js=${CMAKE_CURRENT_LIST_DIR}/node.js)
# Growing memory slows JavaScript's view of it down, which is not used in a loop.
set(threads -pthread -Wno-pthreads-mem-growth)
# Threads are started before main(), since later ones would need the thread that waits for them. check_ops takes the most.
set(pool -sPROXY_TO_PTHREAD=1 -sPTHREAD_POOL_SIZE=8)

# module(TARGET FOLDER NAME SOURCES… LIBS… OPTIONS…): FOLDER/NAME.js of sources or objects, linked with the options.
function(module target folder name)
  cmake_parse_arguments(M "" "" "SOURCES;LIBS;OPTIONS" ${ARGN})
  add_executable(${target} ${M_SOURCES})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} LINKER_LANGUAGE C
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${folder})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE ${M_LIBS})
  target_link_options(${target} PRIVATE ${memory} ${M_OPTIONS})
  set_target_properties(${target} PROPERTIES LINK_DEPENDS ${PROJECT_SOURCE_DIR}/tools/web/node.js)
endfunction()

set(libraries ganbend_static PkgConfig::JANSSON PkgConfig::YAML ZLIB::ZLIB m)
target_sources(ganbend PRIVATE web/no_processes_posix.c)
set_target_properties(ganbend PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/node)
target_link_options(ganbend PRIVATE ${memory} ${node})
module(ganbend_threads node ganbend-threads SOURCES $<TARGET_OBJECTS:ganbend> LIBS ${libraries}
       OPTIONS ${node} ${threads} ${pool})
module(check_ops node check_ops SOURCES ${PROJECT_SOURCE_DIR}/tests/ops/check_ops.c LIBS gb_ops
       OPTIONS ${node} ${threads} ${pool})
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
module(test_activations node test_activations SOURCES ${PROJECT_SOURCE_DIR}/tests/ops/test_activations.c
       LIBS gb_weights gb_ops PkgConfig::CMOCKA OPTIONS ${node})

# The studio is compiled for each: __EMSCRIPTEN_PTHREADS__ tells it whether it has threads.
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/sources)
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/sources studio_sources REGEX "^[a-z]")
# MODULARIZE: a function that makes the module, since a page may have to start it again. EMSCRIPTEN_KEEPALIVE exports functions.
set(page -sMODULARIZE=1 -sEXPORT_NAME=ganbend -sENVIRONMENT=web,worker,node -sFORCE_FILESYSTEM=1
    -sEXPORTED_FUNCTIONS=_malloc,_free -sEXPORTED_RUNTIME_METHODS=FS,UTF8ToString,stringToUTF8,lengthBytesUTF8)
if(studio_sources)
  list(TRANSFORM studio_sources PREPEND ${PROJECT_SOURCE_DIR}/)
  module(studio_module studio studio SOURCES ${studio_sources} LIBS ${libraries} OPTIONS ${page})
  set_target_properties(studio_module PROPERTIES ONE_THREAD ON)
  # The worker that loads it is its main thread, which may wait.
  module(studio_threads studio studio-threads SOURCES ${studio_sources} LIBS ${libraries}
         OPTIONS ${page} ${threads} -sPTHREAD_POOL_SIZE=navigator.hardwareConcurrency)
  foreach(target studio_module studio_threads)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tools/studio)
    target_compile_definitions(${target} PRIVATE GANBEND_ANALYSIS=1)
  endforeach()
endif()
