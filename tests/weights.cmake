gb_test(test_readers SOURCES test_readers.c LIBS gb_weights)
