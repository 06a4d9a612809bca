gb_test(test_activations SOURCES test_activations.c LIBS gb_weights gb_ops)
