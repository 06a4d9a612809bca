gb_test(test_engine SOURCES test_engine.c LIBS ganbend_static)
gb_test(test_bends SOURCES test_bends.c LIBS ganbend_static)
gb_test(test_biggan SOURCES test_biggan.c LIBS ganbend_static)
gb_test(test_session_walk SOURCES test_session_walk.c LIBS ganbend_static)
