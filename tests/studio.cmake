# The studio's page: its modules without a browser are tested by node's own test runner. One test per file.
find_program(NODE_PROGRAM NAMES node nodejs)
if(NODE_PROGRAM)
  if(TARGET gb_desk)
    # The server byte by byte: what it lets in, what it refuses, how it ends.
    add_test(NAME test_studio_transport COMMAND ${NODE_PROGRAM} tests/studio/transport.mjs $<TARGET_FILE:ganbend>
             WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endif()
  file(GLOB page_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/studio/page/*.test.mjs)
  foreach(page_test IN LISTS page_tests)
    get_filename_component(name ${page_test} NAME_WE)
    add_test(NAME test_page_${name} COMMAND ${NODE_PROGRAM} --test ${page_test} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    if(TARGET ganbend)
      set_tests_properties(test_page_${name} PROPERTIES ENVIRONMENT "GANBEND=$<TARGET_FILE:ganbend>")
    endif()
  endforeach()
endif()
gb_test(test_guard SOURCES test_guard.c ${PROJECT_SOURCE_DIR}/tools/studio/guard.c)
