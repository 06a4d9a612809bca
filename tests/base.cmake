foreach(subject random platform pool image file)
  gb_test(test_${subject} SOURCES test_${subject}.c LIBS ganbend_static)
endforeach()

if(NOT GANBEND_SANITIZE)    # whose library wants a program built like it
  add_test(NAME test_install WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    COMMAND sh tests/tools/test_install.sh ${CMAKE_BINARY_DIR} ${CMAKE_COMMAND} ${CMAKE_C_COMPILER})
endif()
