# The studio's desks, without a server or a browser.
if(TARGET gb_desk)
  gb_test(test_studio_messages SOURCES test_studio_messages.c LIBS gb_desk)
  gb_test(test_desk SOURCES test_desk.c LIBS gb_desk PkgConfig::TURBOJPEG)

  # Beside the program, whose pictures a desk's are to equal.
  add_executable(test_desk_answers test_desk_answers.c)
  target_include_directories(test_desk_answers PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(test_desk_answers PRIVATE gb_desk PkgConfig::TURBOJPEG PkgConfig::CMOCKA m)
  add_test(NAME test_desk_answers COMMAND test_desk_answers $<TARGET_FILE:ganbend>
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endif()
