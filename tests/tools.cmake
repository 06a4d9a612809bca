# The program as a user meets it.
if(TARGET ganbend)
  add_test(NAME test_cli COMMAND sh tests/test_cli.sh $<TARGET_FILE:ganbend> WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  add_test(NAME test_fixtures COMMAND sh tests/test_fixtures.sh $<TARGET_FILE:ganbend>
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endif()
