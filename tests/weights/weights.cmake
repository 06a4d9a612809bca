foreach(subject readers hostile gbw adapt adapt_biggan)
  gb_test(test_${subject} SOURCES weights/test_${subject}.c LIBS gb_weights)
endforeach()
target_link_options(test_hostile PRIVATE LINKER:--wrap=malloc,--wrap=calloc,--wrap=realloc)    # it counts allocations

if(GANBEND_FUZZ)
  add_subdirectory(fuzz)
endif()
