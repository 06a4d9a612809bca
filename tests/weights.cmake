gb_test(test_readers SOURCES test_readers.c LIBS gb_weights)
gb_test(test_hostile SOURCES test_hostile.c LIBS gb_weights)
target_link_options(test_hostile PRIVATE LINKER:--wrap=malloc,--wrap=calloc,--wrap=realloc)    # it counts what is taken

if(GANBEND_FUZZ)
  add_subdirectory(fuzz)
endif()
