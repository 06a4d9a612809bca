gb_test(test_gbw SOURCES test_gbw.c LIBS gb_weights)
