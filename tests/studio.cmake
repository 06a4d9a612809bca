# The studio's page: its modules without a browser are tested by node's own test runner. One test per file.
find_program(NODE_PROGRAM NAMES node nodejs)
if(NODE_PROGRAM)
  add_test(NAME test_studio_words COMMAND ${NODE_PROGRAM} tests/studio/words.mjs WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(TARGET gb_desk)
    # The server byte by byte: what it lets in, what it refuses, how it ends.
    add_test(NAME test_studio_transport COMMAND ${NODE_PROGRAM} tests/studio/transport.mjs $<TARGET_FILE:ganbend>
             WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    # The whole of it in a real Chromium, and under load: once, in the build that users get. They fail where there is no
    # Chromium.
    if(NOT GANBEND_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL "Release")
      foreach(theme bend hands keys latent looks models picture work)
        add_test(NAME test_studio_${theme} COMMAND ${NODE_PROGRAM} tests/studio/e2e_${theme}.mjs $<TARGET_FILE:ganbend>
                 ${CMAKE_CURRENT_BINARY_DIR}/axe WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
        set_tests_properties(test_studio_${theme} PROPERTIES LABELS browser TIMEOUT 300)
      endforeach()
      add_test(NAME test_studio_load COMMAND ${NODE_PROGRAM} tests/studio/load.mjs $<TARGET_FILE:ganbend>
               WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
      set_tests_properties(test_studio_load PROPERTIES LABELS load TIMEOUT 120 RUN_SERIAL TRUE)
    endif()
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
