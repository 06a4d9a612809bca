find_package(Threads REQUIRED)
gb_test(test_filters SOURCES test_filters.c LIBS gb_weights gb_ops Threads::Threads)
