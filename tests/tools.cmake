# The program as a user meets it.
if(TARGET ganbend)
  foreach(subject cli cli_biggan fixtures)
    add_test(NAME test_${subject} COMMAND sh tests/test_${subject}.sh $<TARGET_FILE:ganbend>
             WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endforeach()
endif()
