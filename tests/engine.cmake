gb_test(test_engine SOURCES test_engine.c LIBS ganbend_static)
