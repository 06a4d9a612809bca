gb_test(test_recipe SOURCES test_recipe.c LIBS ganbend_static)
gb_test(test_recipe_inline SOURCES test_recipe_inline.c LIBS ganbend_static)
gb_test(test_recipe_tree SOURCES test_recipe_tree.c LIBS ganbend_static)
gb_test(test_recipe_anew SOURCES test_recipe_anew.c LIBS ganbend_static)
if(TARGET ganbend)
  add_test(NAME test_recipe_docs COMMAND sh tests/tools/test_recipe_docs.sh $<TARGET_FILE:ganbend>
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endif()
