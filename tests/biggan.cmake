gb_test(test_adapt_biggan SOURCES test_adapt_biggan.c LIBS gb_weights)
