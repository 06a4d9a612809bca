# The program as a user meets it.
if(TARGET ganbend)
  foreach(subject cli cli_biggan bend_cli bending fixtures)
    add_test(NAME test_${subject} COMMAND sh tests/test_${subject}.sh $<TARGET_FILE:ganbend>
             WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endforeach()
  add_executable(test_apply test_apply.c)
  target_include_directories(test_apply PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(test_apply PRIVATE ganbend_static PkgConfig::CMOCKA m)
  add_test(NAME test_apply COMMAND test_apply $<TARGET_FILE:ganbend> WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})

  # The worked examples of the documentation.
  foreach(example slider callback)
    add_executable(example_${example} ${PROJECT_SOURCE_DIR}/docs/examples/${example}.c)
    target_link_libraries(example_${example} PRIVATE ganbend_static m)
  endforeach()
  add_test(NAME test_examples COMMAND sh tests/test_examples.sh $<TARGET_FILE:ganbend> $<TARGET_FILE:example_slider>
           $<TARGET_FILE:example_callback> WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endif()

gb_test(test_matrix SOURCES test_matrix.c LIBS ganbend_static)
